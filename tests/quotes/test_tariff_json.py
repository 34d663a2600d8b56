"""Tariffs as data: read back as written, and refused with the place of each mistake."""

from copy import deepcopy
from typing import Any

import pytest

from homeward.quotes.tariff_json import check_rules, rules_from_json, rules_to_json
from tests.builders import swiss_rules

GOOD = rules_to_json(swiss_rules())


def test_a_tariff_is_read_back_as_it_was_written() -> None:
    assert rules_from_json(GOOD) == swiss_rules()


def test_the_tariff_that_every_market_begins_with_is_a_good_one() -> None:
    assert check_rules(GOOD, "CHF") == []


def test_distance_and_currency_are_all_that_a_tariff_needs() -> None:
    least = {"currency": "CHF", "distance": {"bands": [{"up_to_m": 5_000, "minor": 500}]}}
    assert check_rules(least, "CHF") == []
    assert rules_from_json(least).distance.amount(9_999) == 500


@pytest.mark.parametrize(
    ("path", "value", "pointer", "code"),
    [
        (("currency",), "EUR", "/rules/currency", "wrong-currency"),
        (("surge",), 3, "/rules/surge", "unknown-rule"),
        (("distance",), None, "/rules/distance", "not-an-object"),
        (("distance", "bands"), [], "/rules/distance/bands", "bad-bands"),
        (("distance", "bands", 1, "minor"), 100, "/rules/distance/bands/1/minor", "falls"),
        (("distance", "bands", 1, "up_to_m"), 2_000, "/rules/distance/bands/1/up_to_m", "not-ascending"),
        (("distance", "bands", 0, "minor"), 4.9, "/rules/distance/bands/0/minor", "not-a-whole-number"),
        (("distance", "bands", 0), 3, "/rules/distance/bands/0", "not-an-object"),
        (("distance", "beyond", "minor"), -1, "/rules/distance/beyond/minor", "not-a-whole-number"),
        (("distance", "beyond", "unit_m"), 0, "/rules/distance/beyond/unit_m", "not-a-whole-number"),
        (("distance", "beyond", "partial"), "floor", "/rules/distance/beyond/partial", "bad-partial"),
        (("weight", "bands", 2, "minor"), 1, "/rules/weight/bands/2/minor", "falls"),
        (("service", "drone"), 1, "/rules/service/drone", "unknown-name"),
        (("service", "express"), True, "/rules/service/express", "not-a-whole-number"),
        (("size", "small"), 900, "/rules/size", "falls"),
        (("size",), [], "/rules/size", "not-an-object"),
        (("peak",), {}, "/rules/peak", "bad-peaks"),
        (("peak", 0), 1, "/rules/peak/0", "not-an-object"),
        (("peak", 0, "weekdays"), [7], "/rules/peak/0/weekdays", "bad-weekdays"),
        (("peak", 0, "since"), "25:00", "/rules/peak/0/since", "bad-time"),
        (("peak", 0, "label"), "", "/rules/peak/0/label", "bad-text"),
        (("peak", 0, "per_mille"), -1, "/rules/peak/0/per_mille", "not-a-whole-number"),
        (("minimum_minor",), -1, "/rules/minimum_minor", "not-a-whole-number"),
        (("maximum_minor",), 100, "/rules/maximum_minor", "below-minimum"),
        (("round_to_minor",), 0, "/rules/round_to_minor", "not-a-whole-number"),
        (("fees", "tea"), 1, "/rules/fees/tea", "unknown-name"),
        (("fees",), None, "/rules/fees", "not-an-object"),
        (("fees", "return_to_store"), 2_001, "/rules/fees/return_to_store", "not-a-whole-number"),
    ],
)
def test_a_mistake_is_named_with_its_place(path: tuple[Any, ...], value: Any, pointer: str, code: str) -> None:
    body = deepcopy(GOOD)
    at: Any = body
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    assert (pointer, code) in [(error.pointer, error.code) for error in check_rules(body, "CHF")]
