"""One world for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import DatabaseUrls
from tests.facades.golocal.world import GoLocal, a_golocal_world


@pytest.fixture
async def golocal(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[GoLocal]:
    async with a_golocal_world(database_urls.app, tmp_path) as world:
        yield world
