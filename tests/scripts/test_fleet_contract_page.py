"""The published fleet contract says what the code says, and a maker can build from it."""

import json
from pathlib import Path

from openapi_spec_validator import validate

from homeward.fleets.conformance.report import clauses
from homeward.fleets.contract.words import Action, EventKind, HoldKind, IncidentKind, LegState, Limit
from scripts.fleet_contract_page import description, page

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_the_page_is_what_the_code_says() -> None:
    assert (REFERENCE / "fleet-contract.md").read_text() == page(), "run `make docs`"


def test_every_word_and_every_clause_is_on_the_page() -> None:
    told = page()
    words = [*Action, *EventKind, *HoldKind, *IncidentKind, *LegState, *Limit, *(each.id for each in clauses())]
    assert [word for word in words if f"`{word}`" not in told] == []
    assert "<<" not in told


def test_every_call_is_on_the_page() -> None:
    told = page()
    paths = {path.replace("{reservation_id}", "{id}").replace("{leg_id}", "{id}") for path in description()["paths"]}
    assert [path for path in paths if path not in told] == []


def test_the_description_is_valid_and_has_the_events() -> None:
    written = json.loads((REFERENCE / "fleet-openapi.json").read_text())
    validate(written)
    assert written == description(), "run `make docs`"
    assert {"Event", "LegOrder", "FactSheet", "Refusal"} <= set(written["components"]["schemas"])
