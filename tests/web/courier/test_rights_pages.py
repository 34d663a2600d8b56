"""The courier app's quiet pages: notices with their appeal, the check to answer, the record."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from homeward.infra.auth import COOKIES
from tests.acceptance.world import World, a_world
from tests.conftest import DatabaseUrls
from tests.fleets.couriers.office import Office, an_office


@pytest.fixture
async def office(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Office]:
    async with a_world(database_urls.app, tmp_path) as world:
        yield await an_office(world)


def phone_of(world: World, courier_id: str) -> httpx.AsyncClient:
    client = world.client(**{COOKIES["courier"]: world.courier_tokens[courier_id]})
    client.headers["Origin"] = world.town.base_url
    return client


async def test_a_courier_reads_a_decision_with_its_person_and_appeals_on_the_page(office: Office) -> None:
    made = await office.decided()
    async with phone_of(office.world, office.courier) as phone:
        page = (await phone.get("/courier/notices")).text
        for told in ("Not delivered", "never came", "Ida Berger", "no photo, no PIN", "You may appeal until"):
            assert told in page
        path = f"/courier/notices/{made['id']}/appeal"
        sent = await phone.post(path, data={"text": "I stood there."}, headers={"Sec-Fetch-Site": "same-origin"})
        assert sent.status_code == 303
        assert "Your appeal is being looked at" in (await phone.get("/courier/notices")).text
        again = await phone.post(path, data={"text": "Again."})
        assert (again.status_code, "wait for its answer" in again.text) == (409, True)
    (mine,) = await office.mine()
    assert [step["type"] for step in mine["steps"]] == ["seen", "appealed"]


async def test_who_was_never_decided_about_reads_that_declining_is_no_reason(office: Office) -> None:
    async with phone_of(office.world, office.courier) as phone:
        assert "Declining offers is never a reason" in (await phone.get("/courier/notices")).text


async def test_the_record_shows_pay_lines_and_can_be_taken_along(office: Office) -> None:
    world = office.world
    await world.booked(world.bakery)
    courier_id = await world.accepted()
    await world.carried(courier_id)
    world.clock.advance(1)
    async with phone_of(world, courier_id) as phone:
        page = (await phone.get("/courier/record")).text
        for told in ("Corner Bakery", "Pay as it was offered", "Waited", "free to decline"):
            assert told in page
        assert (await phone.get("/courier/record.csv")).headers["content-type"].startswith("text/csv")
        assert "/courier/notices" in (await phone.get("/courier")).text


async def test_a_check_is_answered_on_the_page_by_asking_for_a_call(office: Office) -> None:
    world, identity = office.world, office.world.platform.identity
    await world.platform.couriers.set_duty(world.couriers[1], False)
    while not await identity.draw_due():
        world.clock.advance(3_600)
    assert await identity.ask_due() == 1
    check = await identity.open_check(office.courier)
    assert check is not None
    async with phone_of(world, office.courier) as phone:
        assert "Is it you?" in (await phone.get("/courier/notices")).text
        answered = await phone.post(f"/courier/identity-checks/{check.id}", data={"way": "call"})
        assert answered.status_code == 303
        broken = await phone.post(
            f"/courier/identity-checks/{check.id}", data={"way": "photo"}, files={"photo": ("a.jpg", b"no picture")}
        )
        assert broken.status_code == 422
        assert "A person will look at it" in broken.text
