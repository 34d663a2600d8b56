"""Every door of the application: what is mounted, what the API description says, and something to send to each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from tests.dispatch.world import PHOTO_BODY

METHODS = ("get", "post", "put", "patch", "delete")
PLACE = {"lat": 44.008, "lon": -72.9985}
PAGES = ("/console", "/portal", "/courier", "/t/", "/docs", "/problems", "/language")


@dataclass(frozen=True)
class Door:
    """A method and a path template; `ids` are the names in its braces."""

    method: str
    path: str

    @property
    def ids(self) -> list[str]:
        return [part.partition("}")[0] for part in self.path.split("{")[1:]]

    def filled(self, ids: Mapping[str, str]) -> str:
        return self.path.format_map(ids)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def described(app: FastAPI) -> list[Door]:
    """What the API description lists."""
    paths = app.openapi()["paths"]
    return [Door(method.upper(), path) for path, item in paths.items() for method in METHODS if method in item]


def mounted(app: FastAPI) -> Iterator[Door]:
    """What really answers, whether or not it is described."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Mount):
            yield Door("GET", f"{context.path}/{{file}}")
            continue
        for method in sorted((context.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Door(method, context.path or "")


def body_for(door: Door, ids: Mapping[str, str], fresh: str) -> Any:
    """A body that the door takes, naming `ids` where bodies may name things; `fresh` makes it unlike all before."""
    nothing: dict[str, Any] | None = None if door.method in ("GET", "DELETE") else {}
    return _bodies(ids, fresh).get(str(door), nothing)


def _bodies(ids: Mapping[str, str], fresh: str) -> dict[str, dict[str, Any]]:
    new_user = {"email": f"{fresh}@bakery.example", "name": "Somebody", "role": "staff"}
    return {
        "POST /v1/quotes": {"store_id": ids["store_id"], "dropoff": {"place": PLACE}, "parcel": {"weight_g": 900}},
        "POST /v1/deliveries": {"quote_id": ids["quote_id"], "option_id": "opt_1"},
        "PATCH /v1/deliveries/{delivery_id}": {"instructions": fresh},
        "POST /v1/deliveries/{delivery_id}/confirm-address": {"place": PLACE},
        "POST /v1/test/deliveries/{delivery_id}/steps": {"step": "assign"},
        "POST /v1/deliveries/{delivery_id}/tip": {"amount": {"minor": 100, "currency": "USD"}},
        "POST /v1/deliveries/{delivery_id}/handshake": {"step": "pickup"},
        "POST /v1/deliveries/{delivery_id}/feedback": {"rating": 5},
        "POST /v1/deliveries/{delivery_id}/claims": {"reason": "delivered_late"},
        "POST /v1/eligibility": {"store_ids": [ids["store_id"]], "dropoffs": [{"place": PLACE}]},
        "POST /v1/credentials": {"dialect": "golocal", "name": fresh},
        "POST /v1/operator/moves/effect": {"delivery_ids": [ids["delivery_id"]]},
        "POST /v1/operator/moves": {
            "delivery_ids": [ids["delivery_id"]],
            "order": [],
            "basis": fresh,
            "reason": "knocking",
        },
        "PATCH /v1/merchant": {"name": f"Renamed {fresh}"},
        "POST /v1/stores": {"name": fresh, "address": "3 Main Street, Springfield", "place": PLACE},
        "PATCH /v1/stores/{store_id}": {"name": fresh},
        "POST /v1/api-keys": {"mode": "live", "name": fresh},
        "POST /v1/invitations": {"email": f"{fresh}@bakery.example", "role": "staff"},
        "POST /v1/users": {**new_user, "password": "a password of somebody"},
        "PATCH /v1/users/{user_id}": {"role": "staff", "password": "a password by a stranger"},
        "POST /v1/webhook-endpoints": {"url": f"https://8.8.8.8/{fresh}"},
        "PATCH /v1/webhook-endpoints/{endpoint_id}": {"active": False},
        "POST /v1/webhook-endpoints/{endpoint_id}/replay": {"message_id": ids["message_id"]},
        "POST /v1/addresses/search": {"text": "12 Elm Street, Springfield"},
        "POST /v1/drivers": {"name": fresh, "phone": "+18025550777", "vehicle": "car", "store_id": ids["store_id"]},
        "POST /v1/operator/sessions": {"email": f"{fresh}@example.org", "password": "a password by a stranger"},
        "POST /v1/courier/journeys": {"start": PLACE, "to": PLACE, "leaves_at": "2026-04-01T09:00:00Z"},
        "POST /v1/courier/duty": {"on": True},
        "POST /v1/courier/positions": {"fixes": []},
        "POST /v1/courier/standing/{decision_id}/appeal": {"text": fresh},
        "POST /v1/courier/identity-checks/{check_id}/another-way": {"way": "call"},
        "POST /v1/courier/identity-checks/{check_id}/photo": {"content_base64": PHOTO_BODY["content_base64"]},
        "POST /v1/courier/legs/{leg_id}/reports": {"act": "pick_up"},
        "POST /v1/courier/offers/verify": {"key_id": fresh, "text": "{}", "signature": "0"},
        "POST /v1/applicant/login-codes": {"phone": "+18025550999"},
        "POST /v1/applicant/sessions": {"phone": "+18025550999", "code": "000000"},
        "POST /v1/courier/login-codes": {"phone": "+18025550999"},
        "POST /v1/courier/sessions": {"phone": "+18025550999", "code": "000000"},
    }


QUERIES: Mapping[str, Mapping[str, str]] = {
    "GET /v1/addresses/suggest": {"q": "Elm"},
    "GET /v1/coverage": {"lat": "44.0", "lon": "-73.0"},
}
"""What a door must be asked to answer at all."""
