"""The two phases of a classic search, by rounds or by the clock: fewer vehicles first, then fewer metres."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from homeward.dispatch.engine.classic.absence import drop_route, place_absent
from homeward.dispatch.engine.classic.anneal import anneal
from homeward.dispatch.engine.classic.ejection import eject_and_insert
from homeward.dispatch.engine.classic.recognise import tables_of
from homeward.dispatch.engine.classic.recreate import insert_all
from homeward.dispatch.engine.classic.route import back_to_best, keep_best
from homeward.dispatch.engine.classic.state import ABSENT, USED, State, metres, new_state
from homeward.dispatch.engine.classic.tables import Tables
from homeward.dispatch.engine.classic.toll import Toll
from homeward.dispatch.engine.problem import Problem

# The share of the search that may go into saving vehicles: more for more requests, which find it harder.
_FLEET_SHARE: Final = 0.15
_FLEET_SHARE_BY_REQUEST: Final = 1 / 500
_FLEET_SHARE_AT_MOST: Final = 0.55
# Rounds between two looks at the clock.
_CHUNK: Final = 200
# So many rounds by request until an attempt to save a vehicle begins again from a shuffled plan.
_PATIENCE: Final = 60
# After so many chunks of absence rounds come so many forced insertions, with so many shakes after each.
_EVERY: Final = 5
_FORCED: Final = 40
_SHAKES: Final = 20
# So many rounds by request are one annealing; where there is time for half as many again, the next begins from the best
# plan. Long ones pay more than many.
_CYCLE: Final = 10_000
# A toll that nobody pays.
_NO_LEAVING: Final = 1e18
# How warm a search is, as a share of the mean way between two stops: while saving vehicles, at the beginning of an
# annealing, and at its end.
_FLEET_WARMTH: Final = 1.0
_WARMEST: Final = 3.0
_COOLEST: Final = 0.01
# Stops in a ruin on average, the longest string, and how often a route is overlooked.
_MEAN_STOPS: Final = 10.0
_SHAKEN_STOPS: Final = 5.0
_LONGEST: Final = 10.0
_BLINK: Final = 0.01


@dataclass(slots=True)
class Progress:
    """How much of a search is done, from 0 to 1: by rounds, by elapsed time, or by whichever is further."""

    rounds: int | None
    elapsed: Callable[[], float] | None
    done: int = field(default=0, init=False)

    def share(self) -> float:
        by_rounds = 1.0 if self.rounds == 0 else self.done / self.rounds if self.rounds else 0.0
        return max(by_rounds, self.elapsed() if self.elapsed else 0.0)

    def left(self) -> float:
        """How many rounds are still to come, as far as can be told from the pace so far."""
        if self.rounds is not None and self.elapsed is None:
            return max(0, self.rounds - self.done)
        share = max(self.share(), 1e-6)
        return self.done / share * (1.0 - min(1.0, share))

    def chunk(self) -> int:
        """Rounds to do before the next look; never more than are left."""
        return _CHUNK if self.rounds is None else max(1, min(_CHUNK, self.rounds - self.done))


class ClassicSearch:
    """One search on a problem that `is_classic`. Without a plan if some request cannot be served at all."""

    def __init__(self, problem: Problem, *, seed: int, tables: Tables | None = None) -> None:
        self.tables = tables_of(problem) if tables is None else tables
        self.state: State = new_state(self.tables, len(problem.vehicles), seed)
        self.served_all = insert_all(self.tables, self.state)
        if self.served_all:
            keep_best(self.state)

    @property
    def rank(self) -> tuple[int, int]:
        """Vehicles, then metres: the lower the better."""
        return int(self.state.counts[USED]), metres(self.state)

    def stops(self) -> list[list[int]]:
        """Stop numbers by vehicle, of the best plan seen."""
        lengths = self.state.route.best_length[:-1]
        return [[int(stop) for stop in self.state.at.best_stop[v, 1 : 1 + n]] for v, n in enumerate(lengths)]

    def improve(self, progress: Progress) -> None:
        """Both phases, one after the other; the best plan seen is then the plan."""
        self._save_vehicles(progress)
        self._save_metres(progress)
        back_to_best(self.tables, self.state)

    def _save_vehicles(self, progress: Progress) -> None:
        """Take routes away one by one as long as the rest can take in their requests.

        Whether an attempt succeeds soon is mostly luck: who is stuck begins again from a shuffled plan, with twice
        the patience.
        """
        tables, state = self.tables, self.state
        patience = _PATIENCE * tables.requests
        limit = min(_FLEET_SHARE_AT_MOST, _FLEET_SHARE + _FLEET_SHARE_BY_REQUEST * tables.requests)
        while progress.share() < limit and state.counts[USED] > 1:
            warmth = _FLEET_WARMTH * self._mean_way()
            drop_route(tables, state)
            if self._place_all(progress, patience, warmth, limit):
                keep_best(state)
                patience = _PATIENCE * tables.requests
                continue
            back_to_best(tables, state)
            self._shake(progress, 2.0 * warmth)
            patience *= 2
        back_to_best(tables, state)

    def _place_all(self, progress: Progress, patience: int, warmth: float, limit: float) -> bool:
        stop_at = progress.done + patience
        while progress.share() < limit and progress.done < stop_at:
            rounds = progress.chunk()
            if place_absent(self.tables, self.state, rounds, warmth, _MEAN_STOPS, _LONGEST, _BLINK):
                return True
            progress.done += rounds
            if progress.done // _CHUNK % _EVERY == 0:
                if eject_and_insert(self.tables, self.state, _FORCED, _SHAKES, warmth, _SHAKEN_STOPS):
                    return True
                progress.done += _FORCED
        return False

    def _shake(self, progress: Progress, warmth: float) -> None:
        """Some rounds so warm that the next attempt begins elsewhere; the plan stays whole."""
        rounds, state = progress.chunk(), self.state
        anneal(self.tables, state, metres(state), rounds, warmth, _NO_LEAVING, _MEAN_STOPS, _LONGEST, _BLINK)
        progress.done += rounds

    def _save_metres(self, progress: Progress) -> None:
        """Anneal with the vehicles there are, ever cooler; where there is time for it, again from the best plan."""
        tables, state = self.tables, self.state
        way, begun = self._mean_way(), progress.share()
        best = metres(state)
        cycles = max(1, round(progress.left() / (_CYCLE * tables.requests)))
        for cycle in range(cycles):
            first = begun + (1.0 - begun) * cycle / cycles
            last = begun + (1.0 - begun) * (cycle + 1) / cycles
            toll = Toll(state)
            back_to_best(tables, state)
            while (share := progress.share()) < last:
                cooled = max(0.0, (share - first) / (last - first))
                warmth = way * _WARMEST * (_COOLEST / _WARMEST) ** cooled
                rounds, per_absence = progress.chunk(), toll.per_absence(way)
                best = anneal(tables, state, best, rounds, warmth, per_absence, _MEAN_STOPS, _LONGEST, _BLINK)
                progress.done += rounds
                if toll.look(whole=state.counts[ABSENT] == 0, cooled=cooled):
                    back_to_best(tables, state)

    def _mean_way(self) -> float:
        return max(1.0, metres(self.state) / (2 * self.tables.requests))


def solve(
    problem: Problem,
    *,
    seed: int,
    iterations: int | None,
    elapsed: Callable[[], Callable[[], float]] | None,
    threads: int,
) -> list[list[int]] | None:
    """Stop numbers by vehicle; None if some request cannot be served at all.

    Parameters
    ----------
    problem
        One that `is_classic`.
    seed, iterations, threads
        As in `plan`.
    elapsed
        Starts a clock in the thread that calls it; what it returns tells the share of the time that is over, from 0
        to 1. None: no deadline.
    """
    tables = tables_of(problem)

    def run(number: int) -> ClassicSearch:
        progress = Progress(iterations, elapsed() if elapsed else None)
        search = ClassicSearch(problem, seed=seed + number, tables=tables)
        if search.served_all:
            search.improve(progress)
        return search

    if threads == 1:
        best = run(0)
    else:
        with ThreadPoolExecutor(threads) as pool:
            best = min(pool.map(run, range(threads)), key=lambda search: search.rank)
    return best.stops() if best.served_all else None
