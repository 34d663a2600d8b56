"""Machines as vehicles of the plan: who may be filled with what, at which price, and which limit says no. Pure.

A machine is a vehicle like any other: with a place, a speed and rooms. It differs in two things. Its fleet has named a
price for each delivery, which counts instead of seconds and metres; and it is not asked but booked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from homeward.dispatch import engine
from homeward.kit.money import Money
from homeward.kit.places import LatLon

THOUSANDTHS: Final = 1_000
"""A plan's costs are thousandths of a minor unit."""
_OPEN: Final = "allowed"


@dataclass(frozen=True, slots=True)
class MachineSeen:
    """A vehicle of a fleet as the planner sees it. `closed` says why nothing may be given to it, None if something may.

    `way`: whose roads it takes ('foot', 'car', or 'air' for none).
    """

    id: str
    fleet_id: str
    name: str
    way: str
    speed_m_s: float
    place: LatLon
    capacity_g: int
    rooms: int
    closed: str | None

    @property
    def profile(self) -> str:
        """All machines of one way and speed share a travel table."""
        return f"{self.way}@{self.speed_m_s:g}"


@dataclass(frozen=True, slots=True)
class FleetLimit:
    """A limit that a fleet named, with its figures where it has some."""

    limit: str
    said: str = ""
    allowed: float | None = None
    needed: float | None = None


@dataclass(frozen=True, slots=True)
class FleetAnswer:
    """What a fleet said to one delivery: a price, or limits."""

    delivery_id: str
    fleet_id: str
    price: Money | None = None
    limits: tuple[FleetLimit, ...] = ()
    dropoff_eta: datetime | None = None


@dataclass(frozen=True, slots=True)
class MachineBooking:
    """What the plan gives to a machine now."""

    machine_id: str
    fleet_id: str
    delivery_id: str
    price: Money


@dataclass(frozen=True, slots=True)
class NoMachine:
    """Why a machine cannot have a delivery, in the words of explanations."""

    limit: str
    subject: str = ""


class Answers:
    """All fleets' answers, by delivery and fleet."""

    def __init__(self, answers: Iterable[FleetAnswer]) -> None:
        self._known = {(one.delivery_id, one.fleet_id): one for one in answers}

    def price(self, delivery_id: str, machine: MachineSeen) -> Money | None:
        answer = self._known.get((delivery_id, machine.fleet_id))
        return answer.price if answer else None

    def refusal(self, delivery_id: str, wish: str, machine: MachineSeen) -> NoMachine | None:
        """The first reason why not; None if it may have the delivery.

        `wish`: what merchant and shopper said of machines ('ask', 'allowed', 'never'). Their word goes before the
        fleet's, and the fleet's before that of the vehicle, which may be free again in a minute.
        """
        if wish != _OPEN:
            return NoMachine("machine_no_consent" if wish == "ask" else "machine_unwanted")
        answer = self._known.get((delivery_id, machine.fleet_id))
        if answer is None:
            return NoMachine("machine_not_asked")
        if answer.price is None:
            first = answer.limits[0] if answer.limits else FleetLimit("no_vehicle")
            return NoMachine(f"fleet_{first.limit}", _figures(first))
        return NoMachine(machine.closed) if machine.closed else None


def _figures(limit: FleetLimit) -> str:
    """': 2400 where at most 1800 will do (grams)': what explanations add to the limit's own sentence."""
    if limit.allowed is None or limit.needed is None:
        return f" ({limit.said})" if limit.said else ""
    unit = f" ({limit.said})" if limit.said else ""
    return f": {limit.needed:g} where at most {limit.allowed:g} will do{unit}"


def vehicle(machine: MachineSeen, place: int, profile: int) -> engine.Vehicle:
    """Nothing is paid for its time and way: the fleet's price has both."""
    return engine.Vehicle(
        id=machine.id,
        start_place=place,
        capacity=(machine.capacity_g, _ANY_VOLUME),
        profile=profile,
        max_parcels_on_board=max(1, machine.rooms),
    )


_ANY_VOLUME: Final = 1_000_000
"""Whether it fits is the fleet's to say: it knows its compartments."""


def costs(
    delivery_id: str, machines: Sequence[MachineSeen], first: int, answers: Answers, excluded: frozenset[int]
) -> dict[int, int]:
    """By vehicle, what its fleet asks for. `first` is the index of the first machine among the problem's vehicles."""
    found: dict[int, int] = {}
    for number, machine in enumerate(machines, first):
        price = answers.price(delivery_id, machine)
        if number not in excluded and price is not None and price.minor:
            found[number] = price.minor * THOUSANDTHS
    return found


def bookings(machine: MachineSeen, delivery_ids: Iterable[str], answers: Answers) -> Iterable[MachineBooking]:
    for delivery_id in delivery_ids:
        price = answers.price(delivery_id, machine)
        assert price is not None, "without a price it would have been excluded"
        yield MachineBooking(machine.id, machine.fleet_id, delivery_id, price)


SAYS: Final[Mapping[str, str]] = {
    "machine_no_consent": "may come only once the shopper has agreed to a machine",
    "machine_unwanted": "may not come: no machine is wanted at this door",
    "machine_not_asked": "has not answered yet",
    "machine_reserved": "has another delivery",
    "machine_on_trip": "is on its way with something else",
    "machine_stopped": "stands still",
    "machine_non_operational": "is out of order",
    "machine_removed": "has been taken away",
    "machine_unknown": "cannot be found at the moment",
    "charging": "is charging",
    "fleet_paused": "belongs to a fleet that is paused",
    "fleet_too_heavy": "cannot carry so much{subject}",
    "fleet_too_big": "has no compartment that it fits into{subject}",
    "fleet_goods": "does not carry such goods{subject}",
    "fleet_temperature": "cannot keep it as cold or warm as it must be{subject}",
    "fleet_out_of_area": "does not serve that place{subject}",
    "fleet_no_way": "has no way there{subject}",
    "fleet_closed": "is not out at this hour{subject}",
    "fleet_weather": "does not go out in this weather{subject}",
    "fleet_daylight": "goes out by daylight only{subject}",
    "fleet_range": "cannot go so far{subject}",
    "fleet_no_vehicle": "has no vehicle free{subject}",
    "fleet_too_late": "could not be there in time{subject}",
    "fleet_handoff": "cannot hand it over as it must be{subject}",
    "fleet_unsafe_spot": "finds no safe spot there{subject}",
    "fleet_permit": "may not, by its permit{subject}",
    "fleet_operator": "was held back by its operator{subject}",
    "fleet_expired": "no longer holds its offer{subject}",
    "fleet_state": "cannot at the moment{subject}",
    "fleet_unsupported": "cannot do that{subject}",
}
"""Limits of machines and their fleets, as explanations say them."""
