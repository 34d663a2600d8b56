"""A courier's phone and a shopper's phone, both real browsers, on one delivery."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, FilePayload, Geolocation, Page, ViewportSize, async_playwright, expect

from homeward.web.assets_manifest import STATIC
from tests.conftest import DatabaseUrls
from tests.deliveries.world import a_photo
from tests.web.booking import a_booked_delivery
from tests.web.town import BAKERY, Town, a_free_port, a_town, served
from tests.web.tracking.world import a_token, an_offer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = ViewportSize(width=390, height=844)


@pytest.fixture
async def town(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Town]:
    if not (STATIC / ".vite" / "manifest.json").exists():
        pytest.skip("the pages are not built: `make setup` builds them")
    async with a_town(database_urls.app, tmp_path, port=a_free_port()) as found, served(found):
        yield found


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=str(chromium), args=["--no-sandbox"])
        yield opened
        await opened.close()


async def test_a_shopper_watches_without_reloading_while_a_courier_works_with_one_thumb(
    town: Town, browser: Browser
) -> None:
    courier = await town.courier("Bo Lindqvist")
    delivery_id = await a_booked_delivery(town)
    shopper = await a_page(browser, town, f"/t/{await a_token(town, delivery_id)}")
    hosts: set[str] = set()
    shopper.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    await expect(shopper.locator("h1")).to_have_text("Your order is being prepared")
    await shopper.evaluate("window.stillThere = true")
    phone = await signed_in(browser, town, courier.phone)
    await expect(phone.get_by_role("heading", name="Waiting for an offer")).to_be_visible()

    await an_offer(town, courier.id)
    # The offer comes by itself: nobody touched the phone.
    await expect(phone.get_by_role("button", name="Accept")).to_be_visible(timeout=20_000)
    await phone.get_by_role("button", name="Accept").click()
    await expect(shopper.locator("h1")).to_have_text("A courier is assigned", timeout=20_000)
    for button, said in (
        ("Start to the store", "The courier is on the way to the store"),
        ("I am at the store", "The courier is at the store"),
        ("I have the parcel", "Your order is picked up"),
        ("Start to the door", "On the way to you"),
        ("I am at the door", "The courier is at your door"),
    ):
        town.clock.advance(5)
        await phone.get_by_role("button", name=button).click()
        await expect(shopper.locator("h1")).to_have_text(said, timeout=20_000)
    assert await shopper.evaluate("window.stillThere") is True

    photo = FilePayload(name="door.jpg", mimeType="image/jpeg", buffer=a_photo((2400, 1800)))
    await phone.locator("#photo").set_input_files(photo)
    # Shrinking a picture of four megapixels takes a busy machine longer than the usual five seconds.
    await expect(phone.locator("[data-photo-preview]")).to_be_visible(timeout=20_000)
    await phone.get_by_role("button", name="Handed over").click()
    await expect(shopper.locator("h1")).to_have_text("Delivered", timeout=20_000)
    await expect(shopper.locator(".track-photo img")).to_be_visible()
    assert hosts == {urlsplit(town.base_url).netloc}


async def test_a_phone_without_script_shows_the_same_delivery(town: Town, browser: Browser) -> None:
    token = await a_token(town, await a_booked_delivery(town))
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False, locale="es-ES")
    page = await context.new_page()
    await page.goto(f"{town.base_url}/t/{token}")
    await expect(page.locator("h1")).to_have_text("Estamos preparando su pedido")
    await expect(page.locator(".times")).to_contain_text("Prometido")


async def test_the_phones_own_place_is_reported_while_on_duty(town: Town, browser: Browser) -> None:
    courier = await town.courier("Cyra Haddad")
    moved = Geolocation(latitude=BAKERY.lat + 0.004, longitude=BAKERY.lon)
    context = await browser.new_context(viewport=PHONE, geolocation=moved, permissions=["geolocation"])
    page = await context.new_page()
    await through_the_door(page, town, courier.phone)
    async with page.expect_request("**/v1/courier/positions", timeout=25_000):
        await expect(page.get_by_role("heading", name="Waiting for an offer")).to_be_visible()


async def a_page(browser: Browser, town: Town, path: str) -> Page:
    context = await browser.new_context(viewport=PHONE, locale="en-US")
    page = await context.new_page()
    await page.goto(town.base_url + path)
    return page


async def signed_in(browser: Browser, town: Town, number: str) -> Page:
    page = await a_page(browser, town, "/courier/sign-in")
    await through_the_door(page, town, number)
    return page


async def through_the_door(page: Page, town: Town, number: str) -> None:
    await page.goto(f"{town.base_url}/courier")
    await page.get_by_label("Your phone number").fill(number)
    await page.get_by_role("button", name="Send me a code").click()
    await expect(page.get_by_label("Six-digit code")).to_be_visible()
    (text,) = [one.body for one in await town.platform.messages.recent(recipient=number, limit=1)]
    code = re.search(r"\b\d{6}\b", text)
    assert code
    await page.get_by_label("Six-digit code").fill(code[0])
    await page.get_by_role("button", name="Sign in").click()
