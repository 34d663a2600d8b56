"""Moving along a road. Pure."""

import random
from collections.abc import Sequence
from itertools import pairwise
from math import cos, radians

from homeward.kit.places import METRES_PER_DEGREE, LatLon, great_circle_m


def way_to(geometry: Sequence[LatLon], stop: LatLon) -> list[LatLon]:
    """The part of a route's line that leads to its next stop: up to the point nearest to it."""
    if not geometry:
        return [stop]
    nearest = min(range(len(geometry)), key=lambda i: great_circle_m(geometry[i], stop))
    return [*geometry[: nearest + 1], stop]


def length_m(way: Sequence[LatLon]) -> float:
    return sum(great_circle_m(a, b) for a, b in pairwise(way))


def walked(way: Sequence[LatLon], metres: float) -> list[LatLon]:
    """What is left of a way after so many metres; its first point is where one is then, its last the goal."""
    rest = list(way)
    while len(rest) > 1:
        step_m = great_circle_m(rest[0], rest[1])
        if step_m > metres:
            share = metres / step_m
            here = LatLon(
                rest[0].lat + (rest[1].lat - rest[0].lat) * share,
                rest[0].lon + (rest[1].lon - rest[0].lon) * share,
            )
            return [here, *rest[1:]]
        metres -= step_m
        rest.pop(0)
    return rest


def noisy(place: LatLon, rng: random.Random, spread_m: float = 6.0) -> LatLon:
    """Where a telephone thinks it is."""
    north_m, east_m = rng.gauss(0, spread_m), rng.gauss(0, spread_m)
    return LatLon(
        place.lat + north_m / METRES_PER_DEGREE,
        place.lon + east_m / (METRES_PER_DEGREE * cos(radians(place.lat))),
    )


def claimed_accuracy_m(place: LatLon, said: LatLon) -> int:
    """How exact a telephone claims to be: a little worse than it is, and never the same for long."""
    return 4 + round(great_circle_m(place, said))
