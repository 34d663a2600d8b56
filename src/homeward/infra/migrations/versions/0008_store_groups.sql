-- New tables and columns only: the release before runs on this schema as it is.

-- How a merchant sorts its own stores for dialects that put a business above each store. The merchant stays the
-- boundary: a group owns nothing and opens nothing.
CREATE TABLE store_group (
    merchant_id text NOT NULL REFERENCES merchant (id),
    external_id text NOT NULL,                          -- the merchant's own, as everything of these dialects
    name        text NOT NULL,
    description text NOT NULL DEFAULT '',
    active      boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (merchant_id, external_id)
);
CREATE TABLE store_group_member (
    merchant_id text NOT NULL,
    group_id    text NOT NULL,                          -- store_group.external_id
    external_id text NOT NULL,                          -- of the store, unique within its group only
    store_id    text NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (merchant_id, group_id, external_id),
    FOREIGN KEY (merchant_id, group_id) REFERENCES store_group (merchant_id, external_id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['store_group', 'store_group_member'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY operator_all ON %I TO homeward_operator USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_operator', t);
        EXECUTE format('CREATE POLICY own_rows ON %I TO homeward_merchant USING (merchant_id = current_setting(''app.merchant_id'', true)) '
            'WITH CHECK (merchant_id = current_setting(''app.merchant_id'', true))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_merchant', t);
    END LOOP;
END
$$;
