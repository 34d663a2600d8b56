"""How a robot carries a test delivery: what it was told, what it may do, what it does next. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from homeward.deliveries.model import CourierCard, DeliveryView
from homeward.kit.places import LatLon


class Pace(StrEnum):
    """Who says when the next step happens."""

    AUTO = "auto"  # some seconds after the step before
    CUSTOM = "custom"  # at the moments that the booking named
    MANUAL = "manual"  # only when the simulator API asks for it


class Ending(StrEnum):
    """How the story shall end."""

    DELIVERED = "delivered"
    LEFT_AT_DOOR = "left_at_door"
    RETURNED = "returned"
    CANCELLED = "cancelled"  # by the carrier, at the store
    FAILED = "failed"  # the parcel is lost on the way


class Milestone(StrEnum):
    """A moment that a booking may name."""

    ASSIGNED = "assigned"
    TO_PICKUP = "to_pickup"
    AT_PICKUP = "at_pickup"
    PICKED_UP = "picked_up"
    TO_DROPOFF = "to_dropoff"
    AT_DROPOFF = "at_dropoff"
    DONE = "done"
    AT_RETURN = "at_return"
    RETURNED = "returned"


class Step(StrEnum):
    """Something that can happen to a test delivery."""

    ASSIGN = "assign"
    DROP = "drop"
    HEAD_TO_PICKUP = "head_to_pickup"
    ARRIVE_PICKUP = "arrive_pickup"
    PICK_UP = "pick_up"
    HEAD_TO_DROPOFF = "head_to_dropoff"
    ARRIVE_DROPOFF = "arrive_dropoff"
    HAND_OVER = "hand_over"
    PROBLEM = "problem"
    TURN_BACK = "turn_back"
    ARRIVE_RETURN = "arrive_return"
    RETURN_HANDED = "return_handed"
    GIVE_UP = "give_up"
    CONFIRM_HANDSHAKE = "confirm_handshake"
    MARK_READY = "mark_ready"
    CANCEL = "cancel"
    RETURN = "return"


class Player(StrEnum):
    """Whose part a step is."""

    COURIER = "courier"
    CARRIER = "carrier"
    STORE = "store"
    MERCHANT = "merchant"


@dataclass(frozen=True, slots=True)
class Script:
    """What a booking tells its robot; without a word it delivers at its own pace.

    `drops`: the first courier gives the delivery back before the pick-up, and another one takes it.
    """

    pace: Pace = Pace.AUTO
    ending: Ending = Ending.DELIVERED
    reason: str | None = None
    drops: bool = False
    moments: Mapping[Milestone, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Due:
    """The robot's next step and when it is to happen."""

    step: Step
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Possible:
    """A step that can happen now, by whom; `reasons` to choose from where one must be given."""

    step: Step
    player: Player
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Simulation:
    """Where a test delivery stands, what its robot does next by itself, and what may happen now."""

    view: DeliveryView
    script: Script
    next: Due | None
    possible: tuple[Possible, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a robot is at a moment."""

    market_id: str
    card: CourierCard
    place: LatLon
    at: datetime


ROBOT: Final = CourierCard("Robin", "car", "R")
"""How a robot is called where a courier's name stands."""
