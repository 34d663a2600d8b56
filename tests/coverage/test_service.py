"""Markets and areas in a real database, asked and changed over HTTP."""

from typing import Any

import httpx
import pytest

from homeward.coverage.model import NotServed, Served
from homeward.kit.places import Box, LatLon
from tests.quotes.conftest import NEAR, OUTSIDE, World, add_market, world

__all__ = ["world"]

WEST: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [[[8.41, 47.31], [8.54, 47.31], [8.54, 47.44], [8.41, 47.44], [8.41, 47.31]]],
}


async def test_the_market_of_a_place_is_the_one_that_serves_it(world: World) -> None:
    await add_market(world.db, "mkt_2", Box(46.0, 7.0, 48.0, 9.0), "switzerland")
    async with world.db.operator() as tx:
        await tx.run("DELETE FROM service_area WHERE market_id = 'mkt_2'")
    await world.coverage.create_area("mkt_2", "Bern", _square(7.4, 46.9), by="t")
    for place, expected in ((NEAR, "mkt_1"), (LatLon(46.95, 7.45), "mkt_2"), (LatLon(47.2, 8.0), "mkt_2")):
        found = await world.coverage.market_at(place)
        assert found is not None
        assert found.id == expected
    assert await world.coverage.market_at(LatLon(0, 0)) is None


async def test_a_place_is_checked_without_a_quote(world: World) -> None:
    assert isinstance(await world.coverage.check(NEAR), Served)
    outside = await world.coverage.check(OUTSIDE, "mkt_1")
    assert isinstance(outside, NotServed)
    assert outside.nearest_m == pytest.approx(5_560, rel=0.01)
    answer = await world.http.get("/v1/coverage", params={"lat": NEAR.lat, "lon": NEAR.lon})
    assert answer.json() == {"served": True, "market_id": "mkt_1", "reason": None, "nearest_m": None}


async def test_a_place_in_a_paused_market_is_not_served_at_the_moment(world: World) -> None:
    await world.coverage.update_market("mkt_1", status="paused", by="t")
    answer = await world.http.get("/v1/coverage", params={"lat": NEAR.lat, "lon": NEAR.lon})
    assert (answer.json()["served"], answer.json()["reason"]) == (False, "market_paused")


async def test_a_drawn_area_replaces_the_first_one_from_the_next_quote_on(world: World) -> None:
    assert (await world.ask()).status_code == 201
    headers = await world.as_operator()
    made = await _post(world, headers, "/areas", {"name": "West", "polygon": WEST})
    assert made.status_code == 201
    first = (await world.coverage.areas("mkt_1"))[0]
    gone = await world.http.delete(f"/v1/operator/markets/mkt_1/areas/{first.id}", headers=headers)
    assert gone.status_code == 204
    answer = await world.ask()
    assert (answer.status_code, answer.json()["code"]) == (409, "outside-area")
    assert (await world.ask(dropoff={"place": {"lat": 47.38, "lon": 8.5}})).status_code == 201


async def test_an_area_can_be_redrawn_and_switched_off(world: World) -> None:
    headers = await world.as_operator()
    made = (await _post(world, headers, "/areas", {"name": "West", "polygon": WEST})).json()
    path = f"/v1/operator/markets/mkt_1/areas/{made['id']}"
    redrawn = await world.http.patch(path, json={"polygon": _square(8.42, 47.32), "name": "Corner"}, headers=headers)
    assert (redrawn.status_code, redrawn.json()["name"]) == (200, "Corner")
    off = await world.http.patch(path, json={"active": False}, headers=headers)
    assert off.json()["active"] is False


async def test_the_last_area_stays(world: World) -> None:
    headers = await world.as_operator()
    (area,) = await world.coverage.areas("mkt_1")
    path = f"/v1/operator/markets/mkt_1/areas/{area.id}"
    for answer in (
        await world.http.delete(path, headers=headers),
        await world.http.patch(path, json={"active": False}, headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last-area-needed")


async def test_a_broken_area_is_refused_with_the_place_of_the_mistake(world: World) -> None:
    headers = await world.as_operator()
    answer = await _post(world, headers, "/areas", {"name": "Bow", "polygon": {"type": "Point"}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/polygon"


async def test_single_settings_are_changed_and_set_back(world: World) -> None:
    headers = await world.as_operator()
    path = "/v1/operator/markets/mkt_1"
    changed = await world.http.patch(path, json={"settings": {"max_weight_g": 9_000, "door_s": 60}}, headers=headers)
    assert changed.json()["settings"]["max_weight_g"] == 9_000
    back = await world.http.patch(path, json={"settings": {"max_weight_g": None}}, headers=headers)
    assert (back.json()["settings"]["max_weight_g"], back.json()["settings"]["door_s"]) == (25_000, 60)


async def test_bad_settings_and_hours_change_nothing(world: World) -> None:
    headers = await world.as_operator()
    body = {"settings": {"max_weight_g": -1}, "hours": {"time_zone": "Mars/Olympus", "weekly": {"9": []}}}
    answer = await world.http.patch("/v1/operator/markets/mkt_1", json=body, headers=headers)
    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/settings/max_weight_g", "/hours/time_zone", "/hours/weekly/9"}
    assert (await world.coverage.market("mkt_1")).settings.max_weight_g == 25_000


async def test_every_change_is_recorded_with_its_author(world: World) -> None:
    headers = await world.as_operator()
    await world.http.patch("/v1/operator/markets/mkt_1", json={"status": "paused"}, headers=headers)
    async with world.db.operator() as tx:
        entry = await tx.one("SELECT * FROM audit_entry WHERE action = 'market.change'")
    assert entry is not None
    assert entry["actor"].startswith("operator:opr_")
    assert entry["object"] == "mkt_1"


async def test_each_change_of_market_area_or_tariff_makes_a_new_revision(world: World) -> None:
    seen = [(await world.coverage.market("mkt_1")).revision]
    await world.coverage.update_market("mkt_1", name="Zurich", by="t")
    seen.append((await world.coverage.market("mkt_1")).revision)
    await world.coverage.create_area("mkt_1", "West", WEST, by="t")
    seen.append((await world.coverage.market("mkt_1")).revision)
    async with world.db.operator() as tx:
        await tx.run("UPDATE tariff SET effective_from = now()")
    seen.append((await world.coverage.market("mkt_1")).revision)
    assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    "path", ["/v1/operator/markets", "/v1/operator/markets/mkt_1", "/v1/operator/markets/mkt_1/areas"]
)
async def test_merchants_do_not_see_the_operators_markets(world: World, path: str) -> None:
    assert (await world.http.get(path)).status_code == 401


async def test_unknown_markets_and_areas_are_not_found(world: World) -> None:
    headers = await world.as_operator()
    for path in ("mkt_9", "mkt_9/areas"):
        assert (await world.http.get(f"/v1/operator/markets/{path}", headers=headers)).status_code == 404
    patched = await world.http.patch("/v1/operator/markets/mkt_1/areas/area_9", json={"name": "x"}, headers=headers)
    assert patched.status_code == 404


def _square(west: float, south: float) -> dict[str, Any]:
    east, north = west + 0.1, south + 0.1
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


async def _post(world: World, headers: dict[str, str], path: str, body: dict[str, Any]) -> httpx.Response:
    return await world.http.post(f"/v1/operator/markets/mkt_1{path}", json=body, headers=headers)
