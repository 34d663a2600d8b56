-- New and with defaults only: the release before runs on this schema as it is. Adding them rewrites no table.

ALTER TABLE delivery
    ADD COLUMN door        text NOT NULL DEFAULT 'native',  -- whose dialect it was booked in; other doors never show it
    ADD COLUMN door_data   jsonb NOT NULL DEFAULT '{}',     -- what that dialect wants to read back
    ADD COLUMN tip_minor   bigint NOT NULL DEFAULT 0 CHECK (tip_minor >= 0),  -- on top of the price, all to the courier
    ADD COLUMN notify      boolean NOT NULL DEFAULT true,   -- whether the shopper gets texts and e-mails
    ADD COLUMN redelivery_of text,                          -- the delivery that failed before
    ADD COLUMN robot       jsonb,                           -- in test mode: how the robot that carries it shall behave
    ADD COLUMN handed_over_at timestamptz,                  -- of a round trip: the shopper has it, the courier comes back
    ADD COLUMN outcome     jsonb NOT NULL DEFAULT '{}',     -- why and by whom it was turned, ended or left at the door
    ADD COLUMN times       jsonb NOT NULL DEFAULT '{}',     -- when each state was last reached
    ADD COLUMN batch       jsonb;                           -- {"id", "position", "count"} while carried with others

ALTER TABLE delivery ADD FOREIGN KEY (merchant_id, redelivery_of) REFERENCES delivery (merchant_id, id) NOT VALID;
CREATE INDEX delivery_redelivery ON delivery (merchant_id, redelivery_of) WHERE redelivery_of IS NOT NULL;

ALTER TABLE leg ADD COLUMN relay_code text;                 -- lets the courier be called without telling the number

ALTER TABLE proof DROP CONSTRAINT proof_kind_check;
ALTER TABLE proof ADD CONSTRAINT proof_kind_check
    CHECK (kind IN ('photo', 'signature', 'pin', 'scan', 'code', 'note', 'age_check')) NOT VALID;

-- A place that parcels are fetched from without being one of the merchant's shops: named in a booking, never listed.
ALTER TABLE store ADD COLUMN listed boolean NOT NULL DEFAULT true;
