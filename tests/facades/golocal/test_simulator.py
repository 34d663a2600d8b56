"""The sandbox's simulator: their documented run, and the roads aside."""

from typing import Any

import httpx

from homeward.facades.golocal import api
from tests.facades.golocal.test_life import an_ear
from tests.facades.golocal.world import Account, GoLocal


async def ask(golocal: GoLocal, account: Account, path: str, **payload: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {account.token}", "WM_CONSUMER.ID": account.consumer_id}
    async with golocal.world.client() as http:
        answer = await http.post(api.SIMULATOR + path, json={"payload": payload}, headers=headers)
    golocal.must_be_as_described("POST", api.SIMULATOR + path, answer)
    return answer


async def steps(golocal: GoLocal, **payload: Any) -> dict[str, Any]:
    answer = await ask(golocal, golocal.sandbox, "/available-step", **payload)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["payload"])


async def step(golocal: GoLocal, delivery_id: str, action: str) -> dict[str, Any]:
    golocal.clock.advance(10)
    answer = await ask(golocal, golocal.sandbox, "/available-step/execute", deliveryId=delivery_id, action=action)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["payload"])


async def test_a_new_delivery_waits_for_a_driver_or_its_cancellation(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.sandbox)
    told = await steps(golocal, deliveryId=delivery_id)
    assert told["status"] == "DELIVERY_REQUESTED"
    assert told["availableNextStep"] == [
        {"action": "ASSIGN_DRIVER", "actor": "WALMART_USER"},
        {"action": "CANCEL_DELIVERY", "actor": "CLIENT"},
    ]
    assert await steps(golocal, orderId=told["orderId"]) == told, "by the order's number as well"
    golocal.clock.advance(3600)
    await golocal.world.platform.robots.drive()
    assert (await steps(golocal, deliveryId=delivery_id))["status"] == "DELIVERY_REQUESTED", "nothing by itself"


async def test_the_documented_run_leads_to_a_delivered_order(golocal: GoLocal) -> None:
    account = golocal.sandbox
    async with an_ear(golocal, account) as ear:
        delivery_id = await golocal.booked(
            account, addOnServices={"attendedDelivery": True, "isDropOffOTPRequired": True, "capturePhotoProof": True}
        )
        answer = await ask(
            golocal,
            account,
            "/available-step/execute",
            deliveryId=delivery_id,
            action="ASSIGN_DRIVER",
            actor="WALMART_USER",
            driverUserId="driver@example.com",
        )
        assert answer.json()["payload"]["status"] == "DRIVER_ASSIGNED"
        ways = ["ENROUTE_TO_PICKUP", "ARRIVED_AT_PICKUP", "DISPATCHED", "ENROUTE_TO_DROPOFF", "ARRIVED_AT_DROPOFF"]
        for action in [*ways, "DELIVERED"]:
            told = await step(golocal, delivery_id, action)
            assert told["status"] == action
        assert told["availableNextStep"] == []
        heard = [notice["status"] for notice in await ear.heard()]
    assert heard == ["DELIVERY_REQUESTED", "DRIVER_ASSIGNED", *ways, "DELIVERED"]


async def test_a_driver_can_turn_back_and_a_handshake_is_the_stores_to_confirm(golocal: GoLocal) -> None:
    account = golocal.sandbox
    delivery_id = await golocal.booked(account, addOnServices={"digitalHandshake": True})
    await step(golocal, delivery_id, "ASSIGN_DRIVER")
    await step(golocal, delivery_id, "ARRIVED_AT_PICKUP")
    early = await ask(golocal, account, "/available-step/execute", deliveryId=delivery_id, action="DISPATCHED")
    assert early.json()["errors"][0]["code"] == "400.500.916"
    confirmed = {"deliveries": {"clientId": account.client_id, "orderStatus": "PIN_VALIDATION_PICKUP"}}
    await golocal.done(account, "PUT", f"/deliveries/{delivery_id}/orderStatus", confirmed)
    await step(golocal, delivery_id, "DISPATCHED")
    await step(golocal, delivery_id, "ARRIVED_AT_DROPOFF")
    told = await step(golocal, delivery_id, "ENROUTE_TO_RETURN")
    assert told["status"] == "ENROUTE_TO_RETURN"
    assert [each["action"] for each in told["availableNextStep"]] == ["ARRIVED_TO_RETURN", "RETURNED"]
    await step(golocal, delivery_id, "ARRIVED_TO_RETURN")
    confirmed["deliveries"]["orderStatus"] = "PIN_VALIDATION_RETURN"
    await golocal.done(account, "PUT", f"/deliveries/{delivery_id}/orderStatus", confirmed)
    assert (await step(golocal, delivery_id, "RETURNED"))["status"] == "RETURNED"


async def test_what_cannot_be_simulated_is_refused(golocal: GoLocal) -> None:
    account = golocal.sandbox
    delivery_id = await golocal.booked(account)
    run = "/available-step/execute"
    for payload, code in (
        ({"deliveryId": delivery_id, "action": "FLY"}, "400.500.902"),
        ({"deliveryId": delivery_id}, "400.500.901"),
        ({"action": "ASSIGN_DRIVER"}, "400.500.901"),
        ({"deliveryId": delivery_id, "action": "DELIVERED"}, "400.500.916"),
        ({"deliveryId": delivery_id, "action": "ASSIGN_DRIVER", "actor": "CLIENT"}, "400.500.902"),
        ({"deliveryId": "unknown", "action": "ASSIGN_DRIVER"}, "404.500.934"),
    ):
        answer = await ask(golocal, account, run, **payload)
        assert [error["code"] for error in answer.json()["errors"]] == [code], payload


async def test_the_simulator_is_for_sandbox_credentials_only(golocal: GoLocal) -> None:
    delivery_id = await golocal.booked(golocal.bakery)
    answer = await ask(golocal, golocal.bakery, "/available-step", deliveryId=delivery_id)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "401.500.932")
    answer = await ask(golocal, golocal.sandbox, "/available-step", deliveryId=delivery_id)
    assert answer.status_code == 404, "live deliveries are not simulated"
