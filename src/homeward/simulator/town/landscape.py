"""The ground: water, parks, woods, fields, and what the quarters are used for. Pure."""

from typing import Any

import numpy as np
import shapely

from homeward.simulator.town import skeleton
from homeward.simulator.town.geometry import blob, polygons
from homeward.simulator.town.model import AreaDrawn, Building, Points
from homeward.simulator.town.streets import PARK, SQUARE, core_area

_FIELDS = ("farmland", "meadow", "orchard", "wood")
_PARKS = (
    ("Larks' Green", (-1650, 640), 175), ("Eastmoor Common", (1960, -130), 165), ("Priory Gardens", (520, 860), 105),
    ("Southbank Park", (-520, -1830), 185), ("Hill Wood", (470, 2280), 170),
)  # fmt: skip


def parks(rng: np.random.Generator, river: Any) -> list[AreaDrawn]:
    """The park in the core, the green along the river, and one in every suburb."""
    core = core_area(*PARK, 9)
    corners = [skeleton.core_point(c, -4) for c in (-6, 6)]
    bank = shapely.Polygon(
        [(corners[0][0], corners[0][1] - 14), (corners[1][0], corners[1][1] - 14), (760, -900), (-760, -900)]
    )
    green = bank.difference(river.buffer(6))
    found = [AreaDrawn(core, {"leisure": "park", "name": "Founders' Park"})]
    found += [AreaDrawn(p, {"leisure": "park", "name": "Riverside Green"}) for p in polygons(green, 8_000)[:1]]
    for name, at, radius in _PARKS:
        tags = {"natural": "wood", "name": name} if "Wood" in name else {"leisure": "park", "name": name}
        found.append(AreaDrawn(blob(rng, at, radius, 0.2), tags))
    return found


def pond_of(park: AreaDrawn) -> AreaDrawn:
    """A pond in the middle of a park."""
    at = park.shape.centroid
    return AreaDrawn(shapely.Point(at.x + 22, at.y - 12).buffer(27, 6), {"natural": "water", "water": "pond"})


def waters(river: Any) -> list[AreaDrawn]:
    rng = np.random.default_rng(11)  # the lake is part of the skeleton: the same for every seed
    (at, radius) = skeleton.LAKE
    return [
        AreaDrawn(river, {"natural": "water", "water": "river", "name": skeleton.RIVER_NAME}),
        AreaDrawn(blob(rng, at, radius, 0.3, 1.3), {"natural": "water", "water": "lake", "name": "Staven Mere"}),
    ]


def quarters(buildings: list[Building], keep_out: Any) -> list[AreaDrawn]:
    """Where people live, trade and make things: the ground around the buildings of each sort, and greens between."""
    found = []
    for kinds, landuse, grow in (
        (("house", "terrace"), "residential", 42.0),
        (("commercial",), "commercial", 38.0),
        (("industrial",), "industrial", 55.0),
    ):
        doors = shapely.points(np.array([b.at for b in buildings if b.kind in kinds]))
        ground = shapely.union_all(shapely.buffer(doors, grow, quad_segs=2))
        smooth = ground.simplify(3).buffer(30, 3).buffer(-38, 3).simplify(4).difference(keep_out)
        found += [AreaDrawn(p, {"landuse": landuse}) for p in polygons(smooth, 9_000)]
    built = shapely.union_all([area.shape for area in found])
    between = skeleton.inner_town().difference(built.buffer(7)).difference(keep_out).buffer(-8).buffer(8)
    found += [AreaDrawn(p, {"landuse": "grass"}) for p in polygons(between, 12_000)]
    square = core_area(*SQUARE, 8)
    found.append(AreaDrawn(square, {"place": "square", "name": "Market Square"}))
    return found


def countryside(rng: np.random.Generator, keep_out: Any) -> list[AreaDrawn]:
    """Fields, meadows, orchards and woods: a patchwork with hedges between."""
    # Some way past the last road, so that the map does not end where the town does.
    columns = np.arange(-skeleton.HALF_WIDTH_M - 1_500, skeleton.HALF_WIDTH_M + 1_501, 750.0)
    rows = np.arange(-skeleton.HALF_HEIGHT_M - 1_240, skeleton.HALF_HEIGHT_M + 1_241, 620.0)
    corner = np.array([[(x, y) for y in rows] for x in columns]) + rng.uniform(-190, 190, (len(columns), len(rows), 2))
    found = []
    for i in range(len(columns) - 1):
        for j in range(len(rows) - 1):
            field = shapely.Polygon([corner[i, j], corner[i + 1, j], corner[i + 1, j + 1], corner[i, j + 1]])
            for half in _split(rng, field):
                kind = str(rng.choice(_FIELDS, p=(0.5, 0.26, 0.07, 0.17)))
                tags = {"natural": "wood"} if kind == "wood" else {"landuse": kind}
                rest = half.buffer(0).buffer(-9).difference(keep_out)
                found += [
                    AreaDrawn(p, dict(tags)) for p in polygons(rest.buffer(-6).buffer(6, 2).simplify(1.0), 14_000)
                ]
    return found


def _split(rng: np.random.Generator, field: Any) -> list[Any]:
    """Some fields were divided among heirs."""
    if rng.random() < 0.45:
        return [field]
    ring: Points = shapely.get_coordinates(field)[:4]
    first = int(rng.integers(2))
    a = ring[first] * 0.5 + ring[first + 1] * 0.5
    b = ring[(first + 2) % 4] * 0.5 + ring[(first + 3) % 4] * 0.5
    return [
        shapely.Polygon([a, ring[first + 1], ring[(first + 2) % 4], b]),
        shapely.Polygon([b, ring[(first + 3) % 4], ring[first], a]),
    ]


def landmarks() -> list[tuple[AreaDrawn, bool]]:
    """Grounds with a name, and whether a building stands in their middle."""
    drawn = []
    for tags, at, size in (
        ({"amenity": "school", "name": "Northgate School"}, (-430, 1330), (105, 70)),
        ({"amenity": "school", "name": "Westfield School"}, (-2210, 420), (110, 75)),
        ({"amenity": "school", "name": "Southbank School"}, (520, -1950), (105, 75)),
        ({"amenity": "hospital", "name": "Larkhaven General Hospital"}, (1480, 420), (130, 95)),
        ({"landuse": "cemetery", "name": "Priory Cemetery"}, (-1270, 1430), (125, 90)),
        ({"leisure": "pitch", "sport": "soccer"}, (-2290, 640), (52, 34)),
        ({"leisure": "pitch", "sport": "soccer"}, (940, -1890), (52, 34)),
    ):
        x, y = at
        w, h = size
        ring = [(x - w, y - h), (x + w, y - h * 0.86), (x + w * 0.93, y + h), (x - w * 1.04, y + h * 0.9)]
        drawn.append((AreaDrawn(shapely.Polygon(ring), tags), "amenity" in tags))
    return drawn
