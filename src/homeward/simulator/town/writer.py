"""Writes a drawn town as an OpenStreetMap file that any tool for such files can read."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from osmium.osm import mutable

from homeward.kit.places import Box
from homeward.simulator.town import skeleton
from homeward.simulator.town.drawing import Drawing, draw_town
from homeward.simulator.town.geometry import curve
from homeward.simulator.town.joining import rounded
from homeward.simulator.town.model import TOWN_NAME, TOWN_TIME_ZONE, Point, Road, TownSummary, to_place

Tags = dict[str, str]


def write_town(path: Path, seed: int = 1) -> TownSummary:
    """Draw the town of a seed and write it to `path` (.osm.pbf, .osm or .osm.gz); the same seed, the same bytes."""
    drawing = draw_town(seed)
    sheet = _Sheet()
    _write_roads(sheet, drawing)
    for area in (*drawing.areas, *drawing.halls):
        sheet.area(area.shape, area.tags)
    river = sheet.way(
        [rounded(p) for p in curve(skeleton.RIVER, 60)], {"waterway": "river", "name": skeleton.RIVER_NAME}
    )
    assert river
    _write_doors(sheet, drawing)
    for district in skeleton.DISTRICTS:
        sheet.point(rounded(district.at), {"place": district.place, "name": district.name})
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        # A reader must never find half a town.
        half = Path(scratch) / path.name
        sheet.write(half)
        half.replace(path)
    box = _box(drawing.roads)
    streets = {road.name for road in drawing.roads if road.name and road.driven}
    return TownSummary(
        TOWN_NAME, TOWN_TIME_ZONE, seed, box, to_place((0.0, 0.0)), sheet.node_count, sheet.way_count, len(streets),
        len(drawing.buildings), tuple(drawing.shops),
    )  # fmt: skip


def _box(roads: list[Road]) -> Box:
    points = np.vstack([road.points for road in roads])
    low, high = to_place(rounded(points.min(axis=0))), to_place(rounded(points.max(axis=0)))
    return Box(low.lat, low.lon, high.lat, high.lon)


class _Sheet:
    """Collects nodes, ways and relations; a point used twice is one node."""

    def __init__(self) -> None:
        self._nodes: dict[Point, int] = {}
        self._node_tags: dict[int, Tags] = {}
        self._ways: list[tuple[list[int], Tags]] = []
        self._relations: list[tuple[list[tuple[str, int, str]], Tags]] = []
        self._extra: list[tuple[Point, Tags]] = []

    @property
    def node_count(self) -> int:
        return len(self._nodes) + len(self._extra)

    @property
    def way_count(self) -> int:
        return len(self._ways)

    def node(self, point: Point) -> int:
        return self._nodes.setdefault(point, len(self._nodes) + 1)

    def tag(self, point: Point, tags: Tags) -> None:
        self._node_tags.setdefault(self.node(point), {}).update(tags)

    def point(self, point: Point, tags: Tags) -> None:
        """A thing of its own at a place, never part of a way."""
        self._extra.append((point, tags))

    def way(self, points: Iterable[Point], tags: Tags) -> int:
        self._ways.append(([self.node(point) for point in points], tags))
        return len(self._ways)

    def area(self, polygon: Any, tags: Tags) -> None:
        rings = [_ring(polygon.exterior), *(_ring(hole) for hole in polygon.interiors)]
        rings = [ring for ring in rings if len(ring) >= 4]
        if len(rings) == 1:
            self.way(rings[0], tags)
        elif rings:
            roles = ["outer", *["inner"] * (len(rings) - 1)]
            members = [("w", self.way(ring, {}), role) for ring, role in zip(rings, roles, strict=True)]
            self.relation(members, {"type": "multipolygon", **tags})

    def relation(self, members: list[tuple[str, int, str]], tags: Tags) -> None:
        self._relations.append((members, tags))

    def write(self, path: Path) -> None:
        writer = osmium.SimpleWriter(str(path), overwrite=True)
        try:
            for number, (point, tags) in enumerate(self._all_nodes(), start=1):
                place = to_place(point)
                writer.add_node(mutable.Node(id=number, location=(place.lon, place.lat), tags=tags, version=1))
            for number, (nodes, tags) in enumerate(self._ways, start=1):
                writer.add_way(mutable.Way(id=number, nodes=nodes, tags=tags, version=1))
            for number, (members, tags) in enumerate(self._relations, start=1):
                writer.add_relation(mutable.Relation(id=number, members=members, tags=tags, version=1))
        finally:
            writer.close()

    def _all_nodes(self) -> Iterator[tuple[Point, Tags]]:
        for point, number in self._nodes.items():
            yield point, self._node_tags.get(number, {})
        yield from self._extra


def _ring(ring: Any) -> list[Point]:
    points = [rounded(c) for c in shapely.get_coordinates(ring)]
    kept = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
    return kept if kept[0] == kept[-1] else [*kept, kept[0]]


def _write_roads(sheet: _Sheet, drawing: Drawing) -> None:
    bans = set(drawing.turn_bans)
    arms: dict[Point, list[tuple[int, bool, Point]]] = {}
    ends = Counter(rounded(p) for road in drawing.roads if road.driven for p in (road.points[0], road.points[-1]))
    for road in drawing.roads:
        for points, tags in _pieces(road, bans):
            way = sheet.way(points, tags)
            for at, inner, starts in ((points[0], points[1], True), (points[-1], points[-2], False)):
                if at in bans:
                    arms.setdefault(at, []).append((way, starts, inner))
        last = rounded(road.points[-1])
        if road.lots is skeleton.HOUSE_LOTS and ends[last] == 1 and last not in road.crossings:
            sheet.tag(last, {"highway": "turning_circle"})
    for point in sorted(drawing.signals):
        sheet.tag(point, {"highway": "traffic_signals"})
    for point, meeting in sorted(arms.items()):
        _ban_left_turn(sheet, point, meeting)


def _pieces(road: Road, bans: set[Point]) -> Iterator[tuple[list[Point], Tags]]:
    """The road as ways: cut where a bridge begins or ends, and at crossings with a turn ban."""
    points = [rounded(p) for p in road.points]
    points = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
    line = shapely.LineString(points)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(np.array(points), axis=0).T))])
    tags = {"highway": road.kind, **({"name": road.name} if road.name else {}), **road.tags}

    def extra(i: int) -> tuple[tuple[str, str], ...]:
        middle = (along[i] + along[i + 1]) / 2
        return next((tuple(s.tags.items()) for s in road.spans if s.start_m <= middle <= s.end_m), ())

    assert line.length > 0, road.name
    start = 0
    for i in range(1, len(points)):
        if i == len(points) - 1 or points[i] in bans or extra(i) != extra(i - 1):
            yield points[start : i + 1], {**tags, **dict(extra(i - 1))}
            start = i


def _ban_left_turn(sheet: _Sheet, via: Point, arms: list[tuple[int, bool, Point]]) -> None:
    """From the first arm into the one on its left."""
    from_way, _, inner = arms[0]
    came = np.array(via) - inner
    lefts = []
    for way, _, out in arms[1:]:
        goes = np.array(out) - via
        turn = float(np.degrees(np.arctan2(came[0] * goes[1] - came[1] * goes[0], came @ goes)))
        if 45 < turn < 135:
            lefts.append((turn, way))
    if lefts:
        members = [("w", from_way, "from"), ("n", sheet.node(via), "via"), ("w", lefts[0][1], "to")]
        sheet.relation(members, {"type": "restriction", "restriction": "no_left_turn"})


def _write_doors(sheet: _Sheet, drawing: Drawing) -> None:
    for building in drawing.buildings:
        tags = {
            "building": building.kind, "addr:housenumber": building.number, "addr:street": building.street,
            "addr:city": building.city, "addr:postcode": building.postcode,
        }  # fmt: skip
        sheet.area(building.shape, tags)
    doors = {(b.street, b.number): b for b in drawing.buildings}
    for shop, own in zip(drawing.shops, drawing.shop_tags, strict=True):
        address = {
            "addr:housenumber": shop.number, "addr:street": shop.street, "addr:city": shop.city,
            "addr:postcode": shop.postcode,
        }  # fmt: skip
        sheet.point(rounded(doors[shop.street, shop.number].at), {**own, **address})
