"""Nothing that a shopper's browser receives names the operator or the product: no byte, header, cookie, file name."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from homeward.deliveries.model import State
from homeward.kit.places import Box
from homeward.merchants.model import ShopperRights
from homeward.routing.map_style import Theme, map_style
from homeward.web.assets_manifest import STATIC
from homeward.web.tracking.act_views import ICONS
from tests.web.booking import a_booked_delivery
from tests.web.town import OPERATOR, Town
from tests.web.tracking.world import TRACKING_HOST, a_carried_parcel, a_token, shopper

# The product, its parts as one could guess them from outside, and everything the operator is called in this town.
WORDS = ("homeward", "console", "operator", "ida berger", OPERATOR[0])


ALL_ACTS = (*ICONS, "rating", "tip", "machines", "open")


def named(text: str) -> list[str]:
    """Where one of the words stands, with what stands around it."""
    return [
        text[max(0, found.start() - 30) : found.end() + 30]
        for word in WORDS
        for found in re.finditer(re.escape(word), text, re.IGNORECASE)
    ]


def names_in(answer: httpx.Response) -> list[str]:
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.multi_items())
    return named(headers) + named(answer.content.decode("utf-8", "replace"))


@pytest.fixture
async def browser(town: Town) -> httpx.AsyncClient:
    await town.platform.merchants.set_tracking_domain(town.merchant.merchant.id, TRACKING_HOST)
    return shopper(town, TRACKING_HOST)


async def test_no_page_in_any_state_names_the_operator(town: Town, browser: httpx.AsyncClient) -> None:
    parcel = await a_carried_parcel(town)
    waiting = await a_token(town, await a_booked_delivery(town, key="another-form-key-0002"))
    answers = [await browser.get(f"/t/{waiting}")]
    for state in (State.TO_PICKUP, State.PICKED_UP, State.TO_DROPOFF, State.AT_DROPOFF, State.DELIVERED):
        await parcel.brought_to(state)
        answers += [await browser.get(f"/t/{parcel.token}{path}") for path in ("", "/now")]
    answers.append(await browser.get(f"/t/{parcel.token}/live"))
    answers += [await browser.get(path) for path in re.findall(r'src="(/t/[^"]+)"', answers[-2].text)]
    assert {answer.status_code for answer in answers} == {200}
    assert [name for answer in answers for name in names_in(answer)] == []
    assert not any("set-cookie" in answer.headers for answer in answers)


@pytest.mark.parametrize("lang", ["en", "es"])
async def test_no_act_of_a_shopper_names_the_operator(town: Town, lang: str) -> None:
    """Each page of an act, each refusal of one, what comes after it, and the link that the shopper hands on."""
    merchant_id = town.merchant.merchant.id
    await town.platform.merchants.set_tracking_domain(merchant_id, TRACKING_HOST)
    await town.platform.merchants.update(merchant_id, shopper=dict.fromkeys(ShopperRights.__dataclass_fields__, True))
    parcel = await a_carried_parcel(town)
    token = await a_token(town, await a_booked_delivery(town, key="another-form-key-0003"))
    browser = shopper(town, TRACKING_HOST, lang)
    answers = [await browser.get(f"/t/{token}/{act}") for act in ICONS if act != "report"]
    assert {answer.status_code for answer in answers} == {200}
    (link,) = re.findall(r'id="link" value="http://[^/"]+(/t/[^"]+)"', answers[-1].text)
    assert "localhost" not in answers[-1].text
    answers += [await browser.get(f"{link}{part}") for part in ("", "/now", "/details")]
    answers += [await browser.post(f"/t/{token}/{act}", data={"tip": "x", "lat": "0", "lon": "0"}) for act in ALL_ACTS]
    await parcel.brought_to(State.DELIVERED)
    answers += [await browser.get(f"/t/{parcel.token}{path}") for path in ("", "/report", "?told=rating", "/nothing")]
    answers += [await browser.post(f"/t/{parcel.token}/{act}", data={"tip": "x"}) for act in ALL_ACTS]
    assert [name for answer in answers for name in names_in(answer)] == []
    assert not any("set-cookie" in answer.headers for answer in answers)


def test_a_planted_name_is_found() -> None:
    assert named("Delivered by HomeWard")
    assert named("mail=OPERATOR@x")
    assert not named("Petra's Bakery")
    for place in ({"headers": {"x-made-by": "homeward"}}, {"html": "<!-- Ida Berger -->"}):
        assert names_in(httpx.Response(200, **place))


REFUSED = [
    ("GET", "/t/unknown", 404),
    ("POST", "/t/unknown", 404),
    ("DELETE", "/t/unknown/live", 404),
    ("GET", "/", 404),
    ("GET", "/favicon.ico", 404),
    ("GET", "/robots.txt", 404),
    ("GET", "/manifest.json", 404),
    ("GET", "/console", 404),
    ("GET", "/openapi.json", 404),
    ("GET", "/problems/not-found", 404),
    ("GET", "/assets/nothing.js", 404),
    ("GET", "/assets/.vite/manifest.json", 404),
    ("GET", "/tiles/nowhere/style.json", 404),
    ("POST", "/tiles/springfield/style.json", 405),
    ("POST", "/assets/nothing.js", 405),
]


async def test_no_refusal_names_the_operator(browser: httpx.AsyncClient) -> None:
    for method, path, status in REFUSED:
        answer = await browser.request(method, path)
        assert answer.status_code == status, path
        assert names_in(answer) == [], path


async def test_even_a_crash_names_nobody(town: Town, browser: httpx.AsyncClient) -> None:
    token = await a_token(town, await a_booked_delivery(town))
    async with town.platform.db.operator() as tx:
        await tx.run("UPDATE market SET time_zone = 'Nowhere/Land'")
    answer = await browser.get(f"/t/{token}")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert names_in(answer) == []


async def test_a_shoppers_page_tells_nobody_its_address_and_is_kept_by_nobody(
    town: Town, browser: httpx.AsyncClient
) -> None:
    headers = (await browser.get(f"/t/{await a_token(town, await a_booked_delivery(town))}")).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_maps_style_names_nobody() -> None:
    for theme in Theme:
        style = map_style("http://track.petras.example/tiles/town/{z}/{x}/{y}.mvt", Box(44, -73, 44.1, -72.9), theme)
        assert named(json.dumps(style)) == []


def built_files() -> list[Path]:
    """Everything that the shopper's entry may load, by way of the build's own list."""
    listed = STATIC / ".vite" / "manifest.json"
    if not listed.exists():
        pytest.skip("the pages are not built: `make setup` builds them")
    chunks = json.loads(listed.read_text("utf-8"))

    def reached(name: str, seen: set[str]) -> Iterator[str]:
        if name in seen:
            return
        seen.add(name)
        chunk = chunks[name]
        yield chunk["file"]
        yield from chunk.get("css", [])
        yield from chunk.get("assets", [])
        for more in (*chunk.get("imports", []), *chunk.get("dynamicImports", [])):
            yield from reached(more, seen)

    workers = [path.name for path in STATIC.glob("*worker*")]
    return [STATIC / name for name in {*reached("tracking.ts", set()), *workers}]


def test_no_built_file_of_the_shoppers_page_names_the_operator() -> None:
    files = built_files()
    assert len(files) >= 4
    for file in files:
        assert named(file.name) == []
        text = file.read_bytes().decode("utf-8", "replace")
        assert [found for found in named(text) if "homeward" in found.lower()] == []
        assert "sourceMappingURL" not in text


def test_no_built_file_at_all_names_the_product() -> None:
    built_files()
    for file in STATIC.rglob("*"):
        if file.is_file():
            assert "homeward" not in file.name.lower()
            assert b"homeward" not in file.read_bytes().lower(), file.name
            assert file.suffix != ".map"


async def test_every_file_that_the_page_names_is_served_on_the_merchants_host(
    town: Town, browser: httpx.AsyncClient
) -> None:
    built_files()
    page = (await browser.get(f"/t/{await a_token(town, await a_booked_delivery(town))}")).text
    files = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)
    assert files
    for file in files:
        answer = await browser.get(file)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert re.findall(r'(?:href|src)="(?:https?:)?//[^"]+"', page) == []
