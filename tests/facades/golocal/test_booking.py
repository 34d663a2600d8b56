"""Booking as their documentation states it, over HTTP."""

from typing import Any

import pytest

from tests.facades.golocal.world import GoLocal, an_address


async def test_a_complete_booking_is_answered_with_ids_and_a_tracking_url(golocal: GoLocal) -> None:
    answer = await golocal.done(golocal.bakery, "POST", "/deliveries", golocal.booking(golocal.bakery))
    ids = answer["deliveries"]
    assert ids["externalOrderId"] == "APAL:1541:0154120240819032474"
    assert len(ids["deliveryId"]) == 36
    assert ids["trackingUrl"].startswith("http")


async def test_details_by_id_and_by_order_are_one_answer(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.bakery)
    by_order = await golocal.done(
        golocal.bakery,
        "GET",
        "/deliveries",
        clientId="49304",
        externalOrderId="APAL:1541:0154120240819032474",
    )
    details = await golocal.details(golocal.bakery, delivery_id)
    assert by_order["deliveries"] == details
    assert details["status"] == "DELIVERY_REQUESTED"
    assert details["deliveryDetails"]["address"] == an_address()
    assert details["customer"] == {"firstName": "Erika", "lastName": "Mustermann", "phone": "8025550100"}


@pytest.mark.parametrize(
    ("absent", "code"),
    [
        ({"clientId": None}, "400.500.100"),
        ({"pickupDetails": {}}, "400.500.101"),
        ({"deliveryMethod": None}, "400.500.102"),
        ({"externalOrderId": None}, "400.500.103"),
        ({"customer": None}, "400.500.104"),
        ({"customer": {"lastName": "M", "phone": "1"}}, "400.500.105"),
        ({"customer": {"firstName": "E", "phone": "1"}}, "400.500.106"),
        ({"customer": {"firstName": "E", "lastName": "M"}}, "400.500.107"),
        ({"totalItems": None}, "400.500.108"),
        ({"orderManifest": {"summary": {}}}, "400.500.109"),
        ({"orderPickupReadyTime": None}, "400.500.110"),
        ({"orderPickupReadyTime": "tomorrow"}, "400.500.111"),
        ({"totalItems": 1001}, "400.500.112"),
        ({"pickupDetails": {"externalPickupPointId": "nobody's"}}, "400.500.113"),
        ({"orderManifest": {"summary": {"orderSize": "S", "containsAlcohol": "some"}}}, "400.500.114"),
    ],
)
async def test_each_thing_missing_or_wrong_has_its_stated_code(
    golocal: GoLocal, absent: dict[str, Any], code: str
) -> None:
    body = golocal.booking(golocal.bakery, **absent)
    assert await golocal.refused(golocal.bakery, "POST", "/deliveries", body) == [code]
