"""The world of deliveries, for what is claimed of them."""

from collections.abc import AsyncIterator

import pytest

from homeward.infra.db import Database
from tests.conftest import DatabaseUrls
from tests.deliveries.world import World, build_world


@pytest.fixture
async def world(database_urls: DatabaseUrls) -> AsyncIterator[World]:
    db = Database(database_urls.app, min_size=1, max_size=12)
    await db.open()
    yield await build_world(db)
    await db.close()
