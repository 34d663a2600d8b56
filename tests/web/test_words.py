from pathlib import Path

import pytest

from homeward.deliveries.custody_policy import PROBLEM_EFFECTS
from homeward.deliveries.states import LegState, State
from homeward.dispatch.explain import RULES
from homeward.dispatch.model import OfferState
from homeward.fleets.autonomous.policy import VEHICLE_WORDS
from homeward.fleets.couriers.model import VehicleKind
from homeward.quotes.model import ServiceClass
from homeward.web import render, words

ICONS = Path(render.__file__).parent / "icons"
TABLES = {
    "delivery": (words.DELIVERY, State),
    "leg": (words.LEG, LegState),
    "offer": (words.OFFER, OfferState),
    "vehicle": (words.VEHICLE, VehicleKind),
    "service": (words.SERVICE_CLASS, ServiceClass),
}


MACHINES = {"vehicle": set(VEHICLE_WORDS.values())}


@pytest.mark.parametrize("name", TABLES)
def test_every_state_has_a_word_of_its_own(name: str) -> None:
    table, codes = TABLES[name]
    assert {code.value for code in codes} | MACHINES.get(name, set()) == set(table)
    assert len({word.label for word in table.values()}) == len(table)


@pytest.mark.parametrize("name", [*TABLES, "courier", "sent"])
def test_every_word_has_an_icon_that_exists(name: str) -> None:
    table = {"courier": words.COURIER, "sent": words.SENT}.get(name) or TABLES[name][0]
    missing = [word.icon for word in table.values() if not (ICONS / f"{word.icon}.svg").is_file()]
    assert missing == []


def test_every_rule_that_decides_has_a_heading() -> None:
    assert set(RULES) <= set(words.RULE)


def test_every_problem_a_courier_can_report_is_told_in_words() -> None:
    assert {str(reason) for reason in PROBLEM_EFFECTS} <= set(words.REASON)


def test_a_code_from_a_newer_release_is_shown_as_it_is() -> None:
    assert words.word(words.DELIVERY, "beamed_up").label == "Beamed up"
    assert words.attention("sun_flare") == "Sun flare"
