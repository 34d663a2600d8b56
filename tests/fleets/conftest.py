"""A town of its own for every test."""

from collections.abc import AsyncIterator

import pytest

from homeward.infra.db import Database
from tests.conftest import DatabaseUrls
from tests.dispatch.world import Town, build_town


@pytest.fixture
async def town(database_urls: DatabaseUrls) -> AsyncIterator[Town]:
    db = Database(database_urls.app, min_size=1, max_size=16)
    await db.open()
    yield await build_town(db)
    await db.close()
