"""Makes one network of drawn lines: ends meet streets, crossings are shared, bridges are not. Pure."""

from collections import defaultdict
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely

from homeward.simulator.town import skeleton
from homeward.simulator.town.geometry import curve
from homeward.simulator.town.model import Point, Points, Road, Span

_JOIN_END_M: Final = 62.0
"""An end this near to another street is led on to it; one farther off stays a dead end."""
_SAME_POINT_M: Final = 3.0
_SHORTEST_STUB_M: Final = 60.0


def rounded(point: Any) -> Point:
    """To the centimetre: what is equal after this is one node of the map."""
    return round(float(point[0]), 2), round(float(point[1]), 2)


def join(roads: list[Road]) -> list[Road]:
    """Lead loose ends on, cut off stubs, and give roads that cross a point in common."""
    shared: dict[int, set[Point]] = defaultdict(set)
    _lead_ends_on(roads, shared)
    _find_crossings(roads, shared)
    for index, road in enumerate(roads):
        road.points = _with_points(road.points, sorted(shared[index]))
        road.crossings = shared[index]
    for road in roads:
        if not road.apart:
            road.points = _without_stubs(road)
    return [road for road in roads if len(road.points) >= 2]


def _lead_ends_on(roads: list[Road], shared: dict[int, set[Point]]) -> None:
    lines = [shapely.LineString(road.points) for road in roads]
    ground = [i for i, road in enumerate(roads) if not road.apart]
    tree = shapely.STRtree([lines[i] for i in ground])
    for index in ground:
        road = roads[index]
        for at in (0, -1):
            end = shapely.Point(road.points[at])
            near = [ground[j] for j in tree.query(end, predicate="dwithin", distance=_JOIN_END_M) if ground[j] != index]
            near = [j for j in near if roads[j].driven or not road.driven]
            if not near:
                continue
            nearest = min(near, key=lambda j: (lines[j].distance(end), j))
            meeting = lines[nearest].interpolate(lines[nearest].project(end))
            point = rounded((meeting.x, meeting.y))
            if end.distance(meeting) > 0.5:
                road.points = np.vstack([[point], road.points] if at == 0 else [road.points, [point]])
            else:
                road.points[at] = point
            shared[index].add(point)
            shared[nearest].add(point)


def _find_crossings(roads: list[Road], shared: dict[int, set[Point]]) -> None:
    ground = [i for i, road in enumerate(roads) if not road.apart]
    lines = [shapely.LineString(roads[i].points) for i in ground]
    a_side, b_side = shapely.STRtree(lines).query(lines, predicate="intersects")
    for a, b in zip(a_side.tolist(), b_side.tolist(), strict=True):
        if a >= b:
            continue
        meeting = lines[a].intersection(lines[b])
        for x, y in shapely.get_coordinates(meeting):
            point = _known(rounded((x, y)), shared[ground[a]], shared[ground[b]])
            shared[ground[a]].add(point)
            shared[ground[b]].add(point)


def _known(point: Point, *sets: set[Point]) -> Point:
    """A point of the sets that is the same place for all we care, else the point itself."""
    for points in sets:
        for other in points:
            if abs(other[0] - point[0]) < _SAME_POINT_M and abs(other[1] - point[1]) < _SAME_POINT_M:
                return other
    return point


def _with_points(points: Points, wanted: list[Point]) -> Points:
    """The line led through the wanted points, which lie on it (give or take); close old points give way."""
    if not wanted:
        return np.array([rounded(p) for p in points])
    line = shapely.LineString(points)
    along = np.asarray(shapely.line_locate_point(line, shapely.points(np.array(points))))
    if np.hypot(*(points[0] - points[-1])) < 0.01:
        along[-1] = line.length  # a ring's end lies at its beginning, but comes last
    new_along = np.asarray(shapely.line_locate_point(line, shapely.points(np.array(wanted))))
    rows = [(float(d), 1, rounded(p)) for d, p in zip(along, points, strict=True)]
    rows = [r for i, r in enumerate(rows) if i in (0, len(rows) - 1) or np.abs(new_along - r[0]).min() > _SAME_POINT_M]
    rows += [(float(d), 0, p) for d, p in zip(new_along, wanted, strict=True)]
    ordered = [p for _, _, p in sorted(rows)]
    kept = [p for i, p in enumerate(ordered) if i == 0 or p != ordered[i - 1]]
    return np.array(kept)


def _without_stubs(road: Road) -> Points:
    """Cut an overshoot behind the first or last crossing; it would look like a misprint."""
    points = road.points
    for _ in range(2):
        crossing = [i for i, p in enumerate(points) if rounded(p) in road.crossings]
        if crossing and 0 < crossing[-1] < len(points) - 1:
            tail = shapely.LineString(points[crossing[-1] :]).length
            if tail < _SHORTEST_STUB_M:
                points = points[: crossing[-1] + 1]
        points = points[::-1]
    return points


def add_bridges(roads: list[Road], river: Any) -> None:
    """Mark where roads and paths pass over the river and over the motorway."""
    water = river.buffer(9)
    motorway = shapely.LineString(curve(skeleton.MOTORWAY, 60)).buffer(34, cap_style="flat")
    for road in roads:
        if road.apart or road.kind == "trunk":
            continue
        line = shapely.LineString(road.points)
        for below in (water, motorway):
            for part in shapely.get_parts(line.intersection(below)):
                if part.length < 12 or part.geom_type != "LineString":
                    continue
                ends = sorted(line.project(shapely.Point(c)) for c in (part.coords[0], part.coords[-1]))
                road.spans.append(Span(*_outside_crossings(road, line, *ends), {"bridge": "yes", "layer": "1"}))
        cuts = [line.interpolate(d) for span in road.spans for d in (span.start_m, span.end_m)]
        if cuts:
            road.points = _with_points(road.points, [*sorted(road.crossings), *(rounded((c.x, c.y)) for c in cuts)])


def _outside_crossings(road: Road, line: Any, start: float, end: float) -> tuple[float, float]:
    """A bridge ends before the next crossing, so that a path on the bank does not meet it in the air."""
    for point in road.crossings:
        at = line.project(shapely.Point(point))
        if start - 6 < at < (start + end) / 2:
            start = at + 6
        elif (start + end) / 2 <= at < end + 6:
            end = at - 6
    return start, end


def ramps(roads: list[Road]) -> list[Road]:
    """On and off the motorway wherever a junction is drawn: four ramps each, as a diamond."""
    carriageways = [road for road in roads if road.kind == "motorway"]
    drawn = []
    for name, near in skeleton.JUNCTIONS:
        over = next(road for road in roads if road.name == name)
        for carriageway in carriageways:
            drawn += _two_ramps(carriageway, over, near)
    return drawn


def _two_ramps(carriageway: Road, over: Road, near: Point) -> list[Road]:
    fast, slow = shapely.LineString(carriageway.points), shapely.LineString(over.points)
    crossing = min(shapely.get_parts(fast.intersection(slow)), key=lambda p: p.distance(shapely.Point(near)))
    at, across = fast.project(crossing), slow.project(crossing)
    ahead = _direction(fast, at)
    right = np.array([ahead[1], -ahead[0]])
    # The ramps meet the other road on the right-hand side of this carriageway.
    sideways = 1 if float(_direction(slow, across) @ right) > 0 else -1
    foot = slow.interpolate(across + sideways * 78)
    meeting = rounded((foot.x, foot.y))
    over.points = _with_points(over.points, [*sorted(over.crossings), meeting])
    over.crossings.add(meeting)
    drawn = []
    for direction in (-1, 1):
        leave = fast.interpolate(at + direction * 400)
        point = rounded((leave.x, leave.y))
        carriageway.points = _with_points(carriageway.points, [*sorted(carriageway.crossings), point])
        carriageway.crossings.add(point)
        beside = np.array(point) - direction * _direction(fast, at + direction * 400) * 190 + right * 26
        path = curve([point, (float(beside[0]), float(beside[1])), meeting], 30)
        path[0], path[-1] = point, meeting
        if direction > 0:
            path = path[::-1]
        tags = {"oneway": "yes", "maxspeed": "35 mph"}
        drawn.append(Road("", "motorway_link", path, tags, apart=True, crossings={point, meeting}))
    return drawn


def _direction(line: Any, at: float) -> Any:
    a, b = line.interpolate(max(0.0, at - 8)), line.interpolate(at + 8)
    ahead = np.array([b.x - a.x, b.y - a.y])
    return ahead / np.hypot(*ahead)


def connected(roads: list[Road]) -> list[Road]:
    """Only what a car can reach from the town hall and come back from; paths stay as they are."""
    onward: dict[Point, list[Point]] = defaultdict(list)
    back: dict[Point, list[Point]] = defaultdict(list)
    for road in roads:
        if road.driven:
            path = [rounded(p) for p in road.points]
            for a, b in pairwise(path):
                for start, end in [(a, b)] if road.oneway else [(a, b), (b, a)]:
                    onward[start].append(end)
                    back[end].append(start)
    start = rounded(skeleton.core_point(0, 1))
    reached = _reach(start, onward) & _reach(start, back)
    return [piece for road in roads for piece in (_pieces(road, reached) if road.driven else [road])]


def _reach(start: Point, ways: dict[Point, list[Point]]) -> set[Point]:
    seen, open_ends = {start}, [start]
    while open_ends:
        for point in ways[open_ends.pop()]:
            if point not in seen:
                seen.add(point)
                open_ends.append(point)
    return seen


def _pieces(road: Road, reached: set[Point]) -> list[Road]:
    inside = [rounded(p) in reached for p in road.points]
    if all(inside):
        return [road]
    runs: list[list[int]] = []
    for i, good in enumerate(inside):
        if good:
            if runs and runs[-1][-1] == i - 1:
                runs[-1].append(i)
            else:
                runs.append([i])
    longest = max(runs, key=len, default=[])
    if len(longest) < 2:
        return []
    road.points = road.points[longest[0] : longest[-1] + 1]
    return [road]
