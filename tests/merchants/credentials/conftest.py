"""The real platform with one merchant, asked over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import DatabaseUrls
from tests.web.town import Town, a_town


@pytest.fixture
async def town(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(database_urls.app, tmp_path) as found:
        yield found
