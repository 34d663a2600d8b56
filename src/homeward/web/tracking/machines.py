"""What the shopper's page shows of machines: the question whether one may come, and how to open one. Pure."""

from dataclasses import dataclass
from datetime import datetime

from homeward.deliveries.model import DeliveryView, Machines
from homeward.deliveries.states import BEFORE_PICKUP
from homeward.fleets.autonomous.model import Machine, MachineLeg
from homeward.fleets.contract.words import LegState
from homeward.kit.places import LatLon
from homeward.web.format import Formats
from homeward.web.tracking.phrases import Headline, Phrases

_AT_DOOR = frozenset({LegState.AT_DROPOFF, LegState.HANDING_OVER})


@dataclass(frozen=True, slots=True)
class OnTheMove:
    """A machine as the map shows a courier."""

    place: LatLon | None
    position_at: datetime | None
    contact_lost_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MachineSeen:
    """What is known of machines for one delivery. `could_bring`: some fleet said yes."""

    could_bring: bool = False
    machine: Machine | None = None
    leg: MachineLeg | None = None

    @property
    def moving(self) -> OnTheMove | None:
        return OnTheMove(self.machine.place, self.machine.seen_at) if self.machine else None


@dataclass(frozen=True, slots=True)
class OpenCard:
    """It stands at the door: `opened` once its lid is up, else with a button that opens it."""

    says: Headline
    waits: str
    opened: bool


NO_MACHINE = MachineSeen()


def asks_consent(view: DeliveryView, seen: MachineSeen) -> bool:
    """Only where a machine would carry, and only while nobody has the parcel."""
    undecided = view.delivery.requirements.machines is Machines.ASK
    return undecided and seen.could_bring and view.delivery.state in BEFORE_PICKUP


def open_card(seen: MachineSeen, words: Phrases, formats: Formats) -> OpenCard | None:
    """None unless a machine with a lock stands at the door."""
    leg, machine = seen.leg, seen.machine
    if leg is None or machine is None or not leg.locked or leg.state not in _AT_DOOR:
        return None
    opened = leg.state is LegState.HANDING_OVER
    says = words.machine.opened if opened else words.machine.at_door
    named = Headline(says.title.format(name=machine.name), says.text)
    waits = words.machine.waits_until.format(time=formats.clock(leg.waits_until)) if leg.waits_until else ""
    return OpenCard(named, "" if opened else waits, opened)
