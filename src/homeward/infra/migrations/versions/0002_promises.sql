-- New tables only: the release before runs on this schema as it is.

CREATE TABLE promise_outcome (                      -- how each promise ended; the operator's alone, and names no merchant
    delivery_id   text PRIMARY KEY,
    market_id     text NOT NULL REFERENCES market (id),
    service_class text NOT NULL,
    urgent        boolean NOT NULL,                 -- had little time to spare, so it was carried as fast as it could be
    learns        boolean NOT NULL,                 -- false: booked later than the promise had counted on
    hour          smallint NOT NULL CHECK (hour BETWEEN 0 AND 23),  -- the market's local hour of expected_at
    drive_s       integer NOT NULL,
    share_pct     smallint NOT NULL,                -- of a hundred, to be at the door by kept_by
    stated        double precision NOT NULL,        -- what the quote said of promised_by
    basis         text NOT NULL CHECK (basis IN ('default', 'learned')),
    expected_at   timestamptz NOT NULL,             -- at the door, with nothing kept in hand
    kept_by       timestamptz NOT NULL,             -- with what was kept in hand
    promised_by   timestamptz NOT NULL,             -- as told: rounded, or the end of the window
    realised_at   timestamptz,                      -- at the door; null = never
    ended_at      timestamptz NOT NULL,
    store_late_s  integer NOT NULL                  -- how long a courier stood waiting for a parcel that was not ready
);
CREATE INDEX promise_outcome_market ON promise_outcome (market_id, ended_at);

CREATE TABLE promise_calibration (                  -- immutable versions; quotes name the one they were computed with
    market_id  text NOT NULL REFERENCES market (id),
    version    integer NOT NULL,
    learned_at timestamptz NOT NULL,
    outcomes   integer NOT NULL,                    -- how many were known then
    curves     jsonb NOT NULL,                      -- Calibration (quotes/calibration.py): sums over all merchants
    PRIMARY KEY (market_id, version)
);

ALTER TABLE promise_outcome ENABLE ROW LEVEL SECURITY;
ALTER TABLE promise_outcome FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_all ON promise_outcome TO homeward_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON promise_outcome TO homeward_operator;

ALTER TABLE promise_calibration ENABLE ROW LEVEL SECURITY;
ALTER TABLE promise_calibration FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_all ON promise_calibration TO homeward_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON promise_calibration TO homeward_operator;
-- Quotes are computed in the merchant's role.
CREATE POLICY readable ON promise_calibration FOR SELECT TO homeward_merchant USING (true);
GRANT SELECT ON promise_calibration TO homeward_merchant;
