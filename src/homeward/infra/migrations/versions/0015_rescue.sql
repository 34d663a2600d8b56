-- One new column, one more word, and an index that lets a rescuer have a leg beside the stranded one.

ALTER TABLE delivery ADD COLUMN rescue jsonb;       -- where it is stranded and with whom; NULL: all is well

ALTER TABLE leg DROP CONSTRAINT leg_state_check;
ALTER TABLE leg ADD CONSTRAINT leg_state_check CHECK (state IN ('offered', 'reserved', 'committed', 'to_pickup', 'at_pickup',
    'loading', 'loaded', 'to_dropoff', 'at_dropoff', 'handing_over', 'done', 'refused', 'held', 'stopped', 'rescue_needed',
    'lost_contact', 'returning', 'returned', 'rescued', 'cancelled', 'written_off')) NOT VALID;
ALTER TABLE leg VALIDATE CONSTRAINT leg_state_check;

DROP INDEX leg_one_active;
CREATE UNIQUE INDEX leg_one_active ON leg (merchant_id, delivery_id) WHERE ended_at IS NULL AND state <> 'rescue_needed';
CREATE UNIQUE INDEX leg_one_stranded ON leg (merchant_id, delivery_id) WHERE ended_at IS NULL AND state = 'rescue_needed';
