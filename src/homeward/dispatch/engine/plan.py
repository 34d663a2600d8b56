"""What the engine answers: routes with times and loads, what stayed open and why, and the cost by name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from homeward.dispatch.engine.problem import StopKey


class Limit(StrEnum):
    """A limit that can refuse a request on a vehicle."""

    BOUND_ELSEWHERE = "bound-elsewhere"  # the request belongs to another vehicle
    EXCLUDED = "excluded"  # this vehicle may not carry this request
    SKILL = "skill"  # the vehicle lacks a skill the parcel needs
    TRAIT = "trait"  # the vehicle refuses what the parcel is
    STOPS = "stops"  # no room for more stops on the route
    CAPACITY = "capacity"  # too heavy, too big, too many
    PARCELS_ON_BOARD = "parcels-on-board"
    UNREACHABLE = "unreachable"  # no road leads there
    WINDOW = "window"  # a hard window would be missed, its own or another's on the route
    MAX_ON_BOARD = "max-on-board"  # a parcel would be carried too long
    LAST_PICKUP = "last-pickup"  # a pickup would start after the vehicle's last moment for one
    LIFO = "lifo"  # a parcel would be handed over from under another
    SHIFT_END = "shift-end"  # the route would end after the hard end of the shift
    COST = "cost"  # possible, but dearer than leaving it open


@dataclass(frozen=True, slots=True)
class CostTerms:
    """One cost, by the name of what caused it; terms add up to `total`."""

    fixed: int = 0
    time: int = 0
    distance: int = 0
    lateness: int = 0
    overtime: int = 0
    overrun: int = 0
    pay: int = 0
    preference: int = 0
    left_open: int = 0

    @property
    def total(self) -> int:
        return sum(self.by_name().values())

    def by_name(self) -> dict[str, int]:
        return {term.name: getattr(self, term.name) for term in fields(self)}

    def __add__(self, other: CostTerms) -> CostTerms:
        theirs = other.by_name()
        return CostTerms(**{name: cost + theirs[name] for name, cost in self.by_name().items()})

    def __sub__(self, other: CostTerms) -> CostTerms:
        theirs = other.by_name()
        return CostTerms(**{name: cost - theirs[name] for name, cost in self.by_name().items()})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one vehicle does not carry one request.

    `subject` names what the limit is about: a dimension (`weight_g`), a skill, a trait, or the id of the
    request whose window or time on board would break. `needed` and `allowed` are in the limit's own unit:
    load, parcels, stops, moments or seconds of the problem's time axis, or cost. Both are None for limits
    without a number.
    """

    vehicle: int
    limit: Limit
    subject: str = ""
    needed: int | None = None
    allowed: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """One stop of a route: reached at `arrival`, service from `start` to `departure`."""

    key: StopKey
    place: int
    arrival: int
    start: int
    departure: int
    load: tuple[int, ...]  # on board when leaving
    late_s: int  # start after the stop's `latest`
    fixed: bool  # part of the vehicle's prefix


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """One vehicle's stops in order; a vehicle without stops has an empty route that costs nothing."""

    vehicle: int
    stops: tuple[PlannedStop, ...]
    ends_at: int
    distance_m: int
    driving_s: int
    waiting_s: int
    overtime_s: int
    costs: CostTerms


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A request that no vehicle carries, with one refusal per vehicle, in vehicle order."""

    request: int
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All routes at one moment.

    `routes[v]` belongs to vehicle `v`. `broken` lists hard limits that the routes break: always empty for
    what `plan` made; `evaluate` fills it for routes that a person or an older plan proposes.
    """

    routes: tuple[PlannedRoute, ...]
    unassigned: tuple[Unassigned, ...]
    costs: CostTerms
    broken: tuple[Refusal, ...] = ()

    def keys(self) -> tuple[tuple[StopKey, ...], ...]:
        """The order of stops alone: what a warm start takes."""
        return tuple(tuple(stop.key for stop in route.stops) for route in self.routes)

    def vehicle_of(self, request: int) -> int | None:
        """Index of the vehicle that carries the request, or None if it stayed open."""
        for route in self.routes:
            if any(stop.key.request == request for stop in route.stops):
                return route.vehicle
        return None


@dataclass(frozen=True, slots=True)
class Insertion:
    """Where a request fits best into a route, and what that changes.

    Positions count the stops of the finished route: the pickup becomes its stop number `pickup_position`
    (None for a parcel already on board), the drop-off number `dropoff_position`. `delays_s` is how much
    later the rest of the route ends.
    """

    pickup_position: int | None
    dropoff_position: int
    added: CostTerms
    pickup_eta: int | None
    dropoff_eta: int
    late_s: int
    delays_s: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """One vehicle asked about one request: the best insertion, or the limit that refused it. Never both."""

    vehicle: int
    insertion: Insertion | None
    refusal: Refusal | None
