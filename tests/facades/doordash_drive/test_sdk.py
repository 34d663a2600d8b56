"""The published library `@doordash/sdk` 0.6.13, as merchants have it installed, against our server over real HTTP."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from homeward.deliveries.states import Act
from tests.acceptance.world import a_world
from tests.conftest import DatabaseUrls
from tests.facades.doordash_drive.world import Drive, Keys, moved
from tests.facades.npm.running import Programme, node_for, programme, served
from tests.web.town import a_free_port

PACKAGE = "@doordash/sdk"
SCRIPT = Path(__file__).with_name("merchant.cjs")


@dataclass
class Sdk:
    """The library's client, with the merchant's keys unless others are given."""

    drive: Drive
    running: Programme

    async def call(self, name: str, *args: Any, keys: Keys | None = None) -> dict[str, Any]:
        return await self.running.call(keys=asdict(keys or self.drive.keys), call=name, args=list(args))

    async def done(self, name: str, *args: Any) -> dict[str, Any]:
        answer = await self.call(name, *args)
        assert (answer.get("status"), answer.get("message")) == (200, "OK"), answer
        return dict(answer["data"])

    async def thrown(self, class_name: str, name: str, *args: Any, keys: Keys | None = None) -> dict[str, Any]:
        answer = await self.call(name, *args, keys=keys)
        assert answer.get("thrown") == class_name, answer
        return answer


@pytest.fixture
async def sdk(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Sdk]:
    node_for(PACKAGE)
    port = a_free_port()
    async with (
        a_world(database_urls.app, tmp_path, port=port) as world,
        served(world.app, port) as base_url,
        programme(SCRIPT, PACKAGE, base_url) as running,
    ):
        yield Sdk(await moved(world), running)


async def test_every_method_of_the_library_works_on_the_whole_way(sdk: Sdk) -> None:
    order, world = sdk.drive.order(), sdk.drive.world
    external_id = order["external_delivery_id"]

    quoted = await sdk.done("deliveryQuote", order)
    assert quoted["delivery_status"] == "quote"
    booked = await sdk.done("deliveryQuoteAccept", external_id, {"tip": 300})
    assert (booked["delivery_status"], booked["fee"], booked["tip"]) == ("created", quoted["fee"], 300)
    changed = await sdk.done("updateDelivery", external_id, {"dropoff_instructions": "Blue door"})
    assert changed["dropoff_instructions"] == "Blue door"

    courier = await world.accepted()
    seen = [(await sdk.done("getDelivery", external_id))["delivery_status"]]
    while await world.next_stop(courier):
        stop = await world.next_stop(courier)
        assert stop
        await world.carried(courier, until=Act(stop["acts"][0]))
        seen.append((await sdk.done("getDelivery", external_id))["delivery_status"])
    assert seen == [
        "confirmed",
        "enroute_to_pickup",
        "arrived_at_pickup",
        "picked_up",
        "enroute_to_dropoff",
        "arrived_at_dropoff",
        "delivered",
    ]

    second = sdk.drive.order()
    assert (await sdk.done("createDelivery", second))["delivery_status"] == "created"
    cancelled = await sdk.done("cancelDelivery", second["external_delivery_id"])
    assert (cancelled["delivery_status"], cancelled["cancellation_reason"]) == ("cancelled", "cancelled_by_creator")


async def test_a_quote_is_accepted_without_a_word_more(sdk: Sdk) -> None:
    order = sdk.drive.order()
    await sdk.done("deliveryQuote", order)
    assert (await sdk.done("deliveryQuoteAccept", order["external_delivery_id"]))["delivery_status"] == "created"


async def test_the_library_throws_what_its_users_catch(sdk: Sdk) -> None:
    order = sdk.drive.order()
    external_id = order["external_delivery_id"]
    await sdk.done("createDelivery", order)

    wrong = await sdk.thrown(
        "DoorDashValidationFieldError", "createDelivery", sdk.drive.order(dropoff_phone_number="x")
    )
    assert wrong["fieldErrors"] == [{"field": "dropoff_phone_number", "error": "Invalid phone number format"}]
    taken = await sdk.thrown("DoorDashDuplicatedDeliveryIdError", "createDelivery", order)
    assert taken["errorCode"] == "duplicate_delivery_id"
    for unknown in ("D-nobody", "a b", "a/b", "ä"):
        await sdk.thrown("DoorDashUnknownDeliveryError", "getDelivery", unknown)
    for call in ("updateDelivery", "deliveryQuoteAccept"):
        await sdk.thrown("DoorDashUnknownDeliveryError", call, "D-nobody", {})
    await sdk.thrown("DoorDashUnknownDeliveryError", "cancelDelivery", "D-nobody")

    # Their library reads the reason as if it were the code, so that these three reach its users as "other".
    await sdk.done("cancelDelivery", external_id)
    cancelled = await sdk.thrown("DoorDashOtherError", "cancelDelivery", external_id)
    assert cancelled["errorCode"] == "cancel_not_allowed"
    late = await sdk.thrown("DoorDashOtherError", "updateDelivery", external_id, {"dropoff_instructions": "x"})
    assert late["errorCode"] == "update_not_allowed"
    far = sdk.drive.order(dropoff_location={"lat": 45.0, "lng": -73.0})
    outside = await sdk.thrown("DoorDashOtherError", "deliveryQuote", far)
    assert outside["errorCode"] == "invalid_delivery_parameters"


async def test_wrong_keys_are_told_apart_from_no_keys(sdk: Sdk) -> None:
    order, keys = sdk.drive.order(), sdk.drive.keys
    wrong = [
        replace(keys, signing_secret=sdk.drive.test_keys.signing_secret),
        replace(keys, key_id="00000000-0000-0000-0000-000000000000"),
        replace(keys, developer_id=sdk.drive.strangers_keys.developer_id),
    ]
    for each in wrong:
        refused = await sdk.thrown("DoorDashAuthorizationError", "deliveryQuote", order, keys=each)
        assert refused["errorCode"] == "Unauthorized"
    await sdk.thrown("DoorDashAuthenticationError", "deliveryQuote", order, keys=replace(keys, signing_secret=""))


async def test_a_fault_of_ours_is_theirs_to_repeat(sdk: Sdk) -> None:
    async with sdk.drive.world.platform.db.operator() as tx:
        await tx.run("UPDATE tariff SET effective_from = '2100-01-01'")
        await tx.run("UPDATE market SET revision = revision + 1")
    fault = await sdk.thrown("DoordashServiceFaultError", "deliveryQuote", sdk.drive.order())
    assert fault["errorCode"] == "service_fault"


async def test_a_key_that_asks_too_often_is_throttled(
    database_urls: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node_for(PACKAGE)
    monkeypatch.setenv("HOMEWARD_API_REQUESTS_PER_MINUTE", "120")
    port = a_free_port()
    async with (
        a_world(database_urls.app, tmp_path, port=port) as world,
        served(world.app, port) as base_url,
        programme(SCRIPT, PACKAGE, base_url) as running,
    ):
        sdk = Sdk(await moved(world), running)
        # The allowance refills while we ask, so that a slow machine needs more calls to use it up.
        seen = set()
        for _ in range(1_000):
            seen.add((await sdk.call("getDelivery", "D-nobody"))["thrown"])
            if "DoorDashThrottledError" in seen:
                break
        assert seen == {"DoorDashUnknownDeliveryError", "DoorDashThrottledError"}
