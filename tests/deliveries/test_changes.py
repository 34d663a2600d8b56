"""Another time, another pickup: what a merchant changes of a delivery that it has booked, and what that costs."""

from datetime import timedelta
from typing import Any

import httpx

from homeward.deliveries.errors import FieldsLocked, NoOptionFits, PriceRises, WrongCurrency
from homeward.deliveries.model import DispatchDelivery, State
from homeward.kit.windows import Window
from tests.deliveries.world import HOME, NOON, World

LATER = Window(NOON + timedelta(hours=4), NOON + timedelta(hours=6))
LATER_JSON = {"earliest": "2026-11-23T16:00:00Z", "latest": "2026-11-23T18:00:00Z"}


async def change(world: World, delivery_id: str, **body: Any) -> httpx.Response:
    async with world.client() as client:
        return await client.patch(f"/v1/deliveries/{delivery_id}", json=body)


async def seen_by_planner(world: World) -> list[DispatchDelivery]:
    async with world.db.operator() as tx:
        return await world.service.open_for_dispatch(tx, "mkt_1")


class TestAnotherTime:
    async def test_a_new_window_is_promised_as_at_a_booking(self, world: World) -> None:
        delivery_id = await world.booked()
        before = (await world.view(delivery_id)).delivery
        answer = await change(world, delivery_id, window=LATER_JSON)
        assert answer.status_code == 200, answer.text
        changed = answer.json()
        assert changed["window"] == LATER_JSON
        assert changed["promised_by"] == LATER_JSON["latest"]
        assert changed["quote_id"] != before.quote_id
        assert changed["price"]["total"] == {"minor": 900, "currency": "CHF"}

    async def test_the_planner_sees_the_new_window(self, world: World) -> None:
        delivery_id = await world.booked()
        await change(world, delivery_id, window=LATER_JSON)
        (row,) = await seen_by_planner(world)
        assert (row.window_earliest, row.promised_by) == (LATER.earliest, LATER.latest)

    async def test_the_event_tells_both_promises_and_both_prices(self, world: World) -> None:
        delivery_id = await world.booked()
        world.quotes.price_minor = 700
        await change(world, delivery_id, window=LATER_JSON)
        asked, promised = (await world.events(delivery_id))[-2:]
        assert (asked.type, asked.data["fields"]) == ("delivery.changed", ["window"])
        assert promised.type == "delivery.promise_changed"
        assert promised.data["promised_by"] == LATER_JSON["latest"]
        assert promised.data["price"] == {"minor": 700, "currency": "CHF"}
        assert promised.data["previous"]["promised_by"] == "2026-11-23T13:00:00Z"
        assert promised.data["previous"]["price"] == {"minor": 900, "currency": "CHF"}

    async def test_a_lower_price_is_taken_over(self, world: World) -> None:
        delivery_id = await world.booked()
        world.quotes.price_minor = 700
        answer = await change(world, delivery_id, window=LATER_JSON)
        assert answer.json()["price"]["total"]["minor"] == 700
        assert (await world.view(delivery_id)).delivery.total.minor == 700

    async def test_a_higher_price_is_refused_unless_it_is_accepted(self, world: World) -> None:
        delivery_id = await world.booked()
        world.quotes.price_minor = 1100
        refused = await change(world, delivery_id, window=LATER_JSON)
        assert (refused.status_code, refused.json()["code"]) == (409, PriceRises.slug)
        assert refused.json()["accepted"]["minor"] == 900
        too_little = await change(
            world, delivery_id, window=LATER_JSON, accept_price={"minor": 1099, "currency": "CHF"}
        )
        assert too_little.json()["code"] == PriceRises.slug
        assert (await world.view(delivery_id)).delivery.promised_by == NOON + timedelta(hours=1)
        accepted = await change(world, delivery_id, window=LATER_JSON, accept_price=refused.json()["price"])
        assert (accepted.status_code, accepted.json()["price"]["total"]["minor"]) == (200, 1100)

    async def test_a_price_is_accepted_in_the_currency_of_the_delivery(self, world: World) -> None:
        delivery_id = await world.booked()
        answer = await change(world, delivery_id, window=LATER_JSON, accept_price={"minor": 1, "currency": "USD"})
        assert (answer.status_code, answer.json()["code"]) == (409, WrongCurrency.slug)

    async def test_deliver_by_takes_what_is_there_in_time(self, world: World) -> None:
        delivery_id = await world.booked()
        world.quotes.window = Window(NOON + timedelta(hours=1), NOON + timedelta(hours=3))
        too_soon = await change(world, delivery_id, deliver_by="2026-11-23T14:30:00Z")
        assert (too_soon.status_code, too_soon.json()["code"]) == (409, NoOptionFits.slug)
        in_time = await change(world, delivery_id, deliver_by="2026-11-23T15:30:00Z")
        assert in_time.json()["promised_by"] == "2026-11-23T15:00:00Z"

    async def test_either_a_window_or_a_latest_moment(self, world: World) -> None:
        delivery_id = await world.booked()
        answer = await change(world, delivery_id, window=LATER_JSON, deliver_by="2026-11-23T15:30:00Z")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/deliver_by"

    async def test_a_search_that_begins_later_waits_again_and_wakes(self, world: World) -> None:
        delivery_id = await world.booked()
        world.quotes.search_in = timedelta(hours=3)
        answer = await change(world, delivery_id, window=LATER_JSON)
        assert (answer.json()["state"], answer.json()["search_from"]) == ("scheduled", "2026-11-23T15:00:00Z")
        assert await seen_by_planner(world) == []
        assert (await world.event_types(delivery_id))[-1] == "delivery.scheduled"
        world.clock.advance(3 * 3600)
        assert await world.service.wake_due() == 1
        assert [row.id for row in await seen_by_planner(world)] == [delivery_id]

    async def test_a_scheduled_delivery_can_come_sooner(self, world: World) -> None:
        world.quotes.search_in = timedelta(hours=3)
        delivery_id = await world.booked(window=LATER)
        world.quotes.search_in = timedelta(0)
        await change(world, delivery_id, deliver_by="2026-11-23T14:00:00Z")
        assert await world.service.wake_due() == 1
        assert (await world.view(delivery_id)).delivery.promised_by == NOON + timedelta(hours=1)

    async def test_a_far_door_is_no_limit_where_the_price_is_new_anyway(self, world: World) -> None:
        delivery_id = await world.booked()
        far = {"lat": HOME.lat + 0.05, "lon": HOME.lon}
        answer = await change(world, delivery_id, place=far, window=LATER_JSON)
        assert (answer.status_code, answer.json()["dropoff"]["place"]) == (200, far)

    async def test_what_moved_while_the_price_was_asked_is_asked_again(self, world: World) -> None:
        delivery_id = await world.booked()
        near = {"lat": HOME.lat + 0.0005, "lon": HOME.lon}

        async def meanwhile() -> None:
            await change(world, delivery_id, place=near)

        asked = world.quotes.asked
        world.quotes.while_asking = meanwhile
        answer = await change(world, delivery_id, window=LATER_JSON)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["dropoff"]["place"], answer.json()["window"]) == (near, LATER_JSON)
        assert world.quotes.asked == asked + 3

    async def test_a_courier_said_yes_to_a_time(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.ASSIGNED)
        answer = await change(world, delivery_id, window=LATER_JSON)
        assert (answer.status_code, answer.json()["code"]) == (409, FieldsLocked.slug)


class TestAnotherPickup:
    async def test_a_store_nearby_takes_over_with_its_own_people(self, world: World) -> None:
        delivery_id = await world.booked()
        code = (await world.view(delivery_id)).delivery.pickup.code
        answer = await change(world, delivery_id, store_id="sto_a2")
        assert answer.status_code == 200, answer.text
        changed = answer.json()
        assert (changed["store_id"], changed["store_name"]) == ("sto_a2", "Bakery 2")
        assert changed["pickup"]["address"] == "Main Street 9"
        assert changed["pickup"]["instructions"] == "Back door"
        assert changed["pickup"]["contact"]["phone"] == "+41790000009"
        assert changed["pickup"]["code"] == code
        assert changed["promised_by"] == "2026-11-23T13:00:00Z"
        (row,) = await seen_by_planner(world)
        assert (row.store_id, row.pickup.lat) == ("sto_a2", 47.1401)

    async def test_a_store_of_somebody_else_is_not_there(self, world: World) -> None:
        delivery_id = await world.booked()
        answer = await change(world, delivery_id, store_id="sto_b")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")

    async def test_whom_to_meet_and_when_changes_until_the_pickup(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.AT_PICKUP)
        answer = await change(
            world,
            delivery_id,
            pickup_contact={"name": "Mia"},
            pickup_instructions="Ring",
            ready_at="2026-11-23T12:10:00Z",
        )
        assert answer.status_code == 200, answer.text
        pickup = answer.json()["pickup"]
        assert (pickup["contact"]["name"], pickup["contact"]["phone"]) == ("Mia", "+41790000001")
        assert (pickup["instructions"], answer.json()["ready_at"]) == ("Ring", "2026-11-23T12:10:00Z")
        assert (await world.events(delivery_id))[-1].data["fields"] == [
            "pickup_instructions",
            "pickup_contact",
            "ready_at",
        ]

    async def test_one_name_of_the_store_is_enough(self, world: World) -> None:
        delivery_id = await world.booked()
        answer = await change(world, delivery_id, store_id="sto_a2", store_external_id="2")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/store_external_id")

    async def test_either_a_store_or_a_place(self, world: World) -> None:
        delivery_id = await world.booked()
        answer = await change(world, delivery_id, store_id="sto_a2", pickup={"name": "Somewhere"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/pickup")
