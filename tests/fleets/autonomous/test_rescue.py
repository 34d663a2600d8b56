"""A machine that cannot go on is relieved by a courier: custody passes once, and the promise stays."""

import pytest

from homeward.deliveries.model import Actor, Who
from homeward.fleets.contract.words import IncidentKind
from tests.fleets.autonomous.world import Park


async def _stranded(park: Park, incident: IncidentKind = IncidentKind.TIPPED) -> str:
    await park.joins("sidewalk")
    delivery_id = await park.booked()
    await park.until(delivery_id, "to_dropoff")
    await park.mishap("sidewalk", incident)
    await park.until_attention(delivery_id)
    return delivery_id


@pytest.mark.parametrize("incident", [IncidentKind.TIPPED, IncidentKind.BATTERY, IncidentKind.LID_JAM])
async def test_a_courier_takes_on_what_a_robot_cannot_bring(park: Park, incident: IncidentKind) -> None:
    delivery_id = await _stranded(park, incident)
    before = await park.delivery(delivery_id)
    assert (before["state"], before["attention"]) == ("to_dropoff", "rescue_needed")
    await park.on_duty()
    courier_id = await park.offer_accepted()
    stop = await park.world.next_stop(courier_id)
    assert stop is not None
    assert (stop["kind"], "SIDEWALK" in stop["address"]) == ("pickup", True)
    await park.courier_reports(courier_id, "arrive_pickup")
    token = park.world.courier_tokens[courier_id]
    await park.world.done(token, "POST", f"/v1/courier/deliveries/{delivery_id}/compartment/open")
    await park.courier_reports(courier_id, "pick_up")
    await park.turn(1)
    await park.world.carried(courier_id)
    after = await park.delivery(delivery_id)
    assert (after["state"], after["attention"]) == ("delivered", None)
    assert (after["promised_by"], after["times"]["picked_up"]) == (before["promised_by"], before["times"]["picked_up"])
    legs = (await park.world.done(park.shop.live_key, "GET", f"/v1/deliveries/{delivery_id}/legs"))["items"]
    assert [leg["state"] for leg in legs] == ["rescued", "done"]
    assert [leg["ending"] for leg in (await park.legs(delivery_id))["items"]] == ["rescued"]


async def test_the_take_over_tells_a_machine_that_nobody_opened(park: Park) -> None:
    """The courier has forced the lid and only reports it: the machine is told, and lets go."""
    delivery_id = await _stranded(park)
    await park.on_duty()
    courier_id = await park.offer_accepted()
    await park.courier_reports(courier_id, "pick_up")
    for _ in range(3):
        await park.turn(15)
    assert [leg["ending"] for leg in (await park.legs(delivery_id))["items"]] == ["rescued"]


async def test_a_machine_that_goes_on_by_itself_needs_nobody_any_more(park: Park) -> None:
    delivery_id = await _stranded(park)
    await park.on_duty()
    courier_id = await park.offer_accepted()
    deliveries, by = park.world.platform.deliveries, Actor(Who.SYSTEM, "fleet")
    async with park.world.platform.db.operator() as tx:
        await deliveries.rescue_over(tx, delivery_id, by=by, at=park.clock.now(), reason="goes_on")
    found = await park.delivery(delivery_id)
    assert (found["state"], found["attention"], found["courier"]["vehicle"]) == ("to_dropoff", None, "robot")
    assert await park.world.next_stop(courier_id) is None
    types = [event["type"] for event in await park.events(delivery_id)]
    assert "delivery.rescuer_assigned" in types
    assert "delivery.rescue_over" in types


async def test_a_rescuer_who_gives_up_is_followed_by_another(park: Park) -> None:
    delivery_id = await _stranded(park)
    await park.on_duty()
    first = await park.offer_accepted()
    await park.courier_reports(first, "problem", reason="cannot_continue")
    assert (await park.delivery(delivery_id))["attention"] == "rescue_needed"
    second = await park.offer_accepted()
    assert second != first
    await park.courier_reports(second, "pick_up")
    await park.world.carried(second)
    assert (await park.delivery(delivery_id))["state"] == "delivered"


async def test_a_courier_who_strands_on_the_way_is_relieved_too(park: Park) -> None:
    await park.on_duty()
    delivery_id = await park.booked(machines="never")
    first = await park.offer_accepted()
    await park.courier_reports(first, "pick_up")
    await park.courier_reports(first, "head_to_dropoff")
    await park.courier_reports(first, "problem", reason="cannot_continue", place={"lat": 44.004, "lon": -73.0})
    assert (await park.delivery(delivery_id))["state"] == "to_dropoff"
    second = await park.offer_accepted()
    assert second != first
    stop = await park.world.next_stop(second)
    assert stop is not None
    assert stop["place"] == {"lat": 44.004, "lon": -73.0}
    await park.courier_reports(second, "pick_up")
    await park.world.carried(second)
    assert (await park.delivery(delivery_id))["state"] == "delivered"
