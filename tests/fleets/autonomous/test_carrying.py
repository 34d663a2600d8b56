"""Machines carry deliveries: from the plan to the door, over the fleet contract."""

from tests.fleets.autonomous.world import Park


async def test_a_robot_that_is_allowed_carries_a_delivery_to_the_door(park: Park) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked()
    found = await park.until(delivery_id, "delivered")
    types = [event["type"] for event in await park.events(delivery_id)]
    assert [one for one in types if one.startswith("delivery.")][-1] == "delivery.delivered"
    for state in ("assigned", "to_pickup", "at_pickup", "picked_up", "to_dropoff", "at_dropoff", "delivered"):
        assert f"delivery.{state}" in types, types
    assert found["courier"] is None
    legs = (await park.legs(delivery_id))["items"]
    assert [(leg["stage"], leg["ending"]) for leg in legs] == [("ended", "delivered")]
