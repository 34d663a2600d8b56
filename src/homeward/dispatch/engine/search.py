"""A running search: the compiled problem, the routes, and the steps that change them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from homeward.dispatch.engine.compile_problem import compile_problem, stop_key, stop_number
from homeward.dispatch.engine.kernels.anneal import anneal
from homeward.dispatch.engine.kernels.change import (
    back_to_best,
    begin_round,
    keep_best,
    mark_gone,
    take_out,
    undo_round,
)
from homeward.dispatch.engine.kernels.insertion import closest_miss, learn
from homeward.dispatch.engine.kernels.recreate import AS_LISTED, EARLY_FIRST, recreate
from homeward.dispatch.engine.kernels.start import mend, settle
from homeward.dispatch.engine.kernels.state import ABSENT, FORBIDDEN, State, new_state, total_cost
from homeward.dispatch.engine.kernels.tables import Tables
from homeward.dispatch.engine.problem import Problem, StopKey

# A route can hold at least so many stops; small problems leave room for all of them on one.
_LONGEST: Final = 512
_MOST_CELLS: Final = 4_000_000
# Rounds at one temperature where their number is given; else as many as take about this share of the time.
_CHUNK: Final = 50
_LOOK: Final = 0.01
# How warm a search begins and ends, as a share of a request's mean cost. Routes that were good a moment ago are
# improved at once instead of being shaken first.
_WARMEST: Final = 0.5
_WARMEST_AFTER_A_PLAN: Final = 0.05
_COOLEST: Final = 0.005
# No route ever has this version.
_UNKNOWN: Final = -1


@dataclass(frozen=True, slots=True)
class Deadline:
    """When to stop: after `seconds` by a clock that the caller hands in (`time.thread_time`, `time.monotonic`)."""

    seconds: float
    clock: Callable[[], float]

    def started(self) -> Callable[[], float]:
        """From now on it tells the share of the time that is over, from 0 to 1 and beyond."""
        began = self.clock()
        return lambda: (self.clock() - began) / self.seconds


class Search:
    """Routes that never break a hard limit, except where only pledged requests are on them."""

    def __init__(self, problem: Problem, *, seed: int = 0, tables: Tables | None = None) -> None:
        self.problem = problem
        self.tables = compile_problem(problem) if tables is None else tables
        self.state: State = new_state(self.tables, _longest(problem), seed)
        self._write([[] for _ in problem.vehicles])

    @property
    def cost(self) -> int:
        return total_cost(self.tables, self.state)

    @property
    def open(self) -> list[int]:
        """Requests on no route, in order."""
        return sorted(int(r) for r in self.state.request.absent[: self.state.counts[ABSENT]])

    def stops(self, v: int) -> list[int]:
        return [int(stop) for stop in self.state.at.stop[v, : self.state.route[v].length]]

    def routes(self) -> list[tuple[StopKey, ...]]:
        return [tuple(stop_key(stop) for stop in self.stops(v)) for v in range(len(self.problem.vehicles))]

    def start_from(self, routes: Sequence[Sequence[StopKey]]) -> None:
        """Take over given routes, as far as the problem still permits them; the rest stays open.

        The prefix always comes first. Dropped are requests that this vehicle may not carry (any more), pairs that
        are not whole, and then, while a route breaks a hard limit, the request whose leaving mends most.
        """
        taken: set[int] = set()
        self._write([self._usable(v, [stop_number(key) for key in route], taken) for v, route in enumerate(routes)])
        mend(self.tables, self.state)

    def insert_open(self) -> None:
        """Every open request where it is cheapest. What is pledged goes first, so that new work is weighed against
        routes that already do it, and what lies on top before what lies below."""
        self.insert_pledged()
        recreate(self.tables, self.state, EARLY_FIRST, 0.0, False)

    def insert_left_open(self) -> None:
        """Ask every vehicle once more for what is still open, what is pledged first, and without the shortcuts that
        the triangle inequality permits: where a direct road is longer than a way round, they overlook good places.

        This comes after the deadline, and for all that is open: who explains why it stays so asks the same anyway,
        and is answered from here.
        """
        self.state.best["known"][self.open] = _UNKNOWN
        self.insert_pledged()
        recreate(self.tables, self.state, EARLY_FIRST, 0.0, True)

    def insert_pledged(self, *, but: int = -1) -> None:
        """What is on board or promised and has no place yet, except one; what is not pledged stays open."""
        pledged = [r for r in self._pledged_open() if r != but]
        others = sorted(set(self.open) - set(pledged))
        self._set_absent(pledged)
        recreate(self.tables, self.state, AS_LISTED, 0.0, True)
        self._set_absent([*self.open, *others])

    def added(self, r: int, v: int) -> int:
        """What the best insertion adds; at or above `FORBIDDEN` where there is none."""
        return learn(self.tables, self.state, r, v, FORBIDDEN, True)

    def closest_miss(self, r: int, v: int) -> list[int]:
        """The stops of the least impossible route of `v` with `r` in it."""
        closest_miss(self.tables, self.state, r, v)
        trial = len(self.problem.vehicles)
        return [int(stop) for stop in self.state.at.stop[trial, : self.state.route[trial].length]]

    def with_request(self, r: int, v: int) -> list[int]:
        """The route's stops with the request where `added` found it best."""
        stops = self.stops(v)
        i, j = int(self.state.best[r, v].pickup_at), int(self.state.best[r, v].dropoff_at)
        pickup = [] if self.tables.request[r].single else [2 * r]
        return [*stops[:i], *pickup, *stops[i:j], 2 * r + 1, *stops[j:]]

    def remove(self, requests: Iterable[int]) -> None:
        begin_round(self.state)
        routes: set[int] = set()
        for r in requests:
            if self.state.request[r].vehicle >= 0:
                mark_gone(self.state, r)
                routes.add(int(self.state.request[r].vehicle))
        for v in sorted(routes):
            take_out(self.tables, self.state, v)

    def undo(self) -> None:
        """The routes as they were before the last `remove`."""
        undo_round(self.tables, self.state)

    def improve(
        self, *, iterations: int | None, elapsed: Callable[[], float] | None = None, warm: bool = False
    ) -> None:
        """Ruin and recreate until the rounds are done or the time is over; then the best routes seen.

        `elapsed` tells the share of the time that is over; without it the result depends on no clock. `warm`: the
        routes are worth keeping near to.
        """
        tables, state = self.tables, self.state
        if not len(tables.request) or not len(tables.vehicle) or iterations == 0:
            return
        best = total_cost(tables, state)
        keep_best(state)
        warmest = self._mean_request_cost() * (_WARMEST_AFTER_A_PLAN if warm else _WARMEST)
        cooling = self._mean_request_cost() * _COOLEST / warmest
        began = spent = elapsed() if elapsed else 0.0
        done, chunk, progress = 0, _CHUNK if iterations is not None else 1, 0.0
        while progress < 1.0:
            rounds = chunk if iterations is None else min(chunk, iterations - done)
            best = anneal(tables, state, best, rounds, warmest * cooling**progress, 1.0)
            done += rounds
            progress = done / iterations if iterations is not None else 0.0
            if elapsed:
                before, spent = spent, elapsed()
                progress = max(progress, (spent - began) / max(1.0 - began, 1e-9))
                if iterations is None:
                    # A round takes microseconds or milliseconds, a look at the clock about the same.
                    chunk = max(1, min(2 * chunk, int(rounds * _LOOK / max(spent - before, 1e-9))))
        back_to_best(tables, state)

    def _mean_request_cost(self) -> float:
        """Cost of the routes beyond the fixed ones, by request served."""
        used = self.state.route["length"][:-1] > 0
        moving = int(self.state.route["cost"][:-1].sum()) - int(self.tables.vehicle["cost_fixed"][used].sum())
        served = len(self.tables.request) - int(self.state.counts[ABSENT])
        return max(1.0, moving / max(1, served))

    def _pledged_open(self) -> list[int]:
        """Open pledged requests; on one vehicle what lies on top comes first."""
        depth = {int(r): at for at, r in enumerate(self.tables.aboard)}
        return sorted((r for r in self.open if self.tables.request[r].pledged), key=lambda r: (-depth.get(r, 0), r))

    def _usable(self, v: int, stops: Sequence[int], taken: set[int]) -> list[int]:
        tables = self.tables
        promised = {stop_number(key) for key in self.problem.vehicles[v].prefix}
        last = {s: at for at, s in enumerate(stops)}
        usable: list[int] = []
        for at, s in enumerate(stops):
            r = s // 2
            if s in promised or last[s] != at or r in taken or not tables.pair[r, v].allowed:
                continue
            if tables.request[r].single:
                whole = s % 2 == 1
            else:
                whole = not tables.request[r].pledged and last.get(2 * r, len(stops)) < last.get(2 * r + 1, -1)
            if whole:
                usable.append(s)
        taken |= {s // 2 for s in usable}
        room = self.state.at.shape[1] - 1 - len(promised)
        return usable if len(usable) <= room else []

    def _write(self, routes: Sequence[Sequence[int]]) -> None:
        for v, route in enumerate(routes):
            stops = [*(stop_number(key) for key in self.problem.vehicles[v].prefix), *route]
            self.state.at.stop[v, : len(stops)] = stops
            self.state.route[v].length = len(stops)
        settle(self.tables, self.state)

    def _set_absent(self, requests: Sequence[int]) -> None:
        self.state.request.absent[: len(requests)] = requests
        self.state.counts[ABSENT] = len(requests)


def _longest(problem: Problem) -> int:
    """Stops that fit on one route."""
    everything = 2 * len(problem.requests)
    prefix = max((len(vehicle.prefix) for vehicle in problem.vehicles), default=0)
    if everything * len(problem.vehicles) <= _MOST_CELLS:
        return max(1, everything)
    return min(everything, max(_LONGEST, prefix + 2))
