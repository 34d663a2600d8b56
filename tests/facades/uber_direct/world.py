"""A merchant who has moved: the whole application with this dialect's door, asked as its clients ask."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import jsonschema_rs

from homeward.app import dialect_doors
from homeward.deliveries.states import Act
from homeward.kit.problems import jsonable
from homeward.merchants.credentials.model import Dialect
from tests.acceptance.world import Shop, World
from tests.dispatch.world import PHOTO_BODY

SCOPES = "direct.organizations eats.deliveries"
PHONE = "+18025551234"
STORE = "2 Main Street, Springfield"
ELM = json.dumps(
    {
        "street_address": ["12 Elm Street", "Apt 3"],
        "city": "Springfield",
        "state": "VT",
        "zip_code": "05156",
        "country": "US",
    }
)
ELM_LINE = "12 Elm Street, Springfield 05156"


@dataclass(frozen=True)
class Client:
    """What a programme of the dialect is configured with, and the token it got for it."""

    customer_id: str
    client_id: str
    client_secret: str
    token: str


@dataclass
class Uber:
    """The dialect's side of the world. Every answer is held against the description of the door."""

    world: World
    live: Client
    test: Client
    stranger: Client
    _count: int = 0
    _document: dict[str, Any] = field(default_factory=dict)

    @property
    def bakery(self) -> Shop:
        return self.world.bakery

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    def at(self, minutes: float) -> str:
        """A moment from now, as it goes on the wire."""
        return str(jsonable(self.now + timedelta(minutes=minutes)))

    def quote_body(self, **more: Any) -> dict[str, Any]:
        usual = {"pickup_address": STORE, "dropoff_address": ELM, "external_store_id": self.bakery.name}
        return _given({**usual, **more})

    def body(self, **more: Any) -> dict[str, Any]:
        """From the bakery to Elm Street."""
        usual: dict[str, Any] = {
            **self.quote_body(),
            "pickup_name": "Corner Bakery",
            "pickup_phone_number": "+18025550000",
            "dropoff_name": "Sam Shopper",
            "dropoff_phone_number": PHONE,
            "manifest_items": [{"name": "Bread", "quantity": 2, "size": "small", "price": 450}],
            "manifest_total_value": 900,
        }
        return _given({**usual, **more})

    async def ask(
        self, method: str, path: str, body: Any = None, *, client: Client | None = None, **more: Any
    ) -> httpx.Response:
        """One call of a customer; whatever comes back must be as described, refusals too."""
        who = client or self.live
        if not path.startswith("/v1/"):
            path = f"/v1/customers/{who.customer_id}{path}"
        headers = {"Authorization": f"Bearer {who.token}", **more.pop("headers", {})}
        if body is not None:
            more["json"] = body
        async with self.world.client() as http:
            answer = await http.request(method, path, headers=headers, **more)
        self.check(method, path, answer)
        return answer

    async def done(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        answer = await self.ask(method, path, body, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def must_refuse(
        self, status: int, code: str, method: str, path: str, body: Any = None, **more: Any
    ) -> dict[str, Any]:
        answer = await self.ask(method, path, body, **more)
        assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
        return dict(answer.json().get("metadata") or {})

    async def quoted(self, **more: Any) -> dict[str, Any]:
        return await self.done("POST", "/delivery_quotes", self.quote_body(**more))

    async def created(self, client: Client | None = None, **more: Any) -> dict[str, Any]:
        return await self.done("POST", "/deliveries", self.body(**more), client=client)

    async def read(self, delivery_id: str) -> dict[str, Any]:
        return await self.done("GET", f"/deliveries/{delivery_id}")

    async def reported(self, courier_id: str, act: Act, *, reason: str | None = None, evidence: Any = None) -> None:
        """The courier reports about the stop that is next on the route."""
        stop = await self.world.next_stop(courier_id)
        assert stop, "nothing to do"
        body = {"act": act, "reason": reason, "evidence": evidence or []}
        self.world.clock.advance(30)
        await self.world.done(
            self.world.courier_tokens[courier_id],
            "POST",
            f"/v1/courier/legs/{stop['leg_id']}/reports",
            {name: value for name, value in body.items() if value is not None},
        )

    async def turned_back(self) -> tuple[str, dict[str, Any]]:
        """A courier with a parcel for which nobody opened; the courier's id and the delivery."""
        made = await self.created()
        courier_id = await self.world.accepted()
        await self.world.carried(courier_id, until=Act.ARRIVE_DROPOFF)
        await self.reported(courier_id, Act.PROBLEM, reason="nobody_there", evidence=[PHOTO_BODY])
        return courier_id, await self.read(made["id"])

    # ── against the description ──

    def check(self, method: str, path: str, answer: httpx.Response) -> None:
        assert answer.headers["content-type"] == "application/json", answer.text
        told = answer.json()
        assert isinstance(told, dict)
        if answer.status_code >= 400:
            assert told["code"], told
            assert told["message"], told
            assert told["kind"] == "error"
        operation = _operation(self.document, path.partition("?")[0], method.lower())
        if operation is None:
            assert answer.status_code in (404, 405), "an answer that the description does not know"
            return
        responses = operation["responses"]
        known = responses.get(str(answer.status_code)) or responses["default"]
        schema = known["content"]["application/json"]["schema"]
        jsonschema_rs.validate({**schema, "components": self.document["components"]}, told)

    @property
    def document(self) -> dict[str, Any]:
        """The description of this dialect, as it is served."""
        if not self._document:
            doors = dialect_doors(self.world.platform)
            self._document = next(door.app.openapi() for door in doors if door.dialect is Dialect.UBER_DIRECT)
        return self._document


async def token_answer(world: World, **form: str) -> httpx.Response:
    async with world.client() as http:
        return await http.post("/oauth/v2/token", data=form)


async def moved(world: World) -> Uber:
    """Both merchants get credentials of the dialect from the native API, as their developers would."""

    async def issued(shop: Shop, mode: str) -> Client:
        body = {"dialect": "uber_direct", "mode": mode, "name": "moved"}
        made = await world.done(shop.live_key, "POST", "/v1/credentials", body)
        answer = await token_answer(
            world,
            client_id=made["client_id"],
            client_secret=made["secret"],
            grant_type="client_credentials",
            scope=SCOPES,
        )
        return Client(made["account"], made["client_id"], made["secret"], answer.json()["access_token"])

    bakery, butcher = world.bakery, world.butcher
    return Uber(world, await issued(bakery, "live"), await issued(bakery, "test"), await issued(butcher, "live"))


def _given(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _operation(document: dict[str, Any], path: str, method: str) -> dict[str, Any] | None:
    """The most literal template that fits the path."""
    asked = path.strip("/").split("/")
    fitting = [
        (sum(part.startswith("{") for part in template.split("/")), operations)
        for template, operations in document["paths"].items()
        if _fits(template.strip("/").split("/"), asked) and method in operations
    ]
    best = min(fitting, key=lambda each: each[0], default=None)
    return dict(best[1][method]) if best else None


def _fits(template: list[str], asked: list[str]) -> bool:
    return len(template) == len(asked) and all(
        part.startswith("{") or part == said for part, said in zip(template, asked, strict=True)
    )
