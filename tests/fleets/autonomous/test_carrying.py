"""Machines carry deliveries: from the plan to the door, over the fleet contract."""

from typing import Any

import pytest

from homeward.fleets.contract.facts import Weather
from homeward.fleets.contract.sandbox import SetWeather
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


async def test_a_machine_comes_only_once_the_shopper_has_agreed(park: Park) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked(machines="ask")
    for _ in range(3):
        await park.turn()
    assert (await park.delivery(delivery_id))["state"] == "searching"
    assert "agreed to a machine" in await park.explained(delivery_id)
    assert "May a robot or drone bring it?" in await park.page(delivery_id)
    await park.shopper(delivery_id, "machines", allowed="true")
    found = await park.until(delivery_id, "to_pickup")
    assert found["machines"] == "allowed"
    assert "May a robot" not in await park.page(delivery_id)


async def test_a_shopper_who_says_no_gets_a_person(park: Park) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked(machines="ask")
    await park.turn()
    await park.shopper(delivery_id, "machines", allowed="false")
    for _ in range(3):
        await park.turn()
    found = await park.delivery(delivery_id)
    assert (found["state"], found["machines"]) == ("searching", "never")
    assert "no machine is wanted" in await park.explained(delivery_id)


@pytest.mark.parametrize(
    ("kind", "more", "why"),
    [
        ("drone", {"parcel": {"weight_g": 2_400}}, "cannot carry so much: 2400 where at most 1800 will do"),
        ("sidewalk", {"contents": {"goods": ["pharmacy"]}}, "does not carry such goods"),
        ("sidewalk", {"proof": {"signature": True}}, "No machine can take a signature"),
        ("drone", {"handover": "to_person", "parcel": {"weight_g": 900}}, "cannot hand it over as it must be"),
    ],
)
async def test_an_explanation_names_each_machine_that_cannot_and_its_limit(
    park: Park, kind: str, more: dict[str, Any], why: str
) -> None:
    await park.joins(kind)
    delivery_id = await park.booked(**more)
    for _ in range(3):
        await park.turn()
    assert (await park.delivery(delivery_id))["state"] == "searching"
    assert why in await park.explained(delivery_id)


async def test_bad_weather_keeps_a_drone_in_and_a_robot_goes_instead(park: Park) -> None:
    await park.joins("drone")
    await park.joins("sidewalk")
    storm = Weather(at=park.clock.now(), wind_m_s=15)
    await park.fleets["drone"].set_weather(SetWeather(weather=storm))
    delivery_id = await park.booked(parcel={"weight_g": 900})
    found = await park.until(delivery_id, "assigned", "to_pickup")
    assert found["courier"]["vehicle"] == "robot"
    assert "does not go out in this weather: 15 where at most 12 will do" in await park.explained(delivery_id)


async def test_a_courier_on_duty_and_a_machine_are_weighed_by_what_they_cost(park: Park) -> None:
    """Who is right there beats a robot that must come first; far away the robot is cheaper."""
    await park.joins("sidewalk")
    await park.on_duty()
    delivery_id = await park.booked()
    await park.turn()
    told = await park.explained(delivery_id)
    assert "price of its fleet" in told
    assert "courier's time" in told


async def test_a_cancelled_delivery_calls_the_machine_off(park: Park) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked()
    await park.until(delivery_id, "to_pickup")
    await park.world.done(park.shop.live_key, "POST", f"/v1/deliveries/{delivery_id}/cancel")
    for _ in range(3):
        await park.turn(15)
    leg = (await park.legs(delivery_id))["items"][0]
    assert (leg["ending"], leg["state"]) == ("withdrawn", "cancelled")
    assert all(not one.legs for one in await park.world.platform.machines.machines())


async def test_nobody_at_the_door_sends_the_machine_back_to_the_store(park: Park) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked()
    await park.until(delivery_id, "at_dropoff")
    for _ in range(80):
        await park.turn()
        if (await park.delivery(delivery_id))["state"] == "returning":
            break
    await park.until(delivery_id, "returned")
    assert [leg["ending"] for leg in (await park.legs(delivery_id))["items"]] == ["returned"]


async def test_a_merchant_who_calls_the_parcel_back_turns_the_machine_around(park: Park) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked()
    await park.until(delivery_id, "to_dropoff")
    await park.world.done(park.shop.live_key, "POST", f"/v1/deliveries/{delivery_id}/return")
    found = await park.until(delivery_id, "returned")
    assert found["outcome"]["by"] == "merchant"


async def test_only_the_store_and_the_shopper_open_it_and_only_where_it_stands(park: Park) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked()
    await park.until(delivery_id, "to_pickup")
    path = f"/v1/deliveries/{delivery_id}/compartment/open"
    too_early = await park.world.ask(park.shop.live_key, "POST", path)
    assert (too_early.status_code, too_early.json()["code"]) == (409, "no-machine-there")
    stranger = await park.world.ask(park.world.butcher.live_key, "POST", path)
    assert stranger.status_code == 404
    assert (await park.shopper_opens(delivery_id)).status_code == 409


async def test_a_fleet_that_asks_for_clearly_more_than_planned_is_planned_with_anew(park: Park) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked()
    platform = park.world.platform
    await platform.machines.read_due()
    await platform.machines.ask_due()
    async with platform.db.operator() as tx:
        await tx.run("UPDATE machine_answer SET price_minor = 10")
    await park.world.town.plan(0)
    await platform.machines.carry_due()
    leg = (await park.legs(delivery_id))["items"][0]
    assert (leg["ending"], leg["reason"]) == ("refused", "operator")
    await park.until(delivery_id, "delivered")
