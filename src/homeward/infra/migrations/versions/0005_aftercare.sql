-- New tables only: the release before runs on this schema as it is.

CREATE TABLE feedback (                             -- what a shopper thought of a delivery, as the merchant passes it on
    id          text NOT NULL UNIQUE,               -- fbk_…
    merchant_id text NOT NULL,
    delivery_id text NOT NULL,
    rating      smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    comment     text NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, delivery_id) REFERENCES delivery (merchant_id, id)
);
CREATE INDEX feedback_delivery ON feedback (merchant_id, delivery_id);

CREATE TABLE claim (                                -- what a merchant wants back, and what the rules made of it
    id          text NOT NULL UNIQUE,               -- clm_…
    merchant_id text NOT NULL,
    delivery_id text NOT NULL,
    reason      text NOT NULL,
    items       jsonb NOT NULL,                     -- what it is about, as the merchant names it
    verdict     jsonb NOT NULL,                     -- outcome, code, rule, party at fault and amounts
    outcome     text NOT NULL,                      -- 'full', 'partial', 'rejected', 'review'
    facts       jsonb NOT NULL,                     -- what was known when it was decided; enough to decide again
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, delivery_id) REFERENCES delivery (merchant_id, id)
);
CREATE INDEX claim_delivery ON claim (merchant_id, delivery_id);
CREATE UNIQUE INDEX claim_one_accepted ON claim (merchant_id, delivery_id) WHERE outcome IN ('full', 'partial');

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['feedback', 'claim'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY operator_all ON %I TO homeward_operator USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_operator', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_merchant', t);
        EXECUTE format('CREATE POLICY own_rows ON %I TO homeward_merchant USING (merchant_id = current_setting(''app.merchant_id'', true)) '
            'WITH CHECK (merchant_id = current_setting(''app.merchant_id'', true))', t);
    END LOOP;
END $$;
