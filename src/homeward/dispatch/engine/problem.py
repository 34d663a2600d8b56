"""What the engine is asked: requests, vehicles and travel matrices, all as plain values.

Times are whole seconds on one axis that the caller chooses (dispatch uses "seconds since the snapshot";
moments in its past are negative). Costs are whole numbers in one unit that the caller chooses; a thousandth
of a minor unit leaves room for small rates per metre. Whole numbers make every sum exact, so a plan and
its replay agree to the last digit on every machine.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final, NamedTuple, cast

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
RoadArray = npt.NDArray[np.int32]

# Written into `travel_s` where no road leads; any value at or above it counts as unreachable.
UNREACHABLE: Final = 1_000_000_000
# Entries in a load: weight, volume, count and three compartments.
MOST_DIMENSIONS: Final = 6
_LONGEST: Final = 2**31 - 1


class StopKind(IntEnum):
    PICKUP = 0
    DROPOFF = 1


class StopKey(NamedTuple):
    """One stop of a problem: which request (its index) and which end of it."""

    request: int
    kind: StopKind


@dataclass(frozen=True, slots=True)
class LatenessCurve:
    """Cost of lateness, piecewise linear and never falling.

    Parameters
    ----------
    pieces
        `(from_s, cost_per_s)` in rising order of `from_s` (>= 0): each rate holds from there to the next
        piece. `((0, 2), (600, 6))` costs 2 for each of the first 600 seconds late and 6 for each further one.
    """

    pieces: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        starts = [start for start, _ in self.pieces]
        if any(a >= b for a, b in pairwise(starts)) or any(start < 0 for start in starts):
            raise ValueError(f"pieces must start at 0 or later and rise: {self.pieces}")
        if any(rate < 0 for _, rate in self.pieces):
            raise ValueError(f"lateness must not pay: {self.pieces}")

    def cost(self, late_s: int) -> int:
        """Cost of arriving `late_s` seconds after the agreed time; nothing when early."""
        cost = 0
        for begins, rate, ends in self._spans(late_s):
            cost += rate * max(0, min(late_s, ends) - begins)
        return cost

    def _spans(self, until: int) -> list[tuple[int, int, int]]:
        ends = [*(start for start, _ in self.pieces[1:]), until]
        return [(begins, rate, end) for (begins, rate), end in zip(self.pieces, ends, strict=False)]


NO_CURVE: Final = LatenessCurve()


@dataclass(frozen=True, slots=True)
class PayModel:
    """What a courier is paid by the piece, beyond what they are owed anyway.

    A route that serves `n` requests costs `max(0, per_request * n - guaranteed)`: the guarantee is paid whether or
    not anything is carried, so it decides nothing, but the first pieces below it are free.
    """

    per_request: int
    guaranteed: int = 0

    def cost(self, requests: int) -> int:
        return max(0, self.per_request * requests - self.guaranteed)


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit.

    Parameters
    ----------
    place
        Row and column of the travel matrices.
    service_s
        Seconds for this parcel, from `start` to departure.
    setup_s
        Seconds for coming to the door (parking, walking in) before service can start. Paid once when
        consecutive stops of a route are at the same place: so pickups at one store merge.
    earliest, latest
        The window in which service should start. Before `earliest` the vehicle waits; after `latest`
        (None: never late) each second costs what `lateness` says.
    hard_latest
        Service may not start later than this (None: no limit).
    """

    place: int
    service_s: int = 0
    setup_s: int = 0
    earliest: int | None = None
    latest: int | None = None
    hard_latest: int | None = None
    lateness: LatenessCurve = NO_CURVE


@dataclass(frozen=True, slots=True)
class Request:
    """One parcel to bring from a store to a door, or, with `pickup=None`, one already on board.

    Parameters
    ----------
    id
        The caller's name for it; must be unique. Breaks no tie: the index does.
    load
        One entry per dimension of the problem (`weight_g`, `volume_ml`, `items`, ...).
    ready_at
        When the parcel may leave: service at the pickup does not start before it (None: now).
    bound_to
        Index of the vehicle that must carry it (None: free). Required for a parcel on board. A request
        whose pickup is in a vehicle's prefix belongs to that vehicle without it.
    required_skills
        All of them must be among the vehicle's skills.
    traits
        What the parcel is (`"alcohol"`, `"fragile"`); a vehicle that refuses one of them cannot carry it.
    excluded_vehicles
        Indices of vehicles that may not carry this one (declined it, blocked by the merchant).
    priority
        Weight (>= 1) on its lateness and on its `open_penalty`.
    open_penalty
        Cost of leaving it unassigned. A vehicle gets it only when that is cheaper.
    max_on_board_s
        Longest time from leaving the pickup to the start of service at the drop-off (None: no limit).
    picked_up_at
        When a parcel on board left its pickup (may be negative); needed there if `max_on_board_s` is set.
    vehicle_costs
        What it costs beyond the way if the vehicle of that index carries it: a preference (negative) or a
        reluctance, such as the chance that this courier says no.
    """

    id: str
    dropoff: Stop
    pickup: Stop | None
    load: tuple[int, ...]
    ready_at: int | None = None
    bound_to: int | None = None
    required_skills: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    excluded_vehicles: frozenset[int] = frozenset()
    priority: int = 1
    open_penalty: int = 10_000_000
    max_on_board_s: int | None = None
    picked_up_at: int | None = None
    vehicle_costs: Mapping[int, int] = field(default_factory=dict, hash=False)

    @property
    def on_board(self) -> bool:
        return self.pickup is None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One courier or machine, where and when it is next free to be told something.

    Parameters
    ----------
    start_place, start_at
        Where and when the planned route begins.
    parked
        It already stands at the door of `start_place`: a first stop there pays no set-up.
    prefix
        Stops already promised, in this order, before anything new: the fixed next stop is a prefix of one.
        Their requests stay with this vehicle and are never left open.
    end_place
        Where the route ends (None: at its last stop).
    shift_end, overtime
        After `shift_end` (None: no end) each second until the end of the route costs what `overtime` says.
    hard_shift_end
        A route that carries anything it has not yet promised must end by then (None: no limit).
    capacity
        One entry per dimension of the problem.
    profile
        First index of the travel matrices.
    cost_fixed, cost_per_s, cost_per_m
        For being used at all; per second from `start_at` to the end of the route, waiting included; per metre.
        `cost_fixed` may be negative: what is driven anyway is taken off again.
    max_parcels_on_board, max_stops
        Limits on parcels carried at one time, and on stops of the whole route (None: no limit).
    parking_s
        Added to every stop's set-up: what this kind of vehicle needs to park.
    last_pickup_at
        Service at a pickup does not start after it (None: no limit); what is on board may still be brought.
    lifo
        Only the parcel loaded last can be handed over. What is on board at the start is stacked in the order of
        `picked_up_at`, then of the request's index: the latest on top.
    pay
        Pay by the piece (None: none).
    """

    id: str
    start_place: int
    capacity: tuple[int, ...]
    start_at: int = 0
    parked: bool = False
    prefix: tuple[StopKey, ...] = ()
    end_place: int | None = None
    shift_end: int | None = None
    overtime: LatenessCurve = NO_CURVE
    hard_shift_end: int | None = None
    skills: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    profile: int = 0
    cost_fixed: int = 0
    cost_per_s: int = 0
    cost_per_m: int = 0
    max_parcels_on_board: int | None = None
    max_stops: int | None = None
    parking_s: int = 0
    last_pickup_at: int | None = None
    lifo: bool = False
    pay: PayModel | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Everything one plan is made from.

    What is on board or in a prefix is *pledged*: it cannot be given back, so its hard limits do not refuse.
    Breaking one costs `overrun_per_s` for each second beyond it, and leaving one open (no road leads there)
    costs `pledged_penalty`.

    Parameters
    ----------
    travel_s, distance_m
        Seconds and metres, shape (profiles, places, places), row = from, column = to; need not be
        symmetric. No road: `UNREACHABLE` in `travel_s`. The diagonal is 0. Entries stay below 2**31.
        Where travel depends on the hour, `travel_s` has one more axis in front: (periods, profiles, places, places).
    dimensions
        Names of the load dimensions, in the order of `Request.load` and `Vehicle.capacity`. What must ride in a
        compartment of its own (frozen goods) is a dimension of its own.
    periods
        When the second and each later period of `travel_s` begins, rising; empty for one period. A leg that runs
        over the end of a period drives the rest of its way at the pace of the next one (`drive_s`), so that who
        leaves later never arrives earlier.

        Source: Ichoua, Gendreau & Potvin (2003), European Journal of Operational Research 144(2), 379-396.

    Raises
    ------
    ValueError
        If the parts do not fit each other; the message names the first that does not.
    """

    requests: tuple[Request, ...]
    vehicles: tuple[Vehicle, ...]
    travel_s: npt.NDArray[np.integer]
    distance_m: npt.NDArray[np.integer]
    dimensions: tuple[str, ...] = ("weight_g",)
    periods: tuple[int, ...] = ()
    overrun_per_s: int = 1_000
    pledged_penalty: int = 1_000_000_000
    # Which vehicle carries each pledged request; worked out, not given.
    pledged_to: Mapping[int, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pledged = {r: q.bound_to for r, q in enumerate(self.requests) if q.on_board and q.bound_to is not None}
        pledged |= {key.request: v for v, vehicle in enumerate(self.vehicles) for key in vehicle.prefix}
        object.__setattr__(self, "pledged_to", MappingProxyType(pledged))
        for name in ("travel_s", "distance_m"):
            object.__setattr__(self, name, _frozen(name, getattr(self, name)))
        check_problem(self)

    def stop(self, key: StopKey) -> Stop:
        """The stop a key stands for; an on-board parcel has no pickup."""
        request = self.requests[key.request]
        stop = request.dropoff if key.kind is StopKind.DROPOFF else request.pickup
        if stop is None:
            raise ValueError(f"{request.id} is on board: it has no pickup")
        return stop

    def drive_s(self, profile: int, origin: int, destination: int, leave_at: int) -> int:
        """Seconds from one place to another for who leaves at `leave_at`; `UNREACHABLE` where no road leads."""
        if not self.periods:
            return int(self.travel_s[profile, origin, destination])
        ways = [int(way) for way in self.travel_s[:, profile, origin, destination]]
        if max(ways) >= UNREACHABLE:
            return UNREACHABLE
        period = bisect_right(self.periods, leave_at)
        now, left_s = leave_at, ways[period]
        while period < len(self.periods) and now + left_s > self.periods[period]:
            left_s -= self.periods[period] - now
            now = self.periods[period]
            left_s = -(-left_s * ways[period + 1] // ways[period])
            period += 1
        return now + left_s - leave_at


def _frozen(name: str, matrix: npt.NDArray[np.integer]) -> RoadArray:
    """A table that nobody can write to, so that a plan can be replayed from its problem. 32 bits hold every road
    and half the memory: what thousands of places need is mostly these two tables."""
    if not np.issubdtype(matrix.dtype, np.integer):
        raise ValueError(f"{name} must hold whole numbers, not {matrix.dtype}")
    if matrix.size and (matrix.min() < 0 or matrix.max() > _LONGEST):
        raise ValueError(f"{name} must hold numbers >= 0 and at most {_LONGEST}")
    if matrix.dtype == np.int32 and matrix.flags.c_contiguous and matrix.base is None and not matrix.flags.writeable:
        # Frozen by whoever made it; a market of thousands of places would be held twice.
        return cast("RoadArray", matrix)
    copy = np.array(matrix, dtype=np.int32, order="C")
    copy.setflags(write=False)
    return copy


def check_problem(problem: Problem) -> None:
    """Raise ValueError naming the first part that does not fit the others."""
    _check_matrices(problem)
    if len(problem.dimensions) > MOST_DIMENSIONS:
        raise ValueError(f"at most {MOST_DIMENSIONS} load dimensions: {problem.dimensions}")
    for request in problem.requests:
        _check_request(problem, request)
    seen: set[StopKey] = set()
    for index, vehicle in enumerate(problem.vehicles):
        _check_vehicle(problem, vehicle)
        _check_prefix(problem, index, seen)


def _check_matrices(problem: Problem) -> None:
    shape, metres = problem.travel_s.shape, problem.distance_m.shape
    if len(metres) != 3 or metres[1] != metres[2] or shape not in (metres, (len(problem.periods) + 1, *metres)):
        raise ValueError(f"matrices must be (profiles, places, places): {shape}, {metres}")
    if problem.periods and len(shape) != 4:
        raise ValueError("with periods, travel_s must be (periods, profiles, places, places)")
    if any(a >= b for a, b in pairwise(problem.periods)):
        raise ValueError(f"periods must rise: {problem.periods}")


def _check_request(problem: Problem, request: Request) -> None:
    places = problem.distance_m.shape[1]
    stops = [stop for stop in (request.pickup, request.dropoff) if stop is not None]
    if any(not 0 <= stop.place < places for stop in stops):
        raise ValueError(f"{request.id}: place outside the matrices")
    if any(stop.service_s < 0 or stop.setup_s < 0 for stop in stops):
        raise ValueError(f"{request.id}: negative service or set-up time")
    if len(request.load) != len(problem.dimensions) or any(load < 0 for load in request.load):
        raise ValueError(f"{request.id}: load must be one number >= 0 per dimension")
    if request.priority < 1 or request.open_penalty < 0:
        raise ValueError(f"{request.id}: priority must be >= 1 and open_penalty >= 0")
    if request.bound_to is not None and not 0 <= request.bound_to < len(problem.vehicles):
        raise ValueError(f"{request.id}: bound to a vehicle that does not exist")
    if request.on_board and request.bound_to is None:
        raise ValueError(f"{request.id}: on board, but of no vehicle")
    if any(not 0 <= v < len(problem.vehicles) for v in request.vehicle_costs):
        raise ValueError(f"{request.id}: costs with a vehicle that does not exist")
    if request.on_board and request.max_on_board_s is not None and request.picked_up_at is None:
        raise ValueError(f"{request.id}: max_on_board_s needs picked_up_at once on board")


def _check_vehicle(problem: Problem, vehicle: Vehicle) -> None:
    profiles, places, _ = problem.distance_m.shape
    ends = [vehicle.start_place] + ([] if vehicle.end_place is None else [vehicle.end_place])
    if not 0 <= vehicle.profile < profiles or any(not 0 <= place < places for place in ends):
        raise ValueError(f"{vehicle.id}: profile or place outside the matrices")
    if len(vehicle.capacity) != len(problem.dimensions):
        raise ValueError(f"{vehicle.id}: capacity must be one number per dimension")
    if min(vehicle.cost_per_s, vehicle.cost_per_m, vehicle.parking_s) < 0:
        raise ValueError(f"{vehicle.id}: negative cost or parking time")


def _check_prefix(problem: Problem, index: int, seen: set[StopKey]) -> None:
    """`seen` holds the stops of all prefixes so far and grows by this one's."""
    vehicle = problem.vehicles[index]
    place = vehicle.start_place
    for key in vehicle.prefix:
        request = problem.requests[key.request]
        if key in seen or (key.kind is StopKind.PICKUP and StopKey(key.request, StopKind.DROPOFF) in seen):
            raise ValueError(f"{vehicle.id}: {request.id} is twice in prefixes, or dropped off before its pickup")
        waits_at_store = not request.on_board and StopKey(key.request, StopKind.PICKUP) not in seen
        if key.kind is StopKind.DROPOFF and waits_at_store:
            raise ValueError(f"{vehicle.id}: the prefix drops {request.id} off without picking it up")
        if problem.pledged_to[key.request] != index or request.bound_to not in (None, index):
            raise ValueError(f"{vehicle.id}: {request.id} in its prefix belongs to another vehicle")
        seen.add(key)
        stop = problem.stop(key)
        if problem.drive_s(vehicle.profile, place, stop.place, vehicle.start_at) >= UNREACHABLE:
            raise ValueError(f"{vehicle.id}: no road to {request.id}, a stop of its prefix")
        place = stop.place
