"""The log of a fleet: numbered from one without a gap, so that whoever reads it knows what is missing."""

from typing import Final

from pydantic import AwareDatetime, Field

from homeward.fleets.contract.facts import Id, Part, Place, Refusal, Text
from homeward.fleets.contract.legs import Hold, Holder
from homeward.fleets.contract.words import Driving, EventKind, IncidentKind, LegState, VehicleState

MOST_EVENTS: Final = 500


class Event(Part):
    """One thing that happened. Which members are set follows from the kind.

    `at` is the vehicle's own time of it, `recorded_at` the fleet's: a vehicle without contact tells late, and its
    events are then numbered late too, never squeezed in between.
    """

    number: int = Field(ge=1)
    kind: EventKind
    at: AwareDatetime
    recorded_at: AwareDatetime
    vehicle_id: Id | None = None
    leg_id: Id | None = None
    reference: Id | None = None
    previous: LegState | None = None
    state: LegState | None = None
    hold: Hold | None = None
    why: Refusal | None = None
    dropoff_eta: AwareDatetime | None = None
    compartment_id: Id | None = None
    opened_for: Holder | None = None
    secret_id: Id | None = Field(None, description="whose secret opened it; null: the fleet's own hand")
    parcels: list[Id] | None = Field(None, max_length=50)
    incident: IncidentKind | None = None
    place: Place | None = None
    vehicle_state: VehicleState | None = None
    driving: Driving | None = None
    revision: int | None = None
    said: Text = ""


class Events(Part):
    """In order of number. `last` is the newest number that there is, so that a reader knows how far behind it is."""

    items: list[Event] = Field(max_length=MOST_EVENTS)
    last: int = Field(ge=0)


NEEDS: Final = {
    EventKind.LEG_MOVED: ("leg_id", "reference", "vehicle_id", "previous", "state"),
    EventKind.LEG_HELD: ("leg_id", "reference", "hold"),
    EventKind.LEG_FREED: ("leg_id", "reference"),
    EventKind.LEG_ETA: ("leg_id", "reference", "dropoff_eta"),
    EventKind.OPENED: ("vehicle_id", "compartment_id", "opened_for"),
    EventKind.CLOSED: ("vehicle_id", "compartment_id"),
    EventKind.GOODS_IN: ("leg_id", "reference", "vehicle_id", "compartment_id", "parcels"),
    EventKind.GOODS_OUT: ("leg_id", "reference", "vehicle_id", "compartment_id", "parcels"),
    EventKind.INCIDENT: ("vehicle_id", "incident"),
    EventKind.VEHICLE_CHANGED: ("vehicle_id", "vehicle_state", "driving"),
    EventKind.FACTS_CHANGED: ("revision",),
}
"""The members that an event of a kind must have."""


def problem_with(event: Event) -> str | None:
    """What an event lacks, in words; None for a whole one."""
    missing = [name for name in NEEDS[event.kind] if getattr(event, name) is None]
    return f"{event.kind} without {', '.join(missing)}" if missing else None


def gap(known: int, page: Events) -> str | None:
    """What is missing or doubled in a page that was asked for after number `known`; None for a sound one."""
    for expected, event in enumerate(page.items, known + 1):
        if event.number != expected:
            return f"event {expected} was expected and {event.number} came"
    newest = page.items[-1].number if page.items else known
    return f"the newest number, {page.last}, lies before event {newest}" if page.last < newest else None
