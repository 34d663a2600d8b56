"""The portal on the real platform, as a browser without scripts meets it."""

import re

import httpx
import pytest

from homeward.deliveries.model import Actor, DeliveryFilter, State, Who
from homeward.merchants.model import Role
from tests.web.booking import a_booked_delivery, ask, book, hidden_fields
from tests.web.town import Town

ELM = "12 Elm Street, Springfield"


@pytest.fixture
async def shop(town: Town) -> httpx.AsyncClient:
    """The owner's browser."""
    return await town.signed_in("portal")


async def test_the_first_page_of_a_merchant_without_a_store_says_how_to_begin(town: Town) -> None:
    await town.platform.merchants.create_merchant(
        "New Shop", owner_email="n@example.org", owner_password="long enough 1"
    )
    async with town.client() as client:
        await client.post("/portal/sign-in", data={"email": "n@example.org", "password": "long enough 1"})
        assert "Add a store" in (await client.get("/portal")).text


async def test_the_way_to_the_first_delivery_is_ticked_by_what_was_really_done(
    town: Town, shop: httpx.AsyncClient
) -> None:
    brand = {"display_name": "Bakery", "colour": "#7a1f3d", "text_colour": "#ffffff", "support_phone": ""}
    assert "1 of 5 done" in (await shop.get("/portal")).text
    saved = await shop.post("/portal/brand", data=brand | {"support_email": "help@example.org"})
    assert saved.status_code == 303
    assert "2 of 5 done" in (await shop.get("/portal")).text
    await book(shop, await ask(shop, town, ELM))
    page = (await shop.get("/portal")).text
    assert "4 of 5 done" in page
    assert "Book in test" in page
    assert "Book live" not in page


async def test_options_come_with_their_price_in_parts_and_the_reasons_of_the_promise(
    town: Town, shop: httpx.AsyncClient
) -> None:
    options = await ask(shop, town, ELM)
    assert options.status_code == 200
    for said in ("Express", "Same day", "Total", "On the road", "The store prepares it", "12 Elm Street"):
        assert said in options.text


async def test_a_booked_delivery_has_a_page_and_a_tracking_link(town: Town, shop: httpx.AsyncClient) -> None:
    booked = await book(shop, await ask(shop, town, ELM))
    page = (await shop.get(booked.headers["location"])).text
    assert "Booked. The tracking page is ready" in page
    assert "/t/" in page
    assert "Nora Hasler" in page


async def test_a_delivery_has_its_sheet_at_the_press_of_a_button(town: Town, shop: httpx.AsyncClient) -> None:
    booked = await book(shop, await ask(shop, town, ELM))
    page = (await shop.get(booked.headers["location"])).text
    href = re.search(r'href="(/portal/deliveries/[^"]+/proof\.pdf)"', page)
    assert href
    reply = await shop.get(href[1])
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/pdf")
    assert reply.content.startswith(b"%PDF-")


async def test_an_owner_adds_and_removes_a_driver_of_their_own(town: Town, shop: httpx.AsyncClient) -> None:
    typed = {"name": "Eva Baker", "phone": "0142", "vehicle": "car", "store_id": town.store.id}
    refused = await shop.post("/portal/drivers", data=typed)
    assert refused.status_code == 422
    assert "country code" in refused.text
    assert 'value="Eva Baker"' in refused.text
    added = await shop.post("/portal/drivers", data={**typed, "phone": "+1 802 555 0142"})
    page = (await shop.get(added.headers["location"])).text
    assert "Added. They can sign in" in page
    assert "+18025550142" in page
    [driver] = await town.platform.drivers.all(town.merchant.merchant.id)
    removed = await shop.post(f"/portal/drivers/{driver.id}/remove")
    assert "No drivers of your own" in (await shop.get(removed.headers["location"])).text


async def test_pressing_the_button_twice_books_once(town: Town, shop: httpx.AsyncClient) -> None:
    options = await ask(shop, town, ELM)
    first, second = await book(shop, options), await book(shop, options)
    assert first.headers["location"] == second.headers["location"]
    found = await town.platform.deliveries.list(town.merchant.merchant.id, DeliveryFilter())
    assert len(found.items) == 1


async def test_every_mistake_is_told_at_its_field_and_nothing_typed_is_lost(
    town: Town, shop: httpx.AsyncClient
) -> None:
    answer = await ask(shop, town, ELM, name="", weight="heavy", instructions="blue door")
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    assert 'id="weight-error"' in answer.text
    assert "blue door" in answer.text
    assert 'value="heavy"' in answer.text


async def test_an_address_nobody_knows_is_refused_at_its_field(town: Town, shop: httpx.AsyncClient) -> None:
    answer = await ask(shop, town, "1 Nowhere Boulevard, Atlantis")
    assert answer.status_code == 409
    assert 'id="address-error"' in answer.text


async def test_a_doubtful_address_shows_its_pin_and_a_confirmed_pin_is_certain(
    town: Town, shop: httpx.AsyncClient
) -> None:
    doubtful = await ask(shop, town, "61 Mill Lane, Springfield")
    assert "Is this the door?" in doubtful.text
    sure = await ask(shop, town, "61 Mill Lane, Springfield", lat="43.992", lon="-72.9925")
    assert sure.status_code == 200
    assert "Is this the door?" not in sure.text


async def test_an_unclear_address_offers_the_places_it_may_mean_and_one_press_chooses(
    town: Town, shop: httpx.AsyncClient
) -> None:
    unclear = await ask(shop, town, "12 Elm Street, Riverton")
    assert "Which one do you mean?" in unclear.text
    picked = re.search(r'name="pick" value="([^"]+)"', unclear.text)
    assert picked
    assert "When should it arrive?" in (await ask(shop, town, "12 Elm Street, Riverton", pick=picked[1])).text


async def test_an_expired_price_is_asked_anew_before_anything_is_booked(town: Town, shop: httpx.AsyncClient) -> None:
    options = await ask(shop, town, ELM)
    town.clock.advance(2 * 3600)
    again = await book(shop, options)
    assert again.status_code == 409
    assert "expired" in again.text
    assert "Book this delivery" in again.text
    assert (await book(shop, again)).status_code == 303


async def test_changing_the_request_brings_the_form_back_filled(town: Town, shop: httpx.AsyncClient) -> None:
    options = await ask(shop, town, ELM, instructions="blue door")
    form = await shop.post("/portal/book/change", data=hidden_fields(options.text, "/portal/book/change"))
    assert 'value="Nora Hasler"' in form.text
    assert "blue door" in form.text


async def test_suggestions_come_while_an_address_is_typed(town: Town, shop: httpx.AsyncClient) -> None:
    answer = await shop.get("/portal/addresses", params={"q": "12 elm", "store_id": town.store.id})
    assert "Elm Street" in answer.json()["items"][0]["text"]


async def test_test_mode_shows_its_own_deliveries_and_says_so(town: Town, shop: httpx.AsyncClient) -> None:
    await a_booked_delivery(town)
    await shop.post("/portal/mode", data={"mode": "test", "next": "/portal/deliveries"})
    page = (await shop.get("/portal/deliveries")).text
    assert "Test mode" in page
    assert "No deliveries yet" in page


async def test_cancelling_tells_its_fee_before_and_frees_the_delivery(town: Town, shop: httpx.AsyncClient) -> None:
    delivery_id = await a_booked_delivery(town)
    assert "Cancelling now costs nothing" in (await shop.get(f"/portal/deliveries/{delivery_id}")).text
    await shop.post(f"/portal/deliveries/{delivery_id}/cancel", data={"reason": "changed my mind"})
    view = await town.platform.deliveries.get(None, delivery_id)
    assert view.delivery.state is State.CANCELLED


async def test_another_merchant_s_delivery_does_not_exist_here(town: Town) -> None:
    delivery_id = await a_booked_delivery(town)
    await town.platform.merchants.create_merchant("Rival", owner_email="r@example.org", owner_password="long enough 1")
    async with town.client() as rival:
        await rival.post("/portal/sign-in", data={"email": "r@example.org", "password": "long enough 1"})
        assert (await rival.get(f"/portal/deliveries/{delivery_id}")).status_code == 404
        assert (await rival.post(f"/portal/deliveries/{delivery_id}/cancel")).status_code == 404


async def test_a_key_is_shown_once_and_can_be_revoked(town: Town, shop: httpx.AsyncClient) -> None:
    made = await shop.post("/portal/keys", data={"name": "Till", "mode": "test"})
    assert made.status_code == 201
    assert "sk_test_" in made.text
    assert 'data-copy="sk_test_' not in (await shop.get("/portal/keys")).text
    key = next(key for key in await town.platform.merchants.list_keys(town.merchant.merchant.id) if key.name == "Till")
    await shop.post(f"/portal/keys/{key.id}/revoke")
    keys = await town.platform.merchants.list_keys(town.merchant.merchant.id)
    assert [one.revoked_at is not None for one in keys if one.id == key.id] == [True]


@pytest.mark.parametrize(
    ("dialect", "names"),
    [
        ("golocal", ("clientId", "Consumer ID (client_id)", "client_secret")),
        ("doordash_drive", ("developer_id", "key_id", "signing_secret")),
        ("uber_direct", ("customer_id", "client_id", "client_secret")),
    ],
)
async def test_a_key_in_another_shape_is_shown_once_under_the_names_its_software_knows(
    town: Town, shop: httpx.AsyncClient, dialect: str, names: tuple[str, ...]
) -> None:
    made = await shop.post("/portal/credentials", data={"dialect": dialect, "name": "Till", "mode": "test"})
    assert made.status_code == 201
    assert [name for name in names if name not in made.text] == []
    [credential] = await town.platform.credentials.all(town.merchant.merchant.id)
    listed = (await shop.get("/portal/credentials")).text
    assert ("Till" in listed, "data-copy" in listed) == (True, False)
    await shop.post(f"/portal/credentials/{credential.id}/revoke")
    assert (await town.platform.credentials.all(town.merchant.merchant.id))[0].revoked_at


async def test_a_key_for_no_software_is_refused_in_the_form(shop: httpx.AsyncClient) -> None:
    refused = await shop.post("/portal/credentials", data={"dialect": "klingon"})
    assert (refused.status_code, "choose what your software" in refused.text) == (422, True)


async def test_an_endpoint_in_other_words_keeps_its_secrets_out_of_the_page(
    town: Town, shop: httpx.AsyncClient
) -> None:
    asked = {"url": "https://10.0.0.1/hook", "dialect": "doordash_drive", "auth_value": "Bearer parrot"}
    refused = await shop.post("/portal/webhooks", data={**asked, "location_every_s": "20"})
    assert (refused.status_code, "parrot" in refused.text) == (422, False)
    refused = await shop.post("/portal/webhooks", data={**asked, "location_every_s": "2"})
    assert (refused.status_code, "from 5 to 3600" in refused.text) == (422, True)


async def test_staff_book_but_see_neither_keys_nor_brand(town: Town) -> None:
    merchant_id = town.merchant.merchant.id
    await town.platform.merchants.create_user(
        merchant_id, email="s@example.org", name="Sue", role=Role.STAFF, password="long enough 1"
    )
    async with town.client() as staff:
        await staff.post("/portal/sign-in", data={"email": "s@example.org", "password": "long enough 1"})
        assert (await ask(staff, town, ELM)).status_code == 200
        assert [(await staff.get(path)).status_code for path in ("/portal/keys", "/portal/brand")] == [403, 403]


async def test_a_store_keeps_its_hours_as_they_were_typed(town: Town, shop: httpx.AsyncClient) -> None:
    typed = {
        "name": "Kiosk",
        "address": "2 Mill Lane, Springfield",
        "preparation_min": "5",
        "day_0": "08:00-12:00, 13:00-24:00",
        "day_6": "",
    }
    assert (await shop.post("/portal/stores", data=typed)).status_code == 303
    stores = await town.platform.merchants.list_stores(town.merchant.merchant.id)
    kiosk = next(store for store in stores if store.name == "Kiosk")
    page = (await shop.get(f"/portal/stores/{kiosk.id}")).text
    assert 'value="08:00-12:00, 13:00-24:00"' in page


async def test_hours_that_cannot_be_read_are_told_at_their_day(town: Town, shop: httpx.AsyncClient) -> None:
    typed = {"name": "Kiosk", "address": "2 Mill Lane", "preparation_min": "5", "day_0": "nine to five"}
    answer = await shop.post("/portal/stores", data=typed)
    assert answer.status_code == 422
    assert 'value="nine to five"' in answer.text
    assert "write spans as" in answer.text


async def test_colours_that_cannot_be_read_are_refused(town: Town, shop: httpx.AsyncClient) -> None:
    typed = {"display_name": "Petra's", "colour": "#ffffff", "text_colour": "#fefefe"}
    answer = await shop.post("/portal/brand", data=typed)
    assert answer.status_code in (409, 422)
    assert (await town.platform.merchants.get(town.merchant.merchant.id)).brand.colour != "#ffffff"


async def test_a_webhook_to_a_private_address_is_refused_and_kept_in_the_form(
    town: Town, shop: httpx.AsyncClient
) -> None:
    answer = await shop.post("/portal/webhooks", data={"url": "https://127.0.0.1/hook"})
    assert answer.status_code >= 400
    assert 'value="https://127.0.0.1/hook"' in answer.text


async def test_an_api_key_does_not_open_the_portal(town: Town) -> None:
    async with town.client() as client:
        answer = await client.get("/portal", headers={"Authorization": f"Bearer {town.merchant.live_key.secret}"})
    assert answer.headers["location"].startswith("/portal/sign-in")


async def test_feedback_is_read_on_the_page_of_its_delivery(town: Town, shop: httpx.AsyncClient) -> None:
    delivery_id = await a_booked_delivery(town)
    await shop.post(f"/portal/deliveries/{delivery_id}/cancel")
    path = f"/portal/deliveries/{delivery_id}"
    assert "Feedback" not in (await shop.get(path)).text
    merchant_id = town.merchant.merchant.id
    await town.platform.feedback.add(merchant_id, delivery_id, 4, "<b>nice</b>", Actor(Who.MERCHANT, "key_1"))
    page = (await shop.get(path)).text
    assert ("4 of 5" in page, "&lt;b&gt;nice" in page, "<b>nice" in page) == (True, True, False)
