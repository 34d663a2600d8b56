"""Fleets in the console: who is out, what needs a person, what is asked of a machine, and who comes in."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import httpx
import pytest

from homeward.fleets.contract.server import fleet_app
from homeward.fleets.contract.words import IncidentKind
from homeward.simulator.fleets.engine import ReferenceFleet
from homeward.simulator.fleets.kinds import KINDS
from homeward.simulator.fleets.records import Habits
from tests.conftest import DatabaseUrls
from tests.fleets.autonomous.world import CENTRE, TOKEN, Park, a_park
from tests.web.town import MARKET_ID

LOADED = ("picked_up", "to_dropoff", "at_dropoff")
"""States with the parcel on board."""


@pytest.fixture
async def park(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Park]:
    async with a_park(database_urls.app, tmp_path) as park:
        yield park


async def _browser(park: Park, role: Literal["", "support"] = "") -> httpx.AsyncClient:
    if not role:
        return await park.world.town.signed_in("console")
    await park.world.platform.operators.create(f"{role}@example.org", "Robin", role, "a long password")
    client = park.world.town.client()
    await client.post("/console/sign-in", data={"email": f"{role}@example.org", "password": "a long password"})
    return client


async def _under_way(park: Park, *states: str) -> tuple[str, str]:
    """A robot has the delivery, in one of these states if any are named; fleet and delivery."""
    fleet_id = await park.joins("sidewalk")
    delivery_id = await park.booked()
    await park.until(delivery_id, *(states or ("to_pickup", "at_pickup", *LOADED)))
    return fleet_id, delivery_id


async def test_without_fleets_the_page_says_how_one_comes_in(park: Park) -> None:
    client = await _browser(park)
    page = (await client.get("/console/fleets")).text
    assert "No fleet has joined here" in page
    assert "/console/fleets/new" in page


async def test_the_list_has_each_fleet_with_its_vehicles_and_where_they_may_go(park: Park) -> None:
    fleet_id = await park.joins("sidewalk")
    page = (await (await _browser(park)).get("/console/fleets")).text
    assert f"/console/fleets/{fleet_id}" in page
    assert "noGo" in page
    assert "data-pins" in page


async def test_a_hundred_vehicles_have_a_line_each(park: Park) -> None:
    fleet_id = await park.joins("sidewalk", vehicles=100)
    page = (await (await _browser(park)).get(f"/console/fleets/{fleet_id}")).text
    assert page.count('<tr id="mac_') == 100


async def test_what_is_asked_of_a_machine_goes_to_its_fleet_and_stays_on_the_page(park: Park) -> None:
    fleet_id, delivery_id = await _under_way(park)
    client = await _browser(park)
    path = f"/console/fleets/{fleet_id}"
    assert f"{path}/legs/{delivery_id}/actions" in (await client.get(path)).text
    answer = await client.post(f"{path}/legs/{delivery_id}/actions", data={"action": "pause"})
    assert answer.status_code == 303
    acts = await park.world.rows("SELECT action, outcome FROM fleet_act WHERE action = 'pause'")
    assert [act["outcome"] for act in acts] in (["accepted"], ["done"])
    story = (await client.get(f"/console/deliveries/{delivery_id}")).text
    assert 'id="machines"' in story
    assert "Accepted" in story or "Done" in story


async def test_a_deliverys_headline_names_the_machine_that_has_it(park: Park) -> None:
    fleet_id, delivery_id = await _under_way(park)
    page = (await (await _browser(park)).get(f"/console/deliveries/{delivery_id}")).text
    machine = (await park.world.rows("SELECT machine_id FROM machine_leg"))[0]["machine_id"]
    figures = page.split('class="figures"')[1].split('class="map-frame')[0]
    assert f"/console/fleets/{fleet_id}#{machine}" in figures
    assert "(sidewalk)" in figures
    assert "Nobody now" not in figures


async def test_a_fleets_no_is_told_with_its_limit(park: Park) -> None:
    fleet_id, delivery_id = await _under_way(park, "to_pickup")
    client = await _browser(park)
    answer = await client.post(f"/console/fleets/{fleet_id}/legs/{delivery_id}/actions", data={"action": "resume"})
    assert answer.status_code == 409
    assert "The fleet refused" in answer.text
    assert "Cannot at the moment" in answer.text
    assert ">Refused<" in answer.text.replace("\n", "")


async def test_what_a_fleet_cannot_do_is_told_above_the_page(park: Park) -> None:
    fleet_id = await park.joins("sidewalk")
    client = await _browser(park)
    answer = await client.post(f"/console/fleets/{fleet_id}/legs/dlv_none/actions", data={"action": "pause"})
    assert answer.status_code == 409
    assert "No machine stands" in answer.text


async def test_a_machine_that_cannot_go_on_stands_at_the_top(park: Park) -> None:
    fleet_id, delivery_id = await _under_way(park, *LOADED)
    await park.mishap("sidewalk", IncidentKind.TIPPED)
    await park.until_attention(delivery_id)
    page = (await (await _browser(park)).get(f"/console/fleets/{fleet_id}")).text
    assert "cannot go on" in page


async def test_a_delivery_tells_which_limit_said_no(park: Park) -> None:
    await park.joins("drone")
    delivery_id = await park.booked(parcel={"weight_g": 9_000})
    await park.turn()
    page = (await (await _browser(park)).get(f"/console/deliveries/{delivery_id}")).text
    assert "Cannot bring it" in page
    assert "Cannot carry so much" in page


async def test_administrators_pause_a_fleet_and_let_it_work_again(park: Park) -> None:
    fleet_id = await park.joins("sidewalk")
    client = await _browser(park)
    assert (await client.post(f"/console/fleets/{fleet_id}/pause")).status_code == 303
    assert "Give it deliveries again" in (await client.get(f"/console/fleets/{fleet_id}")).text
    assert (await client.post(f"/console/fleets/{fleet_id}/resume")).status_code == 303


async def test_support_looks_and_does_nothing(park: Park) -> None:
    fleet_id, delivery_id = await _under_way(park)
    client = await _browser(park, "support")
    path = f"/console/fleets/{fleet_id}"
    page = (await client.get(path)).text
    assert "/actions" not in page
    assert "Pause the fleet" not in page
    for refused in (f"{path}/pause", f"{path}/legs/{delivery_id}/actions", "/console/fleets"):
        assert (await client.post(refused, data={"action": "pause"})).status_code == 403


async def test_a_fleet_comes_in_by_the_form(park: Park) -> None:
    fleet = ReferenceFleet(KINDS["sidewalk"], CENTRE, park.clock.now(), Habits(1), currency="USD")
    park.switchboard.hosts["robots.example"] = httpx.ASGITransport(fleet_app(fleet, TOKEN, fleet))
    client = await _browser(park)
    form = {"market_id": MARKET_ID, "base_url": "https://robots.example", "token": "wrong", "name": "Kerb"}
    refused = await client.post("/console/fleets", data=form)
    assert refused.status_code == 422
    assert "does not know this token" in refused.text
    assert "https://robots.example" in refused.text
    assert 'value="wrong"' not in refused.text
    missing = await client.post("/console/fleets", data=form | {"token": ""})
    assert "give the token" in missing.text
    assert (await client.post("/console/fleets", data=form | {"token": TOKEN})).status_code == 303
    assert "Kerb" in (await client.get("/console/fleets")).text
