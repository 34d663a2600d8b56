-- New tables, a function and an index only: the release before runs on this schema as it is.

CREATE TABLE exception_care (                       -- a person has seen an exception
    subject     text NOT NULL,                      -- what it is about: dlv_…, flt_…, whe_…, msg_…
    code        text NOT NULL,                      -- why it needs a person
    operator_id text NOT NULL REFERENCES operator_user (id),
    at          timestamptz NOT NULL,               -- business time; trouble that begins later is nobody's again
    snoozed_until timestamptz,                      -- NULL: taken, not put off
    reason      text NOT NULL DEFAULT '',
    PRIMARY KEY (subject, code)
);

CREATE TABLE saved_filter (                         -- a list of deliveries under a name, each operator's own
    id          text PRIMARY KEY,                   -- flr_…
    operator_id text NOT NULL REFERENCES operator_user (id),
    name        text NOT NULL,
    query       text NOT NULL,                      -- as in the address of the list
    created_at  timestamptz NOT NULL,
    UNIQUE (operator_id, name)
);

ALTER TABLE exception_care ENABLE ROW LEVEL SECURITY;
ALTER TABLE exception_care FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_all ON exception_care TO homeward_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON exception_care TO homeward_operator;

ALTER TABLE saved_filter ENABLE ROW LEVEL SECURITY;
ALTER TABLE saved_filter FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_all ON saved_filter TO homeward_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_filter TO homeward_operator;

-- Everything that somebody on the telephone may name, in small letters; of a phone number its digits alone.
CREATE FUNCTION delivery_words(id text, external_id text, dropoff jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(id || ' ' || coalesce(external_id, '') || ' ' || coalesce(dropoff ->> 'address', '') || ' '
                 || coalesce(dropoff -> 'contact' ->> 'name', '') || ' '
                 || regexp_replace(coalesce(dropoff -> 'contact' ->> 'phone', ''), '\D', '', 'g'));
GRANT EXECUTE ON FUNCTION delivery_words(text, text, jsonb) TO homeward_operator, homeward_merchant;

CREATE INDEX delivery_by_words ON delivery USING gin (delivery_words(id, external_id, dropoff) gin_trgm_ops);
