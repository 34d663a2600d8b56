"""Deliveries, legs, events and proofs in Postgres. Every write of a delivery goes with its events, in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from homeward.coverage.model import ServiceClass
from homeward.deliveries import documents
from homeward.deliveries.model import (
    Delivery,
    DeliveryEvent,
    Door,
    EvidenceKind,
    Leg,
    LegKind,
    LegState,
    NewEvent,
    Proof,
    State,
)
from homeward.deliveries.requirements import requirements_from
from homeward.deliveries.rescue import rescue_from
from homeward.infra.db import Row, Tx, json_param
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import jsonable

DELIVERY_COLUMNS: Final = """d.id, d.merchant_id, d.mode, d.market_id, d.store_id, d.quote_id, d.external_id, d.state,
    d.attention, d.seq, d.service_class, d.pickup, d.dropoff, d.parcel, d.requirements, d.ready_at, d.search_from,
    d.window_earliest, d.promised_by, d.eta, d.pickup_eta, d.price, d.total_minor, d.currency, d.courier_id,
    d.tracking_token, d.metadata, d.created_at, d.updated_at, d.ended_at, d.door, d.door_data, d.tip_minor, d.notify,
    d.redelivery_of, d.robot, d.handed_over_at, d.outcome, d.times, d.batch, d.rescue"""

LEG_COLUMNS: Final = """l.id, l.merchant_id, l.delivery_id, l.market_id, l.number, l.kind, l.courier_id, l.courier,
    l.offer_id, l.state, l.reason, l.pay_minor, l.currency, l.created_at, l.picked_up_at, l.ended_at, l.relay_code"""

# One round trip: the delivery, and its first events counted from 1. Nothing is written if the external_id is taken.
_BOOK: Final = """
    WITH booked AS (
        INSERT INTO delivery (id, merchant_id, mode, market_id, store_id, quote_id, external_id, state, attention, seq,
            service_class, pickup, dropoff, parcel, requirements, weight_g, ready_at, search_from, window_earliest,
            promised_by, price, total_minor, currency, tracking_token, booked_as, metadata, created_at, updated_at,
            door, door_data, tip_minor, notify, redelivery_of, robot, times)
        VALUES (%(id)s, %(merchant_id)s, %(mode)s, %(market_id)s, %(store_id)s, %(quote_id)s, %(external_id)s,
            %(state)s, %(attention)s, %(seq)s, %(service_class)s, %(pickup)s, %(dropoff)s, %(parcel)s,
            %(requirements)s, %(weight_g)s, %(ready_at)s, %(search_from)s, %(window_earliest)s, %(promised_by)s,
            %(price)s, %(total_minor)s, %(currency)s, %(tracking_token)s, %(booked_as)s, %(metadata)s,
            %(created_at)s, %(created_at)s, %(door)s, %(door_data)s, %(tip_minor)s, %(notify)s, %(redelivery_of)s,
            %(robot)s, %(times)s)
        ON CONFLICT (merchant_id, mode, external_id) DO NOTHING
        RETURNING merchant_id, id, mode
    )
    INSERT INTO delivery_event (merchant_id, delivery_id, mode, seq, type, at, actor, data)
    SELECT b.merchant_id, b.id, b.mode, e.number, e.type, %(created_at)s, %(actor)s, e.data
    FROM booked b, unnest(%(types)s::text[], %(datas)s::jsonb[]) WITH ORDINALITY AS e (type, data, number)
"""

# The condition on seq makes a lost update impossible even where a caller forgot to lock.
_SAVE: Final = """
    WITH saved AS (
        UPDATE delivery SET state = %(state)s, attention = %(attention)s, seq = %(seq)s + %(count)s,
            pickup = coalesce(%(pickup)s, pickup), dropoff = coalesce(%(dropoff)s, dropoff),
            requirements = coalesce(%(requirements)s, requirements), price = coalesce(%(price)s, price),
            metadata = coalesce(%(metadata)s, metadata), ready_at = %(ready_at)s, search_from = %(search_from)s,
            parcel = coalesce(%(parcel)s, parcel), door_data = coalesce(%(door_data)s, door_data),
            outcome = coalesce(%(outcome)s, outcome), times = coalesce(%(times)s, times),
            batch = CASE WHEN %(batch_moves)s THEN %(batch)s::jsonb ELSE batch END, rescue = %(rescue)s::jsonb,
            tip_minor = %(tip_minor)s, handed_over_at = %(handed_over_at)s,
            quote_id = %(quote_id)s, store_id = %(store_id)s, service_class = %(service_class)s,
            window_earliest = %(window_earliest)s, promised_by = %(promised_by)s, total_minor = %(total_minor)s,
            eta = %(eta)s, pickup_eta = %(pickup_eta)s, courier_id = %(courier_id)s,
            updated_at = %(updated_at)s, ended_at = %(ended_at)s
        WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND seq = %(seq)s
        RETURNING merchant_id, id, mode
    )
    INSERT INTO delivery_event (merchant_id, delivery_id, mode, seq, type, at, actor, leg_id, data)
    SELECT s.merchant_id, s.id, s.mode, %(seq)s + e.number, e.type, %(at)s, %(actor)s, e.leg_id, e.data
    FROM saved s, unnest(%(types)s::text[], %(leg_ids)s::text[], %(datas)s::jsonb[])
        WITH ORDINALITY AS e (type, leg_id, data, number)
"""


async def insert(tx: Tx, delivery: Delivery, events: Sequence[NewEvent], *, actor: str, booked_as: bytes) -> bool:
    """Write a new delivery with its first events. False if the merchant's external_id is taken."""
    written = await tx.run(
        _BOOK,
        id=delivery.id,
        merchant_id=delivery.merchant_id,
        mode=delivery.mode,
        market_id=delivery.market_id,
        store_id=delivery.store_id,
        quote_id=delivery.quote_id,
        external_id=delivery.external_id,
        state=delivery.state,
        attention=delivery.attention,
        seq=delivery.seq,
        service_class=delivery.service_class,
        pickup=json_param(documents.stop_document(delivery.pickup)),
        dropoff=json_param(documents.stop_document(delivery.dropoff)),
        parcel=json_param(documents.parcel_document(delivery.parcel, delivery.contents)),
        requirements=json_param(documents.requirements_document(delivery.requirements)),
        weight_g=delivery.parcel.weight_g,
        ready_at=delivery.ready_at,
        search_from=delivery.search_from,
        window_earliest=delivery.window_earliest,
        promised_by=delivery.promised_by,
        price=json_param(dict(delivery.price)),
        total_minor=delivery.total.minor,
        currency=delivery.total.currency,
        tracking_token=delivery.tracking_token,
        booked_as=booked_as,
        metadata=json_param(dict(delivery.metadata)),
        door=delivery.door.name,
        door_data=json_param(dict(delivery.door.data)),
        tip_minor=delivery.tip_minor,
        notify=delivery.notify,
        redelivery_of=delivery.redelivery_of,
        robot=json_param(dict(delivery.robot)) if delivery.robot is not None else None,
        times=json_param(documents.times_document(delivery.times)),
        created_at=delivery.created_at,
        actor=actor,
        types=[event.type for event in events],
        datas=[json_param(dict(event.data)) for event in events],
    )
    return written > 0


async def save(
    tx: Tx, before: Delivery, after: Delivery, events: Sequence[NewEvent], *, at: datetime, actor: str
) -> None:
    """Write the changed delivery and its next events. `after.seq` counts them already."""
    assert after.seq == before.seq + len(events), "every event has its number"

    def changed(name: str, document: Any) -> Any:
        return json_param(document) if getattr(after, name) != getattr(before, name) else None

    written = await tx.run(
        _SAVE,
        merchant_id=before.merchant_id,
        id=before.id,
        seq=before.seq,
        count=len(events),
        state=after.state,
        attention=after.attention,
        pickup=changed("pickup", documents.stop_document(after.pickup)),
        dropoff=changed("dropoff", documents.stop_document(after.dropoff)),
        requirements=changed("requirements", documents.requirements_document(after.requirements)),
        price=changed("price", dict(after.price)),
        metadata=changed("metadata", dict(after.metadata)),
        parcel=changed("contents", documents.parcel_document(after.parcel, after.contents)),
        door_data=changed("door", dict(after.door.data)),
        outcome=changed("outcome", documents.outcome_document(after.outcome)),
        times=changed("times", documents.times_document(after.times)),
        batch_moves=after.batch != before.batch,
        batch=json_param(jsonable(after.batch)) if after.batch else None,
        rescue=json_param(jsonable(after.rescue)) if after.rescue else None,
        tip_minor=after.tip_minor,
        handed_over_at=after.handed_over_at,
        quote_id=after.quote_id,
        store_id=after.store_id,
        service_class=after.service_class,
        window_earliest=after.window_earliest,
        promised_by=after.promised_by,
        total_minor=after.total.minor,
        ready_at=after.ready_at,
        search_from=after.search_from,
        eta=after.eta,
        pickup_eta=after.pickup_eta,
        courier_id=after.courier_id,
        updated_at=after.updated_at,
        ended_at=after.ended_at,
        at=at,
        actor=actor,
        types=[event.type for event in events],
        leg_ids=[event.leg_id for event in events],
        datas=[json_param(dict(event.data)) for event in events],
    )
    assert written == len(events), f"{before.id} moved under us: seq {before.seq} is gone"


# ── deliveries ──


async def lock(tx: Tx, delivery_id: str, *, mode: str | None = None) -> Delivery | None:
    """The delivery, held until the transaction ends: acts on one delivery happen one after the other."""
    row = await tx.one(
        f"""SELECT {DELIVERY_COLUMNS} FROM delivery d
            WHERE d.id = %(id)s AND (%(mode)s::text IS NULL OR d.mode = %(mode)s) FOR UPDATE""",
        id=delivery_id,
        mode=mode,
    )
    return delivery_from(row) if row else None


async def lock_all(tx: Tx, delivery_ids: Sequence[str], courier_id: str) -> None:
    """These, and what the courier has already, held in the one order in which everybody holds several."""
    await tx.run(
        """SELECT 1 FROM delivery WHERE id = ANY(%(ids)s) OR (courier_id = %(courier_id)s AND ended_at IS NULL)
           ORDER BY id FOR UPDATE""",
        ids=list(delivery_ids),
        courier_id=courier_id,
    )


async def by_external_id(tx: Tx, merchant_id: str, mode: str, external_id: str) -> tuple[str, bytes] | None:
    """Id and booking hash of the delivery that has this external_id."""
    row = await tx.one(
        """SELECT id, booked_as FROM delivery
           WHERE merchant_id = %(merchant_id)s AND mode = %(mode)s AND external_id = %(external_id)s""",
        merchant_id=merchant_id,
        mode=mode,
        external_id=external_id,
    )
    return (row["id"], bytes(row["booked_as"])) if row else None


async def due_to_wake(tx: Tx, now: datetime, limit: int) -> list[str]:
    """Scheduled deliveries whose time has come, held; what another process holds is its business."""
    rows = await tx.all(
        """SELECT id FROM delivery WHERE state = 'scheduled' AND ended_at IS NULL AND search_from <= %(now)s
           ORDER BY search_from LIMIT %(limit)s FOR UPDATE SKIP LOCKED""",
        now=now,
        limit=limit,
    )
    return [row["id"] for row in rows]


# ── legs ──


async def insert_leg(tx: Tx, leg: Leg, *, code_spent_before: datetime | None = None) -> bool:
    """False if its code leads to another leg: to one under way or, where a moment is given, one that ended since."""
    written = await tx.run(
        """INSERT INTO leg (id, merchant_id, delivery_id, market_id, number, kind, courier_id, courier, offer_id, state,
                            pay_minor, currency, created_at, picked_up_at, relay_code)
           SELECT %(id)s, %(merchant_id)s, %(delivery_id)s, %(market_id)s, %(number)s, %(kind)s, %(courier_id)s,
                   %(courier)s, %(offer_id)s, %(state)s, %(pay_minor)s, %(currency)s,
                   %(created_at)s, %(picked_up_at)s, %(relay_code)s
           WHERE %(code_spent_before)s::timestamptz IS NULL OR NOT EXISTS (
               SELECT FROM leg other
               WHERE other.relay_code = %(relay_code)s AND other.ended_at > %(code_spent_before)s::timestamptz)
           ON CONFLICT (relay_code) WHERE ended_at IS NULL DO NOTHING""",
        id=leg.id,
        merchant_id=leg.merchant_id,
        delivery_id=leg.delivery_id,
        market_id=leg.market_id,
        number=leg.number,
        kind=leg.kind,
        courier_id=leg.courier_id,
        courier=json_param(jsonable(leg.courier)),
        offer_id=leg.offer_id,
        state=leg.state,
        pay_minor=leg.pay.minor,
        currency=leg.pay.currency,
        created_at=leg.created_at,
        picked_up_at=leg.picked_up_at,
        relay_code=leg.relay_code,
        code_spent_before=code_spent_before,
    )
    return written == 1


async def save_leg(tx: Tx, leg: Leg) -> None:
    await tx.run(
        """UPDATE leg SET state = %(state)s, reason = %(reason)s, picked_up_at = %(picked_up_at)s,
                          ended_at = %(ended_at)s
           WHERE merchant_id = %(merchant_id)s AND id = %(id)s""",
        merchant_id=leg.merchant_id,
        id=leg.id,
        state=leg.state,
        reason=leg.reason,
        picked_up_at=leg.picked_up_at,
        ended_at=leg.ended_at,
    )


async def active_leg(tx: Tx, delivery: Delivery) -> Leg | None:
    """In a rescue the rescuer's, if there is one by now."""
    row = await tx.one(
        f"""SELECT {LEG_COLUMNS} FROM leg l
            WHERE l.merchant_id = %(merchant_id)s AND l.delivery_id = %(delivery_id)s AND l.ended_at IS NULL
            ORDER BY l.number DESC LIMIT 1""",
        merchant_id=delivery.merchant_id,
        delivery_id=delivery.id,
    )
    return leg_from(row) if row else None


async def open_legs(tx: Tx, delivery: Delivery) -> list[Leg]:
    """One, or in a rescue the stranded one's and the rescuer's."""
    rows = await tx.all(
        f"""SELECT {LEG_COLUMNS} FROM leg l WHERE l.merchant_id = %(merchant_id)s AND l.delivery_id = %(delivery_id)s
              AND l.ended_at IS NULL ORDER BY l.number""",
        merchant_id=delivery.merchant_id,
        delivery_id=delivery.id,
    )
    return [leg_from(row) for row in rows]


async def leg(tx: Tx, leg_id: str) -> Leg | None:
    row = await tx.one(f"SELECT {LEG_COLUMNS} FROM leg l WHERE l.id = %(id)s", id=leg_id)
    return leg_from(row) if row else None


async def legs(tx: Tx, merchant_id: str, delivery_id: str) -> list[Leg]:
    """All legs of a delivery, oldest first."""
    rows = await tx.all(
        f"""SELECT {LEG_COLUMNS} FROM leg l
            WHERE l.merchant_id = %(merchant_id)s AND l.delivery_id = %(delivery_id)s ORDER BY l.number""",
        merchant_id=merchant_id,
        delivery_id=delivery_id,
    )
    return [leg_from(row) for row in rows]


# ── events ──


async def was_reported(tx: Tx, delivery: Delivery, leg_id: str, act: str, at: datetime) -> bool:
    """Whether this very report is in the log already: a phone repeats what got no answer."""
    found = await tx.value(
        """SELECT true FROM delivery_event WHERE merchant_id = %(merchant_id)s AND delivery_id = %(delivery_id)s
             AND leg_id = %(leg_id)s AND at = %(at)s AND data ->> 'report' = %(act)s LIMIT 1""",
        merchant_id=delivery.merchant_id,
        delivery_id=delivery.id,
        leg_id=leg_id,
        at=at,
        act=act,
    )
    return bool(found)


async def events(tx: Tx, delivery_id: str) -> list[DeliveryEvent]:
    rows = await tx.all(
        """SELECT delivery_id, seq, type, at, recorded_at, actor, leg_id, data FROM delivery_event
           WHERE (merchant_id, delivery_id) = (SELECT merchant_id, id FROM delivery WHERE id = %(id)s) ORDER BY seq""",
        id=delivery_id,
    )
    return [DeliveryEvent(**row) for row in rows]


# ── proofs ──

PROOF_COLUMNS: Final = "id, delivery_id, leg_id, step, kind, media_type, data, lat, lon, taken_at, recorded_at"


async def insert_proof(tx: Tx, proof: Proof, merchant_id: str, content: bytes | None) -> None:
    await tx.run(
        """INSERT INTO proof (id, merchant_id, delivery_id, leg_id, step, kind, media_type, content, data, lat, lon,
                              taken_at, recorded_at)
           VALUES (%(id)s, %(merchant_id)s, %(delivery_id)s, %(leg_id)s, %(step)s, %(kind)s, %(media_type)s,
                   %(content)s, %(data)s, %(lat)s, %(lon)s, %(taken_at)s, %(recorded_at)s)""",
        id=proof.id,
        merchant_id=merchant_id,
        delivery_id=proof.delivery_id,
        leg_id=proof.leg_id,
        step=proof.step,
        kind=proof.kind,
        media_type=proof.media_type,
        content=content,
        data=json_param(dict(proof.data)),
        lat=proof.place.lat if proof.place else None,
        lon=proof.place.lon if proof.place else None,
        taken_at=proof.taken_at,
        recorded_at=proof.recorded_at,
    )


async def proofs(tx: Tx, delivery_id: str) -> list[Proof]:
    rows = await tx.all(
        f"""SELECT {PROOF_COLUMNS} FROM proof
            WHERE (merchant_id, delivery_id) = (SELECT merchant_id, id FROM delivery WHERE id = %(id)s) ORDER BY id""",
        id=delivery_id,
    )
    return [proof_from(row) for row in rows]


async def proof_content(tx: Tx, proof_id: str, mode: str | None = None) -> tuple[str, bytes, str] | None:
    """Media type, bytes and delivery of a proof that has bytes."""
    row = await tx.one(
        """SELECT p.media_type, p.content, p.delivery_id
           FROM proof p JOIN delivery d ON d.merchant_id = p.merchant_id AND d.id = p.delivery_id
           WHERE p.id = %(id)s AND p.content IS NOT NULL AND (%(mode)s::text IS NULL OR d.mode = %(mode)s)""",
        id=proof_id,
        mode=mode,
    )
    return (row["media_type"], bytes(row["content"]), row["delivery_id"]) if row else None


# ── rows to words ──


def delivery_from(row: Row) -> Delivery:
    parcel, contents = documents.parcel_from(row["parcel"])
    plain = {name: row[name] for name in _PLAIN}
    return Delivery(
        **plain,
        state=State(row["state"]),
        service_class=ServiceClass(row["service_class"]),
        pickup=documents.stop_from(row["pickup"]),
        dropoff=documents.stop_from(row["dropoff"]),
        parcel=parcel,
        contents=contents,
        requirements=requirements_from(row["requirements"]),
        total=Money(row["total_minor"], row["currency"]),
        fees=documents.fees_from(row["price"]),
        door=Door(row["door"], row["door_data"]),
        outcome=documents.outcome_from(row["outcome"]),
        times=documents.times_from(row["times"]),
        batch=documents.batch_from(row["batch"]),
        rescue=rescue_from(row["rescue"]),
    )


_PLAIN: Final = (
    "id",
    "merchant_id",
    "mode",
    "market_id",
    "store_id",
    "quote_id",
    "external_id",
    "attention",
    "seq",
    "ready_at",
    "search_from",
    "window_earliest",
    "promised_by",
    "eta",
    "pickup_eta",
    "price",
    "courier_id",
    "tracking_token",
    "metadata",
    "created_at",
    "updated_at",
    "ended_at",
    "tip_minor",
    "notify",
    "redelivery_of",
    "robot",
    "handed_over_at",
)


def leg_from(row: Row) -> Leg:
    return Leg(
        id=row["id"],
        merchant_id=row["merchant_id"],
        delivery_id=row["delivery_id"],
        market_id=row["market_id"],
        number=row["number"],
        kind=LegKind(row["kind"]),
        courier_id=row["courier_id"],
        courier=documents.courier_from(row["courier"]),
        offer_id=row["offer_id"],
        state=LegState(row["state"]),
        reason=row["reason"],
        pay=Money(row["pay_minor"], row["currency"]),
        created_at=row["created_at"],
        picked_up_at=row["picked_up_at"],
        ended_at=row["ended_at"],
        relay_code=row["relay_code"],
    )


def proof_from(row: Row) -> Proof:
    lat, lon = row.pop("lat"), row.pop("lon")
    place = LatLon(lat, lon) if lat is not None else None
    return Proof(**{**row, "kind": EvidenceKind(row["kind"])}, place=place)
