"""Every house rule at work: what it refuses, and what it lets pass."""

from __future__ import annotations

from pathlib import PurePosixPath
from textwrap import dedent

import pytest

from scripts.house_rules import FUNCTION_LINES_AT_MOST, Source, findings


def broken(path: str, text: str) -> list[str]:
    return [finding.rule for finding in findings(Source(PurePosixPath(path), dedent(text)))]


POLICY = "src/homeward/quotes/policy.py"


@pytest.mark.parametrize(
    "text",
    [
        "import httpx",
        "from sqlalchemy import text",
        "import asyncio",
        "import random",
        "import time",
        "from homeward.infra.db import Database",
        "from homeward.infra import db",
        "from homeward.coverage.service import CoverageService",
        "moment = datetime.now(UTC)",
        "key = uuid.uuid4()",
        "text = open('tariff.json').read()",
        "async def price(): ...",
    ],
)
def test_a_policy_has_no_clock_no_chance_and_no_outside(text: str) -> None:
    assert broken(POLICY, text) == ["pure"]


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime, timedelta",
        "from homeward.kit.money import Money",
        "from homeward.coverage.model import ServiceClass",
        "import numpy as np",
        "def price(now: datetime) -> Money: ...",
        "class Roads(Protocol):\n    async def distance_m(self) -> int: ...",
    ],
)
def test_a_policy_may_compute_with_what_it_is_given(text: str) -> None:
    assert broken(POLICY, text) == []


def test_a_service_may_use_the_outside() -> None:
    assert broken("src/homeward/quotes/service.py", "import httpx\nasync def quote() -> None: ...") == []


def test_the_engine_knows_no_feature() -> None:
    engine = "src/homeward/dispatch/engine/plan.py"
    assert broken(engine, "from homeward.deliveries.model import Delivery") == ["engine"]
    assert broken(engine, "from homeward.dispatch.model import Snapshot") == ["engine"]
    assert broken(engine, "from homeward.kit.units import Seconds") == []
    assert broken(engine, "from homeward.dispatch.engine.problem import Problem") == []


@pytest.mark.parametrize(
    "text",
    [
        "from homeward.deliveries.repository import Deliveries",
        "from homeward.deliveries import repository",
        "import homeward.deliveries.repository",
    ],
)
def test_another_features_repository_is_out_of_reach(text: str) -> None:
    assert broken("src/homeward/finance/service.py", text) == ["repository"]


@pytest.mark.parametrize("path", ["src/homeward/deliveries/service.py", "src/homeward/bootstrap.py"])
def test_a_feature_and_the_builder_may_use_its_repository(path: str) -> None:
    assert broken(path, "from homeward.deliveries.repository import Deliveries") == []


def test_the_simulator_knocks_at_public_doors() -> None:
    assert "simulator" in broken("src/homeward/simulator/day.py", "from homeward.infra.db import Database")
    assert "simulator" in broken("src/homeward/simulator/day.py", "from homeward.deliveries.model import Delivery")
    assert broken("src/homeward/simulator/day.py", "import httpx\nfrom homeward.kit.clock import Clock") == []
    contract = "from homeward.fleets.contract.words import Limit"
    assert broken("src/homeward/simulator/fleets/rules.py", contract) == []


@pytest.mark.parametrize("text", ["import os\nos.getenv('X')", "import os\nos.environ['X']", "os.environ.get('X')"])
def test_settings_are_read_in_one_place(text: str) -> None:
    assert broken("src/homeward/messages/service.py", text) == ["settings"]
    assert broken("src/homeward/infra/settings.py", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "from unittest.mock import patch",
        "def helper(monkeypatch):\n    monkeypatch.setattr(service, 'now', lambda: NOON)",
    ],
)
def test_a_test_may_not_patch_our_code(text: str) -> None:
    assert "no-mock" in broken("tests/quotes/test_service.py", text)


def test_a_test_may_set_a_variable_of_the_environment() -> None:
    text = "def test_it(monkeypatch):\n    monkeypatch.setenv('HOMEWARD_PORT', '1')\n    assert port() == 1"
    assert broken("tests/infra/test_settings.py", text) == []


def test_a_test_that_asserts_nothing_is_refused() -> None:
    assert broken("tests/kit/test_money.py", "def test_adding():\n    Money(1, 'EUR') + Money(2, 'EUR')") == [
        "can-fail"
    ]


@pytest.mark.parametrize(
    "line",
    ["assert adding() == 3", "with pytest.raises(ValueError): adding()", "check_adding()", "await eventually(x)"],
)
def test_a_test_that_can_fail_passes(line: str) -> None:
    assert broken("tests/kit/test_money.py", f"async def test_adding():\n    {line}") == []


def test_a_helper_that_asserts_makes_a_test_that_can_fail() -> None:
    helper = "def sums_to(total: int) -> None:\n    assert add() == total\n"
    assert broken("tests/kit/test_money.py", helper + "def test_adding():\n    sums_to(3)") == []


def test_a_factory_may_be_long_when_each_function_inside_is_short() -> None:
    route = "    def route() -> None:\n" + "        x = 1\n" * 30
    assert broken("src/homeward/quotes/api.py", "def router() -> None:\n" + route * 4) == []


def test_a_file_of_two_subjects_is_refused() -> None:
    assert broken("src/homeward/kit/money.py", "x = 1\n" * 500) == []
    assert broken("src/homeward/kit/money.py", "x = 1\n" * 501) == ["size"]


@pytest.mark.parametrize(("lines", "verdict"), [(FUNCTION_LINES_AT_MOST, []), (FUNCTION_LINES_AT_MOST + 1, ["size"])])
def test_a_function_fits_on_a_screen_and_its_docstring_does_not_count(lines: int, verdict: list[str]) -> None:
    text = 'def plan() -> None:\n    """One\n\n    two.\n    """\n' + "    x = 1\n" * lines
    assert broken("src/homeward/kit/money.py", text) == verdict


@pytest.mark.parametrize("mark", ["TO" + "DO", "FIX" + "ME"])
def test_nothing_is_left_for_later(mark: str) -> None:
    assert broken("src/homeward/kit/money.py", f"x = 1  # {mark}: round") == ["later"]


@pytest.mark.parametrize("text", ["class TenantKey: ...", "def find(depot): ...", "def riders() -> None: ..."])
def test_we_use_our_own_words(text: str) -> None:
    assert broken("src/homeward/dispatch/service.py", text) == ["words"]


def test_a_partners_words_stay_in_its_adapter() -> None:
    assert broken("src/homeward/facades/uber_direct/wire.py", "class TenantKey: ...") == []


def test_a_finding_names_the_line_and_the_reason() -> None:
    (finding,) = findings(Source(PurePosixPath(POLICY), "x = 1\nimport httpx\n"))
    assert str(finding).startswith(f"{POLICY}:2: a pure file imports httpx: the same decision runs in the API")
