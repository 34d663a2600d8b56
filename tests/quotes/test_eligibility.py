"""Many stores and doors at once: served or not, and why not, in the words of a quote."""

from typing import Any

import httpx

from homeward.merchants.model import NewStore
from homeward.quotes.eligibility import EligibilityService
from homeward.quotes.eligibility_api import eligibility_router
from tests.quotes.conftest import BAKERY, FAR, MARSH, NEAR, OUTSIDE, CrowRoads, World


def with_eligibility(world: World) -> World:
    service = EligibilityService(world.db, world.clock, CrowRoads(), world.quotes)
    transport = world.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    transport.app.include_router(eligibility_router(service, world.auth))  # type: ignore[attr-defined]
    return world


async def check(world: World, stores: list[str], doors: list[Any]) -> httpx.Response:
    return await world.http.post("/v1/eligibility", json={"store_ids": stores, "dropoffs": doors})


def place(at: Any) -> dict[str, Any]:
    return {"place": {"lat": at.lat, "lon": at.lon}}


async def test_every_pair_is_answered_in_the_order_asked(world: World) -> None:
    with_eligibility(world)
    second = await world.merchants.create_store(world.merchant.merchant.id, NewStore("Second", place=NEAR))
    answer = await check(world, [second.id, world.store.id], [{"address": "1 Mill Lane"}, place(OUTSIDE)])
    pairs = [(p["store_id"], p["dropoff"], p["eligible"]) for p in answer.json()["items"]]
    assert pairs == [(second.id, 0, True), (second.id, 1, False), (world.store.id, 0, True), (world.store.id, 1, False)]
    assert answer.json()["items"][0]["distance_m"] < answer.json()["items"][2]["distance_m"]


async def test_the_reason_is_the_one_that_a_quote_gives(world: World) -> None:
    with_eligibility(world)
    doors = [{"address": "9 Nowhere"}, {"address": "Main Street"}, place(OUTSIDE), place(MARSH)]
    found = (await check(world, [world.store.id], doors)).json()["items"]
    quoted = [(await world.ask(dropoff=door)).json()["code"] for door in doors]
    assert [pair["refusal"]["code"] for pair in found] == quoted
    assert quoted == ["address-not-found", "address-unclear", "outside-area", "no-road-near-door"]


async def test_too_far_tells_how_far(world: World) -> None:
    with_eligibility(world)
    await world.set(max_distance_m=100)
    pair = (await check(world, [world.store.id], [place(NEAR)])).json()["items"][0]
    assert (pair["eligible"], pair["refusal"]["code"]) == (False, "too-far")
    assert pair["distance_m"] > 100


async def test_nothing_asked_is_nothing_answered(world: World) -> None:
    with_eligibility(world)
    assert (await check(world, [], [])).json() == {"items": []}
    assert (await check(world, [world.store.id], [])).json() == {"items": []}


async def test_stores_of_others_do_not_exist_and_too_many_are_refused(world: World) -> None:
    with_eligibility(world)
    other = await world.merchants.create_merchant("Butcher")
    theirs = await world.merchants.create_store(other.merchant.id, NewStore("Theirs", place=BAKERY))
    assert (await check(world, [theirs.id], [place(NEAR)])).status_code == 404
    assert (await check(world, [world.store.id], [place(NEAR)] * 11)).status_code == 422
    assert (await check(world, [f"sto_{n}" for n in range(11)], [place(FAR)])).status_code == 422
