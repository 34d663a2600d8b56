"""Four fleets as data. Whatever one does otherwise than another is a value here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from math import cos, radians
from typing import Any, Final

from homeward.fleets.contract.facts import (
    Area,
    Domain,
    FactSheet,
    Model,
    OperatorOfRecord,
    Permit,
    Place,
    Waits,
    WeatherLimits,
)
from homeward.fleets.contract.words import Action, Driving
from homeward.kit.places import METRES_PER_DEGREE

_EVERY_ACTION: Final = tuple(Action)
_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Kind:
    """What one fleet is, as far as its fact sheet and its way of moving do not follow from the contract alone."""

    name: str
    model: Mapping[str, Any]
    vehicles: int
    reach_m: float
    """Half the side of the square that it serves, around its centre."""
    farthest_m: int
    weather: WeatherLimits
    actions: tuple[Action, ...]
    waits: Waits
    base_minor: int
    per_km_minor: int
    hours: tuple[str, str] = ("06:00", "23:00")
    daylight_only: bool = False
    no_go: tuple[tuple[float, float, float], ...] = ()
    """Squares where it may not go: metres north and east of the centre, and half a side."""
    detour: float = 1.3
    """How much longer its ways are than the straight line."""
    charges_m_per_s: float = 0.0
    driving: Driving = Driving.AUTONOMOUS
    sets_down_s: int = 30
    """How long it needs where nobody takes the goods out of its hands."""


def _room(name: str, inner_mm: tuple[int, int, int], load_limit_g: int, locked: bool) -> dict[str, Any]:
    length, width, height = inner_mm
    inner = {"length_mm": length, "width_mm": width, "height_mm": height}
    return {"id": name, "inner": inner, "load_limit_g": load_limit_g, "locked": locked}


SIDEWALK: Final = Kind(
    name="sidewalk",
    model={
        "id": "walker-1",
        "mode": "sidewalk_robot",
        "maker": "Kerbside Works",
        "name": "Walker",
        "compartments": [_room("hatch", (420, 490, 297), 20_000, locked=True)],
        "load_limit_g": 20_000,
        "at_pickup": ["hatch"],
        "at_dropoff": ["hatch"],
        "speed_m_s": 1.7,
        "range_m": 12_000,
        "kerb_mm": 120,
        "noise_db": 45,
    },
    vehicles=6,
    reach_m=3_000,
    farthest_m=4_000,
    weather=WeatherLimits(wind_m_s=17, rain_mm_h=8, snow_mm=20, visibility_m=60, coldest_c=-15, hottest_c=42),
    actions=_EVERY_ACTION,
    waits=Waits(at_pickup_s=10 * _MINUTE, at_dropoff_s=10 * _MINUTE),
    base_minor=190,
    per_km_minor=45,
    detour=1.25,
    charges_m_per_s=1.5,
)

ROAD: Final = Kind(
    name="road",
    model={
        "id": "carriage-1",
        "mode": "road_vehicle",
        "maker": "Carriage Works",
        "name": "Carriage",
        "compartments": [
            _room("boot-left", (900, 500, 450), 40_000, locked=True),
            _room("boot-right", (900, 500, 450), 40_000, locked=True),
        ],
        "load_limit_g": 70_000,
        "goods": ["over_the_counter"],
        "at_pickup": ["hatch"],
        "at_dropoff": ["hatch"],
        "speed_m_s": 9.0,
        "range_m": 120_000,
        "noise_db": 60,
    },
    vehicles=3,
    reach_m=12_000,
    farthest_m=15_000,
    weather=WeatherLimits(wind_m_s=22, rain_mm_h=15, snow_mm=5, visibility_m=150),
    actions=_EVERY_ACTION,
    # It stands at the kerb, where nothing may stand for long.
    waits=Waits(at_pickup_s=8 * _MINUTE, at_dropoff_s=5 * _MINUTE),
    base_minor=320,
    per_km_minor=60,
    hours=("00:00", "00:00"),
    detour=1.4,
    charges_m_per_s=20.0,
)

DRONE: Final = Kind(
    name="drone",
    model={
        "id": "swift-1",
        "mode": "drone",
        "maker": "Swift Aircraft",
        "name": "Swift",
        "compartments": [_room("hook", (300, 250, 180), 1_800, locked=False)],
        "load_limit_g": 1_800,
        "at_pickup": ["hand"],
        "at_dropoff": ["tether"],
        "speed_m_s": 22.0,
        "range_m": 26_000,
        "stairs": True,
        "noise_db": 70,
    },
    vehicles=4,
    reach_m=9_000,
    farthest_m=10_000,
    weather=WeatherLimits(wind_m_s=12, rain_mm_h=4, snow_mm=0, visibility_m=1_500, coldest_c=-10, hottest_c=40),
    actions=(Action.SAFE_STOP, Action.RESUME, Action.DIVERT, Action.RETURN, Action.CANCEL, Action.HAND_TO_RESCUE),
    waits=Waits(at_pickup_s=5 * _MINUTE, at_dropoff_s=2 * _MINUTE),
    base_minor=290,
    per_km_minor=30,
    hours=("00:00", "00:00"),
    daylight_only=True,
    no_go=((5_000.0, 5_000.0, 1_500.0),),
    detour=1.05,
    charges_m_per_s=15.0,
)

CARRIER: Final = Kind(
    name="carrier",
    model={
        "id": "colleague-1",
        "mode": "carrier",
        "maker": "Fleet of Foot",
        "name": "A person with a bag",
        "compartments": [_room("bag", (600, 500, 450), 18_000, locked=False)],
        "load_limit_g": 18_000,
        "goods": ["over_the_counter", "pharmacy"],
        "at_pickup": ["hand"],
        "at_dropoff": ["hand", "doorstep"],
        "speed_m_s": 4.5,
        "stairs": True,
    },
    vehicles=5,
    reach_m=6_000,
    farthest_m=8_000,
    weather=WeatherLimits(wind_m_s=25, snow_mm=100),
    actions=(Action.DIVERT, Action.RETURN, Action.CANCEL, Action.HAND_TO_RESCUE),
    waits=Waits(at_pickup_s=12 * _MINUTE, at_dropoff_s=6 * _MINUTE),
    base_minor=520,
    per_km_minor=110,
    driving=Driving.PERSON,
    sets_down_s=40,
)

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (SIDEWALK, ROAD, DRONE, CARRIER)}


def square(centre: Place, north_m: float, east_m: float, half_m: float) -> Area:
    """A square whose middle lies so far north and east of the centre."""
    metres_of_lon = METRES_PER_DEGREE * cos(radians(centre.lat))
    at: Callable[[float, float], tuple[float, float]] = lambda north, east: (  # noqa: E731 - a name for one line
        centre.lon + (east_m + east) / metres_of_lon,
        centre.lat + (north_m + north) / METRES_PER_DEGREE,
    )
    corners = [(-half_m, -half_m), (-half_m, half_m), (half_m, half_m), (half_m, -half_m), (-half_m, -half_m)]
    return Area(coordinates=[[at(north, east) for north, east in corners]])


def fact_sheet(kind: Kind, centre: Place, time_zone: str, currency: str = "EUR") -> FactSheet:
    """The fact sheet of such a fleet around a place. It is always a sandbox."""
    model = Model.model_validate(kind.model)
    domain = Domain(
        model=model.id,
        areas=[square(centre, 0, 0, kind.reach_m)],
        no_go=[square(centre, *each) for each in kind.no_go],
        hours={"time_zone": time_zone, "weekly": {str(day): [list(kind.hours)] for day in range(7)}},
        daylight_only=kind.daylight_only,
        farthest_m=kind.farthest_m,
        weather=kind.weather,
    )
    permit = Permit(authority="The town", number=f"{kind.name}-1", valid_from=date(2026, 1, 1))
    return FactSheet(
        revision=1,
        fleet_id=f"reference-{kind.name}",
        name=f"Reference fleet: {kind.name}",
        operator=OperatorOfRecord(name=model.maker, phone="+15550100", permits=[permit]),
        currency=currency,
        models=[model],
        domains=[domain],
        actions=list(kind.actions),
        waits=kind.waits,
        quote_held_s=300,
        reservation_held_s=180,
        heartbeat_s=10,
        secret_valid_s=900,
        sandbox=True,
    )
