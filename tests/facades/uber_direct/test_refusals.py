"""What is refused, in which words, and that every answer is a JSON object whatever goes wrong."""

from datetime import timedelta
from typing import Any

from homeward.deliveries.states import Act
from tests.facades.uber_direct.world import ELM_LINE, Uber


async def test_a_pair_of_external_id_and_manifest_reference_is_booked_once(uber: Uber) -> None:
    first = await uber.created(external_id="A", manifest_reference="1")
    told = await uber.refused(
        409, "duplicate_delivery", "POST", "/deliveries", uber.body(external_id="A", manifest_reference="1")
    )
    assert told == {"delivery_id": first["id"]}
    other = await uber.created(external_id="A", manifest_reference="2")
    again = uber.body(external_id="A", manifest_reference="2")
    assert await uber.refused(409, "duplicate_delivery", "POST", "/deliveries", again) == {"delivery_id": other["id"]}
    third = await uber.created(external_id="A", manifest_reference="2", idempotency_key="new")
    assert len({first["id"], other["id"], third["id"]}) == 3
    assert third["external_id"] == "A"
    await uber.created(manifest_reference="1")
    await uber.created(manifest_reference="1")


async def test_an_idempotency_key_answers_the_first_delivery_for_an_hour(uber: Uber) -> None:
    first = await uber.created(idempotency_key="k", external_id="A")
    assert (await uber.created(idempotency_key="k", external_id="A"))["id"] == first["id"]
    uber.world.clock.advance(timedelta(minutes=59).total_seconds())
    assert (await uber.created(idempotency_key="k"))["id"] == first["id"]
    uber.world.clock.advance(timedelta(minutes=2).total_seconds())
    assert (await uber.created(idempotency_key="k"))["id"] != first["id"]


async def test_a_quote_is_good_for_a_quarter_of_an_hour_and_one_delivery(uber: Uber) -> None:
    quote = await uber.quoted()
    uber.world.clock.advance(timedelta(minutes=14, seconds=59).total_seconds())
    await uber.created(quote_id=quote["id"])
    await uber.refused(400, "used_quote", "POST", "/deliveries", uber.body(quote_id=quote["id"]))
    late = await uber.quoted()
    uber.world.clock.advance(timedelta(minutes=15).total_seconds())
    await uber.refused(400, "expired_quote", "POST", "/deliveries", uber.body(quote_id=late["id"]))
    foreign = await uber.done("POST", "/delivery_quotes", uber.quote_body(external_store_id="x"), client=uber.stranger)
    told = await uber.refused(400, "invalid_params", "POST", "/deliveries", uber.body(quote_id=foreign["id"]))
    assert "quote_id" in told


async def test_a_quoted_price_stands_for_the_way_and_the_goods_it_was_for(uber: Uber) -> None:
    quote = await uber.quoted()
    elsewhere = uber.body(quote_id=quote["id"], dropoff_address=ELM_LINE.replace("12", "20"))
    assert "dropoff_address" in await uber.refused(400, "invalid_params", "POST", "/deliveries", elsewhere)
    other_store = uber.body(quote_id=quote["id"], external_store_id="another")
    assert "external_store_id" in await uber.refused(400, "invalid_params", "POST", "/deliveries", other_store)
    large = uber.body(quote_id=quote["id"], manifest_items=[{"name": "Wardrobe", "quantity": 1, "size": "large"}])
    await uber.refused(400, "mismatched_price_quote", "POST", "/deliveries", large)
    checked = uber.body(quote_id=quote["id"], requires_id=True)
    assert (await uber.done("POST", "/deliveries", checked))["fee"] == quote["fee"]


async def test_wrong_fields_are_named_as_they_were_sent(uber: Uber) -> None:
    table: list[tuple[dict[str, Any], str]] = [
        ({"dropoff_phone_number": "12"}, "dropoff_phone_number"),
        ({"dropoff_name": None}, "dropoff_name"),
        ({"pickup_address": ""}, "pickup_address"),
        ({"manifest_items": []}, "manifest_items"),
        ({"manifest_items": [{"name": "Box", "quantity": 0}]}, "manifest_items.0.quantity"),
        (
            {"manifest_items": [{"name": "Box", "dimensions": {"length": 1, "height": 1, "depth": 1}}]},
            "manifest_items.0",
        ),
        ({"dropoff_notes": "x" * 281}, "dropoff_notes"),
        ({"tip": -1}, "tip"),
        ({"pickup_latitude": 44.0}, "pickup_latitude"),
        ({"pickup_verification": {"pincode": {"enabled": True}}}, "pickup_verification.pincode"),
        ({"pickup_verification": {"identification": {"min_age": 21}}}, "pickup_verification.identification"),
        (
            {"dropoff_verification": {"pincode": {"enabled": True, "type": "merchant_provided"}}},
            "dropoff_verification.pincode.value",
        ),
        ({"test_specifications": {"robo_courier_specification": {"mode": "auto"}}}, "test_specifications"),
    ]
    for change, name in table:
        body = {field: value for field, value in {**uber.body(), **change}.items() if value is not None}
        assert name in await uber.refused(400, "invalid_params", "POST", "/deliveries", body), name
    assert "filter" in await uber.refused(400, "invalid_params", "GET", "/deliveries?filter=lost")


async def test_what_a_person_must_take_is_never_left_at_a_door(uber: Uber) -> None:
    wishes: tuple[dict[str, Any], ...] = (
        {"dropoff_verification": {"signature_requirement": {"enabled": True}}},
        {"dropoff_verification": {"pincode": {"enabled": True}}},
        {"dropoff_verification": {"identification": {"min_age": 21}}},
        {"requires_id": True},
        {"requires_dropoff_signature": True},
    )
    actions: dict[str, Any] = {
        "deliverable_action": "deliverable_action_leave_at_door",
        "undeliverable_action": "leave_at_door",
    }
    for wish in wishes:
        for name, value in actions.items():
            body = uber.body(**wish, **{name: value})
            assert name in await uber.refused(400, "invalid_params", "POST", "/deliveries", body)
    left = await uber.created(**actions)
    assert left["dropoff"]["verification_requirements"] == {"picture": True}


async def test_a_paused_market_has_no_courier_free(uber: Uber) -> None:
    await uber.world.done(uber.world.operator_token, "PATCH", "/v1/operator/markets/mkt_1", {"status": "paused"})
    await uber.refused(503, "couriers_busy", "POST", "/delivery_quotes", uber.quote_body())


async def test_a_deadline_that_nothing_can_keep_is_refused(uber: Uber) -> None:
    soon = uber.quote_body(pickup_ready_dt=uber.at(60), dropoff_deadline_dt=uber.at(62))
    await uber.refused(400, "dropoff_deadline_too_early", "POST", "/delivery_quotes", soon)
    kept = await uber.quoted(dropoff_deadline_dt=uber.at(360))
    assert kept["dropoff_eta"] <= uber.at(360)


async def test_whatever_goes_wrong_on_the_way_in_is_told_in_the_dialect(uber: Uber) -> None:
    await uber.refused(404, "not_found", "GET", "/v1/customers/x/y/z")
    await uber.refused(405, "method_not_allowed", "DELETE", "/deliveries")
    json = {"Content-Type": "application/json"}
    await uber.refused(400, "invalid_params", "POST", "/deliveries", content=b"{", headers=json)
    await uber.refused(400, "invalid_params", "POST", "/deliveries", content=b"", headers=json)
    await uber.refused(413, "invalid_params", "POST", "/deliveries", content=b" " * 4_100_000, headers=json)
    await uber.refused(400, "invalid_params", "GET", "/deliveries/del_%00")
    await uber.refused(404, "delivery_not_found", "GET", "/deliveries/dlv_x")


async def test_a_cancellation_needs_no_body_though_it_is_called_json(uber: Uber) -> None:
    made = await uber.created()
    json = {"Content-Type": "application/json", "Content-Length": "0"}
    told = await uber.done("POST", f"/deliveries/{made['id']}/cancel", content=b"", headers=json)
    assert told["status"] == "canceled"
    assert told["fee"] == 0


async def test_only_the_merchants_own_organization_exists(uber: Uber) -> None:
    path = "/v1/direct/organizations"
    await uber.refused(400, "not_allowed", "POST", path, {"info": {"name": "Another Bakery"}})
    assert "info.name" in await uber.refused(400, "invalid_params", "POST", path, {"info": {"name": "A/B"}})
    await uber.refused(404, "organization_not_found", "GET", f"{path}/{uber.stranger.customer_id}")
    body = {
        "user_details": {"email": "nora@bakery.example", "first_name": "Nora", "last_name": "Neu"},
        "roles": ["ROLE_ADMIN"],
    }
    invite = f"{path}/{uber.live.customer_id}/memberships/invite"
    await uber.done("POST", invite, body)
    people = await uber.world.done(uber.bakery.live_key, "GET", "/v1/users")
    assert {each["email"]: each["role"] for each in people["items"]}["nora@bakery.example"] == "developer"
    assert "user_details.email" in await uber.refused(400, "invalid_params", "POST", invite, body)
    test_invite = f"{path}/{uber.test.customer_id}/memberships/invite"
    await uber.refused(403, "customer_blocked", "POST", test_invite, body, client=uber.test)


async def test_what_is_under_way_can_no_longer_be_changed_or_called_off(uber: Uber) -> None:
    made = await uber.created()
    courier_id = await uber.world.accepted()
    await uber.world.carried(courier_id, until=Act.PICK_UP)
    path = f"/deliveries/{made['id']}"
    await uber.refused(400, "noncancelable_delivery", "POST", f"{path}/cancel")
    labels = {"pickup_verification": {"barcodes": [{"value": "BOX"}]}}
    assert "pickup_verification.barcodes" in await uber.refused(400, "invalid_params", "POST", path, labels)
    place = {"dropoff_latitude": 44.0, "dropoff_longitude": -73.001}
    assert "dropoff_latitude" in await uber.refused(400, "invalid_params", "POST", path, place)
    await uber.refused(400, "max_tip_exceeded", "POST", path, {"tip_by_customer": 10_000_000})
