from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.world import a_world
from tests.conftest import DatabaseUrls
from tests.facades.uber_direct.world import Uber, moved


@pytest.fixture
async def uber(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Uber]:
    async with a_world(database_urls.app, tmp_path) as world:
        yield await moved(world)
