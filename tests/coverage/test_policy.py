"""Where is served: polygons, cells, and what is wrong with either."""

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import h3  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.coverage.jurisdictions import RULES, Rule, least
from homeward.coverage.model import MarketSettings, NotServed, ParcelSize, Served, ServiceArea, ServiceClass
from homeward.coverage.policy import (
    AreaIndex,
    cells_at,
    cells_of,
    check_polygon,
    check_settings,
    default_area,
    holds,
)
from homeward.kit.places import Box, LatLon

SQUARE: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [[[8.5, 47.3], [8.6, 47.3], [8.6, 47.4], [8.5, 47.4], [8.5, 47.3]]],
}
WITH_LAKE: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [
        *SQUARE["coordinates"],
        [[8.54, 47.34], [8.56, 47.34], [8.56, 47.36], [8.54, 47.36], [8.54, 47.34]],
    ],
}


def an_area(polygon: dict[str, Any], area_id: str = "area_1", *, active: bool = True) -> ServiceArea:
    return ServiceArea(area_id, "mkt_1", "Area", polygon, active, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("place", "served"),
    [
        (LatLon(47.35, 8.55), True),
        (LatLon(47.35, 8.5), True),  # on the rim
        (LatLon(47.35, 8.499999), False),
        (LatLon(47.3, 8.5), True),  # the corner
        (LatLon(47.400001, 8.55), False),
    ],
)
def test_the_polygon_decides_at_the_rim(place: LatLon, served: bool) -> None:
    assert isinstance(AreaIndex("mkt_1", [an_area(SQUARE)]).find(place), Served) is served
    assert holds(SQUARE, place) is served


def test_a_lake_inside_an_area_is_not_served() -> None:
    found = AreaIndex("mkt_1", [an_area(WITH_LAKE)]).find(LatLon(47.35, 8.55))
    assert isinstance(found, NotServed)
    assert found.nearest_m is not None
    assert 700 < found.nearest_m < 800  # a hundredth of a degree of longitude there


def test_an_area_that_is_switched_off_serves_nobody() -> None:
    assert AreaIndex("mkt_1", [an_area(SQUARE, active=False)]).find(LatLon(47.35, 8.55)) == NotServed(
        "outside_area", None, "mkt_1"
    )


@pytest.mark.parametrize(("place", "metres"), [(LatLon(47.45, 8.55), 5_560), (LatLon(47.35, 8.7), 7_530)])
def test_the_nearest_rim_is_measured_on_the_ground(place: LatLon, metres: int) -> None:
    found = AreaIndex("mkt_1", [an_area(SQUARE)]).find(place)
    assert isinstance(found, NotServed)
    assert found.nearest_m == pytest.approx(metres, rel=0.01)


def test_the_nearest_of_several_areas_counts() -> None:
    east = deepcopy(SQUARE)
    east["coordinates"] = [[[lon + 0.3, lat] for lon, lat in SQUARE["coordinates"][0]]]
    found = AreaIndex("mkt_1", [an_area(SQUARE), an_area(east, "area_2")]).find(LatLon(47.35, 8.79))
    assert isinstance(found, NotServed)
    assert found.nearest_m == pytest.approx(753, rel=0.02)


@given(st.floats(47.28, 47.42), st.floats(8.48, 8.62))
def test_cells_never_miss_a_place_that_the_polygon_holds(lat: float, lon: float) -> None:
    place = LatLon(lat, lon)
    if holds(SQUARE, place):
        assert set(cells_at(place)) & CELLS


CELLS = set(cells_of(SQUARE))


@pytest.mark.parametrize("width", [0.001, 0.01, 0.1, 1.0, 10.0])
def test_areas_of_any_size_get_a_bearable_number_of_cells_of_one_resolution(width: float) -> None:
    ring = [[8.0, 46.0], [8.0 + width, 46.0], [8.0 + width, 46.0 + width], [8.0, 46.0 + width], [8.0, 46.0]]
    cells = cells_of({"type": "Polygon", "coordinates": [ring]})
    assert 1 <= len(cells) <= 3_000
    assert len({h3.get_resolution(h3.int_to_str(cell)) for cell in cells}) == 1


def test_a_new_market_serves_around_its_addresses() -> None:
    box = Box(47.0, 8.0, 48.0, 9.0)
    town = [LatLon(47.5, 8.5), LatLon(47.5, 8.52), LatLon(47.52, 8.51)]
    area = default_area(box, town)
    assert check_polygon(area) == []
    assert all(holds(area, place) for place in town)
    assert holds(area, LatLon(47.4985, 8.51))  # 170 m south of the hull
    assert not holds(area, LatLon(47.6, 8.5))


@pytest.mark.parametrize("addresses", [[], [LatLon(47.5, 8.5)], [LatLon(47.5, 8.5)] * 5])
def test_without_a_hull_of_addresses_the_whole_map_is_served(addresses: list[LatLon]) -> None:
    area = default_area(Box(47.0, 8.0, 48.0, 9.0), addresses)
    assert check_polygon(area) == []
    assert holds(area, LatLon(47.0, 8.0))
    assert holds(area, LatLon(48.0, 9.0))


@pytest.mark.parametrize(
    ("polygon", "code"),
    [
        (None, "not-a-polygon"),
        ({"type": "Point", "coordinates": [8, 47]}, "not-a-polygon"),
        ({"type": "Polygon"}, "no-ring"),
        ({"type": "Polygon", "coordinates": []}, "no-ring"),
        ({"type": "MultiPolygon", "coordinates": []}, "no-coordinates"),
        ({"type": "Polygon", "coordinates": [[[8, 47], [9, 47], [9, 48]]]}, "ring-not-closed"),
        ({"type": "Polygon", "coordinates": [[[8, 47], [9, 47], [9, 48], [8, 48]]]}, "ring-not-closed"),
        ({"type": "Polygon", "coordinates": [[[47, 8], [47, 98], [48, 9], [47, 8]]]}, "no-place"),
        ({"type": "Polygon", "coordinates": [[[8, 47], ["9", 47], [9, 48], [8, 47]]]}, "no-place"),
        ({"type": "Polygon", "coordinates": [[[8, 47], [float("nan"), 47], [9, 48], [8, 47]]]}, "no-place"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}, "not-valid"),
        (
            {"type": "Polygon", "coordinates": [[[-179, 0], [179, 0], [179, 1], [-179, 1], [-179, 0]]]},
            "crosses-date-line",
        ),
    ],
)
def test_a_broken_polygon_is_refused_with_a_reason(polygon: Any, code: str) -> None:
    assert [error.code for error in check_polygon(polygon)] == [code]


def test_a_good_polygon_is_not_refused() -> None:
    assert check_polygon(SQUARE) == []
    assert check_polygon(WITH_LAKE) == []
    assert check_polygon({"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]}) == []


# ── settings ──


def test_settings_are_read_back_as_they_were_written() -> None:
    settings = MarketSettings(service_classes=(ServiceClass.EXPRESS,), max_size=ParcelSize.LARGE, capabilities=("x",))
    assert MarketSettings.from_json(settings.to_json()) == settings


def test_settings_of_a_newer_release_are_ignored() -> None:
    assert MarketSettings.from_json({"drones": True}) == MarketSettings()


def test_the_default_settings_are_good_ones() -> None:
    assert check_settings(MarketSettings().to_json()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("drones", True),
        ("max_weight_g", 99),
        ("max_weight_g", 1_000_001),
        ("max_weight_g", True),
        ("max_weight_g", 5_000.5),
        ("certain_confidence", 1.1),
        ("max_size", "huge"),
        ("service_classes", []),
        ("service_classes", ["express", "express"]),
        ("service_classes", ["teleport"]),
        ("window_lengths_s", [60]),
        ("window_lengths_s", "7200"),
        ("capabilities", [""]),
        ("express_limit_s", 3_000),
        ("usable_confidence", 0.9),
    ],
)
def test_a_senseless_setting_is_refused_by_name(name: str, value: object) -> None:
    assert [error.pointer for error in check_settings({name: value})] == [f"/settings/{name}"]


@pytest.mark.parametrize(("value", "right"), [(99, False), (100, True), (1_000_000, True), (1_000_001, False)])
def test_a_setting_may_lie_on_its_limits(value: int, right: bool) -> None:
    assert (check_settings({"max_weight_g": value}) == []) is right


def under_the_law(**settings: Any) -> list[str]:
    return [error.code for error in check_settings(settings, on=date(2026, 11, 23))]


@pytest.mark.parametrize(("seconds", "right"), [(59, False), (60, True), (90, True)])
def test_where_the_law_asks_for_a_minute_to_decide_no_market_gives_less(seconds: int, right: bool) -> None:
    wrong = under_the_law(jurisdiction="US-CO", offer_decision_s=seconds)
    assert wrong == ([] if right else ["below-the-law"])
    assert under_the_law(jurisdiction="US-VT", offer_decision_s=seconds) == []


def test_a_law_binds_from_its_day_on_and_all_parts_of_its_place() -> None:
    rule = Rule("US", date(2026, 7, 1), {"rest_s": 30}, "https://law.example", date(2026, 1, 1))
    asked = [least(place, "rest_s", date(2026, month, 1), [rule]) for place in ("US-CO", "UK") for month in (6, 7)]
    assert asked == [0, 30, 0, 0]


def test_every_rule_of_law_names_its_source_and_the_day_it_was_checked() -> None:
    assert all(rule.source_url.startswith("https://") and rule.checked_on >= rule.effective_from for rule in RULES)
