"""From a house number and the doors of a street to a place. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from homeward.kit.places import LatLon, great_circle_m
from homeward.routing.geocoding.model import Precision
from homeward.routing.geocoding.parse import tidy_number

_LEADING_INTEGER: Final = re.compile(r"\d{1,9}")
_RANGE: Final = re.compile(r"^(\d+)[a-z]?-(\d+)[a-z]?$")


@dataclass(frozen=True, slots=True)
class Point:
    """One door of the index. `number_n` is the integer that its number begins with."""

    number: str
    number_n: int
    unit: str
    place: LatLon


@dataclass(frozen=True, slots=True)
class Door:
    """Where the wanted number is, or should be. `doubt_m` is how far off that may well be: the spread of several doors
    of one number, or the gap between the two neighbours."""

    place: LatLon
    number: str
    precision: Precision
    doubt_m: float
    unit: str = ""


def leading_integer(number: str) -> int | None:
    found = _LEADING_INTEGER.search(number)
    return int(found[0]) if found else None


def find_door(wanted: str, unit: str, points: Sequence[Point]) -> Door | None:
    """The door of that number, else its likeliest place between its neighbours, else the nearest number's.

    Parameters
    ----------
    wanted
        A house number such as "12", "12a" or "12-14".
    unit
        Flat or suite, chosen among several doors of the number if the index knows it.
    points
        Doors of one street, at least the ones with this number and the nearest below and above.
    """
    wanted, number_n = tidy_number(wanted), leading_integer(wanted)
    if number_n is None or not points:
        return None
    same = [point for point in points if tidy_number(point.number) == wanted]
    if same:
        return _middle(same, wanted, unit, "exact")
    inside = [point for point in points if _covers(point.number, number_n)]
    if inside:
        return _middle(inside, inside[0].number, unit, "exact")
    alike = [point for point in points if point.number_n == number_n]
    if alike:
        return _middle(alike, alike[0].number, "", "near_number")
    return _between(number_n, wanted, points)


def _middle(points: Sequence[Point], number: str, unit: str, precision: Precision) -> Door:
    """Of several doors with one number: the one of the unit, else the one nearest to all others."""
    chosen = [point for point in points if unit and point.unit.upper() == unit.upper()] or list(points)
    few = chosen[:60]  # a trailer park with hundreds of doors under one number: the first ones tell as much
    middle = min(few, key=lambda point: sum(great_circle_m(point.place, other.place) for other in few))
    spread_m = max(great_circle_m(middle.place, other.place) for other in few)
    return Door(middle.place, number, precision, spread_m, middle.unit if len(chosen) < len(points) else "")


def _covers(number: str, number_n: int) -> bool:
    bounds = _RANGE.match(tidy_number(number))
    if not bounds:
        return False
    low, high = int(bounds[1]), int(bounds[2])
    return low <= number_n <= high and (number_n - low) % 2 == 0


def _between(number_n: int, wanted: str, points: Sequence[Point]) -> Door:
    # Even and odd numbers face each other, so neighbours of the same side come first.
    for side in ([p for p in points if p.number_n % 2 == number_n % 2], list(points)):
        below = max((p for p in side if p.number_n < number_n), key=lambda p: p.number_n, default=None)
        above = min((p for p in side if p.number_n > number_n), key=lambda p: p.number_n, default=None)
        if below and above:
            share = (number_n - below.number_n) / (above.number_n - below.number_n)
            place = LatLon(
                below.place.lat + share * (above.place.lat - below.place.lat),
                below.place.lon + share * (above.place.lon - below.place.lon),
            )
            return Door(place, wanted, "interpolated", great_circle_m(below.place, above.place))
    nearest = min(points, key=lambda p: abs(p.number_n - number_n))
    # Beyond the last door nothing says how far; a step of the numbers is some ten metres in a town.
    return Door(nearest.place, nearest.number, "near_number", 10.0 * abs(nearest.number_n - number_n))
