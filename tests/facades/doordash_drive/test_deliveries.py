"""The life of a delivery, asked and told in the dialect, from the first price to the last door."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from homeward.deliveries.states import Act
from tests.facades.doordash_drive.world import Drive, in_minutes

DELIVERIES = "/drive/v2/deliveries"
QUOTES = "/drive/v2/quotes"


# ── quotes ──


async def test_a_quote_is_a_price_under_the_callers_own_id(drive: Drive) -> None:
    order = drive.order()
    answer = await drive.done("POST", QUOTES, order)
    assert answer["delivery_status"] == "quote"
    assert answer["external_delivery_id"] == order["external_delivery_id"]
    assert answer["currency"] == "USD"
    assert answer["fee"] == sum(part["amount"] for part in answer["fee_components"]) > 0
    assert answer["dropoff_phone_number"] == order["dropoff_phone_number"]


async def test_a_quote_is_accepted_for_its_price_and_once(drive: Drive) -> None:
    order = drive.order()
    quoted = await drive.done("POST", QUOTES, order)
    accept = f"{QUOTES}/{order['external_delivery_id']}/accept"
    booked = await drive.done("POST", accept, {"tip": "600", "dropoff_instructions": "Ring twice"})
    assert booked["delivery_status"] == "created"
    assert (booked["fee"], booked["tip"]) == (quoted["fee"], 600)
    assert booked["dropoff_instructions"] == "Ring twice"
    again = await drive.done("POST", accept, {})
    assert again["support_reference"] == booked["support_reference"]
    assert again["tip"] == 600


async def test_a_quote_that_is_accepted_many_times_at_once_is_one_delivery(drive: Drive) -> None:
    order = drive.order()
    await drive.done("POST", QUOTES, order)
    accept = f"{QUOTES}/{order['external_delivery_id']}/accept"
    answers = await asyncio.gather(*(drive.done("POST", accept, {}) for _ in range(5)))
    assert len({answer["support_reference"] for answer in answers}) == 1


async def test_a_delivery_that_is_booked_many_times_at_once_is_one_and_the_others_are_told(drive: Drive) -> None:
    order = drive.order()
    answers = await asyncio.gather(*(drive.ask("POST", DELIVERIES, order) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


async def test_a_quote_is_good_for_five_minutes_and_unknown_afterwards(drive: Drive) -> None:
    order = drive.order()
    one = f"{DELIVERIES}/{order['external_delivery_id']}"
    await drive.done("POST", QUOTES, order)
    drive.world.clock.advance(299)
    assert (await drive.done("GET", one))["delivery_status"] == "quote"
    drive.world.clock.advance(1)
    for method, path, body in (
        ("GET", one, None),
        ("POST", f"{QUOTES}/{order['external_delivery_id']}/accept", {}),
    ):
        refusal = await drive.refused(404, "unknown_delivery_id", method, path, body)
        assert refusal["external_delivery_id"] == order["external_delivery_id"]
    await drive.done("POST", QUOTES, order)  # and the id is free for a new one
    assert (await drive.done("POST", f"{QUOTES}/{order['external_delivery_id']}/accept", {}))[
        "delivery_status"
    ] == "created"


async def test_what_is_quoted_and_not_booked_can_neither_be_changed_nor_cancelled(drive: Drive) -> None:
    order = drive.order()
    one = f"{DELIVERIES}/{order['external_delivery_id']}"
    await drive.done("POST", QUOTES, order)
    for code, method, path, body in (
        ("cancel_not_allowed", "PUT", f"{one}/cancel", None),
        ("update_not_allowed", "PATCH", one, {"tip": 100}),
    ):
        refusal = await drive.refused(409, code, method, path, body)
        assert refusal["reason"] == "delivery_creation_in_progress"


async def test_more_than_was_quoted_needs_a_new_quote(drive: Drive) -> None:
    order = drive.order(items=[{"name": "bread", "quantity": 1, "weight": 2}])
    await drive.done("POST", QUOTES, order)
    items = [{"name": "stone", "quantity": 1, "weight": 30}]
    accept = f"{QUOTES}/{order['external_delivery_id']}/accept"
    refusal = await drive.refused(400, "validation_error", "POST", accept, {"items": items})
    assert refusal["field_errors"][0]["field"] == "items"


# ── booking ──


async def test_a_delivery_is_booked_without_a_quote_and_answers_200(drive: Drive) -> None:
    order = drive.order(tip=300)
    answer = await drive.done("POST", DELIVERIES, order)
    assert answer["delivery_status"] == "created"
    assert answer["tip"] == 300
    assert answer["tracking_url"].startswith("http")
    assert answer["return_address"] == "2 Main Street, Springfield"
    assert {name: answer[name] for name in order} == order


async def test_an_id_is_used_once_over_all_doors(drive: Drive) -> None:
    order = drive.order()
    await drive.done("POST", DELIVERIES, order)
    for path in (DELIVERIES, QUOTES):
        refusal = await drive.refused(409, "duplicate_delivery_id", "POST", path, order)
        assert refusal["external_delivery_id"] == order["external_delivery_id"]
    native = await drive.world.booked(drive.bakery, external_id="native-1")
    assert native["door"] == "native"
    await drive.refused(409, "duplicate_delivery_id", "POST", DELIVERIES, drive.order(external_delivery_id="native-1"))
    await drive.refused(404, "unknown_delivery_id", "GET", f"{DELIVERIES}/native-1")


async def test_a_pickup_may_be_an_address_in_words(drive: Drive) -> None:
    answer = await drive.created(
        pickup_external_business_id=None,
        pickup_external_store_id=None,
        pickup_address="20 Mill Lane, Springfield 05156",
        pickup_business_name="Pop-up Stall",
        pickup_phone_number="+18025559999",
    )
    native = await drive.world.done(drive.bakery.live_key, "GET", f"/v1/deliveries/{answer['support_reference']}")
    assert native["pickup"]["address"].startswith("20 Mill Lane")
    assert native["pickup"]["contact"]["name"] == "Pop-up Stall"
    stores = await drive.world.done(drive.bakery.live_key, "GET", "/v1/stores")
    assert [store["name"] for store in stores["items"]] == [drive.bakery.name]


async def test_the_native_api_sees_what_was_booked_here(drive: Drive) -> None:
    answer = await drive.created(
        items=[{"name": "wine", "quantity": 2, "weight": 3, "price": 999}],
        order_contains={"alcohol": True},
        dropoff_options={"id_verification": "required", "signature": "required"},
        action_if_undeliverable="return_to_pickup",
        pickup_reference_tag="Order 61",
        dropoff_contact_send_notifications=False,
        tip=250,
    )
    native = await drive.world.done(drive.bakery.live_key, "GET", f"/v1/deliveries/{answer['support_reference']}")
    assert native["door"] == "doordash_drive"
    assert native["external_id"] == answer["external_delivery_id"]
    assert (native["handover"], native["undeliverable"], native["notify"]) == ("to_person", "return", False)
    assert native["proof"]["signature"]
    assert native["proof"]["age"] == {"min_age": 21, "sober": True}
    assert native["parcel"]["weight_g"] == 2722
    assert native["tip"]["minor"] == 250
    assert native["pickup"]["instructions"] == "Order 61"
    assert native["dropoff"]["contact"]["name"] == "Sam Shopper"


async def test_a_time_at_the_door_is_what_is_promised(drive: Drive) -> None:
    for minutes in (90, 300, 2_000):
        at = in_minutes(minutes, drive.world.clock.now())
        answer = await drive.created(dropoff_time=at)
        assert answer["dropoff_time_estimated_upper_bound"] == at
        assert "dropoff_time" not in answer


async def test_a_window_is_promised_as_it_was_asked(drive: Drive) -> None:
    window = {
        "start_time": in_minutes(240, drive.world.clock.now()),
        "end_time": in_minutes(420, drive.world.clock.now()),
    }
    answer = await drive.created(pickup_window=window, dropoff_window=window)
    assert answer["dropoff_time_estimated_lower_bound"] == window["start_time"]
    assert answer["dropoff_time_estimated_upper_bound"] == window["end_time"]


# ── the way there ──


async def test_every_step_of_the_courier_is_a_status(drive: Drive) -> None:
    answer = await drive.created()
    external_id, world = answer["external_delivery_id"], drive.world
    courier = await world.accepted()
    assert await drive.status(external_id) == "confirmed"
    for act, status in (
        (Act.HEAD_TO_PICKUP, "enroute_to_pickup"),
        (Act.ARRIVE_PICKUP, "arrived_at_pickup"),
        (Act.PICK_UP, "picked_up"),
        (Act.HEAD_TO_DROPOFF, "enroute_to_dropoff"),
        (Act.ARRIVE_DROPOFF, "arrived_at_dropoff"),
    ):
        await world.carried(courier, until=act)
        assert await drive.status(external_id) == status
    on_the_way = await drive.done("GET", f"{DELIVERIES}/{external_id}")
    assert on_the_way["dasher_name"].split()[0] in ("Ana", "Ben")
    assert on_the_way["dasher_dropoff_phone_number"].startswith("+18025550000,")
    assert on_the_way["pickup_time_actual"]
    await world.carried(courier)
    ended = await drive.done("GET", f"{DELIVERIES}/{external_id}")
    assert ended["delivery_status"] == "delivered"
    assert ended["dropoff_time_actual"]
    assert ended["dropoff_time_estimated"] is None
    assert "dasher_name" not in ended


async def test_a_courier_who_gives_it_back_leaves_it_created_again(drive: Drive) -> None:
    answer = await drive.created()
    await drive.world.accepted()
    path = f"/v1/operator/deliveries/{answer['support_reference']}/reassign"
    await drive.world.done(drive.world.operator_token, "POST", path, {"reason": "courier is ill"})
    assert await drive.status(answer["external_delivery_id"]) == "created"


async def test_what_nobody_takes_comes_back_under_the_same_id(drive: Drive) -> None:
    answer = await drive.created(action_if_undeliverable="return_to_pickup")
    external_id, world = answer["external_delivery_id"], drive.world
    courier = await world.accepted()
    await world.carried(courier, until=Act.ARRIVE_DROPOFF)
    stop = await world.next_stop(courier)
    assert stop
    report = {"act": "problem", "reason": "nobody_there"}
    await world.done(world.courier_tokens[courier], "POST", f"/v1/courier/legs/{stop['leg_id']}/reports", report)
    assert await drive.status(external_id) == "enroute_to_return"
    await world.carried(courier, until=Act.ARRIVE_RETURN)
    assert await drive.status(external_id) == "arrived_at_return"
    await world.carried(courier)
    ended = await drive.done("GET", f"{DELIVERIES}/{external_id}")
    assert ended["delivery_status"] == "returned"
    assert ended["return_time_actual"]


async def test_a_round_trip_brings_back_what_was_asked_for(drive: Drive) -> None:
    answer = await drive.created(order_route_type="roundtrip", order_route_items=["pizza_bag"])
    external_id, world = answer["external_delivery_id"], drive.world
    courier = await world.accepted()
    await world.carried(courier, until=Act.HAND_OVER)
    going_back = await drive.done("GET", f"{DELIVERIES}/{external_id}")
    assert going_back["delivery_status"] == "enroute_to_return"
    assert going_back["dropoff_time_actual"]
    await world.carried(courier)
    assert await drive.status(external_id) == "delivered"


async def test_a_pin_is_the_end_of_the_recipients_number_unless_the_merchant_brings_one(drive: Drive) -> None:
    wanted = {"dropoff_options": {"proof_of_delivery": "pin_code"}}
    own = {"pin_code_type": "merchant_provided_number", "pin_code_value": "4711"}
    for more, pin in (({}, "1234"), ({"dropoff_pin_code_verification_metadata": own}, "4711")):
        answer = await drive.created(**wanted, **more)
        native = await drive.world.done(drive.bakery.live_key, "GET", f"/v1/deliveries/{answer['support_reference']}")
        assert native["proof"]["pin"] == pin


# ── changes ──


async def test_a_door_may_move_as_far_as_the_price_reaches(drive: Drive) -> None:
    answer = await drive.created()
    path = f"{DELIVERIES}/{answer['external_delivery_id']}"
    changed = await drive.done("PATCH", path, {"dropoff_address": "14 Elm Street, Springfield 05156"})
    assert changed["dropoff_address"].startswith("14 Elm Street")
    far = {"dropoff_location": {"lat": 44.05, "lng": -72.95}}
    refusal = await drive.refused(409, "update_not_allowed", "PATCH", path, far)
    assert refusal["reason"] == "update_window_closed"
    unknown = await drive.refused(400, "validation_error", "PATCH", path, {"dropoff_address": "nowhere at all"})
    assert unknown["field_errors"][0]["field"] == "dropoff_address"
    assert (await drive.done("GET", path))["dropoff_address"].startswith("14 Elm Street")


async def test_what_price_does_not_stand_on_may_change(drive: Drive) -> None:
    answer = await drive.created()
    change = {"dropoff_instructions": "Blue door", "dropoff_contact_given_name": "Kim", "tip": 500, "order_value": 2500}
    changed = await drive.done("PATCH", f"{DELIVERIES}/{answer['external_delivery_id']}", change)
    assert {name: changed[name] for name in change} == change
    native = await drive.world.done(drive.bakery.live_key, "GET", f"/v1/deliveries/{answer['support_reference']}")
    assert native["dropoff"]["contact"]["name"] == "Kim Shopper"
    assert native["tip"]["minor"] == 500


async def test_an_order_that_is_ready_early_says_so(drive: Drive) -> None:
    ready = in_minutes(40, drive.world.clock.now())
    answer = await drive.created(pickup_time=ready)
    assert answer["pickup_time_estimated"] == ready
    earlier = in_minutes(10, drive.world.clock.now())
    changed = await drive.done("PATCH", f"{DELIVERIES}/{answer['external_delivery_id']}", {"order_ready_time": earlier})
    assert changed["pickup_time_estimated"] == earlier


@pytest.mark.parametrize(
    "change", [{"order_route_type": "roundtrip"}, {"items": [{"name": "anvil", "quantity": 1, "weight": 40}]}]
)
async def test_what_price_and_promise_stand_on_does_not_change(drive: Drive, change: dict[str, Any]) -> None:
    answer = await drive.created()
    path = f"{DELIVERIES}/{answer['external_delivery_id']}"
    assert (await drive.refused(409, "update_not_allowed", "PATCH", path, change))["reason"] == "update_window_closed"


async def test_another_time_is_promised_as_at_a_booking(drive: Drive) -> None:
    answer = await drive.created()
    path = f"{DELIVERIES}/{answer['external_delivery_id']}"
    at = in_minutes(400, drive.world.clock.now())
    changed = await drive.done("PATCH", path, {"dropoff_time": at})
    assert changed["dropoff_time_estimated_upper_bound"] == at
    assert changed["fee"] <= answer["fee"]
    window = {
        "start_time": in_minutes(2_000, drive.world.clock.now()),
        "end_time": in_minutes(2_120, drive.world.clock.now()),
    }
    other = f"{DELIVERIES}/{(await drive.created(external_delivery_id='D-2'))['external_delivery_id']}"
    changed = await drive.done("PATCH", other, {"pickup_window": window, "dropoff_window": window})
    assert changed["dropoff_time_estimated_lower_bound"] == window["start_time"]
    refusal = await drive.refused(422, "invalid_delivery_parameters", "PATCH", path, {
        "dropoff_time": "2020-01-01T00:00:00Z"})  # fmt: skip
    assert refusal["reason"] == "outside_of_delivery_time"


async def test_a_time_that_costs_more_is_refused_and_changes_nothing(drive: Drive) -> None:
    cheap, at_the_peak = (in_minutes(minutes, drive.world.clock.now()) for minutes in (400, 2_120))
    answer = await drive.created(dropoff_time=cheap)
    path = f"{DELIVERIES}/{answer['external_delivery_id']}"
    refusal = await drive.refused(409, "update_not_allowed", "PATCH", path, {"dropoff_time": at_the_peak})
    assert "instead of" in refusal["message"]
    told = await drive.done("GET", path)
    assert (told["fee"], told["dropoff_time_estimated_upper_bound"]) == (answer["fee"], cheap)


async def test_whom_the_courier_meets_may_change_and_a_store_must_be_known(drive: Drive) -> None:
    answer = await drive.created()
    path = f"{DELIVERIES}/{answer['external_delivery_id']}"
    changed = await drive.done("PATCH", path, {"pickup_phone_number": "+18025550177"})
    assert changed["pickup_phone_number"] == "+18025550177"
    native = await drive.world.done(drive.bakery.live_key, "GET", f"/v1/deliveries/{answer['support_reference']}")
    assert native["pickup"]["contact"]["phone"] == "+18025550177"
    elsewhere = {"pickup_external_business_id": "default", "pickup_external_store_id": "nowhere"}
    unknown = await drive.refused(400, "validation_error", "PATCH", path, elsewhere)
    assert unknown["field_errors"] == [{"field": "pickup_external_store_id", "error": "Unknown store id"}]


async def test_options_of_the_handover_cannot_be_updated(drive: Drive) -> None:
    answer = await drive.created()
    path = f"{DELIVERIES}/{answer['external_delivery_id']}"
    refusal = await drive.refused(
        400, "validation_error", "PATCH", path, {"dropoff_options": {"signature": "required"}}
    )
    assert refusal["field_errors"] == [{"field": "dropoff_options", "error": "This field cannot be updated"}]


async def test_a_tip_only_grows(drive: Drive) -> None:
    answer = await drive.created(tip=500)
    path = f"{DELIVERIES}/{answer['external_delivery_id']}"
    refusal = await drive.refused(400, "validation_error", "PATCH", path, {"tip": 100})
    assert refusal["field_errors"][0]["field"] == "tip"
    assert (await drive.done("PATCH", path, {"tip": 900}))["tip"] == 900


async def test_nothing_changes_after_the_end_but_the_tip(drive: Drive) -> None:
    answer = await drive.created()
    path = f"{DELIVERIES}/{answer['external_delivery_id']}"
    await drive.world.carried(await drive.world.accepted())
    refusal = await drive.refused(409, "update_not_allowed", "PATCH", path, {"dropoff_instructions": "Too late"})
    assert refusal["reason"] == "delivery_completed"
    assert (await drive.done("PATCH", path, {"tip": 400}))["tip"] == 400


# ── cancelling ──


async def test_a_delivery_is_cancelled_by_a_form_without_a_body(drive: Drive) -> None:
    answer = await drive.created()
    path = f"{DELIVERIES}/{answer['external_delivery_id']}/cancel"
    form = {"content-type": "application/x-www-form-urlencoded", "content-length": "0"}
    cancelled = await drive.done("PUT", path, headers=form)
    assert (cancelled["delivery_status"], cancelled["cancellation_reason"]) == ("cancelled", "cancelled_by_creator")
    assert cancelled["fee"] == 0
    assert (await drive.refused(409, "cancel_not_allowed", "PUT", path))["reason"] == "delivery_cancelled"


async def test_what_is_on_its_way_turns_back_only_if_that_is_asked(drive: Drive) -> None:
    answer = await drive.created()
    path = f"{DELIVERIES}/{answer['external_delivery_id']}/cancel"
    await drive.world.carried(await drive.world.accepted(), until=Act.PICK_UP)
    assert (await drive.refused(409, "cancel_not_allowed", "PUT", path))["reason"] == "delivery_picked_up"
    back = await drive.done("PUT", path, {"should_create_return_delivery": True})
    assert back["delivery_status"] == "enroute_to_return"
    assert back["fee"] > answer["fee"]
    body = {"reason_code": "cold_chain"}
    assert (await drive.refused(409, "cancel_not_allowed", "PUT", path, body))["reason"] == "delivery_picked_up"


async def test_cold_goods_under_way_come_back(drive: Drive) -> None:
    answer = await drive.created()
    await drive.world.carried(await drive.world.accepted(), until=Act.PICK_UP)
    path = f"{DELIVERIES}/{answer['external_delivery_id']}/cancel"
    assert (await drive.done("PUT", path, {"reason_code": "cold_chain"}))["delivery_status"] == "enroute_to_return"


async def test_what_is_delivered_cannot_be_cancelled(drive: Drive) -> None:
    answer = await drive.created()
    await drive.world.carried(await drive.world.accepted())
    path = f"{DELIVERIES}/{answer['external_delivery_id']}/cancel"
    assert (await drive.refused(409, "cancel_not_allowed", "PUT", path))["reason"] == "delivery_completed"


# ── once more ──


async def test_what_was_cancelled_is_delivered_again_as_it_was(drive: Drive) -> None:
    first = await drive.created(dropoff_instructions="Blue door", pickup_time=in_minutes(30, drive.world.clock.now()))
    path = f"{DELIVERIES}/{first['external_delivery_id']}"
    await drive.done("PUT", f"{path}/cancel")
    drive.world.clock.advance(timedelta(hours=1).total_seconds())
    again = await drive.done("POST", f"{path}/redelivery", {"external_delivery_id": "D-again", "tip": 100})
    assert again["delivery_status"] == "created"
    assert (again["external_delivery_id"], again["dropoff_instructions"], again["tip"]) == ("D-again", "Blue door", 100)
    native = await drive.world.done(drive.bakery.live_key, "GET", f"/v1/deliveries/{again['support_reference']}")
    assert native["redelivery_of"] == first["support_reference"]


async def test_what_is_under_way_is_not_delivered_again(drive: Drive) -> None:
    first = await drive.created()
    path = f"{DELIVERIES}/{first['external_delivery_id']}/redelivery"
    refusal = await drive.refused(422, "redelivery_not_allowed", "POST", path, {"external_delivery_id": "D-again"})
    assert refusal["reason"] == "delivery_not_completed_or_cancelled"
    same = {"external_delivery_id": first["external_delivery_id"]}
    await drive.refused(409, "duplicate_delivery_id", "POST", path, same)


# ── test mode ──


async def test_a_test_delivery_is_carried_by_a_robot_and_told_as_any_other(drive: Drive) -> None:
    order = drive.order()
    await drive.done("POST", DELIVERIES, order, keys=drive.test_keys)
    path, told = f"{DELIVERIES}/{order['external_delivery_id']}", []
    for _ in range(25):
        drive.world.clock.advance(10)
        await drive.world.platform.robots.drive()
        answer = await drive.done("GET", path, keys=drive.test_keys)
        told += [answer["delivery_status"]] if answer["delivery_status"] not in told else []
    assert told[:2] == ["confirmed", "enroute_to_pickup"]
    assert told[-1] == "delivered"
    await drive.refused(404, "unknown_delivery_id", "GET", path)
