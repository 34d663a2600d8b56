"""The routes being worked on, and the best insertion of every request into each of them, kept up to date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

import numpy as np
import numpy.typing as npt

from homeward.dispatch.engine.problem import IntArray
from homeward.dispatch.engine.scan import BITS, FORBIDDEN, scan
from homeward.dispatch.engine.tables import Tables
from homeward.dispatch.engine.walk import Walk, walk

_NOT_ALLOWED = 2 * FORBIDDEN - 1  # above every broken limit: the pair itself is ruled out


class Search:
    """A set of routes that never breaks a hard limit.

    `routes[v]` is a finished walk and never changes; a new route replaces it. Its version says which route
    it is, so that what was learned about a route is still known after a change was taken back.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        vehicles = range(len(tables.problem.vehicles))
        requests = len(tables.problem.requests)
        self._versions = count()
        self.routes: list[Walk] = [walk(tables, v, tables.prefix[v]) for v in vehicles]
        self.version = np.array([next(self._versions) for _ in vehicles], dtype=np.int64)
        self._known = np.full((requests, len(vehicles)), -1, dtype=np.int64)
        self._added = np.full((requests, len(vehicles)), _NOT_ALLOWED, dtype=np.int64)
        self._pickup_at = np.zeros((requests, len(vehicles)), dtype=np.int64)
        self._dropoff_at = np.zeros((requests, len(vehicles)), dtype=np.int64)
        # Only drop-offs behind the prefix can move: those of parcels on board or picked up within it.
        promised = {s for prefix in tables.prefix for s in prefix}
        self.dropoff_only = [tables.pledged[r] and 2 * r + 1 not in promised for r in range(requests)]
        done = {s // 2 for s in promised if s % 2 == 1}
        self.open = {r for r in range(requests) if r not in done}

    @property
    def cost(self) -> int:
        return sum(route.cost for route in self.routes) + self.left_open_cost

    @property
    def left_open_cost(self) -> int:
        return int(sum(self.tables.open_cost[r] for r in self.open))

    def set_route(self, v: int, stops: Sequence[int]) -> Walk:
        """Give vehicle `v` a new route; the caller keeps `open` in step."""
        self.routes[v] = walk(self.tables, v, stops)
        self.version[v] = next(self._versions)
        return self.routes[v]

    def added(self, requests: IntArray, nearest: int | None = None) -> IntArray:
        """Exact cost of each request's best insertion into each route, shape (requests, vehicles).

        At or above `FORBIDDEN` where no insertion is possible. With `nearest`, only that many vehicles per
        request are asked again, those that were cheapest when last asked; unknown ones count as impossible.
        """
        stale = (self._known[requests] != self.version) & self.tables.allowed[requests]
        if nearest is not None and nearest < len(self.routes):
            last_known = self._added[requests]
            worth = last_known <= np.partition(last_known, nearest - 1, axis=1)[:, nearest - 1 : nearest]
            skipped = stale & ~worth
            stale &= worth
            self._refresh(requests, stale)
            return np.where(skipped, _NOT_ALLOWED, self._added[requests])
        self._refresh(requests, stale)
        return self._added[requests]

    def _refresh(self, requests: IntArray, stale: npt.NDArray[np.bool_]) -> None:
        for v in np.flatnonzero(stale.any(axis=0)):
            self._learn(int(v), requests[stale[:, v]])

    def insert(self, request: int, v: int) -> Walk:
        """Put the request where `added` found it best."""
        self.open.discard(request)
        return self.set_route(v, self.with_request(request, v))

    def with_request(self, request: int, v: int) -> tuple[int, ...]:
        """The route's stops with the request where `added` found it best, or least impossible."""
        stops = self.routes[v].stops
        i, j = int(self._pickup_at[request, v]), int(self._dropoff_at[request, v])
        pickup = () if self.dropoff_only[request] else (2 * request,)
        return (*stops[:i], *pickup, *stops[i:j], 2 * request + 1, *stops[j:])

    def remove(self, requests: Iterable[int]) -> bool:
        """Take requests out of their routes. False if a route breaks without them, which needs roads where
        a detour is shorter than the direct way; the caller then goes back."""
        gone = set(requests)
        self.open |= gone
        whole = True
        for v, route in enumerate(self.routes):
            first = len(self.tables.prefix[v])
            kept = [s for s in route.stops[first:] if s // 2 not in gone]
            if len(kept) + first < len(route.stops):
                whole &= not self.set_route(v, (*route.stops[:first], *kept)).broken
        return whole

    def save(self) -> tuple[list[Walk], IntArray, set[int]]:
        return list(self.routes), self.version.copy(), set(self.open)

    def restore(self, saved: tuple[list[Walk], IntArray, set[int]]) -> None:
        routes, version, still_open = saved
        self.routes, self.version, self.open = list(routes), version.copy(), set(still_open)

    def _learn(self, v: int, requests: IntArray) -> None:
        single = np.array([self.dropoff_only[r] for r in requests], dtype=np.bool_)
        pairs = requests[~single]
        if len(pairs):
            found = scan(self.tables, self.routes[v], pairs)
            self._added[pairs, v] = found.added
            self._pickup_at[pairs, v] = found.pickup_at
            self._dropoff_at[pairs, v] = found.dropoff_at
        for r in requests[single]:
            self._learn_dropoff(v, int(r))
        self._known[requests, v] = self.version[v]

    def _learn_dropoff(self, v: int, request: int) -> None:
        """A drop-off alone has few positions, and only on its own vehicle: each is simply walked."""
        base = self.routes[v]
        best: tuple[int, int] | None = None
        for at in range(len(self.tables.prefix[v]), len(base.stops) + 1):
            tried = walk(self.tables, v, (*base.stops[:at], 2 * request + 1, *base.stops[at:]))
            bits = 0
            for broken in tried.broken:
                bits |= BITS[broken.limit]
            added = FORBIDDEN + bits if bits else tried.cost - base.cost
            if best is None or added < best[0]:
                best = (added, at)
        assert best is not None  # there is always the position at the end
        self._added[request, v], at = best
        self._pickup_at[request, v] = self._dropoff_at[request, v] = at
