"""The console where people answer for couriers: reviews, appeals by deadline, one courier's standing."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from homeward.infra.auth import COOKIES
from tests.acceptance.world import a_world
from tests.conftest import DatabaseUrls
from tests.fleets.couriers.office import Office, an_office


@pytest.fixture
async def office(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Office]:
    async with a_world(database_urls.app, tmp_path) as world:
        yield await an_office(world)


def console_of(office: Office, token: str) -> httpx.AsyncClient:
    client = office.world.client(**{COOKIES["operator"]: token})
    client.headers["Origin"] = office.world.town.base_url
    return client


FORM = {
    "kind": "restriction",
    "ground": "unsafe_riding",
    "explanation": "Two riders on one bicycle.",
    "evidence": "dlv_1 clm_2",
    "hours": "24",
    "policy_version": "1",
}


async def test_a_decision_is_made_appealed_and_answered_on_pages_by_two_people(office: Office) -> None:
    standing = f"/console/couriers/{office.courier}/standing"
    async with console_of(office, office.ida) as ida, console_of(office, office.otto) as otto:
        assert (await ida.post(standing, data=FORM)).status_code == 303
        page = (await ida.get(standing)).text
        for told in ("Unsafe riding", "Two riders", "Restriction", "Ida Berger", "Claim clm_2"):
            assert told in page
        (made,) = await office.mine()
        await office.appeals(made["id"])
        reviews = (await otto.get("/console/reviews")).text
        assert "Answer by" in reviews
        answer = {"outcome": "lifted", "text": "It was a child seat."}
        own = await ida.post(f"/console/reviews/appeals/{made['id']}", data=answer)
        assert (own.status_code, "Somebody other than who decided" in own.text) == (403, True)
        assert (await otto.post(f"/console/reviews/appeals/{made['id']}", data=answer)).status_code == 303
        assert "No appeal waits" in (await otto.get("/console/reviews")).text
    assert not (await office.mine())[0]["in_force"]


async def test_a_form_without_words_and_evidence_is_shown_again_with_what_is_missing(office: Office) -> None:
    standing = f"/console/couriers/{office.courier}/standing"
    async with console_of(office, office.otto) as otto:
        answer = await otto.post(standing, data={**FORM, "explanation": " ", "evidence": "", "hours": "no"})
        assert answer.status_code == 422
        for told in ("say what happened", "name at least one delivery", "from 1 to 8760"):
            assert told in answer.text
    assert await office.mine() == []


async def test_a_decision_is_lifted_on_the_page(office: Office) -> None:
    made = await office.decided()
    async with console_of(office, office.ida) as ida:
        lifted = await ida.post(f"/console/standing/{made['id']}/lift", data={"courier_id": office.courier})
        assert lifted.status_code == 303
    assert not (await office.mine())[0]["in_force"]
