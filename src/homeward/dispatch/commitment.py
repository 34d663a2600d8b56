"""What of a plan is told to couriers now, and what may wait. Pure; explained in docs/explanation/commitment.md.

A plan puts every open request on somebody's route. Telling everything at once would freeze choices that the next
requests make better. So of each route only the first new *trip* counts (what is picked up before the courier is
empty-handed again), and only once leaving later would make something later. Everything else waits, by a rule
with a name and its numbers.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from homeward.dispatch.engine import Plan, PlannedRoute, Problem, StopKey, StopKind

_HOUR_S: Final = 3600
_NOTHING: Final[Mapping[int, float]] = MappingProxyType({})
_NO_LIMITS: Final[Mapping[int, int]] = MappingProxyType({})


class Rule(StrEnum):
    """Why a trip is told now, or why a request waits."""

    # told now
    MUST_LEAVE = "must_leave"  # leaving any later would delay somebody
    SAME_DOOR = "same_door"  # they are going to that door anyway
    # waits
    NOT_YET = "not_yet"  # leaving `holdable_s` later delays nobody
    COURIER_BUSY = "courier_busy"  # the best courier has other stops first, and is free in `free_in_s`
    AFTER_THIS_TRIP = "after_this_trip"  # same courier, after the trip that is told now
    COURIER_FULL = "courier_full"  # same courier, who carries as many as they may
    BATCH_LIKELY = "batch_likely"  # a companion on the same way is likely, and every promise allows the wait
    NOBODY_CAN = "nobody_can"


@dataclass(frozen=True, slots=True)
class CommitmentSettings:
    """What a market may set.

    Parameters
    ----------
    lead_s
        A courier is told so long before they must leave: time to answer and to get going.
    most_per_trip
        Parcels told to one courier at once.
    hold_s
        How long a trip that should leave now is held for a companion, at a time (0: never).
    companion_share
        Of new requests at the same store, the share that goes the same way.
    promise_margin_s
        A trip is held for a companion only if each of its drop-offs stays so far ahead of its promise.
    """

    lead_s: int = 0
    most_per_trip: int = 3
    hold_s: int = 0
    companion_share: float = 0.3
    promise_margin_s: int = 600


@dataclass(frozen=True, slots=True)
class Trip:
    """Told now: `vehicle` fetches `requests` (in the order of pickup), `rule` says why now.

    `numbers` hold what the rule rests on: `leaves_in_s`, `holdable_s`, `lead_s`.
    """

    vehicle: int
    requests: tuple[int, ...]
    rule: Rule
    numbers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not told yet: `vehicle` is who the plan has in mind (None: nobody can)."""

    request: int
    vehicle: int | None
    rule: Rule
    numbers: Mapping[str, int]
    # Seconds from now until the rule may answer otherwise if nothing new happens; None: when something happens.
    look_again_s: int | None = None


@dataclass(frozen=True, slots=True)
class Commitment:
    """The answer for a whole plan: every free request is in exactly one trip or waits exactly once."""

    trips: tuple[Trip, ...] = ()
    waits: tuple[Waiting, ...] = ()

    @property
    def look_again_s(self) -> int | None:
        """When to ask again if nothing new happens until then."""
        return min((w.look_again_s for w in self.waits if w.look_again_s is not None), default=None)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What else is known beside the plan.

    Parameters
    ----------
    room
        How many more parcels a vehicle may be told (missing: no limit).
    arrivals_per_h
        Expected new requests per hour by place of the store: what a companion's chance rests on.
    promised_s
        Moment promised to the shopper by request, on the problem's axis (missing: none, so it is never held).
    leads_s
        By vehicle, instead of `CommitmentSettings.lead_s`.
    """

    room: Mapping[int, int] = field(default_factory=lambda: _NO_LIMITS)
    arrivals_per_h: Mapping[int, float] = field(default_factory=lambda: _NOTHING)
    promised_s: Mapping[int, int] = field(default_factory=lambda: _NO_LIMITS)
    leads_s: Mapping[int, int] = field(default_factory=lambda: _NO_LIMITS)


def commit(
    problem: Problem,
    plan: Plan,
    *,
    free: Collection[int],
    settings: CommitmentSettings,
    outlook: Outlook | None = None,
) -> Commitment:
    """Which trips are told now, and by which rule everything else waits.

    Parameters
    ----------
    problem, plan
        The moment (time 0 of the problem's axis is now) and its plan.
    free
        Requests that nobody has been told yet.
    settings, outlook
        The market's numbers, and what else is known (None: nothing).

    Returns
    -------
    Commitment
        Trips in vehicle order. Same arguments, same answer.
    """
    outlook = outlook or Outlook()
    wanted = frozenset(free)
    trips: list[Trip] = []
    waits = [Waiting(u.request, None, Rule.NOBODY_CAN, {}) for u in plan.unassigned if u.request in wanted]
    for route in plan.routes:
        trip, left = _of_route(problem, route, wanted, settings, outlook)
        trips.extend(trip)
        waits.extend(left)
    return Commitment(tuple(trips), tuple(sorted(waits, key=lambda w: w.request)))


def _of_route(
    problem: Problem, route: PlannedRoute, free: frozenset[int], settings: CommitmentSettings, outlook: Outlook
) -> tuple[list[Trip], list[Waiting]]:
    new = [at for at, stop in enumerate(route.stops) if stop.key.request in free and _is_pickup(stop.key)]
    if not new:
        return [], []
    planned = [route.stops[at].key.request for at in new]
    leaves_s, holdable = leaves_at(problem, route, new[0]), holdable_s(problem, route, new[0], free)
    lead_s = outlook.leads_s.get(route.vehicle, settings.lead_s)
    numbers = {"leaves_in_s": leaves_s, "holdable_s": holdable, "lead_s": lead_s}

    def all_wait(rule: Rule, look_again_s: int | None, **more: int) -> tuple[list[Trip], list[Waiting]]:
        facts = {**numbers, **more}
        return [], [Waiting(request, route.vehicle, rule, facts, look_again_s) for request in planned]

    if leaves_s > lead_s:
        return all_wait(Rule.COURIER_BUSY, leaves_s - lead_s, free_in_s=leaves_s)
    if leaves_s + holdable > lead_s:
        return all_wait(Rule.NOT_YET, leaves_s + holdable - lead_s)
    room = outlook.room.get(route.vehicle, settings.most_per_trip)
    if room <= 0:
        return all_wait(Rule.COURIER_FULL, None)
    trip = first_trip(route, new, min(room, settings.most_per_trip))
    held = _held_for_companion(problem, route, trip, settings, outlook) if len(trip) == len(new) else None
    if held is not None:
        return all_wait(Rule.BATCH_LIKELY, settings.hold_s, **held)
    rule = Rule.SAME_DOOR if _going_there_anyway(route, new[0]) else Rule.MUST_LEAVE
    later = [
        Waiting(request, route.vehicle, Rule.AFTER_THIS_TRIP, numbers) for request in planned if request not in trip
    ]
    return [Trip(route.vehicle, trip, rule, numbers)], later


# ── the first trip of a route ──


def first_trip(route: PlannedRoute, new: Sequence[int], most: int) -> tuple[int, ...]:
    """The first new request and those that are picked up before it and they are all handed over.

    Parameters
    ----------
    route
        Stops in order.
    new
        Positions of the new pickups on the route, rising; at least one.
    most
        No more than so many.
    """
    handed_over = {stop.key.request: at for at, stop in enumerate(route.stops) if not _is_pickup(stop.key)}
    trip = [route.stops[new[0]].key.request]
    for at in new[1:]:
        on_the_way = any(handed_over[request] > at for request in trip)
        if not on_the_way or len(trip) == most:
            break
        trip.append(route.stops[at].key.request)
    return tuple(trip)


def leaves_at(problem: Problem, route: PlannedRoute, first: int) -> int:
    """When the courier sets out for the door of stop `first`, as planned: as early as they can."""
    while first and route.stops[first - 1].place == route.stops[first].place:
        first -= 1
    return route.stops[first - 1].departure if first else problem.vehicles[route.vehicle].start_at


def holdable_s(problem: Problem, route: PlannedRoute, first: int, free: Collection[int]) -> int:
    """How much later the courier could leave for stop `first` without anything that matters becoming later.

    Waiting at a stop swallows a delay. What matters are drop-offs and stops already promised; a new pickup may be
    later as long as nothing after it is.
    """
    swallowed = 0
    least: int | None = None
    for at in range(first, len(route.stops)):
        swallowed += _waits_s(problem, route, at)
        key = route.stops[at].key
        if not _is_pickup(key) or key.request not in free:
            least = swallowed if least is None else min(least, swallowed)
    return least or 0


def _waits_s(problem: Problem, route: PlannedRoute, at: int) -> int:
    """Standing at the door before service may start; coming to the door is no waiting."""
    vehicle, stop = problem.vehicles[route.vehicle], route.stops[at]
    if at:
        same_door = route.stops[at - 1].place == stop.place
    else:
        same_door = vehicle.parked and vehicle.start_place == stop.place
    setup_s = 0 if same_door else problem.stop(stop.key).setup_s + vehicle.parking_s
    return max(0, stop.start - stop.arrival - setup_s)


def _going_there_anyway(route: PlannedRoute, first: int) -> bool:
    return first > 0 and route.stops[first - 1].place == route.stops[first].place


def _is_pickup(key: StopKey) -> bool:
    return key.kind is StopKind.PICKUP


# ── holding for a companion ──


def _held_for_companion(
    problem: Problem, route: PlannedRoute, trip: Sequence[int], settings: CommitmentSettings, outlook: Outlook
) -> dict[str, int] | None:
    """The numbers of the wager if the trip should be held, else None.

    Holding costs lateness for sure; a companion saves a second way to the same store, with some chance. Never
    held: a trip that is full, whose drop-offs have no promise or come close to it, or whose courier would come
    too late to fetch it.
    """
    if not settings.hold_s or len(trip) >= settings.most_per_trip:
        return None
    later = [stop for stop in route.stops if not _is_pickup(stop.key)]
    in_time = all(
        stop.start + settings.hold_s + settings.promise_margin_s <= outlook.promised_s.get(stop.key.request, stop.start)
        for stop in later
    )
    if not in_time or _too_late_to_fetch(problem, route, settings.hold_s):
        return None
    store = next(stop.place for stop in route.stops if stop.key == StopKey(trip[0], StopKind.PICKUP))
    expected = outlook.arrivals_per_h.get(store, 0.0) * settings.companion_share * settings.hold_s / _HOUR_S
    chance = 1 - math.exp(-expected)
    saving = _second_way(problem, route, store)
    cost = sum(_dearer(problem, stop.key.request, stop.late_s, settings.hold_s) for stop in later)
    if chance * saving <= cost:
        return None
    return {"held_s": settings.hold_s, "chance_pct": round(100 * chance), "saving": saving, "cost": cost}


def _too_late_to_fetch(problem: Problem, route: PlannedRoute, hold_s: int) -> bool:
    vehicle = problem.vehicles[route.vehicle]
    last_pickup = max(stop.start for stop in route.stops if _is_pickup(stop.key))
    fetched_late = vehicle.last_pickup_at is not None and last_pickup + hold_s > vehicle.last_pickup_at
    ends_late = vehicle.hard_shift_end is not None and route.ends_at + hold_s > vehicle.hard_shift_end
    return fetched_late or ends_late


def _second_way(problem: Problem, route: PlannedRoute, store: int) -> int:
    """What coming back to the store for one parcel alone would cost this courier."""
    vehicle, last = problem.vehicles[route.vehicle], route.stops[-1].place
    setup_s = max(problem.stop(stop.key).setup_s for stop in route.stops if stop.place == store)
    seconds = problem.drive_s(vehicle.profile, last, store, route.ends_at) + setup_s + vehicle.parking_s
    metres = int(problem.distance_m[vehicle.profile, last, store])
    return seconds * vehicle.cost_per_s + metres * vehicle.cost_per_m


def _dearer(problem: Problem, request: int, late_s: int, hold_s: int) -> int:
    asked = problem.requests[request]
    curve = asked.dropoff.lateness
    return asked.priority * (curve.cost(late_s + hold_s) - curve.cost(late_s))
