"""A problem compiled for speed: stops as numbers, every limit and rate where the inner loops look for it.

Stop `2 r` is the pickup of request `r`, stop `2 r + 1` its drop-off. All soft costs of a stop become *kinks*:
`(moment, rate)` pairs, each adding `rate` for every second that service starts after `moment`. So one rule
covers a lateness curve, a promise broken by a parcel on board, and overtime at the end of a route.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.dispatch.engine.problem import (
    IntArray,
    LatenessCurve,
    Problem,
    Request,
    Stop,
    StopKey,
    StopKind,
    Vehicle,
)

# Beyond every moment a problem can hold, and still far from the end of 64 bits when times are added to it.
FAR: Final = 1 << 60
LONG_AGO: Final = -FAR

Kinks = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Lists for the walk along one route, arrays for the scan over many insertions; both by stop number."""

    problem: Problem
    place: list[int]
    service: list[int]
    setup: list[int]
    opens: list[int]  # service does not start before: window and ready time
    hard: list[int]  # nor after, unless pledged
    late_kinks: list[Kinks]
    overrun_kinks: list[Kinks]
    latest: list[int]
    on_board_limit: list[int]  # by request; FAR where none or where pledged (then it is a kink)
    pledged: list[bool]  # by request
    travel: list[list[list[int]]]  # by profile
    metres: list[list[list[int]]]
    overtime_kinks: list[Kinks]  # by vehicle
    prefix: list[tuple[int, ...]]  # by vehicle, as stop numbers
    load_at_start: list[tuple[int, ...]]  # by vehicle
    parcels_at_start: list[int]
    allowed: npt.NDArray[np.bool_]  # (requests, vehicles): nothing about the pair itself forbids it
    stops: StopArrays
    load: IntArray  # (requests, dimensions)
    open_cost: IntArray  # by request


@dataclass(frozen=True, slots=True, eq=False)
class StopArrays:
    """The same facts as arrays over stop numbers, for the scan."""

    place: IntArray
    service: IntArray
    setup: IntArray
    opens: IntArray
    hard: IntArray
    kink_moment: IntArray  # (stops, kinks), padded with FAR
    kink_rate: IntArray  # (stops, kinks), padded with 0


def compile_tables(problem: Problem) -> Tables:
    """Work out everything that does not depend on the routes."""
    stops = [stop for request in problem.requests for stop in (request.pickup or _NOWHERE, request.dropoff)]
    pledged = [r in problem.pledged_to for r in range(len(problem.requests))]
    prefix = [tuple(stop_number(key) for key in vehicle.prefix) for vehicle in problem.vehicles]
    late_kinks = [_kinks(stop.latest, stop.lateness, problem.requests[s // 2].priority) for s, stop in enumerate(stops)]
    tables = Tables(
        problem=problem,
        place=[stop.place for stop in stops],
        service=[stop.service_s for stop in stops],
        setup=[stop.setup_s for stop in stops],
        opens=[_opens(problem.requests[s // 2], stop, s) for s, stop in enumerate(stops)],
        hard=[FAR if pledged[s // 2] else _or(stop.hard_latest, FAR) for s, stop in enumerate(stops)],
        late_kinks=late_kinks,
        overrun_kinks=[() for _ in stops],
        latest=[_or(stop.latest, FAR) for stop in stops],
        on_board_limit=[
            FAR if pledged[r] else _or(request.max_on_board_s, FAR) for r, request in enumerate(problem.requests)
        ],
        pledged=pledged,
        travel=problem.travel_s.tolist(),
        metres=problem.distance_m.tolist(),
        overtime_kinks=[_kinks(vehicle.shift_end, vehicle.overtime, 1) for vehicle in problem.vehicles],
        prefix=prefix,
        load_at_start=_loads_at_start(problem),
        parcels_at_start=[
            sum(q.on_board and q.bound_to == v for q in problem.requests) for v in range(len(problem.vehicles))
        ],
        allowed=allowed_pairs(problem),
        stops=_stop_arrays(stops, problem, late_kinks),
        load=np.array([q.load for q in problem.requests], dtype=np.int64).reshape(-1, len(problem.dimensions)),
        open_cost=np.array([open_cost(problem, r) for r in range(len(problem.requests))], dtype=np.int64),
    )
    _add_overruns(tables, stops)
    return tables


_NOWHERE: Final = Stop(place=0)  # stands where an on-board parcel has no pickup; never visited


def stop_number(key: StopKey) -> int:
    return 2 * key.request + int(key.kind)


def stop_key(stop: int) -> StopKey:
    return StopKey(stop // 2, StopKind(stop % 2))


def open_cost(problem: Problem, request: int) -> int:
    """What it costs to leave this request open."""
    if request in problem.pledged_to:
        return problem.pledged_penalty
    return problem.requests[request].priority * problem.requests[request].open_penalty


def kink_cost(kinks: Iterable[tuple[int, int]], moment: int) -> int:
    return sum(rate * (moment - begins) for begins, rate in kinks if moment > begins)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _opens(request: Request, stop: Stop, number: int) -> int:
    ready_at = _or(request.ready_at, LONG_AGO) if number % 2 == 0 else LONG_AGO
    return max(_or(stop.earliest, LONG_AGO), ready_at)


def _kinks(latest: int | None, curve: LatenessCurve, weight: int) -> Kinks:
    """The curve as changes of slope; a curve may also flatten, then a rate is negative."""
    if latest is None:
        return ()
    rates = [0, *(rate for _, rate in curve.pieces)]
    return tuple(
        (latest + start, weight * (rate - before)) for (start, rate), before in zip(curve.pieces, rates, strict=False)
    )


def _loads_at_start(problem: Problem) -> list[tuple[int, ...]]:
    loads = [[0] * len(problem.dimensions) for _ in problem.vehicles]
    for request in problem.requests:
        if request.on_board and request.bound_to is not None:
            loads[request.bound_to] = [a + b for a, b in zip(loads[request.bound_to], request.load, strict=True)]
    return [tuple(load) for load in loads]


def _add_overruns(tables: Tables, stops: Sequence[Stop]) -> None:
    """What hard limits mean for pledged requests: a rate beyond the limit instead of a refusal."""
    problem = tables.problem
    left_at = {
        r: request.picked_up_at
        for r, request in enumerate(problem.requests)
        if request.on_board and request.picked_up_at is not None
    }
    for v in range(len(problem.vehicles)):
        left_at |= {s // 2: left for s, left in _prefix_departures(tables, v) if s % 2 == 0}
    for r in problem.pledged_to:
        longest = problem.requests[r].max_on_board_s
        limits = {s: [stops[s].hard_latest] for s in (2 * r, 2 * r + 1)}
        if longest is not None:
            limits[2 * r + 1].append(left_at[r] + longest)
        for s, moments in limits.items():
            tables.overrun_kinks[s] = tuple((m, problem.overrun_per_s) for m in moments if m is not None)


def _prefix_departures(tables: Tables, v: int) -> Iterable[tuple[int, int]]:
    """Each stop of the prefix with the moment the vehicle leaves it; nothing later can change these."""
    vehicle = tables.problem.vehicles[v]
    travel = tables.travel[vehicle.profile]
    now, place, door = vehicle.start_at, vehicle.start_place, first_door(vehicle)
    for s in tables.prefix[v]:
        now += travel[place][tables.place[s]]
        now += 0 if door == tables.place[s] else tables.setup[s] + vehicle.parking_s
        now = max(now, tables.opens[s]) + tables.service[s]
        place = door = tables.place[s]
        yield s, now


def first_door(vehicle: Vehicle) -> int:
    """The place whose set-up is already paid when the route begins, or -1."""
    return vehicle.start_place if vehicle.parked else -1


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


def _stop_arrays(stops: Sequence[Stop], problem: Problem, late_kinks: Sequence[Kinks]) -> StopArrays:
    width = max((len(kinks) for kinks in late_kinks), default=0)
    padded = [[*kinks, *[(FAR, 0)] * (width - len(kinks))] for kinks in late_kinks]
    kinks = np.array(padded, dtype=np.int64).reshape(len(stops), width, 2)

    def column(values: Iterable[int]) -> IntArray:
        return np.fromiter(values, dtype=np.int64, count=len(stops))

    return StopArrays(
        place=column(stop.place for stop in stops),
        service=column(stop.service_s for stop in stops),
        setup=column(stop.setup_s for stop in stops),
        opens=column(_opens(problem.requests[s // 2], stop, s) for s, stop in enumerate(stops)),
        hard=column(_or(stop.hard_latest, FAR) for stop in stops),
        kink_moment=np.ascontiguousarray(kinks[:, :, 0]),
        kink_rate=np.ascontiguousarray(kinks[:, :, 1]),
    )
