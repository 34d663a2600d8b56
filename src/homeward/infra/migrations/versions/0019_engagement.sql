-- New columns with defaults and a new table only: the release before runs on this schema as it is.

ALTER TABLE courier
    ADD COLUMN engagement  text NOT NULL DEFAULT 'contract' CHECK (engagement IN ('contract', 'employed', 'volunteer')),
    ADD COLUMN employer_id text REFERENCES merchant (id),           -- whose own driver this is
    ADD CONSTRAINT courier_employer CHECK ((engagement = 'employed') = (employer_id IS NOT NULL));
CREATE INDEX courier_employer ON courier (employer_id) WHERE employer_id IS NOT NULL;

ALTER TABLE courier ADD COLUMN journey jsonb;                       -- the one that this duty is for

CREATE TABLE journey (                                              -- a way that somebody makes anyway
    id         text PRIMARY KEY,                                    -- jny_…
    courier_id text NOT NULL REFERENCES courier (id),
    start_lat  double precision NOT NULL, start_lon double precision NOT NULL,
    start_name text NOT NULL DEFAULT '',
    to_lat     double precision NOT NULL, to_lon double precision NOT NULL,
    to_name    text NOT NULL DEFAULT '',
    leaves_at  timestamptz NOT NULL,
    arrives_by timestamptz NOT NULL,                                -- the direct way and the detour
    drive_s    integer NOT NULL,
    distance_m integer NOT NULL,
    announced_at timestamptz NOT NULL,
    begun_at   timestamptz,
    cancelled_at timestamptz
);
CREATE INDEX journey_of_courier ON journey (courier_id, arrives_by);
CREATE INDEX journey_due ON journey (leaves_at) WHERE begun_at IS NULL AND cancelled_at IS NULL;

ALTER TABLE journey ENABLE ROW LEVEL SECURITY;
ALTER TABLE journey FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_all ON journey TO homeward_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON journey TO homeward_operator;
