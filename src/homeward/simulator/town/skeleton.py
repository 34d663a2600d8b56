"""The bones of the town, drawn by hand: river, core, main roads, motorway, districts. Metres from its middle. Pure."""

from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely

from homeward.simulator.town.geometry import curve, turned
from homeward.simulator.town.model import TOWN_NAME, District, LotStyle, Point, Road

HALF_WIDTH_M: Final = 7_500
HALF_HEIGHT_M: Final = 5_500

RIVER: Final[tuple[Point, ...]] = (
    (-9200, -1300), (-7600, -900),
    (-5600, -300), (-3900, -780), (-2300, -440), (-1000, -820), (150, -660), (1150, -950), (2200, -740),
    (3600, -1250), (5400, -1000), (7600, -1700), (9200, -1900),
)  # fmt: skip
RIVER_NAME: Final = "River Lark"

# The core: a grid turned a little off north, so that it does not look ruled.
CORE_TURN: Final = 7.0
CORE_COLUMNS: Final = 13
CORE_ROWS: Final = 9
CORE_STEP: Final[Point] = (103.0, 98.0)

RURAL_LOTS: Final = LotStyle((70, 320), (11, 16), (9, 13), (14, 30), 0.25, "house")
VILLAGE_LOTS: Final = LotStyle((24, 34), (10, 14), (9, 12), (8, 13), 0.12, "house")
HOUSE_LOTS: Final = LotStyle((30, 42), (12, 17), (10, 14), (8, 12), 0.05, "house")
TERRACE_LOTS: Final = LotStyle((19, 26), (15, 21), (11, 15), (6, 8), 0.04, "terrace")
CORE_LOTS: Final = LotStyle((22, 30), (20, 28), (17, 26), (8, 9.5), 0.02, "commercial")
INDUSTRY_LOTS: Final = LotStyle((75, 110), (46, 78), (30, 48), (15, 24), 0.15, "industrial")

# name, kind, speed limit in mph, lots, points; house numbers count from the first point.
_MAIN_ROADS: Final[tuple[tuple[str, str, int, LotStyle | None, tuple[Point, ...]], ...]] = (
    ("North Road", "primary", 35, HOUSE_LOTS,
     ((-60, 900), (60, 1620), (-120, 2300), (200, 3300), (50, 4300), (150, 5500))),
    ("Old Bridge Road", "primary", 35, HOUSE_LOTS,
     ((-165, -680), (-250, -1200), (-120, -1850), (-450, -2700), (-250, -3800), (-500, -5500))),
    ("West Road", "primary", 35, HOUSE_LOTS,
     ((-1100, 110), (-1850, 220), (-2750, 100), (-4000, 420), (-5600, 250), (-7500, 500))),
    ("East Road", "primary", 35, HOUSE_LOTS,
     ((1250, 60), (1850, 60), (2700, 280), (3900, 120), (5500, 500), (7500, 350))),
    ("Falconer's Way", "secondary", 35, HOUSE_LOTS,
     ((900, 800), (1450, 1350), (1600, 1560), (2100, 2100), (3100, 2500), (4500, 3400), (6000, 4400),
      (7000, 5500))),
    ("Priory Road", "secondary", 35, HOUSE_LOTS,
     ((-950, 850), (-1450, 1400), (-1650, 1690), (-2300, 2300), (-3500, 2600), (-5200, 3300),
      (-7500, 3600))),
    ("Drovers Road", "secondary", 40, RURAL_LOTS,
     ((950, -1450), (1700, -1900), (2900, -2300), (4200, -3300), (5300, -4200), (6000, -5500))),
    ("Salters Road", "secondary", 40, RURAL_LOTS,
     ((-950, -1450), (-1700, -1950), (-3000, -2200), (-4300, -3000), (-5600, -3600), (-7500, -4000))),
    ("Ferry Lane", "tertiary", 40, RURAL_LOTS,
     ((3900, 120), (3720, -500), (3600, -1250), (3300, -1800), (2900, -2300))),
    ("Beacon Hill Road", "tertiary", 40, RURAL_LOTS, ((3100, 2500), (2300, 3300), (1200, 3900), (50, 4300))),
    ("Ridgeway", "tertiary", 40, RURAL_LOTS, ((-3500, 2600), (-3900, 1830), (-4100, 1000), (-4000, 420))),
    ("Long Drove", "tertiary", 40, RURAL_LOTS, ((-250, -3800), (1200, -3600), (2600, -3500), (4200, -3300))),
    ("Withy Road", "tertiary", 40, RURAL_LOTS, ((-450, -2700), (-2000, -3600), (-3100, -3900), (-4300, -3000))),
    ("Moor Road", "tertiary", 40, RURAL_LOTS, ((-2300, 2300), (-1900, 3300), (-1000, 4000), (50, 4300))),
    ("Lakeside Road", "tertiary", 40, RURAL_LOTS, ((5500, 500), (5900, 1400), (5300, 2500), (4500, 3400))),
    ("Orchard Road", "tertiary", 40, RURAL_LOTS, ((3900, 120), (4000, 900), (4050, 1560), (4300, 2500), (4500, 3400))),
    ("Tannery Road", "tertiary", 40, RURAL_LOTS, ((-5600, 250), (-5500, 1200), (-5800, 2300), (-5200, 3300))),
    ("Willowbed Road", "tertiary", 40, RURAL_LOTS, ((5300, -4200), (6200, -3100), (6500, -2200))),
    ("Foundry Road", "tertiary", 30, INDUSTRY_LOTS, ((1450, 1350), (1850, 1180), (2350, 860), (2700, 280))),
)  # fmt: skip
# The crossing of the core (column, row) where a main road begins.
_BEGINS: Final[dict[str, Point]] = {
    "North Road": (0, 4), "Old Bridge Road": (-1, -4), "West Road": (-6, 0), "East Road": (6, 0),
    "Falconer's Way": (6, 4), "Priory Road": (-6, 4),
}  # fmt: skip
_RING: Final[tuple[Point, ...]] = (
    (1250, 60), (1290, -380), (1200, -930), (950, -1450), (250, -1620), (-210, -1540), (-950, -1450), (-1300, -1080),
    (-1330, -700), (-1280, -200), (-1220, 128), (-1120, 580), (-700, 980), (-40, 1060), (640, 990), (1120, 640),
    (1250, 60),
)  # fmt: skip
MOTORWAY: Final[tuple[Point, ...]] = (
    (-5200, 1750), (-3200, 1850), (-1000, 1560), (500, 1690), (2000, 1480), (3400, 1650), (5200, 1350),
)  # fmt: skip
# Where it has junctions: the name of the road and roughly where they cross.
JUNCTIONS: Final[tuple[tuple[str, Point], ...]] = (
    ("Ridgeway", (-3900, 1830)), ("North Road", (60, 1620)), ("Orchard Road", (4050, 1560)),
)  # fmt: skip

DISTRICTS: Final[tuple[District, ...]] = (
    District(TOWN_NAME, (0, 0), 650, TOWN_NAME, "00101", "town"),
    District("Northgate", (-60, 1120), 700, TOWN_NAME, "00102", "suburb"),
    District("Westfield", (-1750, 260), 850, TOWN_NAME, "00103", "suburb"),
    District("Eastmoor", (1750, 160), 850, TOWN_NAME, "00104", "suburb"),
    District("Southbank", (0, -1750), 900, TOWN_NAME, "00105", "suburb"),
    District("Hillcrest", (50, 2350), 800, TOWN_NAME, "00106", "suburb"),
    District("Kiln Park", (2150, 1000), 500, TOWN_NAME, "00104", "quarter"),
    District("Otterby", (50, 4300), 900, "Otterby", "00111", "village"),
    District("Staveney", (4500, 3400), 900, "Staveney", "00112", "village"),
    District("Moss End", (-5200, 3300), 800, "Moss End", "00113", "hamlet"),
    District("Saltersford", (-4300, -3000), 900, "Saltersford", "00114", "village"),
    District("Coldharrow", (4200, -3300), 800, "Coldharrow", "00115", "hamlet"),
    District("Lakeside", (5500, 500), 800, "Lakeside", "00112", "hamlet"),
    District("Withy Green", (-250, -3800), 800, "Withy Green", "00114", "hamlet"),
    District("Brackwater", (-5600, 250), 800, "Brackwater", "00113", "hamlet"),
)
HAMLETS: Final = tuple(d for d in DISTRICTS if d.place in ("village", "hamlet"))

# Where suburbs grow: middle, radii, turn in degrees, distance between the long and between the cross streets.
SUBURBS: Final[tuple[tuple[Point, Point, float, Point], ...]] = (
    ((-40, 1010), (1250, 530), 5.0, (118, 200)),
    ((-1640, 260), (1010, 740), -14.0, (120, 205)),
    ((1620, 110), (980, 650), 17.0, (120, 200)),
    ((-20, -1690), (1330, 700), -6.0, (122, 210)),
    ((40, 2380), (900, 560), 24.0, (126, 215)),
)
INDUSTRY: Final = ((2080, 900), (480, 330))
LAKE: Final[tuple[Point, float]] = ((6550, 2650), 430)


def main_roads() -> list[Road]:
    """Everything between towns and around this one."""
    roads = []
    for name, kind, mph, lots, points in _MAIN_ROADS:
        begins = (core_point(*_BEGINS[name]),) if name in _BEGINS else ()
        roads.append(Road(name, kind, curve((*begins, *points)), {"maxspeed": f"{mph} mph"}, lots=lots))
    roads.append(Road("Ring Road", "secondary", curve(_RING), {"maxspeed": "40 mph"}, lots=HOUSE_LOTS))
    return roads


def motorway() -> list[Road]:
    """Two carriageways that close into one two-way road at both ends, so that nobody is caught on them."""
    middle = shapely.LineString(curve(MOTORWAY, 60))
    east = shapely.get_coordinates(middle.offset_curve(-15))
    west = shapely.get_coordinates(middle.offset_curve(15))[::-1]
    first, last = np.subtract(MOTORWAY[0], (160, 0)), np.add(MOTORWAY[-1], (160, 0))
    tags = {"oneway": "yes", "ref": "M 7", "maxspeed": "65 mph", "lanes": "2"}
    trunk = {"ref": "A 7", "maxspeed": "55 mph"}
    return [
        Road("", "motorway", np.vstack([first, east, last]), dict(tags), apart=True),
        Road("", "motorway", np.vstack([last, west, first]), dict(tags), apart=True),
        Road("Old Coast Road", "trunk", curve(((-7500, 1500), (-6300, 1850), (first[0], first[1]))), dict(trunk)),
        Road("Old Coast Road East", "trunk", curve(((last[0], last[1]), (5900, 1400), (7500, 1500))), dict(trunk)),
    ]


def core_point(column: float, row: float) -> Point:
    """A crossing of the core's grid; (0, 0) is its middle."""
    x, y = turned(np.array([[column * CORE_STEP[0], row * CORE_STEP[1]]]), CORE_TURN)[0]
    return round(float(x), 2), round(float(y), 2)


def inner_town() -> Any:
    """All within the ring road."""
    return shapely.Polygon(curve(_RING))


def river_shape() -> Any:
    """The river's water: its middle line widened, wider and narrower along the way."""
    middle = curve(RIVER, 40)
    widths = 46 + 9 * np.sin(np.arange(len(middle)) / 9.0) + 5 * np.sin(np.arange(len(middle)) / 3.7)
    circles = [shapely.Point(p).buffer(w, 12) for p, w in zip(middle, widths, strict=True)]
    strips = [shapely.convex_hull(shapely.union(a, b)) for a, b in pairwise(circles)]
    return shapely.union_all(strips).simplify(1.5)
