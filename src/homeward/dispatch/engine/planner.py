"""The engine's doors: `plan`, `evaluate` and `candidates`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from homeward.dispatch.engine.account import Accountant
from homeward.dispatch.engine.classic.recognise import is_classic
from homeward.dispatch.engine.classic.search import solve as classic_search
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
from homeward.dispatch.engine.search import Deadline, Search

Routes = Sequence[Sequence[StopKey]]


def plan(
    problem: Problem,
    *,
    seed: int = 0,
    iterations: int | None = 1_000,
    deadline: Deadline | None = None,
    warm_start: Routes | None = None,
    threads: int = 1,
) -> Plan:
    """Routes for all vehicles that serve as much as possible at the least cost found.

    Parameters
    ----------
    problem
        What is to be planned; it is not changed.
    seed, iterations
        Together with the problem, the warm start and `threads` they decide the plan completely, as long as no
        deadline cuts the search short. 0 iterations: insertion only, the fast answer. None: until the deadline.
    deadline
        When to stop searching, with the best plan so far. What is still open is then asked for once more and
        explained, which takes its time on top: next to nothing, unless very much is open.
    warm_start
        Stop orders by vehicle (`Plan.keys()` of an earlier plan, re-indexed). What the problem no longer
        permits is taken out and inserted again. If they break nothing, the plan is never dearer than they are.
    threads
        Searches side by side, each with its own seed, of which the best one wins; the first of equals.

    Returns
    -------
    Plan
        Breaks no hard limit; `unassigned` tells for every open request what refused it on each vehicle.

    Raises
    ------
    ValueError
        If `warm_start` has not one route per vehicle, or neither iterations nor a deadline end the search.
    """
    if iterations is None and deadline is None:
        raise ValueError("give a number of iterations, a deadline, or both")
    if warm_start is None and is_classic(problem):
        elapsed = deadline.started if deadline else None
        stops = classic_search(problem, seed=seed, iterations=iterations, elapsed=elapsed, threads=threads)
        if stops is not None:
            accountant = Accountant(problem)
            return report(accountant, [accountant.account(v, route) for v, route in enumerate(stops)], [])
    # Time counts from here. A clock of its own thread can only be read there: with several, each counts for itself.
    since_start = deadline.started() if deadline and threads == 1 else None
    first = Search(problem, seed=seed)
    if warm_start is not None:
        _check_count(problem, warm_start)

    def run(number: int) -> Search:
        elapsed = since_start or (deadline.started() if deadline else None)
        search = first if number == 0 else Search(problem, seed=seed + number, tables=first.tables)
        if warm_start is not None:
            search.start_from(warm_start)
        search.insert_open()
        search.improve(iterations=iterations, elapsed=elapsed, warm=warm_start is not None)
        search.insert_left_open()
        return search

    if threads == 1:
        best = run(0)
    else:
        with ThreadPoolExecutor(threads) as pool:
            best = min(pool.map(run, range(threads)), key=lambda search: search.cost)
    accountant = Accountant(problem)
    accounts = [accountant.account(v, best.stops(v)) for v in range(len(problem.vehicles))]
    return report(accountant, accounts, [_unassigned(best, accountant, r) for r in best.open])


def _unassigned(search: Search, accountant: Accountant, request: int) -> Unassigned:
    candidates = candidates_of(search, accountant, request)
    return Unassigned(request, why_open(search.problem, candidates, request))


def evaluate(problem: Problem, routes: Routes) -> Plan:
    """Times, loads and costs of given routes, and the hard limits they break.

    Raises
    ------
    ValueError
        If the routes cannot be driven at all: not one per vehicle, a stop twice, a drop-off without or before
        its pickup, a prefix not kept, or a pledged request on another vehicle.
    """
    _check_count(problem, routes)
    accountant = Accountant(problem)
    accounts = routes_from(accountant, routes)
    served = {s // 2 for route in accounts for s in route.stops if s % 2 == 1}
    missing = [r for r in range(len(problem.requests)) if r not in served]
    broken = broken_by_routes(problem, accounts)
    return report(accountant, accounts, [Unassigned(r, ()) for r in missing], broken)


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
    search, accountant = _asked(problem, routes), Accountant(problem)
    search.insert_pledged(but=request)
    owner = problem.pledged_to.get(request)
    if owner is not None and not search.tables.request[request].single:
        fixed = fixed_candidate(accountant, request, accountant.account(owner, search.stops(owner)))
        others = (v for v in range(len(problem.vehicles)) if v != owner)
        return fixed, *(Candidate(v, None, pair_refusal(problem, request, v)) for v in others)
    search.remove([request])
    return tuple(sorted(candidates_of(search, accountant, request), key=_dearness))


def candidates_of_each(problem: Problem, requests: Sequence[int], routes: Routes) -> dict[int, tuple[Candidate, ...]]:
    """For each of some free requests what `candidates` answers, asked against the same routes.

    Parameters
    ----------
    problem
        The moment to ask about.
    requests
        Indices of requests that are not pledged.
    routes
        What the vehicles do otherwise, one per vehicle; each request is taken out of them before it is asked.

    Raises
    ------
    ValueError
        If a request is pledged, or there is not one route per vehicle.
    """
    if any(request in problem.pledged_to for request in requests):
        raise ValueError("a pledged request has only one candidate; ask `candidates`")
    search, accountant = _asked(problem, routes), Accountant(problem)
    answers: dict[int, tuple[Candidate, ...]] = {}
    for request in requests:
        search.remove([request])
        answers[request] = tuple(sorted(candidates_of(search, accountant, request), key=_dearness))
        search.undo()
    return answers


def _asked(problem: Problem, routes: Routes | None) -> Search:
    search = Search(problem)
    if routes is not None:
        _check_count(problem, routes)
        search.start_from(routes)
    return search


def _dearness(candidate: Candidate) -> tuple[bool, int]:
    # The sort is stable, so the lower vehicle index stays first among equals.
    return candidate.insertion is None, candidate.insertion.added.total if candidate.insertion else 0


def _check_count(problem: Problem, routes: Routes) -> None:
    if len(routes) != len(problem.vehicles):
        raise ValueError(f"{len(routes)} routes for {len(problem.vehicles)} vehicles")
