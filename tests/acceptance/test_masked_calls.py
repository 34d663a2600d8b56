"""Calls between couriers, shoppers and stores, in which nobody learns a number."""

from datetime import timedelta
from typing import Any

import httpx

from homeward.deliveries.relay import Relay
from homeward.deliveries.states import Act
from tests.acceptance.world import World

RELAY = "+18025559999"  # no courier of the town has it
SHOPPER = "+18025550123"


def set_up(world: World) -> None:
    world.platform.deliveries.relay = Relay(RELAY, timedelta(minutes=30))


async def under_way(world: World) -> tuple[str, str]:
    """A delivery whose courier is on the way to the door, and the courier."""
    dropoff = {"contact": {"name": "Sam Shopper", "phone": SHOPPER}}
    booked = await world.booked(world.bakery, "20 Elm Street", dropoff=dropoff)
    courier_id = await world.accepted()
    await world.carried(courier_id, until=Act.PICK_UP)
    return str(booked["id"]), courier_id


async def courier_of(world: World, delivery_id: str) -> Any:
    return (await world.done(world.bakery.live_key, "GET", f"/v1/deliveries/{delivery_id}"))["courier"]


async def asked(world: World, code: str, caller: str | None = None) -> httpx.Response:
    query = {"caller": caller} if caller else {}
    return await world.ask(world.operator_token, "GET", f"/v1/operator/relay/{code}", **query)


async def test_without_a_relay_there_is_no_contact_and_codes_lead_nowhere(world: World) -> None:
    delivery_id, _ = await under_way(world)
    assert (await courier_of(world, delivery_id))["contact"] is None
    (leg,) = await world.rows("SELECT relay_code FROM leg")
    assert (await asked(world, leg["relay_code"])).status_code == 404


async def test_a_merchant_reads_number_and_code_and_a_call_with_it_reaches_the_courier(world: World) -> None:
    set_up(world)
    delivery_id, courier_id = await under_way(world)
    contact = (await courier_of(world, delivery_id))["contact"]
    assert (contact["phone"], len(contact["code"]), contact["expires_at"]) == (RELAY, 6, None)
    courier = await world.platform.couriers.get(courier_id)

    answer = (await asked(world, contact["code"], SHOPPER)).json()
    assert answer["connect"] == {"caller": "shopper", "party": "courier", "phone": courier.phone}
    assert answer["delivery_id"] == delivery_id
    answer = (await asked(world, contact["code"], courier.phone)).json()
    assert answer["connect"] == {"caller": "courier", "party": "shopper", "phone": SHOPPER}
    for spoken in (answer["to_caller"], answer["to_called"]):
        assert SHOPPER not in spoken
        assert courier.phone not in spoken


async def test_nobody_reads_a_number_where_the_relay_stands(world: World) -> None:
    set_up(world)
    delivery_id, courier_id = await under_way(world)
    contact = (await courier_of(world, delivery_id))["contact"]
    courier = await world.platform.couriers.get(courier_id)
    dialled = f"{RELAY},{contact['code']}"
    stop = await world.next_stop(courier_id)
    assert stop
    assert stop["phone"] == dialled
    delivery = await world.done(world.bakery.live_key, "GET", f"/v1/deliveries/{delivery_id}")
    async with world.town.client() as browser:
        page = (await browser.get("/t/" + delivery["tracking_url"].rpartition("/")[2])).text
    assert f'href="tel:{dialled}"' in page
    assert courier.phone not in page


async def test_a_code_is_spent_half_an_hour_after_the_end(world: World) -> None:
    set_up(world)
    delivery_id, courier_id = await under_way(world)
    await world.carried(courier_id)
    contact = (await courier_of(world, delivery_id))["contact"]
    assert contact["expires_at"] is not None
    assert (await asked(world, contact["code"])).json()["until"] == contact["expires_at"]
    world.clock.advance(30 * 60)
    assert await courier_of(world, delivery_id) is None
    spent = await asked(world, contact["code"])
    assert (spent.status_code, spent.json()["code"]) == (404, "not-found")


async def test_who_lost_a_delivery_is_not_called_about_it_any_more(world: World) -> None:
    set_up(world)
    booked = await world.booked(world.bakery, "20 Elm Street")
    await world.accepted()
    code = (await courier_of(world, booked["id"]))["contact"]["code"]
    again = {"courier_id": None, "reason": "too slow"}
    await world.done(world.operator_token, "POST", f"/v1/operator/deliveries/{booked['id']}/reassign", again)
    assert await courier_of(world, booked["id"]) is None
    assert (await asked(world, code)).status_code == 404


async def test_every_question_stands_in_the_record_without_a_number(world: World) -> None:
    set_up(world)
    delivery_id, _ = await under_way(world)
    code = (await courier_of(world, delivery_id))["contact"]["code"]
    await asked(world, code, SHOPPER)
    await asked(world, "no-such-code", SHOPPER)
    record = await world.rows(
        "SELECT action, object, data FROM audit_entry WHERE action LIKE 'relay%%' ORDER BY action DESC"
    )
    assert [entry["action"] for entry in record] == ["relay.not_found", "relay.looked_up"]
    assert (record[1]["object"], record[1]["data"]) == (delivery_id, {"caller": "shopper", "connected": "courier"})
    assert SHOPPER not in str(record)
