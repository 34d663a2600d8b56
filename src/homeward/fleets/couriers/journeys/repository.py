"""Journeys in the database, and the one that a courier is on in the courier's own row."""

from datetime import datetime

from homeward.fleets.couriers.journeys.documents import journey_json
from homeward.fleets.couriers.journeys.model import Announced, Journey
from homeward.infra.db import Row, Tx, json_param
from homeward.kit.places import LatLon

_COLUMNS = """id, courier_id, start_lat, start_lon, start_name, to_lat, to_lon, to_name, leaves_at, arrives_by,
    drive_s, distance_m, begun_at, cancelled_at"""


async def insert(tx: Tx, one: Announced, at: datetime) -> None:
    journey = one.journey
    await tx.run(
        """INSERT INTO journey (id, courier_id, start_lat, start_lon, start_name, to_lat, to_lon, to_name, leaves_at,
                                arrives_by, drive_s, distance_m, announced_at)
           VALUES (%(id)s, %(courier_id)s, %(start_lat)s, %(start_lon)s, %(start_name)s, %(to_lat)s, %(to_lon)s,
                   %(to_name)s, %(leaves_at)s, %(arrives_by)s, %(drive_s)s, %(distance_m)s, %(at)s)""",
        id=one.id,
        courier_id=one.courier_id,
        start_lat=journey.start.lat,
        start_lon=journey.start.lon,
        start_name=one.start_name,
        to_lat=journey.to.lat,
        to_lon=journey.to.lon,
        to_name=one.to_name,
        leaves_at=journey.leaves_at,
        arrives_by=journey.arrives_by,
        drive_s=one.drive_s,
        distance_m=one.distance_m,
        at=at,
    )


async def of_courier(tx: Tx, courier_id: str, since: datetime) -> list[Announced]:
    """Those that end after `since`, the next one first."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM journey WHERE courier_id = %(courier_id)s AND arrives_by > %(since)s
            ORDER BY leaves_at, id""",
        courier_id=courier_id,
        since=since,
    )
    return [_announced(row) for row in rows]


async def get(tx: Tx, courier_id: str, journey_id: str) -> Announced | None:
    row = await tx.one(
        f"SELECT {_COLUMNS} FROM journey WHERE id = %(id)s AND courier_id = %(courier_id)s FOR UPDATE",
        id=journey_id,
        courier_id=courier_id,
    )
    return _announced(row) if row else None


async def due(tx: Tx, until: datetime) -> list[Announced]:
    """Those that leave before then and have not begun; each is locked, so that it begins once."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM journey
            WHERE begun_at IS NULL AND cancelled_at IS NULL AND leaves_at <= %(until)s
            ORDER BY leaves_at, id LIMIT 100 FOR UPDATE SKIP LOCKED""",
        until=until,
    )
    return [_announced(row) for row in rows]


async def cancel(tx: Tx, journey_id: str, at: datetime) -> None:
    await tx.run(
        "UPDATE journey SET cancelled_at = %(at)s WHERE id = %(id)s AND cancelled_at IS NULL", id=journey_id, at=at
    )


async def begin(tx: Tx, journey_id: str, at: datetime) -> None:
    await tx.run("UPDATE journey SET begun_at = %(at)s WHERE id = %(id)s", id=journey_id, at=at)


async def forget(tx: Tx, before: datetime) -> int:
    """Those that ended before then: where somebody drove is not kept for ever."""
    return await tx.run("DELETE FROM journey WHERE arrives_by < %(before)s", before=before)


async def keep_on_courier(tx: Tx, courier_id: str, journey: Journey) -> None:
    await tx.run(
        "UPDATE courier SET journey = %(journey)s WHERE id = %(id)s",
        id=courier_id,
        journey=json_param(journey_json(journey)),
    )


def _announced(row: Row) -> Announced:
    start, to = LatLon(row["start_lat"], row["start_lon"]), LatLon(row["to_lat"], row["to_lon"])
    return Announced(
        id=row["id"],
        courier_id=row["courier_id"],
        journey=Journey(start, to, row["leaves_at"], row["arrives_by"]),
        start_name=row["start_name"],
        to_name=row["to_name"],
        drive_s=row["drive_s"],
        distance_m=row["distance_m"],
        begun=row["begun_at"] is not None,
        cancelled=row["cancelled_at"] is not None,
    )
