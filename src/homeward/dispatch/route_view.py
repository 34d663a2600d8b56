"""A courier's own route as the app shows it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homeward.dispatch.model import StopRef, WaitAt
from homeward.kit.money import Money
from homeward.kit.places import LatLon


@dataclass(frozen=True, slots=True)
class RouteStopView:
    """A stop of a courier's own route with everything needed at the door."""

    ref: StopRef
    leg_id: str | None
    state: str  # 'done', 'next', 'later'
    acts: tuple[str, ...]
    name: str
    phone: str | None
    address: str
    unit: str
    place: LatLon
    instructions: str
    eta: datetime | None
    latest: datetime | None
    ready_at: datetime | None
    parcel: Mapping[str, Any]
    requirements: Mapping[str, Any]
    delivery_state: str
    door: Mapping[str, str] = field(default_factory=dict)  # company, building, spot and gate code, as far as said
    tip: Money | None = None  # on top of the pay
    take_over: bool = False  # a pickup from whoever is stranded with it


@dataclass(frozen=True, slots=True)
class CourierRoute:
    """A courier's route as the app shows it; `geometry` runs along roads from the courier through all stops left."""

    courier_id: str
    version: int
    stops: tuple[RouteStopView, ...]
    geometry: Sequence[tuple[float, float]]
    distance_m: int
    duration_s: int
    pay: Money
    wait_at: WaitAt | None = None  # with nothing to do, where an offer is likelier
