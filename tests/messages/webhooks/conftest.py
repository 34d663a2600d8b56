"""A world with merchants and deliveries, and webhooks that may go to this machine."""

from collections.abc import AsyncIterator

import pytest

from homeward.infra.db import Database
from tests.conftest import DatabaseUrls
from tests.messages.webhooks.world import Post, build_post


@pytest.fixture
async def post(database_urls: DatabaseUrls) -> AsyncIterator[Post]:
    db = Database(database_urls.app, min_size=1, max_size=12)
    await db.open()
    yield await build_post(db)
    await db.close()
