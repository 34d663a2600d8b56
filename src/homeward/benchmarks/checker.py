"""An independent checker: every plan recomputed in plain Python from the definitions in `engine/problem.py`.

It shares no code with the engine: from there it takes only the types that describe the question and the answer.
It is slow and straight on purpose. Each complaint is a sentence; a plan without complaints is right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from homeward.dispatch.engine import LatenessCurve, Plan, PlannedRoute, PlannedStop, Problem, StopKey, StopKind

# Written out once more, for the definition says "at or above".
_NO_ROAD = 1_000_000_000


@dataclass
class Costs:
    """The terms of a plan's cost, in the order of its own."""

    fixed: int = 0
    time: int = 0
    distance: int = 0
    lateness: int = 0
    overtime: int = 0
    overrun: int = 0
    pay: int = 0
    preference: int = 0
    left_open: int = 0


@dataclass(frozen=True)
class _World:
    """The problem, whom its requests are pledged to, and each vehicle's stack at the start, bottom first."""

    problem: Problem
    pledged: dict[int, int]
    on_board: list[list[int]]


@dataclass
class _Clock:
    """A vehicle on its way through a route."""

    now: int
    here: int
    door: int | None  # where setting up is already paid for
    driven_s: int = 0
    driven_m: int = 0
    waited_s: int = 0


def complaints(problem: Problem, plan: Plan) -> list[str]:
    """Everything that is wrong with a plan that claims to break nothing."""
    if len(plan.routes) != len(problem.vehicles):
        return [f"{len(plan.routes)} routes for {len(problem.vehicles)} vehicles"]
    world = _World(problem, pledges(problem), _on_board(problem))
    found: list[str] = []
    sums = Costs()
    for v, route in enumerate(plan.routes):
        if route.vehicle != v:
            found.append(f"route {v} says it belongs to vehicle {route.vehicle}")
        found += [f"vehicle {v}: {text}" for text in _check_route(world, v, route, sums)]
    found += _check_who_is_served(world, plan, sums)
    if plan.costs.by_name() != vars(sums):
        found.append(f"the plan costs {plan.costs.by_name()}, recomputed {vars(sums)}")
    if plan.broken:
        found.append(f"the plan admits broken limits: {plan.broken}")
    return found


def pledges(problem: Problem) -> dict[int, int]:
    """Which vehicle must carry which request: what is on board of it, or has a stop in its prefix."""
    pledged = {}
    for r, request in enumerate(problem.requests):
        if request.pickup is None and request.bound_to is not None:
            pledged[r] = request.bound_to
    for v, vehicle in enumerate(problem.vehicles):
        for key in vehicle.prefix:
            pledged[key.request] = v
    return pledged


def _on_board(problem: Problem) -> list[list[int]]:
    stacks: list[list[int]] = [[] for _ in problem.vehicles]
    for r, request in enumerate(problem.requests):
        if request.pickup is None and request.bound_to is not None:
            stacks[request.bound_to].append(r)
    for stack in stacks:
        # The sort is stable and each stack is in the order of indices; what has no moment was loaded before all else.
        stack.sort(key=lambda r: _loaded_at(problem, r))
    return stacks


def _loaded_at(problem: Problem, r: int) -> float:
    moment = problem.requests[r].picked_up_at
    return -math.inf if moment is None else moment


def curve_cost(curve: LatenessCurve, late_s: int) -> int:
    """Second by second would be the definition; piece by piece is the same."""
    cost = 0
    for number, (begins, rate) in enumerate(curve.pieces):
        ends = curve.pieces[number + 1][0] if number + 1 < len(curve.pieces) else late_s
        cost += rate * max(0, min(late_s, ends) - begins)
    return cost


def drive_s(problem: Problem, profile: int, origin: int, destination: int, leave_at: int) -> int:
    """Seconds on the road for who leaves at `leave_at`.

    In the period of leaving, the way takes that period's time. What is left of it when the next period begins is
    driven at the next one's pace, rounded up to a second.
    """
    if problem.travel_s.ndim == 3:
        return int(problem.travel_s[profile, origin, destination])
    ways = [int(table[profile, origin, destination]) for table in problem.travel_s]
    if any(way >= _NO_ROAD for way in ways):
        return _NO_ROAD
    begun = [period for period, begins in enumerate(problem.periods, start=1) if begins <= leave_at]
    period = begun[-1] if begun else 0
    now, left_s = leave_at, ways[period]
    for following in range(period + 1, len(ways)):
        begins = problem.periods[following - 1]
        if now + left_s <= begins:
            break
        undone, whole = left_s - (begins - now), ways[following - 1]
        left_s = (undone * ways[following] + whole - 1) // whole
        now = begins
    return now + left_s - leave_at


# ── who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _check_who_is_served(world: _World, plan: Plan, sums: Costs) -> list[str]:
    found = []
    served: dict[StopKey, int] = {}
    for v, route in enumerate(plan.routes):
        for stop in route.stops:
            if stop.key in served:
                found.append(f"{stop.key} is served twice")
            served[stop.key] = v
    said_open = [unassigned.request for unassigned in plan.unassigned]
    found += [f"request {r} is open twice" for r in set(said_open) if said_open.count(r) > 1]
    for r, request in enumerate(world.problem.requests):
        dropoff = served.get(StopKey(r, StopKind.DROPOFF))
        pickup = served.get(StopKey(r, StopKind.PICKUP))
        if (dropoff is None) != (r in said_open):
            found.append(f"{request.id}: served or unassigned, exactly one must hold")
        if dropoff is None:
            penalty = request.priority * request.open_penalty
            sums.left_open += world.problem.pledged_penalty if r in world.pledged else penalty
            if pickup is not None and r not in world.pledged:
                found.append(f"{request.id} is picked up and never dropped off")
        elif request.pickup is not None and pickup != dropoff:
            found.append(f"{request.id} is picked up by {pickup} and dropped off by {dropoff}")
    vehicles = list(range(len(world.problem.vehicles)))
    found += [
        f"request {unassigned.request} is open without one reason per vehicle"
        for unassigned in plan.unassigned
        if [refusal.vehicle for refusal in unassigned.refusals] != vehicles
    ]
    return found


def _check_route(world: _World, v: int, route: PlannedRoute, sums: Costs) -> list[str]:
    vehicle = world.problem.vehicles[v]
    if not route.stops:
        wrong = route.distance_m or route.driving_s or route.costs.total or route.ends_at != vehicle.start_at
        missing = ["the prefix is not kept"] if vehicle.prefix else []
        return missing + (["an empty route is not free"] if wrong else [])
    if tuple(stop.key for stop in route.stops[: len(vehicle.prefix)]) != vehicle.prefix:
        return ["the prefix is not kept"]
    costs = Costs(fixed=vehicle.cost_fixed)
    found = _check_pairs(world, v, route)
    found += _check_loads(world, v, route)
    found += _check_stack(world, v, route)
    found += _check_times(world, v, route, costs)
    carried = [stop.key.request for stop in route.stops if stop.key.kind is StopKind.DROPOFF]
    if vehicle.pay is not None:
        costs.pay = max(0, vehicle.pay.per_request * len(carried) - vehicle.pay.guaranteed)
    costs.preference = sum(world.problem.requests[r].vehicle_costs.get(v, 0) for r in carried)
    if route.costs.by_name() != vars(costs):
        found.append(f"costs {route.costs.by_name()}, recomputed {vars(costs)}")
    for name, cost in vars(costs).items():
        setattr(sums, name, getattr(sums, name) + cost)
    return found


def _check_pairs(world: _World, v: int, route: PlannedRoute) -> list[str]:
    found = []
    seen: set[StopKey] = set()
    for stop in route.stops:
        r = stop.key.request
        request = world.problem.requests[r]
        if world.pledged.get(r, v) != v:
            found.append(f"{request.id} is pledged to vehicle {world.pledged[r]}")
        if request.pickup is None and stop.key.kind is StopKind.PICKUP:
            found.append(f"{request.id} is on board and picked up again")
        needs_pickup = stop.key.kind is StopKind.DROPOFF and request.pickup is not None
        if needs_pickup and StopKey(r, StopKind.PICKUP) not in seen:
            found.append(f"{request.id} is dropped off before its pickup")
        seen.add(stop.key)
        if r not in world.pledged:
            found += _check_may_carry(world, r, v)
    return found


def _check_may_carry(world: _World, r: int, v: int) -> list[str]:
    request, vehicle = world.problem.requests[r], world.problem.vehicles[v]
    found = []
    if request.bound_to is not None and request.bound_to != v:
        found.append(f"{request.id} is bound to vehicle {request.bound_to}")
    if v in request.excluded_vehicles:
        found.append(f"{request.id} may not go with it")
    if not request.required_skills.issubset(vehicle.skills):
        found.append(f"{request.id} needs a skill it lacks")
    if request.traits.intersection(vehicle.refuses):
        found.append(f"{request.id} is what it refuses")
    return found


# ── what is on board ─────────────────────────────────────────────────────────────────────────────────────────────────


def _check_loads(world: _World, v: int, route: PlannedRoute) -> list[str]:
    """Limits of load hold at every moment at which something not yet pledged is on board."""
    vehicle = world.problem.vehicles[v]
    aboard = set(world.on_board[v])
    found = []
    for stop in route.stops:
        if stop.key.kind is StopKind.PICKUP:
            aboard.add(stop.key.request)
        else:
            aboard.discard(stop.key.request)
        load = [sum(world.problem.requests[r].load[d] for r in aboard) for d in range(len(world.problem.dimensions))]
        if list(stop.load) != load:
            found.append(f"load {stop.load} after {stop.key}, recomputed {load}")
        if all(r in world.pledged for r in aboard):
            continue
        if any(has > may for has, may in zip(load, vehicle.capacity, strict=True)):
            found.append(f"overloaded after {stop.key}: {load} of {vehicle.capacity}")
        if vehicle.max_parcels_on_board is not None and len(aboard) > vehicle.max_parcels_on_board:
            found.append(f"{len(aboard)} parcels on board after {stop.key}")
    unpledged = any(stop.key.request not in world.pledged for stop in route.stops)
    if unpledged and vehicle.max_stops is not None and len(route.stops) > vehicle.max_stops:
        found.append(f"{len(route.stops)} stops")
    return found


def _check_stack(world: _World, v: int, route: PlannedRoute) -> list[str]:
    """Last in, first out. Among pledged parcels alone the order of the prefix is what it is."""
    if not world.problem.vehicles[v].lifo:
        return []
    stack = list(world.on_board[v])
    found = []
    for stop in route.stops:
        r = stop.key.request
        if stop.key.kind is StopKind.PICKUP:
            stack.append(r)
        elif r in stack:
            above = stack[stack.index(r) + 1 :]
            if any(other not in world.pledged for other in [r, *above] if above):
                found.append(f"{world.problem.requests[r].id} is handed over from under {len(above)} others")
            stack.remove(r)
    return found


# ── when ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _check_times(world: _World, v: int, route: PlannedRoute, costs: Costs) -> list[str]:
    vehicle = world.problem.vehicles[v]
    clock = _Clock(vehicle.start_at, vehicle.start_place, vehicle.start_place if vehicle.parked else None)
    loaded = ((r, world.problem.requests[r].picked_up_at) for r in world.on_board[v])
    left = {r: moment for r, moment in loaded if moment is not None}
    found: list[str] = []
    for stop in route.stops:
        found += _check_visit(world, v, stop, clock, costs)
        found += _check_hard_times(world, v, stop.key, clock, left, costs)
        if stop.key.kind is StopKind.PICKUP:
            left[stop.key.request] = clock.now
    if vehicle.end_place is not None:
        home_s = drive_s(world.problem, vehicle.profile, clock.here, vehicle.end_place, clock.now)
        if home_s < _NO_ROAD:
            clock.now, clock.driven_s = clock.now + home_s, clock.driven_s + home_s
            clock.driven_m += int(world.problem.distance_m[vehicle.profile, clock.here, vehicle.end_place])
        elif any(stop.key.request not in world.pledged for stop in route.stops):
            found.append("no road home")
    costs.time = vehicle.cost_per_s * (clock.now - vehicle.start_at)
    costs.distance = vehicle.cost_per_m * clock.driven_m
    overtime_s = 0 if vehicle.shift_end is None else max(0, clock.now - vehicle.shift_end)
    costs.overtime = curve_cost(vehicle.overtime, overtime_s)
    found += _check_hard_end(world, v, route, clock.now, costs)
    said = (route.ends_at, route.distance_m, route.driving_s, route.waiting_s, route.overtime_s)
    recomputed = (clock.now, clock.driven_m, clock.driven_s, clock.waited_s, overtime_s)
    if said != recomputed:
        found.append(f"sums {said}, recomputed {recomputed}")
    return found


def _check_visit(world: _World, v: int, stop: PlannedStop, clock: _Clock, costs: Costs) -> list[str]:
    """Drive there, set up unless that is paid, wait, serve; the clock goes on to the departure."""
    vehicle, asked = world.problem.vehicles[v], world.problem.stop(stop.key)
    request = world.problem.requests[stop.key.request]
    found = []
    leg_s = drive_s(world.problem, vehicle.profile, clock.here, asked.place, clock.now)
    if leg_s >= _NO_ROAD:
        found.append(f"no road to {stop.key}")
    clock.driven_s += leg_s
    clock.driven_m += int(world.problem.distance_m[vehicle.profile, clock.here, asked.place])
    arrival = clock.now + leg_s
    ready = arrival if clock.door == asked.place else arrival + asked.setup_s + vehicle.parking_s
    start = ready
    if asked.earliest is not None:
        start = max(start, asked.earliest)
    if stop.key.kind is StopKind.PICKUP and request.ready_at is not None:
        start = max(start, request.ready_at)
    clock.waited_s += start - ready
    clock.now = start + asked.service_s
    clock.here = clock.door = asked.place
    late_s = 0 if asked.latest is None else max(0, start - asked.latest)
    if (stop.arrival, stop.start, stop.departure, stop.late_s) != (arrival, start, clock.now, late_s):
        found.append(f"{stop.key} at {stop}, recomputed {(arrival, start, clock.now, late_s)}")
    costs.lateness += request.priority * curve_cost(asked.lateness, late_s)
    return found


def _check_hard_times(
    world: _World, v: int, key: StopKey, clock: _Clock, left: dict[int, int], costs: Costs
) -> list[str]:
    """Hard window, last pickup and time on board: refused for what is not pledged, charged for what is."""
    request, asked, last_pickup = world.problem.requests[key.request], world.problem.stop(key), None
    start = clock.now - asked.service_s
    if key.kind is StopKind.PICKUP:
        last_pickup = world.problem.vehicles[v].last_pickup_at
    beyond = [start - limit for limit in (asked.hard_latest, last_pickup) if limit is not None]
    if key.kind is StopKind.DROPOFF and request.max_on_board_s is not None:
        beyond.append(start - left.get(key.request, start) - request.max_on_board_s)
    if key.request in world.pledged:
        costs.overrun += world.problem.overrun_per_s * sum(max(0, seconds) for seconds in beyond)
        return []
    return [f"{key} is {seconds} s beyond a hard limit" for seconds in beyond if seconds > 0]


def _check_hard_end(world: _World, v: int, route: PlannedRoute, end: int, costs: Costs) -> list[str]:
    limit = world.problem.vehicles[v].hard_shift_end
    if limit is None or end <= limit:
        return []
    if all(stop.key.request in world.pledged for stop in route.stops):
        costs.overrun += world.problem.overrun_per_s * (end - limit)
        return []
    return [f"the route ends {end - limit} s after the hard end of the shift"]
