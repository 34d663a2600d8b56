"""What a merchant can ask for, give and try again on the portal's pages."""

import pytest

from homeward.deliveries.model import Actor, AgeCheck, Barcode, Building, Handover, Item, Spot, State, Who
from homeward.kit.money import Money
from homeward.kit.problems import MalformedRequest
from homeward.web.forms import tip_of
from homeward.web.portal.book_views import items_of
from tests.web.booking import a_booked_delivery, ask, book
from tests.web.town import Town

WISHES = {
    "items": "2 x Rye bread\nCake",
    "barcode": "BOX-1",
    "tip": "2.50",
    "handover": "to_person",
    "building": "apartment",
    "spot": "mailroom",
    "gate_code": "42#",
    "age_check": "on",
    "min_age": "21",
    "sober": "on",
}


def test_items_are_lines_with_a_number_before_them() -> None:
    assert items_of("2 x Rye bread\r\n\n Cake \n3× Tea") == (Item("Rye bread", 2), Item("Cake"), Item("Tea", 3))


@pytest.mark.parametrize(("typed", "minor"), [("3", 300), ("2,50", 250), ("0.1", 10)])
def test_a_tip_is_typed_as_people_write_money(typed: str, minor: int) -> None:
    assert tip_of(typed, "CHF") == Money(minor, "CHF")


@pytest.mark.parametrize("typed", ["much", "-3", "1e9", "nan"])
def test_what_is_no_amount_is_no_tip(typed: str) -> None:
    with pytest.raises(MalformedRequest):
        tip_of(typed, "CHF")


async def test_every_wish_of_the_form_reaches_the_delivery(town: Town) -> None:
    delivery_id = await a_booked_delivery(town, **WISHES)
    delivery = (await town.platform.deliveries.get(None, delivery_id)).delivery
    wanted = delivery.requirements
    assert delivery.contents.items == (Item("Rye bread", 2), Item("Cake"))
    assert (wanted.barcodes, wanted.at_pickup.barcodes) == ((Barcode("BOX-1"),), (Barcode("BOX-1"),))
    assert (wanted.handover, wanted.age) == (Handover.TO_PERSON, AgeCheck(21, sober=True))
    door = delivery.dropoff
    assert (door.building, door.spot, door.gate_code) == (Building.APARTMENT, Spot.MAILROOM, "42#")
    assert delivery.tip == Money(250, "USD")


async def test_a_spot_without_its_building_brings_the_form_back_with_everything_in_it(town: Town) -> None:
    client = await town.signed_in("portal")
    refused = await book(client, await ask(client, town, "12 Elm Street, Springfield", spot="mailroom", tip="2"))
    assert refused.status_code == 409
    assert "Nora Hasler" in refused.text


async def test_what_did_not_arrive_is_booked_again_from_its_page(town: Town) -> None:
    delivery_id = await a_booked_delivery(town)
    shop = Actor(Who.MERCHANT, "key_1")
    await town.platform.deliveries.cancel(town.merchant.merchant.id, delivery_id, shop)
    client = await town.signed_in("portal")
    page = (await client.get(f"/portal/deliveries/{delivery_id}")).text
    assert f"/portal/book?again={delivery_id}" in page
    form = (await client.get(f"/portal/book?again={delivery_id}")).text
    assert "Nora Hasler" in form
    assert delivery_id in form
    again = await a_booked_delivery(town, redelivery_of=delivery_id, key="another-key-of-the-form")
    assert (await town.platform.deliveries.get(None, again)).delivery.redelivery_of == delivery_id


async def test_a_tip_is_given_on_the_page_of_a_delivery_and_only_grows(town: Town) -> None:
    delivery_id = await a_booked_delivery(town)
    client = await town.signed_in("portal")
    path = f"/portal/deliveries/{delivery_id}/tip"
    assert (await client.post(path, data={"tip": "3"})).status_code == 303
    assert (await client.post(path, data={"tip": "2"})).status_code == 409
    delivery = (await town.platform.deliveries.get(None, delivery_id)).delivery
    assert (delivery.tip, delivery.state) == (Money(300, "USD"), State.SEARCHING)
    assert "$3.00 so far" in (await client.get(f"/portal/deliveries/{delivery_id}")).text
