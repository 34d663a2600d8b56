"""A courier's day through the app's own forms, as a phone without script sends them."""

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from homeward.deliveries.model import State
from homeward.dispatch.policy_values import DispatchPolicy, OpenOffers
from homeward.fleets.couriers.model import Courier
from tests.deliveries.world import a_photo
from tests.web.booking import a_booked_delivery
from tests.web.town import BAKERY, Town
from tests.web.tracking.world import an_offer


@dataclass
class Phone:
    town: Town
    courier: Courier
    http: httpx.AsyncClient

    async def screen(self) -> str:
        answer = await self.http.get("/courier")
        assert answer.status_code == 200
        return answer.text

    async def press(self, **more: Any) -> httpx.Response:
        """The button that the next stop offers."""
        page = await self.screen()
        action = re.search(r'action="(/courier/legs/[^"]+)" enctype', page)
        act = re.search(r'name="act" value="([^"]+)">', page[action.start() if action else 0 :])
        assert action, "there is no stop to report on"
        assert act
        self.town.clock.advance(5)
        return await self.http.post(action[1], data={"act": act[1], **more.pop("data", {})}, **more)

    async def state(self, delivery_id: str) -> State:
        return (await self.town.platform.deliveries.get(None, delivery_id)).delivery.state


async def a_phone(town: Town, name: str = "Bo Lindqvist") -> Phone:
    """Signed in by the code that came by text."""
    courier = await town.courier(name)
    http = town.client()
    await http.post("/courier/sign-in", data={"phone": courier.phone})
    mailbox = (await http.get("/demo/mailbox", params={"recipient": courier.phone})).json()
    code = re.search(r"\b\d{6}\b", mailbox["items"][0]["body"])
    assert code
    entered = await http.post("/courier/code", data={"phone": courier.phone, "code": f"{code[0][:3]} {code[0][3:]}"})
    assert entered.headers["location"] == "/courier"
    return Phone(town, courier, http)


async def a_route(town: Town, **booking: str) -> tuple[Phone, str]:
    phone = await a_phone(town)
    delivery_id = await a_booked_delivery(town, **booking)
    offer = await an_offer(town, phone.courier.id)
    accepted = await phone.http.post(f"/courier/offers/{offer.id}", data={"answer": "accept"})
    assert accepted.headers["location"] == "/courier?told=accepted"
    return phone, delivery_id


async def test_whoever_is_not_signed_in_is_led_to_the_door(town: Town) -> None:
    async with town.client() as stranger:
        assert (await stranger.get("/courier")).headers["location"] == "/courier/sign-in?next=/courier"
        unknown = await stranger.post("/courier/sign-in", data={"phone": "+18025559999"})
        assert "If +18025559999 is a courier" in unknown.text
        wrong = await stranger.post("/courier/code", data={"phone": "+18025559999", "code": "123456"})
        assert wrong.status_code >= 400
        assert "does not fit" in wrong.text
        none = await stranger.post("/courier/sign-in", data={"phone": "no number"})
        assert "country code" in none.text


async def test_everything_is_on_the_screen_before_the_answer(town: Town) -> None:
    phone = await a_phone(town)
    assert "Waiting for an offer" in await phone.screen()
    await a_booked_delivery(town)
    offer = await an_offer(town, phone.courier.id)
    page = await phone.screen()
    pay = f"${offer.pay.minor / 100:.2f}"
    assert pay in page
    assert "data-countdown" in page
    assert "12 Elm Street" in page
    assert "mi ·" in page
    assert "Nora Hasler" not in page
    declined = await phone.http.post(f"/courier/offers/{offer.id}", data={"answer": "decline"})
    assert declined.headers["location"] == "/courier?told=declined"
    assert "Waiting for an offer" in await phone.screen()


async def test_an_offer_that_is_gone_is_said_to_be_gone(town: Town) -> None:
    phone = await a_phone(town)
    await a_booked_delivery(town)
    offer = await an_offer(town, phone.courier.id)
    await phone.http.post(f"/courier/offers/{offer.id}", data={"answer": "decline"})
    late = await phone.http.post(f"/courier/offers/{offer.id}", data={"answer": "accept"})
    assert late.status_code == 409
    assert "That did not work" in late.text


async def test_a_delivery_is_brought_from_store_to_door_with_one_thumb(town: Town) -> None:
    phone, delivery_id = await a_route(town)
    reached = []
    for _ in range(5):
        await phone.press()
        reached.append(await phone.state(delivery_id))
    assert reached == [State.TO_PICKUP, State.AT_PICKUP, State.PICKED_UP, State.TO_DROPOFF, State.AT_DROPOFF]
    page = await phone.screen()
    assert 'capture="environment"' in page
    assert 'href="geo:' in page
    without = await phone.press()
    assert without.status_code == 409
    handed = await phone.press(files={"photo": ("p.jpg", a_photo(), "image/jpeg")})
    assert handed.headers["location"] == "/courier?told=handed"
    assert await phone.state(delivery_id) is State.DELIVERED
    assert "Waiting for an offer" in await phone.screen()


async def test_a_wrong_pin_is_told_with_what_to_do(town: Town) -> None:
    phone, delivery_id = await a_route(town, pin="on")
    for _ in range(5):
        await phone.press()
    assert "The shopper&#39;s PIN" in await phone.screen() or "The shopper's PIN" in await phone.screen()
    photo = {"photo": ("p.jpg", a_photo(), "image/jpeg")}
    pin = (await town.platform.deliveries.get(None, delivery_id)).delivery.requirements.pin
    wrong = await phone.press(data={"pin": "0000" if pin != "0000" else "1111"}, files=photo)
    assert wrong.status_code == 409
    assert "PIN" in wrong.text
    await phone.press(data={"pin": pin}, files=photo)
    assert await phone.state(delivery_id) is State.DELIVERED


async def test_nobody_there_brings_the_way_back(town: Town) -> None:
    phone, delivery_id = await a_route(town)
    for _ in range(5):
        await phone.press()
    page = await phone.screen()
    leg = re.search(r'action="(/courier/legs/[^"]+)"', page)
    assert leg
    assert "You bring it back to the store." in page
    await phone.http.post(leg[1], data={"act": "problem", "reason": "nobody_there"})
    assert await phone.state(delivery_id) is State.RETURNING
    assert "Bring back" in await phone.screen()
    await phone.press()
    await phone.press()
    assert await phone.state(delivery_id) is State.RETURNED


async def test_a_leg_of_somebody_else_is_nobodys_business(town: Town) -> None:
    phone, delivery_id = await a_route(town)
    leg = (await town.platform.deliveries.get(None, delivery_id)).leg
    assert leg
    other = await a_phone(town, "Cyra Haddad")
    await other.http.post(f"/courier/legs/{leg.id}", data={"act": "arrive_pickup"})
    assert await phone.state(delivery_id) is State.ASSIGNED
    assert "12 Elm Street" not in await other.screen()


async def test_duty_ends_when_the_last_stop_is_made(town: Town) -> None:
    phone, _ = await a_route(town)
    ended = await phone.http.post("/courier/duty", data={"on": "false"})
    assert ended.headers["location"] == "/courier?told=winding_down"
    assert (await town.platform.couriers.get(phone.courier.id)).on_duty
    other = await a_phone(town, "Cyra Haddad")
    off = await other.http.post("/courier/duty", data={"on": "false"})
    assert off.headers["location"] == "/courier?told=off"
    assert "You are off duty" in await other.screen()
    await other.http.post("/courier/duty", data={"on": "true", "hours": "2"})
    assert "Waiting for an offer" in await other.screen()


async def test_the_demo_moves_a_visitor_to_the_stop(town: Town) -> None:
    phone, _ = await a_route(town)
    assert "Your browser is not in this town" in await phone.screen()
    await phone.http.post("/courier/demo/move", data={"to": "stop"})
    assert (await town.platform.couriers.get(phone.courier.id)).place == BAKERY


async def test_a_script_gets_the_changed_part_only(town: Town) -> None:
    phone = await a_phone(town)
    part = await phone.http.post("/courier/duty", data={"on": "false"}, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert 'data-mode="off"' in part.text
    assert "<html" not in part.text


async def test_signing_out_forgets_the_phones_copy(town: Town) -> None:
    phone = await a_phone(town)
    out = await phone.http.post("/courier/sign-out")
    assert out.headers["clear-site-data"] == '"storage"'
    assert (await phone.http.get("/courier")).status_code == 303


async def test_the_app_can_be_kept_on_the_phone(town: Town) -> None:
    async with town.client() as phone:
        manifest = (await phone.get("/courier/app.webmanifest")).json()
        worker = await phone.get("/courier/worker.js")
    assert (manifest["start_url"], manifest["display"]) == ("/courier", "standalone")
    assert worker.headers["service-worker-allowed"] == "/courier"


@pytest.mark.parametrize("path", ["/courier/duty", "/courier/demo/move"])
async def test_a_form_from_another_site_changes_nothing(town: Town, path: str) -> None:
    phone = await a_phone(town)
    answer = await phone.http.post(path, data={"on": "false", "to": "stop"}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert (await town.platform.couriers.get(phone.courier.id)).on_duty


async def test_what_is_open_to_all_is_on_the_screen_and_interest_is_one_press(town: Town) -> None:
    phone = await a_phone(town)
    delivery_id = await a_booked_delivery(town)
    offer = await an_offer(town, phone.courier.id)
    open_offer_id = await an_open_offer(town, phone.courier.id, delivery_id, offer.id)
    page = await phone.screen()
    assert "Open to all" in page
    assert "I would carry it" in page
    told = await phone.http.post(f"/courier/open-offers/{open_offer_id}", data={"interested": "true"})
    assert told.headers["location"] == "/courier?told=interested"
    assert "You are interested" in await phone.screen()
    back = await phone.http.post(f"/courier/open-offers/{open_offer_id}", data={"interested": "false"})
    assert back.headers["location"] == "/courier?told=not_interested"
    await phone.http.post(f"/courier/open-offers/{open_offer_id}", data={"interested": "true"})
    town.clock.advance(60)
    assert await town.platform.open_offers.draw_due() == 1
    page = await phone.screen()
    assert "It is yours" in page
    assert await phone.state(delivery_id) is State.ASSIGNED
    late = await phone.http.post(f"/courier/open-offers/{open_offer_id}", data={"interested": "true"})
    assert late.status_code == 409
    assert "can no longer be answered" in late.text


async def an_open_offer(town: Town, courier_id: str, delivery_id: str, offer_id: str) -> str:
    """The courier says no once, which is enough in this market; then all are asked."""
    rules = DispatchPolicy(open_offers=OpenOffers(after_noes=1))
    market_id = (await town.platform.couriers.get(courier_id)).market_id
    await town.platform.dispatch.set_policy(market_id, rules, by="operator:opr_1")
    await town.platform.dispatch.decline_offer(courier_id, offer_id)
    for _ in range(5):
        town.clock.advance(5)
        await town.platform.dispatch.plan_market(market_id)
        found = await town.platform.open_offers.of_delivery(delivery_id)
        if found and found[0].gathering:
            return found[0].id
    raise AssertionError("it was not opened")
