"""A park of machines, and a city that may read about it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import DatabaseUrls
from tests.fleets.autonomous.world import a_park
from tests.fleets.city_reports.city import City


@pytest.fixture
async def city(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[City]:
    async with a_park(database_urls.app, tmp_path) as park:
        city = City(park)
        await city.gets_a_token()
        yield city
