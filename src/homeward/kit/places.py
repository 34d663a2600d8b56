"""Places on the earth: WGS 84, latitude first."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Final

_EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius, IUGG
METRES_PER_DEGREE: Final = 111_195.0
"""Of latitude on a sphere of that radius; of longitude only at the equator."""


@dataclass(frozen=True, slots=True, order=True)
class LatLon:
    """Degrees. Raises ValueError outside [-90, 90] and [-180, 180]."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        if not (-90.0 <= self.lat <= 90.0 and -180.0 <= self.lon <= 180.0):
            raise ValueError(f"({self.lat}, {self.lon}) is no place: latitude comes first, then longitude")


@dataclass(frozen=True, slots=True)
class Box:
    """A bounding box in degrees; it does not cross the antimeridian."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, place: LatLon) -> bool:
        return self.south <= place.lat <= self.north and self.west <= place.lon <= self.east

    @property
    def centre(self) -> LatLon:
        return LatLon((self.south + self.north) / 2, (self.west + self.east) / 2)


def great_circle_m(a: LatLon, b: LatLon) -> float:
    """Metres along the great circle (haversine); at most 0.5 % off the ellipsoid."""
    half_lat = radians(b.lat - a.lat) / 2
    half_lon = radians(b.lon - a.lon) / 2
    chord = sin(half_lat) ** 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(half_lon) ** 2
    return 2 * _EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))
