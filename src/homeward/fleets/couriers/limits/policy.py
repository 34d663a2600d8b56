"""Which of a courier's own limits a delivery breaks. Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from homeward.fleets.couriers.limits.model import Asked, Broken, OwnLimits, Zone
from homeward.kit.places import LatLon, great_circle_m


def broken_by(limits: OwnLimits, asked: Asked) -> Broken | None:
    """The first own limit that rules the delivery out; None if it may be offered."""
    return (
        _too_much(limits, asked)
        or _goods(limits, asked)
        or _outside(limits.zones, asked)
        or _crossed(limits.avoided, asked)
    )


def _too_much(limits: OwnLimits, asked: Asked) -> Broken | None:
    metres = round(great_circle_m(asked.pickup, asked.dropoff))
    numbers = (
        ("own_distance", metres, limits.longest_m),
        ("own_weight", asked.weight_g, limits.heaviest_g),
    )
    for name, needed, allowed in numbers:
        if allowed is not None and needed > allowed:
            return Broken(name, needed=needed, allowed=allowed)
    return None


def _goods(limits: OwnLimits, asked: Asked) -> Broken | None:
    unwanted = sorted(set(limits.goods) & set(asked.goods))
    return Broken("own_goods", unwanted[0].value) if unwanted else None


def _outside(zones: Sequence[Zone], asked: Asked) -> Broken | None:
    if not zones:
        return None
    for end, place in (("pickup", asked.pickup), ("dropoff", asked.dropoff)):
        if not any(holds(zone, place) for zone in zones):
            return Broken("own_zone", end)
    return None


def _crossed(avoided: Iterable[Zone], asked: Asked) -> Broken | None:
    for zone in avoided:
        if holds(zone, asked.pickup) or holds(zone, asked.dropoff) or _crosses(zone, asked.pickup, asked.dropoff):
            return Broken("own_no_go", zone.name)
    return None


def holds(zone: Zone, place: LatLon) -> bool:
    """Whether the zone holds the place."""
    if zone.centre is not None:
        return great_circle_m(zone.centre, place) <= zone.radius_m
    return _in_ring(zone.ring, place)


def _in_ring(ring: Sequence[LatLon], place: LatLon) -> bool:
    # A ray to the east meets the outline an odd number of times from inside.
    inside = False
    for a, b in _edges(ring):
        if (a.lat > place.lat) != (b.lat > place.lat):
            meets = a.lon + (place.lat - a.lat) * (b.lon - a.lon) / (b.lat - a.lat)
            inside ^= place.lon < meets
    return inside


def _crosses(zone: Zone, a: LatLon, b: LatLon) -> bool:
    if zone.centre is not None:
        return great_circle_m(zone.centre, _nearest(a, b, zone.centre)) <= zone.radius_m
    return any(_meet(a, b, c, d) for c, d in _edges(zone.ring))


def _nearest(a: LatLon, b: LatLon, to: LatLon) -> LatLon:
    """The place of the line from `a` to `b` that is nearest; degrees as if they were square, good for one town."""
    lat, lon = b.lat - a.lat, b.lon - a.lon
    length = lat * lat + lon * lon
    share = ((to.lat - a.lat) * lat + (to.lon - a.lon) * lon) / length if length else 0.0
    share = min(1.0, max(0.0, share))
    return LatLon(a.lat + share * lat, a.lon + share * lon)


def _meet(a: LatLon, b: LatLon, c: LatLon, d: LatLon) -> bool:
    return _side(a, b, c) != _side(a, b, d) and _side(c, d, a) != _side(c, d, b)


def _side(a: LatLon, b: LatLon, place: LatLon) -> bool:
    return (b.lon - a.lon) * (place.lat - a.lat) > (b.lat - a.lat) * (place.lon - a.lon)


def _edges(ring: Sequence[LatLon]) -> Iterable[tuple[LatLon, LatLon]]:
    return pairwise((*ring, ring[0])) if ring else ()
