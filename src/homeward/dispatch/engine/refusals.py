"""Why a vehicle does not take a request, in the words of `Limit` and with the numbers that decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from homeward.dispatch.engine.account import Account, Accountant, Broken
from homeward.dispatch.engine.compile_problem import open_cost
from homeward.dispatch.engine.kernels import tables as bits
from homeward.dispatch.engine.kernels.state import FORBIDDEN
from homeward.dispatch.engine.plan import Candidate, CostTerms, Insertion, Limit, Refusal
from homeward.dispatch.engine.problem import Problem
from homeward.dispatch.engine.search import Search

# The kernels' order of limits: what is tied to the parcel weighs most.
WEIGHT: Final = {
    Limit.SHIFT_END: bits.SHIFT_END,
    Limit.MAX_ON_BOARD: bits.MAX_ON_BOARD,
    Limit.LAST_PICKUP: bits.LAST_PICKUP,
    Limit.WINDOW: bits.WINDOW,
    Limit.LIFO: bits.LIFO,
    Limit.UNREACHABLE: bits.NO_WAY,
    Limit.PARCELS_ON_BOARD: bits.PARCELS,
    Limit.CAPACITY: bits.CAPACITY,
    Limit.STOPS: bits.STOPS,
}


def pair_refusal(problem: Problem, request: int, v: int) -> Refusal | None:
    """The limit between this request and this vehicle that no route could mend, or None."""
    asked, vehicle = problem.requests[request], problem.vehicles[v]
    owner = problem.pledged_to.get(request, asked.bound_to)
    if owner is not None and owner != v:
        return Refusal(v, Limit.BOUND_ELSEWHERE, problem.vehicles[owner].id)
    if request in problem.pledged_to:
        return None
    if v in asked.excluded_vehicles:
        return Refusal(v, Limit.EXCLUDED)
    if missing := sorted(asked.required_skills - vehicle.skills):
        return Refusal(v, Limit.SKILL, missing[0])
    if refused := sorted(asked.traits & vehicle.refuses):
        return Refusal(v, Limit.TRAIT, refused[0])
    for name, needed, allowed in zip(problem.dimensions, asked.load, vehicle.capacity, strict=True):
        if needed > allowed:
            return Refusal(v, Limit.CAPACITY, name, needed, allowed)
    return None


def candidates_of(search: Search, accountant: Accountant, request: int) -> tuple[Candidate, ...]:
    """Every vehicle's answer to one open request, in vehicle order."""
    vehicles = range(len(search.problem.vehicles))
    return tuple(_candidate(search, accountant, request, v) for v in vehicles)


def _candidate(search: Search, accountant: Accountant, request: int, v: int) -> Candidate:
    refusal = pair_refusal(search.problem, request, v)
    if refusal is not None:
        return Candidate(v, None, refusal)
    if search.added(request, v) >= FORBIDDEN:
        return Candidate(v, None, _refusal(v, accountant.account(v, search.closest_miss(request, v)).broken))
    before = accountant.known(v, search.stops(v))
    after = accountant.account(v, search.with_request(request, v))
    return Candidate(v, insertion_of(accountant, request, before, after), None)


def insertion_of(accountant: Accountant, request: int, before: Account, after: Account) -> Insertion:
    """What the request changed between two accounts of one vehicle."""
    dropoff = after.stops.index(2 * request + 1)
    pickup = after.stops.index(2 * request) if 2 * request in after.stops else None
    return Insertion(
        pickup_position=pickup,
        dropoff_position=dropoff,
        added=after.costs - before.costs,
        pickup_eta=None if pickup is None else after.starts[pickup],
        dropoff_eta=after.starts[dropoff],
        late_s=max(0, after.starts[dropoff] - accountant.latest(2 * request + 1)),
        delays_s=after.ends_at - before.ends_at,
    )


def why_open(problem: Problem, candidates: Sequence[Candidate], request: int) -> tuple[Refusal, ...]:
    """One refusal per vehicle for a request that stayed open, in vehicle order."""
    allowed = open_cost(problem, request)
    refusals = []
    for candidate in candidates:
        if candidate.insertion is not None:
            needed = candidate.insertion.added.total
            refusals.append(Refusal(candidate.vehicle, Limit.COST, "", needed, allowed))
        elif candidate.refusal is not None:
            refusals.append(candidate.refusal)
    return tuple(refusals)


def broken_by_routes(problem: Problem, routes: Sequence[Account]) -> tuple[Refusal, ...]:
    """Every hard limit that given routes break."""
    broken: list[Refusal] = []
    for route in routes:
        for request in sorted({s // 2 for s in route.stops}):
            refusal = pair_refusal(problem, request, route.vehicle)
            # A parcel that is too big by itself also overloads the route: told once, there.
            if refusal is not None and refusal.limit is not Limit.CAPACITY:
                broken.append(refusal)
        broken += [_as_refusal(route.vehicle, limit) for limit in route.broken]
    return tuple(broken)


def _refusal(v: int, broken: Sequence[Broken]) -> Refusal:
    """The limit that weighs most; the first of its kind on the route."""
    return _as_refusal(v, max(broken, key=lambda limit: WEIGHT[limit.limit]))


def _as_refusal(v: int, broken: Broken) -> Refusal:
    return Refusal(v, broken.limit, broken.subject, broken.needed, broken.allowed)


def fixed_candidate(accountant: Accountant, request: int, route: Account) -> Candidate:
    """The answer of the vehicle that has promised the whole request: where it is, at no added cost."""
    found = insertion_of(accountant, request, route, route)
    assert found.added == CostTerms()
    return Candidate(route.vehicle, found, None)
