"""What a merchant's endpoint hears in this dialect, over real HTTP and with signatures that are checked."""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

import orjson

from homeward.bootstrap import webhook_dialects
from homeward.deliveries.states import Act
from homeward.facades.uber_direct.webhooks import UberWebhooks, signature
from homeward.infra.auth import MerchantActor
from homeward.messages.webhooks.dialects import ReceiverAuth, Signing
from homeward.messages.webhooks.model import NewEndpoint
from homeward.messages.webhooks.positions import PositionsService
from homeward.messages.webhooks.sending import Sender
from homeward.messages.webhooks.service import WebhooksService
from homeward.messages.webhooks.stories import DeliveryStories
from tests.dispatch.world import PHOTO_BODY
from tests.facades.uber_direct.world import Uber
from tests.messages.webhooks.receivers import Received, Receiver, a_receiver
from tests.messages.webhooks.world import LOOPBACK

KEY = "the key of this endpoint"


def test_a_signature_is_the_hex_hmac_of_the_body_under_both_names() -> None:
    body = '{"kind":"event.delivery_status","status":"pickup"}'
    expected = "ca7a7f927474f2339c910cb47886a3fef6ce6ff5846dfa94cad4c2577af9dc4a"
    assert signature("test-signing-key", body) == expected
    headers = UberWebhooks().headers(Signing("whm_1", 0, body, ReceiverAuth(signing_key="test-signing-key")))
    assert headers == {"X-Uber-Signature": expected, "X-Postmates-Signature": expected}


def test_an_endpoint_without_a_key_of_its_own_is_signed_with_its_secret() -> None:
    headers = UberWebhooks().headers(Signing("whm_1", 0, "{}", secrets=("whsec_new", "whsec_old")))
    assert headers["X-Uber-Signature"] == signature("whsec_new", "{}")


class Listening:
    """The bakery's endpoint in this dialect, and the loops that tell it."""

    def __init__(self, uber: Uber, receiver: Receiver) -> None:
        platform = uber.world.platform
        self._receiver = receiver
        stories = DeliveryStories(platform.deliveries)
        self._webhooks = WebhooksService(
            platform.db, platform.clock, Sender(LOOPBACK), stories=stories, dialects=webhook_dialects()
        )
        self._positions = PositionsService(
            platform.db, platform.clock, stories, [platform.couriers], webhook_dialects()
        )
        self._actor = MerchantActor(uber.bakery.id, "live", uber.bakery.key_id, "key")

    async def begin(self) -> None:
        auth = ReceiverAuth(signing_key=KEY).to_json()
        wanted = NewEndpoint(self._receiver.url, (), "uber_direct", auth, location_every_s=20)
        await self._webhooks.create(self._actor, wanted)

    async def told(self, *, positions: bool = False) -> list[dict[str, Any]]:
        """What has come in since the last time; every signature is checked."""
        before = len(self._receiver.received)
        if positions:
            await self._positions.tell_due()
        while await self._webhooks.fan_out():
            pass
        while await self._webhooks.send_due() or self._webhooks.under_way:
            pass
        return [_checked(request) for request in self._receiver.received[before:]]


def _checked(request: Received) -> dict[str, Any]:
    expected = hmac.new(KEY.encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-uber-signature"] == request.headers["x-postmates-signature"] == expected
    return dict(orjson.loads(request.body))


def _steps(messages: Iterable[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    ordered = sorted(messages, key=lambda each: str(each["created"]))
    return [(each["delivery_id"][:4], each["status"], each["data"]["courier_imminent"]) for each in ordered]


async def test_each_change_of_status_or_imminence_is_told_once_with_the_whole_delivery(uber: Uber) -> None:
    async with a_receiver() as receiver:
        listening = Listening(uber, receiver)
        await listening.begin()
        native = await uber.world.booked(uber.bakery)  # of another door: not told in this dialect
        await uber.world.done(uber.bakery.live_key, "POST", f"/v1/deliveries/{native['id']}/cancel")
        made = await uber.created(external_id="A-1")
        courier_id = await uber.world.accepted()
        heard = await listening.told()
        (first, *_) = heard
        assert first["kind"] == "event.delivery_status"
        assert first["id"].startswith("evt_")
        assert first["customer_id"] == uber.live.customer_id
        assert first["live_mode"] is True
        assert {each["data"]["external_id"] for each in heard} == {"A-1"}
        while await uber.world.next_stop(courier_id):
            await uber.world.carried(courier_id, until=Act.HAND_OVER)
        heard += await listening.told()
        mine = [each for each in heard if each["delivery_id"] == made["id"]]
        assert [each["status"] for each in sorted(mine, key=lambda each: str(each["created"]))] == [
            "pending",
            "pickup",
            "pickup",
            "pickup_complete",
            "dropoff",
            "dropoff",
            "delivered",
        ]
        assert all(each["data"]["status"] == each["status"] for each in mine)
        assert len({each["id"] for each in mine}) == len(mine)
        assert await listening.told() == []


async def test_a_way_back_is_told_of_the_second_delivery(uber: Uber) -> None:
    async with a_receiver() as receiver:
        listening = Listening(uber, receiver)
        await listening.begin()
        courier_id, first = await uber.turned_back()
        await listening.told()
        assert receiver.received
        returned = _checked(receiver.received[-1])
        await uber.world.carried(courier_id)
        back = _steps(await listening.told())
        assert [step[:2] for step in back] == [("ret_", "dropoff"), ("ret_", "delivered")]
        told = [_checked(request) for request in receiver.received]
        assert [each["status"] for each in told if each["delivery_id"] == first["id"]].count("returned") == 1
        assert returned["kind"] == "event.delivery_status"


async def test_a_couriers_place_is_told_every_twenty_seconds(uber: Uber) -> None:
    async with a_receiver() as receiver:
        listening = Listening(uber, receiver)
        await listening.begin()
        made = await uber.created()
        courier_id = await uber.world.accepted()
        await listening.told()
        (update,) = await listening.told(positions=True)
        assert (update["kind"], update["delivery_id"]) == ("event.courier_update", made["id"])
        assert update["location"] == {"lat": 44.0, "lng": -73.0}
        assert update["data"]["courier"]["location"] == update["location"]
        assert await listening.told(positions=True) == []
        uber.world.clock.advance(20)
        assert len(await listening.told(positions=True)) == 1
        await uber.world.carried(courier_id, until=Act.HAND_OVER)
        uber.world.clock.advance(20)
        assert [each["kind"] for each in await listening.told(positions=True)].count("event.courier_update") == 0


async def test_what_could_not_be_handed_over_and_stayed_at_the_door_is_delivered(uber: Uber) -> None:
    made = await uber.created(undeliverable_action="leave_at_door")
    courier_id = await uber.world.accepted()
    await uber.world.carried(courier_id, until=Act.ARRIVE_DROPOFF)
    await uber.reported(courier_id, Act.PROBLEM, reason="nobody_there", evidence=[PHOTO_BODY])
    await uber.reported(courier_id, Act.HAND_OVER, evidence=[PHOTO_BODY])
    told = await uber.read(made["id"])
    assert (told["status"], told["undeliverable_action"]) == ("delivered", "left_at_door")
    assert told["undeliverable_reason"] == "CUSTOMER_UNAVAILABLE"
    assert told["related_deliveries"] == []
