"""Recorded days in the database, for the operator only.

A report looks across features: it reads deliveries, legs, events, quotes and positions beside what is dispatch's own,
and changes nothing.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from homeward.coverage.model import ParcelSize
from homeward.dispatch import packing
from homeward.dispatch.whatif.book import DeliveryRecord, EventRecord, LegRecord, OfferRecord, Trace
from homeward.dispatch.whatif.decisions import StoredDecision
from homeward.dispatch.whatif.pricing import QuoteRecord
from homeward.infra.db import Database, Row, Tx
from homeward.kit.places import LatLon
from homeward.kit.windows import Window
from homeward.quotes import codec
from homeward.quotes.tariff import TariffRules
from homeward.quotes.tariff_json import rules_from_json

# Packed inputs of a large market take half a megabyte each.
_DECISIONS_AT_ONCE: Final = 20
_QUOTES_AT_ONCE: Final = 500
# A telephone that is silent for longer has been off duty, unless a decision saw its courier in between.
_LONG_GAP: Final = timedelta(minutes=20)
_EVENT_TYPES: Final = [
    f"delivery.{name}"
    for name in (
        "searching", "assigned", "at_pickup", "picked_up", "at_dropoff", "delivered", "returning", "returned",
        "attention_cleared",
    )
]  # fmt: skip


async def counted(tx: Tx, market_id: str, within: Window) -> Row:
    """Decisions of a range and of ever: how many, with and without inputs."""
    row = await tx.one(
        """SELECT count(*) FILTER (WHERE inside) AS decisions, count(*) FILTER (WHERE inside AND kept) AS kept,
                  min(made_at) AS first, max(made_at) AS last, min(made_at) FILTER (WHERE kept) AS kept_since
           FROM (SELECT made_at, made_at >= %(since)s AND made_at < %(until)s AS inside, inputs <> '' AS kept
                 FROM dispatch_decision WHERE market_id = %(market_id)s) AS d""",
        market_id=market_id,
        since=within.earliest,
        until=within.latest,
    )
    assert row is not None
    return row


async def decisions(db: Database, market_id: str, within: Window) -> AsyncIterator[StoredDecision]:
    """In the order in which they were made, a few at a time; those whose inputs are forgotten are left out."""
    after: tuple[datetime, str] = (within.earliest, "")
    while True:
        async with db.operator() as tx:
            rows = await tx.all(
                """SELECT id, made_at, policy_version, inputs, outcome FROM dispatch_decision
                   WHERE market_id = %(market_id)s AND made_at < %(until)s AND inputs <> ''
                     AND (made_at, id) > (%(at)s, %(id)s)
                   ORDER BY made_at, id LIMIT %(limit)s""",
                market_id=market_id,
                until=within.latest,
                at=after[0],
                id=after[1],
                limit=_DECISIONS_AT_ONCE,
            )
        for row in rows:
            inputs = packing.unpack_inputs(row["inputs"])
            yield StoredDecision(row["id"], row["made_at"], row["policy_version"], inputs, row["outcome"])
        if len(rows) < _DECISIONS_AT_ONCE:
            return
        after = rows[-1]["made_at"], rows[-1]["id"]


async def deliveries(tx: Tx, market_id: str, within: Window) -> list[DeliveryRecord]:
    """All of real money that were open for dispatch at any time of the range, with their events and legs."""
    rows = await tx.all(
        """SELECT d.id, d.merchant_id, d.store_id, d.service_class, d.state, d.pickup -> 'place' AS pickup,
                  d.dropoff -> 'place' AS dropoff, d.parcel, d.created_at, d.search_from, d.ready_at,
                  d.window_earliest, d.promised_by, d.ended_at, e.events, l.legs
           FROM delivery d
           CROSS JOIN LATERAL (
               SELECT coalesce(jsonb_agg(jsonb_build_object('type', e.type, 'at', e.at, 'actor', e.actor,
                                                            'reason', e.data ->> 'reason') ORDER BY e.seq), '[]')
                      AS events
               FROM delivery_event e
               WHERE e.merchant_id = d.merchant_id AND e.delivery_id = d.id AND e.type = ANY(%(types)s)) AS e
           CROSS JOIN LATERAL (
               SELECT coalesce(jsonb_agg(jsonb_build_object('courier_id', l.courier_id,
                                                            'pay_minor', CASE WHEN l.picked_up_at IS NULL
                                                                AND l.ended_at IS NOT NULL THEN 0
                                                                ELSE l.pay_minor END,
                                                            'created_at', l.created_at, 'ended_at', l.ended_at)
                                         ORDER BY l.number), '[]') AS legs
               FROM leg l WHERE l.merchant_id = d.merchant_id AND l.delivery_id = d.id AND l.kind = 'carry') AS l
           WHERE d.market_id = %(market_id)s AND d.mode = 'live' AND d.search_from < %(until)s
             AND d.created_at < %(until)s AND (d.ended_at IS NULL OR d.ended_at > %(since)s)
           ORDER BY d.id""",
        market_id=market_id,
        since=within.earliest,
        until=within.latest,
        types=_EVENT_TYPES,
    )
    return [_delivery(row) for row in rows]


async def offers(tx: Tx, market_id: str, within: Window) -> list[OfferRecord]:
    """With the answers that came soon after the range."""
    rows = await tx.all(
        """SELECT courier_id, delivery_ids, state, created_at, answered_at FROM offer
           WHERE market_id = %(market_id)s AND created_at >= %(since)s AND created_at < %(until)s
           ORDER BY created_at, id""",
        market_id=market_id,
        since=within.earliest,
        until=within.latest + timedelta(hours=4),
    )
    return [OfferRecord(**{**row, "delivery_ids": tuple(row["delivery_ids"])}) for row in rows]


async def traces(tx: Tx, market_id: str, within: Window) -> list[Trace]:
    """When couriers were heard of without a long gap."""
    rows = await tx.all(
        """WITH fix AS (
               SELECT p.courier_id, p.at,
                      p.at - lag(p.at) OVER (PARTITION BY p.courier_id ORDER BY p.at) > %(gap)s AS after_gap
               FROM courier_position p JOIN courier c ON c.id = p.courier_id
               WHERE c.market_id = %(market_id)s AND p.at >= %(since)s AND p.at < %(until)s),
           run AS (
               SELECT courier_id, at,
                      count(*) FILTER (WHERE after_gap) OVER (PARTITION BY courier_id ORDER BY at) AS number FROM fix)
           SELECT courier_id, min(at) AS since, max(at) AS until FROM run GROUP BY courier_id, number
           ORDER BY courier_id, since""",
        market_id=market_id,
        since=within.earliest,
        until=within.latest,
        gap=_LONG_GAP,
    )
    return [Trace(**row) for row in rows]


# ── quotes ──


async def tariffs(tx: Tx, market_id: str) -> dict[str, TariffRules]:
    rows = await tx.all("SELECT id, rules FROM tariff WHERE market_id = %(id)s", id=market_id)
    return {row["id"]: rules_from_json(row["rules"]) for row in rows}


async def count_quotes(tx: Tx, market_id: str, within: Window) -> Row:
    row = await tx.one(
        """SELECT count(*) FILTER (WHERE created_at >= %(since)s AND created_at < %(until)s) AS quotes,
                  min(created_at) AS first, max(created_at) AS last
           FROM quote WHERE market_id = %(market_id)s AND mode = 'live'""",
        market_id=market_id,
        since=within.earliest,
        until=within.latest,
    )
    assert row is not None
    return row


async def quotes(db: Database, market_id: str, within: Window) -> AsyncIterator[QuoteRecord]:
    """Of real money, in the order in which they were given, some at a time; zones are found later."""
    after: tuple[datetime, str] = (within.earliest, "")
    while True:
        async with db.operator() as tx:
            rows = await tx.all(
                """SELECT q.id, q.merchant_id, q.request -> 'parcel' AS parcel, q.basis, q.options, q.created_at,
                          d.id AS delivery_id, d.service_class, d.window_earliest, d.promised_by, d.total_minor
                   FROM quote q LEFT JOIN delivery d ON d.merchant_id = q.merchant_id AND d.id = q.delivery_id
                        AND d.quote_id = q.id  -- a delivery whose time was changed has more than one: the last counts
                   WHERE q.market_id = %(market_id)s AND q.mode = 'live' AND q.created_at < %(until)s
                     AND (q.created_at, q.id) > (%(at)s, %(id)s)
                   ORDER BY q.created_at, q.id LIMIT %(limit)s""",
                market_id=market_id,
                until=within.latest,
                at=after[0],
                id=after[1],
                limit=_QUOTES_AT_ONCE,
            )
        for row in rows:
            yield _quote(row)
        if len(rows) < _QUOTES_AT_ONCE:
            return
        after = rows[-1]["created_at"], rows[-1]["id"]


async def merchant_names(tx: Tx) -> dict[str, str]:
    return {row["id"]: row["name"] for row in await tx.all("SELECT id, name FROM merchant")}


# ── rows and values ──


def _delivery(row: Row) -> DeliveryRecord:
    parcel: Mapping[str, Any] = row.pop("parcel")
    return DeliveryRecord(
        **{
            **row,
            "pickup": LatLon(**row["pickup"]),
            "dropoff": LatLon(**row["dropoff"]),
            "events": tuple(_event(event) for event in row["events"]),
            "legs": tuple(_leg(leg) for leg in row["legs"]),
        },
        weight_g=parcel["weight_g"],
        volume_l=ParcelSize(parcel["size"]).litres,
        skills=tuple(sorted(parcel["needs"])),
    )


def _event(body: Mapping[str, Any]) -> EventRecord:
    return EventRecord(body["type"], _moment(body["at"]), body["actor"], body["reason"])


def _leg(body: Mapping[str, Any]) -> LegRecord:
    ended = body["ended_at"]
    return LegRecord(
        courier_id=body["courier_id"],
        pay_minor=body["pay_minor"],
        created_at=_moment(body["created_at"]),
        ended_at=_moment(ended) if ended else None,
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _quote(row: Row) -> QuoteRecord:
    options: Sequence[Any] = row["options"]
    dropoff = row["basis"]["dropoff"]
    booked = row["service_class"], row["window_earliest"], row["promised_by"]
    return QuoteRecord(
        id=row["id"],
        merchant_id=row["merchant_id"],
        zone="",
        door=LatLon(**dropoff["place"]),
        parcel=codec.parcel_from_json(row["parcel"]),
        basis=codec.basis_from_json(row["basis"]),
        options=tuple(codec.option_from_json(option) for option in options),
        delivery_id=row["delivery_id"],
        booked=booked if row["service_class"] is not None else None,
        total_minor=row["total_minor"] or 0,
    )
