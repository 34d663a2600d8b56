-- A new table and an index only: the release before runs on this schema as it is.

CREATE TABLE robot (                                -- when the robot that carries a test delivery does its next step
    delivery_id text PRIMARY KEY,
    merchant_id text NOT NULL REFERENCES merchant (id),
    seq         integer NOT NULL,                   -- of the delivery when we looked; once it moves we look again
    due_at      timestamptz,                        -- business time; null: nothing to do until the delivery moves
    FOREIGN KEY (merchant_id, delivery_id) REFERENCES delivery (merchant_id, id) ON DELETE CASCADE
);
CREATE INDEX delivery_test_open ON delivery (id) WHERE mode = 'test' AND ended_at IS NULL;

ALTER TABLE robot ENABLE ROW LEVEL SECURITY;
ALTER TABLE robot FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_all ON robot TO homeward_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON robot TO homeward_operator;
