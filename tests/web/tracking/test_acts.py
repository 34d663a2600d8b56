"""The shopper in charge: what they change, say and hand on, through the forms of their page."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from homeward.deliveries.model import Delivery, Handover, Spot, State
from homeward.deliveries.shopper.errors import NotForShopper, TooManyReports
from homeward.deliveries.shopper.model import MAX_REPORTS, ReportKind
from homeward.kit.places import LatLon
from tests.deliveries.world import PHOTO
from tests.web.booking import a_booked_delivery
from tests.web.town import Town
from tests.web.tracking.world import Parcel, a_carried_parcel, a_token, shopper


@pytest.fixture
async def browser(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    async with shopper(town) as client:
        yield client


async def booked(town: Town, **changes: str) -> tuple[str, str]:
    """Id and link of a delivery that nobody has yet."""
    delivery_id = await a_booked_delivery(town, **changes)
    return delivery_id, await a_token(town, delivery_id)


async def as_it_is(town: Town, delivery_id: str) -> Delivery:
    return (await town.platform.deliveries.get(None, delivery_id)).delivery


async def lets(town: Town, **rights: bool) -> None:
    await town.platform.merchants.update(town.merchant.merchant.id, shopper=rights)


async def sends(browser: httpx.AsyncClient, token: str, act: str, **said: Any) -> httpx.Response:
    return await browser.post(f"/t/{token}/{act}", data=said)


async def told(browser: httpx.AsyncClient, answer: httpx.Response) -> str:
    """The page after an act that was done."""
    assert answer.status_code == 303, re.sub(r"<[^>]+>", " ", answer.text)
    return (await browser.get(answer.headers["location"])).text


async def event_types(town: Town, delivery_id: str) -> list[tuple[str, str]]:
    return [(one.type, one.actor) for one in await town.platform.deliveries.events(None, delivery_id)]


# ── before it arrives ──


async def test_instructions_and_gate_code_reach_the_courier(town: Town, browser: httpx.AsyncClient) -> None:
    delivery_id, token = await booked(town)
    assert f"/t/{token}/details" in (await browser.get(f"/t/{token}")).text
    assert "Gate code" in (await browser.get(f"/t/{token}/details")).text
    page = await told(
        browser, await sends(browser, token, "details", instructions="Mind the dog", unit="3B", gate_code="4711")
    )
    assert "Saved. The courier reads it at your door." in page
    assert "Mind the dog" in page
    door = (await as_it_is(town, delivery_id)).dropoff
    assert (door.instructions, door.unit, door.gate_code) == ("Mind the dog", "3B", "4711")
    assert ("delivery.changed", "shopper:link") in await event_types(town, delivery_id)


async def test_the_pin_moves_to_another_door_of_the_street(town: Town, browser: httpx.AsyncClient) -> None:
    delivery_id, token = await booked(town)
    before = (await as_it_is(town, delivery_id)).dropoff.place
    moved = LatLon(round(before.lat + 0.0004, 6), before.lon)
    await told(browser, await sends(browser, token, "pin", lat=moved.lat, lon=moved.lon))
    assert (await as_it_is(town, delivery_id)).dropoff.place == moved


async def test_a_pin_far_away_is_refused_in_words_and_its_page_stays(town: Town, browser: httpx.AsyncClient) -> None:
    delivery_id, token = await booked(town)
    before = (await as_it_is(town, delivery_id)).dropoff.place
    answer = await sends(browser, token, "pin", lat=44.055, lon=-72.945)
    assert answer.status_code >= 400
    assert "too far from the address" in answer.text
    assert (await as_it_is(town, delivery_id)).dropoff.place == before


async def test_once_a_courier_said_yes_the_pin_moves_to_the_next_door_only(town: Town) -> None:
    parcel = await a_carried_parcel(town)
    before = (await as_it_is(town, parcel.delivery_id)).dropoff.place
    async with shopper(town) as browser:
        far = await sends(browser, parcel.token, "pin", lat=before.lat + 0.002, lon=before.lon)
        assert "the courier is on the way" in far.text
        await told(browser, await sends(browser, parcel.token, "pin", lat=before.lat + 0.0004, lon=before.lon))
    after = (await as_it_is(town, parcel.delivery_id)).dropoff.place
    assert after.lat == pytest.approx(before.lat + 0.0004)


async def test_it_may_be_left_at_a_spot_or_with_a_neighbour(town: Town, browser: httpx.AsyncClient) -> None:
    delivery_id, token = await booked(town)
    await told(browser, await sends(browser, token, "leave", leave="at_spot", spot="garage_door"))
    delivery = await as_it_is(town, delivery_id)
    assert (delivery.requirements.handover, delivery.dropoff.spot) == (Handover.AT_DOOR, Spot.GARAGE_DOOR)
    await told(browser, await sends(browser, token, "leave", leave="neighbour", neighbour="Kim, number 14"))
    delivery = await as_it_is(town, delivery_id)
    assert (delivery.requirements.handover, delivery.dropoff.neighbour) == (Handover.ANY, "Kim, number 14")
    await told(browser, await sends(browser, token, "leave", leave="in_person"))
    delivery = await as_it_is(town, delivery_id)
    assert (delivery.requirements.handover, delivery.dropoff.neighbour) == (Handover.TO_PERSON, "")


async def test_a_neighbour_without_a_name_is_asked_for(town: Town, browser: httpx.AsyncClient) -> None:
    _, token = await booked(town)
    answer = await sends(browser, token, "leave", leave="neighbour", neighbour=" ")
    assert answer.status_code == 400 or answer.status_code == 422
    assert "look at the field again" in answer.text


async def test_what_needs_a_person_is_not_left_anywhere(town: Town, browser: httpx.AsyncClient) -> None:
    _, token = await booked(town, pin="on")
    assert f"/t/{token}/leave" not in (await browser.get(f"/t/{token}")).text
    answer = await sends(browser, token, "leave", leave="at_spot", spot="front_door")
    assert "no longer possible" in answer.text


async def test_another_time_is_chosen_from_those_that_are_free(town: Town, browser: httpx.AsyncClient) -> None:
    await lets(town, dearer_time=True)
    delivery_id, token = await booked(town)
    before = await as_it_is(town, delivery_id)
    page = (await browser.get(f"/t/{token}/time")).text
    times = re.findall(r'name="time" value="([^"]+)"', page)
    assert times, re.sub(r"<[^>]+>", " ", page)
    await told(browser, await sends(browser, token, "time", time=times[-1]))
    after = await as_it_is(town, delivery_id)
    assert after.window_earliest.isoformat() == times[-1].split(" ")[0]
    assert after.promised_by > before.promised_by
    assert ("delivery.promise_changed", "shopper:link") in await event_types(town, delivery_id)


async def test_a_dearer_time_needs_the_merchants_yes(town: Town, browser: httpx.AsyncClient) -> None:
    await lets(town, dearer_time=True)
    delivery_id, token = await booked(town)
    price = (await as_it_is(town, delivery_id)).total.minor
    offered = re.findall(r'name="time" value="([^"]+)"', (await browser.get(f"/t/{token}/time")).text)
    await lets(town, dearer_time=False)
    cheap = re.findall(r'name="time" value="([^"]+)"', (await browser.get(f"/t/{token}/time")).text)
    assert all(int(one.split(" ")[2]) <= price for one in cheap)
    for dearer in [one for one in offered if int(one.split(" ")[2]) > price][:1]:
        answer = await sends(browser, token, "time", time=dearer)
        assert "has just been taken" in answer.text
        assert (await as_it_is(town, delivery_id)).total.minor == price


@pytest.mark.parametrize("said", ["", "tomorrow", "2026-01-01 2026-01-02 5", "2026-01-01T00:00:00+00:00 x 5"])
async def test_a_made_up_time_is_no_time(town: Town, browser: httpx.AsyncClient, said: str) -> None:
    _, token = await booked(town)
    assert "look at the field again" in (await sends(browser, token, "time", time=said)).text


async def test_cancelling_is_the_merchants_to_allow(town: Town, browser: httpx.AsyncClient) -> None:
    delivery_id, token = await booked(town)
    assert "no longer possible" in (await sends(browser, token, "cancel")).text
    await lets(town, cancel=True)
    assert "Yes, cancel it" in (await browser.get(f"/t/{token}/cancel")).text
    page = await told(browser, await sends(browser, token, "cancel"))
    assert "Your delivery is cancelled." in page
    delivery = await as_it_is(town, delivery_id)
    assert (delivery.state, delivery.outcome.by) == (State.CANCELLED, "shopper")
    assert "cancellation_fee" in delivery.price


async def test_with_a_courier_under_way_it_is_too_late_to_cancel(town: Town) -> None:
    await lets(town, cancel=True)
    parcel = await a_carried_parcel(town)
    async with shopper(town) as browser:
        assert "/cancel" not in (await browser.get(f"/t/{parcel.token}")).text
        assert "no longer possible" in (await sends(browser, parcel.token, "cancel")).text
    assert (await as_it_is(town, parcel.delivery_id)).state is not State.CANCELLED


# ── afterwards ──


async def delivered(town: Town) -> Parcel:
    parcel = await a_carried_parcel(town)
    await parcel.brought_to(State.DELIVERED)
    return parcel


async def test_stars_are_given_once_and_thanked_for(town: Town, browser: httpx.AsyncClient) -> None:
    parcel = await delivered(town)
    assert "How was your delivery?" in (await browser.get(f"/t/{parcel.token}")).text
    page = await told(browser, await sends(browser, parcel.token, "rating", rating="4", comment="Warm bread!"))
    assert "You gave 4 of 5" in page
    await sends(browser, parcel.token, "rating", rating="1")
    given = await town.platform.feedback.all(town.merchant.merchant.id, parcel.delivery_id)
    assert [(one.rating, one.comment) for one in given] == [(4, "Warm bread!")]


async def test_stars_before_it_is_there_count_for_nothing(town: Town, browser: httpx.AsyncClient) -> None:
    delivery_id, token = await booked(town)
    assert (await sends(browser, token, "rating", rating="5")).status_code == 409
    with pytest.raises(NotForShopper) as refused:
        await town.platform.shopper.rate(await town.platform.deliveries.get(None, delivery_id), 5, "")
    assert "details" in refused.value.possible
    assert not await town.platform.feedback.all(town.merchant.merchant.id, delivery_id)


async def test_a_tip_sent_twice_is_given_once(town: Town, browser: httpx.AsyncClient) -> None:
    await lets(town, tip=True)
    parcel = await delivered(town)
    for _ in range(2):
        await told(browser, await sends(browser, parcel.token, "tip", before="0", step="300"))
    assert (await as_it_is(town, parcel.delivery_id)).tip_minor == 300
    await told(browser, await sends(browser, parcel.token, "tip", before="300", tip="1.50"))
    assert (await as_it_is(town, parcel.delivery_id)).tip_minor == 450


@pytest.mark.parametrize("said", [{"tip": "lots"}, {"tip": ""}, {"step": "0"}, {"tip": "2", "before": "x"}])
async def test_a_tip_of_nothing_is_none(town: Town, browser: httpx.AsyncClient, said: dict[str, str]) -> None:
    await lets(town, tip=True)
    parcel = await delivered(town)
    assert (await sends(browser, parcel.token, "tip", **{"before": "0", **said})).status_code == 409
    assert (await as_it_is(town, parcel.delivery_id)).tip_minor == 0


async def test_a_problem_is_told_with_a_photo_and_the_merchant_sees_it(town: Town, browser: httpx.AsyncClient) -> None:
    parcel = await delivered(town)
    assert PHOTO.content
    answer = await browser.post(
        f"/t/{parcel.token}/report",
        data={"kind": "damaged", "comment": "The box is wet"},
        files={"photo": ("box.jpg", PHOTO.content, "image/jpeg")},
    )
    assert "The store has your report" in await told(browser, answer)
    assert ("delivery.problem_reported", "shopper:link") in await event_types(town, parcel.delivery_id)
    owner = await town.signed_in("portal")
    page = (await owner.get(f"/portal/deliveries/{parcel.delivery_id}")).text
    assert "The box is wet" in page
    (picture,) = re.findall(r'src="(/portal/deliveries/[^"]+/reports/[^"]+)"', page)
    photo = await owner.get(picture)
    assert (photo.status_code, photo.headers["content-type"]) == (200, "image/jpeg")


async def test_a_broken_photo_is_refused_in_words(town: Town, browser: httpx.AsyncClient) -> None:
    parcel = await delivered(town)
    answer = await browser.post(
        f"/t/{parcel.token}/report", data={"kind": "damaged"}, files={"photo": ("x.jpg", b"no picture", "image/jpeg")}
    )
    assert "The photo could not be read" in answer.text
    assert not await town.platform.shopper.reports(town.merchant.merchant.id, parcel.delivery_id)


async def test_reports_of_one_delivery_come_to_an_end(town: Town, browser: httpx.AsyncClient) -> None:
    parcel = await delivered(town)
    for _ in range(MAX_REPORTS):
        await told(browser, await sends(browser, parcel.token, "report", kind="late"))
    answer = await sends(browser, parcel.token, "report", kind="late")
    assert "We have your reports" in answer.text
    view = await town.platform.deliveries.get(None, parcel.delivery_id)
    with pytest.raises(TooManyReports) as refused:
        await town.platform.shopper.report(view, ReportKind.LATE, "", None)
    assert refused.value.limit == MAX_REPORTS


# ── the link that shows less ──


async def shared_link(browser: httpx.AsyncClient, token: str) -> str:
    page = (await browser.get(f"/t/{token}/share")).text
    (link,) = re.findall(r'id="link" value="[^"]+/t/([^"]+)"', page)
    return str(link)


async def test_a_shared_link_shows_the_way_and_nothing_of_the_shopper(town: Town, browser: httpx.AsyncClient) -> None:
    delivery_id, token = await booked(town, pin="on", instructions="Second floor", gate_code="4711")
    link = await shared_link(browser, token)
    assert link == await shared_link(browser, token) != token
    for path in (f"/t/{link}", f"/t/{link}/now"):
        page = (await browser.get(path)).text
        assert "somebody shared with you" in page
        door = await as_it_is(town, delivery_id)
        for secret in (token, "Elm Street", "Second floor", "4711", str(door.requirements.pin), "Nora Hasler"):
            assert secret not in page
        assert f"{door.dropoff.place.lat}" not in page


async def test_a_shared_link_does_nothing(town: Town, browser: httpx.AsyncClient) -> None:
    delivery_id, token = await booked(town)
    link = await shared_link(browser, token)
    for act in ("details", "pin", "leave", "time", "cancel", "report", "share"):
        assert (await browser.get(f"/t/{link}/{act}")).status_code == 404
        assert (await sends(browser, link, act, instructions="Mine now")).status_code == 404
    assert (await as_it_is(town, delivery_id)).dropoff.instructions == ""


async def test_a_merchant_who_takes_sharing_back_closes_the_links(town: Town, browser: httpx.AsyncClient) -> None:
    _, token = await booked(town)
    link = await shared_link(browser, token)
    await lets(town, share=False)
    assert (await browser.get(f"/t/{link}")).status_code == 404


# ── all of them ──


@pytest.mark.parametrize("act", ["details", "pin", "leave", "time", "report", "rating", "tip", "share", "cancel"])
async def test_what_the_merchant_does_not_leave_to_its_shoppers_is_neither_offered_nor_done(
    town: Town, browser: httpx.AsyncClient, act: str
) -> None:
    names = ("details", "pin", "leave", "time", "report", "rating", "tip", "share", "cancel", "dearer_time")
    await lets(town, **dict.fromkeys(names, False))
    delivery_id, token = await booked(town)
    before = await as_it_is(town, delivery_id)
    assert f"/t/{token}/{act}" not in (await browser.get(f"/t/{token}")).text
    said = {"lat": before.dropoff.place.lat, "lon": before.dropoff.place.lon, "leave": "in_person", "kind": "late"}
    answer = await sends(browser, token, act, **said, rating="5", before="0", step="200")
    assert answer.status_code in (404, 409, 422)
    assert await as_it_is(town, delivery_id) == before


async def test_forms_from_another_site_change_nothing(town: Town, browser: httpx.AsyncClient) -> None:
    delivery_id, token = await booked(town)
    answer = await browser.post(
        f"/t/{token}/details", data={"instructions": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 404
    assert (await as_it_is(town, delivery_id)).dropoff.instructions == ""


async def test_the_acts_speak_spanish_too(town: Town) -> None:
    _, token = await booked(town)
    async with shopper(town, lang="es") as browser:
        page = (await browser.get(f"/t/{token}")).text
        assert "Cambie su entrega" in page
        assert "Indicaciones para el repartidor" in (await browser.get(f"/t/{token}/details")).text
