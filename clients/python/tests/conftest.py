"""The client against the platform itself: over real HTTP for the plain one, inside this process for the other."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from homeward_client import AsyncHomeward
from tests.acceptance.world import World, a_world
from tests.conftest import DatabaseUrls, app_password, database_urls, postgres, template_database
from tests.web.town import a_free_port

__all__ = ["app_password", "database_urls", "postgres", "template_database"]


@pytest.fixture
async def world(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[World]:  # a fixture
    async with a_world(database_urls.app, tmp_path, port=a_free_port()) as found:
        yield found


@pytest.fixture
async def client(world: World) -> AsyncIterator[AsyncHomeward]:
    """The bakery's own, with its live key."""
    transport = httpx.ASGITransport(world.app)
    async with (
        httpx.AsyncClient(transport=transport) as http,
        AsyncHomeward(world.town.base_url, world.bakery.live_key, http=http) as found,
    ):
        yield found
