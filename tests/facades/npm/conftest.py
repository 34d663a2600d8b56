"""Published client libraries against the whole application, for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import DatabaseUrls
from tests.facades.npm.uber import Direct, a_direct_shop


@pytest.fixture
async def direct(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Direct]:
    async with a_direct_shop(database_urls.app, tmp_path) as shop:
        yield shop
