"""A small world of addresses: two towns with a Main Street each, and a village that writes German."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from homeward.infra.db import Database
from homeward.infra.migrate import app_url
from homeward.infra.postgres import EmbeddedPostgres
from homeward.kit.places import LatLon
from homeward.routing.geocoding.embedded import EmbeddedGeocoder
from homeward.routing.geocoding.index import Loaded, load_addresses

MARKET, OTHER_MARKET = "mkt_testtown", "mkt_other"
SPRINGFIELD, RIVERTON, DORF = LatLon(44.0, -73.0), LatLon(44.2, -73.0), LatLon(44.4, -73.0)


def a_row(number: str, street: str, city: str, postcode: str, lat: float, lon: float, unit: str = "") -> dict[str, Any]:
    return {
        "number": number, "street": street, "city": city, "postcode": postcode, "unit": unit, "lat": lat, "lon": lon,
    }  # fmt: skip


def a_street(street: str, city: str, postcode: str, at: LatLon, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Doors along a line to the east, ten metres for each step of the number."""
    return [a_row(str(n), street, city, postcode, at.lat, round(at.lon + n * 0.000125, 6)) for n in numbers]


def north_of(place: LatLon, step: int) -> LatLon:
    return LatLon(place.lat + step * 0.004, place.lon)


WORLD = [
    *a_street("Main Street", "Springfield", "05156", SPRINGFIELD, [2, 4, 6, 8, 12, 14, 20, 40]),
    *a_street("North Main Street", "Springfield", "05156", north_of(SPRINGFIELD, 1), [1, 3, 5, 12]),
    *a_street("Elm Street", "Springfield", "05156", north_of(SPRINGFIELD, 2), range(1, 30)),
    *a_street("VT Route 22A", "Springfield", "05156", north_of(SPRINGFIELD, 3), [100, 200, 807]),
    *a_street("Turnpike Road", "Springfield", "05156", north_of(SPRINGFIELD, 4), [7, 9]),
    *a_street("Main Street", "Riverton", "05663", RIVERTON, [2, 4, 6, 8, 12, 14, 16]),
    *a_street("Lakeview Drive", "Riverton", "05663", north_of(RIVERTON, 1), [10, 20, 30]),
    *a_street("Hauptstraße", "Großdorf", "9490", DORF, range(1, 20)),
    *a_street("Am Bächle", "Großdorf", "9490", north_of(DORF, 1), [2, 4]),
    a_row("12a", "Hauptstraße", "Großdorf", "9490", DORF.lat + 0.0003, DORF.lon + 12 * 0.000125),
    a_row("30-34", "Hauptstraße", "Großdorf", "9490", DORF.lat, DORF.lon + 0.005),
    a_row("9", "Turnpike Road", "Springfield", "05156", 44.0161, -72.9988, unit="B"),
]


def write(folder: Path, rows: Sequence[dict[str, Any]], streets: Sequence[dict[str, Any]] = ()) -> tuple[Path, Path]:
    paths = folder / "addresses.ndjson.gz", folder / "streets.ndjson.gz"
    for path, lines in zip(paths, (rows, streets), strict=True):
        with gzip.open(path, "wb") as file:
            file.writelines(orjson.dumps(line) + b"\n" for line in lines)
    return paths


async def load(
    db: Database,
    folder: Path,
    rows: Sequence[dict[str, Any]],
    streets: Sequence[dict[str, Any]] = (),
    market: str = MARKET,
) -> Loaded:
    async with db.operator() as tx:
        await tx.run(
            "INSERT INTO market (id, slug, name, currency, time_zone, south, west, north, east, graph_version, hours) "
            "VALUES (%(id)s, %(id)s, 'Test Town', 'USD', 'UTC', 43, -74, 45, -72, '1', '{}') ON CONFLICT DO NOTHING",
            id=market,
        )
        return await load_addresses(tx, market, *write(folder, rows, streets))


@pytest.fixture
async def db(database_urls: Any) -> AsyncIterator[Database]:
    """An empty database of the test's own."""
    database = Database(database_urls.app, min_size=1, max_size=2)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
def world_url(
    postgres: EmbeddedPostgres, template_database: str, app_password: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A database that holds the world, loaded once; its tests only read."""
    with psycopg.connect(postgres.owner_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE addresses TEMPLATE "{template_database}" STRATEGY wal_log')
    url = app_url(postgres.url("addresses"), app_password)

    async def fill() -> None:
        database = Database(url, min_size=1, max_size=1)
        await database.open()
        await load(database, tmp_path_factory.mktemp("world"), WORLD)
        faraway = a_street("Cherry Street", "Faraway", "99999", LatLon(10, 10), [1, 2])
        await load(database, tmp_path_factory.mktemp("faraway"), faraway, market=OTHER_MARKET)
        await database.close()

    asyncio.run(fill())
    return url


@pytest.fixture
async def geocoder(world_url: str) -> AsyncIterator[EmbeddedGeocoder]:
    database = Database(world_url, min_size=1, max_size=2)
    await database.open()
    yield EmbeddedGeocoder(database)
    await database.close()
