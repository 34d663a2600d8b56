"""A courier announces and cancels a journey on a page, without a script."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from homeward.infra.auth import COOKIES
from tests.acceptance.world import World, a_world
from tests.conftest import DatabaseUrls


@pytest.fixture
async def phone(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[tuple[World, httpx.AsyncClient]]:
    async with a_world(database_urls.app, tmp_path) as world:
        courier_id = world.couriers[0]
        await world.platform.couriers.set_duty(courier_id, False)
        client = world.client(**{COOKIES["courier"]: world.courier_tokens[courier_id]})
        client.headers["Origin"] = world.town.base_url
        yield world, client


def typed(world: World, **changes: str) -> dict[str, str]:
    leaves = world.clock.now() + timedelta(minutes=40)
    local = leaves.astimezone(ZoneInfo("America/New_York")).strftime("%Y-%m-%dT%H:%M")
    start, to = "12 Elm Street, Springfield", "40 Elm Street, Springfield"
    return {"start": start, "to": to, "leaves_at": local, "detour_min": "30", **changes}


async def test_a_journey_is_announced_and_cancelled(phone: tuple[World, httpx.AsyncClient]) -> None:
    world, client = phone
    assert "No journeys announced" in (await client.get("/courier/journeys")).text
    sent = await client.post("/courier/journeys", data=typed(world))
    assert sent.status_code == 303, sent.text
    page = (await client.get(sent.headers["location"])).text
    for told in ("Announced. An hour before", "40 Elm Street", "There by", "The detour and the stops are paid."):
        assert told in page
    await world.platform.journeys.begin_due()
    assert "On a journey" in (await client.get("/courier")).text
    assert "Offers may come" in (await client.get("/courier/journeys")).text
    (one,) = await world.platform.journeys.of_courier(world.couriers[0])
    gone = await client.post(f"/courier/journeys/{one.id}/cancel")
    assert "Nothing more is offered" in (await client.get(gone.headers["location"])).text
    assert "You are off duty" in (await client.get("/courier")).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to": ""}, "no such place here"),
        ({"leaves_at": "soon"}, "choose a day and a time"),
        ({"leaves_at": "2001-01-01T10:00"}, "announced before it begins"),
        ({"detour_min": "1"}, "choose one of the list"),
    ],
)
async def test_what_cannot_be_keeps_what_was_typed_and_says_why(
    phone: tuple[World, httpx.AsyncClient], changes: dict[str, str], said: str
) -> None:
    world, client = phone
    answer = await client.post("/courier/journeys", data=typed(world, **changes))
    assert answer.status_code == 422
    assert said in answer.text
    assert "12 Elm Street, Springfield" in answer.text
