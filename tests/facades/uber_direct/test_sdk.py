"""The published library `uber-direct`, unchanged and pinned, against our server over real HTTP."""

import asyncio
import base64
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from homeward.deliveries.states import Act
from tests.acceptance.world import a_world
from tests.conftest import ROOT, DatabaseUrls
from tests.facades.uber_direct.world import ELM_LINE, Client, Uber, moved
from tests.web.town import a_free_port, served

HERE = Path(__file__).parent
REDIRECT = ROOT / "clients" / "node" / "redirect.cjs"


@dataclass
class Sdk:
    """The library in a process of its own; it thinks that it talks to the hosts it was written for."""

    process: asyncio.subprocess.Process
    used: set[tuple[str, str]] = field(default_factory=set)

    async def said(self, client: str, method: str = "", *args: Any) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.used.add((client, method))
        self.process.stdin.write(json.dumps({"client": client, "method": method, "args": args}).encode() + b"\n")
        return dict(json.loads(await asyncio.wait_for(self.process.stdout.readline(), 60)))

    async def done(self, client: str, method: str = "", *args: Any) -> Any:
        answer = await self.said(client, method, *args)
        assert "value" in answer, answer
        return answer["value"]

    async def refused(self, method: str, *args: Any, client: str = "deliveries") -> tuple[int, str]:
        error = (await self.said(client, method, *args))["error"]
        return error["status"], error.get("code")


@pytest.fixture
def node() -> str:
    own = ROOT / ".venv" / "share" / "homeward" / "bin" / "node"
    found = str(own) if own.exists() else shutil.which("node")
    if found is None or not (ROOT / "node_modules" / "uber-direct").is_dir():
        pytest.skip("no node_modules/uber-direct: `make setup` installs it")
    return found


@pytest.fixture
async def uber(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Uber]:
    async with a_world(database_urls.app, tmp_path, port=a_free_port()) as world, served(world.town):
        yield await moved(world)


@asynccontextmanager
async def running(node: str, uber: Uber, client: Client, **changes: str) -> AsyncIterator[Sdk]:
    environment = {
        **os.environ,
        "PEER_BASE": uber.world.town.base_url,
        "NODE_OPTIONS": f"--require {REDIRECT}",
        "UBER_DIRECT_CLIENT_ID": client.client_id,
        "UBER_DIRECT_CLIENT_SECRET": client.client_secret,
        "UBER_DIRECT_CUSTOMER_ID": client.customer_id,
        **changes,
    }
    process = await asyncio.create_subprocess_exec(
        node, str(HERE / "sdk.cjs"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment
    )
    yield Sdk(process)
    process.kill()
    await process.wait()


async def test_every_method_of_the_library_works(uber: Uber, node: str) -> None:
    async with running(node, uber, uber.live) as sdk:
        await sdk.done("auth")
        quote = await sdk.done("deliveries", "createQuote", uber.quote_body())
        made = await sdk.done("deliveries", "createDelivery", uber.body(quote_id=quote["id"], external_id="A-1"))
        assert made["fee"] == quote["fee"]
        assert made["status"] == "pending"
        changed = await sdk.done("deliveries", "updateDelivery", made["id"], {"tip_by_customer": 500})
        assert changed["tip"] == 500

        courier_id = await uber.world.accepted()
        await uber.world.carried(courier_id)
        seen = await sdk.done("deliveries", "getDelivery", made["id"])
        assert (seen["status"], seen["complete"]) == ("delivered", True)
        sheet = await sdk.done("deliveries", "proofOfDelivery", made["id"], {"waypoint": "dropoff", "type": "picture"})
        assert base64.b64decode(sheet["document"]).startswith(b"\x89PNG")

        second = await sdk.done("deliveries", "createDelivery", uber.body(external_id="A-2"))
        cancelled = await sdk.done("deliveries", "cancelDelivery", second["id"])
        assert cancelled["status"] == "canceled"
        page = await sdk.done("deliveries", "listDeliveries", {"filter": "delivered", "limit": 5, "offset": 0})
        assert [each["id"] for each in page["data"]] == [made["id"]]
        assert len((await sdk.done("deliveries", "listDeliveries"))["data"]) == 2

        own = {"info": {"name": uber.bakery.name, "billing_type": "BILLING_TYPE_CENTRALIZED"}}
        organization = (await sdk.done("organizations", "createOrganization", own))["organization_id"]
        assert (await sdk.done("organizations", "getOrganization", organization))["info"]["name"] == uber.bakery.name
        person = {"email": "new@bakery.example", "first_name": "Nora", "last_name": "Neu"}
        invited = await sdk.done(
            "organizations", "inviteMember", organization, {"user_details": person, "roles": ["ROLE_EMPLOYEE"]}
        )
        assert invited["membership_id"]

        exported = await sdk.done("methods")
        wanted = {(client, method) for client, methods in exported.items() for method in methods}
        assert wanted <= sdk.used


async def test_the_library_reads_every_refusal(uber: Uber, node: str) -> None:
    """As a number, a code and, where the code has some, metadata: never as the 500 that it makes of other bodies."""
    async with running(node, uber, uber.live) as sdk:
        await sdk.done("auth")
        create, quote = "createDelivery", "createQuote"
        ready, due = uber.at(60), uber.at(240)
        table: list[tuple[str, dict[str, Any], str]] = [
            (create, uber.body(dropoff_phone_number="yesterday"), "invalid_params"),
            (quote, uber.quote_body(dropoff_address="99 Nowhere Road, Farville 99999"), "unknown_location"),
            (quote, uber.quote_body(dropoff_latitude=45.5, dropoff_longitude=-73.5), "address_undeliverable"),
            (quote, uber.quote_body(pickup_ready_dt=uber.at(-60)), "pickup_ready_too_early"),
            (quote, uber.quote_body(pickup_ready_dt=uber.at(31 * 1440)), "pickup_ready_too_late"),
            (quote, uber.quote_body(pickup_ready_dt=ready, pickup_deadline_dt=uber.at(65)), "pickup_window_too_small"),
            (quote, uber.quote_body(pickup_deadline_dt=uber.at(15)), "pickup_deadline_too_early"),
            (quote, uber.quote_body(dropoff_deadline_dt=uber.at(10)), "dropoff_deadline_too_early"),
            (
                quote,
                uber.quote_body(pickup_deadline_dt=due, dropoff_deadline_dt=uber.at(120)),
                "dropoff_deadline_before_pickup_deadline",
            ),
            (
                quote,
                uber.quote_body(pickup_deadline_dt=ready, dropoff_ready_dt=uber.at(90), dropoff_deadline_dt=due),
                "dropoff_ready_after_pickup_deadline",
            ),
        ]
        for method, body, code in table:
            assert await sdk.refused(method, body) == (400, code), code
        await _twice(uber, sdk)
        await _too_late(uber, sdk)
        assert await sdk.refused("getDelivery", "del_unknown") == (404, "delivery_not_found")
        assert await sdk.refused("getDelivery", "no/such/path") == (404, "not_found")
        foreign = uber.stranger.customer_id
        assert await sdk.refused("getOrganization", foreign, client="organizations") == (404, "organization_not_found")
    async with running(node, uber, uber.live, UBER_DIRECT_CUSTOMER_ID=uber.stranger.customer_id) as sdk:
        await sdk.done("auth")
        assert await sdk.refused("listDeliveries") == (404, "customer_not_found")


async def _twice(uber: Uber, sdk: Sdk) -> None:
    first = await sdk.done("deliveries", "createDelivery", uber.body(external_id="A", manifest_reference="1"))
    error = (await sdk.said("deliveries", "createDelivery", uber.body(external_id="A", manifest_reference="1")))[
        "error"
    ]
    assert (error["status"], error["code"]) == (409, "duplicate_delivery")
    assert error["metadata"] == {"delivery_id": first["id"]}
    used = await sdk.done("deliveries", "createQuote", uber.quote_body())
    await sdk.done("deliveries", "createDelivery", uber.body(quote_id=used["id"]))
    assert await sdk.refused("createDelivery", uber.body(quote_id=used["id"])) == (400, "used_quote")
    old = await sdk.done("deliveries", "createQuote", uber.quote_body())
    uber.world.clock.advance(timedelta(minutes=15).total_seconds())
    assert await sdk.refused("createDelivery", uber.body(quote_id=old["id"])) == (400, "expired_quote")
    small = await sdk.done("deliveries", "createQuote", uber.quote_body())
    large = [{"name": "Cake", "quantity": 1, "size": "large"}]
    heavier = uber.body(
        quote_id=small["id"], manifest_items=large, dropoff_address=uber.quote_body()["dropoff_address"]
    )
    assert await sdk.refused("createDelivery", heavier) == (400, "mismatched_price_quote")
    elsewhere = uber.body(quote_id=small["id"], dropoff_address=ELM_LINE.replace("12", "20"))
    assert await sdk.refused("createDelivery", elsewhere) == (400, "invalid_params")


async def _too_late(uber: Uber, sdk: Sdk) -> None:
    listed = (await sdk.done("deliveries", "listDeliveries", {"filter": "ongoing", "limit": 50, "offset": 0}))["data"]
    for each in listed[1:]:
        await sdk.done("deliveries", "cancelDelivery", each["id"])
    left = listed[0]["id"]
    courier_id = await uber.world.accepted()
    await uber.world.carried(courier_id, until=Act.PICK_UP)
    assert await sdk.refused("cancelDelivery", left) == (400, "noncancelable_delivery")
    assert await sdk.refused("updateDelivery", left, {"pickup_notes": "Ring"}) == (400, "invalid_params")
    assert await sdk.refused("updateDelivery", left, {"tip_by_customer": 10_000_000}) == (400, "max_tip_exceeded")
    await sdk.done("deliveries", "updateDelivery", left, {"tip_by_customer": 200})
    assert await sdk.refused("updateDelivery", left, {"tip_by_customer": 100}) == (400, "tip_already_recorded_error")
    await uber.world.carried(courier_id)
    uber.world.clock.advance(timedelta(days=15).total_seconds())
    assert await sdk.refused("updateDelivery", left, {"tip_by_customer": 300}) == (400, "invalid_tipping_state")


async def test_a_wrong_secret_and_a_revoked_one_are_told_as_such(uber: Uber, node: str) -> None:
    async with running(node, uber, uber.live, UBER_DIRECT_CLIENT_SECRET="guessed") as sdk:
        error = (await sdk.said("auth"))["error"]
        assert "invalid_client" in error["message"]
    async with running(node, uber, uber.live) as sdk:
        await sdk.done("auth")
        listed = await uber.world.done(uber.bakery.live_key, "GET", "/v1/credentials")
        mine = next(each for each in listed["items"] if each["client_id"] == uber.live.client_id)
        await uber.world.done(uber.bakery.live_key, "DELETE", f"/v1/credentials/{mine['id']}")
        assert await sdk.refused("listDeliveries") == (401, "unauthorized")
