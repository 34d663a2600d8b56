"""Whatever is sent, the API answers as its description says: no crash, no undocumented status, no odd body."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks as openapi_checks

from tests.acceptance.world import World, a_world
from tests.conftest import DatabaseUrls
from tests.web.town import a_free_port, served

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
TRIES = 12

STEADY = settings(
    max_examples=TRIES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_the_api_keeps_to_its_description_whatever_it_is_sent(
    database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with a_world(database_urls.app, tmp_path, port=a_free_port()) as world, served(world.town) as base_url:
        ids = await _things(world)
        schema = schemathesis.openapi.from_dict(world.app.openapi())
        tokens = {"operator": world.operator_token, "courier": world.courier_tokens[world.couriers[0]]}
        wrong = await asyncio.to_thread(_hammer, schema, _Caller(base_url, tokens, world.bakery.live_key, ids))
    assert not wrong, "\n".join(sorted(wrong))


@dataclass
class _Caller:
    """Sends what was thought up, and keeps what went against the description, each kind once."""

    base_url: str
    tokens: Mapping[str, str]
    key: str
    ids: Mapping[str, str]
    wrong: set[str] = field(default_factory=set)

    def __call__(self, case: Any) -> None:
        # Every second time a real thing, else the routes never come to look at one.
        if case.path_parameters and len(str(case.body)) % 2 == 0:
            case.path_parameters = {name: self.ids.get(name, "none") for name in case.path_parameters}
        token = self.tokens.get(case.operation.path.split("/")[2], self.key)
        headers = {"Authorization": f"Bearer {token}"}
        if case.method != "GET":
            headers["Idempotency-Key"] = f"key-{len(str(case.body))}"
        answer = case.call(base_url=self.base_url, headers=headers, timeout=60)
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            self.wrong.update(_line(case, answer, failure) for failure in group.exceptions)


def _hammer(schema: Any, call: _Caller) -> set[str]:
    """Every operation some dozen times."""
    for found in schema.get_all_operations():
        operation = found.ok()
        if not operation.path.startswith("/v1/") or operation.path == "/v1/courier/offer":
            continue  # the offer may be waited for: up to 25 seconds an answer

        @seed(20260310)
        @STEADY
        @given(case=operation.as_strategy())
        def once(case: Any) -> None:
            call(case)

        once()
    return call.wrong


def _line(case: Any, answer: Any, failure: Failure | Exception) -> str:
    why = " ".join(str(getattr(failure, "message", "") or failure).split())
    return f"{case.method} {case.operation.path} {answer.status_code}: {type(failure).__name__} {why[:240]}"


async def _things(world: World) -> dict[str, str]:
    """One of each that a path may name, none of them the key or the person that asks."""
    key = world.bakery.live_key
    delivery = await world.booked(world.bakery)
    courier = await world.accepted()
    stop = await world.next_stop(courier)
    assert stop is not None
    quote = await world.quoted(world.bakery)
    spare = await world.done(key, "POST", "/v1/api-keys", {"mode": "live"})
    person = {"email": "x@bakery.example", "name": "X", "role": "staff", "password": "a password of theirs"}
    user = await world.done(key, "POST", "/v1/users", person)
    endpoint = await world.done(key, "POST", "/v1/webhook-endpoints", {"url": "https://8.8.8.8/x"})
    decision = (await world.rows("SELECT decision_id AS id FROM dispatch_decision_delivery LIMIT 1"))[0]
    area = (await world.rows("SELECT id FROM service_area LIMIT 1"))[0]
    return {
        "delivery_id": delivery["id"],
        "quote_id": quote["id"],
        "store_id": world.bakery.store_id,
        "key_id": spare["id"],
        "user_id": user["id"],
        "endpoint_id": endpoint["id"],
        "leg_id": stop["leg_id"],
        "decision_id": decision["id"],
        "area_id": area["id"],
        "market_id": delivery["market_id"],
        "merchant_id": world.butcher.id,
    }
