-- New tables and columns only: the release before runs on this schema as it is.

ALTER TABLE offer
    ADD COLUMN goods      text[] NOT NULL DEFAULT '{}',  -- what is special about what is carried
    ADD COLUMN weight_g   integer NOT NULL DEFAULT 0,
    ADD COLUMN key_id     text,                          -- which seal_key signed it
    ADD COLUMN shown_text text,                          -- what was shown, word for word
    ADD COLUMN signature  text;

CREATE TABLE seal_key (                             -- signs what couriers are shown; older keys keep verifying
    id      text PRIMARY KEY,                       -- key_…
    number  integer NOT NULL UNIQUE,
    secret  text NOT NULL,
    made_at timestamptz NOT NULL
);

CREATE TABLE open_offer (                           -- one delivery that is offered to all who can
    id          text PRIMARY KEY,                   -- oof_…
    market_id   text NOT NULL REFERENCES market (id),
    delivery_id text NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    decision_id text NOT NULL REFERENCES dispatch_decision (id),
    state       text NOT NULL CHECK (state IN ('open', 'taken', 'nobody', 'withdrawn')),
    why         text NOT NULL,                      -- what opened it
    basis       text NOT NULL,                      -- fingerprint of the delivery as it is shown
    opened_at   timestamptz NOT NULL,               -- business time, as all below
    round       integer NOT NULL DEFAULT 0,
    gathering   boolean NOT NULL DEFAULT false,     -- a round runs
    ends_at     timestamptz NOT NULL,               -- of the round
    step_pct    integer NOT NULL DEFAULT 0,
    winner_id   text REFERENCES courier (id),
    reason      text,
    ended_at    timestamptz
);
CREATE UNIQUE INDEX open_offer_one_open ON open_offer (delivery_id) WHERE state = 'open';
CREATE INDEX open_offer_open ON open_offer (market_id) WHERE state = 'open';
CREATE INDEX open_offer_due ON open_offer (ends_at) WHERE gathering;
CREATE INDEX open_offer_of_delivery ON open_offer (delivery_id);

CREATE TABLE open_offer_round (                     -- one window, with everything its draw was made from
    open_offer_id text NOT NULL REFERENCES open_offer (id) ON DELETE CASCADE,
    number     integer NOT NULL,
    step_pct   integer NOT NULL,
    begins_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    rule       jsonb NOT NULL,                      -- the rule's version and its numbers
    seed       text NOT NULL,                       -- told with the result; its hash before
    entries    jsonb,                               -- what the draw was made from
    ranking    jsonb,                               -- and what came out
    told_at    timestamptz NOT NULL DEFAULT clock_timestamp(),  -- database time of the last news
    PRIMARY KEY (open_offer_id, number)
);
CREATE INDEX open_offer_round_told ON open_offer_round (told_at);

CREATE TABLE open_offer_invitation (                -- what one courier is shown in one round
    open_offer_id text NOT NULL,
    number        integer NOT NULL,
    courier_id    text NOT NULL REFERENCES courier (id),
    pay_minor     bigint NOT NULL,
    arrives_s     integer NOT NULL,                 -- from the round's beginning until they stand at the store
    carries       text[] NOT NULL,                  -- what they had when it was shown
    offer         jsonb NOT NULL,                   -- dispatch/model.py Offer, with its seal
    interested_at timestamptz,
    result        text CHECK (result IN ('won', 'lost', 'passed_over', 'withdrawn')),
    PRIMARY KEY (open_offer_id, number, courier_id),
    FOREIGN KEY (open_offer_id, number) REFERENCES open_offer_round (open_offer_id, number) ON DELETE CASCADE
);
CREATE INDEX open_offer_invitation_courier ON open_offer_invitation (courier_id, open_offer_id);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['seal_key', 'open_offer', 'open_offer_round', 'open_offer_invitation'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY operator_all ON %I TO homeward_operator USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_operator', t);
    END LOOP;
END $$;
