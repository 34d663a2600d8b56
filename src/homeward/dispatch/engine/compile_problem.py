"""A problem as the arrays that the kernels work on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.dispatch.engine.kernels.tables import (
    KINK,
    LONG_AGO,
    NEVER,
    PAIR,
    REQUEST,
    STOP,
    VEHICLE,
    Records,
    RoadArray,
    Tables,
)
from homeward.dispatch.engine.problem import (
    MOST_DIMENSIONS,
    UNREACHABLE,
    LatenessCurve,
    PayModel,
    Problem,
    Request,
    Stop,
    StopKey,
    StopKind,
    Vehicle,
)

IntArray = npt.NDArray[np.int64]
Kinks = tuple[tuple[int, int], ...]

# How many neighbours of a stop the search knows. Ruins look at a few dozen; small problems know all.
_NEIGHBOURS: Final = 128
# How many vehicles that begin near a request are asked; smaller fleets are asked as a whole.
_HANDY: Final = 48
# Neighbours are found so many stops at a time: thousands of stops need no table of all pairs at once, and what is small
# enough stays in the processor's cache.
_BLOCK: Final = 64
_NOWHERE: Final = Stop(place=0)  # stands where an on-board parcel has no pickup; never visited


def stop_number(key: StopKey) -> int:
    return 2 * key.request + int(key.kind)


def stop_key(stop: int) -> StopKey:
    return StopKey(stop // 2, StopKind(stop % 2))


def compile_problem(problem: Problem) -> Tables:
    """Work out everything that does not depend on the routes."""
    requests, vehicles = problem.requests, problem.vehicles
    stops = [stop for request in requests for stop in (request.pickup or _NOWHERE, request.dropoff)]
    stacks = stacks_of(problem)
    pairs = _pairs(problem)
    # One table for each period, also where there is only one.
    seconds = _table(problem.travel_s).reshape(len(problem.periods) + 1, *problem.distance_m.shape)
    kinks = [*stop_kinks(problem, stops), *(overtime_kinks(vehicle) for vehicle in vehicles)]
    kink = np.array([one for some in kinks for one in some], dtype=KINK).view(np.recarray)
    kink_ends = list(accumulate(len(some) for some in kinks))
    stop_facts = _stops(problem, stops, kinks, kink_ends)
    return Tables(
        stop=stop_facts,
        request=_requests(problem),
        vehicle=_vehicles(problem, stacks, _twins(problem, pairs), [0, *kink_ends][len(stops) :]),
        kink=kink,
        near=_near(problem, stop_facts.place, seconds),
        handy=_handy(problem, seconds),
        aboard=_ints(r for stack in stacks for r in stack),
        pair=pairs,
        seconds=seconds,
        metres=_table(problem.distance_m),
        periods=_ints(problem.periods),
    )


def _table(entries: npt.NDArray[np.integer]) -> RoadArray:
    """The problem keeps its tables frozen in 32 bits: this is the very same memory, a gigabyte in a big market."""
    return np.asarray(entries, dtype=np.int32)


def _stops(problem: Problem, stops: Sequence[Stop], kinks: Sequence[Kinks], ends: Sequence[int]) -> Records:
    facts = np.zeros(len(stops), dtype=STOP).view(np.recarray)
    for s, stop in enumerate(stops):
        pledged = s // 2 in problem.pledged_to
        facts[s] = (
            stop.place,
            stop.service_s,
            stop.setup_s,
            opens_at(problem.requests[s // 2], stop, s),
            NEVER if pledged else or_never(stop.hard_latest),
            kinks[s][0][0] if kinks[s] else NEVER,
            ends[s] - len(kinks[s]),
            ends[s],
        )
    return facts


def _padded_load(load: Sequence[int]) -> tuple[int, ...]:
    return (*load, *[0] * (MOST_DIMENSIONS - len(load)))


def _requests(problem: Problem) -> Records:
    facts = np.zeros(len(problem.requests), dtype=REQUEST).view(np.recarray)
    for r, request in enumerate(problem.requests):
        pledged = r in problem.pledged_to
        limit = NEVER if pledged else or_never(request.max_on_board_s)
        facts[r] = (limit, open_cost(problem, r), _padded_load(request.load), is_single(problem, r), pledged)
    return facts


def _vehicles(
    problem: Problem, stacks: Sequence[Sequence[int]], twins: Sequence[int], kink_ends: Sequence[int]
) -> Records:
    """`kink_ends`: where the kinks of the last stop end, then those of each vehicle."""
    facts = np.zeros(len(problem.vehicles), dtype=VEHICLE).view(np.recarray)
    aboard = [0, *accumulate(len(stack) for stack in stacks)]
    for v, vehicle in enumerate(problem.vehicles):
        pay = vehicle.pay or PayModel(0)
        loads = [problem.requests[r].load for r in stacks[v]]
        facts[v] = (
            vehicle.start_place,
            vehicle.start_at,
            vehicle.start_place if vehicle.parked else -1,
            -1 if vehicle.end_place is None else vehicle.end_place,
            vehicle.profile,
            vehicle.parking_s,
            vehicle.cost_fixed,
            vehicle.cost_per_s,
            vehicle.cost_per_m,
            or_never(vehicle.max_parcels_on_board),
            or_never(vehicle.max_stops),
            or_never(vehicle.hard_shift_end),
            or_never(vehicle.last_pickup_at),
            pay.per_request,
            pay.guaranteed,
            problem.overrun_per_s,
            len(stacks[v]),
            aboard[v],
            kink_ends[v],
            kink_ends[v + 1],
            len(problem.dimensions),
            _padded_load(vehicle.capacity),
            _padded_load([sum(load[d] for load in loads) for d in range(len(problem.dimensions))]),
            len(vehicle.prefix),
            twins[v],
            vehicle.lifo,
        )
    return facts


def _ints(values: Iterable[int]) -> IntArray:
    return np.array(list(values), dtype=np.int64)


def or_never(value: int | None) -> int:
    return NEVER if value is None else value


def is_single(problem: Problem, r: int) -> bool:
    """Only its drop-off can move: it is on board, or its pickup is in a prefix and its drop-off is not."""
    owner = problem.pledged_to.get(r)
    return owner is not None and StopKey(r, StopKind.DROPOFF) not in problem.vehicles[owner].prefix


def open_cost(problem: Problem, request: int) -> int:
    """What it costs to leave this request open."""
    if request in problem.pledged_to:
        return problem.pledged_penalty
    return problem.requests[request].priority * problem.requests[request].open_penalty


def opens_at(request: Request, stop: Stop, number: int) -> int:
    """Service at this stop does not start before: its window, and the ready time if it is a pickup."""
    times = [stop.earliest, request.ready_at if number % 2 == 0 else None]
    return max((time for time in times if time is not None), default=LONG_AGO)


# ── kinks ──


def lateness_kinks(latest: int | None, curve: LatenessCurve, weight: int) -> Kinks:
    """The curve as changes of slope; a curve may also flatten, then a rate is negative."""
    if latest is None:
        return ()
    rates = [0, *(rate for _, rate in curve.pieces)]
    return tuple(
        (latest + start, weight * (rate - before)) for (start, rate), before in zip(curve.pieces, rates, strict=False)
    )


def overtime_kinks(vehicle: Vehicle) -> Kinks:
    return lateness_kinks(vehicle.shift_end, vehicle.overtime, 1)


def kink_cost(kinks: Iterable[tuple[int, int]], moment: int) -> int:
    return sum(rate * (moment - begins) for begins, rate in kinks if moment > begins)


def stop_kinks(problem: Problem, stops: Sequence[Stop]) -> list[Kinks]:
    """Lateness of every stop, and what hard limits mean for pledged ones: a rate beyond instead of a refusal."""
    kinks = [
        lateness_kinks(stop.latest, stop.lateness, problem.requests[s // 2].priority) for s, stop in enumerate(stops)
    ]
    for s, overruns in overrun_kinks(problem, stops).items():
        kinks[s] = tuple(sorted((*kinks[s], *overruns)))
    return kinks


def overrun_kinks(problem: Problem, stops: Sequence[Stop]) -> dict[int, Kinks]:
    """By stop of a pledged request: where its hard limits begin to cost."""
    left_at = {r: q.picked_up_at for r, q in enumerate(problem.requests) if q.on_board and q.picked_up_at is not None}
    for v in range(len(problem.vehicles)):
        left_at |= dict(_prefix_pickups(problem, v))
    kinks: dict[int, Kinks] = {}
    for r, v in problem.pledged_to.items():
        longest = problem.requests[r].max_on_board_s
        for s in (2 * r, 2 * r + 1):
            limits = [stops[s].hard_latest]
            if s % 2 == 0:
                limits.append(problem.vehicles[v].last_pickup_at)
            elif longest is not None:
                limits.append(left_at[r] + longest)
            kinks[s] = tuple((moment, problem.overrun_per_s) for moment in limits if moment is not None)
    return kinks


def _prefix_pickups(problem: Problem, v: int) -> Iterable[tuple[int, int]]:
    """Requests picked up in the prefix with the moment the vehicle leaves; nothing later can change these."""
    vehicle = problem.vehicles[v]
    now, place, door = vehicle.start_at, vehicle.start_place, vehicle.start_place if vehicle.parked else -1
    for key in vehicle.prefix:
        stop, s = problem.stop(key), stop_number(key)
        now += problem.drive_s(vehicle.profile, place, stop.place, now)
        now += 0 if door == stop.place else stop.setup_s + vehicle.parking_s
        now = max(now, opens_at(problem.requests[key.request], stop, s)) + stop.service_s
        place = door = stop.place
        if key.kind is StopKind.PICKUP:
            yield key.request, now


# ── vehicles ──


def stacks_of(problem: Problem) -> list[list[int]]:
    """By vehicle: what is on board at the start, the latest loaded last."""
    stacks: list[list[int]] = [[] for _ in problem.vehicles]
    for r, request in enumerate(problem.requests):
        if request.on_board and request.bound_to is not None:
            stacks[request.bound_to].append(r)
    for stack in stacks:
        stack.sort(key=lambda r: (_loaded_at(problem.requests[r]), r))
    return stacks


def _loaded_at(request: Request) -> int:
    return LONG_AGO if request.picked_up_at is None else request.picked_up_at


def _twins(problem: Problem, pairs: Records) -> list[int]:
    """Vehicles with the same number differ in nothing a plan could notice, so asking one of them is enough."""
    numbers: dict[object, int] = {}
    return [
        numbers.setdefault((replace(vehicle, id=""), pairs[:, v].tobytes()), len(numbers))
        for v, vehicle in enumerate(problem.vehicles)
    ]


# ── pairs ──


def allowed_pairs(problem: Problem) -> npt.NDArray[np.bool_]:
    """Which vehicle may carry which request at all, whatever the routes: shape (requests, vehicles)."""
    vehicles = problem.vehicles
    allowed = np.ones((len(problem.requests), len(vehicles)), dtype=np.bool_)
    capacity = np.array([v.capacity for v in vehicles], dtype=np.int64).reshape(-1, len(problem.dimensions))
    # Requests of one kind share an answer; there are few kinds, so this stays linear in requests.
    able: dict[tuple[frozenset[str], frozenset[str]], npt.NDArray[np.bool_]] = {}
    for r, request in enumerate(problem.requests):
        kind = (request.required_skills, request.traits)
        if kind not in able:
            able[kind] = np.array([kind[0] <= v.skills and not kind[1] & v.refuses for v in vehicles], dtype=np.bool_)
        if r in problem.pledged_to:
            allowed[r] = np.arange(len(vehicles)) == problem.pledged_to[r]
            continue
        allowed[r] = able[kind]
        allowed[r] &= (np.array(request.load, dtype=np.int64) <= capacity).all(axis=1)
        allowed[r, [v for v in request.excluded_vehicles if v < len(vehicles)]] = False
        if request.bound_to is not None:
            allowed[r] &= np.arange(len(vehicles)) == request.bound_to
    return allowed


def _pairs(problem: Problem) -> Records:
    pairs = np.zeros((len(problem.requests), len(problem.vehicles)), dtype=PAIR).view(np.recarray)
    pairs["allowed"] = allowed_pairs(problem)
    for r, request in enumerate(problem.requests):
        for v, cost in request.vehicle_costs.items():
            pairs[r, v].cost = cost
    return pairs


# ── neighbours ──


def _handy(problem: Problem, seconds: RoadArray) -> npt.NDArray[np.int32]:
    """The vehicles that begin nearest to each pickup, by their own road profile; none in a small fleet."""
    vehicles = problem.vehicles
    if len(vehicles) <= _HANDY:
        return np.zeros((len(problem.requests), 0), dtype=np.int32)
    starts = np.array([vehicle.start_place for vehicle in vehicles])
    profiles = np.array([vehicle.profile for vehicle in vehicles])
    # Many requests share a place: each place is asked once.
    known: dict[int, npt.NDArray[np.int32]] = {}
    rows = []
    for request in problem.requests:
        place = (request.pickup or request.dropoff).place
        if place not in known:
            known[place] = np.argsort(seconds[0, profiles, starts, place], kind="stable")[:_HANDY].astype(np.int32)
        rows.append(known[place])
    return np.array(rows, dtype=np.int32).reshape(-1, _HANDY)


def _near(problem: Problem, place: IntArray, seconds: RoadArray) -> npt.NDArray[np.int32]:
    """The stops nearest to each by the first profile's way there, themselves included, nearest first."""
    size = len(place)
    width = min(_NEIGHBOURS, size)
    near = np.full((size, width), -1, dtype=np.int32)
    if not size or not seconds.shape[1]:
        return near
    missing = np.array([s % 2 == 0 and problem.requests[s // 2].on_board for s in range(size)], dtype=np.bool_)
    way = seconds[0, 0]
    for begin in range(0, size, _BLOCK):
        rows = np.minimum(way[np.ix_(place[begin : begin + _BLOCK], place)], UNREACHABLE).astype(np.int64)
        rows[:, missing] = 2 * UNREACHABLE
        # The stop's number breaks ties, so that the order is the same everywhere.
        rows = rows * size + np.arange(size)
        if width < size:
            chosen = np.sort(np.partition(rows, width - 1, axis=1)[:, :width], axis=1)
        else:
            chosen = np.sort(rows, axis=1)
        near[begin : begin + _BLOCK] = np.where(chosen < 2 * UNREACHABLE * size, chosen % size, -1)
    return near
