"""Which limits say no to a leg, each with its figures. Pure: time, weather and facts are handed in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations
from math import acos, asin, cos, degrees, pi, radians, sin, tan
from typing import Final

from shapely.geometry import LineString, Point, Polygon

from homeward.fleets.contract.facts import Area, Compartment, Domain, Inner, Model, Place, Refusal, Weather
from homeward.fleets.contract.legs import LegOrder, Stop
from homeward.fleets.contract.words import Handoff, Limit
from homeward.kit.hours_json import hours_from_json
from homeward.kit.places import LatLon, great_circle_m

BY_ITSELF: Final = frozenset({Handoff.DOORSTEP, Handoff.TETHER, Handoff.PAD, Handoff.STATION})
"""The vehicle sets down; nobody has to be there."""
_ON_A_SPOT: Final = frozenset({Handoff.TETHER, Handoff.PAD})
_AGAIN: Final = timedelta(minutes=30)
_HORIZON_DEG: Final = -0.833  # the sun's upper edge, with refraction


@dataclass(frozen=True, slots=True)
class Trip:
    """When and how far one leg would go."""

    from_home_m: float
    leg_m: float
    back_home_m: float
    pickup_at: datetime
    dropoff_at: datetime


def apart_m(a: Place, b: Place) -> float:
    return great_circle_m(LatLon(a.lat, a.lon), LatLon(b.lat, b.lon))


def limits_of(order: LegOrder, model: Model, domain: Domain, trip: Trip, weather: Weather | None) -> list[Refusal]:
    """Everything that says no, whoever is free; empty for a yes."""
    return [
        *_of_load(order, model),
        *_of_handing(order, model),
        *_of_places(order, domain),
        *_of_distance(model, domain, trip),
        *_of_time(order, domain, trip),
        *of_weather(domain, weather, trip.pickup_at),
    ]


def rooms_for(order: LegOrder, model: Model) -> list[Compartment]:
    """The compartments that all parcels of the order go into together."""
    return [room for room in model.compartments if not any(_of_room(order, room))]


def _of_load(order: LegOrder, model: Model) -> Iterator[Refusal]:
    if not rooms_for(order, model):
        # The room that says no the least speaks for all.
        yield from min((list(_of_room(order, room)) for room in model.compartments), key=len)
    refused = sorted({goods for parcel in order.parcels for goods in parcel.goods} - set(model.goods))
    if refused:
        yield Refusal(limit=Limit.GOODS, said=f"does not carry {', '.join(refused)}")


def _of_room(order: LegOrder, room: Compartment) -> Iterator[Refusal]:
    weight_g = sum(parcel.weight_g for parcel in order.parcels)
    if weight_g > room.load_limit_g:
        yield Refusal(limit=Limit.TOO_HEAVY, said="grams", at_most=room.load_limit_g, asked=weight_g)
    sizes = [parcel.size for parcel in order.parcels if parcel.size is not None]
    too_big = [size for size in sizes if not goes_in(size, room.inner)]
    if too_big:
        longest = max(_edges(size)[-1] for size in too_big)
        yield Refusal(limit=Limit.TOO_BIG, said="longest edge, mm", at_most=_edges(room.inner)[-1], asked=longest)
    elif sum(map(_volume, sizes)) > _volume(room.inner):
        asked = sum(map(_volume, sizes)) / 1e6
        yield Refusal(limit=Limit.TOO_BIG, said="litres", at_most=_volume(room.inner) / 1e6, asked=asked)
    if any(parcel.temperature is not room.temperature for parcel in order.parcels):
        yield Refusal(limit=Limit.TEMPERATURE, said=f"keeps {room.temperature}")


def goes_in(size: Inner, inner: Inner) -> bool:
    """In one of the ways in which a box can be turned."""
    return any(
        all(edge <= room for edge, room in zip(turned, _edges(inner), strict=True))
        for turned in permutations(_edges(size))
    )


def _edges(box: Inner) -> list[int]:
    return sorted((box.length_mm, box.width_mm, box.height_mm))


def _volume(box: Inner) -> int:
    return box.length_mm * box.width_mm * box.height_mm


def handing(stop: Stop, offered: list[Handoff]) -> Handoff | None:
    """The best way for the people there that the vehicle knows."""
    return next((way for way in stop.handoff if way in offered), None)


def _of_handing(order: LegOrder, model: Model) -> Iterator[Refusal]:
    if handing(order.pickup, model.at_pickup) is None:
        yield Refusal(limit=Limit.HANDOFF, said=f"at the store: {', '.join(model.at_pickup)}")
    yield from of_door(order.dropoff, model)


def of_door(door: Stop, model: Model) -> Iterator[Refusal]:
    way = handing(door, model.at_dropoff)
    if way is None:
        yield Refusal(limit=Limit.HANDOFF, said=f"at the door: {', '.join(model.at_dropoff)}")
    elif way in _ON_A_SPOT and door.spot is None:
        yield Refusal(limit=Limit.UNSAFE_SPOT, said="a marked spot is needed")


def _of_places(order: LegOrder, domain: Domain) -> Iterator[Refusal]:
    for name, stop in (("store", order.pickup), ("door", order.dropoff)):
        for place in filter(None, (stop.place, stop.spot)):
            if not served(place, domain):
                yield Refusal(limit=Limit.OUT_OF_AREA, said=f"the {name}")
                return
    way = LineString([(p.lon, p.lat) for p in (order.pickup.place, order.dropoff.place)])
    if any(way.intersects(_polygon(area)) for area in domain.no_go):
        yield Refusal(limit=Limit.NO_WAY, said="the straight way crosses where it may not go")


def served(place: Place, domain: Domain) -> bool:
    point = Point(place.lon, place.lat)
    inside = any(_polygon(area).covers(point) for area in domain.areas)
    return inside and not any(_polygon(area).covers(point) for area in domain.no_go)


def _polygon(area: Area) -> Polygon:
    border, *holes = area.coordinates
    return Polygon(border, holes)


def _of_distance(model: Model, domain: Domain, trip: Trip) -> Iterator[Refusal]:
    if domain.farthest_m is not None and trip.leg_m > domain.farthest_m:
        yield Refusal(limit=Limit.RANGE, said="metres from store to door", at_most=domain.farthest_m, asked=trip.leg_m)
    needed_m = range_needed_m(trip)
    if model.range_m is not None and needed_m > model.range_m:
        yield Refusal(limit=Limit.RANGE, said="metres with a full battery", at_most=model.range_m, asked=needed_m)


def range_needed_m(trip: Trip) -> float:
    """Also the way back to the store, should nobody come, and home from there."""
    return trip.from_home_m + max(trip.leg_m + trip.back_home_m, 2 * trip.leg_m + trip.from_home_m)


def _of_time(order: LegOrder, domain: Domain, trip: Trip) -> Iterator[Refusal]:
    if trip.dropoff_at > order.latest:
        late_s = (trip.dropoff_at - order.latest).total_seconds()
        yield Refusal(limit=Limit.TOO_LATE, said="seconds after the latest moment", at_most=0, asked=late_s)
    hours = hours_from_json(domain.hours)
    if not (hours.is_open(trip.pickup_at) and hours.is_open(trip.dropoff_at)):
        after = trip.pickup_at if not hours.is_open(trip.pickup_at) else trip.dropoff_at
        opening = hours.next_opening(after)
        yield Refusal(limit=Limit.CLOSED, retry_after=opening.earliest if opening else None)
    if domain.daylight_only:
        yield from _of_light(order, trip)


def _of_light(order: LegOrder, trip: Trip) -> Iterator[Refusal]:
    for stop, at in ((order.pickup, trip.pickup_at), (order.dropoff, trip.dropoff_at)):
        light = daylight(stop.place, at)
        if light is None or not light[0] <= at <= light[1]:
            yield Refusal(limit=Limit.DAYLIGHT, said="only by daylight", retry_after=_next_sunrise(stop.place, at))
            return


def _next_sunrise(place: Place, after: datetime) -> datetime | None:
    for days in range(3):
        light = daylight(place, after + timedelta(days=days))
        if light is not None and light[0] > after:
            return light[0]
    return None


def daylight(place: Place, at: datetime) -> tuple[datetime, datetime] | None:
    """Sunrise and sunset of the solar day around a moment, within some minutes; None where the sun stays down.

    Source: the declination by the usual cosine of the day of the year; the equation of time is left out (16 min).
    """
    solar = at.astimezone(UTC) + timedelta(hours=place.lon / 15)
    day = solar.timetuple().tm_yday
    declination = asin(sin(radians(-23.44)) * cos(2 * pi * (day + 10) / 365.25))
    lat = radians(place.lat)
    cosine = (sin(radians(_HORIZON_DEG)) - sin(lat) * sin(declination)) / (cos(lat) * cos(declination))
    if cosine >= 1 or abs(tan(lat)) > 1e6:
        return None
    half = timedelta(hours=degrees(acos(max(-1.0, cosine))) / 15)
    noon = solar.replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(hours=place.lon / 15)
    return noon - half, noon + half


def of_weather(domain: Domain, weather: Weather | None, now: datetime) -> Iterator[Refusal]:
    """One refusal for each figure that lies beyond its limit."""
    if weather is None:
        return
    limits = domain.weather
    too_much = (
        ("wind, m/s", weather.wind_m_s, limits.wind_m_s),
        ("rain, mm/h", weather.rain_mm_h, limits.rain_mm_h),
        ("snow, mm", weather.snow_mm, limits.snow_mm),
        ("heat, °C", weather.temperature_c, limits.hottest_c),
    )
    too_little = (
        ("at least, visibility, m", weather.visibility_m, limits.visibility_m),
        ("at least, °C", weather.temperature_c, limits.coldest_c),
    )
    beyond = [each for each in too_much if each[1] is not None and each[2] is not None and each[1] > each[2]]
    beyond += [each for each in too_little if each[1] is not None and each[2] is not None and each[1] < each[2]]
    for said, asked, at_most in beyond:
        yield Refusal(limit=Limit.WEATHER, said=said, at_most=at_most, asked=asked, retry_after=now + _AGAIN)
