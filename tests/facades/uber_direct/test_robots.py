"""Test mode: a robot carries the delivery as the test specification says."""

from typing import Any

from tests.facades.uber_direct.world import Uber


async def _ways(uber: Uber, made: dict[str, Any]) -> list[str]:
    """The statuses that it went through until its robot has nothing more to do."""
    seen = [made["status"]]
    for _ in range(80):
        uber.world.clock.advance(10)
        await uber.world.platform.robots.drive()
        told = await uber.done("GET", f"/deliveries/{made['id']}", client=uber.test)
        if told["status"] != seen[-1]:
            seen.append(told["status"])
    return seen


async def test_an_automatic_robot_takes_the_delivery_through_every_status(uber: Uber) -> None:
    auto = {"robo_courier_specification": {"mode": "auto"}}
    made = await uber.created(client=uber.test, test_specifications=auto)
    assert await _ways(uber, made) == ["pending", "pickup", "pickup_complete", "dropoff", "delivered"]


async def test_a_robot_whom_nobody_opens_brings_the_goods_back(uber: Uber) -> None:
    unlucky = {
        "mode": "custom",
        "enroute_for_pickup_at": uber.at(1),
        "pickup_at": uber.at(2),
        "dropoff_at": uber.at(4),
        "cancel_reason": "customer_unavailable",
    }
    made = await uber.created(client=uber.test, test_specifications={"robo_courier_specification": unlucky})
    assert (await _ways(uber, made))[-1] == "returned"
    told = await uber.done("GET", f"/deliveries/{made['id']}", client=uber.test)
    assert told["undeliverable_reason"] == "CUSTOMER_UNAVAILABLE"
    back = await uber.done("GET", f"/deliveries/{told['related_deliveries'][0]['id']}", client=uber.test)
    assert back["status"] == "delivered"
