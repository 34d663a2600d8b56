"""From an extract to the files that the geocoder loads: `addresses.ndjson.gz` and `streets.ndjson.gz`.

A map often leaves the city or the postcode of a door out, because it is plain from where the door stands. We fill it
in: from the boundary around it, else from the nearest door or place that says it.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np
import orjson
import shapely

from homeward.kit.places import METRES_PER_DEGREE, Box, LatLon
from homeward.routing.errors import ExtraAddressesBroken
from homeward.routing.extract import AddressPoint, Extract, Feature

ADDRESSES_FILE: Final = "addresses.ndjson.gz"
STREETS_FILE: Final = "streets.ndjson.gz"

# Beyond these a neighbour's city or postcode says nothing about a door. Degrees of latitude.
_NEIGHBOUR_CITY: Final = 3_000 / METRES_PER_DEGREE
_NEIGHBOUR_POSTCODE: Final = 1_500 / METRES_PER_DEGREE
_PLACE_REACH: Final = {
    kind: reach_m / METRES_PER_DEGREE
    for kind, reach_m in {"city": 20_000, "town": 10_000, "village": 6_000, "hamlet": 2_500}.items()
}
_COLUMNS: Final = {
    "lat": ("lat", "latitude", "y"),
    "lon": ("lon", "lng", "long", "longitude", "x"),
    "number": ("number", "house_number", "housenumber", "addr:housenumber"),
    "street": ("street", "street_name", "road", "addr:street"),
    "city": ("city", "town", "municipality", "place", "addr:city"),
    "postcode": ("postcode", "zip", "zip_code", "postal_code", "addr:postcode"),
    "unit": ("unit", "apartment", "addr:unit"),
}
_EDGE: Final = 0.005  # degrees around the roads' box where a door may still be served
_SHORT_WORDS: Final = frozenset({"NE", "NW", "SE", "SW", "US", "VT"})


@dataclass(frozen=True, slots=True)
class Counts:
    addresses: int
    streets: int


def write_address_files(extract: Extract, folder: Path, extra: Path | None) -> Counts:
    """Write both files into `folder`. Extra points are clipped to the roads' box; doubles of one door are left out."""
    points = extract.addresses
    if extra is not None:
        points = [*points, *read_extra(extra, extract.box)]
    districts = Districts(extract, points)
    complete = _without_doubles(districts.complete(points))
    streets = list(_streets(extract.roads, districts))
    _write_lines(folder / ADDRESSES_FILE, (asdict(point) for point in complete))
    _write_lines(folder / STREETS_FILE, streets)
    return Counts(len(complete), len({(row["street"], row["city"], row["postcode"]) for row in streets}))


class Districts:
    """Which city and postcode a place belongs to, as far as the map tells."""

    def __init__(self, extract: Extract, points: Sequence[AddressPoint]) -> None:
        middle = np.radians((extract.box.south + extract.box.north) / 2)
        # Longitudes are shrunk so that the nearest in degrees is the nearest on the ground.
        self._squeeze = float(np.cos(middle))
        self._cities = _Boundaries(extract.boundaries, "city")
        self._postcodes = _Boundaries(extract.boundaries, "postcode")
        self._doors_city = self._nearest([(p.lon, p.lat, p.city) for p in points if p.city])
        self._doors_postcode = self._nearest([(p.lon, p.lat, p.postcode) for p in points if p.postcode])
        self._places = [
            (reach, self._nearest([(s.x, s.y, tags["name"]) for tags, s in extract.places if tags["kind"] == kind]))
            for kind, reach in _PLACE_REACH.items()
        ]

    def complete(self, points: Sequence[AddressPoint]) -> list[AddressPoint]:
        """The same points with city and postcode filled in where they were empty."""
        lonlat = np.array([(p.lon, p.lat) for p in points]).reshape(-1, 2)
        cities = self._fill_cities([p.city for p in points], lonlat)
        postcodes = self._fill_postcodes([p.postcode for p in points], lonlat)
        return [
            point if (point.city, point.postcode) == (city, postcode) else replace(point, city=city, postcode=postcode)
            for point, city, postcode in zip(points, cities, postcodes, strict=True)
        ]

    def of(self, lonlat: Any) -> list[tuple[str, str]]:
        """(city, postcode) of each place; array of shape (n, 2), longitude first."""
        unknown = [""] * len(lonlat)
        return list(zip(self._fill_cities(unknown, lonlat), self._fill_postcodes(unknown, lonlat), strict=True))

    def _fill_cities(self, known: list[str], lonlat: Any) -> list[str]:
        # The small places come first: a hamlet's pin is nearer to its doors than the next town's.
        ways = [self._cities.around, _within(self._doors_city, _NEIGHBOUR_CITY)]
        ways += [_within(nearest, reach) for reach, nearest in reversed(self._places)]
        return _fill(known, lonlat, ways)

    def _fill_postcodes(self, known: list[str], lonlat: Any) -> list[str]:
        return _fill(known, lonlat, [self._postcodes.around, _within(self._doors_postcode, _NEIGHBOUR_POSTCODE)])

    def _nearest(self, named: list[tuple[float, float, str]]) -> "_Nearest":
        return _Nearest(named, self._squeeze)


class _Boundaries:
    """Polygons with a name; of several around a place the smallest counts."""

    def __init__(self, boundaries: list[Feature], kind: str) -> None:
        chosen = sorted((f for f in boundaries if f[0]["kind"] == kind), key=lambda f: -float(shapely.area(f[1])))
        self._names = [tags["name"] for tags, _ in chosen]
        self._tree = shapely.STRtree([shape for _, shape in chosen])

    def around(self, lonlat: Any) -> list[str]:
        found = [""] * len(lonlat)
        if self._names and len(lonlat):
            places, polygons = self._tree.query(shapely.points(lonlat), predicate="within")
            for order in np.argsort(polygons, kind="stable"):  # largest first, so the smallest is written last
                found[int(places[order])] = self._names[int(polygons[order])]
        return found


class _Nearest:
    def __init__(self, named: list[tuple[float, float, str]], squeeze: float) -> None:
        self._names = [name for _, _, name in named]
        self._scale = np.array([squeeze, 1.0])
        places = np.array([(lon, lat) for lon, lat, _ in named]).reshape(-1, 2)
        self._tree = shapely.STRtree(shapely.points(places * self._scale))

    def find(self, lonlat: Any, reach: float) -> list[str]:
        found = [""] * len(lonlat)
        if self._names and len(lonlat):
            asked = shapely.points(lonlat * self._scale)
            pairs = self._tree.query_nearest(asked, max_distance=reach, all_matches=False)
            for place, neighbour in zip(*pairs, strict=True):
                found[int(place)] = self._names[int(neighbour)]
        return found


def _within(nearest: _Nearest, reach: float) -> Any:
    return lambda lonlat: nearest.find(lonlat, reach)


def _fill(known: list[str], lonlat: Any, ways: Iterable[Any]) -> list[str]:
    """Fill what is empty by one way after the other, each asked only about what the ones before left open."""
    filled = list(known)
    for way in ways:
        gaps = [i for i, value in enumerate(filled) if not value]
        if not gaps:
            break
        for i, value in zip(gaps, way(lonlat[gaps]), strict=True):
            filled[i] = value
    return filled


def _without_doubles(points: list[AddressPoint]) -> list[AddressPoint]:
    """One point per door: a building and its entrance often carry the same address."""
    seen: dict[tuple[str, ...], AddressPoint] = {}
    for p in points:
        seen.setdefault((p.street.lower(), p.number.lower(), p.unit.lower(), p.city.lower(), p.postcode.lower()), p)
    return list(seen.values())


def _streets(roads: list[Feature], districts: Districts) -> Iterator[dict[str, Any]]:
    """Each named street as few long lines, cut where city or postcode change."""
    named = [(tags["name"], shape) for tags, shape in roads if tags["name"]]
    middles = shapely.get_coordinates(shapely.line_interpolate_point([s for _, s in named], 0.5, normalized=True))
    parts: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for (name, shape), (city, postcode) in zip(named, districts.of(middles), strict=True):
        parts[name, city, postcode].append(shape)
    for (street, city, postcode), shapes in parts.items():
        for line in shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapes))):
            geometry = [[round(lat, 6), round(lon, 6)] for lon, lat in shapely.get_coordinates(line).tolist()]
            yield {"street": street, "city": city, "postcode": postcode, "geometry": geometry}


def read_extra(path: Path, box: Box) -> list[AddressPoint]:
    """Address points of a CSV file (.csv or .csv.gz) inside the box, a little wider.

    Columns are found by their usual names, whatever their order; rows without a number or a place are left out.

    Raises
    ------
    ExtraAddressesBroken
        If the file is missing, unreadable, or lacks one of lat, lon, number and street.
    """
    wider = Box(box.south - _EDGE, box.west - _EDGE, box.north + _EDGE, box.east + _EDGE)
    try:
        with _open_text(path) as lines:
            rows = csv.DictReader(lines)
            columns = _find_columns(path, rows.fieldnames or [])
            return [point for row in rows if (point := _point(row, columns, wider)) is not None]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as failure:
        raise ExtraAddressesBroken(str(path), str(failure)) from failure


def _open_text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _find_columns(path: Path, names: Sequence[str]) -> dict[str, str]:
    by_lower = {name.strip().lower(): name for name in names}
    columns = {
        ours: by_lower[theirs[0]]
        for ours, usual in _COLUMNS.items()
        if (theirs := [name for name in usual if name in by_lower])
    }
    missing = [needed for needed in ("lat", "lon", "number", "street") if needed not in columns]
    if missing:
        raise ExtraAddressesBroken(str(path), f"no column for {', '.join(missing)} among {', '.join(names) or 'none'}")
    return columns


def _point(row: Mapping[str, str | None], columns: Mapping[str, str], box: Box) -> AddressPoint | None:
    def value(ours: str) -> str:
        return (row.get(columns.get(ours, "")) or "").strip()

    try:
        place = LatLon(float(value("lat")), float(value("lon")))
    except ValueError:
        return None
    if not box.holds(place) or not value("number") or not value("street"):
        return None
    return AddressPoint(
        value("number"), _calm(value("street")), _calm(value("city")), value("postcode"), value("unit"),
        place.lat, place.lon,
    )  # fmt: skip


def _calm(name: str) -> str:
    """ALL CAPITALS, as emergency services write them, become Ordinary Names; anything else stays as it is."""
    if not name.isupper():
        return name
    return " ".join(w if w in _SHORT_WORDS or any(c.isdigit() for c in w) else w.capitalize() for w in name.split())


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    # mtime=0: the same map gives the same bytes.
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed:
        for row in rows:
            packed.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
