"""Fleets of machines as the platform knows them: accounts, vehicles, answers, legs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from homeward.fleets.contract.facts import FactSheet, Model, Refusal, Vehicle
from homeward.fleets.contract.legs import Hold
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.words import LegState, Limit, Mode
from homeward.kit.money import Money
from homeward.kit.places import LatLon


class FleetStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"  # nothing new is given to it
    LOGIN_INVALID = "login_invalid"  # it does not know our token any more


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet in one market. Its token is kept apart and never shown."""

    id: str
    market_id: str
    name: str
    base_url: str
    hint: str
    status: FleetStatus
    facts: FactSheet
    read_to: int
    created_at: datetime
    trouble: str | None = None
    heard_at: datetime | None = None
    revision: int = 1

    def model(self, model_id: str) -> Model | None:
        return next((model for model in self.facts.models if model.id == model_id), None)


class Way(StrEnum):
    """Which roads a machine's travel times are taken from."""

    FOOT = "foot"
    CAR = "car"
    AIR = "air"


WAYS: Final[Mapping[Mode, Way]] = {
    Mode.COURIER: Way.CAR,
    Mode.OWN_DRIVER: Way.CAR,
    Mode.CARRIER: Way.CAR,
    Mode.SIDEWALK_ROBOT: Way.FOOT,
    Mode.ROAD_VEHICLE: Way.CAR,
    Mode.DRONE: Way.AIR,
}
"""The one thing that a mode decides here, and only until the fleet has told its own estimate."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A vehicle as it was last heard of. `id` is ours; `legs` are those that it carries for us."""

    id: str
    fleet_id: str
    market_id: str
    now: Vehicle
    seen_at: datetime
    gone_at: datetime | None = None
    legs: int = 0

    @property
    def place(self) -> LatLon | None:
        return LatLon(self.now.place.lat, self.now.place.lon) if self.now.place else None

    @property
    def name(self) -> str:
        """What people read on it."""
        return self.now.plate or self.now.id


@dataclass(frozen=True, slots=True)
class Logged:
    """An event of a fleet's log with the machine that it is about. `received_at` is when we read it."""

    machine_id: str
    fleet_id: str
    received_at: datetime
    event: Event


@dataclass(frozen=True, slots=True)
class Asked:
    """What a fleet last said to a searching delivery: a price and times, or the limits that say no.

    `basis` tells what was asked; `again_at` None: never again, as the delivery and the fleet are now.
    """

    delivery_id: str
    fleet_id: str
    basis: str
    asked_at: datetime
    again_at: datetime | None
    limits: tuple[Refusal, ...] = ()
    price: Money | None = None
    pickup_eta: datetime | None = None
    dropoff_eta: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """A machine as the planner may fill it. `closed` says why nothing new may be given to it, None if something may."""

    machine: Machine
    fleet: Fleet
    model: Model
    rooms: int
    closed: str | None


class Stage(StrEnum):
    ASKING = "asking"  # planned; the next call may be the first or a repeat
    COMMITTED = "committed"  # the fleet has promised to carry it
    ENDED = "ended"


class Ending(StrEnum):
    """What became of a carrying by a machine."""

    DELIVERED = "delivered"
    RETURNED = "returned"
    REFUSED = "refused"  # by the fleet, before the goods were on board
    WITHDRAWN = "withdrawn"  # by us: cancelled, changed, or taken by somebody else
    RESCUED = "rescued"  # somebody else has taken the goods on
    LOST = "lost"
    UNREACHED = "unreached"  # it never answered


ENDING_OF: Final[Mapping[LegState, Ending]] = {
    LegState.DONE: Ending.DELIVERED,
    LegState.RETURNED: Ending.RETURNED,
    LegState.RESCUED: Ending.RESCUED,
    LegState.REFUSED: Ending.REFUSED,
    LegState.CANCELLED: Ending.WITHDRAWN,
    LegState.WRITTEN_OFF: Ending.LOST,
}


@dataclass(frozen=True, slots=True)
class MachineLeg:
    """One carrying that a fleet was asked for. Its id is its name in both systems; `state` is as last heard."""

    id: str
    fleet_id: str
    machine_id: str
    delivery_id: str
    market_id: str
    decision_id: str
    stage: Stage
    price: Money
    basis: str
    created_at: datetime
    ending: Ending | None = None
    ref: str | None = None
    leg_id: str | None = None
    state: LegState | None = None
    hold: Hold | None = None
    compartment_id: str | None = None
    locked: bool = False
    waits_until: datetime | None = None
    applied_to: int = 0
    tries: int = 0
    reason: str | None = None
    cancelling: bool = False
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewFleet:
    market_id: str
    base_url: str
    token: str = field(repr=False)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """The planner gives a delivery to a machine. `basis` is the delivery's fingerprint that the plan was made from."""

    machine_id: str
    fleet_id: str
    delivery_id: str
    decision_id: str
    price: Money


NO_ANSWER: Final = Refusal(limit=Limit.NO_VEHICLE, said="The fleet did not answer.")
