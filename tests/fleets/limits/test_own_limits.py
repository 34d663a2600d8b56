"""Couriers' own limits: offers obey them, explanations name them, and breaks are breaks."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.deliveries.contents import Goods
from homeward.dispatch.packing import pack_inputs, unpack_inputs
from homeward.fleets.couriers.limits.documents import wishes_from, wishes_json
from homeward.fleets.couriers.limits.model import Asked, OwnLimits, Wishes, Zone
from homeward.fleets.couriers.limits.policy import broken_by, holds
from homeward.kit.places import LatLon
from tests.dispatch.world import Phone, Town

STORE, DOOR = LatLon(47.14, 9.52), LatLon(47.15, 9.53)
ASKED = Asked(STORE, DOOR, 2_000, (Goods.ALCOHOL,))
SQUARE = (LatLon(47.0, 9.0), LatLon(47.0, 10.0), LatLon(48.0, 10.0), LatLon(48.0, 9.0))
BRIDGE = Zone(
    "Old Bridge", ring=(LatLon(47.144, 9.50), LatLon(47.146, 9.50), LatLon(47.146, 9.55), LatLon(47.144, 9.55))
)


@pytest.mark.parametrize(
    ("limits", "broken"),
    [
        (OwnLimits(), None),
        (OwnLimits(longest_m=1_000), "own_distance"),
        (OwnLimits(longest_m=5_000), None),
        (OwnLimits(heaviest_g=1_999), "own_weight"),
        (OwnLimits(heaviest_g=2_000), None),
        (OwnLimits(goods=(Goods.ALCOHOL,)), "own_goods"),
        (OwnLimits(goods=(Goods.TOBACCO,)), None),
        (OwnLimits(zones=(Zone("near", STORE, 500),)), "own_zone"),
        (OwnLimits(zones=(Zone("near", STORE, 500), Zone("home", DOOR, 500))), None),
        (OwnLimits(zones=(Zone("all", ring=SQUARE),)), None),
        (OwnLimits(avoided=(Zone("school", DOOR, 50),)), "own_no_go"),
        (OwnLimits(avoided=(BRIDGE,)), "own_no_go"),
        (OwnLimits(avoided=(Zone("middle", LatLon(47.145, 9.525), 100),)), "own_no_go"),
        (OwnLimits(avoided=(Zone("elsewhere", LatLon(47.2, 9.6), 100),)), None),
    ],
)
def test_the_first_own_limit_that_a_delivery_breaks_is_named(limits: OwnLimits, broken: str | None) -> None:
    found = broken_by(limits, ASKED)
    assert (found.limit if found else None) == broken


@given(st.floats(46.5, 48.5), st.floats(8.5, 10.5))
def test_a_ring_holds_what_lies_between_its_sides(lat: float, lon: float) -> None:
    within = 47.0 < lat < 48.0 and 9.0 < lon < 10.0
    on_the_rim = lat in (47.0, 48.0) or lon in (9.0, 10.0)
    assert on_the_rim or holds(Zone("square", ring=SQUARE), LatLon(lat, lon)) == within


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_a_wider_limit_never_rules_out_more(narrow: int, more: int) -> None:
    wide = OwnLimits(longest_m=narrow + more)
    assert broken_by(wide, ASKED) is None or broken_by(OwnLimits(longest_m=narrow), ASKED) is not None


def test_wishes_are_read_back_as_they_were_said() -> None:
    limits = OwnLimits((Zone("a", STORE, 5),), (BRIDGE,), 1, 2, (Goods.TOBACCO,), 3)
    said = Wishes(limits, {"time_zone": "Europe/Zurich", "weekly": {}})
    assert wishes_from(wishes_json(said)) == said
    assert wishes_from({}) == Wishes()


async def limited(phone: Phone, **limits: Any) -> Any:
    return await phone.http.put("/v1/courier/limits", json=limits)


async def test_an_own_limit_keeps_the_offer_away_and_is_named_in_the_explanation(town: Town) -> None:
    ana, ben = await town.on_duty("Ana Near"), await town.on_duty("Ben Far", LatLon(47.15, 9.53))
    answer = await limited(ana, heaviest_g=500)
    assert answer.status_code == 200, answer.text
    delivery_id = await town.booked()
    await town.tick()
    assert await ana.offer() is None
    assert await ben.offer() is not None
    why = await town.dispatch.explain(delivery_id)
    (ruling,) = [one for one in why.rounds[-1].rulings if one.courier_id == ana.id]
    assert (ruling.limit, ruling.needed, ruling.allowed) == ("own_weight", 2_000, 500)
    assert "Ana Near: does not want to carry so much: 2000 g, at most 500" in why.text


async def test_a_decision_with_own_limits_is_made_again_from_what_was_stored(town: Town) -> None:
    ana = await town.on_duty("Ana Near")
    await limited(ana, zones=[{"name": "far", "centre": {"lat": 1, "lon": 1}, "radius_m": 900}])
    await town.booked()
    await town.tick()
    (row,) = await town.rows("SELECT id, inputs FROM dispatch_decision ORDER BY made_at DESC LIMIT 1")
    inputs = unpack_inputs(row["inputs"])
    assert inputs.snapshot.couriers[0].own.zones[0].name == "far"
    assert unpack_inputs(pack_inputs(inputs)) == inputs


async def test_a_break_pauses_offers_until_its_end_and_leaves_the_courier_on_duty(town: Town) -> None:
    ana = await town.on_duty("Ana Near")
    answer = await ana.post("/break", until=(town.clock.now() + timedelta(minutes=10)).isoformat())
    assert answer.status_code == 200, answer.text
    delivery_id = await town.booked()
    await town.tick()
    assert await ana.offer() is None
    assert (await town.couriers.get(ana.id)).on_duty
    assert [r.limit for r in (await town.dispatch.explain(delivery_id)).rounds[-1].rulings] == ["on_break"]
    assert (await ana.post("/break")).json()["paused_until"] is None
    await town.tick()
    assert await ana.offer() is not None


async def test_fewer_at_once_than_the_vehicle_takes(town: Town) -> None:
    ana = await town.on_duty("Ana Near")
    await limited(ana, at_once=1)
    for _ in range(2):
        await town.booked()
    await town.tick()
    await ana.accept()
    await town.tick()
    assert await ana.offer() is None


@pytest.mark.parametrize(
    "body",
    [
        {"zones": [{"name": "nothing"}]},
        {"zones": [{"ring": [{"lat": 1, "lon": 1}]}]},
        {"hours": {"time_zone": "Nowhere"}},
        {"goods": ["sand"]},
    ],
)
async def test_limits_that_cannot_be_meant_are_refused(town: Town, body: dict[str, Any]) -> None:
    answer = await limited(await town.on_duty(), **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")


async def test_a_break_of_more_than_a_day_is_refused(town: Town) -> None:
    ana = await town.on_duty()
    answer = await ana.post("/break", until=(town.clock.now() + timedelta(hours=25)).isoformat())
    assert (answer.status_code, answer.json()["code"]) == (422, "break-too-long")
