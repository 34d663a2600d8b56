"""Whatever is sent, the door answers as its description says: no crash, no undocumented status, no odd body."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks as openapi_checks

from tests.acceptance.world import a_world
from tests.conftest import DatabaseUrls
from tests.facades.doordash_drive.world import Drive, moved
from tests.facades.npm.running import served
from tests.web.town import a_free_port

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
STEADY = settings(
    max_examples=15,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
async def test_the_door_keeps_to_its_description_whatever_it_is_sent(
    database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    port = a_free_port()
    async with a_world(database_urls.app, tmp_path, port=port) as world, served(world.app, port) as base_url:
        drive = await moved(world)
        booked = await drive.created()
        wrong = await asyncio.to_thread(_hammer, drive, base_url, booked["external_delivery_id"])
    assert not wrong, "\n".join(sorted(wrong))


def _hammer(drive: Drive, base_url: str, external_id: str) -> set[str]:
    """Every operation some times, with the ids of real things every second time."""
    wrong: set[str] = set()
    known = {"external_delivery_id": external_id, "external_business_id": "default"}

    def call(case: Any) -> None:
        if case.path_parameters and len(str(case.body)) % 2 == 0:
            case.path_parameters = {**case.path_parameters, **_shared(known, case.path_parameters)}
        answer = case.call(base_url=base_url, headers={"Authorization": f"Bearer {drive.keys.token()}"}, timeout=60)
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            wrong.update(_line(case, answer, failure) for failure in group.exceptions)

    schema: Any = schemathesis.openapi.from_dict(drive.document)
    for found in schema.get_all_operations():
        operation = found.ok()
        seed(1)(STEADY(given(case=operation.as_strategy())(call)))()
    return wrong


def _shared(known: dict[str, str], asked: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in known.items() if name in asked}


def _line(case: Any, answer: Any, failure: Failure) -> str:
    return f"{case.method} {case.operation.path} -> {answer.status_code}: {failure.title} {failure.message[:200]}"
