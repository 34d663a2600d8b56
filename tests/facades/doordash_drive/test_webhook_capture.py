"""What arrives at a merchant's receiver over a whole day: names, order, the header that lets us in, three tries."""

from typing import Any

import orjson
import pytest

from homeward.deliveries.states import Act
from tests.facades.doordash_drive.world import Drive
from tests.messages.webhooks.receivers import Receiver, a_receiver, answers

IN = "Basic bWVyY2hhbnQ6a2V5"


@pytest.fixture(autouse=True)
def receivers_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEWARD_WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")


async def listens(drive: Drive, receiver: Receiver, *event_types: str) -> None:
    body = {"url": receiver.url, "dialect": "doordash_drive", "auth": {"value": IN}, "event_types": list(event_types)}
    await drive.world.done(drive.bakery.live_key, "POST", "/v1/webhook-endpoints", body)


async def told(drive: Drive) -> None:
    """Everything that happened is sent, or waits for its next try."""
    webhooks = drive.world.platform.webhooks
    while await webhooks.fan_out():
        pass
    while await webhooks.send_due() or webhooks.under_way:
        pass


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [orjson.loads(request.body) for request in receiver.received]


def names(receiver: Receiver) -> list[str]:
    return [body["event_name"] for body in bodies(receiver)]


async def test_a_receiver_hears_the_whole_way_in_the_dialects_names(drive: Drive) -> None:
    async with a_receiver() as receiver, a_receiver() as curious:
        await listens(drive, receiver)
        await listens(drive, curious, "dasher_enroute_to_pickup", "DASHER_DROPPED_OFF")
        answer = await drive.created(tip=200)
        await drive.world.carried(await drive.world.accepted())
        await told(drive)
        assert names(receiver) == [
            "DASHER_CONFIRMED",
            "DASHER_CONFIRMED_PICKUP_ARRIVAL",
            "DASHER_PICKED_UP",
            "DASHER_CONFIRMED_DROPOFF_ARRIVAL",
            "DASHER_DROPPED_OFF",
        ]
        assert names(curious) == ["DASHER_ENROUTE_TO_PICKUP", "DASHER_DROPPED_OFF"]
        for request, body in zip(receiver.received, bodies(receiver), strict=True):
            assert request.headers["authorization"] == IN
            assert "webhook-signature" not in request.headers
            assert body["external_delivery_id"] == answer["external_delivery_id"]
            assert (body["fee"], body["tip"], body["currency"]) == (answer["fee"], 200, "USD")
            assert None not in body.values()


async def test_a_way_back_is_told_under_the_same_id(drive: Drive) -> None:
    async with a_receiver() as receiver:
        await listens(drive, receiver)
        await drive.created(action_if_undeliverable="return_to_pickup")
        world = drive.world
        courier = await world.accepted()
        await world.carried(courier, until=Act.ARRIVE_DROPOFF)
        stop = await world.next_stop(courier)
        assert stop
        report = {"act": "problem", "reason": "nobody_there"}
        await world.done(world.courier_tokens[courier], "POST", f"/v1/courier/legs/{stop['leg_id']}/reports", report)
        await world.carried(courier)
        await told(drive)
        assert names(receiver)[-3:] == [
            "DELIVERY_RETURN_INITIALIZED",
            "DASHER_CONFIRMED_RETURN_ARRIVAL",
            "DELIVERY_RETURNED",
        ]


async def test_a_cancellation_says_whose_it_was_and_other_doors_are_not_told_of(drive: Drive) -> None:
    async with a_receiver() as receiver:
        await listens(drive, receiver)
        answer = await drive.created()
        native = await drive.world.booked(drive.bakery)
        await drive.world.done(drive.bakery.live_key, "POST", f"/v1/deliveries/{native['id']}/cancel")
        await drive.done("PUT", f"/drive/v2/deliveries/{answer['external_delivery_id']}/cancel")
        await told(drive)
        (body,) = bodies(receiver)
        assert (body["event_name"], body["cancellation_reason"]) == ("DELIVERY_CANCELLED", "cancelled_by_creator")


async def test_a_receiver_that_refuses_three_times_is_not_asked_again(drive: Drive) -> None:
    async with a_receiver(answers(500)) as receiver:
        await listens(drive, receiver)
        answer = await drive.created()
        await drive.done("PUT", f"/drive/v2/deliveries/{answer['external_delivery_id']}/cancel")
        for _ in range(5):
            await told(drive)
            async with drive.world.platform.db.operator() as tx:
                await tx.run("UPDATE webhook_message SET next_try_at = now() WHERE state = 'pending'")
        assert receiver.hits == 3
