"""Between stop numbers inside and `Plan`, `StopKey` outside."""

from __future__ import annotations

from collections.abc import Sequence

from homeward.dispatch.engine.account import Account, Accountant
from homeward.dispatch.engine.compile_problem import open_cost, stop_key, stop_number
from homeward.dispatch.engine.plan import CostTerms, Plan, PlannedRoute, PlannedStop, Refusal, Unassigned
from homeward.dispatch.engine.problem import Problem, StopKey


def report(
    accountant: Accountant,
    accounts: Sequence[Account],
    unassigned: Sequence[Unassigned],
    broken: tuple[Refusal, ...] = (),
) -> Plan:
    """The plan that these routes make, with the cost of what stays open."""
    problem = accountant.problem
    left_open = CostTerms(left_open=sum(open_cost(problem, one.request) for one in unassigned))
    return Plan(
        routes=tuple(_planned_route(accountant, account) for account in accounts),
        unassigned=tuple(unassigned),
        costs=sum((account.costs for account in accounts), left_open),
        broken=broken,
    )


def _planned_route(accountant: Accountant, account: Account) -> PlannedRoute:
    vehicle = accountant.problem.vehicles[account.vehicle]
    fixed = len(vehicle.prefix)
    stops = tuple(
        PlannedStop(
            key=stop_key(s),
            place=accountant.stop(s).place,
            arrival=account.arrivals[at],
            start=account.starts[at],
            departure=account.leaves[at + 1],
            load=account.loads[at + 1],
            late_s=max(0, account.starts[at] - accountant.latest(s)),
            fixed=at < fixed,
        )
        for at, s in enumerate(account.stops)
    )
    shift_end = account.ends_at if vehicle.shift_end is None else vehicle.shift_end
    return PlannedRoute(
        vehicle=account.vehicle,
        stops=stops,
        ends_at=account.ends_at,
        distance_m=account.distance_m,
        driving_s=account.driving_s,
        waiting_s=account.waiting_s,
        overtime_s=max(0, account.ends_at - shift_end),
        costs=account.costs,
    )


def routes_from(accountant: Accountant, routes: Sequence[Sequence[StopKey]]) -> list[Account]:
    """Account for given routes; ValueError where they cannot be driven at all."""
    seen: set[int] = set()
    accounts = []
    for v, route in enumerate(routes):
        stops = [stop_number(key) for key in route]
        _check_order(accountant, v, stops, seen)
        seen.update(stops)
        accounts.append(accountant.account(v, stops))
    return accounts


def _check_order(accountant: Accountant, v: int, stops: Sequence[int], seen: set[int]) -> None:
    """`seen` holds the stops of the routes before this one."""
    problem: Problem = accountant.problem
    name = problem.vehicles[v].id
    prefix = accountant.prefix(v)
    here = set(stops)
    if tuple(stops[: len(prefix)]) != prefix:
        raise ValueError(f"{name}: the route does not begin with its prefix")
    if len(here) < len(stops) or seen & here:
        raise ValueError(f"{name}: a stop is served twice")
    done: set[int] = set()
    for s in stops:
        request = problem.requests[s // 2]
        if s // 2 in problem.pledged_to and problem.pledged_to[s // 2] != v:
            raise ValueError(f"{name}: {request.id} is pledged to another vehicle")
        if request.on_board and s % 2 == 0:
            raise ValueError(f"{name}: {request.id} is on board already")
        if not request.on_board and s % 2 == 1 and s - 1 not in done:
            raise ValueError(f"{name}: {request.id} is dropped off before its pickup")
        if s % 2 == 0 and s not in prefix and s + 1 not in here:
            raise ValueError(f"{name}: {request.id} is picked up and never dropped off")
        done.add(s)
