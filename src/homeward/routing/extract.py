"""One reading of an OpenStreetMap file into what address points and map tiles are made of.

Tags are explained at https://wiki.openstreetmap.org/wiki/Map_features. Geometries are shapely, (lon, lat) in degrees.
"""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import osmium
import shapely
from osmium.osm.types import Area, Node, Way

from homeward.kit.places import Box
from homeward.routing.errors import MapFileBroken, MapFileMissing, NoRoadsInMap

# What OSRM's car profile drives on.
DRIVABLE: Final = frozenset(
    {"motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link",
     "tertiary", "tertiary_link", "unclassified", "residential", "living_street", "service"}
)  # fmt: skip
_ROAD_KIND: Final = {
    "motorway": "motorway", "trunk": "trunk", "primary": "primary", "secondary": "secondary", "tertiary": "tertiary",
    "unclassified": "minor", "residential": "minor", "living_street": "minor", "road": "minor", "service": "service",
    "pedestrian": "pedestrian", "footway": "path", "path": "path", "steps": "path", "bridleway": "path",
    "cycleway": "cycleway", "track": "track",
}  # fmt: skip
_LAND_KIND: Final = {
    ("natural", "water"): "water", ("waterway", "riverbank"): "water", ("landuse", "reservoir"): "water",
    ("landuse", "basin"): "water", ("waterway", "dock"): "water",
    ("landuse", "forest"): "wood", ("natural", "wood"): "wood", ("natural", "scrub"): "scrub",
    ("natural", "heath"): "scrub", ("natural", "wetland"): "wetland", ("natural", "beach"): "sand",
    ("natural", "sand"): "sand", ("natural", "glacier"): "ice", ("natural", "grassland"): "grass",
    ("natural", "bare_rock"): "rock", ("natural", "scree"): "rock",
    ("landuse", "grass"): "grass", ("landuse", "meadow"): "grass", ("landuse", "village_green"): "park",
    ("landuse", "recreation_ground"): "park", ("leisure", "park"): "park", ("leisure", "garden"): "park",
    ("leisure", "nature_reserve"): "park", ("leisure", "golf_course"): "park", ("leisure", "playground"): "park",
    ("leisure", "pitch"): "pitch", ("leisure", "stadium"): "pitch", ("leisure", "sports_centre"): "pitch",
    ("landuse", "cemetery"): "cemetery", ("amenity", "grave_yard"): "cemetery",
    ("landuse", "farmland"): "farmland", ("landuse", "orchard"): "orchard", ("landuse", "vineyard"): "orchard",
    ("landuse", "allotments"): "orchard", ("landuse", "farmyard"): "farmland",
    ("landuse", "residential"): "residential", ("landuse", "commercial"): "commercial",
    ("landuse", "retail"): "commercial", ("landuse", "industrial"): "industrial", ("landuse", "railway"): "industrial",
    ("landuse", "quarry"): "industrial", ("amenity", "school"): "school", ("amenity", "university"): "school",
    ("amenity", "college"): "school", ("amenity", "hospital"): "hospital", ("amenity", "parking"): "parking",
    ("place", "square"): "square", ("highway", "pedestrian"): "square", ("aeroway", "aerodrome"): "industrial",
    ("aeroway", "runway"): "parking",
}  # fmt: skip
_LAND_KEYS: Final = ("natural", "waterway", "landuse", "leisure", "amenity", "place", "highway", "aeroway")
PLACE_KINDS: Final = (
    "city", "borough", "suburb", "town", "village", "hamlet", "quarter", "neighbourhood", "island", "locality",
)  # fmt: skip
_POI_KEYS: Final = ("shop", "amenity", "tourism", "healthcare", "office", "leisure", "railway")
_DULL_POIS: Final = frozenset(
    {"bench", "waste_basket", "parking_space", "bicycle_parking", "recycling", "vending_machine", "level_crossing",
     "switch", "signal", "crossing", "parking", "post_box", "telephone", "yes", "vacant", "no"}
)  # fmt: skip

Feature = tuple[dict[str, Any], Any]
"""Properties and geometry; while reading the geometry is still WKB text."""


@dataclass(frozen=True, slots=True)
class AddressPoint:
    """One door as the map knows it; unknown parts are empty."""

    number: str
    street: str
    city: str
    postcode: str
    unit: str
    lat: float
    lon: float


@dataclass(slots=True)
class Extract:
    """All that we take from a map file."""

    box: Box
    roads: list[Feature] = field(default_factory=list)
    rails: list[Feature] = field(default_factory=list)
    waterways: list[Feature] = field(default_factory=list)
    coasts: list[Feature] = field(default_factory=list)
    lands: list[Feature] = field(default_factory=list)
    buildings: list[Feature] = field(default_factory=list)
    places: list[Feature] = field(default_factory=list)
    pois: list[Feature] = field(default_factory=list)
    boundaries: list[Feature] = field(default_factory=list)
    addresses: list[AddressPoint] = field(default_factory=list)
    drivable_roads: int = 0
    drivable_km: float = 0.0

    def layers(self) -> tuple[list[Feature], ...]:
        return (
            self.roads, self.rails, self.waterways, self.coasts, self.lands, self.buildings, self.places, self.pois,
            self.boundaries,
        )  # fmt: skip


def read_extract(path: Path) -> Extract:
    """Read the whole file once.

    Raises
    ------
    MapFileMissing, MapFileBroken, NoRoadsInMap
        With the reason; every byte of the file was looked at, so what passes here is complete.
    """
    if not path.is_file():
        raise MapFileMissing(str(path))
    try:
        reader = _read_in_any_order(path)
    except (RuntimeError, osmium.InvalidLocationError, OSError) as failure:
        raise MapFileBroken(str(path), str(failure)) from failure
    extract = reader.extract
    if not extract.drivable_roads:
        raise NoRoadsInMap(str(path), f"{reader.ways} ways, none of them a road for cars with its nodes in the file")
    if reader.incomplete > extract.drivable_roads:
        reason = f"{reader.incomplete} roads refer to nodes that are not in the file; it seems to be cut off"
        raise MapFileBroken(str(path), reason)
    for layer in extract.layers():
        geometries = shapely.from_wkb([wkb for _, wkb in layer])
        layer[:] = [(tags, shape) for (tags, _), shape in zip(layer, geometries, strict=True)]
    _measure(extract)
    return extract


def _read_in_any_order(path: Path) -> "_Reader":
    reader = _Reader()
    try:
        reader.read(path)
    except RuntimeError as failure:
        # Some tools write objects in another order than by their ids. Areas can only be put together from a sorted
        # file, so we sort a copy; OSRM takes either.
        if "out of order" not in str(failure):
            raise
        reader = _Reader()
        with TemporaryDirectory() as folder:
            sorted_copy = Path(folder) / "sorted.osm.pbf"
            _sort(path, sorted_copy)
            reader.read(sorted_copy)
    return reader


def _sort(path: Path, into: Path) -> None:
    everything = osmium.MergeInputReader()
    everything.add_file(str(path))
    writer = osmium.SimpleWriter(str(into))
    try:
        everything.apply(writer, simplify=True)
    finally:
        writer.close()


def _measure(extract: Extract) -> None:
    lines = [shape for tags, shape in extract.roads if tags["drivable"]]
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(lines))
    extract.box = Box(south, west, north, east)


class _Reader:
    """Sorts the objects of a file into the layers of an `Extract`."""

    def __init__(self) -> None:
        self.extract = Extract(Box(0, 0, 0, 0))
        self.ways = 0
        self.incomplete = 0
        self._wkb = osmium.geom.WKBFactory()

    def read(self, path: Path) -> None:
        processor = osmium.FileProcessor(str(path)).with_locations().with_areas()
        for item in processor.with_filter(osmium.filter.EmptyTagFilter()):
            if isinstance(item, Way):
                self._way(item)
            elif isinstance(item, Area):
                self._area(item)
            elif isinstance(item, Node):
                self._node(item)

    def _node(self, node: Node) -> None:
        tags: Any = node.tags  # its stubs say that a look-up with a default may give None
        if "addr:housenumber" in tags:
            self._address(tags, node.lat, node.lon)
        name = tags.get("name")
        if not name:
            return
        kind = tags.get("place")
        if kind in PLACE_KINDS:
            population = tags.get("population", "").replace(",", "")
            properties = {"kind": kind, "name": name, "population": int(population) if population.isdigit() else 0}
            self.extract.places.append((properties, self._wkb.create_point(node)))
        else:
            self._poi(tags, name, self._wkb.create_point(node))

    def _poi(self, tags: Any, name: str, wkb: str) -> None:
        for key in _POI_KEYS:
            kind = tags.get(key)
            if kind and kind not in _DULL_POIS:
                self.extract.pois.append(({"kind": key, "what": kind, "name": name}, wkb))
                return

    def _way(self, way: Way) -> None:
        self.ways += 1
        tags = way.tags
        highway, railway, waterway = tags.get("highway"), tags.get("railway"), tags.get("waterway")
        coast = tags.get("natural") == "coastline"
        if not (highway or railway or waterway or coast):
            return
        try:
            wkb = self._wkb.create_linestring(way)
        except RuntimeError:  # a node without a place, or fewer than two different places
            self.incomplete += highway in DRIVABLE
            return
        if highway:
            self._road(way, highway, wkb)
        if railway in ("rail", "light_rail", "tram", "narrow_gauge") and tags.get("tunnel", "no") == "no":
            self.extract.rails.append(({"kind": railway}, wkb))
        if waterway in ("river", "stream", "canal", "drain", "ditch"):
            properties = {"kind": waterway, "name": tags.get("name", ""), "tunnel": tags.get("tunnel", "no") != "no"}
            self.extract.waterways.append((properties, wkb))
        if coast:
            self.extract.coasts.append(({}, wkb))

    def _road(self, way: Way, highway: str, wkb: str) -> None:
        kind = _ROAD_KIND.get(highway.removesuffix("_link"))
        tags = way.tags
        if kind is None or tags.get("area") == "yes":
            return
        drivable = highway in DRIVABLE and tags.get("access", "yes") not in ("no", "private")
        if drivable:
            self.extract.drivable_roads += 1
            self.extract.drivable_km += osmium.geom.haversine_distance(way.nodes) / 1000
        if tags.get("tunnel", "no") not in ("no", "building_passage"):
            level = -1
        else:
            level = 1 if tags.get("bridge", "no") != "no" else 0
        properties = {
            "kind": kind, "name": tags.get("name", ""), "ref": tags.get("ref", ""), "link": highway.endswith("_link"),
            "oneway": tags.get("oneway") in ("yes", "1", "true") or tags.get("junction") == "roundabout",
            "level": level, "drivable": drivable,
        }  # fmt: skip
        self.extract.roads.append((properties, wkb))

    def _area(self, area: Area) -> None:
        tags: Any = area.tags
        building = tags.get("building", "no") != "no"
        land = next((kind for key in _LAND_KEYS if (kind := _LAND_KIND.get((key, tags.get(key, ""))))), None)
        boundary = tags.get("boundary")
        number = "addr:housenumber" in tags
        name = tags.get("name", "")
        if not (building or land or boundary or number or name):
            return
        try:
            wkb = self._wkb.create_multipolygon(area)
        except RuntimeError:  # a ring that crosses itself: the map's fault, and nothing hangs on one shape
            return
        if building:
            self.extract.buildings.append(({}, wkb))
        elif land and not (land == "square" and tags.get("highway") and tags.get("area") != "yes"):
            self.extract.lands.append(({"kind": land, "name": name}, wkb))
            name = ""  # the ground carries it already
        if boundary in ("administrative", "postal_code"):
            self._boundary(tags, name, wkb)
        if number or (name and not boundary):
            # The middle of the shape's outline; close enough to the door for a building.
            middle = shapely.from_wkb(wkb).representative_point()
            if number:
                self._address(tags, middle.y, middle.x)
            if name:
                self._poi(tags, name, shapely.to_wkb(middle, hex=True))

    def _boundary(self, tags: Any, name: str, wkb: str) -> None:
        if tags.get("boundary") == "postal_code":
            postcode = tags.get("postal_code") or tags.get("ref") or name
            self.extract.boundaries.append(({"kind": "postcode", "name": postcode}, wkb))
        elif tags.get("admin_level") in ("8", "7") and name:
            self.extract.boundaries.append(({"kind": "city", "name": name, "level": tags.get("admin_level")}, wkb))

    def _address(self, tags: Any, lat: float, lon: float) -> None:
        # Some countries number whole places and not streets (addr:place).
        street = tags.get("addr:street") or tags.get("addr:place") or ""
        city = tags.get("addr:city", "")
        if not street:
            return
        postcode, unit = tags.get("addr:postcode", ""), tags.get("addr:unit", "")
        # "12;14" is one building with two numbers: two addresses at one door.
        for number in tags["addr:housenumber"].replace(",", ";").split(";"):
            if number.strip():
                self.extract.addresses.append(AddressPoint(number.strip(), street, city, postcode, unit, lat, lon))
