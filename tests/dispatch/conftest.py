"""A town of its own for every test."""

from collections.abc import AsyncIterator

import pytest
from tests.conftest import DatabaseUrls
from tests.dispatch.world import Town, build_town

from homeward.infra.db import Database


@pytest.fixture
async def town(database_urls: DatabaseUrls) -> AsyncIterator[Town]:
    db = Database(database_urls.app, min_size=1, max_size=16)
    await db.open()
    yield await build_town(db)
    await db.close()
