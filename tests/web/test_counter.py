"""The tablet beside the counter, as a browser without scripts meets it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from homeward.fleets.contract.sandbox import LostContact
from tests.acceptance.world import OWNER_PASSWORD
from tests.conftest import DatabaseUrls
from tests.fleets.autonomous.world import Park, a_park


@pytest.fixture
async def park(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Park]:
    async with a_park(database_urls.app, tmp_path) as park:
        yield park


async def _staff(park: Park, owner: str) -> httpx.AsyncClient:
    browser = park.world.town.client()
    await browser.post("/portal/sign-in", data={"email": owner, "password": OWNER_PASSWORD})
    return browser


@pytest.fixture
async def staff(park: Park) -> AsyncIterator[httpx.AsyncClient]:
    browser = await _staff(park, park.shop.owner_email)
    yield browser
    await browser.aclose()


async def test_an_empty_counter_says_what_will_stand_there(park: Park, staff: httpx.AsyncClient) -> None:
    assert "Nothing waits at the counter" in (await staff.get("/portal/counter")).text


async def test_staff_see_who_comes_and_open_the_hatch_once_it_stands_there(
    park: Park, staff: httpx.AsyncClient
) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked(external_id="A-17")
    assert "Somebody is being looked for" in (await staff.get("/portal/counter")).text
    await park.until(delivery_id, "to_pickup")
    coming = (await staff.get("/portal/counter")).text
    assert ("SIDEWALK" in coming, "A-17" in coming, "Open the hatch" in coming) == (True, True, False)
    for _ in range(60):
        if (await park.delivery(delivery_id))["state"] == "at_pickup":
            break
        await park.turn()
    await park.turn(20)
    here = (await staff.get("/portal/counter")).text
    assert "Open the hatch" in here
    assert "waits until" in here
    pressed = await staff.post(f"/portal/counter/{delivery_id}/open")
    assert pressed.status_code == 303
    assert "It stands open" in (await staff.get(pressed.headers["location"])).text
    await park.until(delivery_id, "picked_up", "to_dropoff")
    assert "Gone within the hour" in (await staff.get("/portal/counter")).text


async def test_a_machine_that_says_no_says_why(park: Park, staff: httpx.AsyncClient) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked()
    for _ in range(90):
        if (await park.delivery(delivery_id))["state"] == "at_pickup":
            break
        await park.turn()
    fleet = park.fleets["sidewalk"]
    leg = next(leg for leg in fleet.world.legs.values() if not leg.ended)
    await fleet.lose_contact(LostContact(vehicle_id=leg.car.id, seconds=120))
    answer = await staff.post(f"/portal/counter/{delivery_id}/open")
    assert answer.status_code == 409
    assert "The machine cannot at the moment" in answer.text


async def test_what_is_ready_early_is_told_with_one_press(park: Park, staff: httpx.AsyncClient) -> None:
    await park.world.done(park.shop.live_key, "PATCH", f"/v1/stores/{park.shop.store_id}", {"preparation_s": 1_800})
    delivery_id = await park.booked(machines="never")
    assert "It is ready" in (await staff.get("/portal/counter")).text
    assert (await staff.post(f"/portal/counter/{delivery_id}/ready")).status_code == 303
    assert "It is ready" not in (await staff.get("/portal/counter")).text


async def test_a_scanned_number_is_found_or_told_missing(park: Park, staff: httpx.AsyncClient) -> None:
    await park.booked(external_id="B-9", machines="never")
    assert "found" in (await staff.get("/portal/counter", params={"find": "B-9"})).text
    assert "Nothing here has this number" in (await staff.get("/portal/counter", params={"find": "C-1"})).text


async def test_another_merchants_parcels_do_not_stand_here(park: Park, staff: httpx.AsyncClient) -> None:
    await park.booked(external_id="MINE-1")
    stranger = await _staff(park, park.world.butcher.owner_email)
    assert "MINE-1" not in (await stranger.get("/portal/counter")).text
    rows = await park.world.rows("SELECT id FROM delivery")
    answer = await stranger.post(f"/portal/counter/{rows[0]['id']}/open")
    assert answer.status_code == 404
    await stranger.aclose()
