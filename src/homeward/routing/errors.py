"""What roads and imports refuse, and what to do then."""

from dataclasses import dataclass

from homeward.kit.places import LatLon
from homeward.kit.problems import Problem, Unavailable


@dataclass(eq=False)
class TooFarFromRoad(Problem):
    slug, status = "too-far-from-road", 422
    title = "This place is too far from any road that we can use; check the pin."

    distance_m: int
    limit_m: int

    def detail(self) -> str:
        return f"The nearest road is {self.distance_m} m away; at most {self.limit_m} m can be served."


@dataclass(eq=False)
class NoRoute(Problem):
    slug, status = "no-route", 422
    title = "No road leads from one place to the next; check both pins."

    places: list[LatLon]


@dataclass(eq=False)
class RoadsUnavailable(Unavailable):
    """The road server of this market and profile does not answer, or there is none."""

    slug = "roads-unavailable"
    title = "The roads of this market do not answer at the moment; try again shortly."

    market_id: str
    reason: str

    def detail(self) -> str:
        return f"Market {self.market_id}: {self.reason}"


@dataclass(eq=False)
class MapFileMissing(Problem):
    slug, status = "map-file-missing", 404
    title = "There is no such map file; give the path of an .osm.pbf, .osm, .osm.gz or .osm.bz2 file."

    path: str

    def detail(self) -> str:
        return f"No file at {self.path}"


@dataclass(eq=False)
class MapFileBroken(Problem):
    slug, status = "map-file-broken", 422
    title = "The map file is damaged, cut off, or no OpenStreetMap data; fetch it again. Nothing was installed."

    path: str
    reason: str

    def detail(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(eq=False)
class NoRoadsInMap(Problem):
    slug, status = "no-roads-in-map", 422
    title = "The map file holds no road that a car can use; use an extract with roads. Nothing was installed."

    path: str
    reason: str

    def detail(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(eq=False)
class ExtraAddressesBroken(Problem):
    slug, status = "extra-addresses-broken", 422
    title = "The file of extra addresses needs the columns lat, lon, number and street. Nothing was installed."

    path: str
    reason: str

    def detail(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(eq=False)
class RoadBuildFailed(Problem):
    slug, status = "road-build-failed", 500
    title = "The road graph could not be built; the last lines of the builder say why. Nothing was installed."

    step: str
    output: str

    def detail(self) -> str:
        return f"{self.step}: {self.output}"


@dataclass(eq=False)
class BadMarketName(Problem):
    slug, status = "bad-market-name", 422
    title = "A market's name needs at least one letter or digit and at most 60 characters."

    name: str


@dataclass(eq=False)
class UnknownTimeZone(Problem):
    slug, status = "unknown-time-zone", 422
    title = "Give an IANA time zone, such as Europe/Zurich."

    time_zone: str
