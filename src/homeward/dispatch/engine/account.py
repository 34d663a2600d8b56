"""One route accounted for in plain Python: times, loads, costs by name, and the hard limits it breaks.

The kernels know only the sum; what a person reads is worked out here, once, for the routes that are reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from homeward.dispatch.engine.compile_problem import (
    Kinks,
    kink_cost,
    lateness_kinks,
    opens_at,
    or_never,
    overrun_kinks,
    overtime_kinks,
    stacks_of,
    stop_number,
)
from homeward.dispatch.engine.plan import CostTerms, Limit
from homeward.dispatch.engine.problem import UNREACHABLE, Problem, Stop


@dataclass(frozen=True, slots=True)
class Broken:
    """A hard limit that a route breaks: at which stop (-1: the end), about what, and by how much."""

    limit: Limit
    stop: int
    subject: str
    needed: int | None = None
    allowed: int | None = None


@dataclass(slots=True, eq=False)
class Account:
    """What a route does. Lists over positions: entry `k` is the state after `k` stops, so each has one more
    entry than the route has stops; `arrivals` and `starts` have one per stop."""

    vehicle: int
    stops: tuple[int, ...]
    arrivals: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)
    loads: list[tuple[int, ...]] = field(default_factory=list)
    ends_at: int = 0
    distance_m: int = 0
    driving_s: int = 0
    waiting_s: int = 0
    costs: CostTerms = field(default_factory=CostTerms)
    broken: list[Broken] = field(default_factory=list)


class Accountant:
    """Keeps what all routes of a problem share, so that each account is a single walk."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._stops: list[Stop | None] = [end for q in problem.requests for end in (q.pickup, q.dropoff)]
        known = [stop or Stop(place=0) for stop in self._stops]
        self._overruns: dict[int, Kinks] = overrun_kinks(problem, known)
        self._lateness: dict[int, Kinks] = {}
        self._stacks = stacks_of(problem)
        self._known: dict[tuple[int, tuple[int, ...]], Account] = {}

    def stop(self, number: int) -> Stop:
        stop = self._stops[number]
        assert stop is not None, "a parcel on board has no pickup"
        return stop

    def pledged(self, stop: int) -> bool:
        return stop // 2 in self.problem.pledged_to

    def prefix(self, v: int) -> tuple[int, ...]:
        return tuple(stop_number(key) for key in self.problem.vehicles[v].prefix)

    def latest(self, number: int) -> int:
        return or_never(self.stop(number).latest)

    def account(self, v: int, stops: Sequence[int]) -> Account:
        """Drive vehicle `v` along `stops` (stop numbers, prefix included), each as early as possible."""
        vehicle = self.problem.vehicles[v]
        on_board = [self.problem.requests[r] for r in self._stacks[v]]
        seen = Account(v, tuple(stops), leaves=[vehicle.start_at], ends_at=vehicle.start_at)
        seen.loads.append(tuple(sum(q.load[d] for q in on_board) for d in range(len(self.problem.dimensions))))
        if not seen.stops:
            return seen
        lateness, overrun = self._times(v, seen)
        self._loads(v, seen, len(on_board))
        if vehicle.lifo:
            self._stack(v, seen)
        overtime, end_overrun = self._end(v, seen)
        served = [s // 2 for s in seen.stops if s % 2 == 1]
        seen.costs = CostTerms(
            fixed=vehicle.cost_fixed,
            time=vehicle.cost_per_s * (seen.ends_at - vehicle.start_at),
            distance=vehicle.cost_per_m * seen.distance_m,
            lateness=lateness,
            overtime=overtime,
            overrun=overrun + end_overrun,
            pay=vehicle.pay.cost(len(served)) if vehicle.pay else 0,
            preference=sum(self.problem.requests[r].vehicle_costs.get(v, 0) for r in served),
        )
        return seen

    def known(self, v: int, stops: Sequence[int]) -> Account:
        """As `account`, for a route that is asked about again and again; nobody may change what comes back."""
        key = v, tuple(stops)
        if key not in self._known:
            self._known[key] = self.account(v, stops)
        return self._known[key]

    def _lateness_of(self, s: int) -> Kinks:
        if s not in self._lateness:
            stop = self.stop(s)
            self._lateness[s] = lateness_kinks(stop.latest, stop.lateness, self.problem.requests[s // 2].priority)
        return self._lateness[s]

    def _times(self, v: int, seen: Account) -> tuple[int, int]:
        """Fill the account stop by stop; returns the costs of lateness and of overruns."""
        vehicle, metres = self.problem.vehicles[v], self.problem.distance_m
        now, place = vehicle.start_at, vehicle.start_place
        door = vehicle.start_place if vehicle.parked else -1
        lateness = overrun = 0
        left: dict[int, int] = {}
        for s in seen.stops:
            stop, request = self.stop(s), self.problem.requests[s // 2]
            drive_s = self.problem.drive_s(vehicle.profile, place, stop.place, now)
            if drive_s >= UNREACHABLE:
                seen.broken.append(Broken(Limit.UNREACHABLE, s, request.id))
                drive_s = 0
            else:
                seen.distance_m += int(metres[vehicle.profile, place, stop.place])
            seen.driving_s += drive_s
            arrival = now + drive_s
            at_door = arrival + (0 if door == stop.place else stop.setup_s + vehicle.parking_s)
            start = max(at_door, opens_at(request, stop, s))
            seen.waiting_s += start - at_door
            now = start + stop.service_s
            place = door = stop.place
            seen.arrivals.append(arrival)
            seen.starts.append(start)
            seen.leaves.append(now)
            lateness += kink_cost(self._lateness_of(s), start)
            overrun += kink_cost(self._overruns.get(s, ()), start)
            if s % 2 == 0:
                left[s // 2] = now
            if not self.pledged(s):
                seen.broken += self._late(v, s, start, left.get(s // 2, start))
        return lateness, overrun

    def _late(self, v: int, s: int, start: int, left: int) -> list[Broken]:
        """Limits of time that a start at a stop breaks."""
        stop, request = self.stop(s), self.problem.requests[s // 2]
        if s % 2 == 0:
            last = self.problem.vehicles[v].last_pickup_at
            limits = [(Limit.WINDOW, start, stop.hard_latest), (Limit.LAST_PICKUP, start, last)]
        else:
            limits = [
                (Limit.WINDOW, start, stop.hard_latest),
                (Limit.MAX_ON_BOARD, start - left, request.max_on_board_s),
            ]
        return [
            Broken(limit, s, request.id, needed, allowed)
            for limit, needed, allowed in limits
            if allowed is not None and needed > allowed
        ]

    def _loads(self, v: int, seen: Account, parcels: int) -> None:
        """Loads along the route. Limits bind while a parcel that is not pledged is on board: what is pledged
        was agreed before this plan, so it cannot refuse itself."""
        vehicle = self.problem.vehicles[v]
        load, unpledged = seen.loads[0], 0
        most = vehicle.max_parcels_on_board
        for s in seen.stops:
            sign = 1 if s % 2 == 0 else -1
            load = tuple(a + sign * b for a, b in zip(load, self.problem.requests[s // 2].load, strict=True))
            parcels += sign
            unpledged += 0 if self.pledged(s) else sign
            seen.loads.append(load)
            if not unpledged:
                continue
            for name, needed, allowed in zip(self.problem.dimensions, load, vehicle.capacity, strict=True):
                if needed > allowed:
                    seen.broken.append(Broken(Limit.CAPACITY, s, name, needed, allowed))
            if most is not None and parcels > most:
                seen.broken.append(Broken(Limit.PARCELS_ON_BOARD, s, "", parcels, most))

    def _stack(self, v: int, seen: Account) -> None:
        """Only what lies on top can be handed over."""
        requests = self.problem.requests
        stack = list(self._stacks[v])
        for s in seen.stops:
            if s % 2 == 0:
                stack.append(s // 2)
                continue
            if stack[-1] != s // 2:
                seen.broken.append(Broken(Limit.LIFO, s, requests[stack[-1]].id))
            stack.remove(s // 2)

    def _end(self, v: int, seen: Account) -> tuple[int, int]:
        """The end of the route; returns the costs of overtime and of overrunning the hard end."""
        vehicle = self.problem.vehicles[v]
        unpledged = not all(self.pledged(s) for s in seen.stops)
        seen.ends_at = seen.leaves[-1]
        if vehicle.end_place is not None:
            last = self.stop(seen.stops[-1]).place
            home_s = self.problem.drive_s(vehicle.profile, last, vehicle.end_place, seen.ends_at)
            if home_s < UNREACHABLE:
                seen.ends_at += home_s
                seen.driving_s += home_s
                seen.distance_m += int(self.problem.distance_m[vehicle.profile, last, vehicle.end_place])
            elif unpledged:
                seen.broken.append(Broken(Limit.UNREACHABLE, -1, vehicle.id))
        if unpledged and vehicle.max_stops is not None and len(seen.stops) > vehicle.max_stops:
            seen.broken.append(Broken(Limit.STOPS, -1, vehicle.id, len(seen.stops), vehicle.max_stops))
        overrun = 0
        if vehicle.hard_shift_end is not None and seen.ends_at > vehicle.hard_shift_end:
            if unpledged:
                limit = vehicle.hard_shift_end
                seen.broken.append(Broken(Limit.SHIFT_END, -1, vehicle.id, seen.ends_at, limit))
            else:
                overrun = self.problem.overrun_per_s * (seen.ends_at - vehicle.hard_shift_end)
        return kink_cost(overtime_kinks(vehicle), seen.ends_at), overrun
