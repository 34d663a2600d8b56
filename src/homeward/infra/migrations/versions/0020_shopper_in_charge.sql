-- A new column with a default and new tables only: the release before runs on this schema as it is.

ALTER TABLE merchant ADD COLUMN shopper_rights jsonb NOT NULL DEFAULT '{}';   -- what its shoppers may do themselves
GRANT UPDATE (shopper_rights) ON merchant TO homeward_merchant;

CREATE TABLE shopper_report (                       -- what a shopper says went wrong, as written on the tracking page
    merchant_id text NOT NULL REFERENCES merchant (id),
    id          text NOT NULL,                      -- rep_…
    delivery_id text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('missing_items', 'wrong_items', 'damaged', 'not_received', 'late', 'other')),
    comment     text NOT NULL DEFAULT '',
    photo       bytea,                              -- drawn anew: nothing but the picture
    media_type  text,
    reported_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, delivery_id) REFERENCES delivery (merchant_id, id),
    CHECK ((photo IS NULL) = (media_type IS NULL))
);
CREATE INDEX shopper_report_delivery ON shopper_report (merchant_id, delivery_id);

CREATE TABLE shared_link (                          -- a second link to the page, which shows less and lets nothing be done
    merchant_id text NOT NULL REFERENCES merchant (id),
    delivery_id text NOT NULL,
    token       text NOT NULL UNIQUE,
    made_at     timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, delivery_id),
    FOREIGN KEY (merchant_id, delivery_id) REFERENCES delivery (merchant_id, id)
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['shopper_report', 'shared_link'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY operator_all ON %I TO homeward_operator USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_operator', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_merchant', t);
        EXECUTE format('CREATE POLICY own_rows ON %I TO homeward_merchant USING (merchant_id = current_setting(''app.merchant_id'', true)) '
            'WITH CHECK (merchant_id = current_setting(''app.merchant_id'', true))', t);
    END LOOP;
END $$;
