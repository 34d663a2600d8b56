-- A new table only: the release before runs on this schema as it is.

CREATE TABLE invitation (                           -- somebody is asked to join a merchant's people
    id          text PRIMARY KEY,                   -- inv_…
    merchant_id text NOT NULL REFERENCES merchant (id),
    email       text NOT NULL,                      -- in small letters, as in merchant_user
    role        text NOT NULL CHECK (role IN ('owner', 'developer', 'staff')),
    secret_hash bytea NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,               -- business time
    UNIQUE (merchant_id, email)                     -- asking again replaces the link before
);

ALTER TABLE invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitation FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_all ON invitation TO homeward_operator USING (true) WITH CHECK (true);
CREATE POLICY own_rows ON invitation TO homeward_merchant
    USING (merchant_id = current_setting('app.merchant_id', true))
    WITH CHECK (merchant_id = current_setting('app.merchant_id', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON invitation TO homeward_operator;
GRANT SELECT ON invitation TO homeward_merchant;
