"""The best place for many requests in one route, all positions tried at once.

Each way to insert a request (pickup at position i, drop-off at position j >= i) is a *lane*: it drives the
route with the two stops in it, and what it costs and breaks is exact. The lanes move along the route together,
as rows of arrays with one column per request. A lane enters when its pickup is made (`_Lanes` "loaded") and
again when its drop-off is made ("done"); before that it is the plain route and needs no lane. So a lane is
only driven from where it differs, and a stop of the route costs a handful of array operations for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.dispatch.engine.plan import Limit
from homeward.dispatch.engine.problem import UNREACHABLE, IntArray, Vehicle
from homeward.dispatch.engine.tables import FAR, LONG_AGO, Kinks, Tables, first_door
from homeward.dispatch.engine.walk import Walk

ByteArray = npt.NDArray[np.uint8]

# A bit for each limit, what is tied to the parcel highest: the lane with the lowest sum of bits came closest
# to being possible, so its limit is the one worth telling.
BITS: Final = {
    Limit.SHIFT_END: 1,
    Limit.MAX_ON_BOARD: 2,
    Limit.WINDOW: 4,
    Limit.UNREACHABLE: 8,
    Limit.PARCELS_ON_BOARD: 16,
    Limit.CAPACITY: 32,
    Limit.STOPS: 64,
}
# Costs at or above it mark a lane that breaks a limit; the remainder is its bits.
FORBIDDEN: Final = 1 << 62
# Lanes times requests handled in one go: keeps a block of lanes inside the processor's cache.
_BLOCK: Final = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """Per request asked about: added cost, and the stops of the old route before pickup and before drop-off."""

    added: IntArray
    pickup_at: IntArray
    dropoff_at: IntArray


def scan(tables: Tables, base: Walk, requests: IntArray) -> Scan:
    """Best insertion of each of `requests` into the route that `base` walked.

    Parameters
    ----------
    tables
        The compiled problem.
    base
        A walk that breaks nothing; insertions go behind the vehicle's prefix.
    requests
        Indices of requests with a pickup, allowed on this vehicle and not on the route; shape (n,).

    Returns
    -------
    Scan
        `added` is exact: the cost of the new route minus that of the old one. Where no insertion is
        possible it is `FORBIDDEN` plus the bits of the limits that the least impossible one breaks.
    """
    gaps = len(base.stops) - len(tables.prefix[base.vehicle]) + 1
    width = max(1, 2 * _BLOCK // (gaps * (gaps + 1)))
    parts = [
        _RouteScan(tables, base, requests[begin : begin + width]).run() for begin in range(0, len(requests), width)
    ]
    if len(parts) == 1:
        return parts[0]
    return Scan(
        np.concatenate([part.added for part in parts] or [requests]),
        np.concatenate([part.pickup_at for part in parts] or [requests]),
        np.concatenate([part.dropoff_at for part in parts] or [requests]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """One end (all pickups or all drop-offs) of the requests asked about, one column each."""

    place: IntArray
    service: IntArray
    setup: IntArray
    opens: IntArray
    hard: IntArray
    first_hard: int
    kink_moment: IntArray
    kink_rate: IntArray
    first_kink: int


@dataclass(frozen=True, slots=True, eq=False)
class _Legs:
    """Ways between the route and the requests' own stops, set-up at the far end included: (positions, n)."""

    seconds: IntArray
    cost: IntArray
    broke: ByteArray | None  # None when roads lead everywhere, which is nearly always


@dataclass(slots=True, eq=False)
class _Lanes:
    """Rows of lanes; the first `count` are in use, and the last ones to enter stand at their own stop."""

    now: IntArray
    cost: IntArray
    broke: ByteArray
    left: dict[int, IntArray]  # when each watched request of the route left its pickup
    count: int = 0

    @classmethod
    def empty(cls, rows: int, columns: int, watched: list[int]) -> _Lanes:
        def block() -> IntArray:
            return np.empty((rows, columns), dtype=np.int64)

        return cls(block(), block(), np.zeros((rows, columns), dtype=np.uint8), {r: block() for r in watched})


class _RouteScan:
    """One pass over one route. The order of calls in `run` is the order of events at each position."""

    def __init__(self, tables: Tables, base: Walk, requests: IntArray) -> None:
        self.tables, self.base = tables, base
        self.vehicle: Vehicle = tables.problem.vehicles[base.vehicle]
        self.first = len(tables.prefix[base.vehicle])
        self.gaps = len(base.stops) - self.first + 1
        self.pickups = self._ends(2 * requests)
        self.dropoffs = self._ends(2 * requests + 1)
        self.refused_load = self._refused_loads(requests)
        self._lay_legs()
        limits = tables.on_board_limit
        self.on_board_limit = np.array([limits[r] for r in requests], dtype=np.int64)
        self.left_pickup: list[IntArray] = []  # by loaded lane
        self.watch_new = bool((self.on_board_limit < FAR).any())
        watched = [s // 2 for s in base.stops[self.first :] if s % 2 == 0 and limits[s // 2] < FAR]
        self.loaded = _Lanes.empty(self.gaps, len(requests), watched)
        self.done = _Lanes.empty(self.gaps * (self.gaps + 1) // 2, len(requests), watched)

    def run(self) -> Scan:
        stops = self.base.stops
        spent = self.vehicle.cost_fixed + sum(self._leg_cost(at) for at in range(self.first))
        for at in range(self.first, len(stops) + 1):
            self._make_pickups(at, spent)
            fresh = self._make_dropoffs(at)
            if at < len(stops):
                spent += self._leg_cost(at)
                self._pass_stop(at, fresh)
        self._drive_home(fresh)
        return self._best()

    def _ends(self, stops: IntArray) -> _Ends:
        arrays = self.tables.stops
        return _Ends(
            place=arrays.place[stops],
            service=arrays.service[stops],
            setup=arrays.setup[stops] + self.vehicle.parking_s,
            opens=arrays.opens[stops],
            hard=arrays.hard[stops],
            first_hard=int(arrays.hard[stops].min(initial=FAR)),
            kink_moment=arrays.kink_moment[stops],
            kink_rate=arrays.kink_rate[stops],
            first_kink=int(arrays.kink_moment[stops].min(initial=FAR)),
        )

    def _lay_legs(self) -> None:
        """Every way that leads off the route or back to it, all positions in one go."""
        tables, vehicle = self.tables, self.vehicle
        stops = self.base.stops
        place = [vehicle.start_place, *(tables.place[s] for s in stops)][self.first :]
        door = [first_door(vehicle), *(tables.place[s] for s in stops)][self.first :]
        here, door_here = np.array(place)[:, None], np.array(door)[:, None]
        pickup, dropoff = self.pickups, self.dropoffs
        self.to_pickup = self._legs(here, pickup.place, np.where(door_here == pickup.place, 0, pickup.setup))
        self.to_dropoff = self._legs(here, dropoff.place, np.where(door_here == dropoff.place, 0, dropoff.setup))
        same_door = pickup.place == dropoff.place
        self.direct = self._legs(pickup.place[None], dropoff.place[None], np.where(same_door, 0, dropoff.setup)[None])
        following = here[1:]
        setup = np.array([tables.setup[s] + vehicle.parking_s for s in stops[self.first :]], dtype=np.int64)[:, None]
        if vehicle.end_place is not None:
            following = np.append(following, [[vehicle.end_place]], axis=0)
            setup = np.append(setup, [[0]], axis=0)
        self.from_pickup = self._legs(pickup.place, following, np.where(pickup.place == following, 0, setup))
        self.from_dropoff = self._legs(dropoff.place, following, np.where(dropoff.place == following, 0, setup))

    def _legs(self, origin: IntArray, destination: IntArray, setup: IntArray) -> _Legs:
        """Ways from each origin to each destination; the three arrays are broadcast together."""
        seconds = self.tables.problem.travel_s[self.vehicle.profile][origin, destination]
        metres = self.tables.problem.distance_m[self.vehicle.profile][origin, destination]
        no_road = seconds >= UNREACHABLE
        broke = _bits(no_road, Limit.UNREACHABLE) if no_road.any() else None
        if broke is not None:
            seconds = np.where(no_road, 0, seconds)
        return _Legs(seconds + setup, self.vehicle.cost_per_m * metres, broke)

    def _refused_loads(self, requests: IntArray) -> ByteArray:
        """Bits of the load limits that each request would break if on board after `k` stops: (stops + 1, n)."""
        on_board = np.array(self.base.loads, dtype=np.int64)  # (stops + 1, dimensions)
        capacity = np.array(self.vehicle.capacity, dtype=np.int64)
        with_it = on_board[:, None, :] + self.tables.load[requests][None, :, :]
        bits = _bits(np.any(with_it > capacity, axis=2), Limit.CAPACITY)
        most = self.vehicle.max_parcels_on_board
        if most is not None:
            full = np.array([[parcels + 1 > most] for parcels in self.base.parcels], dtype=np.bool_)
            bits |= _bits(full, Limit.PARCELS_ON_BOARD)
        if self.vehicle.max_stops is not None and len(self.base.stops) + 2 > self.vehicle.max_stops:
            bits |= np.uint8(BITS[Limit.STOPS])
        return bits

    def _where(self, at: int) -> tuple[int, int]:
        """Place and door of the plain route after `at` stops."""
        if at == 0:
            return self.vehicle.start_place, first_door(self.vehicle)
        place = self.tables.place[self.base.stops[at - 1]]
        return place, place

    def _make_pickups(self, at: int, spent: int) -> None:
        """One new row of loaded lanes: the pickup comes after `at` stops of the route."""
        lanes, row = self.loaded, self.loaded.count
        lanes.now[row] = self.base.leaves[at]
        lanes.cost[row] = spent
        lanes.broke[row] = self.refused_load[at]
        for r, left in lanes.left.items():
            left[row] = self._left_base(r, at)
        lanes.count += 1
        rows = slice(row, row + 1)
        _drive(lanes, rows, self.to_pickup, at - self.first)
        _start_service(lanes, rows, self.pickups)
        lanes.now[row] += self.pickups.service
        self.left_pickup.append(lanes.now[row].copy())

    def _left_base(self, request: int, at: int) -> int:
        """When the plain route left this request's pickup, if it has done so after `at` stops."""
        position = self.base.stops.index(2 * request)
        return self.base.leaves[position + 1] if position < at else LONG_AGO

    def _make_dropoffs(self, at: int) -> int:
        """New rows of done lanes, one per loaded lane: the drop-off comes here. Returns the first new row."""
        source, lanes = self.loaded, self.done
        fresh, end = lanes.count, lanes.count + source.count
        lanes.now[fresh:end] = source.now[: source.count]
        lanes.cost[fresh:end] = source.cost[: source.count]
        lanes.broke[fresh:end] = source.broke[: source.count]
        for r, left in lanes.left.items():
            left[fresh:end] = source.left[r][: source.count]
        lanes.count = end
        _drive(lanes, slice(fresh, end - 1), self.to_dropoff, at - self.first)
        # The lane that has just made its pickup drives straight to the drop-off.
        _drive(lanes, slice(end - 1, end), self.direct, 0)
        _start_service(lanes, slice(fresh, end), self.dropoffs)
        if self.watch_new:
            carried = lanes.now[fresh:end] - np.array(self.left_pickup)
            lanes.broke[fresh:end] |= _bits(carried > self.on_board_limit, Limit.MAX_ON_BOARD)
        lanes.now[fresh:end] += self.dropoffs.service
        return fresh

    def _leg_cost(self, at: int) -> int:
        """What the plain route spends on the way to its stop number `at`, and there."""
        s, tables = self.base.stops[at], self.tables
        place, _ = self._where(at)
        start = self.base.starts[at]
        metres = tables.metres[self.vehicle.profile][place][tables.place[s]]
        kinks = (*tables.late_kinks[s], *tables.overrun_kinks[s])
        return self.vehicle.cost_per_m * metres + sum(rate * max(0, start - begins) for begins, rate in kinks)

    def _pass_stop(self, at: int, fresh: int) -> None:
        """All lanes drive on to stop number `at` of the route: the fresh ones from their own stop."""
        s, tables, vehicle = self.base.stops[at], self.tables, self.vehicle
        place, door = self._where(at)
        there = tables.place[s]
        seconds = tables.travel[vehicle.profile][place][there]
        seconds += 0 if door == there else tables.setup[s] + vehicle.parking_s
        cost = vehicle.cost_per_m * tables.metres[vehicle.profile][place][there]
        for lanes, first_fresh, legs in (
            (self.loaded, self.loaded.count - 1, self.from_pickup),
            (self.done, fresh, self.from_dropoff),
        ):
            lanes.now[:first_fresh] += seconds
            lanes.cost[:first_fresh] += cost
            _drive(lanes, slice(first_fresh, lanes.count), legs, at - self.first)
            self._serve_route_stop(lanes, s)
        self.loaded.broke[: self.loaded.count] |= self.refused_load[at + 1]

    def _serve_route_stop(self, lanes: _Lanes, s: int) -> None:
        """Service at a stop of the route, the same for every lane."""
        tables = self.tables
        now, cost, broke = lanes.now[: lanes.count], lanes.cost[: lanes.count], lanes.broke[: lanes.count]
        if tables.opens[s] > LONG_AGO:
            np.maximum(now, tables.opens[s], out=now)
        _add_kinks(cost, now, tables.late_kinks[s])
        _add_kinks(cost, now, tables.overrun_kinks[s])
        if tables.hard[s] < FAR:
            broke |= _bits(now > tables.hard[s], Limit.WINDOW)
        watched = lanes.left.get(s // 2)
        if watched is not None and s % 2 == 1:
            carried = now - watched[: lanes.count]
            broke |= _bits(carried > tables.on_board_limit[s // 2], Limit.MAX_ON_BOARD)
        now += tables.service[s]
        if watched is not None and s % 2 == 0:
            watched[: lanes.count] = now

    def _drive_home(self, fresh: int) -> None:
        """The end of every done lane: the way home, seconds, overtime, the hard end of the shift."""
        lanes, vehicle = self.done, self.vehicle
        if vehicle.end_place is not None:
            place, _ = self._where(len(self.base.stops))
            home_s = self.tables.travel[vehicle.profile][place][vehicle.end_place]
            if home_s >= UNREACHABLE:
                lanes.broke[:fresh] |= np.uint8(BITS[Limit.UNREACHABLE])
            else:
                lanes.now[:fresh] += home_s
                metres = self.tables.metres[vehicle.profile][place][vehicle.end_place]
                lanes.cost[:fresh] += vehicle.cost_per_m * metres
            _drive(lanes, slice(fresh, None), self.from_dropoff, self.gaps - 1)
        lanes.cost += vehicle.cost_per_s * (lanes.now - vehicle.start_at)
        _add_kinks(lanes.cost, lanes.now, self.tables.overtime_kinks[self.base.vehicle])
        if vehicle.hard_shift_end is not None:
            lanes.broke |= _bits(lanes.now > vehicle.hard_shift_end, Limit.SHIFT_END)

    def _best(self) -> Scan:
        """The cheapest lane of each column, the first among equals."""
        lanes = self.done
        added = lanes.cost - self.base.cost
        added = np.where(lanes.broke > 0, FORBIDDEN + lanes.broke.astype(np.int64), added)
        row = added.argmin(axis=0)
        pickup_at, dropoff_at = self._positions()
        return Scan(added[row, np.arange(added.shape[1])], pickup_at[row], dropoff_at[row])

    def _positions(self) -> tuple[IntArray, IntArray]:
        dropoff_at = np.repeat(np.arange(self.gaps), np.arange(1, self.gaps + 1))
        pickup_at = np.arange(len(dropoff_at)) - dropoff_at * (dropoff_at + 1) // 2
        return pickup_at + self.first, dropoff_at + self.first


def _bits(broken: npt.NDArray[np.bool_], limit: Limit) -> ByteArray:
    bits: ByteArray = broken.astype(np.uint8)
    bits *= np.uint8(BITS[limit])
    return bits


def _drive(lanes: _Lanes, rows: slice, legs: _Legs, position: int) -> None:
    lanes.now[rows] += legs.seconds[position]
    lanes.cost[rows] += legs.cost[position]
    if legs.broke is not None:
        lanes.broke[rows] |= legs.broke[position]


def _start_service(lanes: _Lanes, rows: slice, ends: _Ends) -> None:
    """The lanes are at the door of their own stop; they wait if need be, and may be late."""
    now = lanes.now[rows]
    np.maximum(now, ends.opens, out=now)
    latest = now.max(initial=LONG_AGO)
    if latest > ends.first_kink:
        for kink in range(ends.kink_moment.shape[1]):
            lanes.cost[rows] += ends.kink_rate[:, kink] * np.maximum(now - ends.kink_moment[:, kink], 0)
    if latest > ends.first_hard:
        lanes.broke[rows] |= _bits(now > ends.hard, Limit.WINDOW)


def _add_kinks(cost: IntArray, now: IntArray, kinks: Kinks) -> None:
    for begins, rate in kinks:
        if now.max() <= begins:
            return  # kinks rise: nothing is late enough for the next one either
        cost += rate * np.maximum(now - begins, 0)
