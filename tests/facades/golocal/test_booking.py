"""Eligibility, quotes and bookings as their documentation states them, over HTTP."""

from datetime import timedelta
from typing import Any

from homeward.facades.golocal.ids import from_uuid
from tests.facades.golocal.world import GoLocal, an_address, wire_time

FAR = {"line1": "1 Nowhere Road", "city": "Elsewhere", "state": "VT", "zipCode": "05999", "countryCode": "US"}


async def test_eligibility_names_the_locations_that_some_pickup_point_reaches(golocal: GoLocal) -> None:
    account = golocal.bakery
    body = {
        "clientId": account.client_id,
        "pickupLocations": [{"externalPickupPointId": account.shop.name}],
        "deliveryLocations": [{"address": an_address()}, {"address": FAR}, an_address(line1="20 Mill Lane")],
    }
    answer = await golocal.done(account, "POST", "/deliveries/location/eligibility", {"deliveries": body})
    found = answer["deliveries"]["eligibleDeliveryLocations"]
    assert [each["index"] for each in found] == [0, 2]
    assert found[0]["address"] == an_address()
    assert found[0]["pickupLocations"][0]["distanceInMiles"] > 0
    nothing = {**body, "deliveryLocations": [{"address": FAR}]}
    answer = await golocal.done(account, "POST", "/deliveries/location/eligibility", {"deliveries": nothing})
    assert answer["deliveries"]["eligibleDeliveryLocations"] == [], "nothing eligible is an answer too"
    assert await golocal.rows("SELECT 1 FROM quote") == [], "nothing is kept of a question"


async def test_at_most_ten_locations_of_a_kind_are_asked_about(golocal: GoLocal) -> None:
    account = golocal.bakery
    point = {"externalPickupPointId": account.shop.name}
    body = {"clientId": account.client_id, "pickupLocations": [point], "deliveryLocations": [an_address()] * 11}
    path = "/deliveries/location/eligibility"
    assert await golocal.refused(account, "POST", path, {"deliveries": body}) == ["400.500.912"]
    body |= {"deliveryLocations": []}
    assert await golocal.refused(account, "POST", path, {"deliveries": body}) == ["400.500.901"]
    body |= {"deliveryLocations": [{"city": "X"}, {"line1": "1 Elm"}]}
    answer = await golocal.send(account, "POST", path, {"deliveries": body})
    fields = [error["field"] for error in answer.json()["errors"]]
    assert "field.deliveryLocations[0].line1" in fields
    assert "field.deliveryLocations[1].city" in fields, "every location's faults in one answer"


async def test_the_documented_minimum_is_quoted_with_price_and_validity(golocal: GoLocal) -> None:
    answer = await golocal.done(golocal.bakery, "POST", "/deliveries/quote", golocal.quoting(golocal.bakery))
    quote = answer["deliveries"]
    assert quote["deliveryPrice"]["currency"] == "USD"
    assert isinstance(quote["deliveryPrice"]["amount"], float)
    assert quote["quoteValidity"]["endTime"].endswith(".000Z")


async def test_a_complete_booking_sent_to_quote_costs_the_same(golocal: GoLocal) -> None:
    account = golocal.bakery
    small = await golocal.done(account, "POST", "/deliveries/quote", golocal.quoting(account))
    whole = await golocal.done(account, "POST", "/deliveries/quote", golocal.booking(account))
    assert whole["deliveries"]["deliveryPrice"] == small["deliveries"]["deliveryPrice"]


async def test_a_quoted_price_is_honoured(golocal: GoLocal) -> None:
    account = golocal.bakery
    quote = (await golocal.done(account, "POST", "/deliveries/quote", golocal.quoting(account)))["deliveries"]
    body = golocal.booking(account, quoteId=quote["quoteId"])
    booked = await golocal.done(account, "POST", "/deliveries", body)
    details = await golocal.details(account, booked["deliveries"]["deliveryId"])
    assert details["deliveryPrice"] == quote["deliveryPrice"]
    golocal.clock.advance(7200)
    again = await golocal.done(account, "POST", "/deliveries", body)
    assert again == booked, "a repeat is answered as before, also after the quote has expired"


async def test_a_quote_for_other_details_or_out_of_date_is_not_booked(golocal: GoLocal) -> None:
    account = golocal.bakery
    window = golocal.window()
    quoting = golocal.quoting(account, **window)
    quote_id = (await golocal.done(account, "POST", "/deliveries/quote", quoting))["deliveries"]["quoteId"]

    async def refused(**more: Any) -> list[str]:
        body = golocal.booking(account, **{**window, "quoteId": quote_id, **more})
        return await golocal.refused(account, "POST", "/deliveries", body)

    there = {"address": an_address(line1="14 Elm Street")}
    assert await refused(deliveryDetails=there) == ["400.500.908"]
    assert await refused(quoteId="quo_unknown") == ["400.500.908"]
    larger = {"summary": {"orderSize": "M"}}
    assert await refused(orderManifest=larger) == ["400.500.908"], "dearer than what was quoted"
    golocal.clock.advance(3601)
    ready = wire_time(golocal.clock.now() + timedelta(minutes=10))
    assert await refused(orderPickupReadyTime=ready) == ["400.500.908"]


async def test_a_complete_booking_is_answered_with_ids_and_a_tracking_url(golocal: GoLocal) -> None:
    answer = await golocal.done(golocal.bakery, "POST", "/deliveries", golocal.booking(golocal.bakery))
    ids = answer["deliveries"]
    assert ids["externalOrderId"] == "APAL:1541:0154120240819032474"
    assert len(ids["deliveryId"]) == 36
    assert ids["trackingUrl"].startswith("http")


async def test_details_by_id_and_by_order_are_one_answer(golocal: GoLocal) -> None:
    account = golocal.bakery
    delivery_id = await golocal.booked(
        account,
        deliveryDetails={"address": an_address(), "propertyType": "HOUSE", "locationPreference": "SIDE_PORCH"},
        addOnServices={"proofOfDelivery": True, "signature": True, "attendedDelivery": True},
    )
    order = {"clientId": account.client_id, "externalOrderId": "APAL:1541:0154120240819032474"}
    by_order = await golocal.done(account, "GET", "/deliveries", **order)
    details = await golocal.details(account, delivery_id)
    assert by_order["deliveries"] == details
    assert details["status"] == "DELIVERY_REQUESTED"
    assert details["deliveryDetails"]["address"] == an_address()
    assert details["deliveryDetails"]["propertyType"] == "HOUSE"
    assert details["deliveryDetails"]["locationPreference"] == "SIDE_PORCH"
    assert details["customer"] == {"firstName": "Erika", "lastName": "Mustermann", "phone": "8025550100"}
    assert details["addOnServices"]["signature"] is True
    assert details["addOnServices"]["capturePhotoProof"] is False
    assert details["requestedMinDeliverySlotTime"] == golocal.window()["requestedMinDeliverySlotTime"]
    assert await golocal.refused(account, "GET", "/deliveries") == ["400.500.100", "400.500.103"]


async def test_all_that_is_wrong_with_a_booking_is_told_in_one_answer(golocal: GoLocal) -> None:
    body = golocal.booking(
        golocal.bakery,
        clientId="1",
        customer={"firstName": "E", "lastName": "M"},
        pickupDetails={"externalPickupPointId": "nobody's"},
        deliveryDetails={"address": an_address(), "locationPreference": "BACK_DOOR"},
        addOnServices={"signature": True, "isDropOffOTPRequired": True},
    )
    told = await golocal.refused(golocal.bakery, "POST", "/deliveries", body)
    assert told == ["400.500.107", "400.500.913", "400.500.903", "400.500.904", "400.500.113"]


async def test_what_the_network_cannot_do_is_refused_with_a_code(golocal: GoLocal) -> None:
    account = golocal.bakery

    async def refused(**more: Any) -> list[str]:
        return await golocal.refused(account, "POST", "/deliveries", golocal.booking(account, **more))

    begins = golocal.clock.now() + timedelta(hours=3)
    short = wire_time(begins + timedelta(minutes=30))
    assert await refused(requestedMaxDeliverySlotTime=short) == ["400.500.166"]
    late = wire_time(begins + timedelta(hours=5))
    assert await refused(orderPickupReadyTime=late) == ["400.500.111"]
    assert await refused(orderManifest={"summary": {"orderSize": "OVERSIZED"}}) == ["400.500.907"]
    assert await refused(deliveryDetails={"address": FAR}) == ["400.500.921"]


async def test_the_same_order_again_is_one_delivery_and_another_order_by_its_number_is_refused(
    golocal: GoLocal,
) -> None:
    account = golocal.bakery
    body = golocal.booking(account)
    first = await golocal.done(account, "POST", "/deliveries", body)
    assert await golocal.done(account, "POST", "/deliveries", body) == first
    body["deliveries"]["totalItems"] = 9
    assert await golocal.refused(account, "POST", "/deliveries", body) == ["400.500.919"]


async def test_alcohol_asks_for_an_adult_and_a_pin_drop_is_taken_as_the_door(golocal: GoLocal) -> None:
    pin = {"latitude": 44.009, "longitude": -72.999, "type": "CUSTOMER_PINDROP"}
    delivery_id = await golocal.booked(
        golocal.bakery,
        orderManifest={"summary": {"orderSize": "S", "containsAlcohol": True, "orderValue": 24.5}},
        deliveryDetails={"address": an_address(), "coordinates": pin},
        tip={"amount": 2.5},
        orderStatus="READY_FOR_PICKUP",
    )
    ours = from_uuid(delivery_id)
    view = await golocal.world.platform.deliveries.get(golocal.bakery.shop.id, str(ours))
    assert view.delivery.requirements.age
    assert view.delivery.requirements.age.min_age == 21
    assert view.delivery.dropoff.place.lat == 44.009
    assert view.delivery.tip.minor == 250
    assert view.delivery.contents.value
    assert view.delivery.contents.value.minor == 2450
    assert view.delivery.ready_at == golocal.clock.now()


async def test_a_search_finds_by_order_status_pickup_point_and_page(golocal: GoLocal) -> None:
    account = golocal.bakery
    for number in range(3):
        await golocal.booked(account, externalOrderId=f"order-{number}")
        golocal.clock.advance(1)

    async def found(**wanted: Any) -> tuple[list[str], Any]:
        body = {"deliveries": {"clientId": account.client_id, **wanted}}
        answer = await golocal.done(account, "POST", "/deliveries/search", body)
        return [each["externalOrderId"] for each in answer["deliveries"]], answer.get("nextCursor")

    assert await found() == (["order-2", "order-1", "order-0"], None)
    assert await found(externalOrderIds=["order-1", "unknown"]) == (["order-1"], None)
    assert await found(status="DELIVERED") == ([], None)
    assert (await found(statuses=["DELIVERY_REQUESTED", "REJECTED"]))[0] == ["order-2", "order-1", "order-0"]
    assert (await found(externalPickupPointId=account.shop.name))[0][0] == "order-2"
    page, cursor = await found(limit=2)
    assert page == ["order-2", "order-1"]
    assert (await found(limit=2, cursor=cursor))[0] == ["order-0"]
