"""A hand-made map: a grid of streets with a one-way street, a lonely road out of reach, houses and a park.

row 4  o---o---o---o---o      Fifth Row            rows and columns are 200 m apart
...                                                row 0 is one way, from west to east
row 0  o-->o-->o-->o-->o      First Row
"""

from pathlib import Path

from homeward.kit.places import LatLon

SOUTH_WEST = LatLon(50.0, 10.0)
STEP_LAT, STEP_LON = 200 / 111_195, 200 / 71_474
ROWS = ("First", "Second", "Third", "Fourth", "Fifth")


def at(column: float, row: float) -> LatLon:
    """A place on the grid; (0, 0) is its south-west corner."""
    return LatLon(SOUTH_WEST.lat + row * STEP_LAT, SOUTH_WEST.lon + column * STEP_LON)


def write_small_map(path: Path, *, roads: bool = True, one_way: bool = True) -> Path:
    """As .osm text."""
    lines = ['<?xml version="1.0"?>', '<osm version="0.6">']
    for row in range(5):
        lines += [_node(10 * row + column + 1, at(column, row)) for column in range(5)]
    lonely = [at(40, 0), at(41, 0)]
    lines += [_node(100 + i, place) for i, place in enumerate(lonely)]
    corners = [at(1.2, 1.2), at(1.8, 1.2), at(1.8, 1.8), at(1.2, 1.8)]
    lines += [_node(110 + i, place) for i, place in enumerate(corners)]
    lines.append(
        _node(120, at(0.5, 0.05), {"addr:housenumber": "1;3", "addr:street": "First Row", "addr:city": "Gridley"})
    )
    lines.append(_node(121, at(0.5, 1.05), {"addr:housenumber": "7", "addr:street": "Second Row"}))
    lines.append(_node(122, at(2, 2), {"place": "village", "name": "Gridley"}))
    if roads:
        for row in range(5):
            tags = {"highway": "residential", "name": f"{ROWS[row]} Row"}
            if row == 0 and one_way:
                tags["oneway"] = "yes"
            lines.append(_way(201 + row, [10 * row + column + 1 for column in range(5)], tags))
        for column in range(5):
            tags = {"highway": "residential", "name": f"Column {column}"}
            lines.append(_way(211 + column, [10 * row + column + 1 for row in range(5)], tags))
        lines.append(_way(230, [100, 101], {"highway": "residential", "name": "Lonely Lane"}))
    lines.append(_way(240, [110, 111, 112, 113, 110], {"leisure": "park", "name": "The Green"}))
    path.write_text("\n".join([*lines, "</osm>"]))
    return path


def _node(number: int, place: LatLon, tags: dict[str, str] | None = None) -> str:
    return f'<node id="{number}" version="1" lat="{place.lat:.7f}" lon="{place.lon:.7f}">{_tags(tags or {})}</node>'


def _way(number: int, nodes: list[int], tags: dict[str, str]) -> str:
    refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
    return f'<way id="{number}" version="1">{refs}{_tags(tags)}</way>'


def _tags(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
