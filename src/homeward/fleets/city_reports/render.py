"""Stories as the JSON of MDS 2.0. Pure. Field lists: data-types.md of the specification (see `words`)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from homeward.fleets.autonomous.model import Machine
from homeward.fleets.city_reports.model import Change, Trip
from homeward.fleets.city_reports.words import VEHICLE_TYPES, EventType
from homeward.fleets.contract.facts import Model
from homeward.kit.places import LatLon

Json = dict[str, Any]

_NAMES: Final = UUID("0b7ad0c6-6f0f-4f0d-9a38-4f4e8c1a7d21")
"""The name space of everything that cities know by a UUID: the same thing has the same one for ever."""
_DECIMALS: Final = 4
"""About ten metres: enough to say which street, and as exact as vehicles tell it."""


def uuid_of(kind: str, key: str) -> str:
    """One way only: our own ids cannot be read from it."""
    return str(uuid5(_NAMES, f"{kind}:{key}"))


def provider_id_of(public_url: str) -> UUID:
    """For an operator whom nobody has given one."""
    return uuid5(_NAMES, f"provider:{public_url}")


def is_reported(model: Model | None) -> bool:
    """People who carry are no part of the mode."""
    return model is not None and model.mode in VEHICLE_TYPES


def vehicle_body(provider_id: UUID, machine: Machine, model: Model) -> Json:
    """Fact sheets do not say what drives a machine: all that fleets have is taken for electric."""
    return {
        **_whose(provider_id, machine.id),
        "vehicle_id": machine.name,
        "vehicle_type": VEHICLE_TYPES[model.mode],
        "vehicle_attributes": {"make": model.maker, "model": model.name},
        "propulsion_types": ["electric"],
    }


def status_body(provider_id: UUID, machine: Machine, last: Change | None, under_way: tuple[str, ...]) -> Json | None:
    """None for a machine that has not told any place yet."""
    if machine.place is None:
        return None
    last = last or _unheard(machine, machine.place)
    heading = machine.now.heading_deg
    telemetry = {
        **_whose(provider_id, machine.id),
        "telemetry_id": uuid_of("telemetry", f"{machine.id}/{milliseconds(machine.seen_at)}"),
        "timestamp": milliseconds(machine.seen_at),
        "trip_ids": [uuid_of("trip", key) for key in under_way] or None,
        "journey_id": uuid_of("journey", under_way[0].rpartition("/")[0]) if under_way else None,
        "location": {**gps(machine.place), **({"heading": float(heading)} if heading is not None else {})},
    }
    whose = _whose(provider_id, machine.id)
    return {**whose, "last_event": event_body(provider_id, last), "last_telemetry": telemetry}


def _unheard(machine: Machine, place: LatLon) -> Change:
    """For a machine about which the log has been silent: as it was last seen, with no cause known."""
    at = machine.seen_at
    return Change(
        machine.id, f"seen/{machine.id}", machine.now.state, (EventType.UNSPECIFIED,), at, received_at=at, place=place
    )


def event_body(provider_id: UUID, change: Change) -> Json:
    assert change.place is not None
    body: Json = {
        **_whose(provider_id, change.machine_id),
        "event_id": uuid_of("event", change.key),
        "vehicle_state": str(change.state),
        "event_types": [str(cause) for cause in change.causes],
        "timestamp": milliseconds(change.at),
        "publication_time": milliseconds(change.received_at),
        "location": gps(change.place),
    }
    if change.trip_keys:
        body["trip_ids"] = [uuid_of("trip", key) for key in change.trip_keys]
    return body


def trip_body(provider_id: UUID, trip: Trip) -> Json:
    return {
        **_whose(provider_id, trip.machine_id),
        "journey_id": uuid_of("journey", trip.journey_key),
        "trip_id": uuid_of("trip", trip.key),
        "trip_type": str(trip.type),
        "start_time": milliseconds(trip.started_at),
        "end_time": milliseconds(trip.ended_at),
        "start_location": gps(trip.start),
        "end_location": gps(trip.end),
        "duration": round((trip.ended_at - trip.started_at).total_seconds()),
        "distance": trip.distance_m,
        "publication_time": milliseconds(trip.received_at),
    }


def gps(place: LatLon) -> Mapping[str, float]:
    return {"lat": round(place.lat, _DECIMALS), "lng": round(place.lon, _DECIMALS)}


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)


def _whose(provider_id: UUID, machine_id: str) -> Json:
    return {"provider_id": str(provider_id), "device_id": uuid_of("device", machine_id)}
