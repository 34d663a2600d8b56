"""What pages, the API and the planner read: deliveries with the names around them. Reads only."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from homeward.coverage.model import ParcelSize, ServiceClass
from homeward.deliveries import rescue_policy
from homeward.deliveries.contents import Goods
from homeward.deliveries.documents import batch_from
from homeward.deliveries.finding import WORDS, asked, condition
from homeward.deliveries.model import (
    BatchMember,
    BookedAt,
    DeliveryFilter,
    DeliveryView,
    DispatchDelivery,
    LegKind,
    Machines,
    State,
)
from homeward.deliveries.repository import DELIVERY_COLUMNS, LEG_COLUMNS, delivery_from, leg_from
from homeward.deliveries.rescue import rescue_from
from homeward.deliveries.states import OPEN
from homeward.infra.db import Row, Tx
from homeward.kit.ids import id_at
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.windows import Window

_LEG_NAMES: Final = [column.strip().removeprefix("l.") for column in LEG_COLUMNS.split(",")]

# The last leg: the active one, or the one that brought the end.
_VIEW: Final = f"""
    SELECT {DELIVERY_COLUMNS}, s.name AS store_name, m.name AS merchant_name, m.tracking_domain,
           {", ".join(f"l.{name} AS leg_{name}" for name in _LEG_NAMES)}
    FROM delivery d
    JOIN store s ON s.merchant_id = d.merchant_id AND s.id = d.store_id
    JOIN merchant m ON m.id = d.merchant_id
    LEFT JOIN LATERAL (
        SELECT * FROM leg WHERE leg.merchant_id = d.merchant_id AND leg.delivery_id = d.id
        ORDER BY (ended_at IS NULL) DESC, number DESC LIMIT 1
    ) l ON true
"""

# Each line counts only where its parameter is given.
_FILTERS: Final = {
    "states": "d.state = ANY(%(states)s)",
    "store_id": "d.store_id = %(store_id)s",
    "merchant_id": "d.merchant_id = %(merchant_id)s",
    "market_id": "d.market_id = %(market_id)s",
    "courier_id": "d.courier_id = %(courier_id)s",
    "external_id": "d.external_id = %(external_id)s",
    "created_from": "d.created_at >= %(created_from)s",
    "created_to": "d.created_at < %(created_to)s",
    "attention": "(d.attention IS NOT NULL) = %(attention)s",
    "mode": "d.mode = %(mode)s",
    "door": "d.door = %(door)s",
    "batch_id": "d.batch ->> 'id' = %(batch_id)s AND d.batch IS NOT NULL",
    "rescue": "(d.rescue IS NOT NULL) = %(rescue)s",
    "before": "d.id < %(before)s",
}

_FOR_DISPATCH: Final = """
    SELECT d.id, d.merchant_id, d.mode, d.store_id, d.state, d.attention, d.seq, d.service_class, d.pickup, d.dropoff,
           d.parcel, d.ready_at, d.search_from, d.window_earliest, d.promised_by, d.eta, d.pickup_eta, d.total_minor,
           d.currency, d.courier_id, d.created_at, d.batch,
           d.requirements ->> 'machines' AS machines, d.rescue, l.state AS leg_state,
           (SELECT s.courier_id FROM leg s WHERE s.id = d.rescue ->> 'leg_id') AS stranded_id,
           l.id AS leg_id, l.kind AS leg_kind, l.picked_up_at,
           CASE WHEN d.state = 'at_pickup' THEN
               (SELECT max(e.at) FROM delivery_event e WHERE e.merchant_id = d.merchant_id AND e.delivery_id = d.id
                   AND e.type = 'delivery.at_pickup' AND e.leg_id = l.id) END AS at_store_since,
           coalesce((SELECT array_agg(DISTINCT past.courier_id) FROM leg past
                     WHERE past.merchant_id = d.merchant_id AND past.delivery_id = d.id AND past.kind = 'carry'
                       AND (past.ended_at IS NOT NULL OR past.id = d.rescue ->> 'leg_id')), '{}') AS past_couriers
    FROM delivery d
    -- Not the stranded one's: what it cannot bring any further is to be fetched from it.
    LEFT JOIN leg l ON l.merchant_id = d.merchant_id AND l.delivery_id = d.id AND l.ended_at IS NULL
        AND l.id IS DISTINCT FROM d.rescue ->> 'leg_id'
    WHERE d.market_id = %(market_id)s AND d.ended_at IS NULL AND d.mode = 'live' AND d.state = ANY(%(states)s)
      AND NOT (d.state = 'searching' AND d.attention IS NOT NULL AND d.attention = ANY(%(blocking)s))
      -- Another company has it or is being asked: no courier of ours is.
      AND NOT EXISTS (SELECT FROM carrier_job j WHERE j.delivery_id = d.id AND j.ended_at IS NULL)
      -- A machine has it or is being asked; what a machine cannot bring any further is everybody's again.
      AND NOT EXISTS (SELECT FROM machine_leg m WHERE m.delivery_id = d.id AND m.ended_at IS NULL
                      AND (d.state = 'searching' OR d.courier_id = m.machine_id))
"""


async def view(tx: Tx, delivery_id: str, *, mode: str | None = None) -> DeliveryView | None:
    row = await tx.one(
        f"{_VIEW} WHERE d.id = %(id)s AND (%(mode)s::text IS NULL OR d.mode = %(mode)s)", id=delivery_id, mode=mode
    )
    return _view_from(row) if row else None


async def view_by_token(tx: Tx, token: str) -> DeliveryView | None:
    row = await tx.one(f"{_VIEW} WHERE d.tracking_token = %(token)s", token=token)
    return _view_from(row) if row else None


async def view_by_shared_token(tx: Tx, token: str) -> DeliveryView | None:
    row = await tx.one(
        f"""{_VIEW} WHERE (d.merchant_id, d.id) = (
                SELECT s.merchant_id, s.delivery_id FROM shared_link s WHERE s.token = %(token)s)""",
        token=token,
    )
    return _view_from(row) if row else None


async def view_by_relay_code(tx: Tx, code: str) -> DeliveryView | None:
    """By the leg that has this code or, if none is under way, the one that had it last."""
    row = await tx.one(
        f"""{_VIEW} WHERE (d.merchant_id, d.id) = (
                SELECT c.merchant_id, c.delivery_id FROM leg c WHERE c.relay_code = %(code)s
                ORDER BY c.ended_at DESC NULLS FIRST, c.number DESC LIMIT 1)
            AND l.relay_code = %(code)s""",
        code=code,
    )
    return _view_from(row) if row else None


async def page(
    tx: Tx, wanted: DeliveryFilter, *, mode: str | None, before: str | None, limit: int
) -> list[DeliveryView]:
    """Up to `limit` views, the newest first, of those older than the id `before`."""
    params = _params(wanted, mode, before)
    conditions = " AND ".join(_FILTERS[name] for name in params if name in _FILTERS) or "true"
    if wanted.text:
        found, words = condition(WORDS, asked(wanted.text))
        conditions, params = f"{conditions} AND {found}", params | words
    rows = await tx.all(f"{_VIEW} WHERE {conditions} ORDER BY d.id DESC LIMIT %(limit)s", **params, limit=limit)
    return [_view_from(row) for row in rows]


async def troubled(tx: Tx, at: datetime, limit: int) -> list[tuple[DeliveryView, datetime | None]]:
    """Live ones that need a person, or miss their promise; the earliest promise first, with when it was flagged."""
    rows = await tx.all(
        f"""SELECT v.*, (SELECT max(e.at) FROM delivery_event e
                         WHERE e.merchant_id = v.merchant_id AND e.delivery_id = v.id
                           AND e.type = 'delivery.attention_needed') AS flagged_at
            FROM ({_VIEW}
                  WHERE d.ended_at IS NULL AND d.mode = 'live'
                    AND (d.attention IS NOT NULL OR d.rescue IS NOT NULL
                         OR (d.state NOT IN ('returning', 'at_return')
                             AND (d.promised_by < %(at)s OR (d.state <> 'scheduled' AND d.eta > d.promised_by))))
                  ORDER BY d.promised_by, d.id LIMIT %(limit)s) v
            ORDER BY v.promised_by, v.id""",
        at=at,
        limit=limit,
    )
    return [(_view_from(row), row["flagged_at"]) for row in rows]


def _params(wanted: DeliveryFilter, mode: str | None, before: str | None) -> dict[str, Any]:
    given: dict[str, Any] = {name: getattr(wanted, name) for name in DeliveryFilter.__dataclass_fields__}
    given |= {"mode": mode, "before": before, "states": [str(state) for state in wanted.states] or None}
    return {name: value for name, value in given.items() if value is not None}


async def open_for_dispatch(
    tx: Tx, market_id: str, blocking: Iterable[str], *, courier_id: str | None = None
) -> list[DispatchDelivery]:
    """Of a whole market, or those that one courier has: every phone asks for its own, again and again."""
    states = [str(state) for state in OPEN - {State.SCHEDULED}]
    of_courier = "AND d.courier_id = %(courier_id)s" if courier_id else ""
    rows = await tx.all(
        f"{_FOR_DISPATCH} {of_courier} ORDER BY d.id",
        market_id=market_id,
        states=states,
        blocking=list(blocking),
        courier_id=courier_id,
    )
    return [_for_dispatch(row) for row in rows]


async def ended_in_batches(tx: Tx, batch_ids: Collection[str]) -> dict[str, list[BatchMember]]:
    """Whatever left a batch before its end names no batch any more, so these were carried in it."""
    rows = await tx.all(
        """SELECT d.id, d.merchant_id, d.batch FROM delivery d
           WHERE d.batch ->> 'id' = ANY(%(ids)s) AND d.batch IS NOT NULL AND d.ended_at IS NOT NULL ORDER BY d.id""",
        ids=list(batch_ids),
    )
    found: dict[str, list[BatchMember]] = {}
    for row in rows:
        member = BatchMember(row["id"], row["merchant_id"], batch_from(row["batch"]))
        found.setdefault(row["batch"]["id"], []).append(member)
    return found


async def booked_at_stores(tx: Tx, market_id: str, windows: Sequence[Window]) -> list[list[BookedAt]]:
    """For each window, the stores that live deliveries were booked at in it. Ids tell when: they order by it."""
    rows = await tx.all(
        """SELECT w.number, d.store_id, d.pickup -> 'place' AS place, count(*) AS booked, min(s.name) AS name,
                  greatest(0, avg(extract(epoch FROM d.ready_at - d.created_at)))::integer AS notice_s
           FROM unnest(%(since)s::text[], %(until)s::text[]) WITH ORDINALITY AS w(since, until, number)
           JOIN delivery d ON d.id >= w.since AND d.id < w.until
           JOIN store s ON s.merchant_id = d.merchant_id AND s.id = d.store_id
           WHERE d.market_id = %(market_id)s AND d.mode = 'live'
           GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
        market_id=market_id,
        since=[id_at("dlv", window.earliest) for window in windows],
        until=[id_at("dlv", window.latest) for window in windows],
    )
    found: list[list[BookedAt]] = [[] for _ in windows]
    for row in rows:
        found[row["number"] - 1].append(
            BookedAt(row["store_id"], LatLon(**row["place"]), row["booked"], row["name"], row["notice_s"])
        )
    return found


def _for_dispatch(row: Row) -> DispatchDelivery:
    plain = _plain_for_dispatch(row)
    leg_state = row["leg_state"]
    return rescue_policy.to_be_fetched(plain, leg_state) if plain.rescue else plain


def _plain_for_dispatch(row: Row) -> DispatchDelivery:
    row = {name: value for name, value in row.items() if name != "leg_state"}
    pickup, dropoff, parcel = row.pop("pickup"), row.pop("dropoff"), row.pop("parcel")
    total = Money(row.pop("total_minor"), row.pop("currency"))
    leg_kind, batch = row.pop("leg_kind"), batch_from(row.pop("batch"))
    return DispatchDelivery(
        **{
            **row,
            "state": State(row["state"]),
            "service_class": ServiceClass(row["service_class"]),
            "machines": Machines(row["machines"] or Machines.ASK),
            "rescue": rescue_from(row["rescue"]),
            "past_couriers": tuple(row["past_couriers"]),
        },
        pickup=LatLon(**pickup["place"]),
        pickup_address=pickup["address"],
        dropoff=LatLon(**dropoff["place"]),
        dropoff_address=dropoff["address"],
        weight_g=parcel["weight_g"],
        volume_l=ParcelSize(parcel["size"]).litres,
        skills=tuple(parcel["needs"]),
        goods=tuple(Goods(each) for each in parcel["contents"].get("goods", ())),
        total=total,
        leg_kind=LegKind(leg_kind) if leg_kind else None,
        batch=batch,
    )


def _view_from(row: Row) -> DeliveryView:
    leg = leg_from({name: row[f"leg_{name}"] for name in _LEG_NAMES}) if row["leg_id"] else None
    return DeliveryView(delivery_from(row), leg, row["store_name"], row["merchant_name"], row["tracking_domain"])
