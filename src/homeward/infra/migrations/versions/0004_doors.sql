-- New tables and columns only: the release before runs on this schema as it is.

CREATE TABLE credential (                           -- how a merchant signs in where another API's dialect is spoken
    id          text NOT NULL UNIQUE,               -- crd_…
    merchant_id text NOT NULL REFERENCES merchant (id),
    mode        text NOT NULL CHECK (mode IN ('live', 'test')),
    dialect     text NOT NULL,
    name        text NOT NULL DEFAULT '',
    account     text NOT NULL,                      -- the merchant's number in that dialect; the same for all its credentials
    client_id   text NOT NULL,
    key_id      text,
    hint        text NOT NULL,                      -- last characters of the secret, to recognise it by
    secret_hash bytea,                              -- SHA-256 of a secret that is sent to us
    signing_secret text,                            -- a secret that signs on both sides and so has to stay readable
    created_at  timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at  timestamptz,
    PRIMARY KEY (merchant_id, id),
    CHECK ((secret_hash IS NULL) <> (signing_secret IS NULL))
);
CREATE UNIQUE INDEX credential_named ON credential (dialect, coalesce(key_id, client_id));
CREATE TABLE access_token (                         -- short-lived proofs of a credential; only their hash is kept
    token_hash  bytea PRIMARY KEY,                  -- SHA-256
    merchant_id text NOT NULL,
    credential_id text NOT NULL,
    scope       text NOT NULL DEFAULT '',
    expires_at  timestamptz NOT NULL,               -- database time
    FOREIGN KEY (merchant_id, credential_id) REFERENCES credential (merchant_id, id) ON DELETE CASCADE
);
CREATE INDEX access_token_credential ON access_token (merchant_id, credential_id);
CREATE INDEX access_token_expires ON access_token (expires_at);

CREATE TABLE dialect_quote (                        -- what a dialect remembers between its quote and its booking
    merchant_id text NOT NULL REFERENCES merchant (id),
    mode        text NOT NULL,
    dialect     text NOT NULL,
    reference   text NOT NULL,                      -- how the dialect names the quote
    quote_id    text NOT NULL,
    option_id   text NOT NULL,
    data        jsonb NOT NULL,                     -- the request in the dialect's own words
    expires_at  timestamptz NOT NULL,               -- business time
    PRIMARY KEY (merchant_id, mode, dialect, reference)
);
CREATE INDEX dialect_quote_expires ON dialect_quote (expires_at);

ALTER TABLE webhook_endpoint
    ADD COLUMN dialect text NOT NULL DEFAULT 'native',
    ADD COLUMN auth    jsonb NOT NULL DEFAULT '{}',         -- what the receiver expects besides a signature
    ADD COLUMN location_every_s integer CHECK (location_every_s BETWEEN 5 AND 3600);  -- null: no courier positions
ALTER TABLE webhook_message
    ALTER COLUMN seq DROP NOT NULL;                         -- a position of the courier is no event of the delivery
ALTER TABLE webhook_attempt ADD COLUMN sent_headers jsonb NOT NULL DEFAULT '{}';  -- without secrets
CREATE TABLE webhook_position (                     -- when an endpoint was last told where a courier is; business time
    merchant_id text NOT NULL,
    endpoint_id text NOT NULL,
    delivery_id text NOT NULL,
    sent_at     timestamptz NOT NULL,
    PRIMARY KEY (endpoint_id, delivery_id),
    FOREIGN KEY (merchant_id, endpoint_id) REFERENCES webhook_endpoint (merchant_id, id) ON DELETE CASCADE
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['credential', 'access_token', 'dialect_quote', 'webhook_position'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY operator_all ON %I TO homeward_operator USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_operator', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['credential', 'dialect_quote'] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_merchant', t);
        EXECUTE format('CREATE POLICY own_rows ON %I TO homeward_merchant USING (merchant_id = current_setting(''app.merchant_id'', true)) '
            'WITH CHECK (merchant_id = current_setting(''app.merchant_id'', true))', t);
    END LOOP;
END $$;
