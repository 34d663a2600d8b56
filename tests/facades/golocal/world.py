"""A merchant who comes with an integration it has: host and keys are new to it, nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]  # of the test environment only

from homeward.facades.golocal import api
from homeward.infra.auth import Mode
from homeward.infra.db import Row
from homeward.kit.clock import ManualClock
from tests.acceptance.world import Shop, World, a_world
from tests.web.town import BAKERY


def wire_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass
class Account:
    """What the operator hands out: account number, consumer id and secret; and the token got for them."""

    shop: Shop
    mode: Mode
    client_id: str
    consumer_id: str
    secret: str
    token: str = ""

    @property
    def base(self) -> str:
        return api.LIVE if self.mode == "live" else api.SANDBOX


@dataclass
class GoLocal:
    """The door, and who stands before it."""

    world: World
    bakery: Account
    sandbox: Account
    butcher: Account
    schema: dict[str, Any]

    @property
    def clock(self) -> ManualClock:
        return self.world.clock

    async def send(self, account: Account, method: str, path: str, body: Any = None, **query: str) -> httpx.Response:
        """One call as the merchant's system makes it; whatever is answered must be as the description says."""
        headers = {
            "Authorization": f"Bearer {account.token}",
            "WM_CONSUMER.ID": account.consumer_id,
            "WM_QOS.CORRELATION_ID": "corr-1",
        }
        async with self.world.client() as http:
            answer = await http.request(method, account.base + path, json=body, headers=headers, params=query)
        self.must_be_as_described(method, account.base + path, answer)
        return answer

    async def done(self, account: Account, method: str, path: str, body: Any = None, **query: str) -> Any:
        answer = await self.send(account, method, path, body, **query)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None

    async def refused(self, account: Account, method: str, path: str, body: Any = None, **query: str) -> list[str]:
        """The codes of a refusal."""
        answer = await self.send(account, method, path, body, **query)
        assert answer.status_code >= 400, answer.text
        return [error["code"] for error in answer.json()["errors"]]

    async def booked(self, account: Account, **more: Any) -> str:
        answer = await self.done(account, "POST", "/deliveries", self.booking(account, **more))
        return str(answer["deliveries"]["deliveryId"])

    async def assigned(self, account: Account, **more: Any) -> tuple[str, str]:
        """A booked delivery of a handbag's size, and the courier who has it."""
        small = {"summary": {"orderSize": "S", "totalWeight": 4, "totalVolume": 0.2}}
        delivery_id = await self.booked(account, **{"orderManifest": small, **more})
        self.clock.advance(2.5 * 3600)
        for courier in await self.world.platform.couriers.list():
            until = self.clock.now() + timedelta(hours=8)
            await self.world.platform.couriers.set_duty(courier.id, True, until, BAKERY)
        await self.world.background()
        return delivery_id, await self.world.accepted()

    async def details(self, account: Account, delivery_id: str) -> dict[str, Any]:
        answer = await self.done(account, "GET", f"/deliveries/{delivery_id}")
        return dict(answer["deliveries"])

    def window(self, hours: int = 3, length: int = 2) -> dict[str, str]:
        begins = self.clock.now() + timedelta(hours=hours)
        ends = begins + timedelta(hours=length)
        return {
            "requestedMinDeliverySlotTime": wire_time(begins),
            "requestedMaxDeliverySlotTime": wire_time(ends),
        }

    def quoting(self, account: Account, **more: Any) -> dict[str, Any]:
        """The documented minimum."""
        inner = {
            "clientId": account.client_id,
            "deliveryMethod": "SCHEDULED_DELIVERY",
            **self.window(),
            "pickupDetails": {"externalPickupPointId": account.shop.name},
            "deliveryDetails": {"address": an_address()},
        }
        return {"deliveries": {**inner, **more}}

    def booking(self, account: Account, **more: Any) -> dict[str, Any]:
        """Everything that a booking must say; `more` goes over it, None takes a member away."""
        inner = {
            **self.quoting(account)["deliveries"],
            "externalOrderId": "APAL:1541:0154120240819032474",
            "orderPickupReadyTime": wire_time(self.clock.now() + timedelta(minutes=30)),
            "customer": {"firstName": "Erika", "lastName": "Mustermann", "phone": "8025550100"},
            "totalItems": 3,
            "orderManifest": {"summary": {"orderSize": "S"}},
            **more,
        }
        return {"deliveries": {name: value for name, value in inner.items() if value is not None}}

    def must_be_as_described(self, method: str, path: str, answer: httpx.Response) -> None:
        operation = self._operation(method, path)
        if operation is None:
            assert answer.status_code in (404, 405, 200)
            return
        known = operation["responses"].get(str(answer.status_code))
        assert known, f"{method} {path} answers {answer.status_code}, which is not described"
        content = known.get("content", {}).get("application/json")
        if content and answer.content:
            schema = {**content["schema"], "components": self.schema["components"]}
            jsonschema.validate(answer.json(), schema, jsonschema.Draft202012Validator)

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        steps = path.split("/")
        for template, methods in self.schema["paths"].items():
            parts = template.split("/")
            alike = len(parts) == len(steps) and all(
                part == step or part.startswith("{") for part, step in zip(parts, steps, strict=True)
            )
            if alike and method.lower() in methods and not _shadowed(template, path, self.schema["paths"]):
                return dict(methods[method.lower()])
        return None

    async def rows(self, sql: str, **params: Any) -> list[Row]:
        return await self.world.rows(sql, **params)


def _shadowed(template: str, path: str, paths: dict[str, Any]) -> bool:
    return template != path and path in paths


def an_address(**more: str) -> dict[str, str]:
    return {
        "line1": "12 Elm Street",
        "city": "Springfield",
        "state": "VT",
        "zipCode": "05156",
        "countryCode": "US",
        **more,
    }


@asynccontextmanager
async def a_golocal_world(database_url: str, folder: Path) -> AsyncIterator[GoLocal]:
    async with a_world(database_url, folder) as world:
        yield await moved(world)


async def moved(world: World) -> GoLocal:
    """Both merchants get credentials of the dialect from the native API, as their developers would."""
    async with world.client() as http:
        schema = (await http.get("/docs/dialects/golocal.json")).json()
    bakery = await _account(world, world.bakery, "live")
    sandbox = await _account(world, world.bakery, "test")
    butcher = await _account(world, world.butcher, "live")
    return GoLocal(world, bakery, sandbox, butcher, schema)


async def _account(world: World, shop: Shop, mode: Mode) -> Account:
    """As a merchant gets one: from its own list of credentials, then a token as its system asks for it."""
    body = {"dialect": "golocal", "mode": mode, "name": "shop system"}
    made = await world.done(shop.live_key, "POST", "/v1/credentials", body)
    account = Account(shop, mode, made["account"], made["client_id"], made["secret"])
    async with world.client() as http:
        form = {"grant_type": "client_credentials", "client_id": account.consumer_id, "client_secret": account.secret}
        answer = await http.post(api.TOKEN, data=form)
    assert answer.status_code == 200, answer.text
    account.token = answer.json()["access_token"]
    return account
