"""The shopper's page on the real platform."""

import re
from datetime import timedelta

from homeward.deliveries.model import Act, State
from homeward.infra.pace import Streams
from homeward.kit.places import LatLon
from homeward.web.tracking.live import LiveFeed
from tests.web.booking import a_booked_delivery
from tests.web.town import BAKERY, Town
from tests.web.tracking.world import TRACKING_HOST, a_carried_parcel, a_token, shopper

NOWHERE = ["unknown0token", "x", "a" * 400]


async def test_a_shopper_reads_where_the_order_is(town: Town) -> None:
    parcel = await a_carried_parcel(town)
    async with shopper(town) as browser:
        assert "A courier is assigned" in (await browser.get(f"/t/{parcel.token}")).text
        await parcel.brought_to(State.TO_DROPOFF)
        page = (await browser.get(f"/t/{parcel.token}")).text
    assert "On the way to you" in page
    assert "Petra&#39;s Bakery" in page
    assert "12 Elm Street" in page
    assert "Bo L., by bicycle" in page
    assert "Lindqvist" not in page
    assert "Nora Hasler" not in page


async def test_the_page_is_right_without_script_and_reloads_itself(town: Town) -> None:
    parcel = await a_carried_parcel(town)
    async with shopper(town) as browser:
        page = (await browser.get(f"/t/{parcel.token}")).text
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in page
    assert "Promised" in page


async def test_a_page_that_cannot_change_any_more_does_not_reload(town: Town) -> None:
    parcel = await a_carried_parcel(town)
    await parcel.brought_to(State.DELIVERED)
    async with shopper(town) as browser:
        page = (await browser.get(f"/t/{parcel.token}")).text
    assert "http-equiv" not in page
    assert "data-moving" not in page


async def test_the_page_speaks_the_shoppers_language(town: Town) -> None:
    token = await a_token(town, await a_booked_delivery(town))
    async with shopper(town, lang="es-US,es;q=0.9") as browser:
        answer = await browser.get(f"/t/{token}")
    assert '<html lang="es"' in answer.text
    assert "Prometido" in answer.text
    assert answer.headers["vary"] == "Accept-Language"


async def test_the_proof_photo_is_there_after_the_delivery_only(town: Town) -> None:
    parcel = await a_carried_parcel(town)
    await parcel.brought_to(State.DELIVERED)
    async with shopper(town) as browser:
        page = (await browser.get(f"/t/{parcel.token}")).text
        (address,) = re.findall(rf'src="(/t/{parcel.token}/photos/[^"]+)"', page)
        photo = await browser.get(address)
        assert (photo.status_code, photo.headers["content-type"][:6]) == (200, "image/")
        other = await a_token(town, await a_booked_delivery(town, key="another-form-key-0002"))
        assert (await browser.get(address.replace(parcel.token, other))).status_code == 404


async def test_a_wrong_link_is_a_neutral_page_in_the_readers_language(town: Town) -> None:
    async with shopper(town, lang="es") as browser:
        for token in NOWHERE:
            answer = await browser.get(f"/t/{token}")
            assert answer.status_code == 404, token
            assert "no lleva a ninguna parte" in answer.text
            assert "Bakery" not in answer.text


async def test_a_link_that_has_expired_looks_like_one_that_never_was(town: Town) -> None:
    parcel = await a_carried_parcel(town)
    await parcel.brought_to(State.DELIVERED)
    async with shopper(town) as browser:
        assert (await browser.get(f"/t/{parcel.token}")).status_code == 200
        town.clock.advance(timedelta(days=31).total_seconds())
        gone, never = await browser.get(f"/t/{parcel.token}"), await browser.get("/t/never")
    assert gone.status_code == never.status_code == 404
    nonce = re.compile(r'nonce="[^"]*"')
    assert nonce.sub("", gone.text) == nonce.sub("", never.text)


async def test_other_methods_find_nothing(town: Town) -> None:
    token = await a_token(town, await a_booked_delivery(town))
    async with shopper(town) as browser:
        codes = [(await browser.request(how, f"/t/{token}")).status_code for how in ("POST", "PUT", "DELETE", "PATCH")]
    assert codes == [404] * 4


async def test_a_link_that_is_asked_for_too_often_must_wait(town: Town) -> None:
    async with shopper(town) as browser:
        codes: list[int] = []
        while 429 not in codes and len(codes) < 300:  # a slow machine earns new tries while it asks
            codes.append((await browser.get("/t/somelink")).status_code)
        answer = await browser.get("/t/somelink")
    assert len(codes) > 60
    assert set(codes) == {404, 429}
    assert int(answer.headers["retry-after"]) >= 1
    assert "One moment" in answer.text


async def test_on_a_merchants_host_only_that_merchants_links_answer(town: Town) -> None:
    parcel = await a_carried_parcel(town)
    other = await town.platform.merchants.create_merchant("Butcher", tracking_domain="track.butcher.example")
    await town.platform.merchants.set_tracking_domain(town.merchant.merchant.id, TRACKING_HOST)
    assert other.merchant.id != town.merchant.merchant.id
    async with shopper(town, TRACKING_HOST) as own, shopper(town, "track.butcher.example") as foreign:
        assert (await own.get(f"/t/{parcel.token}")).status_code == 200
        assert (await foreign.get(f"/t/{parcel.token}")).status_code == 404
        for path in ("/console/sign-in", "/portal/sign-in", "/docs", "/v1/deliveries", "/openapi.json", "/"):
            assert (await own.get(path)).status_code == 404


# ── the pin ──


async def an_uncertain_delivery(town: Town) -> tuple[str, str]:
    delivery_id = await a_booked_delivery(town)
    async with town.platform.db.operator() as tx:
        await tx.run("UPDATE delivery SET attention = 'confirm_address' WHERE id = %(id)s", id=delivery_id)
    return delivery_id, await a_token(town, delivery_id)


async def test_a_shopper_confirms_the_pin_and_the_search_may_go_on(town: Town) -> None:
    delivery_id, token = await an_uncertain_delivery(town)
    door = (await town.platform.deliveries.get(None, delivery_id)).delivery.dropoff.place
    async with shopper(town) as browser:
        assert "Please confirm your address" in (await browser.get(f"/t/{token}")).text
        moved = LatLon(round(door.lat + 0.0004, 6), door.lon)
        sent = await browser.post(f"/t/{token}/pin", data={"lat": moved.lat, "lon": moved.lon})
        assert (sent.status_code, sent.headers["location"]) == (303, f"/t/{token}?told=pin")
        assert "Please confirm" not in (await browser.get(f"/t/{token}")).text
    view = await town.platform.deliveries.get(None, delivery_id)
    assert (view.delivery.dropoff.place, view.delivery.attention) == (moved, None)
    events = await town.platform.deliveries.events(None, delivery_id)
    assert ("delivery.address_confirmed", "shopper:link") in [(event.type, event.actor) for event in events]


async def test_a_pin_in_another_town_is_refused_in_words(town: Town) -> None:
    delivery_id, token = await an_uncertain_delivery(town)
    async with shopper(town) as browser:
        answer = await browser.post(f"/t/{token}/pin", data={"lat": 44.055, "lon": -72.945})
    assert answer.status_code == 409
    assert "too far from the address" in answer.text
    assert (await town.platform.deliveries.get(None, delivery_id)).delivery.attention == "confirm_address"


async def test_a_pin_from_another_site_changes_nothing(town: Town) -> None:
    _, token = await an_uncertain_delivery(town)
    async with shopper(town) as browser:
        answer = await browser.post(
            f"/t/{token}/pin", data={"lat": 44.0, "lon": -73.0}, headers={"Origin": "https://evil.example"}
        )
    assert answer.status_code == 404


# ── live ──


async def test_the_live_feed_tells_of_changes_and_of_the_courier_and_ends(town: Town) -> None:
    parcel = await a_carried_parcel(town)
    await parcel.brought_to(State.AT_DROPOFF)
    streams = Streams()
    tail = town.platform.tail
    position = await tail._step(None)
    feed = LiveFeed(tail, streams, every_s=0.01)

    async def where(changed: bool) -> LatLon | None:
        asked.append(changed)
        return BAKERY

    asked: list[bool] = []
    stream = feed.of(parcel.delivery_id, where, ended=False)
    assert (await anext(stream)).startswith("event: changed")
    assert await anext(stream) == 'event: courier\ndata: {"lat":44.0,"lon":-73.0}\n\n'
    await parcel.report(Act.HAND_OVER)
    await tail._step(position)
    rest = [message async for message in stream]
    assert [line.split("\n")[0] for line in rest if line.startswith("event")] == ["event: changed", "event: end"]
    assert asked[0]  # afterwards the delivery is read again after an event only
    assert not any(asked[1:])


async def test_the_feed_of_an_ended_delivery_says_so_at_once(town: Town) -> None:
    parcel = await a_carried_parcel(town)
    await parcel.brought_to(State.DELIVERED)
    async with shopper(town) as browser:
        answer = await browser.get(f"/t/{parcel.token}/live")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == "event: end\ndata: {}\n\n"
