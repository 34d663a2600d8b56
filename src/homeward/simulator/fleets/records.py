"""What a reference fleet keeps in memory."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from random import Random

from homeward.fleets.contract.facts import Compartment, Domain, FactSheet, Model, Place, Refusal, Vehicle, Weather
from homeward.fleets.contract.legs import Hold, Holder, Leg, LegOrder, Quote, Reservation, Secret, Stop
from homeward.fleets.contract.words import ENDED, IncidentKind, LegState, VehicleState
from homeward.simulator.fleets.journal import Journal, Kept
from homeward.simulator.fleets.kinds import Kind


@dataclass(slots=True)
class Room:
    """One compartment. `leg_id` is of the leg it is kept for, also while it is empty."""

    spec: Compartment
    leg_id: str | None = None
    reservation_id: str | None = None
    loaded: bool = False
    jammed: bool = False
    open: bool = False
    closes_at: datetime | None = None


class Role(Enum):
    PICKUP = auto()
    DROPOFF = auto()
    RETURN = auto()


@dataclass(slots=True)
class Visit:
    """A stop that a vehicle has still to make, or stands at."""

    leg_id: str
    role: Role
    place: Place
    set_out: bool = False
    arrived: bool = False
    gives_up_at: datetime | None = None
    finishes_at: datetime | None = None
    """While goods pass without a lid: when that is over."""
    person_at: datetime | None = None
    """Where people act by themselves: when somebody will do the next thing."""


@dataclass(slots=True)
class Trouble:
    """What keeps a vehicle where it is, though nobody asked for it. `kind` None: the weather."""

    kind: IncidentKind | None
    hold: Hold
    ends_at: datetime | None
    gives_up_at: datetime | None


@dataclass(slots=True)
class Car:
    """A vehicle as it truly is; `told` is how it was when contact broke off."""

    id: str
    model: Model
    home: Place
    place: Place
    range_left_m: float
    rooms: list[Room]
    visits: list[Visit] = field(default_factory=list)
    asked_hold: Hold | None = None
    pauses_at: datetime | None = None
    trouble: Trouble | None = None
    held_since: datetime | None = None
    broken: bool = False
    broken_since: datetime | None = None
    back_at: datetime | None = None
    silent_until: datetime | None = None
    backlog: list[Kept] = field(default_factory=list)
    told: Vehicle | None = None
    said_state: VehicleState = VehicleState.AVAILABLE
    heading_deg: int = 0

    @property
    def hold(self) -> Hold | None:
        return self.trouble.hold if self.trouble else self.asked_hold

    @property
    def moving(self) -> bool:
        return bool(self.visits) and not self.visits[0].arrived and self.hold is None

    def room(self, compartment_id: str) -> Room | None:
        return next((room for room in self.rooms if room.spec.id == compartment_id), None)


@dataclass(slots=True)
class Quoted:
    quote: Quote
    order: LegOrder


@dataclass(slots=True)
class Reserved:
    reservation: Reservation
    quoted: Quoted
    leg_id: str | None = None
    released: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """What will befall a leg by chance, when it is in one of these states."""

    kind: str
    at: frozenset[LegState]
    after: timedelta
    lasts_s: int


@dataclass(slots=True)
class Carried:
    """A leg as it truly is; `told` is how it was when contact broke off."""

    id: str
    order: LegOrder
    quote: Quote
    car: Car
    room: Room
    door: Stop
    state: LegState = LegState.COMMITTED
    why: Refusal | None = None
    pickup_eta: datetime | None = None
    dropoff_eta: datetime | None = None
    told: Leg | None = None
    secrets: "list[KeptSecret]" = field(default_factory=list, repr=False)
    planned: Planned | None = None
    strikes_at: datetime | None = None
    struck: bool = False

    @property
    def ended(self) -> bool:
        return self.state in ENDED


@dataclass(slots=True)
class KeptSecret:
    secret: Secret = field(repr=False)
    leg_id: str
    holder: Holder
    spent: bool = False


@dataclass(frozen=True, slots=True)
class Habits:
    """How its world behaves unasked: whether people act, and which share of legs each kind of mischief befalls."""

    seed: int
    people: bool = False
    faults_share: float = 0.0
    log_from: int = 0


@dataclass(slots=True)
class World:
    """One fleet, whole."""

    kind: Kind
    facts: FactSheet
    now: datetime
    rng: Random
    habits: Habits
    cars: dict[str, Car] = field(default_factory=dict)
    quotes: dict[str, Quoted] = field(default_factory=dict)
    reservations: dict[str, Reserved] = field(default_factory=dict)
    legs: dict[str, Carried] = field(default_factory=dict)
    secrets: dict[str, KeptSecret] = field(default_factory=dict, repr=False)
    journal: Journal = field(default_factory=Journal)
    weather: Weather | None = None
    made: int = 0
    settled: set[int] = field(default_factory=set)
    """Numbers of events that have been told wrongly by chance, and are told rightly from then on."""

    @property
    def domain(self) -> Domain:
        return self.facts.domains[0]

    def name(self, kind: str) -> str:
        """The next id. Counted, so that the same calls get the same ids."""
        self.made += 1
        return f"{kind}-{self.made}"

    def legs_of(self, car: Car) -> list[Carried]:
        """Those that have not ended, the oldest first."""
        return [leg for leg in self.legs.values() if leg.car is car and not leg.ended]
