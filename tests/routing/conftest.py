"""Imported maps and running road servers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from homeward.routing.client import FixedRoadServers, Roads
from homeward.routing.importer import InstalledMarket, import_market, installed_market
from homeward.routing.model import Profile, RoadServer
from homeward.routing.osrm import RoadServerHouse
from homeward.routing.osrm_binaries import OsrmMissing, osrm_binaries
from tests.routing.small_map import write_small_map

MARKET = "mkt_grid"


@pytest.fixture(scope="session", autouse=True)
def _engine() -> None:
    try:
        osrm_binaries()
    except OsrmMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def small_market(tmp_path_factory: pytest.TempPathFactory) -> InstalledMarket:
    """The hand-made grid, imported."""
    folder = tmp_path_factory.mktemp("grid")
    import_market("Gridley", write_small_map(folder / "grid.osm"), folder, time_zone="Europe/Berlin")
    market = installed_market(folder, "gridley")
    assert market is not None
    return market


@dataclass
class RunningRoads:
    """A road server house with a client that knows its servers."""

    house: RoadServerHouse
    servers: dict[tuple[str, Profile], RoadServer]
    roads: Roads


@pytest_asyncio.fixture
async def running(small_market: InstalledMarket, tmp_path: Path) -> AsyncIterator[RunningRoads]:
    servers: dict[tuple[str, Profile], RoadServer] = {}

    async def announce(market_id: str, profile: Profile, server: RoadServer) -> None:
        servers[market_id, profile] = server

    house = RoadServerHouse(osrm_binaries(), tmp_path, announce)
    await house.serve(MARKET, small_market, [Profile.CAR, Profile.FOOT])
    roads = Roads(FixedRoadServers(servers), patience_s=10)
    yield RunningRoads(house, servers, roads)
    await roads.close()
    await house.stop()
