"""How long trucks will queue: the running plan played through the docks, and remembered from decision to decision."""

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from homeward.benchmarks.dpdp.model import DOCKING_S, HANDLING_S_PER_QUARTER, Roads, Route, View

# What a wait counts for falls by two thirds with each so many seconds that it lies ahead: later plans will change.
FADING_S = 7_200
# Of the old forecast and the new one.
MEMORY = 0.5


class Forecast:
    """Seconds that a truck waits for a dock at each factory."""

    def __init__(self, roads: Roads) -> None:
        self._roads = roads
        self.wait_s: npt.NDArray[np.float64] = np.zeros(len(roads.factories))

    def learn(self, view: View, routes: Sequence[Route]) -> None:
        """Play the routes through the docks as they are now, first come first served."""
        met = _waits(self._roads, view, routes)
        new = np.zeros_like(self.wait_s)
        for factory, waits in met.items():
            weights = [np.exp(-max(0, ahead) / FADING_S) for ahead, _ in waits]
            new[factory] = np.average([waited for _, waited in waits], weights=weights)
        self.wait_s = MEMORY * self.wait_s + (1 - MEMORY) * new


def _waits(roads: Roads, view: View, routes: Sequence[Route]) -> Mapping[int, list[tuple[int, int]]]:
    """Per factory, for each visit: how far ahead it lies, and how long its truck waits."""
    docks = {factory: list(free_at) for factory, free_at in view.docks_free_at.items()}
    quarters = {item.id: item.quarters for item in view.items().values()}
    travel_s = roads.travel_s
    arrivals = [
        (truck.free_at + (0 if truck.under_way else int(travel_s[truck.place, route[0].factory])), number, 0)
        for number, (truck, route) in enumerate(zip(view.trucks, routes, strict=True))
        if route
    ]
    heapq.heapify(arrivals)
    met: dict[int, list[tuple[int, int]]] = defaultdict(list)
    while arrivals:
        at, number, place = heapq.heappop(arrivals)
        visit = routes[number][place]
        free_at = docks.setdefault(visit.factory, [0] * roads.docks[visit.factory])
        waited = max(0, free_at[0] - at)
        handled = sum(quarters[item] for item in (*visit.unload, *visit.load))
        leaves_at = at + waited + DOCKING_S + HANDLING_S_PER_QUARTER * handled
        heapq.heapreplace(free_at, leaves_at)
        met[visit.factory].append((at - view.now, waited))
        if place + 1 < len(routes[number]):
            next_factory = routes[number][place + 1].factory
            heapq.heappush(arrivals, (leaves_at + int(travel_s[visit.factory, next_factory]), number, place + 1))
    return met
