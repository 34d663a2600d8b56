"""The reference that is written from the code is complete and well formed."""

from __future__ import annotations

import re

import pytest
from openapi_spec_validator import validate

from scripts.write_reference import all_problems, api_description, pages


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    return pages()


def test_the_api_description_is_valid() -> None:
    api = api_description()
    validate(api)
    assert api["openapi"].startswith("3.1")


def test_every_call_of_the_api_is_in_the_page(written: dict[str, str]) -> None:
    calls = {f"`{method.upper()} {path}`" for path, item in api_description()["paths"].items() for method in item}
    assert {call for call in calls if call not in written["api.md"]} == set()


def test_every_refusal_says_what_to_do_next() -> None:
    for problem in all_problems():
        assert 400 <= problem.status < 600, problem
        assert problem.title.endswith((".", "…")), problem
        assert re.fullmatch(r"[a-z][a-z0-9-]+", problem.slug), problem


def test_every_setting_is_named(written: dict[str, str]) -> None:
    assert "`HOMEWARD_DATABASE_URL`" in written["settings.md"]
    assert "`HOMEWARD_PORT` | `8080`" in written["settings.md"]
