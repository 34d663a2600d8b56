"""The example fleet was written from the published contract alone: it keeps every clause, and knows nothing of us."""

import importlib
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from homeward.fleets.conformance.report import Verdict, examine

EXAMPLE = Path(__file__).parents[3] / "examples" / "tricycles"
TOKEN = "a-token"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Its files are modules of a script: they find each other beside it."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    names = [file.stem for file in EXAMPLE.glob("*.py")]
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module("server")
    for name in names:
        sys.modules.pop(name, None)


async def test_it_scores_a_hundred_per_cent(server: ModuleType) -> None:
    place = server.Place(lat=47.14, lon=9.52)
    fleet = server.Fleet(place, datetime(2026, 11, 23, 12, tzinfo=UTC), "EUR", sandbox=True, people=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server.app_of(fleet, TOKEN))) as http:
        report = await examine(http, "http://fleet.test", TOKEN, ())
    wrong = [one.clause.id for one in report.results if one.verdict in (Verdict.FAILED, Verdict.NOT_TRIED)]
    assert wrong == []
    assert report.score == 100


def test_it_imports_nothing_of_the_platform() -> None:
    for file in EXAMPLE.glob("*.py"):
        assert not re.search(r"^\s*(from|import) homeward", file.read_text("utf-8"), re.MULTILINE), file.name
