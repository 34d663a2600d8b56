"""A county with two windows a week and nobody on duty: what is booked is gathered, and goes along with a neighbour."""

from datetime import datetime, timedelta
from typing import Any

from tests.acceptance.world import World, refused_properly
from tests.web.town import BAKERY, MARKET_ID

HOME = {"lat": BAKERY.lat - 0.002, "lon": BAKERY.lon}
VALLEY = {"lat": BAKERY.lat + 0.02, "lon": BAKERY.lon}


async def gathered(world: World) -> None:
    """Windows of three hours from 14:00 to 17:00, on every day but only then; bookings end four hours before."""
    week = {str(day): [["14:00", "17:00"]] for day in range(7)}
    zone = (await world.done(world.operator_token, "GET", f"/v1/operator/markets/{MARKET_ID}"))["time_zone"]
    settings = {
        "service_classes": ["same_day", "scheduled"],
        "window_lengths_s": [10_800],
        "window_closes_s": 14_400,
        "search_ahead_s": 7_200,
    }
    body = {"hours": {"time_zone": zone, "weekly": week}, "settings": settings}
    await world.done(world.operator_token, "PATCH", f"/v1/operator/markets/{MARKET_ID}", body)


async def next_window(world: World) -> tuple[dict[str, Any], datetime]:
    quote = await world.quoted(world.bakery)
    option = quote["options"][0]
    return quote, datetime.fromisoformat(option["window"]["earliest"])


async def test_what_is_booked_for_one_window_goes_along_with_a_neighbours_journey(world: World) -> None:
    await gathered(world)
    for courier_id in world.couriers:
        await world.platform.couriers.set_duty(courier_id, False)
    _, opens = await next_window(world)
    doors = ("12 Elm Street, Springfield", "20 Elm Street, Springfield")
    ids = [(await world.booked(world.bakery, address))["id"] for address in doors]
    vera = await world.platform.couriers.get(world.couriers[0])
    token = world.courier_tokens[vera.id]
    world.courier_tokens = {vera.id: token}
    leaves = opens - timedelta(minutes=10)
    journey = {"start": HOME, "to": VALLEY, "leaves_at": leaves.isoformat(), "detour_s": 3_600}
    await world.done(token, "POST", "/v1/courier/journeys", journey)
    world.clock.moment = leaves - timedelta(minutes=50)
    await world.platform.journeys.begin_due()
    await world.background()
    _, offer = await world.offered()
    assert sorted(offer["delivery_ids"]) == sorted(ids), "one trip for all that was gathered"
    await world.done(token, "POST", f"/v1/courier/offers/{offer['id']}/accept")
    world.clock.moment = opens
    await world.carried(vera.id)
    for delivery_id in ids:
        assert (await world.done(world.bakery.live_key, "GET", f"/v1/deliveries/{delivery_id}"))["state"] == "delivered"


async def test_who_asks_after_bookings_have_ended_gets_the_next_window(world: World) -> None:
    await gathered(world)
    quote, opens = await next_window(world)
    assert datetime.fromisoformat(quote["options"][0]["book_by"]) <= opens - timedelta(hours=4)
    world.clock.moment = opens - timedelta(hours=3)
    late = {
        "store_id": world.bakery.store_id,
        "dropoff": {"address": "12 Elm Street, Springfield"},
        "parcel": {"weight_g": 900},
        "window": {"earliest": opens.isoformat(), "latest": (opens + timedelta(hours=3)).isoformat()},
    }
    refused = refused_properly(await world.ask(world.bakery.live_key, "POST", "/v1/quotes", late))
    assert (refused.status_code, refused.json()["code"]) == (409, "window-closed")
    _, again = await next_window(world)
    assert again > opens
