-- The first schema. Every table has row-level security, enabled and forced.
--   homeward_merchant  sees the rows of the merchant set for this transaction, and reads a few market tables
--   homeward_operator  sees all rows: planners, workers, the console, and look-ups before the merchant is known
-- The application logs in as homeward_app, which is nobody until it takes one of the two roles for a transaction.

-- ── markets and roads ────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE market (
    id            text PRIMARY KEY,                 -- mkt_…
    slug          text NOT NULL UNIQUE,             -- 'demo-town': names folders, tiles and commands
    name          text NOT NULL,
    currency      text NOT NULL,
    time_zone     text NOT NULL,
    units         text NOT NULL DEFAULT 'metric' CHECK (units IN ('metric', 'imperial')),
    locale        text NOT NULL DEFAULT 'en',
    south double precision NOT NULL, west double precision NOT NULL,
    north double precision NOT NULL, east double precision NOT NULL,
    graph_version text NOT NULL,                    -- changes with every import; keys the travel-time cache
    status        text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused')),
    hours         jsonb NOT NULL,                   -- OpeningHours as {"time_zone","weekly","exceptions"}
    settings      jsonb NOT NULL DEFAULT '{}',      -- MarketSettings (coverage/model.py); defaults live there
    revision      bigint NOT NULL DEFAULT 1,        -- grows with the market, its areas and tariffs; keys what processes remember
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE road_server (
    market_id     text NOT NULL REFERENCES market (id),
    profile       text NOT NULL CHECK (profile IN ('car', 'bicycle', 'foot')),
    url           text NOT NULL,
    graph_version text NOT NULL,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (market_id, profile)
);
CREATE TABLE service_area (
    id        text PRIMARY KEY,                     -- area_…
    market_id text NOT NULL REFERENCES market (id),
    name      text NOT NULL,
    polygon   jsonb NOT NULL,                       -- GeoJSON Polygon or MultiPolygon, [lon, lat]
    active    boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE service_area_cell (                    -- H3 cells wholly or partly inside; the polygon decides at the rim
    cell    bigint NOT NULL,
    area_id text NOT NULL REFERENCES service_area (id) ON DELETE CASCADE,
    PRIMARY KEY (cell, area_id)
);
CREATE TABLE tariff (                               -- immutable versions; the newest effective one counts
    id             text PRIMARY KEY,                -- trf_…
    market_id      text NOT NULL REFERENCES market (id),
    version        integer NOT NULL,
    effective_from timestamptz NOT NULL,
    rules          jsonb NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (market_id, version)
);
CREATE TABLE market_supply (                        -- what the planner last saw; the quote's expected wait reads it
    market_id        text PRIMARY KEY REFERENCES market (id),
    observed_at      timestamptz NOT NULL,
    couriers_on_duty integer NOT NULL,
    couriers_free    integer NOT NULL,
    open_deliveries  integer NOT NULL,
    expected_wait_s  integer NOT NULL
);

CREATE FUNCTION market_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER market_changed BEFORE UPDATE ON market FOR EACH ROW EXECUTE FUNCTION market_changed();
CREATE FUNCTION market_part_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE market SET revision = revision + 1 WHERE id = coalesce(NEW.market_id, OLD.market_id);
    RETURN NULL;
END $$;
CREATE TRIGGER market_area_changed AFTER INSERT OR UPDATE OR DELETE ON service_area FOR EACH ROW EXECUTE FUNCTION market_part_changed();
CREATE TRIGGER market_tariff_changed AFTER INSERT OR UPDATE OR DELETE ON tariff FOR EACH ROW EXECUTE FUNCTION market_part_changed();

-- ── addresses (open data, shared by all) ─────────────────────────────────────────────────────────────────────────
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE address_street (                       -- one row per distinct street, city and postcode
    id        bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    market_id text NOT NULL REFERENCES market (id) ON DELETE CASCADE,
    street    text NOT NULL,
    city      text NOT NULL DEFAULT '',
    postcode  text NOT NULL DEFAULT '',
    norm      text NOT NULL,                        -- normalised "street city postcode"
    norm_street text NOT NULL,
    name      text NOT NULL,                        -- norm_street without street type and direction
    lat double precision NOT NULL, lon double precision NOT NULL,  -- a middle point on the street
    extent_m  integer NOT NULL DEFAULT 0            -- how far the street reaches from that point
);
CREATE TABLE address_point (
    street_id bigint NOT NULL REFERENCES address_street (id) ON DELETE CASCADE,
    number    text NOT NULL,
    number_n  integer,                              -- leading integer of number, for the nearest-number search
    unit      text NOT NULL DEFAULT '',
    lat double precision NOT NULL, lon double precision NOT NULL
);
-- fastupdate off: an import would leave thousands of unsorted entries behind, and every query reads those in full
CREATE INDEX address_street_norm ON address_street USING gin (norm gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX address_street_name ON address_street USING gin (name gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX address_street_city ON address_street (city);
CREATE INDEX address_street_postcode ON address_street (postcode);
CREATE INDEX address_street_market ON address_street (market_id, norm_street text_pattern_ops);
CREATE INDEX address_point_street ON address_point (street_id, number_n);
CREATE INDEX address_point_place ON address_point USING gist (point(lon, lat));

-- ── merchants ────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE merchant (
    id         text PRIMARY KEY,                    -- mer_…
    slug       text NOT NULL UNIQUE,
    name       text NOT NULL,
    status     text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    brand      jsonb NOT NULL DEFAULT '{}',         -- Brand: display name, colour, logo, support phone/e-mail
    tracking_domain text UNIQUE,                    -- shoppers' pages live there; null = the installation's neutral host
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE store (
    id          text NOT NULL UNIQUE,               -- sto_…
    merchant_id text NOT NULL REFERENCES merchant (id),
    market_id   text NOT NULL REFERENCES market (id),
    external_id text,
    name        text NOT NULL,
    address     text NOT NULL,
    lat double precision NOT NULL, lon double precision NOT NULL,
    phone       text,
    hours       jsonb NOT NULL,
    holiday_calendar text,                          -- ISO 3166 code such as 'US' or 'US-VT'; closed on its holidays
    preparation_s integer NOT NULL DEFAULT 900 CHECK (preparation_s BETWEEN 0 AND 86400),
    pickup_instructions text NOT NULL DEFAULT '',
    status      text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'closed')),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (merchant_id, id),
    UNIQUE (merchant_id, external_id)
);
CREATE TABLE merchant_user (
    id          text NOT NULL UNIQUE,               -- usr_…
    merchant_id text NOT NULL REFERENCES merchant (id),
    email       text NOT NULL UNIQUE,
    name        text NOT NULL,
    role        text NOT NULL CHECK (role IN ('owner', 'staff', 'developer')),
    password_hash text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (merchant_id, id)
);
CREATE TABLE api_key (
    id          text NOT NULL UNIQUE,               -- key_…
    merchant_id text NOT NULL REFERENCES merchant (id),
    mode        text NOT NULL CHECK (mode IN ('live', 'test')),
    name        text NOT NULL DEFAULT '',
    hint        text NOT NULL,                      -- first and last characters, to recognise it by
    secret_hash bytea NOT NULL UNIQUE,              -- SHA-256; the key itself has 256 random bits
    created_at  timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at  timestamptz,
    PRIMARY KEY (merchant_id, id)
);
CREATE TABLE idempotency_key (
    merchant_id text NOT NULL REFERENCES merchant (id),
    actor_id    text NOT NULL,                      -- the API key or user that sent it
    route       text NOT NULL,
    key         text NOT NULL,
    fingerprint bytea NOT NULL,                     -- SHA-256 of the canonical JSON body
    status      smallint NOT NULL,
    response    jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (merchant_id, actor_id, route, key)
);

-- ── operator's people, sign-in ───────────────────────────────────────────────────────────────────────────────────
CREATE TABLE operator_user (
    id         text PRIMARY KEY,                    -- opr_…
    email      text NOT NULL UNIQUE,
    name       text NOT NULL,
    role       text NOT NULL CHECK (role IN ('admin', 'dispatcher', 'support')),
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE session (                              -- web sign-ins, courier tokens, operator tokens
    token_hash  bytea PRIMARY KEY,                  -- SHA-256
    kind        text NOT NULL CHECK (kind IN ('operator', 'merchant', 'courier')),
    subject_id  text NOT NULL,
    merchant_id text REFERENCES merchant (id),
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);
CREATE INDEX session_subject ON session (subject_id);
CREATE TABLE login_code (
    id         text PRIMARY KEY,                    -- otp_…
    phone      text NOT NULL,
    ip         text NOT NULL DEFAULT '',            -- who asked, to limit how often
    code_hash  bytea NOT NULL,
    tries_left smallint NOT NULL DEFAULT 5,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX login_code_phone ON login_code (phone, created_at);
CREATE INDEX login_code_ip ON login_code (ip, created_at);
CREATE TABLE audit_entry (                          -- privileged acts, append-only
    id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at         timestamptz NOT NULL DEFAULT now(),
    actor      text NOT NULL,
    action     text NOT NULL,
    object     text NOT NULL,
    reason     text NOT NULL DEFAULT '',
    data       jsonb NOT NULL DEFAULT '{}',
    request_id text
);

-- ── quotes ───────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE quote (
    id          text NOT NULL UNIQUE,               -- quo_…
    merchant_id text NOT NULL REFERENCES merchant (id),
    mode        text NOT NULL CHECK (mode IN ('live', 'test')),
    market_id   text NOT NULL REFERENCES market (id),
    store_id    text NOT NULL,
    request     jsonb NOT NULL,                     -- as asked, normalised
    basis       jsonb NOT NULL,                     -- what it was computed from: distance, duration, supply, tariff id and version
    options     jsonb NOT NULL,                     -- list of QuoteOption
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    delivery_id text,                               -- what it was booked as: one quote, one delivery
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id)
);

-- ── deliveries ───────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE delivery (
    id          text NOT NULL UNIQUE,               -- dlv_…
    merchant_id text NOT NULL REFERENCES merchant (id),
    mode        text NOT NULL CHECK (mode IN ('live', 'test')),
    market_id   text NOT NULL REFERENCES market (id),
    store_id    text NOT NULL,
    quote_id    text,
    external_id text,
    state       text NOT NULL CHECK (state IN ('scheduled', 'searching', 'assigned', 'to_pickup', 'at_pickup', 'picked_up',
                    'to_dropoff', 'at_dropoff', 'delivered', 'returning', 'at_return', 'returned', 'cancelled', 'failed')),
    attention   text,                               -- why a person must look; null = all well
    seq         integer NOT NULL,                   -- last event; also the version for conditional updates
    service_class text NOT NULL,                    -- 'express', 'same_day', 'scheduled'
    pickup      jsonb NOT NULL,                     -- StopDetails: place, address, contact, instructions, code
    dropoff     jsonb NOT NULL,
    parcel      jsonb NOT NULL,                     -- weight_g, size class, volume, items, value
    requirements jsonb NOT NULL,                    -- proof wanted, PIN, undeliverable action, …
    weight_g    integer NOT NULL,
    ready_at    timestamptz NOT NULL,
    search_from timestamptz NOT NULL,               -- when a scheduled delivery wakes
    window_earliest timestamptz NOT NULL,
    promised_by timestamptz NOT NULL,               -- told to the shopper; never overwritten by an estimate
    eta         timestamptz,                        -- what we now expect
    price       jsonb NOT NULL,                     -- total and components as quoted
    total_minor bigint NOT NULL,
    currency    text NOT NULL,
    courier_id  text,                               -- of the active leg
    tracking_token text NOT NULL UNIQUE,
    booked_as   bytea NOT NULL,                     -- SHA-256 of the booking; tells a repeated external_id from a reused one
    metadata    jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    PRIMARY KEY (merchant_id, id),
    UNIQUE (merchant_id, mode, external_id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id),
    FOREIGN KEY (merchant_id, quote_id) REFERENCES quote (merchant_id, id)
);
CREATE INDEX delivery_list ON delivery (merchant_id, mode, id DESC);
CREATE INDEX delivery_open ON delivery (market_id, state, search_from) WHERE ended_at IS NULL;
CREATE INDEX delivery_courier ON delivery (courier_id) WHERE ended_at IS NULL AND courier_id IS NOT NULL;

CREATE TABLE leg (
    id          text NOT NULL UNIQUE,               -- leg_…
    merchant_id text NOT NULL,
    delivery_id text NOT NULL,
    market_id   text NOT NULL,
    number      integer NOT NULL,                   -- 1, 2, … within the delivery
    kind        text NOT NULL CHECK (kind IN ('carry', 'return')),
    courier_id  text NOT NULL,
    courier     jsonb NOT NULL,                     -- what outsiders may know of the courier: {"first_name","vehicle"}
    offer_id    text,
    state       text NOT NULL CHECK (state IN ('offered', 'reserved', 'committed', 'to_pickup', 'at_pickup', 'loading', 'loaded',
                    'to_dropoff', 'at_dropoff', 'handing_over', 'done', 'refused', 'held', 'stopped', 'rescue_needed', 'lost_contact',
                    'returning', 'returned', 'cancelled', 'written_off')),
    reason      text,
    pay_minor   bigint NOT NULL DEFAULT 0,
    currency    text NOT NULL,
    created_at  timestamptz NOT NULL,
    picked_up_at timestamptz,
    ended_at    timestamptz,
    PRIMARY KEY (merchant_id, id),
    UNIQUE (merchant_id, delivery_id, number),
    FOREIGN KEY (merchant_id, delivery_id) REFERENCES delivery (merchant_id, id)
);
CREATE INDEX leg_courier ON leg (courier_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX leg_one_active ON leg (merchant_id, delivery_id) WHERE ended_at IS NULL;

-- A new server counts transactions from the beginning, so in a restored database all that happens would seem to lie
-- before what is logged, and no reader would ever see it. `migrate` notices, and lifts the count by this much.
CREATE FUNCTION event_xid_lift() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 0::bigint';
CREATE FUNCTION event_xid() RETURNS xid8 LANGUAGE sql VOLATILE AS
    'SELECT (pg_current_xact_id()::text::bigint + event_xid_lift())::text::xid8';
CREATE FUNCTION event_horizon() RETURNS xid8 LANGUAGE sql STABLE AS
    'SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + event_xid_lift())::text::xid8';

CREATE TABLE delivery_event (
    merchant_id text NOT NULL,
    delivery_id text NOT NULL,
    seq         integer NOT NULL,                   -- 1, 2, 3 … without a gap
    mode        text NOT NULL,
    id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    xid         xid8 NOT NULL DEFAULT event_xid(),  -- (xid, id) orders readers safely; see the event log's decision record
    type        text NOT NULL,                      -- 'delivery.assigned'
    at          timestamptz NOT NULL,               -- when it happened
    recorded_at timestamptz NOT NULL DEFAULT now(), -- when we heard
    actor       text NOT NULL,                      -- 'merchant:key_…', 'courier:cou_…', 'operator:opr_…', 'system:planner', 'shopper'
    leg_id      text,
    data        jsonb NOT NULL,
    PRIMARY KEY (merchant_id, delivery_id, seq),
    FOREIGN KEY (merchant_id, delivery_id) REFERENCES delivery (merchant_id, id)
);
CREATE INDEX delivery_event_log ON delivery_event (xid, id);
CREATE INDEX delivery_event_merchant ON delivery_event (merchant_id, mode, xid, id);
CREATE TABLE event_consumer (                       -- how far each reader of the log has come
    name text PRIMARY KEY,
    xid  xid8 NOT NULL,
    id   bigint NOT NULL
);

CREATE TABLE proof (
    id          text NOT NULL UNIQUE,               -- prf_…
    merchant_id text NOT NULL,
    delivery_id text NOT NULL,
    leg_id      text NOT NULL,
    step        text NOT NULL CHECK (step IN ('pickup', 'dropoff', 'return')),
    kind        text NOT NULL CHECK (kind IN ('photo', 'signature', 'pin', 'scan', 'code', 'note')),
    media_type  text,
    content     bytea,                              -- re-encoded image without metadata; null for codes
    data        jsonb NOT NULL DEFAULT '{}',
    lat double precision, lon double precision,
    taken_at    timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, delivery_id) REFERENCES delivery (merchant_id, id)
);
CREATE INDEX proof_delivery ON proof (merchant_id, delivery_id);

-- ── couriers ─────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE courier (
    id         text PRIMARY KEY,                    -- cou_…
    market_id  text NOT NULL REFERENCES market (id),
    name       text NOT NULL,
    phone      text NOT NULL UNIQUE,                -- E.164
    vehicle    text NOT NULL CHECK (vehicle IN ('foot', 'bicycle', 'scooter', 'car', 'van')),
    capacity_g integer NOT NULL,
    capacity_l integer NOT NULL,                    -- litres
    max_deliveries smallint NOT NULL DEFAULT 4,     -- on board or promised at once
    skills     text[] NOT NULL DEFAULT '{}',
    status     text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    on_duty    boolean NOT NULL DEFAULT false,
    duty_since timestamptz,
    shift_ends timestamptz,
    lat double precision, lon double precision,
    accuracy_m integer,
    heading    integer,
    position_at timestamptz,                        -- business time of the last fix
    contact_lost_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX courier_duty ON courier (market_id) WHERE on_duty;
CREATE TABLE courier_position (                     -- history, only while on duty
    courier_id text NOT NULL,
    at         timestamptz NOT NULL,
    lat double precision NOT NULL, lon double precision NOT NULL,
    accuracy_m integer,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX courier_position_trace ON courier_position (courier_id, at);
CREATE INDEX courier_position_age ON courier_position USING brin (recorded_at);  -- old ones are forgotten

-- ── dispatch ─────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE planner_lease (                        -- one planner at a time per market; the token fences off the late one
    market_id  text PRIMARY KEY REFERENCES market (id),
    holder     text NOT NULL,
    token      bigint NOT NULL,
    expires_at timestamptz NOT NULL                 -- database time
);
CREATE TABLE dispatch_decision (
    id         text PRIMARY KEY,                    -- dec_…
    market_id  text NOT NULL REFERENCES market (id),
    token      bigint NOT NULL,
    made_at    timestamptz NOT NULL,
    seed       bigint NOT NULL,
    policy_version text NOT NULL,
    inputs     bytea NOT NULL,                      -- zlib-packed JSON of the snapshot and the travel tables: enough to replay
    outcome    jsonb NOT NULL,                      -- offers made, deliveries left waiting and why
    took_ms    integer NOT NULL
);
CREATE INDEX dispatch_decision_market ON dispatch_decision (market_id, made_at);
CREATE TABLE dispatch_decision_delivery (           -- which decisions looked at a delivery, and what they made of it
    delivery_id text NOT NULL,
    decision_id text NOT NULL REFERENCES dispatch_decision (id),
    considered  jsonb NOT NULL,                     -- candidates with cost terms, or the limit that ruled them out
    outcome     text NOT NULL,                      -- 'offered', 'kept', 'waits'
    PRIMARY KEY (delivery_id, decision_id)
);
CREATE INDEX dispatch_decision_delivery_decision ON dispatch_decision_delivery (decision_id);
CREATE TABLE offer (
    id         text PRIMARY KEY,                    -- ofr_…
    market_id  text NOT NULL REFERENCES market (id),
    courier_id text NOT NULL REFERENCES courier (id),
    decision_id text NOT NULL REFERENCES dispatch_decision (id),
    delivery_ids text[] NOT NULL,
    state      text NOT NULL CHECK (state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')),
    pay_minor  bigint NOT NULL,
    currency   text NOT NULL,
    pay_terms  jsonb NOT NULL,
    distance_m integer NOT NULL,
    duration_s integer NOT NULL,
    stops      jsonb NOT NULL,                      -- what the courier is shown, in order
    route      jsonb NOT NULL,                      -- the courier's whole route if accepted
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,                -- business time
    answered_at timestamptz,
    reason     text
);
CREATE INDEX offer_open ON offer (market_id) WHERE state = 'open';
CREATE UNIQUE INDEX offer_one_open ON offer (courier_id) WHERE state = 'open';
CREATE INDEX offer_deliveries ON offer USING gin (delivery_ids);
CREATE TABLE courier_route (                        -- a courier's committed stops, in order
    courier_id text PRIMARY KEY REFERENCES courier (id),
    market_id  text NOT NULL,
    version    integer NOT NULL,
    stops      jsonb NOT NULL,                      -- list of RouteStop (dispatch/model.py)
    updated_at timestamptz NOT NULL
);

-- ── webhooks and messages ────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE webhook_endpoint (
    id          text NOT NULL UNIQUE,               -- whe_…
    merchant_id text NOT NULL REFERENCES merchant (id),
    mode        text NOT NULL CHECK (mode IN ('live', 'test')),
    url         text NOT NULL,
    event_types text[] NOT NULL DEFAULT '{}',       -- empty = all
    secrets     jsonb NOT NULL,                     -- newest first; all sign during rotation
    status      text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
    disabled_reason text,
    failing_since timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (merchant_id, id)
);
CREATE TABLE webhook_message (
    id          text NOT NULL UNIQUE,               -- whm_…; the webhook-id on every try
    merchant_id text NOT NULL,
    endpoint_id text NOT NULL,
    delivery_id text NOT NULL,
    seq         integer NOT NULL,
    type        text NOT NULL,
    body        text NOT NULL,                      -- exact bytes that are signed
    state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'failed')),
    tries       integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(), -- database time
    leased_until timestamptz,
    lease_token bigint NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    PRIMARY KEY (merchant_id, id),
    UNIQUE (endpoint_id, delivery_id, seq),
    FOREIGN KEY (merchant_id, endpoint_id) REFERENCES webhook_endpoint (merchant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_message_due ON webhook_message (endpoint_id, next_try_at, id) WHERE state = 'pending';
CREATE INDEX webhook_message_leased ON webhook_message (endpoint_id) WHERE leased_until IS NOT NULL;
CREATE INDEX webhook_message_log ON webhook_message (merchant_id, endpoint_id, id DESC);
CREATE TABLE webhook_attempt (
    id          bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    merchant_id text NOT NULL,
    message_id  text NOT NULL,
    at          timestamptz NOT NULL DEFAULT now(),
    status      integer,                            -- null = no answer
    took_ms     integer NOT NULL,
    answer      text NOT NULL DEFAULT '',           -- first kilobyte, or the kind of failure
    FOREIGN KEY (merchant_id, message_id) REFERENCES webhook_message (merchant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_attempt_message ON webhook_attempt (merchant_id, message_id);
CREATE TABLE message (                              -- texts and e-mails to shoppers (and login codes to couriers: merchant_id null)
    id          text NOT NULL PRIMARY KEY,          -- msg_…
    merchant_id text REFERENCES merchant (id),
    delivery_id text,
    channel     text NOT NULL CHECK (channel IN ('text', 'email')),
    recipient   text NOT NULL,
    sender_name text NOT NULL,
    subject     text NOT NULL DEFAULT '',
    body        text NOT NULL,
    dedupe_key  text UNIQUE,                        -- 'dlv_…:3:text': one event, one message
    state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'failed')),
    tries       integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    lease_token bigint NOT NULL DEFAULT 0,
    failure     text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz
);
CREATE INDEX message_due ON message (next_try_at) WHERE state = 'pending';
CREATE INDEX message_delivery ON message (delivery_id);
CREATE INDEX message_newest ON message (created_at DESC, id DESC);

-- ── who may see what ─────────────────────────────────────────────────────────────────────────────────────────────
GRANT USAGE ON SCHEMA public TO homeward_merchant, homeward_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO homeward_operator;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO homeward_operator, homeward_merchant;
-- Append-only for everybody: the truth is not edited.
REVOKE UPDATE, DELETE ON delivery_event, audit_entry FROM homeward_operator;

DO $$
DECLARE
    t text;
    tenant constant text[] := ARRAY['store', 'merchant_user', 'api_key', 'idempotency_key', 'quote', 'delivery', 'leg', 'delivery_event',
        'proof', 'webhook_endpoint', 'webhook_message', 'webhook_attempt', 'message'];
    readable constant text[] := ARRAY['market', 'road_server', 'service_area', 'service_area_cell', 'tariff', 'market_supply',
        'address_street', 'address_point'];
BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY operator_all ON %I TO homeward_operator USING (true) WITH CHECK (true)', t);
    END LOOP;
    FOREACH t IN ARRAY tenant LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO homeward_merchant', t);
        EXECUTE format('CREATE POLICY own_rows ON %I TO homeward_merchant USING (merchant_id = current_setting(''app.merchant_id'', true)) '
            'WITH CHECK (merchant_id = current_setting(''app.merchant_id'', true))', t);
    END LOOP;
    FOREACH t IN ARRAY readable LOOP
        EXECUTE format('GRANT SELECT ON %I TO homeward_merchant', t);
        EXECUTE format('CREATE POLICY readable ON %I FOR SELECT TO homeward_merchant USING (true)', t);
    END LOOP;
END $$;
REVOKE UPDATE, DELETE ON delivery_event FROM homeward_merchant;
GRANT SELECT, UPDATE (name, brand, tracking_domain) ON merchant TO homeward_merchant;
CREATE POLICY own_rows ON merchant TO homeward_merchant
    USING (id = current_setting('app.merchant_id', true)) WITH CHECK (id = current_setting('app.merchant_id', true));
