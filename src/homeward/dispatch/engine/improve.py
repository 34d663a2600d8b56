"""Better routes by taking a few requests out and putting them back elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from homeward.dispatch.engine.construct import insert_all
from homeward.dispatch.engine.problem import UNREACHABLE, IntArray
from homeward.dispatch.engine.search import Search

# A removal of one is a relocation, of two an exchange; beyond ten a round costs more than it finds.
_MOST_REMOVED: Final = 10
# Share of the routes' cost by which a plan may be worse than the best one and still be built upon, at first.
_SLACK: Final = 0.001
# Vehicles asked per request and round. Others were dearer when last asked; asking all costs four times as much.
_VEHICLES_ASKED: Final = 8

Ruin = Callable[[Search, IntArray, int, np.random.Generator], IntArray]


def improve(search: Search, *, iterations: int, rng: np.random.Generator) -> None:
    """Ruin and recreate for `iterations` rounds; leaves the best routes seen, never worse than before.

    A round is accepted when it is not worse than the best by more than a slack that shrinks to nothing
    (record-to-record travel). Schrimpf et al. (2000), Journal of Computational Physics 159(2), 139-171;
    Dueck (1993), Journal of Computational Physics 104(1), 86-92.
    """
    best_cost, best = search.cost, search.save()
    for round_number in range(iterations):
        movable = _movable(search)
        if not len(movable):
            break
        before = search.save()
        size = int(rng.integers(1, min(_MOST_REMOVED, len(movable)) + 1))
        ruin = RUINS[int(rng.integers(len(RUINS)))]
        whole = search.remove(int(r) for r in ruin(search, movable, size, rng))
        if whole:
            insert_all(search, search.open, depth=int(rng.integers(1, 4)), nearest=_VEHICLES_ASKED)
        slack = _SLACK * (1 - round_number / iterations) * (best_cost - search.left_open_cost)
        cost = search.cost
        if not whole or cost > best_cost + max(slack, 0.0):
            search.restore(before)
        elif cost < best_cost:
            best_cost, best = cost, search.save()
    search.restore(best)


def related(search: Search, movable: IntArray, size: int, rng: np.random.Generator) -> IntArray:
    """A random request and those whose two ends are nearest to its own.

    Source: Shaw (1998), Principles and Practice of Constraint Programming, LNCS 1520, 417-431.
    """
    seed = int(rng.choice(movable))
    place = search.tables.stops.place
    travel_s = np.minimum(search.tables.problem.travel_s[0], UNREACHABLE)
    # A parcel on board has no pickup: its drop-off stands for both ends.
    origin = np.array([2 * r + int(search.dropoff_only[r]) for r in movable], dtype=np.int64)
    seed_origin = 2 * seed + int(search.dropoff_only[seed])
    apart_s = travel_s[place[seed_origin], place[origin]] + travel_s[place[2 * seed + 1], place[2 * movable + 1]]
    return movable[np.argsort(apart_s, kind="stable")[:size]]


def neighbours_on_route(search: Search, movable: IntArray, size: int, rng: np.random.Generator) -> IntArray:
    """Requests that follow each other on one route, from a random one on.

    Source: Christiaens & Vanden Berghe (2020), Transportation Science 54(2), the string of one tour.
    """
    seed = int(rng.choice(movable))
    route = next(route for route in search.routes if 2 * seed + 1 in route.stops)
    inside = set(movable.tolist())
    order = [s // 2 for s in route.stops if s % 2 == 1 and s // 2 in inside]
    first = min(order.index(seed), max(0, len(order) - size))
    return np.array(order[first : first + size], dtype=np.int64)


def scattered(search: Search, movable: IntArray, size: int, rng: np.random.Generator) -> IntArray:
    """Requests drawn at random, to leave a dead end."""
    return rng.choice(movable, size=size, replace=False)


RUINS: Final[tuple[Ruin, ...]] = (related, related, neighbours_on_route, scattered)


def _movable(search: Search) -> IntArray:
    """Requests on routes that may be taken out: those with no stop in a prefix before their drop-off."""
    first = [len(prefix) for prefix in search.tables.prefix]
    served = {s // 2 for v, route in enumerate(search.routes) for s in route.stops[first[v] :] if s % 2 == 1}
    return np.array(sorted(served), dtype=np.int64)
