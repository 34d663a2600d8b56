"""A merchant who has moved: the whole application with this dialect's doors, asked as its clients ask."""

import base64
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jsonschema_rs
import jwt

from homeward.app import dialect_doors
from homeward.merchants.credentials.model import Dialect
from tests.acceptance.world import Shop, World

ELM = "12 Elm Street, Springfield 05156"


@dataclass
class Keys:
    """What a client of the dialect is configured with."""

    developer_id: str
    key_id: str
    signing_secret: str

    def token(self, *, version: str | None = "DD-JWT-V1", **claims: Any) -> str:
        now = int(time.time())
        usual = {"aud": "doordash", "iss": self.developer_id, "kid": self.key_id, "iat": now, "exp": now + 60}
        key = base64.urlsafe_b64decode(self.signing_secret + "=" * (-len(self.signing_secret) % 4))
        headers = {"dd-ver": version} if version else {}
        return jwt.encode({**usual, **claims}, key, algorithm="HS256", headers=headers)


@dataclass
class Drive:
    """The dialect's side of the world. Every answer is held against the description of the doors."""

    world: World
    keys: Keys
    test_keys: Keys
    strangers_keys: Keys
    _count: int = 0
    _document: dict[str, Any] = field(default_factory=dict)

    @property
    def bakery(self) -> Shop:
        return self.world.bakery

    def new_id(self) -> str:
        self._count += 1
        return f"D-{self._count}"

    def order(self, **more: Any) -> dict[str, Any]:
        """From the bakery to Elm Street, under a new id."""
        usual: dict[str, Any] = {
            "external_delivery_id": self.new_id(),
            "pickup_external_business_id": "default",
            "pickup_external_store_id": self.bakery.name,
            "dropoff_address": ELM,
            "dropoff_phone_number": "+18025551234",
            "dropoff_contact_given_name": "Sam",
            "dropoff_contact_family_name": "Shopper",
            "order_value": 1999,
        }
        return {name: value for name, value in {**usual, **more}.items() if value is not None}

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        keys: Keys | None = None,
        token: str | None = None,
        **more: Any,
    ) -> httpx.Response:
        """One call; whatever comes back must be as described, refusals too."""
        bearer = token if token is not None else (keys or self.keys).token()
        headers = {"Authorization": f"Bearer {bearer}", **more.pop("headers", {})}
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

    async def refused(
        self, status: int, code: str, method: str, path: str, body: Any = None, **more: Any
    ) -> dict[str, Any]:
        answer = await self.ask(method, path, body, **more)
        assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
        return dict(answer.json())

    async def created(self, **more: Any) -> dict[str, Any]:
        return await self.done("POST", "/drive/v2/deliveries", self.order(**more))

    async def status(self, external_id: str) -> str:
        return str((await self.done("GET", f"/drive/v2/deliveries/{external_id}"))["delivery_status"])

    # ── against the description ──

    def check(self, method: str, path: str, answer: httpx.Response) -> None:
        assert answer.headers["content-type"] == "application/json", answer.text
        told = answer.json()
        if answer.status_code >= 400:
            assert told["code"], told
            assert told["message"], told
        operation = _operation(self.document, path.partition("?")[0], method.lower())
        if operation is None:
            assert answer.status_code in (404, 405), "an answer that the description does not know"
            return
        schema = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
        jsonschema_rs.validate({**schema, "components": self.document["components"]}, told)

    @property
    def document(self) -> dict[str, Any]:
        """The description of this dialect, as it is served."""
        if not self._document:
            doors = dialect_doors(self.world.platform)
            self._document = next(door.app.openapi() for door in doors if door.dialect is Dialect.DOORDASH_DRIVE)
        return self._document


async def moved(world: World) -> Drive:
    """Both merchants get credentials of the dialect from the native API, as their developers would."""

    async def issued(shop: Shop, mode: str) -> Keys:
        body = {"dialect": "doordash_drive", "mode": mode, "name": "moved"}
        made = await world.done(shop.live_key, "POST", "/v1/credentials", body)
        return Keys(made["account"], made["key_id"], made["secret"])

    bakery, butcher = world.bakery, world.butcher
    return Drive(world, await issued(bakery, "live"), await issued(bakery, "test"), await issued(butcher, "live"))


def _operation(document: dict[str, Any], path: str, method: str) -> dict[str, Any] | None:
    asked = path.split("/")
    fitting = [
        operations[method]
        for template, operations in document["paths"].items()
        if method in operations and _fits(template.split("/"), asked)
    ]
    return dict(fitting[0]) if fitting else None


def _fits(template: list[str], asked: list[str]) -> bool:
    return len(template) == len(asked) and all(
        known == said or known.startswith("{") for known, said in zip(template, asked, strict=True)
    )


def in_minutes(minutes: int, now: datetime) -> str:
    return (now.astimezone(UTC) + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
