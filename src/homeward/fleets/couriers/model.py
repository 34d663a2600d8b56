"""Couriers, their vehicles and their fixes. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from homeward.fleets.couriers.journeys.model import Journey
from homeward.fleets.couriers.limits.model import OwnLimits
from homeward.kit.places import LatLon
from homeward.routing.model import Profile


class VehicleKind(StrEnum):
    """What a courier moves with."""

    FOOT = "foot"
    BICYCLE = "bicycle"
    SCOOTER = "scooter"
    CAR = "car"
    VAN = "van"


class Engagement(StrEnum):
    """On whose account somebody carries. What they do at a store and at a door is the same."""

    CONTRACT = "contract"  # paid by the operator, for what was offered and accepted
    EMPLOYED = "employed"  # a merchant's own driver: its deliveries only, and its wages
    VOLUNTEER = "volunteer"  # for thanks

    @property
    def paid_by_offer(self) -> bool:
        return self is Engagement.CONTRACT


@dataclass(frozen=True, slots=True)
class VehicleTraits:
    """What a kind of vehicle can do unless the courier's own entry says otherwise.

    `parking_s` is what it takes to leave the vehicle at a door; `speed_mps` stands in where no road is known.
    """

    profile: Profile
    capacity_g: int
    capacity_l: int
    max_deliveries: int
    parking_s: int
    speed_mps: float


VEHICLES: Final[dict[VehicleKind, VehicleTraits]] = {
    VehicleKind.FOOT: VehicleTraits(Profile.FOOT, 8_000, 25, 2, 0, 1.2),
    VehicleKind.BICYCLE: VehicleTraits(Profile.BICYCLE, 12_000, 45, 3, 15, 4.0),
    VehicleKind.SCOOTER: VehicleTraits(Profile.CAR, 20_000, 70, 4, 20, 8.0),
    VehicleKind.CAR: VehicleTraits(Profile.CAR, 80_000, 350, 6, 45, 9.0),
    VehicleKind.VAN: VehicleTraits(Profile.CAR, 500_000, 3_000, 12, 60, 9.0),
}


@dataclass(frozen=True, slots=True)
class NewCourier:
    """As the operator enters one, or a merchant its own driver; what is None follows from the vehicle.

    `employer_id` is the merchant whose driver this is, None for everybody else.
    """

    market_id: str
    name: str
    phone: str
    vehicle: VehicleKind
    capacity_g: int | None = None
    capacity_l: int | None = None
    max_deliveries: int | None = None
    skills: tuple[str, ...] = ()
    engagement: Engagement = Engagement.CONTRACT
    employer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Courier:
    """One courier as last known. `position_at` is business time of the last fix.

    `closed` names the limit that keeps new offers away, where the courier was read for planning (`on_duty`).
    """

    id: str
    market_id: str
    name: str
    phone: str
    vehicle: VehicleKind
    capacity_g: int
    capacity_l: int
    max_deliveries: int
    skills: frozenset[str]
    status: str
    on_duty: bool
    duty_since: datetime | None
    shift_ends: datetime | None
    place: LatLon | None
    accuracy_m: int | None
    heading: int | None
    position_at: datetime | None
    contact_lost_at: datetime | None
    closed: str | None = None
    own: OwnLimits = OwnLimits()
    offers_paused_until: datetime | None = None
    papers_valid_until: datetime | None = None  # None: we keep none of theirs
    consent_due_at: datetime | None = None  # None: nothing newer to accept
    engagement: Engagement = Engagement.CONTRACT
    employer_id: str | None = None  # the merchant whose own driver this is
    journey: Journey | None = None  # on duty for nothing but what lies on this way

    @property
    def traits(self) -> VehicleTraits:
        return VEHICLES[self.vehicle]

    @property
    def profile(self) -> Profile:
        return self.traits.profile

    @property
    def first_name(self) -> str:
        """All that a shopper or merchant sees of the name."""
        return self.name.split()[0] if self.name.split() else self.name

    @property
    def initial(self) -> str:
        """Of the family name; tells two couriers of one first name apart."""
        names = self.name.split()
        return names[-1][0] if len(names) > 1 else ""

    def winding_down(self, now: datetime) -> bool:
        """The shift is over, but stops already promised are still to be made."""
        return self.on_duty and self.shift_ends is not None and self.shift_ends <= now


@dataclass(frozen=True, slots=True)
class Fix:
    """One position report: business time on the phone, accuracy in metres, heading in degrees from north."""

    at: datetime
    place: LatLon
    accuracy_m: int | None = None
    heading: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A fix, and when it reached us: business time of the one, database time of the other."""

    fix: Fix
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a courier was last seen, and in degrees from north where it was heading."""

    place: LatLon
    heading: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How many codes may be asked for within an hour of database time, and how often one may be guessed."""

    codes_per_phone: int = 5
    codes_per_ip: int = 20
    tries_per_code: int = 5
    code_valid_s: int = 600


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The token is told once."""

    token: str = field(repr=False)
    courier: Courier


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """Somebody of the operator who answers for a decision about a courier with their own name.

    Every call that changes what a courier may do takes one, so that no rule, score or loop can make it alone; the
    database refuses the row of a user who does not exist. Source: EU 2024/2831 (human oversight of such decisions).
    """

    user_id: str
    name: str

    def __post_init__(self) -> None:
        if not self.user_id.startswith("opr_"):
            raise ValueError(f"{self.user_id!r} is no person of the operator")
