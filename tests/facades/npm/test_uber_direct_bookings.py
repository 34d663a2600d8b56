"""Deliveries booked, read, listed, changed and cancelled by the published library."""

import asyncio
from itertools import product
from typing import Any, Final

import pytest

from homeward.deliveries.states import Act
from tests.facades.npm.uber import Direct, an_address, moment

# ── booking ──


async def test_a_booking_needs_no_quote(direct: Direct) -> None:
    order = direct.order(manifest_reference="ref-1", manifest_total_value=900, dropoff_notes="Ring twice")
    made = await direct.done("createDelivery", order)
    assert made["kind"] == "delivery"
    assert made["id"].startswith("del_")
    assert "-" not in made["uuid"]
    assert (made["status"], made["complete"], made["courier_imminent"]) == ("pending", False, False)
    assert (made["fee"], made["tip"], made["currency"]) == (made["fee"], 0, "usd")
    assert made["fee"] > 0
    assert made["live_mode"] is True
    assert made["undeliverable_action"] == ""
    assert made["related_deliveries"] == []
    assert made["tracking_url"].startswith("http")
    assert moment(made["pickup_ready"]) <= moment(made["dropoff_deadline"])


async def test_what_was_sent_is_told_again(direct: Direct) -> None:
    order = direct.order(
        manifest_reference="ref-1",
        manifest_total_value=900,
        pickup_notes="At the back",
        dropoff_notes="Ring twice",
        dropoff_seller_notes="Fragile",
    )
    made = await direct.now(await direct.done("createDelivery", order))
    assert made["external_id"] == order["external_id"]
    assert made["manifest"] == {"reference": "ref-1", "total_value": 900} | {
        name: value for name, value in made["manifest"].items() if name == "description"
    }
    assert made["manifest_items"][0]["name"] == "Bread"
    assert made["manifest_items"][0]["quantity"] == 2
    assert made["pickup"]["notes"] == "At the back"
    assert (made["dropoff"]["notes"], made["dropoff"]["seller_notes"]) == ("Ring twice", "Fragile")
    assert made["dropoff"]["detailed_address"]["zip_code"] == "05156"
    assert made["dropoff"]["detailed_address"]["street_address_1"] == "12 Elm Street"
    assert made["dropoff"]["name"] == "Sam S."
    assert set(made["dropoff"]["location"]) == {"lat", "lng"}
    assert made["pickup"]["external_store_id"] == direct.bakery.name


async def test_the_fee_holds_the_tip(direct: Direct) -> None:
    plain = await direct.created()
    tipped = await direct.created(tip=300)
    assert (tipped["fee"], tipped["tip"]) == (plain["fee"] + 300, 300)


async def test_goods_are_fetched_where_the_request_says(direct: Direct) -> None:
    made = await direct.created(
        external_store_id=None,
        pickup_business_name="Pop-up at the mill",
        pickup_address=an_address(20, "Mill Lane"),
    )
    assert made["pickup"]["name"] == "Pop-up at the mill"
    assert made["pickup"]["location"]["lat"] == pytest.approx(43.992, abs=0.002)


async def test_a_blank_company_is_none(direct: Direct) -> None:
    made = await direct.created(pickup_business_name=" ", dropoff_business_name="  ")
    assert (made["pickup"]["name"], made["dropoff"]["name"]) == ("Corner Bakery", "Sam S.")


async def test_measures_beat_the_size_and_need_a_weight(direct: Direct) -> None:
    box = {"length": 40, "height": 20, "depth": 30}
    crate = {"name": "Crate", "quantity": 1, "size": "small", "dimensions": box, "weight": 9000}
    assert (await direct.created(manifest_items=[crate]))["status"] == "pending"
    del crate["weight"]
    await direct.must_refuse(400, "invalid_params", "createDelivery", direct.order(manifest_items=[crate]))


async def test_a_wrong_field_is_named_in_the_metadata(direct: Direct) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"pickup_name": None}, "pickup_name"),
        ({"pickup_phone_number": "0802"}, "pickup_phone_number"),
        ({"dropoff_phone_number": None}, "dropoff_phone_number"),
        ({"manifest_items": []}, "manifest_items"),
        ({"manifest_items": [{"name": "Bread", "quantity": 0}]}, "manifest_items.0.quantity"),
        ({"dropoff_notes": "n" * 281}, "dropoff_notes"),
        ({"tip": -1}, "tip"),
        ({"undeliverable_action": "eat"}, "undeliverable_action"),
    ]
    for change, field in wrong:
        thrown = await direct.must_refuse(400, "invalid_params", "createDelivery", direct.order(**change))
        assert thrown.metadata
        assert field in thrown.metadata


# ── twice ──


async def test_the_same_number_and_reference_are_one_delivery(direct: Direct) -> None:
    first = await direct.created(external_id="order-x", manifest_reference="ref-x")
    again = direct.order(external_id="order-x", manifest_reference="ref-x", dropoff_name="Somebody Else")
    thrown = await direct.must_refuse(409, "duplicate_delivery", "createDelivery", again)
    assert thrown.metadata == {"delivery_id": first["id"]}


async def test_one_number_with_two_references_is_two_deliveries(direct: Direct) -> None:
    number = "n" * 255
    made = [await direct.created(external_id=number, manifest_reference=each * 255) for each in ("a", "b")]
    assert made[0]["id"] != made[1]["id"]
    assert {each["external_id"] for each in made} == {number}


async def test_a_key_of_its_own_allows_the_same_number_again(direct: Direct) -> None:
    first = await direct.created(external_id="order-x", manifest_reference="ref-x")
    again = direct.order(external_id="order-x", manifest_reference="ref-x", idempotency_key="another")
    assert (await direct.done("createDelivery", again))["id"] != first["id"]


async def test_the_same_key_answers_the_first_delivery(direct: Direct) -> None:
    order = direct.order(idempotency_key="once")
    first = await direct.done("createDelivery", order)
    assert (await direct.done("createDelivery", order))["id"] == first["id"]
    assert len((await direct.done("listDeliveries"))["data"]) == 1


async def test_the_same_key_at_the_same_moment_books_once(direct: Direct) -> None:
    order = direct.order(idempotency_key="once")
    answers = await asyncio.gather(*(direct.ask("POST", "/deliveries", json=order) for _ in range(6)))
    booked = {answer.json()["id"] for answer in answers if answer.status_code == 200}
    others = {(answer.status_code, answer.json().get("code")) for answer in answers if answer.status_code != 200}
    assert len(booked) == 1
    assert others <= {(503, "service_unavailable")}
    assert (await direct.done("createDelivery", order))["id"] in booked
    assert len((await direct.done("listDeliveries"))["data"]) == 1


async def test_a_quote_at_the_same_moment_is_used_once(direct: Direct) -> None:
    quote = await direct.done("createQuote", direct.route())
    orders = [direct.order(quote_id=quote["id"]) for _ in range(4)]
    answers = await asyncio.gather(*(direct.ask("POST", "/deliveries", json=order) for order in orders))
    told = sorted(answer.json().get("code", "booked") for answer in answers)
    assert told == ["booked", "used_quote", "used_quote", "used_quote"]


async def test_a_key_is_kept_for_sixty_minutes(direct: Direct) -> None:
    order = direct.order(idempotency_key="once", external_id=None)
    first = await direct.done("createDelivery", order)
    direct.clock.advance(59 * 60)
    assert (await direct.done("createDelivery", order))["id"] == first["id"]
    direct.clock.advance(2 * 60)
    assert (await direct.done("createDelivery", order))["id"] != first["id"]


# ── what must be shown ──


async def test_every_verification_of_the_dialect_is_asked_for(direct: Direct) -> None:
    label = {"value": "W1", "type": "CODE128"}
    made = await direct.created(
        pickup_verification={"picture": True, "barcodes": [label]},
        dropoff_verification={
            "signature_requirement": {"enabled": True, "collect_signer_name": True},
            "barcodes": [label, {"value": "W2", "type": "QR"}],
            "identification": {"min_age": 21, "no_sobriety_check": False},
            "pincode": {"enabled": True, "type": "merchant_provided", "value": "4711"},
            "picture": True,
        },
        return_verification={"signature_requirement": {"enabled": True}, "picture": True},
    )
    at_pickup = made["pickup"]["verification_requirements"]
    assert (at_pickup["picture"], at_pickup["barcodes"]) == (True, [label])
    at_door = made["dropoff"]["verification_requirements"]
    assert at_door["signature_requirement"]["collect_signer_name"] is True
    assert [each["value"] for each in at_door["barcodes"]] == ["W1", "W2"]
    assert at_door["identification"]["min_age"] == 21
    assert at_door["pincode"]["value"] == "4711"
    assert at_door["picture"] is True


async def test_a_pin_that_is_only_switched_on_is_drawn_and_told(direct: Direct) -> None:
    made = await direct.created(dropoff_verification={"pincode": {"enabled": True}})
    pin = made["dropoff"]["verification_requirements"]["pincode"]["value"]
    assert len(pin) == 4
    assert pin.isdecimal()


async def test_what_is_left_at_the_door_is_photographed(direct: Direct) -> None:
    made = await direct.created(deliverable_action="deliverable_action_leave_at_door")
    assert made["deliverable_action"] == "deliverable_action_leave_at_door"
    assert made["dropoff"]["verification_requirements"]["picture"] is True


LEFT: Final = ({"deliverable_action": "deliverable_action_leave_at_door"}, {"undeliverable_action": "leave_at_door"})
SHOWN: Final[tuple[dict[str, Any], ...]] = (
    {"signature_requirement": {"enabled": True}},
    {"signature": True},
    {"pincode": {"enabled": True}},
    {"identification": {"min_age": 18}},
)


async def test_what_needs_a_person_is_never_left_at_the_door(direct: Direct) -> None:
    for left, shown in product(LEFT, SHOWN):
        order = direct.order(dropoff_verification=shown, **left)
        await direct.must_refuse(400, "invalid_params", "createDelivery", order)


async def test_a_pin_is_never_asked_for_at_the_pickup(direct: Direct) -> None:
    order = direct.order(pickup_verification={"pincode": {"enabled": True}})
    await direct.must_refuse(400, "invalid_params", "createDelivery", order)


# ── reading ──


async def test_the_list_has_pages_and_says_where_the_next_begins(direct: Direct) -> None:
    made = []
    for _ in range(5):
        made.append((await direct.created())["id"])
        direct.clock.advance(1)
    first = await direct.done("listDeliveries", {"limit": 2, "offset": 0})
    assert len(first["data"]) == 2
    assert first["next_href"]
    assert first["total_count"] == -1
    second = await direct.done("listDeliveries", {"limit": 2, "offset": 2})
    third = await direct.done("listDeliveries", {"limit": 2, "offset": 4})
    assert not third.get("next_href")
    listed = [each["id"] for page in (first, second, third) for each in page["data"]]
    assert sorted(listed) == sorted(made)


async def test_the_offset_may_begin_with_a_capital(direct: Direct) -> None:
    await direct.created()
    assert (await direct.done("listDeliveries", {"Offset": 1}))["data"] == []


async def test_the_next_page_is_where_the_list_says(direct: Direct) -> None:
    for _ in range(3):
        await direct.created()
    first = await direct.done("listDeliveries", {"limit": 2})
    path = first["next_href"].partition("/v1/customers/")[2].partition("/")[2]
    second = (await direct.ask("GET", "/" + path)).json()
    assert len(second["data"]) == 1
    assert second["data"][0]["id"] not in [each["id"] for each in first["data"]]


async def test_the_list_can_be_narrowed_to_a_status(direct: Direct) -> None:
    open_one, ended = await direct.created(), await direct.created()
    await direct.done("cancelDelivery", ended["id"])
    for wanted, expected in (
        ("pending", open_one),
        ("ongoing", open_one),
        ("canceled", ended),
    ):
        found = await direct.done("listDeliveries", {"filter": wanted})
        assert [each["id"] for each in found["data"]] == [expected["id"]], wanted
    for wanted in ("pickup", "pickup_complete", "dropoff", "delivered", "returned"):
        assert (await direct.done("listDeliveries", {"filter": wanted}))["data"] == []
    await direct.must_refuse(400, "invalid_params", "listDeliveries", {"filter": "lost"})


async def test_a_page_must_have_a_size_and_a_place(direct: Direct) -> None:
    queries: tuple[dict[str, Any], ...] = ({"limit": 0}, {"limit": "many"}, {"offset": -1})
    for query in queries:
        thrown = await direct.must_refuse(400, "invalid_params", "listDeliveries", query)
        assert list(thrown.metadata or {}) == list(query)


async def test_what_does_not_exist_is_not_found(direct: Direct) -> None:
    wanted = {"waypoint": "dropoff", "type": "picture"}
    for delivery_id in ("del_unknown", "nothing", "ret_unknown", "del_%20", "del_a b"):
        await direct.must_refuse(404, "delivery_not_found", "getDelivery", delivery_id)
        await direct.must_refuse(404, "delivery_not_found", "updateDelivery", delivery_id, {"dropoff_notes": "x"})
        await direct.must_refuse(404, "delivery_not_found", "cancelDelivery", delivery_id)
        await direct.must_refuse(404, "delivery_not_found", "proofOfDelivery", delivery_id, wanted)


async def test_what_was_booked_at_another_door_is_not_seen_here(direct: Direct) -> None:
    native = await direct.world.booked(direct.bakery)
    await direct.must_refuse(404, "delivery_not_found", "getDelivery", "del_" + native["id"].partition("_")[2])
    assert (await direct.done("listDeliveries"))["data"] == []


async def test_our_own_door_sees_what_was_booked_at_this_one(direct: Direct) -> None:
    made = await direct.created()
    ours = await direct.world.done(direct.bakery.live_key, "GET", "/v1/deliveries/dlv_" + made["id"].partition("_")[2])
    assert ours["external_id"] == made["external_id"]


# ── changing ──


async def test_notes_labels_and_reference_are_changed(direct: Direct) -> None:
    made = await direct.created()
    label = {"value": "W9", "type": "QR"}
    changed = await direct.done(
        "updateDelivery",
        made["id"],
        {
            "dropoff_notes": "Use the side door",
            "pickup_notes": "Ask for Ida",
            "manifest_reference": "new-ref",
            "dropoff_verification": {"barcodes": [label]},
            "pickup_verification": {"barcodes": [label]},
        },
    )
    assert changed["dropoff"]["notes"] == "Use the side door"
    assert changed["pickup"]["notes"] == "Ask for Ida"
    assert changed["manifest"]["reference"] == "new-ref"
    assert changed["dropoff"]["verification_requirements"]["barcodes"] == [label]
    assert changed["pickup"]["verification_requirements"]["barcodes"] == [label]
    assert await direct.now(made) == {**changed, "updated": (await direct.now(made))["updated"]}


async def test_the_pin_on_the_map_is_moved(direct: Direct) -> None:
    made = await direct.created()
    there = made["dropoff"]["location"]
    moved = {"dropoff_latitude": there["lat"] + 0.0002, "dropoff_longitude": there["lng"]}
    changed = await direct.done("updateDelivery", made["id"], moved)
    assert changed["dropoff"]["location"]["lat"] == pytest.approx(there["lat"] + 0.0002)
    await direct.must_refuse(400, "invalid_params", "updateDelivery", made["id"], {"dropoff_latitude": there["lat"]})


async def test_a_proof_is_added_at_the_door_and_nowhere_else(direct: Direct) -> None:
    made = await direct.created(dropoff_verification={"signature_requirement": {"enabled": True}, "picture": False})
    assert "picture" not in made["dropoff"]["verification_requirements"]
    wish = {"dropoff_verification": {"picture": True}}
    changed = await direct.done("updateDelivery", made["id"], wish)
    assert changed["dropoff"]["verification_requirements"]["picture"] is True
    wish = {"pickup_verification": {"picture": True}}
    thrown = await direct.must_refuse(400, "invalid_params", "updateDelivery", made["id"], wish)
    assert thrown.metadata
    assert list(thrown.metadata) == ["pickup_verification.picture"]


async def test_a_tip_is_only_raised(direct: Direct) -> None:
    made = await direct.created(tip=200)
    await direct.world.accepted()
    raised = await direct.done("updateDelivery", made["id"], {"tip_by_customer": 500})
    assert (raised["tip"], raised["fee"]) == (500, made["fee"] + 300)
    refused = ["updateDelivery", made["id"], {"tip_by_customer": 300}]
    await direct.must_refuse(400, "tip_already_recorded_error", *refused)
    await direct.must_refuse(400, "max_tip_exceeded", "updateDelivery", made["id"], {"tip_by_customer": 99_999_999})


async def test_what_the_courier_has_passed_can_no_longer_be_changed(direct: Direct) -> None:
    made = await direct.created()
    courier = await direct.world.accepted()
    await direct.world.carried(courier, until=Act.PICK_UP)
    there = made["dropoff"]["location"]
    for change in (
        {"pickup_notes": "Too late"},
        {"pickup_verification": {"barcodes": [{"value": "W9"}]}},
        {"dropoff_latitude": there["lat"] + 0.001, "dropoff_longitude": there["lng"]},
    ):
        await direct.must_refuse(400, "invalid_params", "updateDelivery", made["id"], change)
    await direct.world.carried(courier)
    await direct.must_refuse(400, "invalid_params", "updateDelivery", made["id"], {"dropoff_notes": "Too late"})


# ── cancelling ──


async def test_a_delivery_is_cancelled_by_a_request_without_a_body(direct: Direct) -> None:
    made = await direct.created()
    ended = await direct.done("cancelDelivery", made["id"])
    assert (ended["status"], ended["complete"]) == ("canceled", True)
    assert ended["cancelation_reason"]["primary_reason"] == "MERCHANT_CANCEL"


async def test_a_reason_for_it_may_be_given(direct: Direct) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b"", b"{}", b'{"cancel_reason": "out_of_items"}'):
        made = await direct.created()
        answer = await direct.ask("POST", f"/deliveries/{made['id']}/cancel", content=body, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled"), answer.text


async def test_what_has_been_picked_up_is_not_cancelled_any_more(direct: Direct) -> None:
    made = await direct.created()
    courier = await direct.world.accepted()
    await direct.world.carried(courier, until=Act.PICK_UP)
    await direct.must_refuse(400, "noncancelable_delivery", "cancelDelivery", made["id"])
    await direct.world.carried(courier)
    await direct.must_refuse(400, "noncancelable_delivery", "cancelDelivery", made["id"])


# ── whatever is asked, the answer is a JSON object ──


JSON: Final = {"Content-Type": "application/json"}


async def test_every_refusal_is_an_object_with_a_code(direct: Direct) -> None:
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/nothing/here", {}),
        ("GET", "/deliveries/", {}),
        ("DELETE", "/deliveries", {}),
        ("PUT", "/deliveries/del_1", {}),
        ("POST", "/deliveries", {"content": b"{", "headers": JSON}),
        ("POST", "/deliveries", {"content": b"[]", "headers": JSON}),
        ("POST", "/deliveries", {"content": b"\xff", "headers": JSON}),
        ("POST", "/deliveries", {"content": b"x" * 3_000_000, "headers": JSON}),
        ("POST", "/deliveries/del_1", {}),
        ("GET", "/deliveries/del_%00", {}),
        ("GET", "/deliveries?limit=%00", {}),
        ("POST", "/delivery_quotes", {"json": {"pickup_address": "\u0000", "dropoff_address": "x"}}),
    ]
    for method, path, more in asked:
        answer = await direct.ask(method, path, **more)
        assert 400 <= answer.status_code < 500, (method, path, answer.text)
        assert answer.json()["code"]
        assert answer.json()["message"]
