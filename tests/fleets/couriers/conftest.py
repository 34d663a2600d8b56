"""The whole application for every test: what couriers and the operator's people may do is asked over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.world import World, a_world
from tests.conftest import DatabaseUrls
from tests.fleets.couriers.office import Office, an_office


@pytest.fixture
async def world(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(database_urls.app, tmp_path) as found:
        yield found


@pytest.fixture
async def office(world: World) -> Office:
    return await an_office(world)
