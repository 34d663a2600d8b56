-- New tables, and new columns with defaults only: the release before runs on this schema as it is.

ALTER TABLE courier
    ADD COLUMN papers_valid_until timestamptz,                   -- when the first required document ends; NULL: none kept
    ADD COLUMN consent_due_at     timestamptz;                   -- until when a newer agreement must be accepted; NULL: none

ALTER TABLE session DROP CONSTRAINT session_kind_check;
ALTER TABLE session ADD CONSTRAINT session_kind_check
    CHECK (kind IN ('operator', 'merchant', 'courier', 'applicant')) NOT VALID;

CREATE TABLE agreement_version (                    -- exact texts that people are asked to accept; never changed
    id           text PRIMARY KEY,                  -- agr_…
    kind         text NOT NULL CHECK (kind IN ('agreement', 'check_disclosure')),
    market_id    text NOT NULL REFERENCES market (id),  -- where it is asked
    jurisdiction text NOT NULL,                     -- 'US-VT', 'CH'
    language     text NOT NULL,                     -- BCP 47
    text         text NOT NULL,
    text_hash    text NOT NULL,                     -- SHA-256 of the text as UTF-8, in hex
    effective_at timestamptz NOT NULL,              -- business time
    published_by text NOT NULL,
    published_at timestamptz NOT NULL
);
CREATE INDEX agreement_version_in_force ON agreement_version (market_id, kind, effective_at);

CREATE TABLE courier_application (
    id          text PRIMARY KEY,                   -- app_…
    phone       text NOT NULL,                      -- E.164, proven by a code
    state       text NOT NULL CHECK (state IN ('started', 'documents', 'agreement', 'check', 'vehicle', 'payout',
                                               'review', 'active', 'declined')),
    market_id   text REFERENCES market (id),
    name        text NOT NULL DEFAULT '',
    vehicle     text,
    vehicle_facts jsonb NOT NULL DEFAULT '{}',
    payout_token text,                              -- the payment company's name for the account; never a bank number
    check_result text CHECK (check_result IN ('clear', 'consider')),
    check_note  text NOT NULL DEFAULT '',
    checked_by  text,
    courier_id  text UNIQUE REFERENCES courier (id),
    decided_by  text,
    decision_reason text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    -- No program lets anybody work or turns anybody away.
    CHECK (state NOT IN ('active', 'declined') OR decided_by LIKE 'operator:%'),
    CHECK ((state = 'active') = (courier_id IS NOT NULL))
);
CREATE UNIQUE INDEX courier_application_open ON courier_application (phone) WHERE state <> 'declined';
CREATE INDEX courier_application_state ON courier_application (state, updated_at);

CREATE TABLE courier_document (
    id             text PRIMARY KEY,                -- doc_…
    application_id text NOT NULL REFERENCES courier_application (id) ON DELETE CASCADE,
    kind           text NOT NULL CHECK (kind IN ('driving_licence', 'insurance', 'identity')),
    expires_on     date NOT NULL,
    content        bytea NOT NULL,                  -- the picture encoded anew: nothing but the pixels
    content_hash   text NOT NULL,
    state          text NOT NULL DEFAULT 'sent' CHECK (state IN ('sent', 'accepted', 'refused', 'replaced')),
    reason         text NOT NULL DEFAULT '',
    reviewed_by    text,
    sent_at        timestamptz NOT NULL,
    CHECK (state NOT IN ('accepted', 'refused') OR reviewed_by IS NOT NULL)
);
CREATE INDEX courier_document_of ON courier_document (application_id, kind, sent_at);

CREATE TABLE courier_consent (                      -- who accepted which words, and how we know; only added to
    id             text PRIMARY KEY,                -- cns_…
    application_id text NOT NULL REFERENCES courier_application (id) ON DELETE CASCADE,
    version_id     text NOT NULL REFERENCES agreement_version (id),
    displayed_hash text NOT NULL,                   -- of the text as it was shown
    at             timestamptz NOT NULL,
    ip             text NOT NULL,
    user_agent     text NOT NULL,
    method         text NOT NULL,
    UNIQUE (application_id, version_id)
);

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['agreement_version', 'courier_application', 'courier_document', 'courier_consent'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY operator_all ON %I TO homeward_operator USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO homeward_operator', t);
    END LOOP;
END $$;
-- Texts and consents can only be added to.
GRANT UPDATE ON courier_application, courier_document TO homeward_operator;
