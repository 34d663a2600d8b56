"""Draws the streets between the bones: the core's grid, winding suburbs, hamlets, paths. Pure."""

from itertools import pairwise
from typing import Any

import numpy as np
import shapely

from homeward.simulator.town import skeleton
from homeward.simulator.town.geometry import blob, curve, line, polygons, turned
from homeward.simulator.town.model import LotStyle, Point, Points, Road
from homeward.simulator.town.names import COURT_ENDINGS, RURAL_ENDINGS, SUBURB_ENDINGS, TOWN_ENDINGS, StreetNames

_HALF_COLUMNS, _HALF_ROWS = skeleton.CORE_COLUMNS // 2, skeleton.CORE_ROWS // 2
# Corners of the core's park and of its market square, as (column, row).
PARK = ((-4, 1), (-2, 3))
SQUARE = ((0, -1), (1, 0))
_KEEP_OFF_M = 34.0
"""A suburb's street that runs beside a main road nearer than this would be the same street twice."""


def core_streets(rng: np.random.Generator, names: StreetNames) -> list[Road]:
    """The grid. Every other street is one way; the park and the market square interrupt it."""
    roads: list[Road] = []
    for column in range(-_HALF_COLUMNS, _HALF_COLUMNS + 1):
        main = column in (-1, 0, -_HALF_COLUMNS, _HALF_COLUMNS)
        name = "Main Street" if column == 0 else names.draw(TOWN_ENDINGS)
        flow = "forward" if column % 2 else "backward"
        roads += _grid_street(name, main, flow, [(column, row) for row in range(-_HALF_ROWS, _HALF_ROWS + 1)])
    for row in range(-_HALF_ROWS, _HALF_ROWS + 1):
        main = row in (0, 2, -2, -_HALF_ROWS, _HALF_ROWS)
        name = "Market Street" if row == 0 else names.draw(TOWN_ENDINGS)
        flow = "forward" if row % 2 else "backward"
        cells = [(column, row) for column in range(-_HALF_COLUMNS, _HALF_COLUMNS + 1)]
        roads += _grid_street(name, main, flow, cells)
    return roads


def _grid_street(name: str, main: bool, flow: str, crossings: list[tuple[int, int]]) -> list[Road]:
    """One line of the grid, in pieces where it is interrupted; a piece beyond keeps the name and counts on."""
    kind = "secondary" if name == "Main Street" else "tertiary" if main else "residential"
    tags = {"maxspeed": "25 mph"}
    if not main:
        tags["oneway"] = "yes"
    pieces: list[tuple[str, list[tuple[int, int]]]] = []
    for a, b in pairwise(crossings):
        piece_kind = _piece_kind(name, kind, a, b)
        if piece_kind is None:
            continue
        if pieces and pieces[-1][0] == piece_kind and pieces[-1][1][-1] == a:
            pieces[-1][1].append(b)
        else:
            pieces.append((piece_kind, [a, b]))
    if flow == "backward":
        pieces = [(k, cells[::-1]) for k, cells in reversed(pieces)]
    roads = []
    for piece_kind, cells in pieces:
        points = np.vstack([line(skeleton.core_point(*a), skeleton.core_point(*b), 50) for a, b in pairwise(cells)])
        piece_tags = dict(tags) if piece_kind != "pedestrian" else {}
        roads.append(Road(name, piece_kind, _without_repeats(points), piece_tags, lots=skeleton.CORE_LOTS))
    return roads


def _piece_kind(name: str, kind: str, a: tuple[int, int], b: tuple[int, int]) -> str | None:
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    if all(low < m < high for m, low, high in zip(middle, *PARK, strict=True)):
        return None
    # The heart of the town belongs to those on foot.
    if name == "Market Street" and 0 < middle[0] < 3:
        return "pedestrian"
    return kind


def _without_repeats(points: Points) -> Points:
    keep = np.ones(len(points), dtype=bool)
    keep[1:] = np.any(np.abs(np.diff(points, axis=0)) > 1e-6, axis=1)
    kept: Points = points[keep]
    return kept


def suburb_streets(rng: np.random.Generator, names: StreetNames, main: list[Road], no_go: Any) -> list[Road]:
    """All suburbs: long winding streets, cross streets between them, and short courts."""
    roads: list[Road] = []
    beside = shapely.union_all([shapely.LineString(r.points) for r in main]).buffer(_KEEP_OFF_M)
    for at, radii, turn, steps in skeleton.SUBURBS:
        region = blob(rng, (0, 0), 1.0, 0.12)
        region = shapely.affinity.scale(region, *radii, origin=(0, 0))
        region = shapely.affinity.translate(region, *at).difference(no_go)
        drawn = _warped_grid(rng, names, at, radii, turn, steps, region)
        roads += [piece for road in drawn for piece in _off_main_roads(road, beside, names)]
    return roads


def _warped_grid(
    rng: np.random.Generator, names: StreetNames, at: Point, radii: Point, turn: float, steps: Point, region: Any
) -> list[Road]:
    """A grid seen through moving water: straight where nobody looks, winding where people live."""
    reach = max(radii) * 1.15
    bends = rng.uniform(0, 6.28, 6)

    def warp(uv: Points) -> Points:
        u, v = uv[:, 0], uv[:, 1]
        x = u + 42 * np.sin(v / 190 + bends[0]) + 16 * np.sin(v / 71 + u / 300 + bends[1])
        y = v + 46 * np.sin(u / 230 + bends[2]) + 14 * np.sin(u / 83 + v / 270 + bends[3])
        return turned(np.column_stack([x, y]), turn) + at

    roads: list[Road] = []
    long_at = np.arange(-reach, reach, steps[0]) + rng.uniform(-14, 14, len(np.arange(-reach, reach, steps[0])))
    along = np.arange(-reach, reach, 18.0)
    for k, v in enumerate(long_at):
        inside = _inside(warp(np.column_stack([along, np.full_like(along, v)])), region)
        roads += [_suburb_road(names.draw(SUBURB_ENDINGS), piece, collector=k % 4 == 1) for piece in inside]
    for k, u in enumerate(np.arange(-reach, reach, steps[1])):
        runs: list[list[Point]] = []
        for low, high in pairwise(long_at):
            # Cross streets are broken off here and there, and shifted, so that traffic cannot rush through.
            if rng.random() < (0.1 if k % 3 == 0 else 0.42):
                runs.append([])
                continue
            if not runs or not runs[-1]:
                runs.append([(float(u + rng.uniform(-38, 38)), float(low))])
            runs[-1].append((runs[-1][0][0], float(high)))
        for run in filter(None, runs):
            path = np.column_stack([np.full(200, run[0][0]), np.linspace(run[0][1], run[-1][1], 200)])
            inside = _inside(warp(path[:: max(1, 200 * 18 // int(run[-1][1] - run[0][1] + 18))]), region)
            roads += [_suburb_road(names.draw(SUBURB_ENDINGS), piece, collector=False) for piece in inside]
    return roads


def _suburb_road(name: str, points: Points, *, collector: bool) -> Road:
    kind, speed = ("tertiary", "30 mph") if collector else ("residential", "25 mph")
    return Road(name, kind, points, {"maxspeed": speed}, lots=skeleton.HOUSE_LOTS)


def _inside(points: Points, region: Any, shortest_m: float = 95.0) -> list[Points]:
    """The stretches of a line inside a region that are worth a name."""
    clipped = shapely.get_parts(shapely.line_merge(shapely.LineString(points).intersection(region)))
    return [shapely.get_coordinates(p) for p in clipped if p.geom_type == "LineString" and p.length >= shortest_m]


def _off_main_roads(road: Road, beside: Any, names: StreetNames) -> list[Road]:
    """A street that only crosses a main road stays; where it runs along one it gives way."""
    path = shapely.LineString(road.points)
    shared = [p for p in shapely.get_parts(path.intersection(beside)) if p.length > 3.6 * _KEEP_OFF_M]
    if not shared:
        return [road]
    left = path.difference(shapely.union_all(shared))
    pieces = [p for p in shapely.get_parts(left) if p.geom_type == "LineString" and p.length > 70]
    ways = [shapely.get_coordinates(p) for p in pieces]
    named = [road.name] + [names.draw(SUBURB_ENDINGS) for _ in ways[1:]]
    return [Road(n, road.kind, w, dict(road.tags), lots=road.lots) for n, w in zip(named, ways, strict=False)]


def courts(rng: np.random.Generator, names: StreetNames, streets: list[Road], taken: Any, count: int) -> list[Road]:
    """Dead ends with a turning circle, where there is room for one."""
    drawn: list[Road] = []
    dug: list[Any] = []
    for _ in range(count * 6):
        if len(drawn) == count:
            break
        road = streets[int(rng.integers(len(streets)))]
        if len(road.points) < 6:
            continue
        i = int(rng.integers(2, len(road.points) - 2))
        ahead = road.points[i + 1] - road.points[i - 1]
        side = np.array([-ahead[1], ahead[0]]) / np.hypot(*ahead) * rng.choice([-1.0, 1.0])
        length = rng.uniform(42, 62)
        end = road.points[i] + side * length
        room = shapely.LineString([road.points[i] + side * 24, end + side * 12])
        if len(taken.query(room, predicate="dwithin", distance=21)) or any(room.distance(d) < 21 for d in dug):
            continue
        court = Road(names.draw(COURT_ENDINGS), "residential", line(road.points[i], end, 20), {"maxspeed": "15 mph"},
                     lots=skeleton.HOUSE_LOTS)  # fmt: skip
        drawn.append(court)
        dug.append(shapely.LineString(court.points))
    return drawn


def hamlet_streets(rng: np.random.Generator, names: StreetNames) -> list[Road]:
    """A few lanes around each hamlet's crossroads."""
    roads = []
    for hamlet in skeleton.HAMLETS:
        lanes = 5 if hamlet.place == "village" else 3
        first = rng.uniform(0, 360)
        for k in range(lanes):
            angle = np.radians(first + 360 / lanes * k + rng.uniform(-18, 18))
            length = rng.uniform(240, 430) if hamlet.place == "village" else rng.uniform(160, 290)
            ahead = np.array([np.cos(angle), np.sin(angle)])
            across = np.array([-ahead[1], ahead[0]])
            bend = rng.uniform(-55, 55)
            at = np.array(hamlet.at)
            points = [at, at + ahead * length * 0.5 + across * bend, at + ahead * length]
            path = curve([(float(p[0]), float(p[1])) for p in points])
            roads.append(_village_road(names.draw(("Lane", "Street", "Row")), path, skeleton.VILLAGE_LOTS))
    return roads


def _village_road(name: str, points: Points, lots: LotStyle) -> Road:
    return Road(name, "residential", points, {"maxspeed": "25 mph"}, lots=lots)


def farm_lanes(rng: np.random.Generator, names: StreetNames, main: list[Road], no_go: Any, count: int) -> list[Road]:
    """Long lanes that leave the country roads and end at a farm."""
    country = [r for r in main if r.kind in ("secondary", "tertiary", "primary")]
    lanes: list[Road] = []
    for _ in range(count * 20):
        if len(lanes) == count:
            break
        road = country[int(rng.integers(len(country)))]
        i = int(rng.integers(2, len(road.points) - 2))
        start = road.points[i]
        if np.hypot(*start) < 2_900 or max(abs(start[0]) / 7_000, abs(start[1]) / 5_000) > 1:
            continue
        ahead = road.points[i + 1] - road.points[i - 1]
        side = np.array([-ahead[1], ahead[0]]) / np.hypot(*ahead) * rng.choice([-1.0, 1.0])
        length, bend = rng.uniform(380, 950), rng.uniform(-90, 90)
        turn = ahead / np.hypot(*ahead)
        points = [start, start + side * length * 0.5 + turn * bend, start + side * length]
        path = curve([(float(p[0]), float(p[1])) for p in points])
        others = shapely.union_all([shapely.LineString(r.points) for r in (*main, *lanes)])
        if shapely.LineString(path[3:]).distance(others) < 70 or shapely.LineString(path).intersects(no_go):
            continue
        lanes.append(Road(names.draw(RURAL_ENDINGS), "unclassified", path, {"maxspeed": "35 mph"},
                          lots=skeleton.RURAL_LOTS))  # fmt: skip
    return lanes


def industry_streets() -> list[Road]:
    """Service roads of the industrial park, off Foundry Road."""
    roads = []
    for k, u in enumerate((-190, 30, 240)):
        path = turned(np.array([[u, -250.0], [u, 300.0]]), 28.0) + skeleton.INDUSTRY[0]
        name = ("Foundry Row", "Crucible Way", "Anvil Way")[k]
        roads.append(Road(name, "unclassified", line(path[0], path[1]), {"maxspeed": "20 mph"},
                          lots=skeleton.INDUSTRY_LOTS))  # fmt: skip
    across = turned(np.array([[-190.0, 170.0], [240.0, 170.0]]), 28.0) + skeleton.INDUSTRY[0]
    roads.append(Road("", "service", line(across[0], across[1])))
    return roads


def paths(rng: np.random.Generator, parks: list[Any], river: Any) -> list[Road]:
    """Ways for feet and bicycles: along both banks, over the footbridge, and through the parks."""
    middle = shapely.LineString(curve(skeleton.RIVER, 40))
    roads = []
    for side, kind in ((82, "cycleway"), (-82, "footway")):
        beside = middle.offset_curve(side).intersection(shapely.box(-2_650, -2_000, 2_650, 2_000))
        for piece in polylines(beside):
            tags = {"foot": "designated", "bicycle": "designated"} if kind == "cycleway" else {}
            roads.append(Road("Lark Walk" if kind == "footway" else "Riverside Way", kind, piece, tags))
    roads.append(Road("Miller's Footbridge", "footway", line((560, -340), (480, -1095), 30), {"bicycle": "yes"}))
    for park in parks:
        at, radius = park.centroid, (park.area / np.pi) ** 0.5
        first = rng.uniform(0, np.pi)
        for k in range(3):
            angle = first + k * np.pi / 3
            ahead = np.array([np.cos(angle), np.sin(angle)]) * radius * 1.6
            aside = np.array([-ahead[1], ahead[0]]) * rng.uniform(-0.16, 0.16)
            ends = [
                (at.x - ahead[0], at.y - ahead[1]),
                (at.x + aside[0], at.y + aside[1]),
                (at.x + ahead[0], at.y + ahead[1]),
            ]
            inside = shapely.LineString(curve(ends, 20)).intersection(park.buffer(12))
            roads += [Road("", "footway", piece) for piece in polylines(inside) if len(piece) > 2]
    return roads


def polylines(shape: Any) -> list[Points]:
    return [shapely.get_coordinates(p) for p in shapely.get_parts(shape) if p.geom_type == "LineString"]


def core_area(low: Point, high: Point, inset_m: float) -> Any:
    """The ground between two crossings of the core, without the streets around it."""
    corners = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])]
    return polygons(
        shapely.Polygon([skeleton.core_point(*c) for c in corners]).buffer(-inset_m, join_style="mitre"), 1.0
    )[0]
