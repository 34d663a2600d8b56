"""A delivery from its booking to its end, as the merchant's system hears of it in its own words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from homeward.bootstrap import webhook_dialects
from homeward.facades.golocal.ids import to_uuid
from homeward.fleets.couriers.model import Whereabouts
from homeward.infra.auth import MerchantActor
from homeward.kit.places import LatLon
from homeward.messages.webhooks.dialects import LOCATION
from homeward.messages.webhooks.egress import networks
from homeward.messages.webhooks.model import NewEndpoint, RetryPlan
from homeward.messages.webhooks.sending import Sender
from homeward.messages.webhooks.service import WebhooksService
from homeward.messages.webhooks.stories import DeliveryStories
from tests.dispatch.world import PHOTO_BODY
from tests.facades.golocal.world import Account, GoLocal
from tests.messages.webhooks.receivers import Receiver, a_receiver

SMALL = {"orderSize": "S", "totalWeight": 4, "totalVolume": 0.2}


@dataclass
class Ear:
    """The merchant's own receiver, and the worker that sends to it."""

    golocal: GoLocal
    webhooks: WebhooksService
    receiver: Receiver

    async def heard(self) -> list[dict[str, Any]]:
        """Every notice so far, as it came over the wire."""
        while await self.webhooks.fan_out():
            pass
        while await self.webhooks.send_due() or self.webhooks.under_way:
            pass
        notices = [orjson.loads(request.body) for request in self.receiver.received]
        return [dict(notice["noticeDetails"]["deliveryUpdates"]) for notice in notices]


@asynccontextmanager
async def an_ear(golocal: GoLocal, account: Account, *types: str) -> AsyncIterator[Ear]:
    p = golocal.world.platform
    async with a_receiver() as receiver:
        webhooks = WebhooksService(
            p.db,
            p.clock,
            Sender(networks("127.0.0.0/8"), timeout_s=5),
            RetryPlan(pauses_s=(0.05,), give_up_after_s=1, jitter_per_mille=0),
            stories=DeliveryStories(p.deliveries),
            dialects=webhook_dialects(),
        )
        actor = MerchantActor(account.shop.id, account.mode, account.shop.key_id, "key")
        auth = {"header": "X-Shared", "value": "word", "signing_key": "key"}
        await webhooks.create(actor, NewEndpoint(receiver.url, types, "golocal", auth))
        yield Ear(golocal, webhooks, receiver)


async def report(
    golocal: GoLocal, courier: str, act: str, *evidence: dict[str, Any], status: int = 200, reason: str | None = None
) -> None:
    """The courier reports one step of the route's next stop."""
    token = golocal.world.courier_tokens[courier]
    stop = await golocal.world.next_stop(courier)
    assert stop
    golocal.clock.advance(60)
    body = {"act": act, "evidence": list(evidence), "reason": reason}
    answer = await golocal.world.ask(token, "POST", f"/v1/courier/legs/{stop['leg_id']}/reports", body)
    assert answer.status_code == status, answer.text


def scan(label: str) -> dict[str, str]:
    return {"kind": "scan", "text": label}


async def carried_with_every_proof(golocal: GoLocal, courier: str, delivery_id: str, passcode: str) -> None:
    """To the door and over the threshold; each proof is found missing first."""
    account = golocal.bakery
    await report(golocal, courier, "head_to_pickup")
    await report(golocal, courier, "arrive_pickup")
    boxes = (scan("BOX-1"), scan("BOX-2"))
    await report(golocal, courier, "pick_up", *boxes, status=409)  # the store has not confirmed the code yet
    path = f"/deliveries/{delivery_id}/orderStatus"
    shaken = {"deliveries": {"clientId": account.client_id, "orderStatus": "PIN_VALIDATION_PICKUP"}}
    await golocal.done(account, "PUT", path, shaken)
    await report(golocal, courier, "pick_up", boxes[0], status=409)  # one label is missing
    await report(golocal, courier, "pick_up", *boxes)
    await report(golocal, courier, "head_to_dropoff")
    await report(golocal, courier, "arrive_dropoff")
    wrong = f"{(int(passcode) + 1) % 10_000:04d}"
    await report(golocal, courier, "hand_over", *boxes, {"kind": "pin", "text": wrong}, status=409)
    await report(golocal, courier, "hand_over", *boxes, {"kind": "pin", "text": passcode})


async def test_without_the_passcode_the_order_comes_back(golocal: GoLocal) -> None:
    """Stated: the driver cannot mark it done without the code; no code from the shopper, and it is brought back."""
    account = golocal.bakery
    add_ons = {
        "attendedDelivery": True,
        "isDropOffOTPRequired": True,
        "proofOfDelivery": True,
        "capturePhotoProof": True,
    }
    delivery_id, courier = await golocal.assigned(account, addOnServices=add_ons)
    wrong = f"{(int((await golocal.details(account, delivery_id))['dropOffOTP']) + 1) % 10_000:04d}"
    for act in ("head_to_pickup", "arrive_pickup", "pick_up", "head_to_dropoff", "arrive_dropoff"):
        await report(golocal, courier, act)
    for _ in range(6):
        await report(golocal, courier, "hand_over", {"kind": "pin", "text": wrong}, status=409)
    await report(golocal, courier, "problem", reason="no_pin")
    details = await golocal.details(account, delivery_id)
    assert details["status"] == "ENROUTE_TO_RETURN"


async def test_a_life_with_passcode_handshake_and_chain_of_custody(golocal: GoLocal) -> None:
    account = golocal.bakery
    async with an_ear(golocal, account) as ear:
        delivery_id, courier = await golocal.assigned(
            account,
            orderManifest={"summary": SMALL},
            scanDetails={"scanIds": ["BOX-1", "BOX-2"]},
            addOnServices={
                "attendedDelivery": True,
                "isDropOffOTPRequired": True,
                "chainOfCustody": True,
                "digitalHandshake": True,
            },
        )
        first, *_ = await ear.heard()
        assert first["status"] == "DELIVERY_REQUESTED"
        assert first["deliveryId"] == delivery_id
        assert first["clientId"] == account.client_id
        passcode, pickup_code = first["dropOffOTP"], first["pickupPasscode"]
        assert len(passcode) == 4
        assert passcode.isdecimal()
        details = await golocal.details(account, delivery_id)
        assert (details["status"], details["dropOffOTP"]) == ("DRIVER_ASSIGNED", passcode)
        assert details["pickupPasscode"] == pickup_code

        await carried_with_every_proof(golocal, courier, delivery_id, passcode)
        told = await ear.heard()
        assert [notice["status"] for notice in told] == [
            "DELIVERY_REQUESTED",
            "DRIVER_ASSIGNED",
            "ENROUTE_TO_PICKUP",
            "ARRIVED_AT_PICKUP",
            "DISPATCHED",
            "ENROUTE_TO_DROPOFF",
            "ARRIVED_AT_DROPOFF",
            "DELIVERED",
        ]
        by_status = {notice["status"]: notice for notice in told}
        both = {"scanIds": ["BOX-1", "BOX-2"]}
        assert by_status["ENROUTE_TO_DROPOFF"]["scanDetails"] == both
        assert by_status["DELIVERED"]["scanDetails"] == both
        assert "scanDetails" not in by_status["DISPATCHED"]
        assert "dropOffOTP" not in by_status["DELIVERED"]
        assert by_status["DRIVER_ASSIGNED"]["driver"]["firstName"] in ("Ana", "Ben")
        assert by_status["DRIVER_ASSIGNED"]["trackingUrl"] == details["trackingUrl"]
        for request in ear.receiver.received:
            assert request.headers["x-shared"] == "word"
            assert request.headers["wm_sec.webhook_signature"]


async def test_two_on_one_trip_hear_of_their_batch_before_their_driver_and_of_its_end(golocal: GoLocal) -> None:
    account = golocal.bakery
    async with an_ear(golocal, account) as ear:
        first = await golocal.booked(account, externalOrderId="ONE", orderManifest={"summary": SMALL})
        other, _ = await golocal.assigned(account, externalOrderId="TWO")
        told = [notice for notice in await ear.heard() if notice["deliveryId"] == first]
        assert [notice["status"] for notice in told] == ["DELIVERY_REQUESTED", "DELIVERY_BATCHED", "DRIVER_ASSIGNED"]
        batched = told[1]
        assert batched["batchingDetails"]["routeId"] == batched["batchId"]
        assert batched["batchingDetails"]["count"] == 2
        details = [await golocal.details(account, delivery_id) for delivery_id in (first, other)]
        assert {each["batchId"] for each in details} == {batched["batchId"]}
        assert {each["batchingDetails"]["dropSequence"] for each in details} == {1, 2}

        body = {"deliveries": {"clientId": account.client_id, "reasons": [{"code": "CD-002"}]}}
        await golocal.done(account, "PUT", f"/deliveries/{other}/cancel", body)
        (market,) = await golocal.world.platform.coverage.markets()
        await golocal.world.platform.dispatch.plan_market(market.id)
        told = await ear.heard()
        statuses = [notice["status"] for notice in told if notice["deliveryId"] == other]
        assert statuses[-2:] == ["DELIVERY_UNBATCHED", "CANCELED_BY_CLIENT"]
        last = [notice for notice in told if notice["deliveryId"] == first][-1]
        assert last["status"] == "DELIVERY_UNBATCHED"
        assert "batchId" not in last


async def test_feedback_is_given_after_the_end_as_often_as_one_likes(golocal: GoLocal) -> None:
    account = golocal.sandbox
    delivery_id = await golocal.booked(account)
    order = {"clientId": account.client_id, "externalOrderId": "APAL:1541:0154120240819032474"}
    early = {**order, "rating": 5}
    assert await golocal.refused(account, "POST", "/feedbacks", early) == ["400.500.914"]
    body = {"deliveries": {"clientId": account.client_id}}
    await golocal.done(account, "PUT", f"/deliveries/{delivery_id}/cancel", body)
    rated = {**order, "rating": 5, "comment": "Quick"}
    made = await golocal.done(account, "POST", "/feedbacks", rated)
    golocal.clock.advance(1)
    await golocal.done(account, "POST", "/feedbacks", {**order, "rating": 4})
    given = (await golocal.done(account, "GET", "/feedbacks", **order))["feedbackInfoList"]
    assert [each["rating"] for each in given] == [5, 4]
    assert given[0]["feedbackId"] == made["id"]
    assert given[0]["comment"] == "Quick"
    for rating in (0, 6, 4.5):
        assert await golocal.refused(account, "POST", "/feedbacks", {**order, "rating": rating}) == ["400.500.902"]


async def test_nobody_there_brings_it_back_under_a_code_that_the_store_confirms(golocal: GoLocal) -> None:
    account = golocal.bakery
    async with an_ear(golocal, account, "ENROUTE_TO_RETURN", "RETURNED") as ear:
        delivery_id, courier = await golocal.assigned(
            account,
            orderManifest={"summary": SMALL},
            addOnServices={"attendedDelivery": True, "digitalHandshake": True, "digitalHandshakeBypass": True},
        )
        for act in ("arrive_pickup", "pick_up", "arrive_dropoff"):
            await report(golocal, courier, act)
        token = golocal.world.courier_tokens[courier]
        stop = await golocal.world.next_stop(courier)
        assert stop
        gone = {"act": "problem", "reason": "nobody_there", "evidence": [PHOTO_BODY]}
        golocal.clock.advance(900)
        await golocal.world.done(token, "POST", f"/v1/courier/legs/{stop['leg_id']}/reports", gone)
        (notice,) = await ear.heard()
        assert notice["status"] == "ENROUTE_TO_RETURN"
        assert notice["returnReason"] == "CUSTOMER_NOT_AVAILABLE"
        assert notice["returnPasscode"]
        body = {"deliveries": {"clientId": account.client_id, "orderStatus": "PIN_VALIDATION_RETURN"}}
        await golocal.done(account, "PUT", f"/deliveries/{delivery_id}/orderStatus", body)
        await report(golocal, courier, "arrive_return")
        assert (await golocal.details(account, delivery_id))["status"] == "ARRIVED_TO_RETURN"
        await report(golocal, courier, "return_handed", PHOTO_BODY)
        assert [notice["status"] for notice in await ear.heard()] == ["ENROUTE_TO_RETURN", "RETURNED"]
        assert (await golocal.details(account, delivery_id))["returnReason"] == "CUSTOMER_NOT_AVAILABLE"


async def test_an_update_and_a_cancellation_are_heard_of_too(golocal: GoLocal) -> None:
    account = golocal.bakery
    async with an_ear(golocal, account) as ear:
        delivery_id = await golocal.booked(account)
        changed = {"deliveries": {"customer": {"firstName": "Max"}}}
        await golocal.done(account, "PUT", f"/deliveries/{delivery_id}/update", changed)
        body = {"deliveries": {"clientId": account.client_id, "reasons": [{"code": "CD-002"}]}}
        await golocal.done(account, "PUT", f"/deliveries/{delivery_id}/cancel", body)
        told = [notice["status"] for notice in await ear.heard()]
    assert told == ["DELIVERY_REQUESTED", "UPDATE_SUCCESS", "CANCELED_BY_CLIENT"]


async def test_where_the_driver_is_is_told_from_the_pickup_on(golocal: GoLocal) -> None:
    account = golocal.bakery
    delivery_id = await golocal.booked(account)
    p = golocal.world.platform
    dialect = webhook_dialects()["golocal"]
    seen = Whereabouts(LatLon(44.001, -73.002), None, golocal.clock.now())
    (row,) = await golocal.rows("SELECT id FROM delivery")
    async with p.db.operator() as tx:
        story = await DeliveryStories(p.deliveries).story_in(tx, row["id"])
    assert dialect.location(story, seen, "whm_1") is None, "no driver is on the way yet"
    async with p.db.operator() as tx:
        await tx.run("UPDATE delivery SET state = 'to_dropoff' WHERE id = %(id)s", id=row["id"])
        story = await DeliveryStories(p.deliveries).story_in(tx, row["id"])
    rendered = dialect.location(story, seen, "whm_1")
    assert rendered
    assert rendered.type == LOCATION
    update = rendered.body["noticeDetails"]["driverLocationUpdates"]
    assert (update["latitude"], update["longitude"], update["deliveryId"]) == (44.001, -73.002, delivery_id)
    assert update["trackingUrl"].startswith("http")


async def test_what_another_merchant_another_door_or_another_mode_booked_is_not_found(golocal: GoLocal) -> None:
    mine, world = golocal.bakery, golocal.world
    theirs = await golocal.booked(golocal.butcher)
    tried = await golocal.booked(golocal.sandbox, externalOrderId="in the sandbox")
    native = await world.booked(world.bakery, external_id="by our own door")

    order = {"clientId": mine.client_id, "externalOrderId": "by our own door"}
    body = {
        "deliveries": {"clientId": mine.client_id, "reasons": [{"code": "CD-002"}], "orderStatus": "READY_FOR_PICKUP"}
    }
    for delivery_id in (theirs, tried, to_uuid(native["id"]), "00000000-0000-0000-0000-000000000000"):
        for method, tail, sent in (
            ("GET", "", None),
            ("PUT", "/update", {"deliveries": {"customer": {"firstName": "X"}}}),
            ("PUT", "/cancel", body),
            ("PUT", "/orderStatus", body),
        ):
            path = f"/deliveries/{delivery_id}{tail}"
            assert await golocal.refused(mine, method, path, sent) == ["404.500.934"], path
    assert await golocal.refused(mine, "GET", "/deliveries", **order) == ["404.500.934"]
    assert await golocal.refused(mine, "GET", "/feedbacks", **order) == ["404.500.934"]
    tip = {**order, "tip": {"amount": 1, "currency": "USD"}}
    assert await golocal.refused(mine, "POST", "/clients/tips", tip) == ["404.500.934"]
    rated = {**order, "rating": 5}
    assert await golocal.refused(mine, "POST", "/feedbacks", rated) == ["404.500.934"]
    found = await golocal.done(mine, "POST", "/deliveries/search", {"deliveries": {"clientId": mine.client_id}})
    assert found["deliveries"] == []
    others = {"clientId": golocal.butcher.client_id, "externalOrderId": "APAL:1541:0154120240819032474"}
    assert await golocal.refused(mine, "GET", "/deliveries", **others) == ["400.500.913"]
    other_point = golocal.booking(mine, pickupDetails={"externalPickupPointId": golocal.butcher.shop.name})
    assert await golocal.refused(mine, "POST", "/deliveries", other_point) == ["400.500.113"]
