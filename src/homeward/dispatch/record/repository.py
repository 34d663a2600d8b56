"""A courier's offers, and the metres of legs, in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from homeward.dispatch.model import OfferState, PayTerm
from homeward.dispatch.record.model import ShownOffer, Way
from homeward.infra.db import Tx
from homeward.kit.money import Money


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A leg that has ended and whose metres nobody has added up."""

    leg_id: str
    courier_id: str
    accepted_at: datetime
    left_store_at: datetime | None
    ended_at: datetime


async def offers_of_courier(
    tx: Tx, courier_id: str, since: datetime, until: datetime, taken: Sequence[str]
) -> list[ShownOffer]:
    """Offers shown in that time, and those of `taken` shown shortly before it; the newest first."""
    rows = await tx.all(
        """SELECT id, created_at, expires_at, state, answered_at, delivery_ids, pay_minor, currency, pay_terms,
                  distance_m, duration_s
           FROM offer WHERE courier_id = %(courier_id)s
             AND (created_at >= %(since)s AND created_at < %(until)s OR id = ANY(%(taken)s))
           ORDER BY created_at DESC, id DESC""",
        courier_id=courier_id,
        since=since,
        until=until,
        taken=list(taken),
    )
    return [
        ShownOffer(
            id=row["id"],
            shown_at=row["created_at"],
            expires_at=row["expires_at"],
            decision=OfferState(row["state"]),
            answered_at=row["answered_at"],
            delivery_ids=tuple(row["delivery_ids"]),
            pay=Money(row["pay_minor"], row["currency"]),
            pay_lines=tuple(PayTerm(**term) for term in row["pay_terms"]),
            distance_m=row["distance_m"],
            duration_s=row["duration_s"],
        )
        for row in rows
    ]


async def ways(tx: Tx, leg_ids: Sequence[str]) -> Mapping[str, Way]:
    rows = await tx.all(
        "SELECT leg_id, to_store_m, to_door_m FROM leg_way WHERE leg_id = ANY(%(ids)s)", ids=list(leg_ids)
    )
    return {row["leg_id"]: Way(row["to_store_m"], row["to_door_m"]) for row in rows}


async def unmeasured(tx: Tx, since: datetime, until: datetime, limit: int) -> list[Unmeasured]:
    """Of our own couriers, ended in that time, some at a time."""
    rows = await tx.all(
        """SELECT l.id AS leg_id, l.courier_id, l.created_at AS accepted_at, l.picked_up_at AS left_store_at, l.ended_at
           FROM leg l JOIN courier c ON c.id = l.courier_id
           WHERE l.ended_at >= %(since)s AND l.ended_at < %(until)s
             AND NOT EXISTS (SELECT FROM leg_way w WHERE w.leg_id = l.id)
           ORDER BY l.ended_at, l.id LIMIT %(limit)s""",
        since=since,
        until=until,
        limit=limit,
    )
    return [Unmeasured(**row) for row in rows]


async def keep_way(tx: Tx, leg_id: str, way: Way, at: datetime) -> None:
    await tx.run(
        """INSERT INTO leg_way (leg_id, to_store_m, to_door_m, measured_at)
           VALUES (%(leg_id)s, %(to_store_m)s, %(to_door_m)s, %(at)s) ON CONFLICT (leg_id) DO NOTHING""",
        leg_id=leg_id,
        to_store_m=way.to_store_m,
        to_door_m=way.to_door_m,
        at=at,
    )
