import gzip
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile  # type: ignore[import-untyped]
import numpy as np
import pytest
import shapely
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pmtiles.reader import MmapSource, Reader

from homeward.kit.places import Box, LatLon
from homeward.kit.problems import NotFound
from homeward.routing.coastline import sea_areas
from homeward.routing.importer import InstalledMarket, import_market
from homeward.routing.map_style import Theme, map_style
from homeward.routing.tile_writer import EXTENT, encode
from homeward.routing.tiles import tile_router
from tests.routing.small_map import at, write_small_map


def tile_of(place: LatLon, zoom: int) -> tuple[int, int]:
    x = (place.lon + 180) / 360 * 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(place.lat))) / math.pi) / 2 * 2**zoom
    return int(x), int(y)


@pytest.fixture
def http(small_market: InstalledMarket) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(tile_router(small_market.folder.parents[3]))
    app.add_exception_handler(NotFound, lambda request, problem: Response(status_code=NotFound.status))
    with TestClient(app, base_url="https://flowers.example") as client:
        yield client


def middle_tile(http: TestClient, zoom: int = 14, headers: dict[str, str] | None = None) -> Any:
    x, y = tile_of(at(2, 2), zoom)
    return http.get(f"/tiles/gridley/{zoom}/{x}/{y}.mvt", headers=headers)


def test_a_tile_holds_the_streets_with_their_names(http: TestClient) -> None:
    layers = mapbox_vector_tile.decode(middle_tile(http).content)
    roads = layers["roads"]["features"]
    assert {"First Row", "Third Row", "Column 2"} <= {road["properties"].get("name") for road in roads}
    one_way = [road for road in roads if road["properties"].get("oneway")]
    assert [road["properties"]["name"] for road in one_way] == ["First Row"]
    assert {feature["properties"]["number"] for feature in layers["house_numbers"]["features"]} == {"1", "3", "7"}
    assert layers["land"]["features"][0]["properties"]["kind"] == "park"
    assert [place["properties"]["name"] for place in layers["places"]["features"]] == ["Gridley"]


def test_a_street_lies_in_the_tile_where_it_lies_on_the_ground(http: TestClient) -> None:
    x, y = tile_of(at(2, 2), 14)
    roads = mapbox_vector_tile.decode(middle_tile(http).content, default_options={"y_coord_down": True})["roads"]
    row = next(r for r in roads["features"] if r["properties"].get("name") == "Third Row")
    fraction_y = (1 - math.asinh(math.tan(math.radians(at(2, 2).lat))) / math.pi) / 2 * 2**14 - y
    assert all(point[1] == pytest.approx(fraction_y * EXTENT, abs=2) for point in row["geometry"]["coordinates"])
    first = ((at(0, 2).lon + 180) / 360 * 2**14 - x) * EXTENT
    assert min(p[0] for p in row["geometry"]["coordinates"]) == pytest.approx(max(first, -80), abs=2)


def test_small_streets_wait_for_a_nearer_look(http: TestClient) -> None:
    far = middle_tile(http, zoom=10)
    assert far.status_code == 200
    assert "roads" not in mapbox_vector_tile.decode(far.content)


def test_a_tile_is_packed_for_those_who_can_unpack(http: TestClient) -> None:
    assert middle_tile(http).headers["content-encoding"] == "gzip"
    plain = middle_tile(http, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == middle_tile(http).content


def test_a_known_tile_is_not_sent_again(http: TestClient) -> None:
    first = middle_tile(http)
    again = middle_tile(http, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert not again.content


def test_a_tile_with_its_version_in_the_address_may_be_kept_for_ever(http: TestClient) -> None:
    address = http.get("/tiles/gridley/tiles.json").json()["tiles"][0]
    x, y = tile_of(at(2, 2), 14)
    kept = http.get(address.format(z=14, x=x, y=y))
    assert "immutable" in kept.headers["cache-control"]
    assert "immutable" not in middle_tile(http).headers["cache-control"]


def test_where_the_map_is_empty_there_is_no_content(http: TestClient) -> None:
    assert http.get("/tiles/gridley/14/0/0.mvt").status_code == 204


@pytest.mark.parametrize(
    "address",
    ["nowhere/14/1/1.mvt", "gridley/15/1/1.mvt", "gridley/14/99999/1.mvt", "gridley/14/-1/1.mvt",
     "..%2f..%2f/1/1/1.mvt",
     "nowhere/style.json", "nowhere/tiles.json"],
)  # fmt: skip
def test_what_is_no_map_is_not_found(address: str, http: TestClient) -> None:
    assert http.get(f"/tiles/{address}").status_code == 404


@pytest.mark.parametrize("theme", list(Theme))
def test_the_style_asks_nobody_but_the_host_it_came_from_and_names_nobody(theme: Theme, http: TestClient) -> None:
    style = http.get("/tiles/gridley/style.json", params={"theme": theme.value})
    source = style.json()["sources"]["map"]
    assert source["tiles"][0].startswith("https://flowers.example/tiles/gridley/")
    assert "OpenStreetMap" in source["attribution"]
    assert "homeward" not in style.text.lower()
    assert "glyphs" not in style.json()
    assert "sprite" not in style.json()


def test_every_layer_of_the_style_draws_something_that_tiles_hold(http: TestClient) -> None:
    described = {layer["id"] for layer in http.get("/tiles/gridley/tiles.json").json()["vector_layers"]}
    style = map_style("x", Box(0, 0, 1, 1), Theme.LIGHT)
    assert {layer["source-layer"] for layer in style["layers"] if "source-layer" in layer} == described
    names = [layer["id"] for layer in style["layers"]]
    assert len(names) == len(set(names))


@given(
    st.lists(st.tuples(st.integers(-500, 4_500), st.integers(-500, 4_500)), min_size=3, max_size=9, unique=True),
    st.booleans(),
)
def test_shapes_come_out_of_a_tile_as_they_went_in(points: list[tuple[int, int]], as_area: bool) -> None:
    shape = shapely.convex_hull(shapely.multipoints(points)) if as_area else shapely.LineString(points)
    if shape.geom_type not in ("Polygon", "LineString") or (as_area and shape.area < 1):
        return
    ((owner, kind, commands),) = encode(np.array([shape]))
    assert (owner, kind) == (0, 3 if shape.geom_type == "Polygon" else 2)
    drawn = drawn_again(commands)
    again = shapely.Polygon(drawn) if shape.geom_type == "Polygon" else shapely.LineString(drawn)
    assert shapely.equals(shapely.normalize(again), shapely.normalize(shape))
    if shape.geom_type == "Polygon":
        assert shapely.is_ccw(shapely.get_exterior_ring(again)), "outer rings have a positive area by the numbers"


def drawn_again(commands: list[int]) -> list[tuple[int, int]]:
    """Follow the pen, as the vector tile specification 2.1 tells in section 4.3."""
    x = y = position = 0
    points: list[tuple[int, int]] = []
    while position < len(commands):
        command, count = commands[position] & 7, commands[position] >> 3
        position += 1
        if command == 7:
            continue
        for _ in range(count):
            dx, dy = commands[position : position + 2]
            x += (dx >> 1) ^ -(dx & 1)
            y += (dy >> 1) ^ -(dy & 1)
            points.append((x, y))
            position += 2
    return points


def test_the_sea_lies_on_the_right_of_a_coast() -> None:
    box = Box(south=0, west=0, north=1, east=1)
    northward = shapely.LineString([(0.4, -0.1), (0.4, 1.1)])  # so the sea is in the east
    island = shapely.LineString([(0.6, 0.4), (0.8, 0.4), (0.8, 0.6), (0.6, 0.6), (0.6, 0.4)])
    (sea,) = sea_areas([({}, northward), ({}, island)], box)
    assert sea.contains(shapely.Point(0.9, 0.1))
    assert not sea.contains(shapely.Point(0.2, 0.5))
    assert not sea.contains(shapely.Point(0.7, 0.5))


def test_without_a_coast_there_is_no_sea() -> None:
    assert sea_areas([], Box(0, 0, 1, 1)) == []


def test_the_tile_file_is_read_by_the_reference_reader_too(small_market: InstalledMarket) -> None:
    with small_market.tiles.open("rb") as file:
        reader = Reader(MmapSource(file))  # type: ignore[no-untyped-call]
        x, y = tile_of(at(2, 2), 14)
        content = reader.get(14, x, y)  # type: ignore[no-untyped-call]
    assert "roads" in mapbox_vector_tile.decode(gzip.decompress(content))


def test_a_new_import_is_served_without_a_restart(tmp_path: Path) -> None:
    app = FastAPI()
    app.include_router(tile_router(tmp_path))
    http = TestClient(app)
    versions = []
    for one_way in (True, False):
        report = import_market("Gridley", write_small_map(tmp_path / "grid.osm", one_way=one_way), tmp_path)
        versions.append(report.version)
        assert middle_tile(http).headers["etag"] == f'"{report.version}"'
    assert versions[0] != versions[1]
