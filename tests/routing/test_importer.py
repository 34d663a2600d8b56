import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from homeward.kit.places import LatLon
from homeward.kit.problems import Problem
from homeward.routing.errors import (
    BadMarketName,
    ExtraAddressesBroken,
    MapFileBroken,
    MapFileMissing,
    NoRoadsInMap,
    UnknownTimeZone,
)
from homeward.routing.importer import import_market, installed_market, installed_markets, slug_of
from homeward.routing.model import Profile
from homeward.routing.time_zones import nearest_time_zone
from tests.routing.small_map import at, write_small_map


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.open(path, "rt", encoding="utf-8")]


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def small_map(tmp_path: Path) -> Path:
    return write_small_map(tmp_path / "grid.osm")


def test_an_import_makes_graphs_addresses_streets_and_tiles(small_map: Path, tmp_path: Path) -> None:
    report = import_market("Gridley Town", small_map, tmp_path / "data", time_zone="Europe/Berlin")
    market = installed_market(tmp_path / "data", "gridley-town")
    assert market is not None
    assert all(market.graph(profile).with_suffix(".osrm.mldgr").is_file() for profile in Profile)
    assert market.tiles.stat().st_size > 500
    assert market.report() == report
    assert (report.name, report.slug, report.time_zone) == ("Gridley Town", "gridley-town", "Europe/Berlin")
    assert (report.roads, report.streets, report.addresses) == (11, 11, 3)
    assert report.road_km == pytest.approx(8.2, abs=0.1)
    assert report.box.holds(at(2, 2))
    assert not (tmp_path / "data" / "markets" / "gridley-town" / "staging").exists()


def test_doors_get_the_city_they_stand_in(small_map: Path, tmp_path: Path) -> None:
    import_market("Gridley", small_map, tmp_path, time_zone="Europe/Berlin")
    market = installed_market(tmp_path, "gridley")
    assert market is not None
    doors = {(row["street"], row["number"]): row["city"] for row in lines_of(market.addresses)}
    assert doors == {("First Row", "1"): "Gridley", ("First Row", "3"): "Gridley", ("Second Row", "7"): "Gridley"}
    street = next(row for row in lines_of(market.streets) if row["street"] == "Third Row")
    assert street["city"] == "Gridley"
    assert street["geometry"][0] in ([round(at(0, 2).lat, 6), 10.0], [round(at(4, 2).lat, 6), round(at(4, 2).lon, 6)])
    assert len(street["geometry"]) == 5


BROKEN = {
    "empty.osm.pbf": b"",
    "page.osm": b"<html><body>404</body></html>",
    "text.osm.gz": b"this is no archive",
    "cut.osm": b'<?xml version="1.0"?><osm version="0.6"><node id="1" lat="1" lon="2"/>',
    "picture.png": b"\x89PNG\r\n\x1a\n0000",
    "noise.osm.pbf": bytes(range(256)) * 40,
    "one.osm.bz2": b"BZh91AY&SY",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_or_foreign_file_is_refused_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(BROKEN[name])
    with pytest.raises(MapFileBroken) as refusal:
        import_market("Nowhere", tmp_path / name, tmp_path / "data")
    assert name in str(refusal.value)
    assert not files_under(tmp_path / "data")


def test_a_map_that_was_cut_off_is_refused(shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / "osm" / "monaco.osm.pbf").read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MapFileBroken, match="EOF"):
        import_market("Monaco", tmp_path / "cut.osm.pbf", tmp_path / "data")
    assert not files_under(tmp_path / "data")


def test_a_map_whose_roads_lack_their_nodes_is_refused(small_map: Path, tmp_path: Path) -> None:
    lines = [line for line in small_map.read_text().splitlines() if '<node id="1"' not in line]
    half = [line for line in lines if "<node" not in line or '<node id="4' in line]
    (tmp_path / "half.osm").write_text("\n".join(half))
    with pytest.raises((MapFileBroken, NoRoadsInMap)):
        import_market("Half", tmp_path / "half.osm", tmp_path / "data")
    assert not files_under(tmp_path / "data")


@pytest.mark.parametrize(
    ("problem", "arguments"),
    [
        (MapFileMissing, {"osm_file": Path("nowhere.osm.pbf")}),
        (BadMarketName, {"name": "!!!"}),
        (BadMarketName, {"name": "x" * 61}),
        (UnknownTimeZone, {"time_zone": "Mars/Olympus"}),
        (UnknownTimeZone, {"time_zone": "../etc/passwd"}),
        (ExtraAddressesBroken, {"extra_addresses": Path("nowhere.csv")}),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_built(
    problem: type[Problem], arguments: dict[str, Any], small_map: Path, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"name": "Gridley", "osm_file": small_map, **arguments}
    with pytest.raises(problem):
        import_market(data_dir=tmp_path / "data", **given)
    assert not files_under(tmp_path / "data")


def test_a_map_without_roads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoRoadsInMap):
        import_market("Fields", write_small_map(tmp_path / "fields.osm", roads=False), tmp_path / "data")
    assert not files_under(tmp_path / "data")


def test_a_map_whose_objects_are_not_in_order_is_sorted_first(small_map: Path, tmp_path: Path) -> None:
    head, *lines, end = small_map.read_text().splitlines()
    ways = [line for line in lines if line.startswith("<way")]
    others = [line for line in lines if not line.startswith("<way")]
    (tmp_path / "mixed.osm").write_text("\n".join([head, *others, *reversed(ways), end]))
    report = import_market("Mixed", tmp_path / "mixed.osm", tmp_path / "data", time_zone="Europe/Berlin")
    assert (report.roads, report.streets, report.addresses) == (11, 11, 3)


def test_a_broken_map_leaves_the_one_in_use_as_it_was(small_map: Path, tmp_path: Path) -> None:
    good = import_market("Gridley", small_map, tmp_path / "data", time_zone="Europe/Berlin")
    before = sorted(files_under(tmp_path / "data"))
    (tmp_path / "bad.osm").write_text("<osm")
    with pytest.raises(MapFileBroken):
        import_market("Gridley", tmp_path / "bad.osm", tmp_path / "data", time_zone="Europe/Berlin")
    market = installed_market(tmp_path / "data", "gridley")
    assert market is not None
    assert market.version == good.version
    assert sorted(files_under(tmp_path / "data")) == before


class PowerCutError(Exception):
    pass


def test_an_interrupted_import_goes_on_where_it_stopped(small_map: Path, tmp_path: Path) -> None:
    def cut_at_bicycle(step: str, what: str) -> None:
        if (step, what) == ("roads-bicycle", "started"):
            raise PowerCutError

    with pytest.raises(PowerCutError):
        import_market("Gridley", small_map, tmp_path, time_zone="Europe/Berlin", progress=cut_at_bicycle)
    assert installed_market(tmp_path, "gridley") is None
    report = import_market("Gridley", small_map, tmp_path, time_zone="Europe/Berlin")
    resumed = {step.name for step in report.steps if step.resumed}
    assert resumed == {"read", "addresses", "tiles", "roads-car"}
    assert report.addresses == 3
    assert installed_market(tmp_path, "gridley") is not None


def test_an_interrupted_import_of_another_file_is_forgotten(small_map: Path, tmp_path: Path) -> None:
    def cut_at_bicycle(step: str, what: str) -> None:
        if (step, what) == ("roads-bicycle", "started"):
            raise PowerCutError

    with pytest.raises(PowerCutError):
        import_market("Gridley", small_map, tmp_path, progress=cut_at_bicycle)
    other = write_small_map(tmp_path / "other.osm", one_way=False)
    report = import_market("Gridley", other, tmp_path)
    assert not any(step.resumed for step in report.steps)
    assert not (tmp_path / "markets" / "gridley" / "staging").exists()


def test_the_same_map_twice_is_nothing_to_do(small_map: Path, tmp_path: Path) -> None:
    first = import_market("Gridley", small_map, tmp_path)
    told: list[tuple[str, str]] = []
    again = import_market("Gridley", small_map, tmp_path, progress=lambda step, what: told.append((step, what)))
    assert again == first
    assert told == [("install", "this map is in use already")]


def test_a_newer_map_takes_over_and_the_one_before_stays_for_the_servers_that_still_read_it(tmp_path: Path) -> None:
    versions = []
    for number in range(3):
        changed = write_small_map(tmp_path / "grid.osm")
        changed.write_text(changed.read_text().replace("Third Row", f"Third Row {number}"))
        versions.append(import_market("Gridley", changed, tmp_path).version)
    market = installed_market(tmp_path, "gridley")
    assert market is not None
    assert market.version == versions[-1]
    kept = {folder.name for folder in (tmp_path / "markets" / "gridley" / "versions").iterdir()}
    assert kept == set(versions[1:])


@pytest.mark.parametrize(
    "header", ["id,lat,lon,number,street,town,zip", "x,Latitude,Longitude,House_Number,Street_Name,City,Postal_Code"]
)
def test_extra_doors_are_found_by_their_columns_and_clipped_to_the_map(
    header: str, small_map: Path, tmp_path: Path
) -> None:
    inside, outside = at(1, 1), at(500, 500)
    rows = [f"1,{inside.lat},{inside.lon},12,MAPLE LN NE,GRIDLEY,00199", f"2,{outside.lat},{outside.lon},9,FAR RD,,",
            f"3,{inside.lat},{inside.lon},,NO NUMBER RD,,", "4,?,?,8,NOWHERE RD,,"]  # fmt: skip
    (tmp_path / "extra.csv").write_text("\n".join([header, *rows]))
    import_market("Gridley", small_map, tmp_path, extra_addresses=tmp_path / "extra.csv", time_zone="Europe/Berlin")
    market = installed_market(tmp_path, "gridley")
    assert market is not None
    extra = [row for row in lines_of(market.addresses) if "Row" not in row["street"]]
    assert [(row["number"], row["street"], row["city"], row["postcode"]) for row in extra] == [
        ("12", "Maple Ln NE", "Gridley", "00199")
    ]


def test_extra_doors_without_the_needed_columns_are_refused(small_map: Path, tmp_path: Path) -> None:
    (tmp_path / "extra.csv").write_text("lat,lon,name\n50,10,x\n")
    with pytest.raises(ExtraAddressesBroken, match="no column for number, street"):
        import_market("Gridley", small_map, tmp_path / "data", extra_addresses=tmp_path / "extra.csv")
    assert installed_markets(tmp_path / "data") == []


@pytest.mark.parametrize(
    ("name", "slug"), [("Larkhaven", "larkhaven"), ("São Paulo (Centro)", "sao-paulo-centro"), ("  A  1 ", "a-1")]
)
def test_a_markets_name_in_folders_is_plain(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@pytest.mark.parametrize(
    ("place", "zone"),
    [
        (LatLon(47.14, 9.52), "Europe/Vaduz"),
        (LatLon(39.28, -76.57), "America/New_York"),
        (LatLon(-33.9, 151.1), "Australia/Sydney"),
        (LatLon(35.2, 139.0), "Asia/Tokyo"),
        (LatLon(39.96, -83.0), "America/Detroit"),  # the same clock as New York's
    ],
)
def test_the_time_zone_is_guessed_from_the_nearest_zone_capital(place: LatLon, zone: str) -> None:
    assert nearest_time_zone(place) == zone


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "extra", "doors", "roads", "zone"),
    [
        ("monaco", None, 200, 900, "Europe/Monaco"),
        ("columbus_ohio", None, 100, 10_000, "America/Detroit"),
        ("baltimore_maryland", None, 1_200, 3_000, "America/New_York"),
        ("liechtenstein", None, 12_000, 4_000, "Europe/Vaduz"),
        ("vermont_northwest", "us/vermont_addresses.csv.gz", 17_000, 7_000, "America/New_York"),
    ],
)
def test_real_maps_are_imported_as_they_are(
    name: str, extra: str | None, doors: int, roads: int, zone: str, shared_data: Path, tmp_path: Path
) -> None:
    osm_file = shared_data / "osm" / f"{name}.osm.pbf"
    report = import_market(name, osm_file, tmp_path, extra_addresses=shared_data / extra if extra else None)
    assert report.addresses >= doors
    assert report.roads >= roads
    assert report.time_zone == zone
    market = installed_market(tmp_path, report.slug)
    assert market is not None
    rows = lines_of(market.addresses)
    assert sum(bool(row["city"]) for row in rows) > 0.99 * len(rows)
