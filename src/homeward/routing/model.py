"""What roads tell us: travel tables, routes, snapped places, and the report of an import. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from homeward.kit.places import Box, LatLon

UNREACHABLE: Final = -1
"""Stands in a travel table where no road leads from the row's place to the column's."""

Matrix = npt.NDArray[np.int32]


class Profile(StrEnum):
    """How one moves; each has its own road graph."""

    CAR = "car"
    BICYCLE = "bicycle"
    FOOT = "foot"


@dataclass(frozen=True, slots=True)
class RoadServer:
    """Where one market's roads for one profile answer, and which graph they serve.

    `graph_version` changes with every import, so cached travel times of an old graph are never used again.
    """

    url: str
    graph_version: str


@dataclass(frozen=True, slots=True)
class TravelTable:
    """Travel between places: row = from, column = to, `UNREACHABLE` where there is no way.

    Seconds and metres, int32, shape (sources, destinations); not symmetric (one-way streets).
    """

    durations_s: Matrix
    distances_m: Matrix

    @property
    def reachable(self) -> npt.NDArray[np.bool_]:
        return np.not_equal(self.durations_s, UNREACHABLE)


@dataclass(frozen=True, slots=True)
class RouteLeg:
    """The way from one given place to the next."""

    duration_s: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class Route:
    """The way through all places in order. `geometry` holds (lat, lon) along the roads, the first and last point
    snapped to them; `legs` has one entry fewer than places were given."""

    geometry: tuple[tuple[float, float], ...]
    legs: tuple[RouteLeg, ...]

    @property
    def duration_s(self) -> int:
        return sum(leg.duration_s for leg in self.legs)

    @property
    def distance_m(self) -> int:
        return sum(leg.distance_m for leg in self.legs)


@dataclass(frozen=True, slots=True)
class SnappedPlace:
    """The nearest point on a road, and how far the asked place lies from it."""

    place: LatLon
    distance_m: float
    street: str


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step of an import.

    `peak_rss_mb` is of the child process, or of ourselves if there was none; the system counts what a child had before
    it became its program, so a child never shows less than we held when it began.
    """

    name: str
    seconds: float
    peak_rss_mb: float
    resumed: bool = False
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import installed and where. Counts are of the extract, `steps` of this run."""

    name: str
    slug: str
    version: str
    folder: str
    """Of this version; `current` beside it points to the version in use."""
    box: Box
    reach: tuple[tuple[float, float], ...]
    """A closed ring of (lon, lat) around all roads for cars: a first service area."""
    time_zone: str
    roads: int
    road_km: float
    addresses: int
    streets: int
    tiles: int
    tile_max_zoom: int
    steps: tuple[StepReport, ...] = field(default=())

    @property
    def centre(self) -> LatLon:
        return self.box.centre

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "ImportReport":
        steps: Sequence[dict[str, Any]] = body["steps"]
        return cls(
            **{
                **body,
                "box": Box(**body["box"]),
                "reach": tuple((lon, lat) for lon, lat in body["reach"]),
                "steps": tuple(StepReport(**step) for step in steps),
            }
        )
