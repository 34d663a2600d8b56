"""Houses along the streets, their numbers, and the shops in them. Pure."""

import math
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import numpy as np
import shapely

from homeward.simulator.town import skeleton
from homeward.simulator.town.model import Building, District, LotStyle, Point, Road, Shop, to_place
from homeward.simulator.town.names import shop_names

_CLEAR_OF_ROADS_M: Final = 5.0
_SHOPPING_STREETS: Final = ("Market Street", "Main Street")


@dataclass(frozen=True, slots=True)
class _Lot:
    road: int
    side: int
    along_m: float
    shape: Any
    style: LotStyle


def build(rng: np.random.Generator, roads: list[Road], no_go: Any) -> list[Building]:
    """Houses on both sides of every street, none in a road, in the water, in a park or in another house."""
    lots = [lot for index, road in enumerate(roads) if road.lots for lot in _lots(rng, index, road)]
    shapes = np.array([lot.shape for lot in lots], dtype=object)
    lines = [shapely.LineString(road.points) for road in roads]
    free = np.ones(len(lots), dtype=bool)
    free[shapely.STRtree(lines).query(shapes, predicate="dwithin", distance=_CLEAR_OF_ROADS_M)[0]] = False
    shapely.prepare(no_go)
    free &= ~shapely.intersects(no_go, shapes)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=2.0)
    for a, b in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if a < b and free[a] and free[b]:
            free[b] = False
    return _numbered(rng, roads, [lot for lot, good in zip(lots, free, strict=True) if good])


class _Walk:
    """A street walked from its beginning; plain numbers, because a town has very many doors."""

    def __init__(self, road: Road) -> None:
        self._points: list[tuple[float, float]] = [(float(x), float(y)) for x, y in road.points]
        steps = (math.dist(a, b) for a, b in zip(self._points, self._points[1:], strict=False))
        self._along = [0.0, *accumulate(steps)]

    @property
    def length(self) -> float:
        return self._along[-1]

    def at(self, along: float) -> Point:
        i = min(max(1, bisect(self._along, along)), len(self._points) - 1)
        (ax, ay), (bx, by) = self._points[i - 1], self._points[i]
        share = min(1.0, max(0.0, (along - self._along[i - 1]) / (self._along[i] - self._along[i - 1])))
        return ax + share * (bx - ax), ay + share * (by - ay)


def _lots(rng: np.random.Generator, index: int, road: Road) -> list[_Lot]:
    walk = _Walk(road)
    lots = []
    for side in (1, -1):
        along = rng.uniform(10, 22)
        while along < walk.length - 9:
            style = _style_at(road, walk.at(along))
            width = rng.uniform(*style.width)
            if rng.random() >= style.gaps:
                lots.append(_Lot(index, side, along, _house(rng, walk, along, side, width, style), style))
            along += max(rng.uniform(*style.pitch), width + 2.5)
    return lots


def _style_at(road: Road, at: Point) -> LotStyle:
    """A main road is lined with houses in town and with farms outside."""
    assert road.lots is not None
    if road.lots is skeleton.HOUSE_LOTS:
        reach = math.hypot(*at)
        if reach > 3_050 and all(math.dist(at, hamlet.at) > 420 for hamlet in skeleton.HAMLETS):
            return skeleton.RURAL_LOTS
        if reach < 900:
            return skeleton.TERRACE_LOTS
    in_village = road.lots is skeleton.RURAL_LOTS and any(math.dist(at, h.at) < 380 for h in skeleton.HAMLETS)
    return skeleton.VILLAGE_LOTS if in_village else road.lots


def _house(rng: np.random.Generator, walk: _Walk, along: float, side: int, width: float, style: LotStyle) -> Any:
    (ax, ay), (bx, by) = walk.at(along - 5), walk.at(along + 5)
    length = math.hypot(bx - ax, by - ay)
    ux, uy = (bx - ax) / length, (by - ay) / length
    depth, setback = rng.uniform(*style.depth), rng.uniform(*style.setback)
    x, y = walk.at(along)

    def corner(ahead: float, back: float) -> Point:
        out = (setback + back) * side
        return x + ux * ahead - uy * out, y + uy * ahead + ux * out

    half = width / 2
    corners = [corner(-half, 0), corner(half, 0)]
    if style.building in ("house", "commercial") and rng.random() < 0.45:
        # An L: one wing reaches farther back.
        wing, short = width * rng.uniform(0.4, 0.6), depth * rng.uniform(0.5, 0.7)
        corners += [corner(half, short), corner(wing - half, short), corner(wing - half, depth)]
    else:
        corners.append(corner(half, depth))
    return shapely.Polygon([*corners, corner(-half, depth)])


def _numbered(rng: np.random.Generator, roads: list[Road], lots: list[_Lot]) -> list[Building]:
    """Odd numbers on the left, even ones on the right, rising along the street; here and there one is missing."""
    last: dict[tuple[str, int], int] = {}
    buildings = []
    for lot in sorted(lots, key=lambda lot: (lot.road, lot.side, lot.along_m)):
        road = roads[lot.road]
        # Pieces of one street count on where the piece before stopped.
        number = last.get((road.name, lot.side), -1 if lot.side > 0 else 0) + (2 if rng.random() < 0.93 else 4)
        last[road.name, lot.side] = number
        middle = lot.shape.representative_point()
        district = district_at((middle.x, middle.y))
        buildings.append(
            Building(lot.shape, (middle.x, middle.y), str(number), road.name, district.city, district.postcode,
                     lot.style.building)
        )  # fmt: skip
    return buildings


def district_at(point: Point) -> District:
    """The district whose middle is nearest, measured in its own reach."""
    return min(
        skeleton.DISTRICTS,
        key=lambda district: math.dist(point, district.at) / district.reach,
    )


def open_shops(rng: np.random.Generator, buildings: list[Building]) -> tuple[list[Shop], list[dict[str, str]]]:
    """Shops and their tags: most along the two main streets of the core, the others spread over town and villages."""
    central = [b for b in buildings if b.street in _SHOPPING_STREETS]
    core = [b for b in buildings if b.kind == "commercial" and b.street not in _SHOPPING_STREETS]
    outside = [b for b in buildings if b.kind in ("house", "terrace") and np.hypot(*b.at) > 900]
    doors = [
        pool[int(i)] for pool in (central, core, outside) for i in rng.permutation(len(pool))[: _share(pool, central)]
    ]
    shops, tags = [], []
    for door, (kind, name, tag) in zip(doors, shop_names(rng), strict=False):
        shops.append(Shop(name, kind, door.number, door.street, door.city, door.postcode, to_place(door.at)))
        tags.append({tag[0]: tag[1], "name": name})
    return shops, tags


def _share(pool: list[Building], central: list[Building]) -> int:
    return min(len(pool), 40) if pool is central else 22
