-- New and with defaults only: the release before runs on this schema as it is. Adding them rewrites no table.

-- What was carried together is found by its batch when one of it leaves or comes to its end.
CREATE INDEX delivery_batch ON delivery ((batch ->> 'id')) WHERE batch IS NOT NULL;

-- A code leads to one leg at a time; who was carried lately is looked for too, before a code is given again.
CREATE UNIQUE INDEX leg_relay_live ON leg (relay_code) WHERE ended_at IS NULL;
CREATE INDEX leg_relay ON leg (relay_code, ended_at) WHERE relay_code IS NOT NULL;
