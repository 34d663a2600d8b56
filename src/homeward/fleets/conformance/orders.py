"""Legs that a fact sheet allows, and others that it forbids. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, islice, pairwise
from math import cos, hypot, radians
from typing import Any, Final

from homeward.deliveries.contents import Goods
from homeward.fleets.contract.facts import Area, Domain, FactSheet, Inner, Model, Place, Weather
from homeward.fleets.contract.legs import LegOrder, Parcel, Stop
from homeward.fleets.contract.words import Handoff, Limit, Temperature

_GRID: Final = 24
_PAIRS_PER_MODEL: Final = 40
_USUAL_TRIP_M: Final = 1_200
_METRES_PER_DEGREE: Final = 111_320
_STEPS_M: Final = 40
_MOST_CORNERS: Final = 200
_INWARD: Final = 0.03
_DARK_UNTIL_LAT: Final = 60  # beyond 65 degrees the sun is up at midnight; leave room for summer's long twilight
TIME_ENOUGH: Final = timedelta(hours=3)
CALM: Final = {"wind_m_s": 1.0, "rain_mm_h": 0.0, "snow_mm": 0.0, "visibility_m": 20_000.0, "temperature_c": 15.0}
FOUL: Final = {"wind_m_s": 90.0, "rain_mm_h": 300.0, "snow_mm": 3_000.0, "visibility_m": 0.0, "temperature_c": -80.0}


@dataclass(frozen=True, slots=True)
class Trip:
    """From where to where one model should be able to go."""

    model: Model
    pickup: Place
    dropoff: Place


def trips(facts: FactSheet) -> Iterator[Trip]:
    """Trips that look possible, the likeliest first; whether something leads there only the fleet knows."""
    models = {model.id: model for model in facts.models}
    for domain in facts.domains:
        if domain.model in models:
            yield from islice(_within(domain, models[domain.model]), _PAIRS_PER_MODEL)


def order_for(trip: Trip, reference: str, now: datetime, **changes: Any) -> LegOrder:
    """A light parcel, ready now, with time enough."""
    room = trip.model.compartments[0]
    most_g = min(room.load_limit_g, trip.model.load_limit_g)
    parcel = Parcel(id=f"{reference}-1", weight_g=min(500, most_g), temperature=room.temperature)
    made = LegOrder(
        reference=reference,
        pickup=Stop(place=trip.pickup, address="Mill Street 1", handoff=trip.model.at_pickup),
        dropoff=Stop(
            place=trip.dropoff,
            address="Oak Lane 2",
            first_name="Ada",
            handoff=trip.model.at_dropoff,
            spot=trip.dropoff,
        ),
        parcels=[parcel],
        ready_at=now,
        latest=now + TIME_ENOUGH,
    )
    return made.model_copy(update=changes)


def too_much(order: LegOrder, facts: FactSheet) -> dict[Limit, LegOrder]:
    """The same leg, once for each limit that it can be made to exceed for every model of the fleet."""
    piece = order.parcels[0]

    def with_piece(**changes: Any) -> LegOrder:
        return order.model_copy(update={"parcels": [piece.model_copy(update=changes)]})

    found: dict[Limit, LegOrder] = {Limit.TOO_HEAVY: with_piece(weight_g=_most_g(facts) + 1_000)}
    edge_mm = max(
        max(r.inner.length_mm, r.inner.width_mm, r.inner.height_mm) for m in facts.models for r in m.compartments
    )
    if edge_mm < 20_000:
        bigger = edge_mm + 1
        found[Limit.TOO_BIG] = with_piece(size=Inner(length_mm=bigger, width_mm=bigger, height_mm=bigger))
    refused_goods = [goods for goods in reversed(Goods) if not any(goods in model.goods for model in facts.models)]
    if refused_goods:
        found[Limit.GOODS] = with_piece(goods=refused_goods[:1])
    kept = {room.temperature for model in facts.models for room in model.compartments}
    missing = [temperature for temperature in Temperature if temperature not in kept]
    if missing:
        found[Limit.TEMPERATURE] = with_piece(temperature=missing[-1])
    ways = {way for model in facts.models for way in model.at_dropoff}
    other_ways = [way for way in Handoff if way not in ways]
    if other_ways:
        found[Limit.HANDOFF] = order.model_copy(update={"dropoff": _stop(order, handoff=other_ways[:1])})
    found[Limit.OUT_OF_AREA] = order.model_copy(update={"dropoff": _stop(order, place=outside(facts), spot=None)})
    found[Limit.TOO_LATE] = order.model_copy(update={"latest": order.ready_at + timedelta(seconds=1)})
    return found


def weather_matters(facts: FactSheet) -> bool:
    """Whether there is a weather in which no model of the fleet may go."""
    return all(any(value is not None for _, value in domain.weather) for domain in facts.domains)


def weather_of(at: datetime, values: dict[str, float]) -> Weather:
    return Weather.model_validate({"at": at, **values})


def _most_g(facts: FactSheet) -> int:
    return max(min(m.load_limit_g, max(r.load_limit_g for r in m.compartments)) for m in facts.models)


def _stop(order: LegOrder, **changes: Any) -> Stop:
    return order.dropoff.model_copy(update=changes)


def outside(facts: FactSheet) -> Place:
    """Two degrees north of everything, or south where there is no more north."""
    lats = [lat for domain in facts.domains for area in domain.areas for _, lat in area.coordinates[0]]
    lon = facts.domains[0].areas[0].coordinates[0][0][0]
    return Place(lat=max(lats) + 2 if max(lats) < 87 else min(lats) - 2, lon=lon)


def beside(place: Place) -> Place:
    """A few steps from an address."""
    return Place(lat=place.lat + _STEPS_M / _METRES_PER_DEGREE, lon=place.lon)


def farthest_apart(domain: Domain) -> tuple[Place, Place] | None:
    """Two places inside one of its areas, as far from each other as its corners are, or nearly."""
    found: list[tuple[Place, Place]] = []
    for area in domain.areas:
        middle = _middle(area)
        near = [_between(Place(lat=lat, lon=lon), middle) for lon, lat in area.coordinates[0][:_MOST_CORNERS]]
        inside = [
            place for place in near if _inside(place, area) and not any(_inside(place, no) for no in domain.no_go)
        ]
        found += list(combinations(inside, 2))
    return max(found, key=lambda ends: apart_m(*ends), default=None)


def _between(corner: Place, middle: Place) -> Place:
    """A little inside of a corner."""
    return Place(
        lat=corner.lat + (middle.lat - corner.lat) * _INWARD, lon=corner.lon + (middle.lon - corner.lon) * _INWARD
    )


def by_night(order: LegOrder, now: datetime) -> LegOrder | None:
    """The same leg around the next solar midnight but one; None where the sun may be up even then."""
    place = order.pickup.place
    if abs(place.lat) > _DARK_UNTIL_LAT:
        return None
    solar = now.astimezone(UTC) + timedelta(hours=place.lon / 15)
    midnight = solar.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    at = midnight - timedelta(hours=place.lon / 15)
    return order.model_copy(update={"ready_at": at, "earliest": None, "latest": at + TIME_ENOUGH})


def _within(domain: Domain, model: Model) -> Iterator[Trip]:
    reach_m = min(each for each in (domain.farthest_m, model.range_m, 4 * _USUAL_TRIP_M) if each is not None)
    wanted_m = min(_USUAL_TRIP_M, reach_m / 4)
    for area in domain.areas:
        places = [place for place in _grid(area) if not any(_inside(place, no) for no in domain.no_go)]
        middle = sorted(places, key=lambda place: apart_m(place, _middle(area)))
        for pickup in middle[:8]:
            others = sorted(places, key=lambda other: abs(apart_m(pickup, other) - wanted_m))
            for dropoff in others[:6]:
                if 0 < apart_m(pickup, dropoff) < reach_m:
                    yield Trip(model, pickup, dropoff)


def _grid(area: Area) -> list[Place]:
    """Places inside, spread evenly. A large area is looked at around its middle only, where a trip stays short."""
    south, west, north, east = _box(area)
    middle = _middle(area)
    half_lat = min((north - south) / 2, 2 * _USUAL_TRIP_M / _METRES_PER_DEGREE)
    half_lon = min((east - west) / 2, half_lat / max(0.1, cos(radians(middle.lat))))
    steps = [(2 * number + 1) / _GRID - 1 for number in range(_GRID)]
    near = [Place(lat=middle.lat + half_lat * y, lon=middle.lon + half_lon * x) for y in steps for x in steps]
    return [place for place in near if _inside(place, area)]


def _box(area: Area) -> tuple[float, float, float, float]:
    ring = area.coordinates[0]
    lons, lats = [lon for lon, _ in ring], [lat for _, lat in ring]
    return min(lats), min(lons), max(lats), max(lons)


def _middle(area: Area) -> Place:
    south, west, north, east = _box(area)
    return Place(lat=(south + north) / 2, lon=(west + east) / 2)


def _inside(place: Place, area: Area) -> bool:
    border, *holes = area.coordinates
    return _in_ring(place, border) and not any(_in_ring(place, hole) for hole in holes)


def _in_ring(place: Place, ring: list[tuple[float, float]]) -> bool:
    inside = False
    for (lon1, lat1), (lon2, lat2) in pairwise(ring):
        crosses = (lat1 > place.lat) is not (lat2 > place.lat)
        if crosses and place.lon < (lon2 - lon1) * (place.lat - lat1) / (lat2 - lat1) + lon1:
            inside = not inside
    return inside


def apart_m(a: Place, b: Place) -> float:
    """Straight, on a flat earth: near enough within a town."""
    north = (a.lat - b.lat) * _METRES_PER_DEGREE
    return hypot(north, (a.lon - b.lon) * _METRES_PER_DEGREE * cos(radians(a.lat)))
