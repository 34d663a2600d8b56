"""What a city is told, before it is written as JSON. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from homeward.fleets.city_reports.words import EventType, TripType
from homeward.fleets.contract.words import VehicleState
from homeward.kit.places import LatLon


@dataclass(frozen=True, slots=True)
class Stops:
    """Where a leg begins and where its door is."""

    store: LatLon
    door: LatLon


@dataclass(frozen=True, slots=True)
class Change:
    """A machine comes into another state. `key` is the same whenever it is told; `place` None: not recorded."""

    machine_id: str
    key: str
    state: VehicleState
    causes: tuple[EventType, ...]
    at: datetime
    received_at: datetime
    place: LatLon | None
    trip_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trip:
    """One way of a machine with goods on board. Whose goods is not in it; `distance_m` is from place to place."""

    machine_id: str
    journey_key: str
    type: TripType
    started_at: datetime
    ended_at: datetime
    received_at: datetime
    start: LatLon
    end: LatLon
    distance_m: int

    @property
    def key(self) -> str:
        return trip_key(self.journey_key, self.type)


def trip_key(journey_key: str, of_type: TripType) -> str:
    return f"{journey_key}/{of_type}"


@dataclass(frozen=True, slots=True)
class Story:
    """Of one machine, in the order in which it happened. `under_way` are the trips that have not ended."""

    changes: tuple[Change, ...]
    trips: tuple[Trip, ...]
    under_way: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CityToken:
    """Opens the reports of one market. The secret itself is shown once, when it is made."""

    id: str
    market_id: str
    name: str
    hint: str
    created_by: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewCityToken:
    token: CityToken
    secret: str = field(repr=False)
