"""What a drawn town consists of. Lengths are metres on a flat sheet, x to the east, y to the north. Pure."""

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from homeward.kit.places import METRES_PER_DEGREE, Box, LatLon

TOWN_NAME: Final = "Larkhaven"
TOWN_TIME_ZONE: Final = "America/New_York"
# Open Atlantic, some 500 km off the nearest coast: nobody can mistake it for a real place, no real map is near enough
# to be mixed up with it, and the sun agrees with the clock of the time zone above.
ORIGIN: Final = LatLon(36.0, -70.0)

Point = tuple[float, float]
Points = npt.NDArray[np.float64]

DRIVEN: Final = frozenset(
    {"motorway", "motorway_link", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "service"}
)


@dataclass(frozen=True, slots=True)
class LotStyle:
    """How a street is built up: metres, and the share of lots left empty."""

    pitch: tuple[float, float]
    width: tuple[float, float]
    depth: tuple[float, float]
    setback: tuple[float, float]
    gaps: float
    building: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a road, by metres from its beginning, with tags of its own."""

    start_m: float
    end_m: float
    tags: dict[str, str]


@dataclass(slots=True)
class Road:
    """One named street, or a path. House numbers rise from its first point on."""

    name: str
    kind: str
    points: Points
    tags: dict[str, str] = field(default_factory=dict)
    lots: LotStyle | None = None
    apart: bool = False
    """Meets other roads only where that was drawn on purpose: motorways and their ramps."""
    spans: list[Span] = field(default_factory=list)
    crossings: set[Point] = field(default_factory=set)
    """Points that it shares with other roads; known once the roads are joined."""

    @property
    def driven(self) -> bool:
        return self.kind in DRIVEN

    @property
    def oneway(self) -> bool:
        return self.tags.get("oneway") == "yes" or self.kind == "motorway"


@dataclass(frozen=True, slots=True)
class AreaDrawn:
    """A polygon of the landscape."""

    shape: Any
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Building:
    """A house with its door's address; `at` is its middle."""

    shape: Any
    at: Point
    number: str
    street: str
    city: str
    postcode: str
    kind: str


@dataclass(frozen=True, slots=True)
class District:
    """A part of town or a hamlet: every door belongs to the nearest, by distance over `reach`."""

    name: str
    at: Point
    reach: float
    city: str
    postcode: str
    place: str


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop of the town, at a door that has an address."""

    name: str
    kind: str
    number: str
    street: str
    city: str
    postcode: str
    place: LatLon


@dataclass(frozen=True, slots=True)
class TownSummary:
    """What was written."""

    name: str
    time_zone: str
    seed: int
    box: Box
    centre: LatLon
    nodes: int
    ways: int
    streets: int
    addresses: int
    shops: tuple[Shop, ...]


def to_place(point: Point) -> LatLon:
    """From the sheet to the globe; exact enough for a town (a centimetre in a kilometre at its edge)."""
    lat = ORIGIN.lat + point[1] / METRES_PER_DEGREE
    lon = ORIGIN.lon + point[0] / (METRES_PER_DEGREE * math.cos(math.radians(ORIGIN.lat)))
    return LatLon(round(lat, 7), round(lon, 7))
