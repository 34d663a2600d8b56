"""An independent checker: every plan recomputed in plain Python from the definitions.

It shares no code with the engine: from there it takes only the types that describe the question and the answer.
It is slow and straight on purpose. Each complaint is a sentence; a plan without complaints is right.
"""

from __future__ import annotations

from dataclasses import dataclass

from homeward.dispatch.engine import LatenessCurve, Plan, PlannedRoute, Problem, StopKey, StopKind


@dataclass
class Costs:
    fixed: int = 0
    time: int = 0
    distance: int = 0
    lateness: int = 0
    overtime: int = 0
    overrun: int = 0
    pay: int = 0
    preference: int = 0
    left_open: int = 0


def complaints(problem: Problem, plan: Plan) -> list[str]:
    """Everything that is wrong with a plan that claims to break nothing."""
    if len(plan.routes) != len(problem.vehicles):
        return [f"{len(plan.routes)} routes for {len(problem.vehicles)} vehicles"]
    found: list[str] = []
    sums = Costs()
    for v, route in enumerate(plan.routes):
        if route.vehicle != v:
            found.append(f"route {v} says it belongs to vehicle {route.vehicle}")
        found += [f"vehicle {v}: {text}" for text in _check_route(problem, v, route, sums)]
    found += _check_who_is_served(problem, plan, sums)
    if plan.costs.by_name() != vars(sums):
        found.append(f"the plan costs {plan.costs.by_name()}, recomputed {vars(sums)}")
    if plan.broken:
        found.append(f"the plan admits broken limits: {plan.broken}")
    return found


def pledged_vehicle(problem: Problem, r: int) -> int | None:
    """On board, or with a stop in a prefix: then it belongs to that vehicle."""
    request = problem.requests[r]
    if request.pickup is None:
        return request.bound_to
    for v, vehicle in enumerate(problem.vehicles):
        if any(key.request == r for key in vehicle.prefix):
            return v
    return None


def _check_who_is_served(problem: Problem, plan: Plan, sums: Costs) -> list[str]:
    found = []
    served: dict[StopKey, int] = {}
    for v, route in enumerate(plan.routes):
        for stop in route.stops:
            if stop.key in served:
                found.append(f"{stop.key} is served twice")
            served[stop.key] = v
    said_open = [unassigned.request for unassigned in plan.unassigned]
    for r, request in enumerate(problem.requests):
        dropoff = served.get(StopKey(r, StopKind.DROPOFF))
        pickup = served.get(StopKey(r, StopKind.PICKUP))
        if (dropoff is None) != (said_open.count(r) == 1):
            found.append(f"{request.id}: served or unassigned, exactly one must hold")
        if dropoff is None:
            pledged = pledged_vehicle(problem, r) is not None
            sums.left_open += problem.pledged_penalty if pledged else request.priority * request.open_penalty
            if pickup is not None and not pledged:
                found.append(f"{request.id} is picked up and never dropped off")
        elif request.pickup is not None and pickup != dropoff:
            found.append(f"{request.id} is picked up by {pickup} and dropped off by {dropoff}")
    vehicles = list(range(len(problem.vehicles)))
    found += [
        f"request {unassigned.request} is open without one reason per vehicle"
        for unassigned in plan.unassigned
        if [refusal.vehicle for refusal in unassigned.refusals] != vehicles
    ]
    return found


def _check_route(problem: Problem, v: int, route: PlannedRoute, sums: Costs) -> list[str]:
    vehicle = problem.vehicles[v]
    if not route.stops:
        wrong = route.distance_m or route.driving_s or route.costs.total or route.ends_at != vehicle.start_at
        return ["an empty route is not free"] if wrong else []
    if tuple(stop.key for stop in route.stops[: len(vehicle.prefix)]) != vehicle.prefix:
        return ["the prefix is not kept"]
    found = _check_pairs(problem, v, route) + _check_loads(problem, v, route)
    costs = Costs(fixed=vehicle.cost_fixed)
    found += _check_times(problem, v, route, costs)
    if route.costs.by_name() != vars(costs):
        found.append(f"costs {route.costs.by_name()}, recomputed {vars(costs)}")
    for name, cost in vars(costs).items():
        setattr(sums, name, getattr(sums, name) + cost)
    return found


def _check_pairs(problem: Problem, v: int, route: PlannedRoute) -> list[str]:
    vehicle = problem.vehicles[v]
    found = []
    seen: set[StopKey] = set()
    for stop in route.stops:
        request = problem.requests[stop.key.request]
        pledged = pledged_vehicle(problem, stop.key.request)
        if pledged is not None and pledged != v:
            found.append(f"{request.id} is pledged to vehicle {pledged}")
        if request.pickup is None and stop.key.kind is StopKind.PICKUP:
            found.append(f"{request.id} is on board and picked up again")
        needs_pickup = stop.key.kind is StopKind.DROPOFF and request.pickup is not None
        if needs_pickup and StopKey(stop.key.request, StopKind.PICKUP) not in seen:
            found.append(f"{request.id} is dropped off before its pickup")
        seen.add(stop.key)
        if pledged is None:
            if request.bound_to is not None and request.bound_to != v:
                found.append(f"{request.id} is bound to vehicle {request.bound_to}")
            if v in request.excluded_vehicles:
                found.append(f"{request.id} may not go with it")
            if not request.required_skills.issubset(vehicle.skills):
                found.append(f"{request.id} needs a skill it lacks")
            if request.traits.intersection(vehicle.refuses):
                found.append(f"{request.id} is what it refuses")
    return found


def _check_loads(problem: Problem, v: int, route: PlannedRoute) -> list[str]:
    """Limits of load hold at every moment at which something not yet pledged is on board."""
    vehicle = problem.vehicles[v]
    aboard = {r for r, request in enumerate(problem.requests) if request.pickup is None and request.bound_to == v}
    found = []
    for stop in route.stops:
        if stop.key.kind is StopKind.PICKUP:
            aboard.add(stop.key.request)
        else:
            aboard.discard(stop.key.request)
        load = [sum(problem.requests[r].load[d] for r in aboard) for d in range(len(problem.dimensions))]
        if list(stop.load) != load:
            found.append(f"load {stop.load} after {stop.key}, recomputed {load}")
        if all(pledged_vehicle(problem, r) is not None for r in aboard):
            continue
        if any(has > may for has, may in zip(load, vehicle.capacity, strict=True)):
            found.append(f"overloaded after {stop.key}: {load} of {vehicle.capacity}")
        if vehicle.max_parcels_on_board is not None and len(aboard) > vehicle.max_parcels_on_board:
            found.append(f"{len(aboard)} parcels on board after {stop.key}")
    unpledged = any(pledged_vehicle(problem, stop.key.request) is None for stop in route.stops)
    if unpledged and vehicle.max_stops is not None and len(route.stops) > vehicle.max_stops:
        found.append(f"{len(route.stops)} stops")
    return found


def _check_times(problem: Problem, v: int, route: PlannedRoute, costs: Costs) -> list[str]:
    vehicle = problem.vehicles[v]
    found: list[str] = []
    now, here, paid_door = vehicle.start_at, vehicle.start_place, vehicle.start_place if vehicle.parked else None
    driven_s = driven_m = waited_s = 0
    left: dict[int, int] = {r: q.picked_up_at for r, q in enumerate(problem.requests) if q.picked_up_at is not None}
    for stop in route.stops:
        r = stop.key.request
        asked = problem.stop(stop.key)
        leg_s = int(problem.travel_s[vehicle.profile, here, asked.place])
        if leg_s >= 1_000_000_000:
            found.append(f"no road to {stop.key}")
        driven_s += leg_s
        driven_m += int(problem.distance_m[vehicle.profile, here, asked.place])
        arrival = now + leg_s
        ready = arrival if paid_door == asked.place else arrival + asked.setup_s + vehicle.parking_s
        start = ready
        if asked.earliest is not None and start < asked.earliest:
            start = asked.earliest
        ready_at = problem.requests[r].ready_at
        if stop.key.kind is StopKind.PICKUP and ready_at is not None and start < ready_at:
            start = ready_at
        waited_s += start - ready
        now = start + asked.service_s
        here = paid_door = asked.place
        late_s = 0 if asked.latest is None else max(0, start - asked.latest)
        if (stop.arrival, stop.start, stop.departure, stop.late_s) != (arrival, start, now, late_s):
            found.append(f"{stop.key} at {stop}, recomputed {(arrival, start, now, late_s)}")
        costs.lateness += problem.requests[r].priority * curve_cost(asked.lateness, late_s)
        found += _check_hard_times(problem, stop.key, start, left, costs)
        if stop.key.kind is StopKind.PICKUP:
            left[r] = now
    if vehicle.end_place is not None:
        home_s = int(problem.travel_s[vehicle.profile, here, vehicle.end_place])
        if home_s < 1_000_000_000:
            now, driven_s = now + home_s, driven_s + home_s
            driven_m += int(problem.distance_m[vehicle.profile, here, vehicle.end_place])
        elif any(pledged_vehicle(problem, stop.key.request) is None for stop in route.stops):
            found.append("no road home")
    costs.time = vehicle.cost_per_s * (now - vehicle.start_at)
    costs.distance = vehicle.cost_per_m * driven_m
    overtime_s = 0 if vehicle.shift_end is None else max(0, now - vehicle.shift_end)
    costs.overtime = curve_cost(vehicle.overtime, overtime_s)
    found += _check_hard_end(problem, v, route, now, costs)
    said = (route.ends_at, route.distance_m, route.driving_s, route.waiting_s, route.overtime_s)
    if said != (now, driven_m, driven_s, waited_s, overtime_s):
        found.append(f"sums {said}, recomputed {(now, driven_m, driven_s, waited_s, overtime_s)}")
    return found


def _check_hard_times(problem: Problem, key: StopKey, start: int, left: dict[int, int], costs: Costs) -> list[str]:
    """Hard window and time on board: refused for what is not pledged, charged for what is."""
    request, asked = problem.requests[key.request], problem.stop(key)
    beyond = []
    if asked.hard_latest is not None:
        beyond.append(start - asked.hard_latest)
    if key.kind is StopKind.DROPOFF and request.max_on_board_s is not None:
        beyond.append(start - left[key.request] - request.max_on_board_s)
    if pledged_vehicle(problem, key.request) is not None:
        costs.overrun += problem.overrun_per_s * sum(max(0, seconds) for seconds in beyond)
        return []
    return [f"{key} is {seconds} s beyond a hard limit" for seconds in beyond if seconds > 0]


def _check_hard_end(problem: Problem, v: int, route: PlannedRoute, end: int, costs: Costs) -> list[str]:
    limit = problem.vehicles[v].hard_shift_end
    if limit is None or end <= limit:
        return []
    if all(pledged_vehicle(problem, stop.key.request) is not None for stop in route.stops):
        costs.overrun += problem.overrun_per_s * (end - limit)
        return []
    return [f"the route ends {end - limit} s after the hard end of the shift"]


def curve_cost(curve: LatenessCurve, late_s: int) -> int:
    """Second by second would be the definition; piece by piece is the same."""
    cost = 0
    for number, (begins, rate) in enumerate(curve.pieces):
        ends = curve.pieces[number + 1][0] if number + 1 < len(curve.pieces) else late_s
        cost += rate * max(0, min(late_s, ends) - begins)
    return cost
