"""Routes from nothing, or from routes that were good a moment ago: insertion with regret."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from homeward.dispatch.engine.problem import StopKey
from homeward.dispatch.engine.scan import FORBIDDEN
from homeward.dispatch.engine.search import Search
from homeward.dispatch.engine.tables import stop_number
from homeward.dispatch.engine.walk import Walk, walk

# How many vehicles the regret looks at. Two sees only the runner-up; beyond three the differences are noise.
REGRET_DEPTH: Final = 3


def insert_all(
    search: Search, requests: Iterable[int], *, depth: int = REGRET_DEPTH, nearest: int | None = None
) -> None:
    """Insert requests one by one, the one that would lose most by waiting first.

    The regret of a request is what its second and third best vehicle (`depth` 3) would cost beyond its best
    one. Leaving it open is one more way to serve it, at its penalty, so nothing is inserted that costs more.
    With `depth` 1 the cheapest goes first. Ties go to the lower index. `nearest` is
    passed on to `Search.added`: fewer vehicles asked, faster.

    Source: Potvin & Rousseau (1993), European Journal of Operational Research 66(3), 331-340; regret over
    pickup and delivery as in Ropke & Pisinger (2006), Transportation Science 40(4), section 3.2.
    """
    waiting = np.array(sorted(requests), dtype=np.int64)
    while len(waiting):
        penalty = search.tables.open_cost[waiting]
        capped = np.minimum(search.added(waiting, nearest), penalty[:, None])
        best = capped.min(axis=1, initial=FORBIDDEN)
        possible = best < penalty
        waiting, capped, best = waiting[possible], capped[possible], best[possible]
        if not len(waiting):
            return
        if depth == 1:
            chosen = int(best.argmin())
        else:
            ways = np.sort(capped, axis=1)[:, :depth]
            padding = penalty[possible] * (depth - ways.shape[1])
            regret = ways.sum(axis=1) + padding - depth * best
            chosen = int(np.lexsort((best, -regret))[0])
        search.insert(int(waiting[chosen]), int(capped[chosen].argmin()))
        waiting = np.delete(waiting, chosen)


def start_from(search: Search, routes: Sequence[Sequence[StopKey]]) -> None:
    """Take over given routes, as far as the problem still permits them; the rest stays open.

    The prefix always comes first. Dropped are requests that this vehicle may not carry (any more), pairs that
    are not whole, and then, while a route breaks a hard limit, the request whose leaving mends most.
    """
    taken: set[int] = set()
    for v, route in enumerate(routes):
        rest = _usable(search, v, [stop_number(key) for key in route], taken)
        walked = search.set_route(v, (*search.tables.prefix[v], *rest))
        while walked.broken:
            walked = _without_worst(search, v)
        kept = {s // 2 for s in walked.stops[len(search.tables.prefix[v]) :]}
        taken |= kept
        search.open -= kept


def _usable(search: Search, v: int, stops: Sequence[int], taken: set[int]) -> list[int]:
    tables = search.tables
    promised = set(tables.prefix[v])
    last = {s: at for at, s in enumerate(stops)}
    usable: list[int] = []
    for at, s in enumerate(stops):
        r = s // 2
        if s in promised or last[s] != at or r in taken or not tables.allowed[r, v]:
            continue
        if search.dropoff_only[r]:
            whole = s % 2 == 1
        else:
            whole = not tables.pledged[r] and last.get(2 * r, FORBIDDEN) < last.get(2 * r + 1, -1)
        if whole:
            usable.append(s)
    return usable


def _without_worst(search: Search, v: int) -> Walk:
    """The route without the one request whose leaving breaks least, then costs least."""
    route = search.routes[v]
    first = len(search.tables.prefix[v])
    leaving = sorted({s // 2 for s in route.stops[first:]})

    def damage(request: int) -> tuple[int, int, int]:
        tried = walk(search.tables, v, (*route.stops[:first], *_others(route.stops[first:], request)))
        return len(tried.broken), tried.cost, request

    worst = min(leaving, key=damage)
    return search.set_route(v, (*route.stops[:first], *_others(route.stops[first:], worst)))


def _others(stops: Iterable[int], request: int) -> tuple[int, ...]:
    return tuple(s for s in stops if s // 2 != request)
