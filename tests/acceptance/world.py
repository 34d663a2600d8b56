"""The whole application from the outside: two merchants, people of every kind, HTTP and nothing else.

The town of `tests.web.town` is the ground; what is asked of it here goes through the doors that strangers use.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from homeward.app import create_app
from homeward.bootstrap import Platform
from homeward.deliveries.states import Act
from homeward.infra.db import Row
from homeward.infra.http import PROBLEM_JSON, REQUEST_ID_HEADER
from homeward.kit.clock import ManualClock
from tests.dispatch.world import PHOTO_BODY
from tests.web.town import BAKERY, MARKET_ID, OPERATOR, Town, a_town

OWNER_PASSWORD = "a password of the owner"
CANARY = "canary-of-the-other-merchant"


@dataclass(frozen=True)
class Shop:
    """A merchant with a store, as its own shop system knows itself."""

    id: str
    name: str
    live_key: str
    test_key: str
    key_id: str
    owner_email: str
    store_id: str


@dataclass
class World:
    """The running application and everybody who may knock."""

    town: Town
    app: FastAPI
    bakery: Shop
    butcher: Shop
    couriers: tuple[str, str] = ("", "")
    courier_tokens: dict[str, str] = field(default_factory=dict)
    operator_token: str = ""
    _keys: int = 0

    @property
    def platform(self) -> Platform:
        return self.town.platform

    @property
    def clock(self) -> ManualClock:
        return self.town.clock

    def client(self, token: str | None = None, **cookies: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=self.town.base_url, headers=headers, cookies=cookies
        )

    async def ask(
        self, token: str | None, method: str, path: str, body: Any = None, *, key: str | None = None, **query: Any
    ) -> httpx.Response:
        """One request; whatever is refused must be refused in the documented form."""
        self._keys += 1
        headers = {"Idempotency-Key": key or f"key-{self._keys:06d}"} if method != "GET" else {}
        async with self.client(token) as http:
            answer = await http.request(method, path, json=body, headers=headers, params=query)
        return refused_properly(answer)

    async def done(self, token: str | None, method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """One request that must succeed; its JSON."""
        answer = await self.ask(token, method, path, body, **query)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json()) if answer.content else {}

    async def quoted(self, shop: Shop, address: str = "12 Elm Street, Springfield", **more: Any) -> dict[str, Any]:
        body = {"store_id": shop.store_id, "dropoff": {"address": address}, "parcel": {"weight_g": 2_000}, **more}
        return await self.done(shop.live_key, "POST", "/v1/quotes", body)

    async def booked(self, shop: Shop, address: str = "12 Elm Street, Springfield", **more: Any) -> dict[str, Any]:
        """The first option of a fresh quote."""
        quote = await self.quoted(shop, address)
        body = {"quote_id": quote["id"], "option_id": quote["options"][0]["id"], **more}
        return await self.done(shop.live_key, "POST", "/v1/deliveries", body)

    async def offered(self) -> tuple[str, dict[str, Any]]:
        """Time passes until a courier must leave for a parcel: who is asked, and what."""
        for _ in range(60):
            await self.town.plan()
            for courier_id, token in self.courier_tokens.items():
                answer = await self.ask(token, "GET", "/v1/courier/offer")
                if answer.status_code == 200:
                    return courier_id, dict(answer.json())
            self.clock.advance(55)
        raise AssertionError("nobody is offered anything")

    async def accepted(self) -> str:
        """The planner looks, a courier is offered work and takes it; who."""
        courier_id, offer = await self.offered()
        await self.done(self.courier_tokens[courier_id], "POST", f"/v1/courier/offers/{offer['id']}/accept")
        return courier_id

    async def carried(self, courier_id: str, until: Act | None = None) -> None:
        """The courier does what the route asks for next, until that act is done or nothing is left."""
        token = self.courier_tokens[courier_id]
        while stop := await self.next_stop(courier_id):
            act = stop["acts"][0]
            evidence = [PHOTO_BODY] if act == Act.HAND_OVER else []
            self.clock.advance(60)
            await self.done(
                token, "POST", f"/v1/courier/legs/{stop['leg_id']}/reports", {"act": act, "evidence": evidence}
            )
            if until and act == until.value:
                return

    async def next_stop(self, courier_id: str) -> dict[str, Any] | None:
        route = await self.done(self.courier_tokens[courier_id], "GET", "/v1/courier/route")
        return next((stop for stop in route["stops"] if stop["state"] == "next"), None)

    async def rows(self, sql: str, **params: Any) -> list[Row]:
        async with self.platform.db.operator() as tx:
            return await tx.all(sql, **params)

    async def background(self) -> None:
        """One turn of every loop of the worker."""
        await self.platform.deliveries.wake_due()
        await self.platform.webhooks.fan_out()
        await self.platform.messages.write_messages()


def refused_properly(answer: httpx.Response) -> httpx.Response:
    """Every answer of the API carries its request id; every refusal is one problem document, whoever made it."""
    assert answer.headers.get(REQUEST_ID_HEADER), f"no request id: {answer.request.url}"
    if answer.status_code < 400:
        return answer
    assert answer.headers["content-type"] == PROBLEM_JSON, f"{answer.request.url}: {answer.text[:300]}"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["type"] == f"/problems/{body['code']}"
    assert body["title"].endswith((".", "…")), body["title"]
    assert isinstance(body["retryable"], bool)
    assert body.get("request_id") == answer.headers[REQUEST_ID_HEADER]
    if answer.status_code == 422 and body["code"] == "malformed-request":
        assert body["errors"], "says which field"
    return answer


@asynccontextmanager
async def a_world(
    database_url: str,
    folder: Path,
    *,
    port: int = 8080,
    carriers_http: httpx.AsyncClient | None = None,
    fleets_http: httpx.AsyncClient | None = None,
) -> AsyncIterator[World]:
    """Two merchants with stores and keys, an administrator, two couriers on duty at the bakery."""
    others = {"carriers_http": carriers_http, "fleets_http": fleets_http}
    async with a_town(database_url, folder, port=port, demo=False, **others) as town:
        world = World(town, create_app(town.platform), *(_NOBODY, _NOBODY))
        world.operator_token = await town.platform.operators.sign_in(*OPERATOR)
        world.bakery = await _open_shop(world, "Corner Bakery", "bakery")
        world.butcher = await _open_shop(world, f"Butcher {CANARY}", "butcher")
        ana, ben = await town.courier("Ana Meier"), await town.courier("Ben Huber")
        world.couriers = (ana.id, ben.id)
        for courier in world.couriers:
            world.courier_tokens[courier] = await town.platform.auth.open_session("courier", courier)
        yield world


_NOBODY = Shop("", "", "", "", "", "", "")


async def _open_shop(world: World, name: str, slug: str) -> Shop:
    """As an operator opens one: a merchant over the API, its store with its own key."""
    email = f"owner@{slug}.example"
    body = {"name": name, "slug": slug, "owner_email": email, "owner_name": name, "owner_password": OWNER_PASSWORD}
    made = await world.done(world.operator_token, "POST", "/v1/operator/merchants", body)
    place = {"lat": BAKERY.lat, "lon": BAKERY.lon}
    store = {
        "name": name,
        "address": "2 Main Street, Springfield",
        "place": place,
        "external_id": name,
        "preparation_s": 0,
    }
    live_key = made["live_key"]["secret"]
    opened = await world.done(live_key, "POST", "/v1/stores", store)
    assert opened["market_id"] == MARKET_ID
    return Shop(
        made["merchant"]["id"],
        name,
        live_key,
        made["test_key"]["secret"],
        made["live_key"]["id"],
        email,
        opened["id"],
    )
