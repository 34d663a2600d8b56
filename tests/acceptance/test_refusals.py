"""Refusals as clients meet them: each is produced somewhere, each in the one documented form (`refused_properly`)."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from homeward.kit.problems import Problem
from homeward.web.portal.pages import UnknownAct
from scripts.write_reference import all_problems
from tests.acceptance.world import World, refused_properly
from tests.conftest import ROOT

NOT_PRODUCED = {
    "problem": "the base of all",
    "refused": "the base of the framework's own; no route leads to it",
    "no-option-fits": "a quote offers only what was asked for; it guards the day when one offers more",
    "road-build-failed": "only a broken road engine makes it, and its commands are tested alone",
}


def test_every_refusal_of_the_catalogue_is_produced_by_a_test() -> None:
    """By its code or its class; whoever adds a refusal shows how it comes about."""
    files = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    told = "\n".join(path.read_text() for path in files) + _own_tests()

    def produced(problem: type[Problem]) -> bool:
        return f'"{problem.slug}"' in told or f"{problem.__name__}" in told

    forgotten = {problem.slug for problem in all_problems() if not produced(problem)}
    assert forgotten - NOT_PRODUCED.keys() == set()


async def test_whoever_sends_no_credential_is_told_which_one_to_send(world: World) -> None:
    answer = await world.ask(None, "GET", "/v1/deliveries")
    assert _told(answer) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_an_unknown_path_and_a_wrong_method_are_problems_like_any_other(world: World) -> None:
    assert _told(await world.ask(None, "GET", "/v1/nothing")) == (404, "no-such-route")
    assert _told(await world.ask(None, "PATCH", "/v1/quotes")) == (405, "wrong-method")


async def test_a_crash_tells_its_request_id_and_nothing_else(world: World) -> None:
    async def broken() -> None:
        raise RuntimeError("the password is swordfish")

    world.app.add_api_route("/v1/broken", broken)
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=world.town.base_url) as http:
        answer = refused_properly(await http.get("/v1/broken"))
    assert _told(answer) == (500, "internal-error")
    assert "swordfish" not in answer.text


async def test_a_booking_without_a_key_is_malformed(world: World) -> None:
    async with world.client(world.bakery.live_key) as http:
        answer = await http.post("/v1/deliveries", json={})
    assert _told(answer) == (422, "malformed-request")
    assert answer.json()["errors"][0]["pointer"] == "/headers/Idempotency-Key"


async def test_a_key_with_another_body_is_refused(world: World) -> None:
    body = {"store_id": world.bakery.store_id, "dropoff": {"address": "12 Elm Street"}, "parcel": {"weight_g": 900}}
    await world.ask(world.bakery.live_key, "POST", "/v1/deliveries", body, key="same")
    again = await world.ask(world.bakery.live_key, "POST", "/v1/deliveries", {**body, "ready_at": None}, key="same")
    other = {**body, "parcel": {"weight_g": 901}}
    assert again.status_code == 201, "left out and null are the same wish"
    answer = await world.ask(world.bakery.live_key, "POST", "/v1/deliveries", other, key="same")
    assert _told(answer) == (422, "idempotency-key-reused")


@pytest.mark.slow
async def test_a_key_whose_first_request_still_runs_is_told_to_come_back(world: World) -> None:
    """The row of the key is held by somebody else for as long as we wait."""
    delivery = await world.booked(world.bakery)
    path = f"/v1/deliveries/{delivery['id']}/cancel"
    async with world.platform.db.merchant(world.bakery.id) as tx:
        await tx.run(
            """INSERT INTO idempotency_key (merchant_id, actor_id, route, key, fingerprint, status, response)
               VALUES (%(merchant)s, %(actor)s, %(route)s, 'slow', '', 0, '{}')""",
            merchant=world.bakery.id,
            actor=world.bakery.key_id,
            route=f"POST {path}",
        )
        answer = await asyncio.wait_for(world.ask(world.bakery.live_key, "POST", path, {}, key="slow"), 20)
    assert _told(answer) == (409, "idempotency-key-in-flight")
    assert answer.json()["retryable"]
    assert answer.headers["retry-after"] == "1"


async def test_a_direct_booking_meets_the_refusals_of_its_quote(world: World) -> None:
    now = world.clock.now()
    wanted = {"earliest": _rfc3339(now + timedelta(hours=3)), "latest": _rfc3339(now + timedelta(hours=3, minutes=40))}
    body = {
        "store_id": world.bakery.store_id,
        "dropoff": {"address": "12 Elm Street, Springfield"},
        "parcel": {"weight_g": 900},
        "window": wanted,
    }
    answer = await world.ask(world.bakery.live_key, "POST", "/v1/deliveries", body)
    assert _told(answer) == (409, "window-too-short")
    assert answer.json()["shortest_s"] > answer.json()["length_s"]


@pytest.mark.parametrize(
    ("again", "code"),
    [
        ({"slug": "bakery"}, "slug-taken"),
        ({"slug": "other", "tracking_domain": "shop.localhost"}, "domain-taken"),
        ({"slug": "other", "owner_email": "owner@bakery.example", "owner_password": "a long password"}, "email-taken"),
    ],
)
async def test_what_another_merchant_has_cannot_be_given_twice(world: World, again: dict[str, str], code: str) -> None:
    await world.done(
        world.operator_token,
        "PATCH",
        f"/v1/operator/merchants/{world.bakery.id}",
        {"tracking_domain": "shop.localhost"},
    )
    body = {"name": "Another", "owner_name": "Another", **again}
    answer = await world.ask(world.operator_token, "POST", "/v1/operator/merchants", body)
    assert _told(answer) == (409, code)


async def test_a_delivery_cannot_be_given_to_a_courier_who_is_at_home(world: World) -> None:
    delivery = await world.booked(world.bakery)
    at_home = world.couriers[0]
    await world.done(world.courier_tokens[at_home], "POST", "/v1/courier/duty", {"on": False})
    body = {"courier_id": at_home, "reason": "the shop asked"}
    path = f"/v1/operator/deliveries/{delivery['id']}/reassign"
    assert _told(await world.ask(world.operator_token, "POST", path, body)) == (409, "courier-not-on-duty")


async def test_a_shift_ends_ahead_and_not_too_far_ahead(world: World) -> None:
    token, now = world.courier_tokens[world.couriers[0]], world.clock.now()
    for ends, told in ((now, (409, "shift-already-over")), (now + timedelta(days=3), (422, "shift-too-long"))):
        body = {"on": True, "shift_ends": _rfc3339(ends)}
        assert _told(await world.ask(token, "POST", "/v1/courier/duty", body)) == told


async def test_an_offer_that_was_answered_is_gone(world: World) -> None:
    await world.booked(world.bakery)
    courier, offer = await world.offered()
    path = f"/v1/courier/offers/{offer['id']}"
    await world.done(world.courier_tokens[courier], "POST", f"{path}/decline", {})
    assert _told(await world.ask(world.courier_tokens[courier], "POST", f"{path}/accept")) == (409, "offer-gone")


async def test_a_handover_without_its_photo_is_told_what_it_needs(world: World) -> None:
    await world.booked(world.bakery)
    courier = await world.accepted()
    stop = await world.next_stop(courier)
    assert stop is not None
    path, token = f"/v1/courier/legs/{stop['leg_id']}/reports", world.courier_tokens[courier]
    await world.done(token, "POST", path, {"act": "pick_up"})
    answer = await world.ask(token, "POST", path, {"act": "hand_over"})
    assert _told(answer) == (409, "proof-missing")
    assert answer.json()["needs"] == ["photo"]


@pytest.mark.parametrize("content", ["äöü§", "%%%%", "abc"])
async def test_a_picture_that_is_not_base64_is_malformed(world: World, content: str) -> None:
    body = {"act": "hand_over", "evidence": [{"kind": "photo", "content_base64": content}]}
    token = world.courier_tokens[world.couriers[0]]
    answer = await world.ask(token, "POST", "/v1/courier/legs/leg_any/reports", body)
    assert _told(answer) == (422, "malformed-request")
    assert answer.json()["errors"][0]["pointer"] == "/evidence/0/content_base64"


async def test_a_parcel_under_way_can_neither_be_cancelled_nor_sent_elsewhere(world: World) -> None:
    delivery = await world.booked(world.bakery)
    courier = await world.accepted()
    stop = await world.next_stop(courier)
    assert stop is not None
    report = f"/v1/courier/legs/{stop['leg_id']}/reports"
    await world.done(world.courier_tokens[courier], "POST", report, {"act": "pick_up"})
    path, key = f"/v1/deliveries/{delivery['id']}", world.bakery.live_key
    assert _told(await world.ask(key, "POST", f"{path}/cancel", {})) == (409, "picked-up-already")
    assert _told(await world.ask(key, "PATCH", path, {"ready_at": "2026-03-10T20:00:00Z"})) == (409, "fields-locked")
    body = {"courier_id": None, "reason": "too slow"}
    again = await world.ask(world.operator_token, "POST", f"/v1/operator{path[3:]}/reassign", body)
    assert _told(again) == (409, "not-reassignable")


async def test_a_portal_form_asks_only_for_acts_that_exist(world: World) -> None:
    delivery = await world.booked(world.bakery)
    users = (await world.done(world.bakery.live_key, "GET", "/v1/users"))["items"]
    session = await world.platform.auth.open_session("merchant", users[0]["id"], world.bakery.id)
    async with world.client(portal=session) as http:
        origin = {"Origin": world.town.base_url}
        answer = await http.post(f"/portal/deliveries/{delivery['id']}/explode", headers=origin)
    assert answer.status_code == UnknownAct.status, "a page in words, with the problem's status"


def _told(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("code")


def _rfc3339(moment: Any) -> str:
    return str(moment.isoformat().replace("+00:00", "Z"))


def _own_tests() -> str:
    """This file without the table of exceptions and the test that reads it."""
    return Path(__file__).read_text().partition("async def ")[2]
