"""Our policy: the engine plans all trucks anew every ten minutes, and only what cannot wait is told to them.

Four things are added to what the engine knows. Queues at docks are forecast from the running plan and enter as set-up
times (`forecast`). A truck's second and a second of queueing have prices, for orders still to come (`Prices`). Lots
that go the same way are planned as one (`bundles`). Trucks wait for company while the promises allow (`release`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from homeward.benchmarks.dpdp.bundles import bundled, stacked
from homeward.benchmarks.dpdp.forecast import Forecast
from homeward.benchmarks.dpdp.lots import Call, Calls, Lot, Lots, visits_of
from homeward.benchmarks.dpdp.model import QUARTERS_PER_PALLET, Roads, Route, Truck, View
from homeward.benchmarks.dpdp.planning import Fleet, Prices, task_of
from homeward.benchmarks.dpdp.release import may_wait, told, tour_of
from homeward.dispatch import engine

# Of the old share of busy trucks and the new one.
MEMORY = 0.7


@dataclass(frozen=True, slots=True)
class Settings:
    """How far the policy looks ahead, and how long the engine may search.

    Parameters
    ----------
    rounds
        Ruin and recreate rounds per decision.
    margin_s
        Slack that a waiting truck keeps, when trucks are plenty and when all are busy: what a late change of plan, a
        queue, or a truck that is missing later may cost.
    truck_s, queue_s
        Highest prices (`Prices`) of a truck's second, when all are busy, and of a second of queueing.
    busy_from
        Share of busy trucks from which a truck's second has a price.
    bundle_quarters, bundle_apart_s
        Lots are planned as one up to this size, and if their promises lie no further apart.
    """

    rounds: int = 1_000
    margin_s: tuple[int, int] = (1_800, 5_400)
    truck_s: float = 0.5
    queue_s: float = 2.0
    busy_from: float = 0.6
    bundle_quarters: int = 5 * QUARTERS_PER_PALLET
    bundle_apart_s: int = 1_800


class Anticipation:
    """The policy; it remembers its plan and its forecast from one decision to the next."""

    def __init__(self, roads: Roads, trucks: Sequence[Truck], settings: Settings | None = None) -> None:
        self._fleet = Fleet(roads, tuple(trucks))
        self._room = min(truck.quarters for truck in trucks)
        self._settings = settings or Settings()
        self._running: list[Calls] = [() for _ in trucks]
        self._forecast = Forecast(roads)
        self._busy = 0.0

    def decide(self, view: View) -> Sequence[Route]:
        self._busy = MEMORY * self._busy + (1 - MEMORY) * _busy(view)
        lots = Lots(view, self._room)
        stacks = [lots.of(truck.stack) for truck in view.trucks]
        self._running = self._plan(view, lots, stacks)
        routes = [visits_of(calls, truck.heading_to) for calls, truck in zip(self._running, view.trucks, strict=True)]
        self._forecast.learn(view, routes)
        routes = self._release(view, stacks)
        self._note_overdue(view, routes, lots)
        return routes

    def _plan(self, view: View, lots: Lots, stacks: Sequence[Sequence[Lot]]) -> list[Calls]:
        settings = self._settings
        waiting = bundled(lots.waiting, settings.bundle_quarters, settings.bundle_apart_s)
        task = task_of(
            self._fleet,
            view.trucks,
            waiting,
            [stacked(stack) for stack in stacks],
            self._forecast.wait_s,
            Prices(truck_s=settings.truck_s * self._pressure(), queue_s=settings.queue_s),
        )
        plan = engine.plan(
            task.problem, seed=view.now, iterations=settings.rounds, warm_start=task.warm_start(self._running)
        )
        assert not plan.unassigned, "a truck can always be sent later"
        return task.calls_of(plan)

    def _release(self, view: View, stacks: Sequence[Sequence[Lot]]) -> list[Route]:
        """What each truck is told: the whole way to its last unloading, or nothing yet."""
        routes: list[Route] = []
        for number, (truck, calls, stack) in enumerate(zip(view.trucks, self._running, stacks, strict=True)):
            on_board = len(stack), sum(lot.quarters for lot in stack)
            tour = tour_of(truck, calls, on_board, self._fleet.roads, self._forecast.wait_s)
            waits = may_wait(truck, tour, self._fleet.trucks[number].quarters, self._margin_s(), view.now)
            routes.append(() if waits else told(truck, calls, tour))
        return routes

    def _note_overdue(self, view: View, routes: list[Route], lots: Lots) -> None:
        """Add to `routes` what is overdue and in none of them: the competition wants it in somebody's orders.

        It goes to the end of a long route, where it can be changed again in time; if there is none, its own truck
        leaves at once.
        """
        overdue = [lot for lot in lots.waiting if lot.order.promised_by < view.now]
        for lot in overdue:
            if any(lot.id in visit.load for route in routes for visit in route):
                continue
            keeper = max(range(len(routes)), key=lambda number: len(routes[number]))
            if len(routes[keeper]) > 1:
                routes[keeper] += visits_of([Call(lot, loads=True), Call(lot, loads=False)])
            else:
                own = next(n for n, calls in enumerate(self._running) if any(call.lot.id == lot.id for call in calls))
                routes[own] = visits_of(self._running[own], view.trucks[own].heading_to)

    def _pressure(self) -> float:
        """0 while trucks are plenty, 1 when all are busy."""
        settings = self._settings
        return max(0.0, (self._busy - settings.busy_from) / (1 - settings.busy_from))

    def _margin_s(self) -> int:
        least, most = self._settings.margin_s
        return round(least + (most - least) * self._pressure())


def _busy(view: View) -> float:
    """Share of trucks that are on their way, at a dock or loaded."""
    busy = [truck.heading_to is not None or bool(truck.stack) or truck.free_at > view.now for truck in view.trucks]
    return sum(busy) / len(busy)
