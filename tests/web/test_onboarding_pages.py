"""From a stranger's telephone to a courier on duty, by pages alone and without a script."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from homeward.infra.auth import COOKIES
from tests.acceptance.world import World, a_world
from tests.conftest import DatabaseUrls
from tests.deliveries.world import a_photo
from tests.web.town import MARKET_ID

PHONE = "+18025550166"
WORDS = {
    "agreement": "You carry for whom you like, when you like,\nand are paid for every delivery.",
    "check_disclosure": "We may ask a company for a report about your past. This page says nothing else.",
}


@pytest.fixture
async def world(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(database_urls.app, tmp_path) as found:
        yield found


async def published(world: World) -> None:
    for kind, text in WORDS.items():
        body = {"kind": kind, "market_id": MARKET_ID, "jurisdiction": "US-VT", "language": "en", "text": text}
        body["effective_at"] = world.clock.now().isoformat()
        await world.done(world.operator_token, "POST", "/v1/operator/agreements", body)


async def code_of(world: World) -> str:
    texts = await world.rows("SELECT body FROM message WHERE recipient = %(p)s ORDER BY next_try_at DESC", p=PHONE)
    return next(str(word) for word in texts[0]["body"].replace(".", " ").split() if word.isdigit() and len(word) == 6)


async def phone(world: World) -> httpx.AsyncClient:
    """Signed in as an applicant: the browser keeps the cookie that the page has set."""
    client = world.client()
    client.headers["Origin"] = world.town.base_url
    await client.post("/courier/apply/phone", data={"phone": PHONE})
    answer = await client.post("/courier/apply/code", data={"phone": PHONE, "code": await code_of(world)})
    assert answer.status_code == 303, answer.text
    assert COOKIES["applicant"] in client.cookies
    return client


async def does(client: httpx.AsyncClient, step: str, data: dict[str, str] | None = None, **more: Any) -> str:
    """One step; the page afterwards."""
    answer = await client.post(f"/courier/apply/{step}", data=data or {}, **more)
    if answer.status_code == 303:
        return (await client.get(answer.headers["location"])).text
    return answer.text


async def reads(client: httpx.AsyncClient, kind: str) -> str:
    page = (await client.get("/courier/apply")).text
    hidden = {name: page.split(f'name="{name}" value="')[1].split('"')[0] for name in ("version_id", "displayed_hash")}
    return await does(client, f"texts/{kind}", hidden)


def a_paper(world: World, in_days: int = 300) -> dict[str, Any]:
    until = (world.clock.now() + timedelta(days=in_days)).date().isoformat()
    return {"data": {"expires_on": until}, "files": {"picture": ("id.jpg", a_photo(), "image/jpeg")}}


async def applied(world: World) -> httpx.AsyncClient:
    """Everything that is the applicant's to do."""
    await published(world)
    client = await phone(world)
    page = await does(client, "who", {"name": "Zoe Apply", "market_id": MARKET_ID, "vehicle": "bicycle"})
    assert "Passport or identity card" in page
    page = await does(client, "documents/identity", **a_paper(world))
    assert "are paid for every delivery" in page
    page = await reads(client, "agreement")
    assert "report about your past" in page
    assert "Your vehicle" in await reads(client, "check_disclosure")
    assert "Never a bank or card number" in await does(client, "vehicle", {"make": "Veloce", "colour": "red"})
    assert "Somebody looks at it in person" in await does(client, "payout", {"token": "acct_1NvTq2LkdIwHu7ix"})
    return client


async def console(world: World) -> httpx.AsyncClient:
    return await world.town.signed_in("console")


async def application_path(office: httpx.AsyncClient) -> str:
    page = (await office.get("/console/applications?state=review")).text
    return "/console/applications/" + page.split('href="/console/applications/app_')[1].split('"')[0].join(("app_", ""))


async def test_a_stranger_becomes_a_courier_when_a_person_says_so(world: World) -> None:
    client, office = await applied(world), await console(world)
    path = await application_path(office)
    page = (await office.get(path)).text
    for told in ("Zoe Apply", "Still missing", "Passport or identity card, accepted", "Veloce, red"):
        assert told in page
    assert "Let them work" not in page
    picture = page.split(f'href="{path}/documents/')[1].split('"')[0]
    assert (await office.get(f"{path}/documents/{picture}")).headers["content-type"] == "image/jpeg"
    await office.post(f"{path}/documents/{picture}", data={"answer": "accept"})
    await office.post(f"{path}/check", data={"result": "clear", "note": "read today"})
    assert "Let them work" in (await office.get(path)).text
    made = await office.post(f"{path}/activate")
    assert made.headers["location"].startswith("/console/couriers/cou_")
    assert "Welcome, Zoe Apply" in (await client.get("/courier/apply")).text
    await client.post("/courier/sign-in", data={"phone": PHONE})
    signed_in = await client.post("/courier/code", data={"phone": PHONE, "code": await code_of(world)})
    assert signed_in.headers["location"] == "/courier"
    assert (await client.post("/courier/duty", data={"on": "true", "hours": "4"})).status_code == 303
    assert "Waiting for an offer" in (await client.get("/courier")).text


async def test_a_refused_document_is_sent_again_with_the_reason_in_sight(world: World) -> None:
    client, office = await applied(world), await console(world)
    path = await application_path(office)
    picture = (await office.get(path)).text.split(f'href="{path}/documents/')[1].split('"')[0]
    without_reason = await office.post(f"{path}/documents/{picture}", data={"answer": "refuse", "reason": " "})
    assert without_reason.status_code == 422
    assert "say why; the applicant reads it" in without_reason.text
    await office.post(f"{path}/documents/{picture}", data={"answer": "refuse", "reason": "The name cannot be read."})
    page = (await client.get("/courier/apply")).text
    assert "The name cannot be read." in page
    world.clock.advance(60)
    assert "Being looked at" in await does(client, "documents/identity", **a_paper(world))


async def test_who_is_declined_reads_why(world: World) -> None:
    client, office = await applied(world), await console(world)
    path = await application_path(office)
    await office.post(f"{path}/decline", data={"reason": "We have no work in your town yet."})
    assert "We have no work in your town yet." in (await client.get("/courier/apply")).text
    again = await office.post(f"{path}/activate")
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("step", "data", "said"),
    [
        ("who", {"name": " ", "market_id": MARKET_ID, "vehicle": "bicycle"}, "say your name"),
        ("who", {"name": "Zoe", "market_id": MARKET_ID, "vehicle": "sleigh"}, "choose what you move with"),
        ("payout", {"token": "acct_1NvTq2LkdIwHu7ix"}, "at another step"),
        ("documents/identity", {"expires_on": "soon"}, "until when the document is valid"),
    ],
)
async def test_wrong_input_says_what_to_do_and_loses_nothing(
    world: World, step: str, data: dict[str, str], said: str
) -> None:
    client = await phone(world)
    answer = await client.post(f"/courier/apply/{step}", data=data)
    assert answer.status_code in (409, 422)
    assert said in answer.text
    if data.get("name") == "Zoe":
        assert 'value="Zoe"' in answer.text


async def test_a_card_number_is_refused_and_not_written_back(world: World) -> None:
    client = await applied(world)
    page = await does(client, "payout", {"token": "4242 4242 4242 4242"})
    assert "4242" not in page


async def test_without_the_operators_words_nothing_is_accepted(world: World) -> None:
    client = await phone(world)
    await does(client, "who", {"name": "Zoe Apply", "market_id": MARKET_ID, "vehicle": "foot"})
    assert "This text is not written yet" in await does(client, "documents/identity", **a_paper(world))


async def test_papers_are_not_for_everybody_at_the_operator(world: World) -> None:
    await world.platform.operators.create("sue@example.org", "Sue", "support", "a long password")
    client = world.town.client()
    await client.post("/console/sign-in", data={"email": "sue@example.org", "password": "a long password"})
    assert (await client.get("/console/applications")).status_code == 403


async def test_leaving_ends_the_session(world: World) -> None:
    client = await phone(world)
    await client.post("/courier/apply/leave")
    assert "Send me a code" in (await client.get("/courier/apply")).text
