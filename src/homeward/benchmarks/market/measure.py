"""One market measured: how soon there is a plan, how good it is after how long, from scratch and warm."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import thread_time
from typing import Any, Final, Protocol

from homeward.benchmarks.checker import complaints
from homeward.benchmarks.market.draw import draw
from homeward.benchmarks.market.minute import Keys, a_minute_later
from homeward.benchmarks.market.model import Load
from homeward.benchmarks.market.problem_of import problem_of
from homeward.dispatch import engine
from homeward.dispatch.engine import Plan, Problem

# Core-seconds at which the quality of a plan is looked at, besides the limit itself.
MOMENTS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
# The plan of the minute before got this share of the limit: a market that runs has been planned for a while.
_BEFORE_SHARE: Final = 0.25
# A first plan of milliseconds is measured by the median of some tries, which is steadier than one.
_TRIES_AT_FIRST_PLAN: Final = 3
_SHORT_S: Final = 1.0

Row = dict[str, Any]


class Planner(Protocol):
    """Makes a plan within so many core-seconds; None: one pass of insertion, no search."""

    def __call__(self, problem: Problem, seconds: float | None, warm_start: Keys | None) -> Plan: ...


@dataclass(frozen=True, slots=True)
class Case:
    """One market to be measured, with the longest time a plan may take."""

    couriers: int
    deliveries: int
    load: Load
    seed: int
    seconds: float

    @property
    def moments(self) -> tuple[float, ...]:
        return (*(moment for moment in MOMENTS if moment < self.seconds), self.seconds)


@dataclass(frozen=True, slots=True)
class Tried:
    """One plan: how it was started (`mode`), what it was allowed (None: insertion alone) and what it took."""

    mode: str
    seconds: float | None
    took_s: float
    plan: Plan
    memory_mb: int


def plan_with_engine(problem: Problem, seconds: float | None, warm_start: Keys | None) -> Plan:
    """The engine on one core, by the processor time of this thread."""
    if seconds is None:
        return engine.plan(problem, iterations=0, warm_start=warm_start)
    deadline = engine.Deadline(seconds, thread_time)
    return engine.plan(problem, iterations=None, deadline=deadline, warm_start=warm_start)


def measure(case: Case, planner: Planner = plan_with_engine) -> list[Row]:
    """Rows of one market, insertion first, then by mode and time; all plans are of the same minute.

    The market is drawn and planned, a minute passes as planned, and that later market is what is measured: `cold`
    starts from nothing, `warm` from what is left of the plan before. The gap is to the cheapest plan of all, which as
    a rule is one of the two that had the whole limit; the own gap is to the longest search of the same mode.
    """
    warm_up(planner)
    before = draw(seed=case.seed, couriers=case.couriers, deliveries=case.deliveries, load=case.load)
    began = thread_time()
    problem = problem_of(before)
    build_s = thread_time() - began
    earlier = planner(problem, case.seconds * _BEFORE_SHARE, None)
    faults = complaints(problem, earlier)
    later, left_of_plan = a_minute_later(before, problem, earlier, seed=case.seed)
    del problem
    problem = problem_of(later)
    tried = list(_tries(problem, planner, case.moments, left_of_plan))
    least = min(attempt.plan.costs.total for attempt in tried)
    longest = {attempt.mode: attempt.plan.costs.total for attempt in tried}  # the last of a mode had all the time
    return [
        {
            **_row(case, problem, attempt, faults),
            "gap_pct": _gap_pct(attempt, least),
            "own_gap_pct": _gap_pct(attempt, longest[attempt.mode]),
            "build_s": round(build_s, 3),
        }
        for attempt in tried
    ]


def warm_up(planner: Planner) -> None:
    """Load what was compiled, so that no figure holds it; a process of the platform does so once, at its start."""
    problem = problem_of(draw(seed=0, couriers=4, deliveries=8, load=Load.CALM))
    planner(problem, 0.01, planner(problem, None, None).keys())


def _tries(problem: Problem, planner: Planner, moments: Sequence[float], left_of_plan: Keys) -> Iterator[Tried]:
    for mode, warm_start in (("cold", None), ("warm", left_of_plan)):
        firsts = [_try(problem, planner, mode, None, warm_start)]
        while firsts[0].took_s < _SHORT_S and len(firsts) < _TRIES_AT_FIRST_PLAN:
            firsts.append(_try(problem, planner, mode, None, warm_start))
        yield sorted(firsts, key=lambda first: first.took_s)[len(firsts) // 2]
        for seconds in moments:
            # Before the first plan there is none to be better than.
            if seconds > firsts[0].took_s or seconds == moments[-1]:
                yield _try(problem, planner, mode, seconds, warm_start)


def _try(problem: Problem, planner: Planner, mode: str, seconds: float | None, warm_start: Keys | None) -> Tried:
    began = thread_time()
    plan = planner(problem, seconds, warm_start)
    return Tried(mode, seconds, thread_time() - began, plan, _peak_memory_mb())


def _gap_pct(tried: Tried, cost: int) -> float:
    return round(100 * (tried.plan.costs.total - cost) / abs(cost), 3) if cost else 0.0


def _row(case: Case, problem: Problem, tried: Tried, faults: Sequence[str]) -> Row:
    plan = tried.plan
    late_s = sum(stop.late_s for route in plan.routes for stop in route.stops)
    return {
        "couriers": case.couriers,
        "deliveries": case.deliveries,
        "load": case.load.value,
        "mode": tried.mode if tried.seconds is not None else f"{tried.mode}, insertion only",
        "seconds": tried.seconds if tried.seconds is not None else 0.0,
        "took_s": round(tried.took_s, 4),
        "cost": plan.costs.total,
        "left_open": len(plan.unassigned),
        "late_minutes": round(late_s / 60, 1),
        "feasible": not faults and not complaints(problem, plan),
        "memory_mb": tried.memory_mb,
        "decisions_per_s": round(len(problem.requests) / max(tried.took_s, 1e-6), 1),
        "seed": case.seed,
    }


def _peak_memory_mb() -> int:
    """The most this process ever held, its libraries included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kilobytes, macOS bytes.
    return peak // 2**20 if sys.platform == "darwin" else peak // 2**10
