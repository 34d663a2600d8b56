-- New columns with defaults only: the release before runs on this schema as it is.

ALTER TABLE courier
    ADD COLUMN activated_by       text,                          -- who let this courier work: a person of the operator
    ADD COLUMN own_limits         jsonb NOT NULL DEFAULT '{}',   -- what they do not want to be asked about
    ADD COLUMN offers_paused_until timestamptz;                  -- a break; business time
