"""A merchant whose programme uses the published library of Uber Direct: the whole application over real HTTP.

Nothing here knows how the dialect is built: keys come from `/v1/credentials`, webhooks from `/v1/webhook-endpoints`,
and whatever goes over the wire is held against the description that we publish for the dialect.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeward.bootstrap import webhook_dialects
from homeward.infra.auth import MerchantActor
from homeward.kit.clock import ManualClock
from homeward.messages.webhooks.model import NewEndpoint
from homeward.messages.webhooks.sending import Sender
from homeward.messages.webhooks.service import WebhooksService
from homeward.messages.webhooks.stories import DeliveryStories
from tests.acceptance.world import Shop, World, a_world
from tests.facades.npm.library import Library, Thrown, a_library
from tests.messages.webhooks.receivers import Receiver
from tests.messages.webhooks.world import LOOPBACK
from tests.web.town import a_free_port

DIALECT = "uber_direct"
DESCRIPTION = f"/docs/dialects/{DIALECT}.json"


def an_address(number: int = 12, street: str = "Elm Street") -> str:
    """As the dialect writes one: an object in a text."""
    return json.dumps(
        {
            "street_address": [f"{number} {street}"],
            "city": "Springfield",
            "state": "VT",
            "zip_code": "05156",
            "country": "US",
        }
    )


@dataclass(frozen=True)
class Seen:
    """One exchange as it went over the wire."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def name(self) -> str:
        return f"{self.method} {self.path} → {self.status} {self.body[:300]!r}"


class Watched:
    """ASGI middleware that keeps every exchange."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.seen: list[Seen] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parts: list[Message] = []

        async def kept(message: Message) -> None:
            parts.append(message)
            await send(message)

        await self._app(scope, receive, kept)
        head = next(part for part in parts if part["type"] == "http.response.start")
        body = b"".join(part.get("body", b"") for part in parts if part["type"] == "http.response.body")
        headers = {name.decode().lower(): value.decode() for name, value in head["headers"]}
        self.seen.append(Seen(scope["method"], scope["path"], head["status"], headers, body))


@dataclass(frozen=True)
class Keys:
    """What a merchant configures instead of the keys it had."""

    id: str
    client_id: str
    client_secret: str
    customer_id: str


@dataclass
class Direct:
    """The merchant's side. `library` is signed in with the bakery's live keys."""

    world: World
    base_url: str
    watched: Watched
    library: Library
    keys: Keys
    webhooks: WebhooksService
    _count: int = 0
    _described: dict[str, Any] = field(default_factory=dict)

    @property
    def clock(self) -> ManualClock:
        return self.world.clock

    @property
    def bakery(self) -> Shop:
        return self.world.bakery

    # ── what is asked ──

    def route(self, **more: Any) -> dict[str, Any]:
        """From the bakery to Elm Street."""
        usual = {
            "pickup_address": an_address(2, "Main Street"),
            "dropoff_address": an_address(),
            "external_store_id": self.bakery.name,
        }
        return _without_none({**usual, **more})

    def order(self, **more: Any) -> dict[str, Any]:
        """The least that a delivery needs, under a new number."""
        self._count += 1
        usual = {
            **self.route(),
            "pickup_name": "Corner Bakery",
            "pickup_phone_number": "+18025550100",
            "dropoff_name": "Sam Shopper",
            "dropoff_phone_number": "+18025551234",
            "manifest_items": [{"name": "Bread", "quantity": 2, "size": "small", "price": 450}],
            "external_id": f"order-{self._count}",
        }
        return _without_none({**usual, **more})

    def at(self, minutes: float) -> str:
        """A moment from now, as the dialect writes it."""
        return wire_time(self.clock.now() + timedelta(minutes=minutes))

    # ── asking through the library ──

    async def done(self, call: str, *given: Any) -> dict[str, Any]:
        """One call of the library that must succeed."""
        return dict(await self.library.call(call, *given, customer=self.keys.customer_id))

    async def must_refuse(self, status: int, code: str, call: str, *given: Any, customer: str | None = None) -> Thrown:
        """One call of the library that must throw its own error, with this status and code."""
        with pytest.raises(Thrown) as caught:
            await self.library.call(call, *given, customer=customer or self.keys.customer_id)
        thrown = caught.value
        assert (thrown.name, thrown.status, thrown.code) == ("FetchError", status, code), thrown
        assert thrown.message
        assert thrown.message != "undefined"
        return thrown

    async def created(self, **more: Any) -> dict[str, Any]:
        return await self.done("createDelivery", self.order(**more))

    async def now(self, delivery: dict[str, Any]) -> dict[str, Any]:
        return await self.done("getDelivery", delivery["id"])

    # ── asking without it ──

    async def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """What the library has no call for. The answer must be JSON, whatever it says."""
        async with httpx.AsyncClient(base_url=self.base_url) as http:
            answer = await http.request(method, path, **more)
        assert answer.headers["content-type"] == "application/json", answer.text
        assert isinstance(answer.json(), dict)
        return answer

    async def token_for(self, keys: Keys, **more: str) -> httpx.Response:
        form = {
            "client_id": keys.client_id,
            "client_secret": keys.client_secret,
            "grant_type": "client_credentials",
            "scope": "direct.organizations eats.deliveries",
            **more,
        }
        return await self.send("POST", "/oauth/v2/token", data={name: text for name, text in form.items() if text})

    async def signed_in(self, keys: Keys) -> str:
        answer = await self.token_for(keys)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def ask(self, method: str, path: str, *, keys: Keys | None = None, **more: Any) -> httpx.Response:
        """Below the customer, with a token of these keys."""
        keys = keys or self.keys
        headers = {"Authorization": f"Bearer {await self.signed_in(keys)}", **more.pop("headers", {})}
        return await self.send(method, f"/v1/customers/{keys.customer_id}{path}", headers=headers, **more)

    # ── the world around ──

    async def keys_of(self, shop: Shop, mode: str = "live") -> Keys:
        return await keys_of(self.world, shop, mode)

    async def listens(self, receiver: Receiver, **more: Any) -> None:
        """The bakery's receiver hears the dialect from now on, signed with `test-signing-key`."""
        wanted = NewEndpoint(receiver.url, dialect=DIALECT, auth={"signing_key": "test-signing-key"}, **more)
        actor = MerchantActor(self.bakery.id, "live", self.bakery.key_id, "key")
        await self.webhooks.create(actor, wanted)

    async def told(self) -> None:
        """Everything that happened is sent."""
        while await self.webhooks.fan_out():
            pass
        while await self.webhooks.send_due() or self.webhooks.under_way:
            pass

    async def must_be_as_described(self) -> None:
        """Every exchange of this test, against the description that we publish."""
        async with self.world.client() as http:
            document = (await http.get(DESCRIPTION)).json()
        for each in self.watched.seen:
            if not each.path.startswith("/v1/customers") and not each.path.startswith("/v1/direct"):
                continue
            assert each.headers["content-type"] == "application/json", each.name
            operation = _operation(document, each)
            if operation is None:
                assert each.status in (404, 405), each.name
                continue
            known = operation["responses"].get(str(each.status))
            assert known, f"not described: {each.name}"
            schema = known["content"]["application/json"]["schema"]
            problem = _first_problem({**schema, "components": document["components"]}, json.loads(each.body))
            assert problem is None, f"{problem}: {each.name}"


def wire_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def moment(said: str) -> datetime:
    return datetime.fromisoformat(said)


async def keys_of(world: World, shop: Shop, mode: str = "live") -> Keys:
    """Made where a merchant makes them."""
    body = {"dialect": DIALECT, "mode": mode, "name": "the shop's programme"}
    made = await world.done(shop.live_key, "POST", "/v1/credentials", body)
    return Keys(made["id"], made["client_id"], made["secret"], made["account"])


@asynccontextmanager
async def a_direct_shop(database_url: str, folder: Path) -> AsyncIterator[Direct]:
    port = a_free_port()
    async with a_world(database_url, folder, port=port) as world:
        keys = await keys_of(world, world.bakery)
        watched = Watched(world.app)
        base_url = f"http://127.0.0.1:{port}"
        secrets = {"UBER_DIRECT_CLIENT_ID": keys.client_id, "UBER_DIRECT_CLIENT_SECRET": keys.client_secret}
        async with (
            _listening(watched, port),
            a_library("uber-direct", "uber_direct.cjs", base_url, **secrets) as library,
        ):
            direct = Direct(world, base_url, watched, library, keys, _a_sender(world))
            await library.call("signIn")
            yield direct
            await direct.must_be_as_described()


def _a_sender(world: World) -> WebhooksService:
    p = world.platform
    stories = DeliveryStories(p.deliveries)
    return WebhooksService(p.db, p.clock, Sender(LOOPBACK), stories=stories, dialects=webhook_dialects())


@asynccontextmanager
async def _listening(app: ASGIApp, port: int) -> AsyncIterator[None]:
    config = uvicorn.Config(app, port=port, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # signals are pytest's
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn offers a flag and no event
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await serving


def _operation(document: dict[str, Any], seen: Seen) -> dict[str, Any] | None:
    asked = seen.path.split("/")
    for template, operations in document["paths"].items():
        steps = template.split("/")
        alike = len(steps) == len(asked) and all(
            known == said or known.startswith("{") for known, said in zip(steps, asked, strict=True)
        )
        if alike and seen.method.lower() in operations:
            return dict(operations[seen.method.lower()])
    return None


def _first_problem(schema: dict[str, Any], body: Any) -> str | None:
    found = next(iter(jsonschema_rs.validator_for(schema).iter_errors(body)), None)
    return f"{found.message} at {list(found.instance_path)}" if found else None


def _without_none(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
