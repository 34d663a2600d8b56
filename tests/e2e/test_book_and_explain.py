"""In a real browser: a merchant books by form, an operator sees it, and finds out why a courier was asked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.conftest import DatabaseUrls
from tests.web.booking import a_booked_delivery
from tests.web.town import OPERATOR, OWNER, Town, a_free_port, a_town, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
async def town(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(database_urls.app, tmp_path, port=a_free_port()) as found, served(found):
        yield found


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # Software rendering draws maps on machines without a graphics card.
        found = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--enable-unsafe-swiftshader"]
        )
        yield found
        await found.close()


class Watched:
    """A page that remembers what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self._said(said.type, said.text))
        self.foreign: list[str] = []
        page.on("request", lambda request: self.foreign.append(request.url))

    def _said(self, kind: str, text: str) -> None:
        # The town of these tests has no map tiles; everything else must load.
        if kind == "error" and "404" not in text:
            self.errors.append(text)

    def elsewhere(self, base_url: str) -> list[str]:
        return [url for url in self.foreign if not url.startswith((base_url, "data:", "blob:"))]


async def open_page(browser: Browser, *, width: int = 1440, script: bool = True) -> Watched:
    context = await browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
    context.set_default_timeout(30_000)
    return Watched(await context.new_page())


async def sign_in(page: Page, town: Town, face: str) -> None:
    email, password = OPERATOR if face == "console" else OWNER
    await page.goto(f"{town.base_url}/{face}")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**/{face}")


async def test_from_the_booking_form_to_the_reason_a_courier_was_asked(town: Town, browser: Browser) -> None:
    await town.courier("Ada Byron")
    shop = await open_page(browser)
    await sign_in(shop.page, town, "portal")
    await shop.page.get_by_role("link", name="New delivery").first.click()
    await shop.page.get_by_label("Name", exact=True).fill("Nora Hasler")

    await shop.page.get_by_role("combobox", name="Address").press_sequentially("12 elm", delay=40)
    await expect(shop.page.get_by_role("option").first).to_contain_text("Elm Street")
    await shop.page.keyboard.press("ArrowDown")
    await shop.page.keyboard.press("Enter")
    await expect(shop.page.get_by_label("Address", exact=True)).to_have_value("12 Elm Street, Springfield 05156")

    await shop.page.get_by_role("button", name="See prices and times").click()
    await expect(shop.page.get_by_role("heading", name="When should it arrive?")).to_be_visible()
    await shop.page.get_by_role("button", name="Book this delivery").click()
    await expect(shop.page.get_by_text("Booked. The tracking page is ready")).to_be_visible()
    delivery_id = shop.page.url.rpartition("/")[2].partition("?")[0]

    await town.plan(after_s=1_100)
    console = await open_page(browser)
    await sign_in(console.page, town, "console")
    await console.page.get_by_role("link", name="12 Elm Street").click()
    await console.page.wait_for_url(f"**/console/deliveries/{delivery_id}")
    why = console.page.locator("#decisions")
    await expect(why).to_contain_text("The only courier who could")
    await expect(why).to_contain_text("Ada Byron")
    assert shop.errors + console.errors == []
    assert shop.elsewhere(town.base_url) + console.elsewhere(town.base_url) == []


async def test_the_board_shows_a_new_delivery_without_being_asked(town: Town, browser: Browser) -> None:
    console = await open_page(browser)
    await sign_in(console.page, town, "console")
    await expect(console.page.get_by_text("All quiet")).to_be_visible()
    await expect(console.page.get_by_text("Live", exact=True)).to_be_visible()
    await a_booked_delivery(town)
    await expect(console.page.get_by_role("link", name="12 Elm Street")).to_be_visible()
    assert console.errors == []


async def test_without_any_script_a_delivery_can_still_be_booked(town: Town, browser: Browser) -> None:
    plain = await open_page(browser, script=False, width=390)
    await sign_in(plain.page, town, "portal")
    await plain.page.goto(f"{town.base_url}/portal/book")
    await plain.page.get_by_label("Name", exact=True).fill("Nora Hasler")
    await plain.page.get_by_label("Address", exact=True).fill("12 Elm Street, Springfield")
    await plain.page.get_by_role("button", name="See prices and times").click()
    await plain.page.get_by_role("button", name="Book this delivery").click()
    await expect(plain.page.get_by_text("Booked. The tracking page is ready")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
async def test_no_page_is_wider_than_the_screen(town: Town, browser: Browser, width: int) -> None:
    delivery_id = await a_booked_delivery(town)
    paths = {
        "console": ["", "/deliveries", f"/deliveries/{delivery_id}", "/couriers", "/merchants", "/markets/mkt_1"],
        "portal": ["", "/deliveries", f"/deliveries/{delivery_id}", "/book", "/stores", "/keys", "/webhooks", "/brand"],
    }
    too_wide = []
    for face, found in paths.items():
        seen = await open_page(browser, width=width)
        await sign_in(seen.page, town, face)
        for path in found:
            await seen.page.goto(f"{town.base_url}/{face}{path}")
            if await seen.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                too_wide.append(f"{face}{path}")
    assert too_wide == []
