-- New tables only: the release before runs on this schema as it is.

CREATE TABLE carrier_account (                      -- the operator's account at another delivery company
    id          text PRIMARY KEY,                   -- car_…
    kind        text NOT NULL,                      -- which adapter speaks with it
    name        text NOT NULL,
    base_url    text NOT NULL,
    login       jsonb NOT NULL,                     -- signs calls and so has to stay readable; never shown again
    hook_secret text NOT NULL DEFAULT '',           -- proves that an event is from the company
    hint        text NOT NULL,                      -- the last characters of the secret, to recognise it by
    settings    jsonb NOT NULL DEFAULT '{}',
    status      text NOT NULL CHECK (status IN ('active', 'paused', 'login_invalid')),
    trouble     text,                               -- what the company said when it last refused the login
    checked_at  timestamptz,
    revision    integer NOT NULL DEFAULT 1,         -- grows with every change; processes remember connections by it
    created_at  timestamptz NOT NULL
);

CREATE TABLE carrier_rules (                        -- when a market hands deliveries out, and to whom
    market_id   text PRIMARY KEY REFERENCES market (id),
    rules       jsonb NOT NULL
);

CREATE TABLE carrier_look (                         -- one searching delivery is looked at by one worker at a time
    delivery_id text PRIMARY KEY REFERENCES delivery (id) ON DELETE CASCADE,
    next_at     timestamptz NOT NULL,               -- business time
    leased_until timestamptz NOT NULL               -- database time
);

CREATE TABLE carrier_job (                          -- one delivery in another company's hands
    id          text PRIMARY KEY,                   -- cjb_…: its name in both systems
    account_id  text NOT NULL REFERENCES carrier_account (id),
    delivery_id text NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    market_id   text NOT NULL REFERENCES market (id),
    area        text NOT NULL,                      -- the hexagon of the door
    stage       text NOT NULL CHECK (stage IN ('asking', 'taken', 'ended')),
    ending      text,
    job         text,                               -- the company's own name for it
    leg_id      text,                               -- once a courier of theirs has it
    fee_minor   bigint NOT NULL,
    currency    text NOT NULL,
    basis       text NOT NULL,                      -- of what was asked; another one means that it has changed
    quote       jsonb NOT NULL,
    promised_by timestamptz NOT NULL,
    in_time     boolean,
    tries       integer NOT NULL DEFAULT 0,
    reason      text,
    cancelling  boolean NOT NULL DEFAULT false,
    without_proof text[] NOT NULL DEFAULT '{}',     -- what they could not show and we took their word for
    delivered_seen_at timestamptz,
    place       jsonb,                              -- of their courier, while it is under way
    due_at      timestamptz NOT NULL,               -- business time
    leased_until timestamptz NOT NULL DEFAULT '-infinity',  -- database time
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    CHECK ((stage = 'ended') = (ended_at IS NOT NULL AND ending IS NOT NULL))
);
CREATE UNIQUE INDEX carrier_job_one_active ON carrier_job (delivery_id) WHERE ended_at IS NULL;
CREATE INDEX carrier_job_due ON carrier_job (due_at) WHERE ended_at IS NULL;
CREATE INDEX carrier_job_of_delivery ON carrier_job (delivery_id);
CREATE INDEX carrier_job_record ON carrier_job (account_id, ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE carrier_decision (                     -- every decision with its inputs: to be explained and made again
    id          text PRIMARY KEY,                   -- cdc_…
    delivery_id text NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    market_id   text NOT NULL,
    made_at     timestamptz NOT NULL,
    inputs      jsonb NOT NULL,                     -- without names, telephone numbers and instructions
    outcome     jsonb NOT NULL
);
CREATE INDEX carrier_decision_of_delivery ON carrier_decision (delivery_id, made_at);

CREATE TABLE carrier_event (                        -- news that a company has sent, so that a repeat is no news
    account_id  text NOT NULL REFERENCES carrier_account (id),
    key         text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(), -- database time
    PRIMARY KEY (account_id, key)
);
CREATE INDEX carrier_event_received ON carrier_event (received_at);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['carrier_account', 'carrier_rules', 'carrier_look', 'carrier_job', 'carrier_decision', 'carrier_event'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY operator_all ON %I TO homeward_operator USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_operator', t);
    END LOOP;
END $$;
