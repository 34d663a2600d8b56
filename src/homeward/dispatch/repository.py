"""Dispatch in the database: the lease, offers, routes, decisions, supply. The operator's role only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from homeward.dispatch import packing
from homeward.dispatch.acceptance import FEATURES, Features
from homeward.dispatch.acceptance_fit import Answer
from homeward.dispatch.model import (
    Considered,
    Offer,
    OfferState,
    Round,
    RouteStop,
    Shift,
    StoredRoute,
    Supply,
    WaitAt,
)
from homeward.dispatch.offer_rows import moment_from, offer_from, ref_from
from homeward.infra.db import Row, Tx, json_param
from homeward.kit.ids import id_at
from homeward.kit.problems import jsonable

# ── the lease: database time, so that no machine's clock can prolong it ──


async def take_lease(tx: Tx, market_id: str, holder: str, length_s: float) -> int | None:
    """The token, or None while another planner holds the market. A new holder gets a higher token."""
    token: int | None = await tx.value(
        """INSERT INTO planner_lease (market_id, holder, token, expires_at)
           VALUES (%(market_id)s, %(holder)s, 1, clock_timestamp() + make_interval(secs => %(length_s)s))
           ON CONFLICT (market_id) DO UPDATE SET
               holder = excluded.holder, expires_at = excluded.expires_at,
               token = planner_lease.token + CASE
                   WHEN planner_lease.holder = excluded.holder AND planner_lease.expires_at > clock_timestamp() THEN 0
                   ELSE 1 END
           WHERE planner_lease.holder = excluded.holder OR planner_lease.expires_at <= clock_timestamp()
           RETURNING token""",
        market_id=market_id,
        holder=holder,
        length_s=length_s,
    )
    return token


async def hold_lease(tx: Tx, market_id: str, token: int, length_s: float) -> bool:
    """Prolongs our lease and keeps its row locked until this transaction ends; False if it is ours no more.

    Whoever takes over waits for that lock and then gets a new token, so a late planner writes nothing.
    """
    held = await tx.run(
        """UPDATE planner_lease SET expires_at = clock_timestamp() + make_interval(secs => %(length_s)s)
           WHERE market_id = %(market_id)s AND token = %(token)s AND expires_at > clock_timestamp()""",
        market_id=market_id,
        token=token,
        length_s=length_s,
    )
    return held == 1


async def release_lease(tx: Tx, market_id: str, token: int) -> None:
    await tx.run(
        "UPDATE planner_lease SET expires_at = clock_timestamp() WHERE market_id = %(market_id)s AND token = %(token)s",
        market_id=market_id,
        token=token,
    )


# ── who is held while they decide ──


async def hold_courier(tx: Tx, courier_id: str) -> bool:
    """Whether the courier is on duty; nobody takes them off duty until this transaction ends."""
    row = await tx.one("SELECT on_duty FROM courier WHERE id = %(id)s FOR NO KEY UPDATE", id=courier_id)
    return row is not None and row["on_duty"]


# ── offers ──


async def open_offers(tx: Tx, market_id: str) -> list[Offer]:
    rows = await tx.all(
        "SELECT * FROM offer WHERE market_id = %(market_id)s AND state = 'open' ORDER BY id", market_id=market_id
    )
    return [offer_from(row) for row in rows]


async def open_offer_of(tx: Tx, courier_id: str, now: datetime) -> Offer | None:
    row = await tx.one(
        "SELECT * FROM offer WHERE courier_id = %(courier_id)s AND state = 'open' AND expires_at > %(now)s",
        courier_id=courier_id,
        now=now,
    )
    return offer_from(row) if row else None


async def lock_offer(tx: Tx, offer_id: str, courier_id: str) -> Offer | None:
    """This courier's offer, locked; None if there is no such offer or it is somebody else's."""
    row = await tx.one(
        "SELECT * FROM offer WHERE id = %(id)s AND courier_id = %(courier_id)s FOR UPDATE",
        id=offer_id,
        courier_id=courier_id,
    )
    return offer_from(row) if row else None


async def close_offer(
    tx: Tx, offer_ids: Sequence[str], state: OfferState, at: datetime, reason: str | None = None
) -> int:
    """Only open ones change; returns how many did."""
    return await tx.run(
        """UPDATE offer SET state = %(state)s, answered_at = %(at)s, reason = %(reason)s
           WHERE id = ANY(%(ids)s) AND state = 'open'""",
        ids=list(offer_ids),
        state=state.value,
        at=at,
        reason=reason,
    )


async def lock_open_offers_for(tx: Tx, delivery_id: str) -> list[str]:
    """Ids of open offers with this delivery, locked in one order."""
    rows = await tx.all(
        """SELECT id FROM offer WHERE delivery_ids @> ARRAY[%(delivery_id)s]::text[] AND state = 'open'
           ORDER BY id FOR UPDATE""",
        delivery_id=delivery_id,
    )
    return [row["id"] for row in rows]


async def offered(tx: Tx, delivery_ids: Sequence[str]) -> frozenset[str]:
    sql = "SELECT unnest(delivery_ids) AS id FROM offer WHERE state = 'open' AND delivery_ids && %(i)s::text[]"
    return frozenset(row["id"] for row in await tx.all(sql, i=list(delivery_ids))) & set(delivery_ids)


async def offers_for(tx: Tx, delivery_id: str) -> list[Offer]:
    """All offers ever made for a delivery, oldest first."""
    rows = await tx.all(
        "SELECT * FROM offer WHERE delivery_ids @> ARRAY[%(delivery_id)s]::text[] ORDER BY created_at, id",
        delivery_id=delivery_id,
    )
    return [offer_from(row) for row in rows]


async def refusals(
    tx: Tx, delivery_ids: Sequence[str], *, declined_since: datetime, expired_since: datetime
) -> dict[str, set[str]]:
    """By searching delivery, the couriers who lately said no, let the offer expire, or had the delivery and lost it."""
    rows = await tx.all(
        """SELECT wanted.id AS delivery_id, o.courier_id FROM unnest(%(ids)s::text[]) AS wanted(id)
           JOIN offer o ON o.delivery_ids @> ARRAY[wanted.id]
           WHERE (o.state = 'declined' AND o.answered_at >= %(declined_since)s)
              OR (o.state = 'expired' AND o.answered_at >= %(expired_since)s)
              -- It is searching again although they took it: they gave it up, or it was taken from them.
              OR (o.state = 'accepted' AND o.answered_at >= %(declined_since)s)""",
        ids=list(delivery_ids),
        declined_since=declined_since,
        expired_since=expired_since,
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["delivery_id"], set()).add(row["courier_id"])
    return found


async def shifts(
    tx: Tx, market_id: str, duty_since: Mapping[str, datetime], *, noes_since: datetime, asked_since: datetime
) -> dict[str, Shift]:
    """By courier on duty since then: who said no, who was asked when, who earned what. Ids of offers tell when."""
    rows = await tx.all(
        """SELECT c.id, count(o.id) FILTER (WHERE o.state IN ('declined', 'expired')
                                              AND o.answered_at >= %(noes_since)s) AS noes,
                  max(o.created_at) FILTER (WHERE o.state <> 'withdrawn') AS asked_at,
                  coalesce(sum(o.pay_minor) FILTER (WHERE o.state = 'accepted' AND o.answered_at >= c.since), 0)::bigint
                      AS earned_minor,
                  coalesce(sum(cardinality(o.delivery_ids))
                           FILTER (WHERE o.state = 'accepted' AND o.answered_at >= c.since), 0)::bigint AS carried
           FROM unnest(%(ids)s::text[], %(since)s::timestamptz[]) AS c(id, since)
           LEFT JOIN offer o ON o.courier_id = c.id AND o.market_id = %(market_id)s AND o.id >= %(first)s
           GROUP BY c.id""",
        ids=list(duty_since),
        since=list(duty_since.values()),
        market_id=market_id,
        first=id_at("ofr", min([asked_since, *duty_since.values()])),
        noes_since=noes_since,
    )
    return {row.pop("id"): Shift(**row) for row in rows}


async def answers(tx: Tx, market_id: str, *, since: datetime, limit: int) -> list[Answer]:
    """What couriers said to offers made since then, the latest if there are more than `limit`."""
    rows = await tx.all(
        """SELECT courier_id, state = 'accepted' AS accepted, route -> 'features' AS features FROM offer
           WHERE market_id = %(market_id)s AND id >= %(first)s AND state IN ('accepted', 'declined', 'expired')
             AND route ? 'features'
           ORDER BY id DESC LIMIT %(limit)s""",
        market_id=market_id,
        first=id_at("ofr", since),
        limit=limit,
    )
    return [
        Answer(row["courier_id"], Features(**row["features"]), row["accepted"])
        for row in rows
        if set(row["features"]) == FEATURES
    ]


# ── routes ──


async def routes(tx: Tx, market_id: str) -> dict[str, StoredRoute]:
    rows = await tx.all(
        "SELECT courier_id, version, stops FROM courier_route WHERE market_id = %(market_id)s", market_id=market_id
    )
    return {row["courier_id"]: _route(row) for row in rows}


async def route(tx: Tx, courier_id: str, *, lock: bool = False) -> StoredRoute:
    """The stored route; an empty one of version 0 if there is none."""
    sql = "SELECT courier_id, version, stops FROM courier_route WHERE courier_id = %(id)s"
    row = await tx.one(sql + (" FOR UPDATE" if lock else ""), id=courier_id)
    return _route(row) if row else StoredRoute(courier_id, 0, ())


async def save_route(tx: Tx, market_id: str, route: StoredRoute, at: datetime) -> bool:
    """Writes the route as the version after `route.version`; False if somebody else did meanwhile."""
    written = await tx.run(
        """INSERT INTO courier_route (courier_id, market_id, version, stops, updated_at)
           VALUES (%(courier_id)s, %(market_id)s, %(version)s + 1, %(stops)s, %(at)s)
           ON CONFLICT (courier_id) DO UPDATE SET version = excluded.version, stops = excluded.stops,
               updated_at = excluded.updated_at
           WHERE courier_route.version = %(version)s""",
        courier_id=route.courier_id,
        market_id=market_id,
        version=route.version,
        stops=json_param(stops_json(route.stops)),
        at=at,
    )
    return written == 1


async def save_times(tx: Tx, routes: Iterable[StoredRoute]) -> None:
    """New times for the same stops: no new version, and nothing if the route changed meanwhile."""
    await tx.many(
        """UPDATE courier_route SET stops = %(stops)s
           WHERE courier_id = %(courier_id)s AND version = %(version)s""",
        [
            {"stops": json_param(stops_json(route.stops)), "courier_id": route.courier_id, "version": route.version}
            for route in routes
        ],
    )


# ── decisions ──

_NEW_DECISION: Final = """
    INSERT INTO dispatch_decision (id, market_id, token, made_at, seed, policy_version, inputs, outcome, took_ms)
    VALUES (%(id)s, %(market_id)s, %(token)s, %(made_at)s, %(seed)s, %(policy_version)s, %(inputs)s, %(outcome)s,
            %(took_ms)s)
"""


async def insert_decision(
    tx: Tx,
    *,
    decision_id: str,
    market_id: str,
    token: int,
    made_at: datetime,
    seed: int,
    policy_version: str,
    inputs: bytes,
    outcome: Mapping[str, Any],
    took_ms: int,
    considered: Sequence[Considered],
) -> None:
    await tx.run(
        _NEW_DECISION,
        id=decision_id,
        market_id=market_id,
        token=token,
        made_at=made_at,
        seed=seed,
        policy_version=policy_version,
        inputs=inputs,
        outcome=json_param(dict(outcome)),
        took_ms=took_ms,
    )
    await tx.many(
        """INSERT INTO dispatch_decision_delivery (delivery_id, decision_id, considered, outcome)
           VALUES (%(delivery_id)s, %(decision_id)s, %(considered)s, %(outcome)s)""",
        [
            {
                "delivery_id": one.delivery_id,
                "decision_id": decision_id,
                "considered": json_param(
                    {
                        "rule": one.rule,
                        "courier_id": one.courier_id,
                        "rulings": packing.rulings_json(one),
                        "timing": one.timing,
                        "numbers": dict(one.numbers),
                    }
                ),
                "outcome": one.outcome,
            }
            for one in considered
        ],
    )


async def decision(tx: Tx, decision_id: str) -> Row | None:
    return await tx.one("SELECT * FROM dispatch_decision WHERE id = %(id)s", id=decision_id)


async def forget_inputs(tx: Tx, before: datetime) -> int:
    """Of decisions made before then: the snapshots, with their places, go; outcomes and reasons stay."""
    return await tx.run(
        """UPDATE dispatch_decision SET inputs = ''
           WHERE id IN (SELECT id FROM dispatch_decision WHERE made_at < %(before)s AND inputs <> '' LIMIT 1000)""",
        before=before,
    )


async def wait_at(tx: Tx, market_id: str, courier_id: str, since: datetime) -> WaitAt | None:
    """What the market's last decision since then suggests to this courier."""
    body = await tx.value(
        """SELECT outcome -> 'wait_at' -> %(courier_id)s::text FROM dispatch_decision
           WHERE market_id = %(market_id)s AND made_at >= %(since)s ORDER BY made_at DESC, id DESC LIMIT 1""",
        market_id=market_id,
        courier_id=courier_id,
        since=since,
    )
    return packing.wait_at_from(body) if body else None


async def considered_in(tx: Tx, decision_id: str) -> list[Row]:
    return await tx.all(
        """SELECT delivery_id, outcome, considered FROM dispatch_decision_delivery
           WHERE decision_id = %(id)s ORDER BY delivery_id""",
        id=decision_id,
    )


async def rounds(tx: Tx, delivery_id: str) -> list[tuple[Round, str | None]]:
    """Decisions about a delivery, oldest first, with the courier each had in mind; sentences are added later."""
    rows = await tx.all(
        """SELECT d.id, d.made_at, dd.outcome, dd.considered FROM dispatch_decision_delivery dd
           JOIN dispatch_decision d ON d.id = dd.decision_id
           WHERE dd.delivery_id = %(delivery_id)s ORDER BY d.made_at, d.id""",
        delivery_id=delivery_id,
    )
    return [
        (
            Round(
                row["id"],
                row["made_at"],
                row["outcome"],
                row["considered"]["rule"],
                "",
                packing.rulings_from(row["considered"]["rulings"]),
                row["considered"].get("timing", ""),
                row["considered"].get("numbers", {}),
            ),
            row["considered"]["courier_id"],
        )
        for row in rows
    ]


# ── supply ──


async def save_supply(tx: Tx, market_id: str, supply: Supply, at: datetime) -> None:
    await tx.run(
        """INSERT INTO market_supply (market_id, observed_at, couriers_on_duty, couriers_free, open_deliveries,
                                      expected_wait_s)
           VALUES (%(market_id)s, %(at)s, %(on_duty)s, %(free)s, %(open)s, %(wait)s)
           ON CONFLICT (market_id) DO UPDATE SET observed_at = excluded.observed_at,
               couriers_on_duty = excluded.couriers_on_duty, couriers_free = excluded.couriers_free,
               open_deliveries = excluded.open_deliveries, expected_wait_s = excluded.expected_wait_s""",
        market_id=market_id,
        at=at,
        on_duty=supply.couriers_on_duty,
        free=supply.couriers_free,
        open=supply.open_deliveries,
        wait=supply.expected_wait_s,
    )


# ── rows and values ──


def stops_json(stops: Iterable[RouteStop]) -> list[dict[str, Any]]:
    return [
        {"delivery_id": stop.ref.delivery_id, "kind": stop.ref.kind.value, "eta": jsonable(stop.eta)} for stop in stops
    ]


def _route(row: Row) -> StoredRoute:
    stops = tuple(RouteStop(ref_from(stop), moment_from(stop["eta"])) for stop in row["stops"])
    return StoredRoute(row["courier_id"], row["version"], stops)
