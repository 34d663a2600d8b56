"""One box that finds anything, as a page without script and as JSON for the palette."""

import pytest

from tests.web.booking import a_booked_delivery
from tests.web.town import Town


@pytest.mark.parametrize(
    ("text", "group", "name"),
    [
        ("nora", "Deliveries", "12 Elm Street"),
        ("HASLER elm", "Deliveries", "12 Elm Street"),
        ("byron", "Couriers", "Ada Byron"),
        ("802 555", "Couriers", "Ada Byron"),
        ("petra", "Merchants", "Petra&#39;s Bakery"),
        ("bakery main", "Stores", "Bakery Main Street"),
    ],
)
async def test_everything_is_found_by_what_people_say(town: Town, text: str, group: str, name: str) -> None:
    await a_booked_delivery(town)
    await town.courier("Ada Byron")
    client = await town.signed_in("console")
    page = (await client.get("/console/search", params={"q": text})).text
    found = page[page.index("<h1>") :]
    assert group in found
    assert name in found


async def test_what_is_too_short_or_unknown_is_told_apart(town: Town) -> None:
    client = await town.signed_in("console")
    assert "Three letters" in (await client.get("/console/search", params={"q": "zz"})).text
    assert "Nothing is called so" in (await client.get("/console/search", params={"q": "zzz"})).text
    assert "Nothing is called so" in (await client.get("/console/search", params={"q": "%%%"})).text


async def test_the_palette_gets_the_same_with_addresses(town: Town) -> None:
    delivery_id = await a_booked_delivery(town)
    client = await town.signed_in("console")
    items = (await client.get("/console/search.json", params={"q": "nora"})).json()["items"]
    assert [(item["group"], item["href"]) for item in items] == [("Deliveries", f"/console/deliveries/{delivery_id}")]


async def test_every_page_has_the_box_and_strangers_find_nothing(town: Town) -> None:
    client = await town.signed_in("console")
    assert 'action="/console/search"' in (await client.get("/console/couriers")).text
    async with town.client() as stranger:
        assert (await stranger.get("/console/search.json", params={"q": "nora"})).status_code == 303
