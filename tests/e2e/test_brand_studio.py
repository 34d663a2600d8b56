"""In a real browser: a merchant tries a brand on while typing, takes the offered colour and publishes it."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, async_playwright, expect

from tests.conftest import DatabaseUrls
from tests.e2e.test_book_and_explain import open_page, sign_in
from tests.web.town import Town, a_free_port, a_town, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
async def town(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(database_urls.app, tmp_path, port=a_free_port()) as found, served(found):
        yield found


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        await found.close()


async def test_a_brand_is_tried_on_while_typing_and_then_published(town: Town, browser: Browser) -> None:
    shop = await open_page(browser)
    page = shop.page
    await sign_in(page, town, "portal")
    await page.goto(f"{town.base_url}/portal/brand")
    phone = page.frame_locator("iframe.phone").first

    await page.get_by_label("Name shown to recipients").fill("Petra's")
    await expect(phone.locator(".shop-name")).to_have_text("Petra's")
    await page.get_by_label("Colour", exact=True).fill("#ffd800")
    await expect(phone.locator(".shop-band")).to_have_css("background-color", "rgb(255, 216, 0)")
    await expect(page.get_by_text("Fails").first).to_be_visible()

    picture = io.BytesIO()
    Image.new("RGB", (40, 20), "#112233").save(picture, "PNG")
    logo = {"name": "logo.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    await page.get_by_label("Logo").set_input_files(logo)  # type: ignore[arg-type]
    await expect(phone.locator("img.shop-logo")).to_be_visible()

    await page.get_by_label("Show it in").select_option("es")
    await expect(phone.get_by_role("heading", name="En camino")).to_be_visible()
    await expect(phone.locator("img.shop-logo")).to_be_visible()  # also after the page was asked for again

    await page.get_by_role("button", name="Use #").click()
    await expect(page.get_by_text("Fails")).to_have_count(0)
    taken = await page.get_by_label("Colour", exact=True).input_value()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Recipients see it at once")).to_be_visible()
    brand = (await town.platform.merchants.get(town.merchant.merchant.id)).brand
    assert (brand.display_name, brand.colour) == ("Petra's", taken)
    assert brand.logo.startswith("data:image/png")
    assert shop.errors == []
    assert shop.elsewhere(town.base_url) == []


async def test_without_script_a_button_shows_what_is_typed(town: Town, browser: Browser) -> None:
    shop = await open_page(browser, width=390, script=False)
    page = shop.page
    await sign_in(page, town, "portal")
    await page.goto(f"{town.base_url}/portal/brand")
    await page.get_by_label("Name shown to recipients").fill("Petra's")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.frame_locator("iframe.phone").first.locator(".shop-name")).to_have_text("Petra's")
    brand = (await town.platform.merchants.get(town.merchant.merchant.id)).brand
    assert brand.display_name != "Petra's"
