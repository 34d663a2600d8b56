"""The engine's doors: `plan`, `evaluate` and `candidates`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from homeward.dispatch.engine.construct import insert_all, start_from
from homeward.dispatch.engine.improve import improve
from homeward.dispatch.engine.plan import Candidate, Plan, Unassigned
from homeward.dispatch.engine.problem import Problem, StopKey
from homeward.dispatch.engine.refusals import (
    broken_by_routes,
    candidates_of,
    fixed_candidate,
    pair_refusal,
    why_open,
)
from homeward.dispatch.engine.report import report, routes_from
from homeward.dispatch.engine.search import Search
from homeward.dispatch.engine.tables import compile_tables

Routes = Sequence[Sequence[StopKey]]


def plan(problem: Problem, *, seed: int = 0, iterations: int = 20, warm_start: Routes | None = None) -> Plan:
    """Routes for all vehicles that serve as much as possible at the least cost found.

    Parameters
    ----------
    problem
        What is to be planned; it is not changed.
    seed, iterations
        Together with the problem and the warm start they decide the plan completely; no clock does.
        0 iterations: insertion only, the fast answer.
    warm_start
        Stop orders by vehicle (`Plan.keys()` of an earlier plan, re-indexed). What the problem no longer
        permits is taken out and inserted again. If they break nothing, the plan is never dearer than they are.

    Returns
    -------
    Plan
        Breaks no hard limit; `unassigned` tells for every open request what refused it on each vehicle.

    Raises
    ------
    ValueError
        If `warm_start` has not one route per vehicle.
    """
    search = Search(compile_tables(problem))
    if warm_start is not None:
        _check_count(problem, warm_start)
        start_from(search, warm_start)
    # What is on board comes off first, so that new work is weighed against routes that already do that.
    insert_all(search, [r for r in search.open if r in problem.pledged_to], depth=1)
    insert_all(search, search.open)
    improve(search, iterations=iterations, rng=np.random.default_rng(seed))
    insert_all(search, search.open)
    return report(search.tables, search.routes, [_unassigned(search, r) for r in sorted(search.open)])


def _unassigned(search: Search, request: int) -> Unassigned:
    return Unassigned(request, why_open(search.tables, candidates_of(search, request), request))


def evaluate(problem: Problem, routes: Routes) -> Plan:
    """Times, loads and costs of given routes, and the hard limits they break.

    Raises
    ------
    ValueError
        If the routes cannot be driven at all: not one per vehicle, a stop twice, a drop-off without or before
        its pickup, a prefix not kept, or a pledged request on another vehicle.
    """
    _check_count(problem, routes)
    tables = compile_tables(problem)
    walks = routes_from(tables, routes)
    served = {s // 2 for route in walks for s in route.stops if s % 2 == 1}
    missing = [r for r in range(len(problem.requests)) if r not in served]
    return report(tables, walks, [Unassigned(r, ()) for r in missing], broken_by_routes(tables, walks))


def candidates(problem: Problem, request: int, routes: Routes | None = None) -> tuple[Candidate, ...]:
    """What every vehicle would make of one request: its best insertion, or the limit that refuses it.

    Parameters
    ----------
    problem
        The moment to ask about.
    request
        Index of the request.
    routes
        What the vehicles do otherwise (`Plan.keys()`); the request itself is taken out of it first.
        None: only what is pledged.

    Returns
    -------
    tuple[Candidate, ...]
        One per vehicle: the cheapest insertion first, then those that refuse, each in vehicle order.

    Raises
    ------
    ValueError
        If `routes` has not one route per vehicle, or there is no such request.
    """
    if not 0 <= request < len(problem.requests):
        raise ValueError(f"no request {request} among {len(problem.requests)}")
    search = Search(compile_tables(problem))
    if routes is not None:
        _check_count(problem, routes)
        start_from(search, routes)
    insert_all(search, [r for r in search.open if r in problem.pledged_to and r != request], depth=1)
    owner = problem.pledged_to.get(request)
    if owner is not None and not search.dropoff_only[request]:
        fixed = fixed_candidate(search.tables, request, search.routes[owner])
        others = (v for v in range(len(problem.vehicles)) if v != owner)
        return fixed, *(Candidate(v, None, pair_refusal(problem, request, v)) for v in others)
    search.remove([request])
    return tuple(sorted(candidates_of(search, request), key=_dearness))


def _dearness(candidate: Candidate) -> tuple[bool, int]:
    # The sort is stable, so the lower vehicle index stays first among equals.
    return candidate.insertion is None, candidate.insertion.added.total if candidate.insertion else 0


def _check_count(problem: Problem, routes: Routes) -> None:
    if len(routes) != len(problem.vehicles):
        raise ValueError(f"{len(routes)} routes for {len(problem.vehicles)} vehicles")
