"""Which places are served: polygons, the cells that find them fast, what is wrong with a polygon or setting. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from math import cos, radians
from typing import Any, Final

import h3  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPoint, Point, mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from homeward.coverage.jurisdictions import DECISION_S, least
from homeward.coverage.model import MarketSettings, NotServed, ParcelSize, Served, ServiceArea, ServiceClass
from homeward.kit.places import METRES_PER_DEGREE, Box, LatLon, great_circle_m
from homeward.kit.problems import FieldError

_FINEST: Final = 9
_COARSEST: Final = 4
RESOLUTIONS: Final = range(_COARSEST, _FINEST + 1)
"""H3 resolutions that areas are covered with; a place is looked up by its cell in each."""

# A village gets cells of 0.1 km², a county of 5 km²: enough to leave few areas to the exact test, and few rows.
_MOST_CELLS: Final = 3_000
_MOST_VERTICES: Final = 20_000
# Doors at the edge of a town lie outside the hull of the known ones.
_RIM_M: Final = 300.0


# ── places ──


@dataclass(frozen=True, slots=True)
class _Shape:
    area_id: str
    geometry: BaseGeometry


class AreaIndex:
    """The active areas of one market, ready to be asked many times."""

    def __init__(self, market_id: str, areas: Sequence[ServiceArea]) -> None:
        self._market_id = market_id
        self._shapes = [_Shape(area.id, shape(area.polygon)) for area in areas if area.active]
        for each in self._shapes:
            shapely.prepare(each.geometry)

    def find(self, place: LatLon) -> Served | NotServed:
        """The area that holds the place, its rim included; else how far the nearest one is."""
        for each in self._shapes:
            if shapely.intersects_xy(each.geometry, place.lon, place.lat):
                return Served(self._market_id, each.area_id)
        nearest_m = min((_distance_m(each.geometry, place) for each in self._shapes), default=None)
        return NotServed("outside_area", nearest_m, self._market_id)


def holds(polygon: dict[str, Any], place: LatLon) -> bool:
    """Whether a GeoJSON polygon holds the place, its rim included."""
    return bool(shapely.intersects_xy(shape(polygon), place.lon, place.lat))


def cells_of(polygon: dict[str, Any]) -> list[int]:
    """H3 cells that touch the polygon, all of one resolution: the finest that needs at most 3,000 of them."""
    outline = h3.geo_to_h3shape(polygon)
    for resolution in reversed(RESOLUTIONS):
        # Estimate first: covering a country with the finest cells would take minutes only to be thrown away.
        if _area_km2(shape(polygon)) / h3.average_hexagon_area(resolution, "km^2") > _MOST_CELLS / 2:
            continue
        cells = h3.h3shape_to_cells_experimental(outline, resolution, contain="overlap")
        if len(cells) <= _MOST_CELLS:
            return sorted(h3.str_to_int(cell) for cell in cells)
    coarsest = h3.h3shape_to_cells_experimental(outline, _COARSEST, contain="overlap")
    return sorted(h3.str_to_int(cell) for cell in coarsest)


def cells_at(place: LatLon) -> list[int]:
    """The cells that hold a place, one for each resolution that areas use."""
    return [h3.str_to_int(h3.latlng_to_cell(place.lat, place.lon, resolution)) for resolution in RESOLUTIONS]


def default_area(box: Box, addresses: Sequence[LatLon]) -> dict[str, Any]:
    """Where a new market serves until the operator draws it: around all known addresses, else the whole box."""
    if len(addresses) >= 3:
        hull = MultiPoint([(place.lon, place.lat) for place in addresses]).convex_hull
        if hull.geom_type == "Polygon":
            rim = hull.buffer(_RIM_M / METRES_PER_DEGREE, quad_segs=2)
            return _as_geojson(rim.intersection(shapely.box(box.west, box.south, box.east, box.north)))
    return _as_geojson(shapely.box(box.west, box.south, box.east, box.north))


# ── what is wrong ──


def check_polygon(body: object, pointer: str = "/polygon") -> list[FieldError]:
    """What is wrong with an area that somebody sent; empty if it can be used as it is."""
    if not isinstance(body, dict) or body.get("type") not in ("Polygon", "MultiPolygon"):
        return [FieldError(pointer, "not-a-polygon", "give a GeoJSON Polygon or MultiPolygon")]
    where = f"{pointer}/coordinates"
    polygons = body.get("coordinates") if body["type"] == "MultiPolygon" else [body.get("coordinates")]
    if not isinstance(polygons, list) or not polygons:
        return [FieldError(where, "no-coordinates", "give the rings of the polygon")]
    wrong = [error for polygon in polygons for error in _check_rings(polygon, where)]
    if wrong:
        return wrong[:20]
    geometry = shape(body)
    if shapely.count_coordinates(geometry) > _MOST_VERTICES:
        return [FieldError(where, "too-detailed", f"simplify the outline to at most {_MOST_VERTICES} points")]
    west, _, east, _ = geometry.bounds
    if east - west > 180:
        return [FieldError(where, "crosses-date-line", "split the area at the 180th meridian")]
    if not geometry.is_valid:
        return [FieldError(where, "not-valid", f"mend the outline: {shapely.is_valid_reason(geometry)}")]
    if geometry.area == 0:
        return [FieldError(where, "empty", "the area holds nothing")]
    return []


def check_settings(
    changes: Mapping[str, Any], pointer: str = "/settings", *, on: date | None = None
) -> list[FieldError]:
    """What is wrong with changed settings; unknown names are wrong too.

    With a day given, what the law of the market's jurisdiction asks on that day is asked too.
    """
    wrong: list[FieldError] = []
    known = {f.name for f in fields(MarketSettings)}
    for name, value in changes.items():
        message = _settings_fault(name, value) if name in known else "there is no such setting"
        if message:
            wrong.append(FieldError(f"{pointer}/{name}", "bad-setting" if name in known else "unknown", message))
    if wrong:
        return wrong
    settings = MarketSettings.from_json(changes)
    if settings.express_limit_s < settings.express_promise_s:
        wrong.append(FieldError(f"{pointer}/express_limit_s", "below-promise", "may not be below express_promise_s"))
    if settings.usable_confidence > settings.certain_confidence:
        wrong.append(FieldError(f"{pointer}/usable_confidence", "above-certain", "may not exceed certain_confidence"))
    if on is not None:
        wrong += _against_the_law(settings, pointer, on)
    return wrong


def _against_the_law(settings: MarketSettings, pointer: str, on: date) -> list[FieldError]:
    floor_s = least(settings.jurisdiction, DECISION_S, on)
    if settings.offer_decision_s >= floor_s:
        return []
    message = f"the law of {settings.jurisdiction} asks for at least {floor_s} seconds"
    return [FieldError(f"{pointer}/{DECISION_S}", "below-the-law", message)]


_JURISDICTION: Final = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")

# Least and most of each whole number; seconds unless the name says otherwise.
_LIMITS: Final = {
    "max_distance_m": (100, 500_000),
    "max_weight_g": (100, 1_000_000),
    "snap_limit_m": (10, 5_000),
    "horizon_s": (3_600, 60 * 86_400),
    "quote_valid_s": (60, 86_400),
    "checkout_s": (0, 1_800),
    "express_promise_s": (600, 14_400),
    "express_limit_s": (600, 14_400),
    "pickup_s": (0, 3_600),
    "door_s": (0, 3_600),
    "promise_share_pct": (50, 99),
    "buffer_s": (0, 7_200),
    "buffer_per_mille": (0, 2_000),
    "default_wait_s": (0, 14_400),
    "no_courier_wait_s": (0, 14_400),
    "supply_fresh_s": (10, 86_400),
    "max_hold_s": (0, 14_400),
    "window_closes_s": (0, 7 * 86_400),
    "windows_per_length": (1, 12),
    "planner_every_s": (1, 600),
    "offer_decision_s": (5, 900),
    "lost_contact_s": (30, 7_200),
    "search_ahead_s": (0, 86_400),
    "no_courier_after_s": (60, 86_400),
    "pay_base_minor": (0, 1_000_000),
    "pay_per_km_minor": (0, 1_000_000),
    "pay_per_minute_minor": (0, 1_000_000),
    "pay_extra_stop_minor": (0, 1_000_000),
    "pay_floor_minor": (0, 1_000_000),
}


def _settings_fault(name: str, value: object) -> str | None:
    if name in _LIMITS:
        least, most = _LIMITS[name]
        right = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return None if right else f"give a whole number from {least} to {most}"
    if name.endswith("_confidence"):
        right = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
        return None if right else "give a number from 0 to 1"
    if name == "jurisdiction":
        right = isinstance(value, str) and (not value or _JURISDICTION.fullmatch(value) is not None)
        return None if right else "give an ISO 3166 code such as US or US-CO, or nothing"
    if name == "dispatch_policy":
        return None if isinstance(value, Mapping) else "give sections of names and values; see `homeward policy show`"
    if name == "max_size":
        return None if value in list(ParcelSize) else f"give one of {', '.join(ParcelSize)}"
    if not isinstance(value, list | tuple) or len(set(map(str, value))) != len(value):
        return "give a list without repeats"
    if name == "service_classes":
        right = bool(value) and all(each in list(ServiceClass) for each in value)
        return None if right else f"give at least one of {', '.join(ServiceClass)}"
    if name == "window_lengths_s":
        right = bool(value) and all(type(each) is int and 1_800 <= each <= 43_200 for each in value)
        return None if right else "give at least one length from 1800 to 43200"
    right = all(isinstance(each, str) and 0 < len(each) <= 40 for each in value)
    return None if right else "give names of 1 to 40 characters"


def _check_rings(polygon: object, where: str) -> list[FieldError]:
    if not isinstance(polygon, list) or not polygon:
        return [FieldError(where, "no-ring", "a polygon needs an outer ring")]
    for ring in polygon:
        if not isinstance(ring, list) or len(ring) < 4 or ring[0] != ring[-1]:
            return [FieldError(where, "ring-not-closed", "a ring has at least 4 points, the last equal to the first")]
        for point in ring:
            if not _is_point(point):
                return [FieldError(where, "no-place", f"[lon, lat] in degrees, longitude first; not {point!r:.60}")]
    return []


def _is_point(point: object) -> bool:
    if not isinstance(point, list) or len(point) < 2:
        return False
    lon, lat = point[:2]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in (lon, lat)):
        return False
    return bool(abs(lon) <= 180 and abs(lat) <= 90)  # also false for NaN


# ── on the ground ──


def _distance_m(geometry: BaseGeometry, place: LatLon) -> int:
    """Metres to the nearest rim, with degrees of longitude shrunk as they are on the ground."""
    shrink = cos(radians(place.lat))

    def to_ground(coordinates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.multiply(coordinates, [shrink, 1.0])

    ground = shapely.transform(geometry, to_ground)
    on_rim, _ = nearest_points(ground, Point(place.lon * shrink, place.lat))
    return round(great_circle_m(place, LatLon(on_rim.y, on_rim.x / shrink)))


def _area_km2(geometry: BaseGeometry) -> float:
    _, south, _, north = geometry.bounds
    side_km = METRES_PER_DEGREE / 1000
    return float(geometry.area) * side_km * side_km * cos(radians((south + north) / 2))


def _as_geojson(geometry: BaseGeometry) -> dict[str, Any]:
    body = mapping(geometry)
    # shapely gives tuples; JSON and our checks know lists.
    return {"type": body["type"], "coordinates": _lists(body["coordinates"])}


def _lists(value: Any) -> Any:
    return [_lists(item) for item in value] if isinstance(value, tuple | list) else value
