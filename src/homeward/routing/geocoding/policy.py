"""Which street is meant, and how sure that is. Pure.

Every way in which a street of the index differs from what was typed has a cost: minus the logarithm of how seldom
people make that mistake. The chance of a candidate is exp(-cost), shared among all candidates and the possibility that
the address is not in the index at all (`NOT_HERE`). So two streets of one name halve each other's confidence without a
rule for it. The costs were set on the tuning part of the spoilt addresses of `bench/geocode.py`; the figures in
docs/explanation/addresses.md come from the other part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, inf
from typing import Final

from rapidfuzz.distance import OSA

from homeward.kit.places import LatLon, great_circle_m
from homeward.routing.geocoding.doors import Door
from homeward.routing.geocoding.model import Gazetteer
from homeward.routing.geocoding.normalise import core, normal_postcode, normalise, squeezed
from homeward.routing.geocoding.parse import Reading

NOT_HERE: Final = 7.0
REFUSED_BELOW: Final = 0.03
"""A best candidate less likely than this is no answer."""

_READING_STEP: Final = 0.1  # the parser gives the likelier reading first
_MENDED: Final = 1.4
_EDIT: Final = 1.2
_EACH_FURTHER_EDIT: Final = 0.6
_OTHER_NUMBER: Final = 7.0
_SAME_PLACE_M: Final = 60.0
_NEAR_SCALE_KM: Final = 8.0
_NEAR_MOST: Final = 3.0
_DOOR_COST: Final = {"exact": 0.0, "near_number": 2.5, "interpolated": 2.0, "street": 3.5, "city": 0.0}


@dataclass(frozen=True, slots=True)
class Street:
    """One row of the street index."""

    id: int
    market_id: str
    street: str
    city: str
    postcode: str
    norm_street: str
    place: LatLon
    extent_m: float

    @property
    def norm_city(self) -> str:
        return normalise(self.city)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A street under one reading of the query, and what speaks against it."""

    street: Street
    reading: Reading
    cost: float


@dataclass(frozen=True, slots=True)
class Located:
    """A candidate with its door (None: the street as a whole)."""

    candidate: Candidate
    door: Door | None
    cost: float

    @property
    def place(self) -> LatLon:
        return self.door.place if self.door else self.candidate.street.place


def candidate_cost(reading: Reading, order: int, street: Street, known: Gazetteer) -> float:
    """What speaks against this street, apart from its house numbers; inf if it cannot be meant."""
    name = name_cost(reading.street, street.norm_street)
    if name == inf:
        return inf
    mended = _MENDED if reading.mended else 0.0
    return name + mended + where_cost(reading, street, known) + min(order, 5) * _READING_STEP


@lru_cache(maxsize=65_536)
def name_cost(typed: str, indexed: str) -> float:
    """Between two normalised street names; 0 if they are equal, inf if one is no misspelling of the other."""
    if typed == indexed:
        return 0.0
    if not typed or _numbers(typed) != _numbers(indexed):
        return (
            _OTHER_NUMBER
            if typed and _numbers(typed) and _numbers(indexed) and _letters(typed) == _letters(indexed)
            else inf
        )
    typed_name, typed_kind, typed_way = core(typed)
    name, kind, way = core(indexed)
    by_parts = (
        min(_spelling(typed_name, name), _words(typed_name, name)) + _kind(typed_kind, kind) + _way(typed_way, way)
    )
    return min(by_parts, 0.3 + _spelling(typed, indexed))


def _spelling(typed: str, right: str) -> float:
    edits = min(OSA.distance(typed, right), OSA.distance(squeezed(typed), squeezed(right)) + 0.3)
    longest = max(len(typed), len(right))
    if edits == 0:
        return 0.0
    most = 0 if longest <= 3 else 1 if longest <= 5 else 2 if longest <= 9 else 3 if longest <= 14 else 4
    if edits >= most + 1:
        return inf
    # In a short name one letter more easily makes another real name; a second slip is rarer than the first.
    return edits * (_EDIT + 3.0 / longest + _EACH_FURTHER_EDIT * (edits - 1) / 2)


def _words(typed: str, right: str) -> float:
    """Words left out or added: "martin luther king" for "martin luther king jr"."""
    typed_words, right_words = typed.split(), right.split()
    if len(typed_words) == len(right_words) == 1:
        return inf
    left = list(right_words)
    cost, matched = 0.0, 0
    for word in typed_words:
        best = min(left, key=lambda other: OSA.distance(word, other), default=None)
        step = _spelling(word, best) if best is not None else inf
        if best is not None and step < inf:
            left.remove(best)
            cost, matched = cost + step, matched + len(best)
        else:
            cost += 3.2
    cost += 1.6 * len(left)
    # What is missing must not be the greater part of the name.
    return cost if matched >= 0.5 * len(squeezed(right)) and matched >= 3 else inf


def _kind(typed: str, right: str) -> float:
    if typed == right:
        return 0.0
    if not typed:
        return 0.6
    if not right:
        return 1.0
    return 1.2 if OSA.distance(typed, right) == 1 and len(typed) > 2 else 2.2


def _way(typed: str, right: str) -> float:
    if typed == right:
        return 0.0
    if not typed:
        return 2.4
    return 2.6 if not right else 4.0


@lru_cache(maxsize=16_384)
def _numbers(norm: str) -> tuple[str, ...]:
    return tuple(sorted(word for word in norm.split() if word[0].isdigit()))


def _letters(norm: str) -> list[str]:
    return [word for word in norm.split() if not word[0].isdigit()]


def where_cost(reading: Reading, street: Street, known: Gazetteer) -> float:
    """What city and postcode say against this street."""
    postcode = postcode_cost(reading.postcode, normal_postcode(street.postcode))
    city = city_cost(reading.city, street.norm_city, reading.city in known.cities)
    if reading.postcode and postcode == 0.0:
        # The postcode vouches for the place: the city is then a district or the name the post uses.
        city = min(city, 2.0)
    return city + postcode


def postcode_cost(typed: str, indexed: str) -> float:
    if typed == indexed or not typed:
        return 0.0
    if not indexed:
        return 0.3
    edits = OSA.distance(typed, indexed)
    if edits == 1:
        return 1.5
    return 2.5 if edits == 2 and len(typed) >= 5 else 4.0


@lru_cache(maxsize=65_536)
def city_cost(typed: str, indexed: str, typed_is_known: bool) -> float:
    if not typed or typed == indexed or squeezed(typed) == squeezed(indexed):
        return 0.0
    if not indexed:
        return 0.8
    if set(typed.split()) < set(indexed.split()) or set(indexed.split()) < set(typed.split()):
        # "Essex" for "Essex Junction"; but if both are cities, each is rather itself.
        return 2.5 if typed_is_known else 1.0
    edits = OSA.distance(typed, indexed)
    if not typed_is_known and edits <= max(1, 0.34 * len(indexed)):
        return 0.8 * edits
    return 7.0


def with_near(candidates: Sequence[Candidate], near: LatLon | None) -> list[Candidate]:
    """Farther ones cost more, relative to the nearest: it breaks ties and refuses nothing."""
    if near is None or not candidates:
        return list(candidates)
    far = [min(_NEAR_MOST, great_circle_m(c.street.place, near) / 1000 / _NEAR_SCALE_KM) for c in candidates]
    least = min(far)
    return [Candidate(c.street, c.reading, c.cost + f - least) for c, f in zip(candidates, far, strict=True)]


def door_cost(reading: Reading, door: Door | None) -> float:
    if not reading.number:
        return 0.0
    return _DOOR_COST[door.precision if door else "street"]


def ranked(located: Sequence[Located]) -> list[tuple[Located, float]]:
    """The distinct places with the chance of each, the likeliest first."""
    best_first = sorted(located, key=lambda one: (one.cost, one.candidate.street.id))
    weights: list[tuple[Located, float]] = []
    for one in best_first:
        weight = exp(-one.cost)
        twin = next((i for i, (other, _) in enumerate(weights) if _same_answer(one, other)), None)
        if twin is None:
            weights.append((one, weight))
        elif one.candidate.reading == weights[twin][0].candidate.reading:
            weights[twin] = (weights[twin][0], weights[twin][1] + weight)
    total = sum(weight for _, weight in weights) + exp(-NOT_HERE)
    return sorted(((one, weight / total) for one, weight in weights), key=lambda pair: -pair[1])


def _same_answer(one: Located, other: Located) -> bool:
    """The same place, or a poorer place on the same street (its rows differ by postcode, or by the reading)."""
    mine, theirs = one.candidate.street, other.candidate.street
    if great_circle_m(one.place, other.place) <= _SAME_PLACE_M:
        return True
    same_street = (mine.market_id, mine.norm_street, mine.city) == (theirs.market_id, theirs.norm_street, theirs.city)
    return same_street and (one.door is None or one.door.precision != "exact")


def reliability(located: Located) -> float:
    """If the street is right: the chance that the door is within 50 m of our place. Measured, see the docs page."""
    door = located.door
    if door is None:
        extent_m = located.candidate.street.extent_m
        return 0.9 if extent_m <= 50 else 0.45 if extent_m <= 150 else 0.2
    match door.precision:
        case "exact":
            return 0.995 if door.doubt_m <= 50 else 0.7
        case "near_number" if door.doubt_m <= 0:
            return 0.85
        case "near_number":
            return 0.7 if door.doubt_m <= 40 else 0.35
        case _:
            return 0.9 if door.doubt_m <= 60 else 0.72 if door.doubt_m <= 150 else 0.5 if door.doubt_m <= 400 else 0.3
