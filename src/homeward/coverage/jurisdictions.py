"""What the law of a place asks of a market, as data: who changes a number here changes no code. Pure.

A jurisdiction is an ISO 3166 code (`US`, `US-CO`); what holds for a country holds for its parts too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """One law as numbers, with where it is written and when somebody last looked."""

    jurisdiction: str
    effective_from: date
    params: Mapping[str, int]
    source_url: str
    checked_on: date


DECISION_S: Final = "offer_decision_s"

RULES: Final = (
    # C.R.S. 8-4-126, by HB24-1129: drivers get at least 60 seconds to decide on an offered task.
    Rule("US-CO", date(2025, 1, 1), {DECISION_S: 60}, "https://leg.colorado.gov/bills/hb24-1129", date(2026, 11, 23)),
)


def least(jurisdiction: str, name: str, on: date, rules: Iterable[Rule] = RULES) -> int:
    """The smallest value that the law of that day allows for a setting; 0 where it says nothing."""
    return max((rule.params[name] for rule in in_force(jurisdiction, on, rules) if name in rule.params), default=0)


def in_force(jurisdiction: str, on: date, rules: Iterable[Rule] = RULES) -> list[Rule]:
    """Those of the place itself and of what it is a part of."""
    return [rule for rule in rules if rule.effective_from <= on and _is_within(jurisdiction, rule.jurisdiction)]


def _is_within(place: str, whole: str) -> bool:
    return place == whole or place.startswith(f"{whole}-")
