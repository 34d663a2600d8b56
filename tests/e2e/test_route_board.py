"""A dispatcher moves deliveries on the route board, by mouse, by finger and by keyboard, in a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright, expect

from homeward.deliveries.model import Actor, Who
from homeward.fleets.couriers.model import Courier
from homeward.kit.places import LatLon
from homeward.web.assets_manifest import STATIC
from tests.conftest import DatabaseUrls
from tests.web.booking import a_booked_delivery
from tests.web.town import OPERATOR, Town, a_free_port, a_town, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DESKTOP = ViewportSize(width=1440, height=900)
IDA = Actor(Who.OPERATOR, "opr_ida")


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


async def two_lanes(town: Town) -> tuple[Courier, Courier, str]:
    """Bo has a delivery, Ana nothing."""
    bo = await town.courier("Bo Lindqvist")
    ana = await town.courier("Ana Meier", LatLon(44.02, -73.0))
    delivery_id = await a_booked_delivery(town)
    await town.platform.dispatch.reassign(delivery_id, bo.id, IDA, "to begin with")
    await town.plan()
    return bo, ana, delivery_id


async def the_board(browser: Browser, town: Town, errors: list[str]) -> Page:
    """Signed in, with whatever the page complains of put down in `errors`."""
    page = await (await browser.new_context(viewport=DESKTOP, has_touch=True)).new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{town.base_url}/console/sign-in?next=/console/routes")
    await page.get_by_label("E-mail").fill(OPERATOR[0])
    await page.get_by_label("Password").fill(OPERATOR[1])
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Routes in Springfield")).to_be_visible()
    return page


async def middle(what: Locator) -> tuple[float, float]:
    box = await what.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def dragged(page: Page, what: Locator, to: Locator) -> None:
    await page.mouse.move(*await middle(what))
    await page.mouse.down()
    await page.mouse.move(*await middle(to), steps=8)
    await page.mouse.up()


async def holder(town: Town, delivery_id: str) -> str | None:
    return (await town.platform.deliveries.get(None, delivery_id)).delivery.courier_id


async def confirmed(page: Page) -> None:
    await page.get_by_label("Reason").fill("lives there")
    await page.get_by_role("button", name="Move it").click()


async def test_a_stop_is_dragged_to_another_lane_and_moves_only_when_confirmed(town: Town, browser: Browser) -> None:
    bo, ana, delivery_id = await two_lanes(town)
    errors: list[str] = []
    page = await the_board(browser, town, errors)
    stop = page.locator(f'#lane-{bo.id} [data-grab="{delivery_id}"] rect').last
    await dragged(page, stop, page.locator(f"#lane-{ana.id} .track"))
    effect = page.locator("#effect")
    await expect(effect.get_by_role("heading")).to_contain_text("to Ana Meier")
    await expect(effect.get_by_role("row")).to_have_count(2)
    assert await holder(town, delivery_id) == bo.id
    await confirmed(page)
    await expect(page.get_by_text("Moved. The couriers see their new routes.")).to_be_visible()
    await expect(page.locator(f'#lane-{ana.id} [data-stop="{delivery_id}"]')).to_have_count(2)
    assert await holder(town, delivery_id) == ana.id
    assert errors == []


async def test_a_waiting_delivery_is_dragged_from_the_tray(town: Town, browser: Browser) -> None:
    ana = await town.courier("Ana Meier")
    delivery_id = await a_booked_delivery(town)
    page = await the_board(browser, town, [])
    await dragged(page, page.locator("#tray [data-grab]"), page.locator(f"#lane-{ana.id} .track"))
    await expect(page.locator("#effect").get_by_role("heading")).to_contain_text("to Ana Meier")
    await confirmed(page)
    await expect(page.locator(f'#lane-{ana.id} [data-stop="{delivery_id}"]')).to_have_count(2)
    await expect(page.locator("#tray [data-grab]")).to_have_count(0)


async def test_a_finger_drags_as_a_mouse_does(town: Town, browser: Browser) -> None:
    bo, ana, delivery_id = await two_lanes(town)
    page = await the_board(browser, town, [])
    finger = await page.context.new_cdp_session(page)
    x, y = await middle(page.locator(f'#lane-{bo.id} [data-grab="{delivery_id}"] rect').last)
    to_x, to_y = await middle(page.locator(f"#lane-{ana.id} .track"))
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x, "y": y + 12}]),
        ("touchMove", [{"x": to_x, "y": to_y}]),
        ("touchEnd", []),
    ):
        await finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    await expect(page.locator("#effect").get_by_role("heading")).to_contain_text("to Ana Meier")
    assert await holder(town, delivery_id) == bo.id


async def test_the_keyboard_alone_moves_a_delivery(town: Town, browser: Browser) -> None:
    bo, ana, delivery_id = await two_lanes(town)
    page = await the_board(browser, town, [])
    await page.locator(f'#lane-{bo.id} [data-stop="{delivery_id}"]').first.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Delivery or trip")).to_have_value(delivery_id)
    await page.get_by_label("Give it to").focus()
    await page.keyboard.type("Ana")
    await page.get_by_role("button", name="See the effect").focus()
    await page.keyboard.press("Enter")
    effect = page.locator("#effect")
    await expect(effect.get_by_role("heading")).to_contain_text("to Ana Meier")
    await expect(effect).to_be_focused()
    await page.get_by_label("Reason").focus()
    await page.keyboard.type("lives there")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Moved. The couriers see their new routes.")).to_be_visible()
    assert await holder(town, delivery_id) == ana.id


async def test_a_plan_that_changed_meanwhile_shows_the_new_effect_and_moves_nothing(
    town: Town, browser: Browser
) -> None:
    bo, ana, delivery_id = await two_lanes(town)
    page = await the_board(browser, town, [])
    await page.get_by_label("Delivery or trip").select_option(delivery_id)
    await page.get_by_label("Give it to").select_option(ana.id)
    await page.get_by_role("button", name="See the effect").click()
    await expect(page.locator("#effect").get_by_role("heading")).to_contain_text("to Ana Meier")
    another = await a_booked_delivery(town, "20 Elm Street, Springfield", key="key-of-this-form-0002")
    await town.platform.dispatch.reassign(another, ana.id, IDA, "meanwhile")
    await confirmed(page)
    await expect(page.get_by_text("The plan has changed since")).to_be_visible()
    await expect(page.locator("#effect").get_by_role("row")).to_have_count(3)
    assert await holder(town, delivery_id) == bo.id


async def test_a_lane_fills_by_itself_when_somebody_gets_a_delivery(town: Town, browser: Browser) -> None:
    ana = await town.courier("Ana Meier")
    delivery_id = await a_booked_delivery(town)
    page = await the_board(browser, town, [])
    await page.evaluate("window.stillThere = true")
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    await town.platform.dispatch.reassign(delivery_id, ana.id, IDA, "by telephone")
    await expect(page.locator(f'#lane-{ana.id} [data-stop="{delivery_id}"]')).to_have_count(2, timeout=20_000)
    assert await page.evaluate("window.stillThere")
