"""A street that fits in the head: a bakery at its west end, doors every kilometre to the east, couriers by car.

Roads are as the crow flies and two fifths longer, 9 m/s; so a kilometre of street is about 2.6 minutes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from homeward.dispatch.model import Inputs, PlanSettings, Snapshot, TravelTables
from homeward.dispatch.whatif.model import Day, DayCourier, DayDelivery, Doors
from homeward.dispatch.whatif.ways import DayWays
from homeward.fleets.couriers.model import VEHICLES, VehicleKind
from homeward.kit.places import METRES_PER_DEGREE, LatLon

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETTINGS = PlanSettings(
    currency="CHF",
    decision_s=60,
    pickup_s=180,
    door_s=180,
    no_courier_after_s=900,
    default_wait_s=600,
    no_courier_wait_s=2_700,
    pay_base_minor=250,
    pay_per_km_minor=60,
    pay_per_minute_minor=15,
    pay_extra_stop_minor=100,
    pay_floor_minor=450,
)


def after_noon(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def at_km(km: float) -> LatLon:
    """So far along the street, on the equator, where a degree of longitude is as long as one of latitude."""
    return LatLon(0.0, km * 1000 / METRES_PER_DEGREE)


BAKERY = at_km(0)


def a_delivery(number: int = 1, km: float = 2, minute: float = 0, **changes: Any) -> DayDelivery:
    """Express from the bakery, booked and ready at `minute`, promised an hour later; two minutes at store and door."""
    at = after_noon(minute)
    doors = changes.pop("doors", {})
    values: dict[str, Any] = {
        "id": f"d{number}",
        "merchant_id": "mer_1",
        "store_id": "sto_1",
        "service_class": "express",
        "pickup": BAKERY,
        "dropoff": at_km(km),
        "weight_g": 1_000,
        "volume_l": 6,
        "skills": (),
        "booked_at": at,
        "known_at": at,
        "ready_at": at,
        "window_earliest": at,
        "promised_by": at + timedelta(hours=1),
    }
    values |= changes
    return DayDelivery(
        **values, doors=Doors(**{"parcel_at": values["ready_at"], "store_s": 120, "door_s": 120, **doors})
    )


def a_courier(name: str = "Ana", km: float = 0, **changes: Any) -> DayCourier:
    """By car, on duty from noon to six."""
    traits = VEHICLES[VehicleKind.CAR]
    values: dict[str, Any] = {
        "id": f"cou_{name.lower()}",
        "name": name,
        "vehicle": VehicleKind.CAR,
        "capacity_g": traits.capacity_g,
        "capacity_l": traits.capacity_l,
        "max_deliveries": traits.max_deliveries,
        "skills": (),
        "begins": NOON,
        "ends": after_noon(360),
        "place": at_km(km),
        "shift": ((NOON, after_noon(360)),),
    }
    return DayCourier(**{**values, **changes})


def a_frame() -> Inputs:
    """Today's rules in the street's market."""
    return Inputs(Snapshot("mkt_1", NOON, 0, SETTINGS, (), ()), TravelTables((), ()))


def a_day(deliveries: Sequence[DayDelivery], couriers: Sequence[DayCourier], **changes: Any) -> Day:
    """From noon to six."""
    values: dict[str, Any] = {
        "begins": NOON,
        "ends": after_noon(360),
        "market_id": "mkt_1",
        "currency": "CHF",
        "deliveries": tuple(deliveries),
        "couriers": tuple(couriers),
        "answers": {},
        "frames": ((NOON, a_frame()),),
    }
    return Day(**{**values, **changes})


def ways_of(day: Day) -> DayWays:
    """As the crow flies between everything."""
    ways = DayWays(place for delivery in day.deliveries for place in (delivery.pickup, delivery.dropoff))
    for courier in day.couriers:
        ways.start_at(courier.place, VEHICLES[courier.vehicle].profile)
    ways.bridge()
    return ways
