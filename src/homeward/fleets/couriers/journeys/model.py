"""Journeys: announced by who drives them, and driven with or without a parcel. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from homeward.kit.places import LatLon

BEGINS_AHEAD: Final = timedelta(hours=1)
"""So long before leaving, parcels are offered: time enough to plan, and to look at a telephone."""

FARTHEST_AHEAD: Final = timedelta(days=60)
KEPT: Final = timedelta(days=30)
"""As long as positions: enough to answer a complaint."""

LONGEST_DETOUR: Final = timedelta(hours=3)
LONGEST_ANSWER: Final = timedelta(minutes=15)
"""To answer an offer before leaving: nobody is at work yet, with the telephone in hand."""


class JourneyState(StrEnum):
    ANNOUNCED = "announced"
    OPEN = "open"  # parcels are offered, or on board
    OVER = "over"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Journey:
    """The part that a plan needs: from where to where, and what the detour may cost in time.

    `arrives_by` is the moment when they want to be there at the latest, whatever they take along.
    """

    start: LatLon
    to: LatLon
    leaves_at: datetime
    arrives_by: datetime

    def to_come(self, now: datetime) -> bool:
        """They have not left yet: they are at home and owe nobody a sign of life."""
        return now < self.leaves_at


@dataclass(frozen=True, slots=True)
class NewJourney:
    """`start_name` and `to_name` are for the eyes of who announced it."""

    start: LatLon
    to: LatLon
    leaves_at: datetime
    detour: timedelta
    start_name: str = ""
    to_name: str = ""


@dataclass(frozen=True, slots=True)
class Announced:
    """As stored. `drive_s` and `distance_m` are of the straight way along the roads."""

    id: str
    courier_id: str
    journey: Journey
    start_name: str
    to_name: str
    drive_s: int
    distance_m: int
    begun: bool
    cancelled: bool

    def state(self, now: datetime) -> JourneyState:
        if self.cancelled:
            return JourneyState.CANCELLED
        if now >= self.journey.arrives_by:
            return JourneyState.OVER
        return JourneyState.OPEN if self.begun else JourneyState.ANNOUNCED
