"""Two companies on one small server: they speak their own APIs, remember what they took, and misbehave when told to."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import jwt

from homeward.kit.clock import ManualClock
from tests.deliveries.world import a_photo

SIGNING_SECRET = base64.urlsafe_b64encode(b"a secret of thirty-two bytes, ok").decode().rstrip("=")
DOORDASH_LOGIN = {"developer_id": "dev_1", "key_id": "key_1", "signing_secret": SIGNING_SECRET}
UBER_LOGIN = {"customer_id": "cus_1", "client_id": "client_1", "client_secret": "a secret of the client"}
HOOK_SECRET = "what was agreed upon"
Fault = Callable[[httpx.Request], httpx.Response]


@dataclass
class Peer(httpx.AsyncBaseTransport):
    """The network with one company at its end. `faults` are served first, one for each request."""

    clock: ManualClock
    fee: int = 650
    minutes: int = 25
    refuses: str | None = None
    too_late_to_cancel: bool = False
    login_known: bool = True
    deliveries: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    after: list[Exception] = field(default_factory=list)  # raised once the company has taken an order
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raw = await request.aread()
        if self.faults:
            return self.faults.pop(0)(request)
        is_json = request.headers.get("content-type", "").startswith("application/json")
        body = json.loads(raw) if raw and is_json else {}
        self.asked.append((request.method, request.url.path, body))
        answer = self.answer(request, body)
        if self.after and request.method == "POST" and request.url.path.endswith(("/accept", "/deliveries")):
            raise self.after.pop(0)
        return answer

    def answer(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        raise NotImplementedError

    def made(self) -> int:
        """How many deliveries were ordered."""
        return sum(one["ordered"] for one in self.deliveries.values())

    def only(self) -> dict[str, Any]:
        (one,) = [one for one in self.deliveries.values() if one["ordered"]]
        return one

    def eta(self) -> str:
        return (self.clock.now() + timedelta(minutes=self.minutes)).isoformat()


def status(code: int, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> Fault:
    return lambda request: httpx.Response(code, json=body or {"code": "broken", "message": "no"}, headers=headers)


def silence(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("no answer", request=request)


@dataclass
class DoordashPeer(Peer):
    """Its words: `moves` names a status of theirs."""

    def answer(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        if not self._signed(request):
            return httpx.Response(401, json={"code": "authentication_error", "message": "who?"})
        parts = request.url.path.strip("/").split("/")
        if parts[0] == "images":
            return httpx.Response(200, content=a_photo(), headers={"content-type": "image/jpeg"})
        match request.method, parts[2:]:
            case "POST", ["quotes"]:
                return self._new(body, "quote", ordered=False)
            case "POST", ["deliveries"]:
                return self._new(body, "created", ordered=True)
            case "POST", ["quotes", name, "accept"]:
                return self._accept(name)
            case "GET", ["deliveries", name]:
                return self._shown(name)
            case "PUT", ["deliveries", name, "cancel"]:
                return self._cancel(name)
        return httpx.Response(404, json={"code": "not_found", "message": "?"})

    def moves(self, status: str, **more: Any) -> None:
        one = self.only()["body"]
        one |= {"delivery_status": status, "updated_at": self.clock.now().isoformat(), **more}
        if status not in ("created", "cancelled"):
            one |= {"dasher_name": "Kim L", "dasher_location": {"lat": 44.001, "lng": -73.001}, **more}
        if status == "delivered":
            image = "https://peer.example/images/door.jpg"
            one |= {
                "dropoff_verification_image_url": image,
                "dropoff_time_actual": self.clock.now().isoformat(),
                **more,
            }

    def event(self, name: str, secret: str = HOOK_SECRET) -> tuple[dict[str, str], bytes]:
        said = {"event_name": name, "created_at": self.clock.now().isoformat()}
        said["external_delivery_id"] = self.only()["body"]["external_delivery_id"]
        return {"authorization": secret}, json.dumps(said).encode()

    def _signed(self, request: httpx.Request) -> bool:
        if request.url.path.startswith("/images"):
            return True
        token = request.headers["authorization"].removeprefix("Bearer ")
        key = base64.urlsafe_b64decode(SIGNING_SECRET + "=" * (-len(SIGNING_SECRET) % 4))
        claims = jwt.decode(token, key, algorithms=["HS256"], audience="doordash")
        named = jwt.get_unverified_header(token)["dd-ver"] == "DD-JWT-V1" and claims["kid"] == "key_1"
        return self.login_known and named and claims["exp"] - claims["iat"] <= 1800

    def _new(self, body: dict[str, Any], state: str, *, ordered: bool) -> httpx.Response:
        name = body["external_delivery_id"]
        if self.refuses:
            return httpx.Response(
                422, json={"code": "invalid_delivery_parameters", "reason": self.refuses, "message": "no"}
            )
        if name in self.deliveries:
            return httpx.Response(409, json={"code": "duplicate_delivery_id", "message": "known"})
        shown = {**body, "delivery_status": state, "fee": self.fee, "currency": "USD"}
        shown |= {"pickup_time_estimated": self.eta(), "dropoff_time_estimated": self.eta()}
        self.deliveries[name] = {"body": shown, "ordered": ordered}
        return httpx.Response(200, json=shown)

    def _accept(self, name: str) -> httpx.Response:
        one = self.deliveries.get(name)
        if one is None:
            return httpx.Response(404, json={"code": "unknown_delivery_id", "message": "?"})
        if not one["ordered"]:
            one["ordered"], one["body"]["delivery_status"] = True, "created"
        return httpx.Response(200, json=one["body"])

    def _shown(self, name: str) -> httpx.Response:
        if name not in self.deliveries:
            return httpx.Response(404, json={"code": "unknown_delivery_id", "message": "?"})
        return httpx.Response(200, json=self.deliveries[name]["body"])

    def _cancel(self, name: str) -> httpx.Response:
        if self.too_late_to_cancel:
            said = {"code": "cancel_not_allowed", "reason": "delivery_picked_up", "message": "no"}
            return httpx.Response(409, json=said)
        self.deliveries[name]["body"] |= {
            "delivery_status": "cancelled",
            "cancellation_reason": "cancelled_by_creator",
        }
        return self._shown(name)


@dataclass
class UberPeer(Peer):
    """Its words; tokens are counted, because only a hundred an hour are given out."""

    tokens: int = 0
    tokens_valid: bool = True

    def answer(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        parts = request.url.path.strip("/").split("/")
        if parts == ["oauth", "v2", "token"]:
            return self._token()
        if request.headers.get("authorization") != f"Bearer token_{self.tokens}" or not self.tokens_valid:
            self.tokens_valid = True
            return httpx.Response(401, json={"code": "unauthorized", "message": "who?"})
        match request.method, parts[3:]:
            case "POST", ["delivery_quotes"]:
                return self._quote()
            case "POST", ["deliveries"]:
                return self._new(body)
            case "GET", ["deliveries"]:
                return httpx.Response(200, json={"data": [one["body"] for one in self.deliveries.values()]})
            case "GET", ["deliveries", name]:
                return self._shown(name)
            case "POST", ["deliveries", name, "cancel"]:
                return self._cancel(name)
            case "POST", ["deliveries", _, "proof-of-delivery"]:
                return httpx.Response(200, json={"document": base64.b64encode(a_photo()).decode()})
        return httpx.Response(404, json={"code": "not_found", "message": "?"})

    def moves(self, status: str, **more: Any) -> None:
        one = self.only()["body"]
        one |= {"status": status, "updated": self.clock.now().isoformat(), **more}
        if status not in ("pending", "canceled"):
            one["courier"] = {"name": "Kim L", "vehicle_type": "bicycle", "location": {"lat": 44.001, "lng": -73.001}}
        if status in ("pickup_complete", "dropoff", "delivered", "returned"):
            one["pickup"] = {"status": "completed"}
        if status == "delivered":
            one["dropoff"] = {"verification": {"picture": {"image_url": "https://elsewhere.example/x"}}}

    def event(self, name: str, secret: str = HOOK_SECRET) -> tuple[dict[str, str], bytes]:
        one = self.only()["body"]
        said = {"id": f"evt_{name}", "kind": "event.delivery_status", "delivery_id": one["id"], "data": one}
        body = json.dumps(said).encode()
        return {"x-uber-signature": hmac.new(secret.encode(), body, sha256).hexdigest()}, body

    def _token(self) -> httpx.Response:
        if not self.login_known:
            return httpx.Response(401, json={"error": "invalid_client"})
        self.tokens += 1
        return httpx.Response(200, json={"access_token": f"token_{self.tokens}", "expires_in": 2_592_000})

    def _quote(self) -> httpx.Response:
        if self.refuses:
            return httpx.Response(400, json={"code": self.refuses, "message": "no", "kind": "error"})
        expires = (self.clock.now() + timedelta(minutes=15)).isoformat()
        said = {"id": "dqt_1", "fee": self.fee, "currency_type": "USD", "dropoff_eta": self.eta(), "expires": expires}
        return httpx.Response(200, json={**said, "pickup_duration": 8})

    def _new(self, body: dict[str, Any]) -> httpx.Response:
        known = next(
            (one for one in self.deliveries.values() if one["body"]["external_id"] == body["external_id"]), None
        )
        if known:
            said = {"code": "duplicate_delivery", "message": "known", "metadata": {"delivery_id": known["body"]["id"]}}
            return httpx.Response(409, json=said)
        if self.refuses:
            return httpx.Response(400, json={"code": self.refuses, "message": "no", "kind": "error"})
        name = f"del_{len(self.deliveries) + 1}"
        shown = {**body, "id": name, "status": "pending", "fee": self.fee + body.get("tip", 0), "currency": "usd"}
        self.deliveries[name] = {"body": {**shown, "dropoff_eta": self.eta()}, "ordered": True}
        return self._shown(name)

    def _shown(self, name: str) -> httpx.Response:
        if name not in self.deliveries:
            return httpx.Response(404, json={"code": "delivery_not_found", "message": "?"})
        return httpx.Response(200, json=self.deliveries[name]["body"])

    def _cancel(self, name: str) -> httpx.Response:
        if self.too_late_to_cancel:
            return httpx.Response(400, json={"code": "noncancelable_delivery", "message": "no", "kind": "error"})
        self.deliveries[name]["body"] |= {"status": "canceled"}
        return self._shown(name)
