"""A park of machines for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import DatabaseUrls
from tests.fleets.autonomous.world import Park, a_park


@pytest.fixture
async def park(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Park]:
    async with a_park(database_urls.app, tmp_path) as park:
        yield park
