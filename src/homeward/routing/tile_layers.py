"""What each map layer holds and from which zoom, in web-mercator units of the whole world (0..1, y down). Pure."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from homeward.routing.coastline import sea_areas
from homeward.routing.extract import Extract, Feature

MIN_ZOOM: Final = 8
MAX_ZOOM: Final = 14
"""A tile of zoom 14 resolves half a metre; the map stretches it for the zooms beyond."""

_NEVER: Final = 99
_ROADS_FROM: Final = {
    "motorway": 8, "trunk": 8, "primary": 9, "secondary": 10, "tertiary": 11, "minor": 12, "pedestrian": 13,
    "service": 13, "track": 13, "path": 13, "cycleway": 13,
}  # fmt: skip
_WATERWAYS_FROM: Final = {"river": 9, "canal": 11, "stream": 13, "drain": 14, "ditch": 14}
_PLACES_FROM: Final = {
    "city": 8, "town": 8, "borough": 10, "village": 10, "island": 10, "suburb": 11, "hamlet": 11, "quarter": 13,
    "neighbourhood": 13, "locality": 13,
}  # fmt: skip
# Pixels of 1/256 tile: what is smaller on the screen is left out until the next zoom.
_SMALLEST_LAND_PX: Final = 3.0
_SMALLEST_BUILDING_PX: Final = 2.0
_ROOM_FOR_NAME_PX: Final = 60.0


@dataclass(frozen=True, slots=True)
class Layer:
    """Features in the order they are drawn; `from_zoom` has one entry per feature."""

    name: str
    geometries: npt.NDArray[Any]
    properties: list[dict[str, Any]]
    from_zoom: npt.NDArray[np.int64]
    buffer: int
    """How far a tile reaches over its edge, in tile units, so that a line's cap does not show at the seam."""

    def at(self, zoom: int) -> npt.NDArray[np.intp]:
        return np.flatnonzero(self.from_zoom <= zoom)


def layers_of(extract: Extract) -> list[Layer]:
    """The layers of the map, ground first."""
    waters = [feature for feature in extract.lands if feature[0]["kind"] == "water"]
    waters += [({"kind": "sea", "name": ""}, area) for area in sea_areas(extract.coasts, extract.box)]
    lands = [feature for feature in extract.lands if feature[0]["kind"] != "water"]
    # Large areas first, so that the park in the suburb lies upon it.
    lands.sort(key=lambda feature: -float(shapely.area(feature[1])))
    numbers: list[Feature] = [({"number": p.number}, shapely.Point(p.lon, p.lat)) for p in extract.addresses]
    named = [(tags, shape) for tags, shape in lands if tags["name"]]
    # A name once, in the middle of its ground; upon the area itself every tile would repeat it.
    area_names: list[Feature] = [(tags, shapely.point_on_surface(shape)) for tags, shape in named]
    built = [
        _layer(
            "land",
            [({"kind": tags["kind"]}, shape) for tags, shape in lands],
            lambda _: 9,
            buffer=32,
            smallest_px=_SMALLEST_LAND_PX,
        ),
        _layer("water", waters, lambda _: 8, buffer=32, smallest_px=1.0),
        _layer("waterways", extract.waterways, lambda p: _WATERWAYS_FROM[p["kind"]], buffer=80),
        _layer("buildings", extract.buildings, lambda _: 13, buffer=32, smallest_px=_SMALLEST_BUILDING_PX),
        _layer("rails", extract.rails, lambda _: 11, buffer=80),
        _layer("roads", _joined(extract.roads), _road_from, buffer=80),
        _layer("house_numbers", numbers, lambda _: 14, buffer=0),
        _area_names(area_names, [shape for _, shape in named]),
        _layer("pois", extract.pois, lambda _: 14, buffer=0),
        _layer("places", extract.places, lambda p: _PLACES_FROM[p["kind"]], buffer=0),
    ]
    return [layer for layer in built if len(layer.geometries)]


def _area_names(names: list[Feature], areas: list[Any]) -> Layer:
    """Names of parks, schools and the like, each from the zoom on at which its ground has room for it."""
    layer = _layer("area_names", names, lambda _: 9, buffer=0)
    return replace(
        layer, from_zoom=_zoom_at_which(shapely.transform(np.array(areas, dtype=object), _mercator), _ROOM_FOR_NAME_PX)
    )


def _road_from(properties: dict[str, Any]) -> int:
    return _ROADS_FROM.get(properties["kind"], _NEVER) + (2 if properties.get("link") else 0)


def _joined(roads: list[Feature]) -> list[Feature]:
    """Roads of the same kind and name as few long lines: they draw faster, and a name finds room along them."""
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for tags, shape in roads:
        groups[tags["kind"], tags["name"], tags["ref"], tags["link"], tags["oneway"], tags["level"]].append(shape)
    joined: list[Feature] = []
    for (kind, name, ref, link, oneway, level), shapes in groups.items():
        merged = shapely.line_merge(shapely.multilinestrings(shapes), directed=oneway)
        properties = {"kind": kind, "name": name, "ref": ref, "link": link, "oneway": oneway, "level": level}
        filled = {key: value for key, value in properties.items() if value not in ("", False, 0)}
        joined += [(filled, line) for line in shapely.get_parts(merged)]
    # Bridges are drawn last and tunnels first; among equals the greater road lies on top.
    return sorted(joined, key=lambda f: (f[0].get("level", 0), -_ROADS_FROM.get(f[0]["kind"], _NEVER)))


def _layer(name: str, features: list[Feature], from_zoom: Any, *, buffer: int, smallest_px: float = 0.0) -> Layer:
    geometries = shapely.transform(np.array([shape for _, shape in features], dtype=object), _mercator)
    properties = [{k: v for k, v in tags.items() if v not in ("", False)} for tags, _ in features]
    zooms = np.array([from_zoom(tags) for tags, _ in features], dtype=np.int64)
    if smallest_px and len(features):
        zooms = np.maximum(zooms, _zoom_at_which(geometries, smallest_px))
    return Layer(name, geometries, properties, zooms, buffer)


def _zoom_at_which(areas: Any, side_px: float) -> npt.NDArray[np.int64]:
    """The first zoom at which each area is as large as a square of this side; the last one if none is."""
    sides = np.sqrt(np.maximum(shapely.area(areas), 1e-30)) * 256
    needed: npt.NDArray[np.int64] = np.ceil(np.log2(side_px / sides)).astype(np.int64)
    return np.minimum(needed, MAX_ZOOM)


def _mercator(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Longitude and latitude to the unit square of web mercator (EPSG:3857 scaled), y pointing south."""
    x = lonlat[:, 0] / 360 + 0.5
    sine = np.clip(np.sin(np.radians(lonlat[:, 1])), -0.9999, 0.9999)
    y = 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)
    return np.column_stack([x, y])
