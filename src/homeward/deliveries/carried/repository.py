"""Legs of a courier with their events, pictures and tips, from the log. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeward.deliveries.carried.model import CarriedLeg, LegEvent, LegPhoto, TipLine
from homeward.deliveries.repository import LEG_COLUMNS, leg_from
from homeward.infra.db import Row, Tx
from homeward.kit.money import Money
from homeward.kit.places import LatLon


async def legs_of_courier(tx: Tx, courier_id: str, since: datetime, until: datetime) -> list[CarriedLeg]:
    """Live legs that began in that time, the newest first."""
    rows = await tx.all(
        f"""SELECT {LEG_COLUMNS}, s.name AS store_name, d.pickup -> 'place' AS pickup, d.dropoff -> 'place' AS dropoff,
                   d.ready_at, d.tip_minor, d.created_at AS booked_at,
                   (SELECT max(number) FROM leg o WHERE o.merchant_id = l.merchant_id
                      AND o.delivery_id = l.delivery_id AND o.kind = 'carry' AND o.picked_up_at IS NOT NULL) AS tipped
            FROM leg l
            JOIN delivery d ON d.merchant_id = l.merchant_id AND d.id = l.delivery_id
            JOIN store s ON s.merchant_id = d.merchant_id AND s.id = d.store_id
            WHERE l.courier_id = %(courier_id)s AND l.created_at >= %(since)s AND l.created_at < %(until)s
              AND d.mode = 'live'
            ORDER BY l.created_at DESC, l.id DESC""",
        courier_id=courier_id,
        since=since,
        until=until,
    )
    around = await _around(tx, [row["id"] for row in rows], [row["delivery_id"] for row in rows])
    return [_carried(row, around) for row in rows]


@dataclass(frozen=True, slots=True)
class _Around:
    events: Mapping[str, list[Row]]
    tips: Mapping[str, list[Row]]
    photos: Mapping[str, list[Row]]


async def _around(tx: Tx, leg_ids: Sequence[str], delivery_ids: Sequence[str]) -> _Around:
    events = await tx.all(
        """SELECT e.leg_id, e.delivery_id, e.type, e.at, e.actor, e.data -> 'added' AS added FROM delivery_event e
           JOIN delivery d ON d.merchant_id = e.merchant_id AND d.id = e.delivery_id
           WHERE d.id = ANY(%(deliveries)s) AND (e.leg_id = ANY(%(legs)s) OR e.type = 'delivery.tipped')
           ORDER BY e.delivery_id, e.seq""",
        deliveries=list(delivery_ids),
        legs=list(leg_ids),
    )
    photos = await tx.all(
        """SELECT p.leg_id, p.step, p.taken_at, p.lat, p.lon FROM proof p
           JOIN delivery d ON d.merchant_id = p.merchant_id AND d.id = p.delivery_id
           WHERE d.id = ANY(%(deliveries)s) AND p.leg_id = ANY(%(legs)s) AND p.kind = 'photo'
           ORDER BY p.recorded_at, p.id""",
        deliveries=list(delivery_ids),
        legs=list(leg_ids),
    )
    tips = [row for row in events if row["type"] == "delivery.tipped"]
    return _Around(_by(events, "leg_id"), _by(tips, "delivery_id"), _by(photos, "leg_id"))


def _by(rows: Sequence[Row], name: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


def _carried(row: Row, around: _Around) -> CarriedLeg:
    leg = leg_from(row)
    events = around.events.get(leg.id, ())
    return CarriedLeg(
        leg=leg,
        store_name=row["store_name"],
        pickup=LatLon(**row["pickup"]),
        dropoff=LatLon(**row["dropoff"]),
        ready_at=row["ready_at"],
        events=tuple(LegEvent(one["type"].partition(".")[2], one["at"], one["actor"]) for one in events),
        photos=tuple(
            LegPhoto(one["step"], one["taken_at"], LatLon(one["lat"], one["lon"]) if one["lat"] is not None else None)
            for one in around.photos.get(leg.id, ())
        ),
        # A tip is for whoever carried the parcel: the last who picked it up.
        tips=_tips(row, around.tips.get(leg.delivery_id, ())) if row["tipped"] == leg.number else (),
    )


def _tips(row: Row, raised: Sequence[Row]) -> tuple[TipLine, ...]:
    """What came with the booking, then what was added; together the tip as it stands."""
    lines = [TipLine(one["at"], _money(one["added"])) for one in raised]
    booked_minor = row["tip_minor"] - sum(line.amount.minor for line in lines)
    booked = [TipLine(row["booked_at"], Money(booked_minor, row["currency"]))] if booked_minor > 0 else []
    return (*booked, *lines)


def _money(said: Mapping[str, Any]) -> Money:
    return Money(said["minor"], said["currency"])
