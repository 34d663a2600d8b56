"""Test mode from the outside: a delivery booked with a test key lives its whole life and touches no live work."""

from typing import Any

from tests.acceptance.world import World

DAY_S = 180


async def _test_booking(world: World, **more: Any) -> dict[str, Any]:
    body = {
        "store_id": world.bakery.store_id,
        "dropoff": {"address": "12 Elm Street, Springfield"},
        "parcel": {"weight_g": 900},
        **more,
    }
    return await world.done(world.bakery.test_key, "POST", "/v1/deliveries", body)


async def _time_passes(world: World, seconds: int) -> None:
    for _ in range(seconds // 10):
        world.clock.advance(10)
        await world.platform.deliveries.wake_due()
        while await world.platform.robots.drive():
            pass


async def test_a_test_delivery_lives_its_whole_life_without_couriers(world: World) -> None:
    booked = await _test_booking(world)
    await _time_passes(world, DAY_S)
    path = f"/v1/deliveries/{booked['id']}"
    seen = await world.done(world.bakery.test_key, "GET", path)
    assert seen["state"] == "delivered"
    proofs = await world.done(world.bakery.test_key, "GET", f"{path}/proofs")
    assert [proof["kind"] for proof in proofs["items"]] == ["photo"]


async def test_it_shows_in_the_test_feed_and_nowhere_in_the_live_one(world: World) -> None:
    booked = await _test_booking(world)
    await _time_passes(world, DAY_S)
    live = await world.done(world.bakery.live_key, "GET", "/v1/events")
    test = await world.done(world.bakery.test_key, "GET", "/v1/events")
    assert {event["delivery_id"] for event in test["items"]} == {booked["id"]}
    assert live["items"] == []
    assert (await world.done(world.bakery.live_key, "GET", "/v1/deliveries"))["items"] == []


async def test_planner_couriers_promises_and_messages_never_hear_of_it(world: World) -> None:
    await _test_booking(world, dropoff={"address": "12 Elm Street, Springfield", "contact": {"phone": "+18025550100"}})
    for _ in range(6):
        await world.town.plan(after_s=30)
        await _time_passes(world, 30)
        for token in world.courier_tokens.values():
            assert (await world.ask(token, "GET", "/v1/courier/offer")).status_code == 204
    await world.platform.promises.observe()
    await world.platform.messages.write_messages()
    assert await world.rows("SELECT 1 FROM offer") == []
    assert await world.rows("SELECT 1 FROM promise_outcome") == []
    assert await world.rows("SELECT 1 FROM message WHERE delivery_id IS NOT NULL") == []


async def test_the_operator_does_not_send_a_courier_for_it(world: World) -> None:
    booked = await _test_booking(world, robot={"mode": "manual"})
    body = {"courier_id": world.couriers[0], "reason": "why not"}
    answer = await world.ask(world.operator_token, "POST", f"/v1/operator/deliveries/{booked['id']}/reassign", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "not-reassignable")


async def test_its_page_shows_where_the_robot_is_and_the_list_of_couriers_does_not(world: World) -> None:
    booked = await _test_booking(world)
    await _time_passes(world, 110)
    courier = (await world.done(world.bakery.test_key, "GET", f"/v1/deliveries/{booked['id']}"))["courier"]
    assert courier["first_name"] == "Robin"
    async with world.client() as http:
        page = await http.get(booked["tracking_url"])
    assert page.status_code == 200
    assert "Robin" in page.text
    listed = await world.done(world.operator_token, "GET", "/v1/operator/couriers")
    assert {courier["id"] for courier in listed["items"]} == set(world.couriers)


async def test_a_webhook_is_told_where_it_is(world: World) -> None:
    endpoint = {"url": "https://8.8.8.8/robots", "location_every_s": 10}
    made = await world.done(world.bakery.test_key, "POST", "/v1/webhook-endpoints", endpoint)
    await _test_booking(world)
    await _time_passes(world, 40)
    assert await world.platform.positions.tell_due() == 1
    told = await world.rows(
        "SELECT type FROM webhook_message WHERE endpoint_id = %(id)s AND seq IS NULL", id=made["id"]
    )
    assert told == [{"type": "courier.location"}]
