"""The whole application on a database of its own, for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.world import World, a_world
from tests.conftest import DatabaseUrls


@pytest.fixture
async def world(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(database_urls.app, tmp_path) as found:
        yield found


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """How often one may ask has tests of its own; here somebody asks as fast as it goes."""
    monkeypatch.setenv("HOMEWARD_API_REQUESTS_PER_MINUTE", "100000000")
