"""Every limit that says no is named, with its figures; what lies on a limit is still inside."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from homeward.fleets.contract.facts import Inner, Place, Weather
from homeward.fleets.contract.legs import LegOrder
from homeward.simulator.fleets import promises
from homeward.simulator.fleets.rules import daylight, goes_in
from homeward.simulator.fleets.serve import GREENWICH, NOON
from tests.simulator.fleets.world import a_fleet, an_order, north_of


def limits(kind: str, **changes: Any) -> dict[str, tuple[float | None, float | None]]:
    order = LegOrder.model_validate(an_order(kind, **changes))
    answer = promises.feasible(a_fleet(kind).world, order)
    return {no.limit: (no.at_most, no.asked) for no in answer.limits}


def parcel(**changes: Any) -> list[dict[str, Any]]:
    return [{"id": "p1", "weight_g": 500} | changes]


def door(metres: float, handoff: str = "hatch", **more: Any) -> dict[str, Any]:
    return {"place": north_of(metres), "address": "Oak Lane 2", "handoff": [handoff]} | more


@pytest.mark.parametrize(("kind", "most_g"), [("sidewalk", 20_000), ("drone", 1_800), ("carrier", 18_000)])
def test_weight_on_the_limit_goes_and_a_gram_more_does_not(kind: str, most_g: int) -> None:
    assert limits(kind, parcels=parcel(weight_g=most_g)) == {}
    assert limits(kind, parcels=parcel(weight_g=most_g + 1)) == {"too_heavy": (most_g, most_g + 1)}


def test_a_box_goes_in_turned_and_not_when_an_edge_is_too_long() -> None:
    room = Inner(length_mm=420, width_mm=490, height_mm=297)
    assert goes_in(Inner(length_mm=297, width_mm=420, height_mm=490), room)
    assert not goes_in(Inner(length_mm=10, width_mm=10, height_mm=491), room)


@pytest.mark.parametrize(
    ("kind", "changes", "limit"),
    [
        ("sidewalk", {"parcels": parcel(size={"length_mm": 600, "width_mm": 10, "height_mm": 10})}, "too_big"),
        ("sidewalk", {"parcels": parcel(goods=["alcohol"])}, "goods"),
        ("sidewalk", {"parcels": parcel(temperature="frozen")}, "temperature"),
        ("sidewalk", {"dropoff": door(500, "hand")}, "handoff"),
        ("sidewalk", {"pickup": door(2_000), "dropoff": door(3_100)}, "out_of_area"),
        ("sidewalk", {"dropoff": door(2_900), "pickup": door(-2_900)}, "range"),
        ("sidewalk", {"latest": (NOON + timedelta(minutes=5)).isoformat()}, "too_late"),
        ("sidewalk", {"ready_at": "2026-06-15T23:30:00Z", "latest": "2026-06-16T02:00:00Z"}, "closed"),
        ("drone", {"ready_at": "2026-06-15T23:30:00Z", "latest": "2026-06-16T02:00:00Z"}, "daylight"),
        ("drone", {"dropoff": door(600, "tether")}, "unsafe_spot"),
        ("sidewalk", {"vehicle_id": "nobody"}, "unknown"),
    ],
)
def test_each_limit_says_its_own_no(kind: str, changes: dict[str, Any], limit: str) -> None:
    assert list(limits(kind, **changes)) == [limit]


def test_all_limits_that_say_no_are_named_together() -> None:
    found = limits("sidewalk", parcels=parcel(weight_g=30_000, goods=["tobacco"]), dropoff=door(9_000, "pad"))
    assert set(found) == {"too_heavy", "goods", "handoff", "out_of_area", "range"}


def test_a_drone_does_not_cross_where_it_may_not_fly() -> None:
    beyond = {"lat": north_of(6_800)["lat"], "lon": GREENWICH.lon + 6_800 / (111_195 * 0.623)}
    spot = {"place": beyond, "address": "Beyond", "handoff": ["tether"], "spot": beyond}
    assert "no_way" in limits("drone", dropoff=spot)


@pytest.mark.parametrize(("wind", "says_no"), [(17.0, False), (17.1, True), (None, False)])
def test_weather_says_no_beyond_its_limit_only(wind: float | None, says_no: bool) -> None:
    fleet = a_fleet()
    fleet.world.weather = Weather(at=NOON, wind_m_s=wind)
    answer = promises.feasible(fleet.world, LegOrder.model_validate(an_order()))
    assert ["weather"] * says_no == [no.limit for no in answer.limits]
    assert all(no.retry_after is not None for no in answer.limits)


def test_the_sun_rises_in_greenwich_about_when_the_almanac_says() -> None:
    # 21 March: 06:03 and 18:14 by the almanac; the equation of time is left out here, 7 min on that day.
    light = daylight(Place(lat=51.48, lon=0.0), datetime(2026, 3, 21, 12, tzinfo=UTC))
    assert light is not None
    assert abs(light[0] - datetime(2026, 3, 21, 6, 3, tzinfo=UTC)) < timedelta(minutes=16)
    assert abs(light[1] - datetime(2026, 3, 21, 18, 14, tzinfo=UTC)) < timedelta(minutes=16)
    assert daylight(Place(lat=80, lon=0), datetime(2026, 12, 21, 12, tzinfo=UTC)) is None
