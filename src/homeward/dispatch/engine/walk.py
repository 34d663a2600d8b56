"""One route walked from its start to its end: times, loads, costs, and the hard limits it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from homeward.dispatch.engine.plan import CostTerms, Limit
from homeward.dispatch.engine.problem import UNREACHABLE
from homeward.dispatch.engine.tables import Tables, first_door, kink_cost


@dataclass(frozen=True, slots=True)
class Broken:
    """A hard limit that a route breaks: at which stop (-1: the end), about what, and by how much."""

    limit: Limit
    stop: int
    subject: str
    needed: int | None = None
    allowed: int | None = None


@dataclass(slots=True, eq=False)
class Walk:
    """What `walk` saw. Lists over positions: entry `k` is the state after `k` stops, so each has one more
    entry than the route has stops; `arrivals` and `starts` have one per stop."""

    vehicle: int
    stops: tuple[int, ...]
    arrivals: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)
    loads: list[tuple[int, ...]] = field(default_factory=list)
    parcels: list[int] = field(default_factory=list)
    ends_at: int = 0
    distance_m: int = 0
    driving_s: int = 0
    waiting_s: int = 0
    costs: CostTerms = field(default_factory=CostTerms)
    broken: list[Broken] = field(default_factory=list)

    @property
    def cost(self) -> int:
        return self.costs.total


def walk(tables: Tables, v: int, stops: Sequence[int]) -> Walk:
    """Walk vehicle `v` along `stops` (stop numbers, prefix included), each as early as possible."""
    vehicle = tables.problem.vehicles[v]
    seen = Walk(v, tuple(stops))
    seen.leaves.append(vehicle.start_at)
    seen.loads.append(tables.load_at_start[v])
    seen.parcels.append(tables.parcels_at_start[v])
    seen.ends_at = vehicle.start_at
    if not seen.stops:
        return seen
    lateness, overrun = _walk_stops(tables, v, seen)
    overtime, end_overrun = _walk_home(tables, v, seen)
    seen.costs = CostTerms(
        fixed=vehicle.cost_fixed,
        time=vehicle.cost_per_s * (seen.ends_at - vehicle.start_at),
        distance=vehicle.cost_per_m * seen.distance_m,
        lateness=lateness,
        overtime=overtime,
        overrun=overrun + end_overrun,
    )
    return seen


def _walk_stops(tables: Tables, v: int, seen: Walk) -> tuple[int, int]:
    """Fill the walk stop by stop; returns the costs of lateness and of overruns."""
    vehicle = tables.problem.vehicles[v]
    travel, metres = tables.travel[vehicle.profile], tables.metres[vehicle.profile]
    now, place, door = vehicle.start_at, vehicle.start_place, first_door(vehicle)
    lateness = overrun = 0
    left: dict[int, int] = {}
    for s in seen.stops:
        there = tables.place[s]
        drive_s = travel[place][there]
        if drive_s >= UNREACHABLE:
            seen.broken.append(Broken(Limit.UNREACHABLE, s, _name(tables, s)))
            drive_s = 0
        else:
            seen.distance_m += metres[place][there]
        seen.driving_s += drive_s
        arrival = now + drive_s
        at_door = arrival + (0 if door == there else tables.setup[s] + vehicle.parking_s)
        start = max(at_door, tables.opens[s])
        seen.waiting_s += start - at_door
        now = start + tables.service[s]
        place = door = there
        seen.arrivals.append(arrival)
        seen.starts.append(start)
        seen.leaves.append(now)
        lateness += kink_cost(tables.late_kinks[s], start)
        overrun += kink_cost(tables.overrun_kinks[s], start)
        if start > tables.hard[s]:
            seen.broken.append(Broken(Limit.WINDOW, s, _name(tables, s), start, tables.hard[s]))
        if s % 2 == 0:
            left[s // 2] = now
        elif s // 2 in left and start - left[s // 2] > tables.on_board_limit[s // 2]:
            carried_s = start - left[s // 2]
            limit_s = tables.on_board_limit[s // 2]
            seen.broken.append(Broken(Limit.MAX_ON_BOARD, s, _name(tables, s), carried_s, limit_s))
    _load_stops(tables, v, seen)
    return lateness, overrun


def _load_stops(tables: Tables, v: int, seen: Walk) -> None:
    """Loads along the route. Limits bind while a parcel that is not pledged is on board: what is pledged
    was agreed before this plan, so it cannot refuse itself."""
    vehicle = tables.problem.vehicles[v]
    requests = tables.problem.requests
    load, parcels, unpledged = seen.loads[0], seen.parcels[0], 0
    for s in seen.stops:
        sign = 1 if s % 2 == 0 else -1
        load = tuple(a + sign * b for a, b in zip(load, requests[s // 2].load, strict=True))
        parcels += sign
        unpledged += 0 if tables.pledged[s // 2] else sign
        seen.loads.append(load)
        seen.parcels.append(parcels)
        if not unpledged:
            continue
        for name, needed, allowed in zip(tables.problem.dimensions, load, vehicle.capacity, strict=True):
            if needed > allowed:
                seen.broken.append(Broken(Limit.CAPACITY, s, name, needed, allowed))
        most = vehicle.max_parcels_on_board
        if most is not None and parcels > most:
            seen.broken.append(Broken(Limit.PARCELS_ON_BOARD, s, "", parcels, most))


def _walk_home(tables: Tables, v: int, seen: Walk) -> tuple[int, int]:
    """The end of the route; returns the costs of overtime and of overrunning the hard end."""
    vehicle = tables.problem.vehicles[v]
    unpledged = not all(tables.pledged[s // 2] for s in seen.stops)
    seen.ends_at = seen.leaves[-1]
    if vehicle.end_place is not None:
        last = tables.place[seen.stops[-1]]
        home_s = tables.travel[vehicle.profile][last][vehicle.end_place]
        if home_s < UNREACHABLE:
            seen.ends_at += home_s
            seen.driving_s += home_s
            seen.distance_m += tables.metres[vehicle.profile][last][vehicle.end_place]
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
            overrun = tables.problem.overrun_per_s * (seen.ends_at - vehicle.hard_shift_end)
    return kink_cost(tables.overtime_kinks[v], seen.ends_at), overrun


def _name(tables: Tables, stop: int) -> str:
    return tables.problem.requests[stop // 2].id
