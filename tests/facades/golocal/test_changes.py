"""Updates, order statuses, cancellations and tips as their documentation states them."""

from datetime import timedelta
from typing import Any

import pytest

from homeward.deliveries.states import Act
from homeward.facades.golocal.ids import from_uuid
from tests.facades.golocal.world import GoLocal, an_address, wire_time


async def updated(golocal: GoLocal, delivery_id: str, **changes: Any) -> None:
    body = {"deliveries": {"clientId": golocal.bakery.client_id, **changes}}
    answer = await golocal.done(golocal.bakery, "PUT", f"/deliveries/{delivery_id}/update", body)
    assert answer["deliveries"]["deliveryId"] == delivery_id


async def not_updated(golocal: GoLocal, delivery_id: str, **changes: Any) -> list[str]:
    body = {"deliveries": changes}
    return await golocal.refused(golocal.bakery, "PUT", f"/deliveries/{delivery_id}/update", body)


async def test_what_is_sent_replaces_what_was_and_the_rest_stays(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.bakery)
    await updated(
        golocal,
        delivery_id,
        customer={"firstName": "Max", "phone": "8025550199"},
        deliveryDetails={
            "address": {"line1": "14 Elm Street"},
            "propertyType": "HOUSE",
            "locationPreference": "GARAGE_DOOR",
            "gateCode": "1234#",
            "deliveryInstructions": "Mind the dog",
        },
        pickupDetails={"pickupInstructions": "Ring twice"},
        totalItems=5,
    )
    details = await golocal.details(golocal.bakery, delivery_id)
    assert details["customer"] == {"firstName": "Max", "lastName": "Mustermann", "phone": "8025550199"}
    assert details["deliveryDetails"]["address"] == an_address(line1="14 Elm Street")
    assert details["deliveryDetails"]["locationPreference"] == "GARAGE_DOOR"
    assert details["deliveryDetails"]["gateCode"] == "1234#"
    assert details["deliveryDetails"]["deliveryInstructions"] == "Mind the dog"
    assert details["pickupDetails"]["pickupInstructions"] == "Ring twice"
    assert details["totalItems"] == 5


async def test_an_update_that_changes_nothing_fails(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.bakery)
    same = {"firstName": "Erika", "lastName": "Mustermann", "phone": "8025550100"}
    assert await not_updated(golocal, delivery_id, customer=same) == ["400.500.909"]
    assert await not_updated(golocal, delivery_id) == ["400.500.909"]


async def test_one_forbidden_change_fails_the_whole(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.bakery)
    both = {"customer": {"firstName": "Max"}, "deliveryDetails": {"locationPreference": "FRONT_DOOR"}}
    assert await not_updated(golocal, delivery_id, **both) == ["400.500.903"]
    assert (await golocal.details(golocal.bakery, delivery_id))["customer"]["firstName"] == "Erika"


async def test_a_passcode_can_be_asked_for_at_booking_only(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.bakery)
    wanted = {"attendedDelivery": True, "isDropOffOTPRequired": True}
    assert await not_updated(golocal, delivery_id, addOnServices=wanted) == ["400.500.910"]


async def test_address_pin_and_phone_are_locked_once_a_driver_is_assigned(golocal: GoLocal) -> None:
    delivery_id, courier = await golocal.assigned(golocal.bakery)
    phone = {"phone": "8025550199"}
    assert await not_updated(golocal, delivery_id, customer=phone) == ["400.500.910"]
    moved = {"address": {"line1": "14 Elm Street"}}
    assert await not_updated(golocal, delivery_id, deliveryDetails=moved) == ["400.500.910"]
    pin = {"coordinates": {"latitude": 44.0, "longitude": -73.0, "type": "CUSTOMER_PINDROP"}}
    assert set(await not_updated(golocal, delivery_id, deliveryDetails=pin)) == {"400.500.910"}
    await updated(golocal, delivery_id, customer={"lastName": "Muster"}, deliveryDetails={"gateCode": "7"})
    await golocal.world.carried(courier, until=Act.PICK_UP)
    for late in (
        {"customer": {"firstName": "Max"}},
        {"pickupDetails": {"pickupInstructions": "Ring"}},
        {"deliveryDetails": {"propertyType": "HOUSE"}},
        {"deliveryDetails": {"gateCode": "8"}},
        {"orderManifest": {"items": [{"name": "bread"}]}},
        {"scanDetails": {"scanIds": ["A"]}},
        golocal.window(hours=4),
    ):
        assert set(await not_updated(golocal, delivery_id, **late)) == {"400.500.910"}


async def test_a_new_window_is_promised_anew(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.bakery)
    window = golocal.window(hours=5)
    await updated(golocal, delivery_id, **window)
    details = await golocal.details(golocal.bakery, delivery_id)
    assert {name: details[name] for name in window} == window
    view = await golocal.world.platform.deliveries.get(None, str(from_uuid(delivery_id)))
    assert wire_time(view.delivery.promised_by) == window["requestedMaxDeliverySlotTime"]


async def test_a_window_that_costs_more_than_was_accepted_is_refused(golocal: GoLocal) -> None:
    tomorrow = golocal.window(hours=27)
    delivery_id = await golocal.booked(golocal.bakery, **tomorrow)
    assert await not_updated(golocal, delivery_id, **golocal.window(hours=3)) == ["400.500.917"]
    assert await not_updated(golocal, delivery_id, **golocal.window(hours=-9)) == ["400.500.921"]


async def test_the_pickup_point_changes_to_one_about_as_far(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.bakery)
    other = {"externalPickupPointId": "another"}
    assert await not_updated(golocal, delivery_id, pickupDetails=other) == ["400.500.113"]
    old = (await golocal.world.done(golocal.bakery.shop.live_key, "GET", "/v1/stores"))["items"][0]
    store = {"name": "Next door", "address": "here", "place": old["place"], "external_id": "another"}
    await golocal.world.done(golocal.bakery.shop.live_key, "POST", "/v1/stores", store)
    await updated(golocal, delivery_id, pickupDetails=other)
    view = await golocal.world.platform.deliveries.get(None, str(from_uuid(delivery_id)))
    assert view.store_name == "Next door"


async def test_the_size_is_another_booking_here(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.bakery)
    larger = {"summary": {"orderSize": "M"}}
    assert await not_updated(golocal, delivery_id, orderManifest=larger) == ["400.500.907"]


@pytest.mark.parametrize("word", ["READY_FOR_PICKUP", "READY FOR PICKUP"])
async def test_ready_for_pickup_brings_the_pickup_forward(golocal: GoLocal, word: str) -> None:
    later = wire_time(golocal.clock.now() + timedelta(hours=2))
    delivery_id = await golocal.booked(golocal.bakery, orderPickupReadyTime=later)
    body = {"deliveries": {"clientId": golocal.bakery.client_id, "orderStatus": word}}
    answer = await golocal.done(golocal.bakery, "PUT", f"/deliveries/{delivery_id}/orderStatus", body)
    assert answer["deliveries"]["deliveryId"] == delivery_id
    view = await golocal.world.platform.deliveries.get(None, str(from_uuid(delivery_id)))
    assert view.delivery.ready_at == golocal.clock.now()


async def test_an_unknown_order_status_is_refused(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.bakery)
    path = f"/deliveries/{delivery_id}/orderStatus"
    body = {"clientId": golocal.bakery.client_id, "orderStatus": "GONE"}
    assert await golocal.refused(golocal.bakery, "PUT", path, {"deliveries": body}) == ["400.500.902"]
    body["orderStatus"] = "PIN_VALIDATION_PICKUP"
    told = await golocal.refused(golocal.bakery, "PUT", path, {"deliveries": body})
    assert told == ["400.500.916"], "no handshake was asked for"


async def test_a_cancellation_carries_reasons_and_answers_with_ids(golocal: GoLocal) -> None:
    account = golocal.bakery
    delivery_id = await golocal.booked(account)
    order = "APAL:1541:0154120240819032474"
    body = {"clientId": account.client_id, "externalOrderId": order, "reasons": [{"code": "CD-002"}]}
    path = f"/deliveries/{delivery_id}/cancel"
    other = {**body, "externalOrderId": "another"}
    assert await golocal.refused(account, "PUT", path, {"deliveries": other}) == ["400.500.902"]
    answer = await golocal.done(account, "PUT", path, {"deliveries": body})
    assert answer == {"deliveries": {"externalOrderId": order, "deliveryId": delivery_id}}
    assert (await golocal.details(account, delivery_id))["status"] == "CANCELED_BY_CLIENT"
    view = await golocal.world.platform.deliveries.get(None, str(from_uuid(delivery_id)))
    assert view.delivery.outcome.reason == "cancelled by the merchant"
    assert await not_updated(golocal, delivery_id, customer={"firstName": "Max"}) == ["400.500.910"]


async def test_cancelling_is_possible_until_the_driver_has_picked_up(golocal: GoLocal) -> None:
    delivery_id, courier = await golocal.assigned(golocal.bakery)
    await golocal.world.carried(courier, until=Act.PICK_UP)
    body = {"deliveries": {"clientId": golocal.bakery.client_id, "reasons": [{"code": "XX-9"}]}}
    told = await golocal.refused(golocal.bakery, "PUT", f"/deliveries/{delivery_id}/cancel", body)
    assert told == ["400.500.920"]
    assert (await golocal.details(golocal.bakery, delivery_id))["status"] == "DISPATCHED"


async def test_a_tip_is_given_once_and_read_back(golocal: GoLocal) -> None:
    account = golocal.bakery
    await golocal.booked(account)
    order = "APAL:1541:0154120240819032474"
    path = f"/clients/tips/client/{account.client_id}/externalorder/{order}"
    assert await golocal.refused(account, "GET", path) == ["404.500.915"]

    async def refused(**tip: Any) -> list[str]:
        body = {"clientId": account.client_id, "externalOrderId": order, "tip": tip}
        return await golocal.refused(account, "POST", "/clients/tips", body)

    for amount in (0, -1, 100.01, 1.005, "much"):
        assert await refused(amount=amount, currency="USD") == ["400.500.200"], amount
    assert await refused(amount=5, currency="EUR") == ["400.500.200"]
    body = {"clientId": account.client_id, "externalOrderId": order, "tip": {"amount": 10.36, "currency": "USD"}}
    assert await golocal.done(account, "POST", "/clients/tips", body) is None, "no body on success"
    assert await refused(amount=11, currency="USD") == ["400.500.200"], "a tip is final"
    expected = {
        "clientId": account.client_id,
        "externalOrderId": order,
        "pickupPointId": account.shop.name,
        "tip": {"amount": 10.36, "currency": "USD"},
        "status": "UNPROCESSED",
    }
    assert await golocal.done(account, "GET", path) == expected
    crossed = f"/clients/tips/{account.client_id}/externalorder/{order}"
    assert await golocal.done(account, "POST", crossed) == expected, "the path that their other pages name"
