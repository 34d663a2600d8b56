-- A new table and an index only: the release before runs on this schema as it is.

CREATE TABLE city_token (                           -- opens one market's reports to its city, and nothing else
    id          text PRIMARY KEY,                   -- ctk_…
    market_id   text NOT NULL REFERENCES market (id),
    name        text NOT NULL DEFAULT '',           -- who has it
    hint        text NOT NULL,                      -- its last characters, to recognise it by
    secret_hash bytea NOT NULL UNIQUE,              -- SHA-256; the token itself has 256 random bits
    created_by  text NOT NULL,
    created_at  timestamptz NOT NULL,
    last_used_at timestamptz,                       -- database time
    revoked_at  timestamptz
);
CREATE INDEX city_token_market ON city_token (market_id);

-- What a machine had last said of itself, and its history in the order in which it happened.
CREATE INDEX fleet_event_of_vehicle ON fleet_event (account_id, vehicle_id, at);

ALTER TABLE city_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE city_token FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_all ON city_token TO homeward_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON city_token TO homeward_operator;
