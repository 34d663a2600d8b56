"""Booking, following, changing and ending deliveries through the HTTP door."""

from datetime import timedelta
from typing import Any

import pytest

from homeward.deliveries.errors import FieldsLocked
from homeward.deliveries.model import Act, State
from homeward.kit.units import Grams
from homeward.kit.windows import Window
from homeward.quotes.model import AddressAsked, Parcel, QuoteRequest
from tests.deliveries.world import HOME, NOON, OPERATOR, World, a_booking_body, a_key, an_actor


async def book(world: World, who: str = "mer_a", mode: str = "live", **changes: Any) -> dict[str, Any]:
    async with world.client(who, mode) as client:
        answer = await client.post("/v1/deliveries", json=a_booking_body(**changes), headers=a_key())
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


class TestBooking:
    async def test_a_booking_needs_only_store_address_and_weight(self, world: World) -> None:
        body = a_booking_body(parcel={"weight_g": 800}, dropoff={"address": "Home Lane 3"})
        async with world.client() as client:
            answer = await client.post("/v1/deliveries", json=body, headers=a_key())
        delivery = answer.json()
        assert answer.status_code == 201
        assert delivery["state"] == "searching"
        assert delivery["dropoff"]["address"] == "Home Lane 3"
        assert delivery["price"]["total"] == {"minor": 900, "currency": "CHF"}
        assert delivery["eta"] is None
        assert delivery["promised_by"] == "2026-11-23T13:00:00Z"

    async def test_an_option_of_a_quote_is_booked_as_it_was_quoted(self, world: World) -> None:
        request = QuoteRequest("sto_a", Parcel(Grams(1_500)), AddressAsked(text="Home Lane 3"))
        quote = await world.quotes.quote(an_actor(), request)
        world.clock.advance(600)
        delivery = await book(
            world, quote_id=quote.id, option_id="opt_1", store_id=None, parcel=None, dropoff={"contact": {"name": "S"}}
        )
        assert delivery["quote_id"] == quote.id
        assert delivery["parcel"]["weight_g"] == 1_500
        assert delivery["promised_by"] == "2026-11-23T13:00:00Z"

    async def test_an_expired_quote_is_refused(self, world: World) -> None:
        quote = await world.quotes.quote(an_actor(), QuoteRequest("sto_a", Parcel(Grams(1)), AddressAsked(text="x")))
        world.clock.advance(3_600)
        async with world.client() as client:
            answer = await client.post(
                "/v1/deliveries",
                json={"quote_id": quote.id, "option_id": "opt_1"},
                headers=a_key(),
            )
        assert (answer.status_code, answer.json()["code"]) == (409, "quote-expired")
        assert answer.headers["content-type"] == "application/problem+json"

    async def test_one_quote_makes_one_delivery(self, world: World) -> None:
        quote = await world.quotes.quote(an_actor(), QuoteRequest("sto_a", Parcel(Grams(1)), AddressAsked(text="x")))
        body = {"quote_id": quote.id, "option_id": "opt_1"}
        async with world.client() as client:
            first = await client.post("/v1/deliveries", json=body, headers=a_key())
            second = await client.post("/v1/deliveries", json=body, headers=a_key())
        assert first.status_code == 201
        assert (second.status_code, second.json()["code"]) == (409, "quote-already-booked")

    async def test_a_booking_without_key_is_refused(self, world: World) -> None:
        async with world.client() as client:
            answer = await client.post("/v1/deliveries", json=a_booking_body())
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/headers/Idempotency-Key"

    @pytest.mark.parametrize(
        ("changes", "missing"),
        [
            ({"store_id": None}, ["store_id"]),
            ({"store_id": None, "store_external_id": "shop 7", "parcel": None}, ["parcel"]),
            ({"parcel": None}, ["parcel"]),
            ({"dropoff": {}}, ["dropoff/address"]),
            ({"quote_id": "quo_1"}, ["option_id"]),
        ],
    )
    async def test_an_incomplete_booking_says_what_is_missing(
        self, world: World, changes: dict[str, Any], missing: list[str]
    ) -> None:
        async with world.client() as client:
            answer = await client.post("/v1/deliveries", json=a_booking_body(**changes), headers=a_key())
        assert (answer.status_code, answer.json()["code"]) == (422, "booking-incomplete")
        assert answer.json()["missing"] == missing

    @pytest.mark.parametrize(
        "changes",
        [
            {"parcel": {"weight_g": 0}},
            {"parcel": {"weight_g": 10, "colour": "red"}},
            {"dropoff": {"place": {"lat": 91, "lon": 0}}},
            {"dropoff": {"address": "a\x00b"}},
            {"ready_at": "2026-11-23T12:00:00"},
            {"undeliverable": "burn"},
            {"window": {"earliest": "2026-11-23T14:00:00Z", "latest": "2026-11-23T13:00:00Z"}},
            {"metadata": {"k": 1}},
        ],
    )
    async def test_a_malformed_booking_names_the_field(self, world: World, changes: dict[str, Any]) -> None:
        async with world.client() as client:
            answer = await client.post("/v1/deliveries", json=a_booking_body(**changes), headers=a_key())
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")
        assert answer.json()["errors"]

    async def test_an_uncertain_address_waits_for_a_pin_instead_of_a_courier(self, world: World) -> None:
        world.quotes.attention = ("confirm_address",)
        delivery = await book(world)
        assert delivery["attention"] == "confirm_address"
        async with world.db.operator() as tx:
            assert await world.service.open_for_dispatch(tx, "mkt_1") == []
        pin = {"place": {"lat": HOME.lat + 0.0003, "lon": HOME.lon}}
        async with world.client() as client:
            answer = await client.post(f"/v1/deliveries/{delivery['id']}/confirm-address", json=pin, headers=a_key())
        assert answer.json()["attention"] is None
        assert answer.json()["dropoff"]["place"] == pin["place"]
        async with world.db.operator() as tx:
            assert [d.id for d in await world.service.open_for_dispatch(tx, "mkt_1")] == [delivery["id"]]
        assert (await world.event_types(delivery["id"]))[-2:] == [
            "delivery.address_confirmed",
            "delivery.attention_cleared",
        ]

    async def test_a_pin_that_makes_the_way_much_longer_needs_a_new_quote(self, world: World) -> None:
        world.quotes.attention = ("confirm_address",)
        delivery = await book(world)
        pin = {"place": {"lat": HOME.lat + 0.02, "lon": HOME.lon}}
        async with world.client() as client:
            answer = await client.post(f"/v1/deliveries/{delivery['id']}/confirm-address", json=pin, headers=a_key())
        assert (answer.status_code, answer.json()["code"]) == (409, "new-quote-needed")

    async def test_many_short_moves_of_a_pin_are_a_long_one(self, world: World) -> None:
        world.quotes.attention = ("confirm_address",)
        delivery = await book(world)
        statuses = []
        async with world.client() as client:
            for step in range(1, 31):
                pin = {"place": {"lat": HOME.lat + 0.0008 * step, "lon": HOME.lon}}  # 89 metres more each time
                path = f"/v1/deliveries/{delivery['id']}/confirm-address"
                statuses.append((await client.post(path, json=pin, headers=a_key())).status_code)
        assert statuses[0] == 200
        assert statuses[-1] == 409

    async def test_a_tracking_link_is_on_the_merchants_domain_and_unguessable(self, world: World) -> None:
        url = (await book(world))["tracking_url"]
        assert url.startswith("http://bakery.localhost:8080/t/")
        assert len(url.rsplit("/", 1)[1]) == 26  # 128 bits, five to a character

    async def test_a_merchant_without_a_domain_gets_the_neutral_one(self, world: World) -> None:
        delivery = await book(world, "mer_b", store_id="sto_b")
        assert delivery["tracking_url"].startswith("http://localhost:8080/t/")


class TestExternalId:
    async def test_the_same_booking_again_answers_with_the_same_delivery(self, world: World) -> None:
        first = await book(world, external_id="order-1")
        world.clock.advance(60)
        async with world.client() as client:
            again = await client.post("/v1/deliveries", json=a_booking_body(external_id="order-1"), headers=a_key())
        assert again.status_code == 200
        assert again.json()["id"] == first["id"]
        assert world.quotes.asked == 1, "what is booked already is not quoted again"

    async def test_the_same_number_for_something_else_is_refused(self, world: World) -> None:
        first = await book(world, external_id="order-1")
        body = a_booking_body(external_id="order-1", parcel={"weight_g": 9_000})
        async with world.client() as client:
            again = await client.post("/v1/deliveries", json=body, headers=a_key())
        assert (again.status_code, again.json()["code"]) == (409, "external-id-taken")
        assert again.json()["delivery_id"] == first["id"]

    async def test_another_merchant_and_another_mode_have_numbers_of_their_own(self, world: World) -> None:
        ids = {
            (await book(world, external_id="order-1"))["id"],
            (await book(world, mode="test", external_id="order-1"))["id"],
            (await book(world, "mer_b", store_id="sto_b", external_id="order-1"))["id"],
        }
        assert len(ids) == 3


class TestReading:
    async def test_another_merchants_delivery_does_not_exist(self, world: World) -> None:
        delivery = await book(world)
        async with world.client("mer_b") as client:
            for path in ("", "/events", "/legs", "/proofs"):
                answer = await client.get(f"/v1/deliveries/{delivery['id']}{path}")
                assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), path
            for path in ("/cancel", "/return"):
                answer = await client.post(f"/v1/deliveries/{delivery['id']}{path}", json={}, headers=a_key())
                assert answer.status_code == 404, path
            assert (await client.get("/v1/deliveries")).json()["items"] == []

    async def test_a_test_key_does_not_see_live_deliveries(self, world: World) -> None:
        delivery = await book(world)
        async with world.client(mode="test") as client:
            assert (await client.get(f"/v1/deliveries/{delivery['id']}")).status_code == 404
            assert (await client.get("/v1/deliveries")).json()["items"] == []
            cancel = await client.post(f"/v1/deliveries/{delivery['id']}/cancel", json={}, headers=a_key())
        assert cancel.status_code == 404

    async def test_pages_show_each_delivery_once_newest_first(self, world: World) -> None:
        booked = []
        for _ in range(5):
            world.clock.advance(1)
            booked.append((await book(world))["id"])
        seen, cursor = [], None
        async with world.client() as client:
            for _ in range(3):
                params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
                page = (await client.get("/v1/deliveries", params=params)).json()
                seen += [item["id"] for item in page["items"]]
                cursor = page["next_cursor"]
        assert seen == booked[::-1]
        assert cursor is None

    @pytest.mark.parametrize(
        ("params", "found"),
        [
            ({"state": "cancelled"}, ["two"]),
            ({"state": ["cancelled", "searching"]}, ["three", "two", "one"]),
            ({"external_id": "three"}, ["three"]),
            ({"text": "tHrE"}, ["three"]),
            ({"text": "Rose"}, ["three"]),
            ({"text": "%"}, []),
            ({"store_id": "sto_x"}, []),
            ({"attention": "true"}, []),
            ({"created_from": "2026-11-23T12:01:00Z"}, ["three", "two"]),
            ({"created_to": "2026-11-23T12:01:00Z"}, ["one"]),
        ],
    )
    async def test_a_list_can_be_narrowed(self, world: World, params: dict[str, Any], found: list[str]) -> None:
        for name, address in (("one", "Home Lane 3"), ("two", "Home Lane 3"), ("three", "Rose Court 9")):
            delivery = await book(world, external_id=name, dropoff={"address": address})
            if name == "two":
                async with world.client() as client:
                    await client.post(f"/v1/deliveries/{delivery['id']}/cancel", json={}, headers=a_key())
            world.clock.advance(60)
        async with world.client() as client:
            page = (await client.get("/v1/deliveries", params=params)).json()
        assert [item["external_id"] for item in page["items"]] == found

    async def test_a_foreign_cursor_is_refused(self, world: World) -> None:
        async with world.client() as client:
            assert (await client.get("/v1/deliveries", params={"cursor": "§§"})).status_code == 422
            assert (await client.get("/v1/events", params={"after": "bm9wZXxub3Bl"})).status_code == 422

    async def test_the_operator_sees_all_merchants(self, world: World) -> None:
        mine, other = await book(world), await book(world, "mer_b", store_id="sto_b")
        async with world.client("operator") as client:
            page = (await client.get("/v1/operator/deliveries")).json()
            one = await client.get(f"/v1/operator/deliveries/{other['id']}")
            only_b = (await client.get("/v1/operator/deliveries", params={"merchant_id": "mer_b"})).json()
        assert {item["id"] for item in page["items"]} == {mine["id"], other["id"]}
        assert one.status_code == 200
        assert [item["id"] for item in only_b["items"]] == [other["id"]]

    async def test_a_merchants_key_does_not_open_the_operators_door(self, world: World) -> None:
        async with world.client() as client:
            assert (await client.get("/v1/operator/deliveries")).status_code == 401


class TestChanging:
    async def test_a_merchant_may_correct_the_person_and_the_instructions(self, world: World) -> None:
        delivery = await book(world)
        change = {"contact": {"name": "Kim"}, "instructions": "Ring twice", "unit": "4B", "metadata": {"a": "b"}}
        async with world.client() as client:
            answer = await client.patch(f"/v1/deliveries/{delivery['id']}", json=change)
        changed = answer.json()
        assert changed["dropoff"]["contact"]["name"] == "Kim"
        assert (changed["dropoff"]["instructions"], changed["dropoff"]["unit"]) == ("Ring twice", "4B")
        assert changed["metadata"] == {"a": "b"}
        assert changed["price"] == delivery["price"]
        events = await world.events(delivery["id"])
        assert events[-1].type == "delivery.changed"
        assert "Kim" not in str(events[-1].data)

    @pytest.mark.parametrize(
        ("state", "change", "locked"),
        [
            (State.ASSIGNED, {"address": "Elm Street 1"}, ["address"]),
            (State.PICKED_UP, {"ready_at": "2026-11-23T12:30:00Z", "unit": "2"}, ["ready_at"]),
            (State.ASSIGNED, {"deliver_by": "2026-11-23T18:00:00Z", "store_id": "sto_a2"}, ["store_id", "deliver_by"]),
            (State.PICKED_UP, {"pickup_instructions": "x"}, ["pickup_instructions"]),
            (State.AT_DROPOFF, {"proof": {"pin": True}}, ["proof"]),
            (State.DELIVERED, {"metadata": {}}, ["metadata"]),
        ],
    )
    async def test_what_is_locked_is_refused_with_what_may_still_change(
        self, world: World, state: State, change: dict[str, Any], locked: list[str]
    ) -> None:
        delivery_id, _ = await world.brought_to(state)
        async with world.client() as client:
            answer = await client.patch(f"/v1/deliveries/{delivery_id}", json=change)
        assert (answer.status_code, answer.json()["code"]) == (409, FieldsLocked.slug)
        assert answer.json()["locked"] == locked
        assert not set(answer.json()["changeable"]) & set(locked)

    async def test_a_door_nearby_is_accepted_at_the_same_price(self, world: World) -> None:
        delivery = await book(world)
        near = {"place": {"lat": HOME.lat + 0.001, "lon": HOME.lon}, "address": "Home Lane 5"}
        async with world.client() as client:
            answer = await client.patch(f"/v1/deliveries/{delivery['id']}", json=near)
        assert answer.json()["dropoff"]["address"] == "Home Lane 5"
        assert answer.json()["price"] == delivery["price"]
        assert answer.json()["promised_by"] == delivery["promised_by"]

    async def test_a_door_far_away_needs_a_new_quote(self, world: World) -> None:
        delivery = await book(world)
        async with world.client() as client:
            answer = await client.patch(
                f"/v1/deliveries/{delivery['id']}", json={"place": {"lat": HOME.lat + 0.05, "lon": HOME.lon}}
            )
        assert (answer.status_code, answer.json()["code"]) == (409, "new-quote-needed")
        assert answer.json()["limit"] == "distance_m"

    async def test_a_later_parcel_must_not_break_the_promise(self, world: World) -> None:
        delivery = await book(world)
        async with world.client() as client:
            later = await client.patch(f"/v1/deliveries/{delivery['id']}", json={"ready_at": "2026-11-23T12:40:00Z"})
            sooner = await client.patch(f"/v1/deliveries/{delivery['id']}", json={"ready_at": "2026-11-23T12:05:00Z"})
        assert (later.status_code, later.json()["limit"]) == (409, "ready_at")
        assert sooner.json()["ready_at"] == "2026-11-23T12:05:00Z"

    async def test_an_empty_change_changes_nothing(self, world: World) -> None:
        delivery = await book(world)
        async with world.client() as client:
            answer = await client.patch(f"/v1/deliveries/{delivery['id']}", json={})
        assert answer.json()["seq"] == delivery["seq"]


class TestEnding:
    @pytest.mark.parametrize(
        ("state", "fee"),
        [(None, 0), (State.ASSIGNED, 450), (State.TO_PICKUP, 450), (State.AT_PICKUP, 900)],
    )
    async def test_cancelling_costs_more_the_further_the_courier_came(
        self, world: World, state: State | None, fee: int
    ) -> None:
        delivery_id = (await world.brought_to(state))[0] if state else (await book(world))["id"]
        async with world.client() as client:
            answer = await client.post(
                f"/v1/deliveries/{delivery_id}/cancel", json={"reason": "changed mind"}, headers=a_key()
            )
        assert answer.json()["state"] == "cancelled"
        assert answer.json()["price"]["cancellation_fee"] == {"minor": fee, "currency": "CHF"}
        assert answer.json()["courier"] is None
        last = (await world.events(delivery_id))[-1]
        assert (last.type, last.data["reason"]) == ("delivery.cancelled", "changed mind")
        assert last.data["fee"] == {"minor": fee, "currency": "CHF"}

    async def test_after_pickup_a_cancellation_must_be_a_return(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.TO_DROPOFF)
        async with world.client() as client:
            cancel = await client.post(f"/v1/deliveries/{delivery_id}/cancel", json={}, headers=a_key())
            back = await client.post(f"/v1/deliveries/{delivery_id}/return", json={}, headers=a_key())
        assert (cancel.status_code, cancel.json()["code"]) == (409, "picked-up-already")
        assert back.json()["state"] == "returning"
        assert back.json()["price"]["return_fee"] == {"minor": 540, "currency": "CHF"}
        legs = await world.service.legs(None, delivery_id)
        assert [(leg.number, leg.kind, leg.state) for leg in legs] == [
            (1, "carry", "stopped"),
            (2, "return", "returning"),
        ]

    async def test_a_repeated_cancellation_with_the_same_key_replays(self, world: World) -> None:
        delivery, key = await book(world), a_key()
        async with world.client() as client:
            first = await client.post(f"/v1/deliveries/{delivery['id']}/cancel", json={}, headers=key)
            again = await client.post(f"/v1/deliveries/{delivery['id']}/cancel", json={}, headers=key)
            other = await client.post(f"/v1/deliveries/{delivery['id']}/cancel", json={}, headers=a_key())
        assert again.json() == first.json()
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (other.status_code, other.json()["code"]) == (409, "act-not-possible")

    async def test_a_refused_cancellation_is_replayed_as_a_problem(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.TO_DROPOFF)
        key = a_key()
        async with world.client() as client:
            await client.post(f"/v1/deliveries/{delivery_id}/cancel", json={}, headers=key)
            again = await client.post(f"/v1/deliveries/{delivery_id}/cancel", json={}, headers=key)
        assert (again.status_code, again.json()["code"]) == (409, "picked-up-already")
        assert again.headers["content-type"] == "application/problem+json"

    async def test_the_operators_cancellation_costs_the_merchant_nothing(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.AT_PICKUP)
        view = await world.service.cancel(None, delivery_id, OPERATOR, "store burnt down")
        assert view.delivery.price["cancellation_fee"]["minor"] == 0


class TestScheduled:
    async def test_a_delivery_for_later_sleeps_until_its_time_comes(self, world: World) -> None:
        world.quotes.search_in = timedelta(hours=3)
        world.quotes.window = Window(NOON + timedelta(hours=4), NOON + timedelta(hours=6))
        delivery = await book(world)
        assert delivery["state"] == "scheduled"
        assert await world.service.wake_due() == 0
        world.clock.advance(3 * 3600 - 1)
        assert await world.service.wake_due() == 0
        world.clock.advance(1)
        assert await world.service.wake_due() == 1
        assert await world.service.wake_due() == 0
        assert (await world.view(delivery["id"])).delivery.state is State.SEARCHING
        events = await world.events(delivery["id"])
        assert [event.type for event in events] == ["delivery.booked", "delivery.scheduled", "delivery.searching"]
        assert events[-1].actor == "system:clock"

    @pytest.mark.parametrize("long_ago", ["0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z"])
    async def test_what_was_ready_long_ago_is_ready_now(self, world: World, long_ago: str) -> None:
        world.quotes.search_in = timedelta(hours=2)
        delivery = await book(world, ready_at="2026-11-23T15:00:00Z")
        async with world.client() as client:
            changed = await client.patch(f"/v1/deliveries/{delivery['id']}", json={"ready_at": long_ago})
        assert changed.status_code == 200, changed.text
        assert changed.json()["ready_at"] == "2026-11-23T12:00:00Z"
        assert changed.json()["search_from"] == "2026-11-23T11:00:00Z"

    async def test_a_parcel_that_is_ready_earlier_wakes_earlier(self, world: World) -> None:
        world.quotes.search_in = timedelta(hours=3)
        world.quotes.window = Window(NOON + timedelta(hours=4), NOON + timedelta(hours=6))
        delivery = await book(world, ready_at="2026-11-23T15:00:00Z")
        async with world.client() as client:
            changed = await client.patch(f"/v1/deliveries/{delivery['id']}", json={"ready_at": "2026-11-23T14:00:00Z"})
        assert changed.json()["search_from"] == "2026-11-23T14:00:00Z"


class TestFeed:
    async def test_the_feed_tells_everything_in_order_and_goes_on_where_it_stopped(self, world: World) -> None:
        await world.brought_to(State.PICKED_UP)
        seen: list[dict[str, Any]] = []
        cursor = None
        async with world.client() as client:
            for _ in range(4):
                params = {"limit": 2, **({"after": cursor} if cursor else {})}
                page = (await client.get("/v1/events", params=params)).json()
                seen += page["items"]
                cursor = page["next_cursor"]
            await world.service.cancel(None, (await world.booked()), OPERATOR, "x")
            more = (await client.get("/v1/events", params={"after": cursor})).json()
        assert [item["seq"] for item in seen] == [1, 2, 3, 4, 5, 6]
        assert [item["type"] for item in more["items"]] == [
            "delivery.booked",
            "delivery.searching",
            "delivery.cancelled",
        ]

    async def test_a_merchant_reads_only_its_own_events_of_its_mode(self, world: World) -> None:
        await world.booked()
        async with world.client("mer_b") as other, world.client(mode="test") as test:
            assert (await other.get("/v1/events")).json()["items"] == []
            assert (await test.get("/v1/events")).json()["items"] == []

    async def test_events_carry_no_personal_data(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.DELIVERED)
        told = str([event.data for event in await world.events(delivery_id)])
        for secret in ("Sam", "+4179", "sam@", "Home Lane", "Main Street", leg.courier_id):
            assert secret not in told, secret

    async def test_an_event_names_the_kind_of_actor_not_the_person(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.TO_PICKUP)
        async with world.client() as client:
            items = (await client.get(f"/v1/deliveries/{delivery_id}/events")).json()["items"]
        assert [item["actor"] for item in items] == ["merchant:key_mer_a_live"] * 2 + ["system", "courier"]
        async with world.client("operator") as client:
            items = (await client.get(f"/v1/operator/deliveries/{delivery_id}/events")).json()["items"]
        assert items[-1]["actor"] == f"courier:{leg.courier_id}"


async def test_a_problem_on_the_way_is_told_to_the_merchant_with_its_reason(world: World) -> None:
    delivery_id, leg = await world.brought_to(State.AT_DROPOFF)
    await world.report(leg, Act.PROBLEM, reason="nobody_there")
    async with world.client() as client:
        items = (await client.get(f"/v1/deliveries/{delivery_id}/events")).json()["items"]
        legs = (await client.get(f"/v1/deliveries/{delivery_id}/legs")).json()["items"]
    assert (items[-1]["type"], items[-1]["data"]["reason"]) == ("delivery.returning", "nobody_there")
    assert [leg["kind"] for leg in legs] == ["carry", "return"]
    assert "pay" not in legs[0]
