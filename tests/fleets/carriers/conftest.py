"""A network of its own for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import DatabaseUrls
from tests.fleets.carriers.world import Network, a_network


@pytest.fixture
async def network(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Network]:
    async with a_network(database_urls.app, tmp_path) as network:
        yield network
