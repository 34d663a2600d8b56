"""The brand studio by its doors: what is typed is shown and not saved; what is published is live."""

import io

import httpx
import pytest
from PIL import Image

from tests.web.town import Town

PALE = {"display_name": "Petra & Söhne", "colour": "#ffd800", "text_colour": "#000000"}


@pytest.fixture
async def shop(town: Town) -> httpx.AsyncClient:
    """The owner's browser."""
    return await town.signed_in("portal")


async def test_what_is_typed_is_shown_and_not_saved(town: Town, shop: httpx.AsyncClient) -> None:
    before = (await town.platform.merchants.get(town.merchant.merchant.id)).brand
    page = (await shop.post("/portal/brand/preview", data=PALE)).text
    assert 'value="#ffd800"' in page
    assert "Petra &amp; Söhne: your delivery comes" in page
    assert f"Colour: {before.colour} → #ffd800" in page
    assert "Fails" in page
    assert (await town.platform.merchants.get(town.merchant.merchant.id)).brand == before


async def test_the_offered_colour_is_taken_in_one_tap_and_passes(shop: httpx.AsyncClient) -> None:
    page = (await shop.post("/portal/brand/preview", data=PALE)).text
    offer = page.partition('name="take" value="')[2].partition('"')[0]
    taken = (await shop.post("/portal/brand/preview", data=PALE | {"take": offer})).text
    assert f'value="{offer.partition(",")[0]}"' in taken
    assert "Fails" not in taken
    assert "Passes" in taken


async def test_typing_brings_the_preview_alone(shop: httpx.AsyncClient) -> None:
    part = await shop.post("/portal/brand/preview", data=PALE | {"lang": "es"}, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "tu entrega" in part.text or "su entrega" in part.text


async def test_a_tracking_page_is_shown_in_the_brand_by_night_and_in_spanish(shop: httpx.AsyncClient) -> None:
    asked = PALE | {"lang": "es", "look": "dark", "state": "delivered"}
    page = await shop.get("/portal/brand/sample", params=asked)
    assert "--brand:#ffd800" in page.text
    assert 'lang="es" data-theme="dark"' in page.text
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert (await shop.get("/portal/brand/sample?state=lost")).status_code == 404


async def test_no_style_can_be_smuggled_in_by_a_colour(shop: httpx.AsyncClient) -> None:
    page = await shop.get("/portal/brand/sample", params={"colour": "red}body{display:none", "look": "x"})
    assert "display:none" not in page.text


async def test_other_pages_stand_in_no_frame(shop: httpx.AsyncClient) -> None:
    assert (await shop.get("/portal/brand")).headers["X-Frame-Options"] == "DENY"
    assert "frame-src 'none'" in (await shop.get("/portal")).headers["Content-Security-Policy"]


async def test_a_chosen_logo_is_judged_before_it_is_published(shop: httpx.AsyncClient) -> None:
    picture = io.BytesIO()
    Image.new("RGBA", (120, 40), "#ffffff").save(picture, "PNG")
    files = {"logo": ("logo.png", picture.getvalue(), "image/png")}
    told = (await shop.post("/portal/brand/preview", data=PALE, files=files)).text
    assert "120 × 40 pixels: give at least 80" in told
    assert "It cannot be seen on white" in told
    broken = {"logo": ("logo.png", b"no picture", "image/png")}
    told = (await shop.post("/portal/brand/preview", data=PALE, files=broken)).text
    assert "It cannot be used: it is damaged or no picture." in told
