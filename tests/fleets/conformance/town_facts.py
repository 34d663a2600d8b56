"""What the fleet of the town is, and what it keeps in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from homeward.fleets.contract.facts import (
    Area,
    Compartment,
    Domain,
    FactSheet,
    Inner,
    Model,
    OperatorOfRecord,
    Place,
    Refusal,
    Waits,
    Weather,
    WeatherLimits,
)
from homeward.fleets.contract.legs import (
    Hold,
    Holder,
    LegOrder,
    Price,
    Secret,
)
from homeward.fleets.contract.words import (
    Action,
    Handoff,
    LegState,
    Limit,
    Mode,
    Temperature,
)
from homeward.kit.hours_json import hours_from_json
from homeward.kit.places import LatLon, great_circle_m

S: Final = LegState
TRIP_S: Final = 400
WAIT_S: Final = 300
SQUARE: Final = [(8.0, 47.0), (8.1, 47.0), (8.1, 47.1), (8.0, 47.1), (8.0, 47.0)]
OPEN: Final = {"time_zone": "UTC", "weekly": {str(day): [["00:00", "00:00"]] for day in range(7)}}
FARTHEST_M: Final = 6_000
BOX: Final = Inner(length_mm=400, width_mm=400, height_mm=300)


def facts(**changes: Any) -> FactSheet:
    model = Model(
        id="barrow",
        mode=Mode.SIDEWALK_ROBOT,
        maker="Barrow Works",
        name="Barrow 2",
        compartments=[Compartment(id="lid", inner=BOX, load_limit_g=9_000, locked=True)],
        load_limit_g=9_000,
        at_pickup=[Handoff.HATCH],
        at_dropoff=[Handoff.HATCH],
        speed_m_s=1.5,
        range_m=12_000,
    )
    domain = Domain(
        model="barrow",
        areas=[Area(coordinates=[SQUARE])],
        hours=OPEN,
        farthest_m=FARTHEST_M,
        weather=WeatherLimits(wind_m_s=15, rain_mm_h=8),
    )
    whole = FactSheet(
        revision=1,
        fleet_id="barrows",
        name="Barrows of the town",
        operator=OperatorOfRecord(name="Barrow Works", phone="+41790000000"),
        currency="CHF",
        models=[model],
        domains=[domain],
        actions=list(Action),
        waits=Waits(at_pickup_s=WAIT_S, at_dropoff_s=WAIT_S),
        quote_held_s=120,
        reservation_held_s=180,
        heartbeat_s=20,
        secret_valid_s=240,
        sandbox=True,
    )
    return whole.model_copy(update=changes)


def by_daylight_only() -> FactSheet:
    whole = facts()
    return whole.model_copy(update={"domains": [whole.domains[0].model_copy(update={"daylight_only": True})]})


def two_models() -> FactSheet:
    """A second one that differs in name only."""
    whole = facts()
    other = whole.models[0].model_copy(update={"id": "cart", "name": "Cart 1"})
    domain = whole.domains[0].model_copy(update={"model": "cart"})
    return whole.model_copy(update={"models": [*whole.models, other], "domains": [*whole.domains, domain]})


@dataclass
class Robot:
    id: str
    seen_at: datetime
    place: Place
    model: str = "barrow"
    lost_until: datetime | None = None
    untold: list[dict[str, Any]] = field(default_factory=list)
    blocked_until: datetime | None = None
    tipped: bool = False


@dataclass
class Job:
    id: str
    order: LegOrder
    robot: Robot
    price: Price
    state: LegState = S.COMMITTED
    shown: LegState = S.COMMITTED
    hold: Hold | None = None
    left_s: int = TRIP_S
    lid_open: bool = False
    way_from: Place | None = None
    target: Place | None = None
    why: Refusal | None = None
    secrets: dict[str, "Issued"] = field(default_factory=dict)


@dataclass
class Issued:
    secret: Secret
    holder: Holder
    usable: bool = True


def limits_of(
    order: LegOrder, sheet: FactSheet, weather: Weather, now: datetime, known: set[str], faults: set[str]
) -> list[Limit]:
    """Everything that says no."""
    heavy = sum(parcel.weight_g for parcel in order.parcels) > 9_000
    held = sheet.domains[0].weather
    rough = (weather.wind_m_s or 0) > (held.wind_m_s or 0) or (weather.rain_mm_h or 0) > (held.rain_mm_h or 0)
    said = {
        Limit.TOO_HEAVY: heavy and "carries_anything" not in faults,
        Limit.TOO_BIG: any(parcel.size and parcel.size.length_mm > BOX.length_mm for parcel in order.parcels),
        Limit.GOODS: any(parcel.goods for parcel in order.parcels),
        Limit.TEMPERATURE: any(parcel.temperature is not Temperature.AMBIENT for parcel in order.parcels),
        Limit.OUT_OF_AREA: not all(_inside(place) for place in _places(order, faults)),
        Limit.RANGE: _apart_m(order) > FARTHEST_M and "goes_any_distance" not in faults,
        Limit.CLOSED: not hours_from_json(sheet.domains[0].hours).is_open(now) and "never_closed" not in faults,
        Limit.DAYLIGHT: sheet.domains[0].daylight_only and _dark(order) and "goes_by_night" not in faults,
        Limit.HANDOFF: Handoff.HATCH not in order.dropoff.handoff,
        Limit.TOO_LATE: order.latest < now + timedelta(seconds=2 * TRIP_S),
        Limit.WEATHER: rough and "any_weather" not in faults,
        Limit.UNKNOWN: order.vehicle_id is not None and order.vehicle_id not in known,
    }
    return [limit for limit, is_so in said.items() if is_so]


def _places(order: LegOrder, faults: set[str]) -> list[Place]:
    spot = order.dropoff.spot if "takes_any_spot" not in faults else None
    return [order.pickup.place, order.dropoff.place, *([spot] if spot else [])]


def _apart_m(order: LegOrder) -> float:
    places = (order.pickup.place, order.dropoff.place)
    return great_circle_m(*(LatLon(place.lat, place.lon) for place in places))


def _dark(order: LegOrder) -> bool:
    """In November, by the sun's own clock."""
    sun = order.ready_at.astimezone(UTC) + timedelta(hours=order.pickup.place.lon / 15)
    return not 8 <= sun.hour < 16


def _inside(place: Place) -> bool:
    return 47.0 <= place.lat <= 47.1 and 8.0 <= place.lon <= 8.1
