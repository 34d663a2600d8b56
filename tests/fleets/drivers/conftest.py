"""The whole application, as in the acceptance tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.world import World, a_world
from tests.conftest import DatabaseUrls


@pytest.fixture
async def world(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(database_urls.app, tmp_path) as found:
        yield found
