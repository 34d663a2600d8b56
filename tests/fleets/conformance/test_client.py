"""A client of a fleet gets the contract's types, or a failure that says what to do."""

import httpx
import pytest

from homeward.fleets.carriers.contract import CarrierLoginInvalid, CarrierRefused, CarrierUnavailable
from homeward.fleets.contract.client import HttpFleet
from homeward.fleets.contract.legs import AskAction, AskSecret, Holder
from homeward.fleets.contract.server import Fleet, Refused, Sandbox, fleet_app
from homeward.fleets.contract.words import Action, Limit
from tests.fleets.conformance.town_fleet import TownFleet

CANCEL = AskAction(action=Action.CANCEL)


def client_of(*answers: httpx.Response | Exception) -> tuple[HttpFleet, list[httpx.Request]]:
    """Of a fleet that gives these answers, one after the other."""
    left, asked = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        now = left.pop(0)
        if isinstance(now, Exception):
            raise now
        return now

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return HttpFleet(http, "http://fleet.test/", "the-token", pause_s=0), asked


def test_the_client_is_a_fleet_and_a_sandbox() -> None:
    client, _ = client_of()
    as_fleet: Fleet = client
    as_sandbox: Sandbox = client
    assert hasattr(as_fleet, "facts")
    assert hasattr(as_sandbox, "advance")


async def test_the_same_key_goes_with_every_try() -> None:
    busy, gone = httpx.Response(503), httpx.ConnectError("gone")
    client, asked = client_of(busy, gone, httpx.Response(200, json={"outcome": "done"}))
    assert (await client.act("leg/1", CANCEL, "key-1")).outcome == "done"
    assert {request.headers["Idempotency-Key"] for request in asked} == {"key-1"}
    assert {request.headers["Authorization"] for request in asked} == {"Bearer the-token"}
    assert asked[0].url.raw_path == b"/legs/leg%2F1/actions"


async def test_a_no_of_the_fleet_says_which_limit() -> None:
    client, _ = client_of(httpx.Response(409, json={"limit": "expired"}))
    with pytest.raises(Refused) as refused:
        await client.reserve("quote-1", "key-1")
    assert refused.value.refusal.limit is Limit.EXPIRED


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        ([httpx.ConnectError("gone")] * 3, CarrierUnavailable),
        ([httpx.Response(500)] * 3, CarrierUnavailable),
        ([httpx.Response(200, text="<html>")], CarrierUnavailable),
        ([httpx.Response(200, json={"state": "flying"})], CarrierUnavailable),
        ([httpx.Response(404, text="no such page")], CarrierUnavailable),
        ([httpx.Response(302, headers={"location": "http://elsewhere.test"})], CarrierUnavailable),
        ([httpx.Response(401)], CarrierLoginInvalid),
        ([httpx.Response(422, json={"detail": []})], CarrierRefused),
    ],
)
async def test_whatever_else_comes_is_one_of_three_failures(
    answers: list[httpx.Response | Exception], failure: type[Exception]
) -> None:
    client, _ = client_of(*answers)
    with pytest.raises(failure):
        await client.leg("leg-1")


async def test_no_failure_repeats_a_secret() -> None:
    client, _ = client_of(httpx.Response(201, json={"id": "s", "secret": "4711-4711", "valid_until": "soon"}))
    with pytest.raises(CarrierUnavailable) as failure:
        await client.secret("leg-1", AskSecret(holder=Holder.STORE, valid_s=60), "key-1")
    assert "4711" not in f"{failure.value!r} {failure.value.__cause__!r}"


async def test_a_reference_that_nobody_knows_is_none() -> None:
    fleet = TownFleet()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(fleet_app(fleet, "the-token"))) as http:
        client = HttpFleet(http, "http://fleet.test", "the-token")
        assert await client.find("a reference & more") is None
        with pytest.raises(Refused):
            await client.leg("nothing")
