-- New tables only: the release before runs on this schema as it is.

CREATE TABLE fleet_account (                        -- a fleet that keeps the fleet contract, in one market
    id          text PRIMARY KEY,                   -- flt_…
    market_id   text NOT NULL REFERENCES market (id),
    name        text NOT NULL,
    base_url    text NOT NULL,
    token       text NOT NULL,                      -- signs calls and so has to stay readable; never shown again
    hint        text NOT NULL,                      -- its last characters, to recognise it by
    status      text NOT NULL CHECK (status IN ('active', 'paused', 'login_invalid')),
    trouble     text,                               -- what is wrong with it now, in words
    facts       jsonb NOT NULL,                     -- its fact sheet as last read
    read_to     bigint NOT NULL DEFAULT 0,          -- the number of its last event that we have
    heard_at    timestamptz,                        -- business time of its last answer
    due_at      timestamptz NOT NULL DEFAULT '-infinity',      -- database time: when its log is read again
    leased_until timestamptz NOT NULL DEFAULT '-infinity',     -- database time
    revision    integer NOT NULL DEFAULT 1,         -- grows with every change; processes remember connections by it
    created_at  timestamptz NOT NULL
);
CREATE INDEX fleet_account_market ON fleet_account (market_id);

CREATE TABLE machine (                              -- a vehicle of a fleet, as it was last heard of
    id          text PRIMARY KEY,                   -- mac_…: our own name for it, as couriers have one
    account_id  text NOT NULL REFERENCES fleet_account (id),
    market_id   text NOT NULL,
    vehicle_id  text NOT NULL,                      -- the fleet's name for it
    now         jsonb NOT NULL,                     -- the contract's Vehicle
    seen_at     timestamptz NOT NULL,
    gone_at     timestamptz,                        -- when the fleet stopped listing it
    UNIQUE (account_id, vehicle_id)
);
CREATE INDEX machine_market ON machine (market_id) WHERE gone_at IS NULL;

CREATE TABLE machine_answer (                       -- what a fleet last said to one searching delivery
    delivery_id text NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    account_id  text NOT NULL REFERENCES fleet_account (id),
    basis       text NOT NULL,                      -- of what was asked; another one means that it has changed
    limits      jsonb NOT NULL,                     -- the contract's Refusals; empty for a yes
    price_minor bigint,
    currency    text,
    pickup_eta  timestamptz,
    dropoff_eta timestamptz,
    asked_at    timestamptz NOT NULL,
    again_at    timestamptz,                        -- when to ask again; NULL: never, as it stands
    PRIMARY KEY (delivery_id, account_id)
);

CREATE TABLE machine_leg (                          -- one carrying that a fleet was asked for
    id          text PRIMARY KEY,                   -- mlg_…: its name in both systems
    account_id  text NOT NULL REFERENCES fleet_account (id),
    machine_id  text NOT NULL REFERENCES machine (id),         -- as planned, then as the fleet reserved it
    delivery_id text NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    market_id   text NOT NULL,
    decision_id text NOT NULL,
    stage       text NOT NULL CHECK (stage IN ('asking', 'committed', 'ended')),
    ending      text,
    ref         text,                               -- the fleet's own name for it
    leg_id      text,                               -- ours, once it is committed
    back_leg_id text,                               -- ours for the way back
    state       text,                               -- the contract's LegState, as last heard
    hold        jsonb,
    compartment_id text,
    locked      boolean NOT NULL DEFAULT false,
    waits_until timestamptz,
    price_minor bigint NOT NULL,
    currency    text NOT NULL,
    basis       text NOT NULL,
    applied_to  bigint NOT NULL DEFAULT 0,          -- the number of the last event that was written as custody
    tries       integer NOT NULL DEFAULT 0,
    reason      text,
    cancelling  boolean NOT NULL DEFAULT false,
    due_at      timestamptz NOT NULL,               -- business time
    leased_until timestamptz NOT NULL DEFAULT '-infinity',     -- database time
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    CHECK ((stage = 'ended') = (ended_at IS NOT NULL AND ending IS NOT NULL))
);
CREATE UNIQUE INDEX machine_leg_one_active ON machine_leg (delivery_id) WHERE ended_at IS NULL;
CREATE INDEX machine_leg_due ON machine_leg (due_at) WHERE ended_at IS NULL;
CREATE INDEX machine_leg_of_delivery ON machine_leg (delivery_id);
CREATE INDEX machine_leg_of_machine ON machine_leg (machine_id) WHERE ended_at IS NULL;

CREATE TABLE fleet_event (                          -- every fleet's log, as it was read
    account_id  text NOT NULL REFERENCES fleet_account (id),
    number      bigint NOT NULL,
    kind        text NOT NULL,
    at          timestamptz NOT NULL,               -- the vehicle's own time of it
    recorded_at timestamptz NOT NULL,               -- the fleet's
    received_at timestamptz NOT NULL,               -- ours
    vehicle_id  text,
    reference   text,                               -- machine_leg.id
    body        jsonb NOT NULL,                     -- the contract's Event
    PRIMARY KEY (account_id, number)
);
CREATE INDEX fleet_event_of_leg ON fleet_event (reference, number) WHERE reference IS NOT NULL;
CREATE INDEX fleet_event_at ON fleet_event (at);

CREATE TABLE fleet_act (                            -- what people asked of a vehicle, and the answer
    id          text PRIMARY KEY,                   -- fac_…
    machine_leg_id text NOT NULL REFERENCES machine_leg (id) ON DELETE CASCADE,
    action      text NOT NULL,
    by          text NOT NULL,
    reason      text NOT NULL DEFAULT '',
    outcome     text NOT NULL,
    refusal     jsonb,
    at          timestamptz NOT NULL
);
CREATE INDEX fleet_act_of_leg ON fleet_act (machine_leg_id, at);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['fleet_account', 'machine', 'machine_answer', 'machine_leg', 'fleet_event', 'fleet_act'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY operator_all ON %I TO homeward_operator USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_operator', t);
    END LOOP;
END $$;
