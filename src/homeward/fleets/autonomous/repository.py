"""SQL of fleets, machines, their answers, legs and logs. Every function runs in the caller's operator transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from homeward.fleets.autonomous.model import (
    Asked,
    Ending,
    Fleet,
    FleetStatus,
    Logged,
    Machine,
    MachineLeg,
    Stage,
)
from homeward.fleets.contract.facts import FactSheet, Refusal, Vehicle
from homeward.fleets.contract.legs import Hold
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.words import LegState, VehicleState
from homeward.infra.db import Row, Tx, json_param
from homeward.kit.ids import new_id
from homeward.kit.money import Money

LEASE_S: Final = 60
_FLEET: Final = (
    """id, market_id, name, base_url, hint, status, trouble, facts, read_to, heard_at, revision, created_at"""
)
_LEG: Final = """id, account_id AS fleet_id, machine_id, delivery_id, market_id, decision_id, stage, ending,
    ref, leg_id, state, hold, compartment_id, locked, waits_until, price_minor, currency, basis, applied_to, tries,
    reason, cancelling, created_at, ended_at"""
_MACHINE: Final = """
    SELECT m.*, (SELECT count(*) FROM machine_leg l WHERE l.machine_id = m.id AND l.ended_at IS NULL) AS legs
    FROM machine m
"""
_REFUSALS: Final = TypeAdapter(tuple[Refusal, ...])

# ── fleets ──


async def fleets(tx: Tx, market_id: str | None = None) -> list[Fleet]:
    rows = await tx.all(
        f"""SELECT {_FLEET} FROM fleet_account WHERE %(market_id)s::text IS NULL OR market_id = %(market_id)s
            ORDER BY id""",
        market_id=market_id,
    )
    return [_fleet(row) for row in rows]


async def fleet(tx: Tx, fleet_id: str) -> Fleet | None:
    row = await tx.one(f"SELECT {_FLEET} FROM fleet_account WHERE id = %(id)s", id=fleet_id)
    return _fleet(row) if row else None


async def access(tx: Tx, fleet_id: str) -> tuple[str, str, int] | None:
    """Its address, the token, and the revision that they belong to."""
    row = await tx.one("SELECT base_url, token, revision FROM fleet_account WHERE id = %(id)s", id=fleet_id)
    return (row["base_url"], row["token"], row["revision"]) if row else None


async def insert_fleet(tx: Tx, one: Fleet, token: str) -> None:
    await tx.run(
        """INSERT INTO fleet_account (id, market_id, name, base_url, token, hint, status, facts, read_to, created_at)
           VALUES (%(id)s, %(market_id)s, %(name)s, %(base_url)s, %(token)s, %(hint)s, %(status)s, %(facts)s,
                   %(read_to)s, %(created_at)s)""",
        id=one.id,
        market_id=one.market_id,
        name=one.name,
        base_url=one.base_url,
        token=token,
        hint=one.hint,
        status=str(one.status),
        facts=json_param(one.facts.model_dump(mode="json")),
        read_to=one.read_to,
        created_at=one.created_at,
    )


async def change_fleet(tx: Tx, fleet_id: str, **changes: Any) -> None:
    """By column. What processes remember of a connection is forgotten with it."""
    set_to = ", ".join([*(f"{name} = %({name})s" for name in changes), "revision = revision + 1"])
    values = {name: json_param(value) if isinstance(value, dict) else value for name, value in changes.items()}
    await tx.run(f"UPDATE fleet_account SET {set_to} WHERE id = %(fleet)s", fleet=fleet_id, **values)


async def lease_to_read(tx: Tx, limit: int) -> list[Fleet]:
    """Fleets whose logs are due to be read, each for this worker alone."""
    rows = await tx.all(
        f"""UPDATE fleet_account SET leased_until = now() + make_interval(secs => %(lease)s)
            WHERE id IN (SELECT id FROM fleet_account
                         WHERE status <> 'login_invalid' AND due_at <= now() AND leased_until < now()
                         ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
            RETURNING {_FLEET}""",
        lease=LEASE_S,
        limit=limit,
    )
    return [_fleet(row) for row in rows]


async def read_again(tx: Tx, fleet_id: str, in_s: float, *, heard_at: datetime | None, trouble: str | None) -> None:
    await tx.run(
        """UPDATE fleet_account SET due_at = now() + make_interval(secs => %(in_s)s), leased_until = '-infinity',
                  heard_at = coalesce(%(heard_at)s, heard_at), trouble = %(trouble)s WHERE id = %(id)s""",
        id=fleet_id,
        in_s=in_s,
        heard_at=heard_at,
        trouble=trouble,
    )


# ── machines ──


async def machines(tx: Tx, *, market_id: str | None = None, fleet_id: str | None = None) -> list[Machine]:
    rows = await tx.all(
        f"""{_MACHINE} WHERE m.gone_at IS NULL AND (%(market_id)s::text IS NULL OR m.market_id = %(market_id)s)
              AND (%(fleet_id)s::text IS NULL OR m.account_id = %(fleet_id)s) ORDER BY m.account_id, m.vehicle_id""",
        market_id=market_id,
        fleet_id=fleet_id,
    )
    return [_machine(row) for row in rows]


async def machine(tx: Tx, machine_id: str) -> Machine | None:
    row = await tx.one(f"{_MACHINE} WHERE m.id = %(id)s", id=machine_id)
    return _machine(row) if row else None


async def machine_named(tx: Tx, fleet_id: str, vehicle_id: str) -> Machine | None:
    row = await tx.one(
        f"{_MACHINE} WHERE m.account_id = %(fleet)s AND m.vehicle_id = %(vehicle)s", fleet=fleet_id, vehicle=vehicle_id
    )
    return _machine(row) if row else None


async def keep_vehicles(tx: Tx, one: Fleet, vehicles: Sequence[Vehicle], now: datetime) -> None:
    """What the fleet lists is kept; what it does not list any more is gone, until it lists it again."""
    await tx.many(
        """INSERT INTO machine (id, account_id, market_id, vehicle_id, now, seen_at)
           VALUES (%(id)s, %(fleet)s, %(market)s, %(vehicle)s, %(body)s, %(seen_at)s)
           ON CONFLICT (account_id, vehicle_id)
           DO UPDATE SET now = excluded.now, seen_at = excluded.seen_at, gone_at = NULL""",
        [
            {
                "id": new_id("mac", now),
                "fleet": one.id,
                "market": one.market_id,
                "vehicle": vehicle.id,
                "body": json_param(vehicle.model_dump(mode="json")),
                "seen_at": vehicle.seen_at,
            }
            for vehicle in vehicles
        ],
    )
    await tx.run(
        """UPDATE machine SET gone_at = %(now)s
           WHERE account_id = %(fleet)s AND gone_at IS NULL AND vehicle_id <> ALL(%(listed)s)""",
        fleet=one.id,
        now=now,
        listed=[vehicle.id for vehicle in vehicles],
    )


# ── answers ──


async def answers(tx: Tx, delivery_ids: Sequence[str]) -> list[Asked]:
    rows = await tx.all(
        "SELECT * FROM machine_answer WHERE delivery_id = ANY(%(ids)s) ORDER BY delivery_id, account_id",
        ids=list(delivery_ids),
    )
    return [_asked(row) for row in rows]


async def keep_answer(tx: Tx, asked: Asked) -> None:
    await tx.run(
        """INSERT INTO machine_answer (delivery_id, account_id, basis, limits, price_minor, currency, pickup_eta,
                                       dropoff_eta, asked_at, again_at)
           VALUES (%(delivery_id)s, %(fleet_id)s, %(basis)s, %(limits)s, %(price_minor)s, %(currency)s, %(pickup_eta)s,
                   %(dropoff_eta)s, %(asked_at)s, %(again_at)s)
           ON CONFLICT (delivery_id, account_id) DO UPDATE SET basis = excluded.basis, limits = excluded.limits,
               price_minor = excluded.price_minor, currency = excluded.currency, pickup_eta = excluded.pickup_eta,
               dropoff_eta = excluded.dropoff_eta, asked_at = excluded.asked_at, again_at = excluded.again_at""",
        delivery_id=asked.delivery_id,
        fleet_id=asked.fleet_id,
        basis=asked.basis,
        limits=json_param(_REFUSALS.dump_python(asked.limits, mode="json")),
        price_minor=asked.price.minor if asked.price else None,
        currency=asked.price.currency if asked.price else None,
        pickup_eta=asked.pickup_eta,
        dropoff_eta=asked.dropoff_eta,
        asked_at=asked.asked_at,
        again_at=asked.again_at,
    )


async def forget_answers(tx: Tx) -> int:
    """Of deliveries that have ended: decisions keep what they rested on."""
    return await tx.run(
        """DELETE FROM machine_answer a USING delivery d WHERE d.id = a.delivery_id AND d.ended_at IS NOT NULL
             AND d.ended_at < now() - interval '1 day'"""
    )


# ── legs ──


async def insert_leg(tx: Tx, leg: MachineLeg) -> bool:
    """False if a machine has the delivery, or is being asked for it, already."""
    inserted = await tx.run(
        """INSERT INTO machine_leg (id, account_id, machine_id, delivery_id, market_id, decision_id, stage, price_minor,
                                    currency, basis, due_at, created_at)
           VALUES (%(id)s, %(fleet_id)s, %(machine_id)s, %(delivery_id)s, %(market_id)s, %(decision_id)s, 'asking',
                   %(price_minor)s, %(currency)s, %(basis)s, %(created_at)s, %(created_at)s)
           ON CONFLICT (delivery_id) WHERE ended_at IS NULL DO NOTHING""",
        id=leg.id,
        fleet_id=leg.fleet_id,
        machine_id=leg.machine_id,
        delivery_id=leg.delivery_id,
        market_id=leg.market_id,
        decision_id=leg.decision_id,
        price_minor=leg.price.minor,
        currency=leg.price.currency,
        basis=leg.basis,
        created_at=leg.created_at,
    )
    return inserted == 1


async def lease_due(tx: Tx, now: datetime, limit: int) -> list[MachineLeg]:
    rows = await tx.all(
        f"""UPDATE machine_leg SET leased_until = now() + make_interval(secs => %(lease)s)
            WHERE id IN (SELECT id FROM machine_leg
                         WHERE ended_at IS NULL AND due_at <= %(now)s AND leased_until < now()
                         ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
            RETURNING {_LEG}""",
        now=now,
        limit=limit,
        lease=LEASE_S,
    )
    return [_leg(row) for row in rows]


async def put_back(tx: Tx, leg_id: str, due_at: datetime) -> None:
    await tx.run(
        "UPDATE machine_leg SET due_at = %(due)s, leased_until = '-infinity' WHERE id = %(id)s AND ended_at IS NULL",
        id=leg_id,
        due=due_at,
    )


async def change_leg(tx: Tx, machine_leg_id: str, **changes: Any) -> bool:
    """Of one that has not ended; False if it has."""
    set_to = ", ".join(f"{name} = %({name})s" for name in changes)
    values = {name: json_param(value) if isinstance(value, dict) else value for name, value in changes.items()}
    changed = await tx.run(
        f"UPDATE machine_leg SET {set_to} WHERE id = %(machine_leg)s AND ended_at IS NULL",
        machine_leg=machine_leg_id,
        **values,
    )
    return changed == 1


async def end_leg(tx: Tx, leg_id: str, ending: Ending, at: datetime, reason: str | None = None) -> bool:
    """False if it had ended before: the first ending stands."""
    ended = await tx.run(
        """UPDATE machine_leg SET stage = 'ended', ending = %(ending)s, ended_at = %(at)s, hold = NULL,
                  reason = coalesce(%(reason)s, reason), leased_until = '-infinity'
           WHERE id = %(id)s AND ended_at IS NULL""",
        id=leg_id,
        ending=str(ending),
        at=at,
        reason=reason,
    )
    return ended == 1


async def leg(tx: Tx, machine_leg_id: str) -> MachineLeg | None:
    row = await tx.one(f"SELECT {_LEG} FROM machine_leg WHERE id = %(id)s", id=machine_leg_id)
    return _leg(row) if row else None


async def active_leg(tx: Tx, delivery_id: str) -> MachineLeg | None:
    row = await tx.one(
        f"SELECT {_LEG} FROM machine_leg WHERE delivery_id = %(id)s AND ended_at IS NULL", id=delivery_id
    )
    return _leg(row) if row else None


async def active_legs(tx: Tx, *, market_id: str | None = None, fleet_id: str | None = None) -> list[MachineLeg]:
    rows = await tx.all(
        f"""SELECT {_LEG} FROM machine_leg WHERE ended_at IS NULL
              AND (%(market_id)s::text IS NULL OR market_id = %(market_id)s)
              AND (%(fleet_id)s::text IS NULL OR account_id = %(fleet_id)s) ORDER BY id""",
        market_id=market_id,
        fleet_id=fleet_id,
    )
    return [_leg(row) for row in rows]


async def legs_of(tx: Tx, delivery_id: str) -> list[MachineLeg]:
    rows = await tx.all(f"SELECT {_LEG} FROM machine_leg WHERE delivery_id = %(id)s ORDER BY id", id=delivery_id)
    return [_leg(row) for row in rows]


# ── logs ──


async def keep_events(tx: Tx, fleet_id: str, events: Iterable[Event], now: datetime) -> int:
    """How many were new. A number that was told before keeps what it was first told with."""
    kept = 0
    for event in events:
        kept += await tx.run(
            """INSERT INTO fleet_event (account_id, number, kind, at, recorded_at, received_at, vehicle_id, reference,
                                        body)
               VALUES (%(fleet)s, %(number)s, %(kind)s, %(at)s, %(recorded_at)s, %(now)s, %(vehicle)s, %(reference)s,
                       %(body)s)
               ON CONFLICT (account_id, number) DO NOTHING""",
            fleet=fleet_id,
            number=event.number,
            kind=str(event.kind),
            at=event.at,
            recorded_at=event.recorded_at,
            now=now,
            vehicle=event.vehicle_id,
            reference=event.reference,
            body=json_param(event.model_dump(mode="json", exclude_none=True)),
        )
    return kept


async def read_to(tx: Tx, fleet_id: str, number: int) -> None:
    await tx.run(
        "UPDATE fleet_account SET read_to = greatest(read_to, %(number)s) WHERE id = %(id)s", id=fleet_id, number=number
    )


async def events_of(tx: Tx, reference: str, after: int = 0) -> list[Event]:
    """A leg's events in the order of their numbers."""
    rows = await tx.all(
        "SELECT body FROM fleet_event WHERE reference = %(reference)s AND number > %(after)s ORDER BY number",
        reference=reference,
        after=after,
    )
    return [Event.model_validate(row["body"]) for row in rows]


async def events_since(
    tx: Tx, *, fleet_id: str | None = None, since: datetime, until: datetime, kinds: Sequence[str] = (), limit: int
) -> list[tuple[str, Event]]:
    """Of one fleet or all, with the fleet's id; the newest first."""
    rows = await tx.all(
        """SELECT account_id, body FROM fleet_event
           WHERE (%(fleet)s::text IS NULL OR account_id = %(fleet)s) AND at >= %(since)s AND at < %(until)s
             AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
           ORDER BY at DESC, number DESC LIMIT %(limit)s""",
        fleet=fleet_id,
        since=since,
        until=until,
        kinds=list(kinds) or None,
        limit=limit,
    )
    return [(row["account_id"], Event.model_validate(row["body"])) for row in rows]


async def history(tx: Tx, market_id: str, since: datetime, until: datetime) -> list[Logged]:
    """What happened to each machine of a market, in the order in which it happened."""
    rows = await tx.all(
        """SELECT m.id AS machine_id, e.account_id, e.received_at, e.body
           FROM fleet_event e
           LEFT JOIN machine_leg l ON l.id = e.reference
           JOIN machine m ON m.account_id = e.account_id
                         AND (m.vehicle_id = e.vehicle_id OR (e.vehicle_id IS NULL AND m.id = l.machine_id))
           WHERE m.market_id = %(market_id)s AND e.at >= %(since)s AND e.at < %(until)s
           ORDER BY m.id, e.at, e.number""",
        market_id=market_id,
        since=since,
        until=until,
    )
    return [
        Logged(row["machine_id"], row["account_id"], row["received_at"], Event.model_validate(row["body"]))
        for row in rows
    ]


async def states_before(tx: Tx, market_id: str, moment: datetime) -> dict[str, VehicleState]:
    """What each machine of a market had last said of itself before a moment."""
    rows = await tx.all(
        """SELECT m.id, said.state FROM machine m CROSS JOIN LATERAL (
               SELECT e.body ->> 'vehicle_state' AS state FROM fleet_event e
               WHERE e.account_id = m.account_id AND e.vehicle_id = m.vehicle_id AND e.kind = 'vehicle.changed'
                 AND e.at < %(moment)s ORDER BY e.at DESC, e.number DESC LIMIT 1) said
           WHERE m.market_id = %(market_id)s""",
        market_id=market_id,
        moment=moment,
    )
    return {row["id"]: VehicleState(row["state"]) for row in rows}


async def machines_since(tx: Tx, market_id: str, gone_after: datetime) -> list[Machine]:
    """With those that their fleet stopped listing after a moment."""
    rows = await tx.all(
        f"""{_MACHINE} WHERE m.market_id = %(market_id)s AND (m.gone_at IS NULL OR m.gone_at > %(gone_after)s)
            ORDER BY m.id""",
        market_id=market_id,
        gone_after=gone_after,
    )
    return [_machine(row) for row in rows]


async def carried_by(tx: Tx, references: Sequence[str]) -> dict[str, str]:
    """The deliveries of machine legs, by the legs' ids."""
    rows = await tx.all("SELECT id, delivery_id FROM machine_leg WHERE id = ANY(%(ids)s)", ids=list(references))
    return {row["id"]: row["delivery_id"] for row in rows}


async def insert_act(tx: Tx, at: datetime, machine_leg_id: str, *, action: str, by: str, **more: Any) -> None:
    await tx.run(
        """INSERT INTO fleet_act (id, machine_leg_id, action, by, reason, outcome, refusal, at)
           VALUES (%(id)s, %(leg)s, %(action)s, %(by)s, %(reason)s, %(outcome)s, %(refusal)s, %(at)s)""",
        id=new_id("fac", at),
        leg=machine_leg_id,
        action=action,
        by=by,
        reason=more.get("reason", ""),
        outcome=more["outcome"],
        refusal=json_param(more["refusal"]) if more.get("refusal") else None,
        at=at,
    )


async def acts_of(tx: Tx, machine_leg_id: str) -> list[Row]:
    return await tx.all("SELECT * FROM fleet_act WHERE machine_leg_id = %(id)s ORDER BY at, id", id=machine_leg_id)


# ── rows ──


def _fleet(row: Mapping[str, Any]) -> Fleet:
    facts = FactSheet.model_validate(row["facts"])
    return Fleet(**{**row, "facts": facts, "status": FleetStatus(row["status"])})


def _machine(row: Mapping[str, Any]) -> Machine:
    return Machine(
        id=row["id"],
        fleet_id=row["account_id"],
        market_id=row["market_id"],
        now=Vehicle.model_validate(row["now"]),
        seen_at=row["seen_at"],
        gone_at=row["gone_at"],
        legs=row["legs"],
    )


def _asked(row: Mapping[str, Any]) -> Asked:
    price = Money(row["price_minor"], row["currency"]) if row["price_minor"] is not None else None
    return Asked(
        delivery_id=row["delivery_id"],
        fleet_id=row["account_id"],
        basis=row["basis"],
        asked_at=row["asked_at"],
        again_at=row["again_at"],
        limits=_REFUSALS.validate_python(row["limits"]),
        price=price,
        pickup_eta=row["pickup_eta"],
        dropoff_eta=row["dropoff_eta"],
    )


def _leg(row: Mapping[str, Any]) -> MachineLeg:
    body = dict(row)
    price = Money(body.pop("price_minor"), body.pop("currency"))
    return MachineLeg(
        **{
            **body,
            "stage": Stage(body["stage"]),
            "ending": Ending(body["ending"]) if body["ending"] else None,
            "state": LegState(body["state"]) if body["state"] else None,
            "hold": Hold.model_validate(body["hold"]) if body["hold"] else None,
        },
        price=price,
    )
