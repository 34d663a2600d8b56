-- New tables and columns only: the release before runs on this schema as it is.

ALTER TABLE offer
    ADD COLUMN goods      text[] NOT NULL DEFAULT '{}',  -- what is special about what is carried
    ADD COLUMN weight_g   integer NOT NULL DEFAULT 0,
    ADD COLUMN key_id     text,                          -- which seal_key signed it
    ADD COLUMN shown_text text,                          -- what was shown, word for word
    ADD COLUMN signature  text;

CREATE TABLE seal_key (                             -- signs what couriers are shown; older keys keep verifying
    id      text PRIMARY KEY,                       -- key_…
    number  integer NOT NULL UNIQUE,
    secret  text NOT NULL,
    made_at timestamptz NOT NULL
);

ALTER TABLE seal_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE seal_key FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_all ON seal_key TO homeward_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON seal_key TO homeward_operator;
