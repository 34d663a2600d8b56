"""The dialect's doors on the whole application, for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.world import a_world
from tests.conftest import DatabaseUrls
from tests.facades.doordash_drive.world import Drive, moved


@pytest.fixture
async def drive(database_urls: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Drive]:
    monkeypatch.setenv("HOMEWARD_RELAY_PHONE", "+18025550000")
    async with a_world(database_urls.app, tmp_path) as world:
        yield await moved(world)
