"""Fleets join, are paused and come back; what does not answer as the contract says stays out."""

from typing import Any

import httpx
import pytest

from homeward.fleets.contract.server import fleet_app
from homeward.simulator.fleets.engine import ReferenceFleet
from homeward.simulator.fleets.kinds import KINDS
from homeward.simulator.fleets.records import Habits
from tests.fleets.autonomous.world import CENTRE, TOKEN, Park
from tests.web.town import MARKET_ID


async def _asks_to_join(park: Park, host: str, token: str = TOKEN) -> httpx.Response:
    body = {"market_id": MARKET_ID, "base_url": f"https://{host}", "token": token}
    return await park.world.ask(park.world.operator_token, "POST", "/v1/operator/fleets", body)


async def _serves(park: Park, host: str, currency: str) -> None:
    fleet = ReferenceFleet(KINDS["sidewalk"], CENTRE, park.clock.now(), Habits(1), currency=currency)
    park.switchboard.hosts[host] = httpx.ASGITransport(fleet_app(fleet, TOKEN, fleet))


async def test_a_fleet_that_does_not_answer_stays_out(park: Park) -> None:
    answer = await _asks_to_join(park, "nowhere.example")
    assert (answer.status_code, answer.json()["code"]) == (422, "fleet-unreachable")


async def test_a_token_that_the_fleet_does_not_know_is_told(park: Park) -> None:
    await _serves(park, "robots.example", "USD")
    answer = await _asks_to_join(park, "robots.example", "another token")
    assert (answer.status_code, answer.json()["code"]) == (422, "fleet-token-refused")


async def test_a_fleet_of_another_currency_cannot_serve_here(park: Park) -> None:
    await _serves(park, "euro.example", "EUR")
    answer = await _asks_to_join(park, "euro.example")
    assert (answer.status_code, answer.json()["code"]) == (422, "fleet-currency-differs")


async def test_plain_http_is_for_this_machine_only(park: Park) -> None:
    body = {"market_id": MARKET_ID, "base_url": "http://robots.example", "token": TOKEN}
    answer = await park.world.ask(park.world.operator_token, "POST", "/v1/operator/fleets", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "carrier-address-refused")


async def test_the_token_is_shown_to_nobody(park: Park) -> None:
    await park.joins("sidewalk")
    answer = await park.world.ask(park.world.operator_token, "GET", "/v1/operator/fleets")
    assert TOKEN not in answer.text
    assert answer.json()["items"][0]["facts"]["fleet_id"] == "reference-sidewalk"


async def test_a_paused_fleet_is_given_nothing_new(park: Park) -> None:
    fleet_id = await park.joins("sidewalk")
    await park.operator("PATCH", f"/{fleet_id}", {"status": "paused"})
    delivery_id = await park.booked()
    for _ in range(3):
        await park.turn()
    assert (await park.delivery(delivery_id))["state"] == "searching"
    await park.operator("PATCH", f"/{fleet_id}", {"status": "active"})
    await park.until(delivery_id, "to_pickup")


async def test_a_fleet_that_forgets_our_token_is_asked_nothing_until_it_has_a_new_one(park: Park) -> None:
    fleet_id = await park.joins("sidewalk")
    fleet = park.fleets["sidewalk"]
    park.switchboard.hosts["sidewalk.example"] = httpx.ASGITransport(fleet_app(fleet, "changed", fleet))
    await park.turn()
    assert (await _fleet(park))["status"] == "login_invalid"
    await park.operator("PATCH", f"/{fleet_id}", {"token": "changed"})
    assert (await _fleet(park))["status"] == "active"
    await park.until(await park.booked(), "delivered")


@pytest.mark.parametrize("action", ["pause", "safe_stop"])
async def test_what_a_person_asks_of_a_machine_is_done_and_kept(park: Park, action: str) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked()
    await park.until(delivery_id, "to_dropoff")
    await park.operator("POST", f"/legs/{delivery_id}/actions", {"action": action, "reason": "a parade"})
    await park.turn()
    leg = (await park.legs(delivery_id))["items"][0]
    assert leg["hold"]["kind"] == {"pause": "paused", "safe_stop": "stopped"}[action]
    await park.operator("POST", f"/legs/{delivery_id}/actions", {"action": "resume"})
    acts = await park.world.platform.machines.acts_of(leg["id"])
    assert {"pause", "safe_stop"} & {act["action"] for act in acts}
    await park.until(delivery_id, "delivered")


async def test_what_a_fleet_refuses_comes_back_with_its_limit(park: Park) -> None:
    await park.joins("sidewalk")
    delivery_id = await park.booked()
    await park.until(delivery_id, "to_dropoff")
    path = f"/v1/operator/fleets/legs/{delivery_id}/actions"
    answer = await park.world.ask(park.world.operator_token, "POST", path, {"action": "cancel"})
    told = answer.json()
    assert (answer.status_code, told["code"], told["limit"]) == (409, "machine-says-no", "state")


async def test_the_log_is_kept_as_it_was_read(park: Park) -> None:
    await park.joins("sidewalk")
    await park.until(await park.booked(), "delivered")
    items = (await park.operator("GET", "/events", limit=500))["items"]
    numbers = sorted(one["event"]["number"] for one in items)
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == (await _fleet(park))["read_to"]


async def _fleet(park: Park) -> dict[str, Any]:
    return dict((await park.operator("GET", ""))["items"][0])
