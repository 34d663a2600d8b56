"""Puts the town together from its parts, all by one seeded source of chance. Pure."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from homeward.simulator.town import joining, landscape, lots, skeleton, streets
from homeward.simulator.town.geometry import curve
from homeward.simulator.town.model import AreaDrawn, Building, Point, Road, Shop
from homeward.simulator.town.names import StreetNames

_COURTS = 60
_FARM_LANES = 16
_TURN_BANS = 8


@dataclass(slots=True)
class Drawing:
    """Everything on the sheet."""

    roads: list[Road]
    areas: list[AreaDrawn]
    buildings: list[Building]
    shops: list[Shop]
    shop_tags: list[dict[str, str]]
    halls: list[AreaDrawn]
    signals: set[Point] = field(default_factory=set)
    turn_bans: list[Point] = field(default_factory=list)


def draw_town(seed: int) -> Drawing:
    """The whole town; the same seed gives the same town to the last window."""
    rng = np.random.default_rng(seed)
    names = StreetNames(rng)
    river = skeleton.river_shape()
    waters = landscape.waters(river)
    greens = landscape.parks(rng, river)
    grounds = landscape.landmarks()
    roads = _streets(rng, names, waters, greens, [area for area, _ in grounds])
    open_ground = shapely.union_all([a.shape for a in (*waters, *greens)] + [a.shape for a, _ in grounds])
    corridor = _motorway_corridor(30)
    square = streets.core_area(*streets.SQUARE, 6)
    buildings = lots.build(rng, roads, shapely.union_all([open_ground.buffer(3), corridor, square]))
    shops, shop_tags = lots.open_shops(rng, buildings)
    quarters = landscape.quarters(buildings, open_ground.buffer(4))
    built = shapely.union_all([open_ground.buffer(8), corridor, *(a.shape for a in quarters)])
    country = landscape.countryside(rng, built)
    grounds_drawn = [area for area, _ in grounds]
    areas = [*country, *quarters, *greens, *grounds_drawn, *waters, landscape.pond_of(greens[0])]
    halls = [
        AreaDrawn(shapely.affinity.scale(area.shape, 0.42, 0.3), {"building": "yes"})
        for area, stands in grounds
        if stands
    ]
    drawing = Drawing(roads, areas, buildings, shops, shop_tags, halls)
    _regulate(rng, drawing)
    return drawing


def _streets(
    rng: np.random.Generator, names: StreetNames, waters: list[AreaDrawn], greens: list[AreaDrawn],
    grounds: list[AreaDrawn],
) -> list[Road]:  # fmt: skip
    main = skeleton.main_roads()
    highway = skeleton.motorway()
    core_ground = streets.core_area((-6, -4), (6, 4), -60)
    no_go = shapely.union_all(
        [a.shape.buffer(60) for a in waters] + [a.shape.buffer(6) for a in (*greens, *grounds)]
        + [core_ground, _motorway_corridor(95)]
    )  # fmt: skip
    suburbs = streets.suburb_streets(rng, names, main, no_go)
    core = streets.core_streets(rng, names)
    country = [*streets.hamlet_streets(rng, names), *streets.industry_streets()]
    country += streets.farm_lanes(rng, names, main, no_go, _FARM_LANES)
    ground = [*core, *main, *suburbs, *country]
    taken = shapely.STRtree([shapely.LineString(r.points) for r in ground] + list(shapely.get_parts(no_go)))
    ground += streets.courts(rng, names, suburbs, taken, _COURTS)
    walks = streets.paths(
        rng, [a.shape for a in greens if "leisure" in a.tags and a.shape.area > 20_000], waters[0].shape
    )
    roads = joining.join([*ground, *walks, *highway])
    roads += joining.ramps(roads)
    joining.add_bridges(roads, waters[0].shape)
    return joining.connected(roads)


def _motorway_corridor(beside_m: float) -> Any:
    return shapely.LineString(curve(skeleton.MOTORWAY, 60)).buffer(beside_m)


def _regulate(rng: np.random.Generator, drawing: Drawing) -> None:
    """Traffic signals where main roads meet in town, and a few crossings where one may not turn left."""
    arms: dict[Point, list[Road]] = {}
    for road in drawing.roads:
        if road.driven and not road.apart:
            for point in road.crossings:
                arms.setdefault(point, []).append(road)
    for point in sorted(arms):
        main = sum(road.kind in ("primary", "secondary", "tertiary") for road in arms[point])
        if main >= 2 and np.hypot(*point) < 1_500:
            drawing.signals.add(point)
    two_way = [
        point
        for point in sorted(drawing.signals)
        if len(arms[point]) == 2 and not any(road.oneway or road.spans for road in arms[point])
    ]
    chosen = rng.permutation(len(two_way))[:_TURN_BANS]
    drawing.turn_bans = [two_way[int(i)] for i in sorted(chosen)]
