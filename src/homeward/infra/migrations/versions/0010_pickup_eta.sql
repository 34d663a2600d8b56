-- New and empty: the release before runs on this schema as it is, and no table is rewritten.

-- When the courier is expected at the store; the time at the door is `eta`.
ALTER TABLE delivery ADD COLUMN pickup_eta timestamptz;
