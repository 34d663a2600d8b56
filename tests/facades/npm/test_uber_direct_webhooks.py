"""What a receiver of Uber Direct's webhooks gets from us, over real HTTP."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from homeward.bootstrap import webhook_dialects
from homeward.deliveries.states import Act
from homeward.messages.webhooks.dialects import ReceiverAuth, Signing
from tests.dispatch.world import PHOTO_BODY
from tests.facades.npm.test_uber_direct_life import report
from tests.facades.npm.uber import Direct
from tests.messages.webhooks.receivers import Receiver, a_receiver, answers

KEY = b"test-signing-key"
SIGNATURES = ("x-uber-signature", "x-postmates-signature")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with a_receiver(answers(200)) as listening:
        yield listening


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in receiver.received]


async def test_every_change_of_status_or_nearness_is_told_once_and_in_order(direct: Direct, receiver: Receiver) -> None:
    await direct.listens(receiver)
    made = await direct.created()
    courier = await direct.world.accepted()
    await direct.told()
    for act in (Act.ARRIVE_PICKUP, Act.PICK_UP, Act.HEAD_TO_DROPOFF, Act.ARRIVE_DROPOFF, Act.HAND_OVER):
        await report(direct, courier, act, evidence=[PHOTO_BODY] if act is Act.HAND_OVER else [])
        await direct.told()
    told = [each for each in bodies(receiver) if each["kind"] == "event.delivery_status"]
    said = [(each["status"], each["data"]["courier_imminent"]) for each in told]
    assert len(said) == len(set(said)), "nothing is said twice"
    assert (
        list(dict.fromkeys(status for status, _ in said))
        == [
            "pending",
            "pickup",
            "pickup_complete",
            "dropoff",
            "delivered",
        ][-len(dict.fromkeys(status for status, _ in said)) :]
    )
    assert said[-1] == ("delivered", False)
    for each in told:
        assert each["id"].startswith("evt_")
        assert each["delivery_id"] == each["data"]["id"] == made["id"]
        assert each["customer_id"] == direct.keys.customer_id
        assert each["live_mode"] is True
        assert each["data"]["status"] == each["status"]
    assert len({each["id"] for each in told}) == len(told)


async def test_every_message_is_signed_twice_with_the_receivers_key(direct: Direct, receiver: Receiver) -> None:
    await direct.listens(receiver)
    made = await direct.created()
    await direct.done("cancelDelivery", made["id"])
    await direct.told()
    assert receiver.received
    for request in receiver.received:
        expected = hmac.new(KEY, request.body, hashlib.sha256).hexdigest()
        assert [request.headers[name] for name in SIGNATURES] == [expected, expected]
    assert bodies(receiver)[-1]["data"]["cancelation_reason"]["primary_reason"] == "MERCHANT_CANCEL"


def test_the_signature_of_a_known_body() -> None:
    body = '{"kind":"event.delivery_status","status":"pickup"}'
    signing = Signing("whm_1", 0, body, ReceiverAuth(signing_key=KEY.decode()))
    headers = webhook_dialects()["uber_direct"].headers(signing)
    said = {name.lower(): value for name, value in headers.items()}
    expected = "ca7a7f927474f2339c910cb47886a3fef6ce6ff5846dfa94cad4c2577af9dc4a"
    assert [said[name] for name in SIGNATURES] == [expected, expected]


async def test_deliveries_of_other_doors_are_not_told(direct: Direct, receiver: Receiver) -> None:
    await direct.listens(receiver)
    await direct.world.booked(direct.bakery)
    await direct.told()
    assert receiver.received == []


async def test_the_way_back_is_told_as_a_delivery_of_its_own(direct: Direct, receiver: Receiver) -> None:
    await direct.listens(receiver)
    made = await direct.created()
    courier = await direct.world.accepted()
    await direct.world.carried(courier, until=Act.ARRIVE_DROPOFF)
    await report(direct, courier, Act.PROBLEM, reason="nobody_there")
    await direct.told()
    await direct.world.carried(courier)
    await direct.told()
    ids = {each["delivery_id"] for each in bodies(receiver)}
    back = "ret_" + made["id"].partition("_")[2]
    assert ids >= {made["id"]}
    statuses = [(each["delivery_id"], each["status"]) for each in bodies(receiver)]
    assert (made["id"], "returned") in statuses
    assert (back, "delivered") in statuses
