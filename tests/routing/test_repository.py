from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest_asyncio

from homeward.infra.db import Database
from homeward.kit.clock import ManualClock
from homeward.kit.places import Box
from homeward.routing.model import ImportReport, Profile, RoadServer
from homeward.routing.repository import StoredRoadServers, announce_road_server, register_market
from tests.conftest import DatabaseUrls

CLOCK = ManualClock(datetime(2026, 3, 2, 12, tzinfo=UTC))
REPORT = ImportReport(
    name="Gridley", slug="gridley", version="v1", folder="x", box=Box(50, 10, 51, 11), reach=(),
    time_zone="Europe/Berlin",
    roads=1, road_km=1.0, addresses=1, streets=1, tiles=1, tile_max_zoom=14,
)  # fmt: skip


@pytest_asyncio.fixture
async def db(database_urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(database_urls.app)
    await database.open()
    yield database
    await database.close()


async def register(db: Database, report: ImportReport) -> str:
    async with db.operator() as tx:
        return await register_market(tx, report, clock=CLOCK, currency="EUR")


async def test_a_second_import_renews_the_map_and_leaves_the_operators_choices(db: Database) -> None:
    market_id = await register(db, REPORT)
    async with db.operator() as tx:
        await tx.run("UPDATE market SET name = 'Our Gridley' WHERE id = %(id)s", id=market_id)
    again = await register(db, replace(REPORT, version="v2", box=Box(49, 10, 51, 11)))
    async with db.operator() as tx:
        row = await tx.one("SELECT name, south, graph_version, currency FROM market WHERE id = %(id)s", id=again)
    assert again == market_id
    assert row == {"name": "Our Gridley", "south": 49.0, "graph_version": "v2", "currency": "EUR"}


async def test_an_announced_road_server_is_found_and_after_a_failure_looked_up_afresh(db: Database) -> None:
    market_id = await register(db, REPORT)
    servers = StoredRoadServers(db)
    assert await servers.find(market_id, Profile.CAR) is None
    first, second = RoadServer("http://127.0.0.1:1", "v1"), RoadServer("http://127.0.0.1:2", "v2")
    for announced in (first, second):
        async with db.operator() as tx:
            await announce_road_server(tx, market_id, Profile.CAR, announced)
        assert await servers.find(market_id, Profile.CAR) == first  # the second time: still remembered
    servers.forget(market_id, Profile.CAR)
    assert await servers.find(market_id, Profile.CAR) == second
    assert await servers.find(market_id, Profile.FOOT) is None
