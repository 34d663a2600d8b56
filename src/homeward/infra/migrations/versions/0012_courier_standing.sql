-- New tables and indexes only: the release before runs on this schema as it is.
-- Whatever changes what a courier may do names a row of operator_user: a rule, a score or a loop has none.

CREATE TABLE standing_policy (                      -- the published rules that decisions rest on; versions never change
    version       integer PRIMARY KEY,
    text          text NOT NULL,
    published_at  timestamptz NOT NULL,
    in_force_from timestamptz NOT NULL,
    published_by  text NOT NULL REFERENCES operator_user (id)
);
CREATE TABLE standing_decision (                    -- append-only
    id            text PRIMARY KEY,                 -- std_…
    courier_id    text NOT NULL REFERENCES courier (id),
    kind          text NOT NULL CHECK (kind IN ('warning', 'restriction', 'deactivation')),
    ground        text NOT NULL CHECK (ground IN ('not_delivered', 'parcel_opened', 'violence', 'harassment', 'discrimination',
                      'unsafe_riding', 'under_influence', 'account_shared', 'false_position', 'age_check_skipped',
                      'papers_invalid', 'court_order')),
    explanation   text NOT NULL CHECK (explanation <> ''),
    evidence      jsonb NOT NULL CHECK (jsonb_array_length(evidence) > 0),
    policy_version integer NOT NULL REFERENCES standing_policy (version),
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz,                      -- null: until somebody lifts it
    appeal_by     timestamptz NOT NULL,
    decided_by    text NOT NULL REFERENCES operator_user (id),
    CHECK (kind <> 'restriction' OR ends_at - starts_at <= interval '72 hours')
);
CREATE INDEX standing_decision_courier ON standing_decision (courier_id, starts_at);
CREATE TABLE standing_step (                        -- what followed a decision; append-only
    decision_id   text NOT NULL REFERENCES standing_decision (id),
    seq           integer NOT NULL,
    type          text NOT NULL CHECK (type IN ('seen', 'appealed', 'upheld', 'shortened', 'lifted')),
    at            timestamptz NOT NULL,
    text          text NOT NULL DEFAULT '',
    by_user       text REFERENCES operator_user (id),
    due_at        timestamptz,                      -- of an appeal: when it must be answered
    ends_at       timestamptz,                      -- of an answer that shortens: the new end
    PRIMARY KEY (decision_id, seq),
    CHECK ((type IN ('seen', 'appealed')) = (by_user IS NULL)),
    CHECK ((type = 'appealed') = (due_at IS NOT NULL))
);
CREATE UNIQUE INDEX standing_step_one_appeal ON standing_step (decision_id) WHERE type = 'appealed';

CREATE TABLE trace_score (                          -- how believable a courier's positions of one day are
    id            text PRIMARY KEY,                 -- pos_…
    courier_id    text NOT NULL REFERENCES courier (id),
    since         timestamptz NOT NULL,
    until         timestamptz NOT NULL,
    fixes         integer NOT NULL,
    score         smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
    findings      jsonb NOT NULL,
    rules         text NOT NULL,                    -- the version of the rules that found them
    made_at       timestamptz NOT NULL,
    UNIQUE (courier_id, since)
);
CREATE INDEX trace_score_since ON trace_score (since);
CREATE TABLE trace_review (                         -- what a person made of a score; append-only
    score_id      text PRIMARY KEY REFERENCES trace_score (id) ON DELETE CASCADE,
    verdict       text NOT NULL CHECK (verdict IN ('believable', 'explained', 'doubtful')),
    note          text NOT NULL DEFAULT '',
    at            timestamptz NOT NULL,
    by_user       text NOT NULL REFERENCES operator_user (id)
);

CREATE TABLE identity_check (                       -- is it still the same person
    id            text PRIMARY KEY,                 -- idc_…
    courier_id    text NOT NULL REFERENCES courier (id),
    draw          text NOT NULL,                    -- which draw chose it: enough to draw again
    doubt         smallint NOT NULL CHECK (doubt BETWEEN 0 AND 100),
    drawn_at      timestamptz NOT NULL,
    asked_at      timestamptz,                      -- null while the courier carries something
    answer_by     timestamptz,
    answered_at   timestamptz,
    way           text CHECK (way IN ('photo', 'call', 'visit')),
    advice        jsonb,                            -- what a vendor thinks of the photo; decides nothing
    result        text CHECK (result IN ('same_person', 'cannot_tell', 'someone_else')),
    note          text NOT NULL DEFAULT '',
    settled_at    timestamptz,
    settled_by    text REFERENCES operator_user (id),
    UNIQUE (courier_id, draw),
    CHECK ((result IS NULL) = (settled_by IS NULL) AND (result IS NULL) = (settled_at IS NULL)),
    CHECK ((asked_at IS NULL) = (answer_by IS NULL)),
    CHECK ((answered_at IS NULL) = (way IS NULL))
);
CREATE INDEX identity_check_open ON identity_check (courier_id) WHERE settled_at IS NULL;
CREATE TABLE identity_photo (                       -- kept apart, so that it can be forgotten apart
    check_id      text PRIMARY KEY REFERENCES identity_check (id) ON DELETE CASCADE,
    content       bytea NOT NULL,                   -- re-encoded, without metadata
    taken_at      timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE identity_seed (                        -- what the draws of a day rest on; secret until the day is over
    day           date PRIMARY KEY,
    seed          bytea NOT NULL
);

CREATE TABLE leg_way (                              -- metres of a leg, kept when the positions are forgotten
    leg_id        text PRIMARY KEY REFERENCES leg (id) ON DELETE CASCADE,
    to_store_m    integer,                          -- null: too few positions are known
    to_door_m     integer,
    measured_at   timestamptz NOT NULL
);
CREATE INDEX leg_of_courier ON leg (courier_id, created_at);        -- a courier's own record
CREATE INDEX offer_of_courier ON offer (courier_id, created_at);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['standing_policy', 'standing_decision', 'standing_step', 'trace_score', 'trace_review',
                             'identity_check', 'identity_photo', 'identity_seed', 'leg_way'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY operator_all ON %I TO homeward_operator USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO homeward_operator', t);
    END LOOP;
END $$;
GRANT DELETE ON trace_score, identity_photo TO homeward_operator;   -- both are forgotten in time
GRANT UPDATE ON identity_check TO homeward_operator;
