"""A merchant who comes with an integration it has: host and keys are new to it, nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import jsonschema  # type: ignore[import-untyped]  # of the test environment only

from homeward.facades.golocal import api
from homeward.facades.golocal.app import golocal_app
from homeward.facades.golocal.service import Caller, GoLocalService
from homeward.infra.auth import MerchantActor, Mode
from homeward.infra.db import Row
from homeward.kit.clock import ManualClock
from tests.acceptance.world import Shop, World, a_world

LIVE: Final = api.PREFIX + api.LIVE
SANDBOX: Final = api.PREFIX + api.SANDBOX
TOKEN: Final = api.PREFIX + api.TOKEN


def wire_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass
class Account:
    """What the operator hands out: account number, consumer id and secret; and the token got for them."""

    shop: Shop
    mode: Mode
    client_id: str
    consumer_id: str = field(default_factory=lambda: str(uuid4()))
    secret: str = "s3cret"
    token: str = ""

    @property
    def base(self) -> str:
        return LIVE if self.mode == "live" else SANDBOX


class Doorkeeper:
    """Consumer ids and tokens in memory."""

    def __init__(self) -> None:
        self.accounts: list[Account] = []

    async def token(self, consumer_id: str, secret: str) -> str | None:
        for account in self.accounts:
            if (account.consumer_id, account.secret) == (consumer_id, secret):
                account.token = f"token-{uuid4()}"
                return account.token
        return None

    async def caller(self, token: str) -> tuple[Caller, str] | None:
        for account in self.accounts:
            if token and account.token == token:
                actor = MerchantActor(account.shop.id, account.mode, account.shop.key_id, "key")
                return Caller(actor, account.client_id), account.consumer_id
        return None


@dataclass
class GoLocal:
    """The door, and who stands before it."""

    world: World
    door: Doorkeeper
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
        operation = self._operation(method, path.removeprefix(api.PREFIX))
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
        p = world.platform
        service = GoLocalService(p.clock, p.deliveries, p.quotes, p.merchants, p.coverage)
        door = Doorkeeper()
        app = golocal_app(service, door)
        world.app.mount(api.PREFIX, app)
        bakery = Account(world.bakery, "live", "49304")
        sandbox = Account(world.bakery, "test", "49304")
        butcher = Account(world.butcher, "live", "2")
        for account in (bakery, sandbox, butcher):
            door.accounts.append(account)
            assert await door.token(account.consumer_id, account.secret)
        yield GoLocal(world, door, bakery, sandbox, butcher, app.openapi())
