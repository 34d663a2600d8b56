-- New tables only: the release before runs on this schema as it is.

CREATE TABLE open_offer (                               -- one delivery that is offered to all who can
    id          text PRIMARY KEY,                       -- oof_…
    market_id   text NOT NULL REFERENCES market (id),
    delivery_id text NOT NULL REFERENCES delivery (id),
    decision_id text NOT NULL,
    state       text NOT NULL,                          -- open, taken, nobody, withdrawn
    why         text NOT NULL,                          -- declined, waited
    basis       text NOT NULL,                          -- what the delivery was when it was shown
    seed        text NOT NULL,                          -- of the lot; its hash is told with the offer
    opened_at   timestamptz NOT NULL,
    round       integer NOT NULL,
    terms       jsonb,                                  -- of the round
    gathering   boolean NOT NULL,
    not_before  timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    closed_at   timestamptz,
    winner_id   text REFERENCES courier (id),
    reason      text
);
CREATE UNIQUE INDEX open_offer_one ON open_offer (delivery_id) WHERE state = 'open';
CREATE INDEX open_offer_due ON open_offer (ends_at) WHERE state = 'open' AND gathering;
CREATE INDEX open_offer_by_delivery ON open_offer (delivery_id);

CREATE TABLE open_offer_invitation (                    -- what one courier is shown in one round
    open_offer_id text NOT NULL REFERENCES open_offer (id),
    round         integer NOT NULL,
    courier_id    text NOT NULL REFERENCES courier (id),
    pay_minor     integer NOT NULL,
    offer         jsonb NOT NULL,                       -- as shown and signed; theirs as it stands if they are chosen
    arrives_s     integer NOT NULL,
    carries       text[] NOT NULL,
    interested_at timestamptz,
    result        text,                                 -- won, lost, passed_over, withdrawn
    PRIMARY KEY (open_offer_id, round, courier_id)
);
CREATE INDEX open_offer_invitation_by_courier ON open_offer_invitation (courier_id, open_offer_id);

CREATE TABLE open_offer_draw (                          -- a choice with everything it was made from
    open_offer_id text NOT NULL REFERENCES open_offer (id),
    round         integer NOT NULL,
    drawn_at      timestamptz NOT NULL,
    rule          jsonb NOT NULL,
    seed          text NOT NULL,
    entries       jsonb NOT NULL,
    ranking       jsonb NOT NULL,
    PRIMARY KEY (open_offer_id, round)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['open_offer', 'open_offer_invitation', 'open_offer_draw'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY operator_all ON %I TO homeward_operator USING (true) WITH CHECK (true)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_operator', name);
    END LOOP;
END $$;
