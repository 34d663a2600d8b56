"""What is asked of fleets, what their answers and events mean for a delivery, and which machine may be filled. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from homeward.deliveries.model import Act, CourierCard, Delivery, EvidenceKind, Handover, Requirements
from homeward.deliveries.states import BEFORE_PICKUP, GOING_BACK, TERMINAL, State
from homeward.fleets.autonomous.model import Asked, Fleet, FleetStatus, Machine, MachineLeg, Seat
from homeward.fleets.contract.facts import Place, Refusal, Vehicle
from homeward.fleets.contract.legs import LegOrder, Parcel, Quote, Stop
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.words import (
    ON_BOARD,
    Action,
    CompartmentState,
    Handoff,
    LegState,
    Limit,
    Mode,
    VehicleState,
)
from homeward.kit.money import Money
from homeward.kit.places import LatLon

GRACE: Final = timedelta(hours=1)
"""A late parcel is still wanted; how late is too late is the plan's to weigh, not the fleet's."""
ASK_AGAIN: Final = timedelta(seconds=90)
"""A price is asked for again after so long while nothing else is known of when to ask."""
SILENT_AFTER: Final = timedelta(seconds=90)
"""A vehicle that nobody heard of for longer than this, and than three heartbeats, is given nothing new."""

GIVEN_UP_AFTER: Final = timedelta(minutes=15)
"""A fleet that is silent for so long is not waited for: what it has not fetched searches again, the rest is rescued."""

CLOCK_AHEAD: Final = timedelta(minutes=2)
CLOCK_BEHIND: Final = timedelta(minutes=2)
"""Beyond the time that a fleet's reading takes, also where a demo's time runs fast."""

AT_STORE: Final = (Handoff.HATCH, Handoff.HAND, Handoff.PAD)
"""What people at any store can do, the surest first."""
_AT_DOOR: Final[Mapping[Handover, tuple[Handoff, ...]]] = {
    Handover.ANY: (Handoff.HATCH, Handoff.HAND, Handoff.TETHER, Handoff.PAD, Handoff.DOORSTEP),
    Handover.TO_PERSON: (Handoff.HATCH, Handoff.HAND),
    Handover.AT_DOOR: (Handoff.TETHER, Handoff.PAD, Handoff.DOORSTEP),
}

PROVEN_THERE: Final = frozenset({EvidenceKind.PHOTO, EvidenceKind.PIN, EvidenceKind.SCAN, EvidenceKind.CODE})
"""What a machine proves by its own means: who opened which compartment when, by whose secret, and that it is empty."""

VEHICLE_WORDS: Final[Mapping[Mode, str]] = {
    Mode.COURIER: "car",
    Mode.OWN_DRIVER: "car",
    Mode.CARRIER: "car",
    Mode.SIDEWALK_ROBOT: "robot",
    Mode.ROAD_VEHICLE: "robot_car",
    Mode.DRONE: "drone",
}
"""How a courier card names what comes; pages and dialects have words for these."""


# ── what is asked ──


def beyond_machines(requirements: Requirements) -> Refusal | None:
    """What no machine can do at a door, whatever its fact sheet says."""
    wanted = {
        "take a signature": requirements.signature or requirements.signer_name,
        "look at a document": requirements.age is not None,
        "bring something back": bool(requirements.round_trip),
        "scan a label at the door": bool(requirements.barcodes),
    }
    missing = [name for name, asked in wanted.items() if asked]
    return Refusal(limit=Limit.HANDOFF, said=f"No machine can {' or '.join(missing)}.") if missing else None


def order_of(delivery: Delivery, store_name: str, reference: str, now: datetime) -> LegOrder:
    """The delivery as a fleet is asked for it: first names only, no telephone numbers."""
    latest = max(delivery.promised_by, now) + GRACE
    earliest = delivery.window_earliest if delivery.window_earliest > now else None
    return LegOrder(
        reference=reference,
        pickup=Stop(
            place=_place(delivery.pickup.place),
            address=delivery.pickup.address,
            first_name=store_name[:80],
            handoff=list(AT_STORE),
            note=delivery.pickup.instructions[:1_000],
        ),
        dropoff=Stop(
            place=_place(delivery.dropoff.place),
            address=delivery.dropoff.address,
            first_name=_first(delivery.dropoff.contact.name),
            handoff=list(_AT_DOOR[delivery.requirements.handover]),
            spot=_place(delivery.dropoff.place),
            note=delivery.dropoff.instructions[:1_000],
        ),
        parcels=[Parcel(id="parcel", weight_g=delivery.parcel.weight_g, goods=list(delivery.contents.goods))],
        ready_at=delivery.ready_at,
        earliest=earliest,
        latest=latest,
    )


def basis_of(order: LegOrder) -> str:
    """Changes with whatever makes another answer likely; not with the clock."""
    said = order.model_dump_json(exclude={"reference", "latest", "earliest"})
    return sha256(said.encode()).hexdigest()[:16]


def _place(place: LatLon) -> Place:
    return Place(lat=place.lat, lon=place.lon)


def _first(name: str) -> str:
    return name.split(maxsplit=1)[0][:80] if name.split() else ""


# ── answers ──


def yes(delivery_id: str, fleet: Fleet, basis: str, quote: Quote, now: datetime) -> Asked:
    price = Money(quote.price.minor, quote.price.currency)
    again = min(now + ASK_AGAIN, max(quote.held_until, now + timedelta(seconds=10)))
    return Asked(delivery_id, fleet.id, basis, now, again, (), price, quote.pickup_eta, quote.dropoff_eta)


def no(delivery_id: str, fleet_id: str, basis: str, limits: Sequence[Refusal], now: datetime) -> Asked:
    """Asked again when the first of its limits may have passed; never, where one of them will not pass."""
    waits = [limit.retry_after for limit in limits]
    known = [at for at in waits if at is not None]
    again = max(*known, now + timedelta(seconds=10)) if known and len(known) == len(waits) else None
    return Asked(delivery_id, fleet_id, basis, now, again, tuple(limits))


def to_be_asked(asked: Asked | None, basis: str, now: datetime) -> bool:
    if asked is None or asked.basis != basis:
        return True
    return asked.again_at is not None and asked.again_at <= now


# ── who may be filled ──


def seat_of(machine: Machine, fleet: Fleet, now: datetime) -> Seat | None:
    """None for a vehicle whose model the fact sheet does not know, or that has no place."""
    model = fleet.model(machine.now.model)
    if model is None or machine.place is None:
        return None
    free = sum(1 for room in machine.now.compartments if room.state is CompartmentState.FREE)
    return Seat(machine, fleet, model, max(0, free), closed_of(machine, fleet, free, now))


def closed_of(machine: Machine, fleet: Fleet, free: int, now: datetime) -> str | None:
    """Why nothing new is given to it: a limit's name, as explanations know them."""
    silent_after = max(SILENT_AFTER, timedelta(seconds=3 * fleet.facts.heartbeat_s))
    if fleet.status is not FleetStatus.ACTIVE:
        return "fleet_paused"
    if now - machine.seen_at > silent_after:
        return "out_of_contact"
    if machine.now.state is not VehicleState.AVAILABLE:
        return f"machine_{machine.now.state}"
    if machine.now.charged_at is not None and machine.now.charged_at > now:
        return "charging"
    return None if free and not machine.legs else "machine_reserved"


# ── what is told about it ──


def card_of(machine: Machine, mode: Mode) -> CourierCard:
    """What outsiders may know: what it is and what people read on it, never whose it is."""
    return CourierCard(machine.name, VEHICLE_WORDS[mode])


@dataclass(frozen=True, slots=True)
class Step:
    """What an event of a leg means for the delivery: an act that is reported as any courier's."""

    act: Act
    reason: str | None = None


ACTS: Final[Mapping[LegState, Act]] = {
    LegState.TO_PICKUP: Act.HEAD_TO_PICKUP,
    LegState.AT_PICKUP: Act.ARRIVE_PICKUP,
    LegState.LOADED: Act.PICK_UP,
    LegState.TO_DROPOFF: Act.HEAD_TO_DROPOFF,
    LegState.AT_DROPOFF: Act.ARRIVE_DROPOFF,
    LegState.DONE: Act.HAND_OVER,
    LegState.RETURNING: Act.TURN_BACK,
    LegState.AT_RETURN: Act.ARRIVE_RETURN,
    LegState.RETURNED: Act.RETURN_HANDED,
}


def step_of(event: Event) -> Step | None:
    """None for an event that moves nothing of ours: loading and handing over are parts of a stop."""
    assert event.state is not None
    act = ACTS.get(event.state)
    closed_again = event.previous in (LegState.LOADING, LegState.HANDING_OVER) and event.state in (
        LegState.AT_PICKUP,
        LegState.AT_DROPOFF,
    )
    if act is None or closed_again:
        return None
    return Step(act, event.why.limit if event.why else event.said or None)


# ── what is asked of one under way ──


def wanted_action(delivery: Delivery, state: LegState, ours: bool) -> Action | None:
    """What the delivery, as it stands now, asks of the machine that has been promised it; None: to go on.

    `ours`: the leg under way is still the machine's.
    """
    if state in ON_BOARD:
        turned = delivery.state in GOING_BACK or delivery.state in TERMINAL
        back = state in (LegState.RETURNING, LegState.AT_RETURN, LegState.RESCUE_NEEDED)
        return Action.RETURN if turned and not back else None
    gone = delivery.state in TERMINAL or (delivery.state in BEFORE_PICKUP and not ours)
    return Action.CANCEL if gone else None


def still_to_be_had(delivery: Delivery) -> bool:
    """Whether a machine that has not yet been promised it should still be."""
    return delivery.state is State.SEARCHING


# ── rescue ──


def last_place(event: Event, machine: Machine) -> LatLon | None:
    """Where it stands, as the event says or as the vehicle was last seen."""
    if event.place is not None:
        return LatLon(event.place.lat, event.place.lon)
    return machine.place


def where(machine: Machine, place: LatLon) -> str:
    """No street is known for where a machine breaks down; its plate and the pin find it."""
    return f"{machine.name}, at {place.lat:.5f}, {place.lon:.5f}"


def rescue_note(machine: Machine, leg: MachineLeg) -> str:
    opens = "open it from the app when you stand there" if leg.locked else "take the parcel out"
    return f"Look for {machine.name}; {opens}. Compartment: {leg.compartment_id or 'the only one'}."


def why_stranded(event: Event, leg: MachineLeg) -> str:
    """The incident that came before, if its fleet has told of one."""
    return str(event.incident or leg.reason or "stranded")


# ── what is missing ──

_OUT: Final = (
    LegState.TO_PICKUP,
    LegState.AT_PICKUP,
    LegState.LOADED,
    LegState.TO_DROPOFF,
    LegState.AT_DROPOFF,
    LegState.DONE,
)
_BACK: Final = (LegState.LOADED, LegState.RETURNING, LegState.AT_RETURN, LegState.RETURNED)
_SAME_STOP: Final = {LegState.LOADING: LegState.AT_PICKUP, LegState.HANDING_OVER: LegState.AT_DROPOFF}


def steps_between(ours: LegState, theirs: LegState) -> tuple[LegState, ...]:
    """The states that a leg must have come through from `ours` to `theirs`, the last one included."""
    last = _SAME_STOP.get(theirs, theirs)
    way = _BACK if last in _BACK[1:] else _OUT
    if last not in way:
        return (theirs,)
    known = _SAME_STOP.get(ours, ours)
    begun = way.index(known) + 1 if known in way else (len(way) if known in _OUT[3:] and way is _OUT else 0)
    if way is _BACK and known in _OUT[3:]:
        begun = 1
    return way[begun : way.index(last) + 1]


def dearer(quote: Quote, planned: Money) -> bool:
    """A tenth more than planned with is another plan."""
    return quote.price.minor * 10 > planned.minor * 11


def clock_trouble(vehicles: Iterable[Vehicle], heartbeat_s: int, now: datetime) -> str | None:
    """What is wrong with a fleet whose newest sign of life lies ahead of us, or too long ago; None if nothing is."""
    newest = max((one.seen_at for one in vehicles), default=None)
    if newest is None:
        return None
    if newest > now + CLOCK_AHEAD:
        return f"its clock is {_minutes(newest - now)} ahead of ours"
    if newest < now - timedelta(seconds=heartbeat_s) - CLOCK_BEHIND:
        return f"none of its vehicles has been heard of for {_minutes(now - newest)}, or its clock is behind ours"
    return None


def _minutes(apart: timedelta) -> str:
    return f"{max(1, round(apart.total_seconds() / 60))} min"
