"""A leg with what happened around it: for the courier's own record, and for whoever looks into it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from homeward.deliveries.model import Leg
from homeward.kit.money import Money
from homeward.kit.places import LatLon


@dataclass(frozen=True, slots=True)
class LegEvent:
    """One event of a leg. `type` without its prefix; `actor` as written, such as `courier:cou_…`."""

    type: str
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class LegPhoto:
    """A picture that the courier took, and where the phone said it was."""

    step: str
    taken_at: datetime
    place: LatLon | None


@dataclass(frozen=True, slots=True)
class TipLine:
    """What was added to the tip, and when."""

    at: datetime
    amount: Money


@dataclass(frozen=True, slots=True)
class CarriedLeg:
    """A leg with what is around it. The shopper's name and address are none of it."""

    leg: Leg
    store_name: str
    pickup: LatLon
    dropoff: LatLon
    ready_at: datetime
    events: tuple[LegEvent, ...]
    photos: tuple[LegPhoto, ...]
    tips: tuple[TipLine, ...]

    def when(self, *types: str) -> datetime | None:
        """The first event of one of these types."""
        return next((event.at for event in self.events if event.type in types), None)
