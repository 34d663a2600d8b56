"""Between stop numbers inside and `Plan`, `StopKey` outside."""

from __future__ import annotations

from collections.abc import Sequence

from homeward.dispatch.engine.plan import CostTerms, Plan, PlannedRoute, PlannedStop, Refusal, Unassigned
from homeward.dispatch.engine.problem import StopKey
from homeward.dispatch.engine.tables import Tables, stop_key, stop_number
from homeward.dispatch.engine.walk import Walk, walk


def report(
    tables: Tables, routes: Sequence[Walk], unassigned: Sequence[Unassigned], broken: tuple[Refusal, ...] = ()
) -> Plan:
    """The plan that these walks make, with the cost of what stays open."""
    left_open = CostTerms(left_open=sum(int(tables.open_cost[open_.request]) for open_ in unassigned))
    return Plan(
        routes=tuple(_planned_route(tables, route) for route in routes),
        unassigned=tuple(unassigned),
        costs=sum((route.costs for route in routes), left_open),
        broken=broken,
    )


def _planned_route(tables: Tables, route: Walk) -> PlannedRoute:
    vehicle = tables.problem.vehicles[route.vehicle]
    fixed = len(tables.prefix[route.vehicle])
    stops = tuple(
        PlannedStop(
            key=stop_key(s),
            place=tables.place[s],
            arrival=route.arrivals[at],
            start=route.starts[at],
            departure=route.leaves[at + 1],
            load=route.loads[at + 1],
            late_s=max(0, route.starts[at] - tables.latest[s]),
            fixed=at < fixed,
        )
        for at, s in enumerate(route.stops)
    )
    shift_end = route.ends_at if vehicle.shift_end is None else vehicle.shift_end
    return PlannedRoute(
        vehicle=route.vehicle,
        stops=stops,
        ends_at=route.ends_at,
        distance_m=route.distance_m,
        driving_s=route.driving_s,
        waiting_s=route.waiting_s,
        overtime_s=max(0, route.ends_at - shift_end),
        costs=route.costs,
    )


def routes_from(tables: Tables, routes: Sequence[Sequence[StopKey]]) -> list[Walk]:
    """Walk given routes; ValueError where they cannot be driven at all."""
    seen: set[int] = set()
    walks = []
    for v, route in enumerate(routes):
        stops = [stop_number(key) for key in route]
        _check_order(tables, v, stops, seen)
        seen.update(stops)
        walks.append(walk(tables, v, stops))
    return walks


def _check_order(tables: Tables, v: int, stops: Sequence[int], seen: set[int]) -> None:
    """`seen` holds the stops of the routes before this one."""
    name = tables.problem.vehicles[v].id
    prefix = tables.prefix[v]
    if tuple(stops[: len(prefix)]) != prefix:
        raise ValueError(f"{name}: the route does not begin with its prefix")
    if len(set(stops)) < len(stops) or seen & set(stops):
        raise ValueError(f"{name}: a stop is served twice")
    done: set[int] = set()
    for s in stops:
        request = tables.problem.requests[s // 2]
        if s // 2 in tables.problem.pledged_to and tables.problem.pledged_to[s // 2] != v:
            raise ValueError(f"{name}: {request.id} is pledged to another vehicle")
        if request.on_board and s % 2 == 0:
            raise ValueError(f"{name}: {request.id} is on board already")
        if not request.on_board and s % 2 == 1 and s - 1 not in done:
            raise ValueError(f"{name}: {request.id} is dropped off before its pickup")
        if s % 2 == 0 and s not in prefix and s + 1 not in stops:
            raise ValueError(f"{name}: {request.id} is picked up and never dropped off")
        done.add(s)
