"""Loads one market's addresses into the index, all or nothing."""

import gzip
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import cos, radians
from pathlib import Path
from typing import Any, Final

import orjson
from psycopg import AsyncConnection

from homeward.infra.db import Tx
from homeward.kit.places import LatLon, great_circle_m
from homeward.routing.geocoding.doors import leading_integer
from homeward.routing.geocoding.normalise import core, normal_postcode, normalise

Progress = Callable[[str, int], None]
"""Told after every few thousand rows: what is being done, and how many are done."""

Key = tuple[str, str, str]
"""(normalised street, normalised city, normal postcode): what makes two rows the same street."""

_EVERY: Final = 20_000
_SAME_STREET_M: Final = 400.0
_MAX_INT4: Final = 2_147_483_647


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the index now holds of a market."""

    streets: int
    addresses: int
    without_number: int


@dataclass(slots=True)
class _Street:
    street: str
    city: str
    postcode: str
    places: list[tuple[float, float]] = field(default_factory=list)
    shape: list[tuple[float, float]] = field(default_factory=list)
    doors: int = 0

    def middle(self) -> tuple[LatLon, int]:
        """The point of the street nearest to its centre, and how far the street reaches from there, in metres."""
        points = self.shape or self.places
        lat, lon = (sum(axis) / len(points) for axis in zip(*points, strict=True))
        squeeze = cos(radians(lat))
        at = min(points, key=lambda p: (p[0] - lat) ** 2 + ((p[1] - lon) * squeeze) ** 2)
        south, north = min(p[0] for p in points), max(p[0] for p in points)
        west, east = min(p[1] for p in points), max(p[1] for p in points)
        middle = LatLon(*at)
        corners = (LatLon(south, west), LatLon(south, east), LatLon(north, west), LatLon(north, east))
        return middle, round(max(great_circle_m(middle, corner) for corner in corners))


def _quiet(step: str, count: int) -> None:
    return None


async def load_addresses(
    tx: Tx | AsyncConnection[Any],
    market_id: str,
    addresses_path: Path,
    streets_path: Path,
    progress: Progress = _quiet,
) -> Loaded:
    """Replace the market's addresses and streets by those of the two files, in the caller's transaction.

    Rows without a street or a usable number are counted and left out. A street that only the map's geometry knows
    becomes a row without doors, unless the addresses know a street of that name right there.
    """
    connection = tx.connection if isinstance(tx, Tx) else tx
    streets: dict[Key, _Street] = {}
    without_number = _collect_addresses(streets, addresses_path, progress)
    _collect_shapes(streets, streets_path)
    async with connection.transaction():
        await _clear(connection, market_id)
        ids = await _copy_streets(connection, market_id, streets, progress)
        count = await _copy_points(connection, ids, addresses_path, progress)
        # Skipped with a warning where the role may not; the queries do not depend on it.
        await connection.execute("ANALYZE address_street, address_point")
    return Loaded(len(streets), count, without_number)


def _collect_addresses(streets: dict[Key, _Street], path: Path, progress: Progress) -> int:
    without_number = 0
    for done, row in enumerate(_rows(path), 1):
        if not _usable(row):
            without_number += 1
            continue
        street = streets.setdefault(_key(row), _Street(row["street"], row["city"], row["postcode"]))
        street.places.append((row["lat"], row["lon"]))
        street.doors += 1
        if done % _EVERY == 0:
            progress("reading addresses", done)
    return without_number


def _collect_shapes(streets: dict[Key, _Street], path: Path) -> None:
    by_name: dict[str, list[_Street]] = {}
    for (norm_street, _, _), street in streets.items():
        by_name.setdefault(norm_street, []).append(street)
    for row in _rows(path):
        norm_street = normalise(row["street"])
        shape = [(lat, lon) for lat, lon in row["geometry"]]
        if not norm_street or not shape:
            continue
        known = streets.get(_key(row)) or _beside(by_name.get(norm_street, ()), shape)
        if known is None:
            known = streets[_key(row)] = _Street(row["street"], row["city"], row["postcode"])
        known.shape += shape


def _beside(streets: Iterable[_Street], shape: list[tuple[float, float]]) -> _Street | None:
    """A street with doors of the same name that stands along this piece: the map only lacks its city or postcode."""
    middle = LatLon(*shape[len(shape) // 2])
    nearest, nearest_m = None, _SAME_STREET_M
    for street in streets:
        # Twenty doors tell as well as two thousand where the street runs.
        for place in street.places[:: max(1, len(street.places) // 20)]:
            distance_m = great_circle_m(middle, LatLon(*place))
            if distance_m <= nearest_m:
                nearest, nearest_m = street, distance_m
    return nearest


async def _clear(connection: AsyncConnection[Any], market_id: str) -> None:
    # The points first and by themselves: a cascade would look for them street by street.
    await connection.execute(
        "DELETE FROM address_point p USING address_street s WHERE s.id = p.street_id AND s.market_id = %s", (market_id,)
    )
    await connection.execute("DELETE FROM address_street WHERE market_id = %s", (market_id,))


async def _copy_streets(
    connection: AsyncConnection[Any], market_id: str, streets: dict[Key, _Street], progress: Progress
) -> dict[Key, int]:
    cursor = await connection.execute(
        "SELECT nextval(pg_get_serial_sequence('address_street', 'id')) FROM generate_series(1, %s)", (len(streets),)
    )
    numbers = [next(iter(row.values())) if isinstance(row, dict) else row[0] for row in await cursor.fetchall()]
    ids = dict(zip(streets, numbers, strict=True))
    await _make_staging(connection, "address_street")
    async with (
        connection.cursor() as copying,
        copying.copy(
            "COPY new_address_street "
            "(id, market_id, street, city, postcode, norm, norm_street, name, lat, lon, extent_m) FROM STDIN"
        ) as copy,
    ):
        for key, street in streets.items():
            middle, extent_m = street.middle()
            norm = " ".join(part for part in (key[0], key[1], street.postcode.lower()) if part)
            row = (ids[key], market_id, street.street, street.city, street.postcode, norm, key[0], core(key[0])[0])
            await copy.write_row((*row, middle.lat, middle.lon, extent_m))
    await connection.execute("INSERT INTO address_street OVERRIDING SYSTEM VALUE SELECT * FROM new_address_street")
    progress("loading streets", len(streets))
    return ids


async def _copy_points(connection: AsyncConnection[Any], ids: dict[Key, int], path: Path, progress: Progress) -> int:
    await _make_staging(connection, "address_point")
    count = 0
    async with (
        connection.cursor() as copying,
        copying.copy("COPY new_address_point (street_id, number, number_n, unit, lat, lon) FROM STDIN") as copy,
    ):
        for row in _rows(path):
            if not _usable(row):
                continue
            number = row["number"].strip()
            await copy.write_row((ids[_key(row)], number, leading_integer(number), row["unit"], row["lat"], row["lon"]))
            count += 1
            if count % _EVERY == 0:
                progress("loading addresses", count)
    # In the order of the streets, so that the doors of one street lie on few pages.
    await connection.execute("INSERT INTO address_point SELECT * FROM new_address_point ORDER BY street_id, number_n")
    progress("loading addresses", count)
    return count


async def _make_staging(connection: AsyncConnection[Any], table: str) -> None:
    """COPY cannot write into a table with row-level security, so it writes beside it."""
    await connection.execute(f"CREATE TEMP TABLE new_{table} (LIKE {table} INCLUDING DEFAULTS) ON COMMIT DROP".encode())


def _usable(row: dict[str, Any]) -> bool:
    # Sheds and substations are numbered 0 by some registers; nobody lives at number 0.
    number = leading_integer(row["number"])
    return number is not None and 0 < number <= _MAX_INT4 and bool(normalise(row["street"]))


def _key(row: dict[str, Any]) -> Key:
    return normalise(row["street"]), normalise(row["city"]), normal_postcode(row["postcode"])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rb") as lines:
        for line in lines:
            yield orjson.loads(line)
