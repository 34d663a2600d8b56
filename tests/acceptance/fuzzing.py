"""Sends what somebody might think of to every operation of a description, and notes what goes against it.

Three ways of sending: as the one whose things they are; as a stranger, who must never get to see them; and as nobody,
who must be refused. The first counts against the description, whatever is sent.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks as openapi_checks

REQUESTS: Final = int(os.environ.get("HOMEWARD_FUZZ_REQUESTS", "20000"))
"""Over all doors together; `make drill-fuzz` asks for more."""
FOR_THE_DIALECTS: Final = 0.4
"""Of all requests; there are fewer operations than natively."""
SEED: Final = int(os.environ.get("HOMEWARD_FUZZ_SEED", "20260310"))
CHECKS: Final = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
STRANGER_EVERY: Final = 7
NOBODY_EVERY: Final = 41
_REFUSED: Final = range(400, 500)

Headers = Callable[[str], Mapping[str, str]]
"""The credential to send to a path."""


@dataclass
class Fuzz:
    """One door. `ids` are real things by the name of the path parameter, `secrets` what a stranger must not see."""

    base_url: str
    owner: Headers
    stranger: Headers
    ids: Mapping[str, str]
    secrets: tuple[str, ...]
    open_paths: frozenset[str] = frozenset()  # answered without a credential
    passed_over: frozenset[str] = frozenset()
    sent: int = 0
    wrong: set[str] = field(default_factory=set)
    _session: requests.Session = field(default_factory=requests.Session)

    def run(self, schema: Any, total: int) -> None:
        """About `total` requests, spread over all operations."""
        operations = [found.ok() for found in schema.get_all_operations()]
        operations = [each for each in operations if each.path not in self.passed_over]
        # Every case is sent once as the owner, and some of them twice more.
        share = 1 + 1 / STRANGER_EVERY + 1 / NOBODY_EVERY
        tries = max(5, round(total / len(operations) / share))
        for operation in operations:
            self._hammer(operation, tries)

    def _hammer(self, operation: Any, tries: int) -> None:
        steady = settings(
            max_examples=tries,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )

        @seed(SEED)
        @steady
        @given(case=operation.as_strategy())
        def once(case: Any) -> None:
            self._send(case)

        once()

    def _send(self, case: Any) -> None:
        # Every second time a real thing, else the routes never come to look at one.
        if case.path_parameters and self.sent % 2 == 0:
            case.path_parameters = {name: self.ids.get(name, "none") for name in case.path_parameters}
        answer = self._call(case, self.owner)
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            self.wrong.update(_line(case, answer, failure) for failure in group.exceptions)
        if self.sent % STRANGER_EVERY == 0:
            self._as_stranger(case)
        if self.sent % NOBODY_EVERY == 0 and case.operation.path not in self.open_paths:
            self._as_nobody(case)

    def _as_stranger(self, case: Any) -> None:
        answer = self._call(case, self.stranger)
        seen = [secret for secret in self.secrets if secret in answer.text]
        if answer.status_code < 300 and seen:
            self.wrong.add(f"{case.method} {case.operation.path} {answer.status_code}: a stranger sees {seen[0]}")

    def _as_nobody(self, case: Any) -> None:
        answer = self._call(case, lambda _: {})
        if answer.status_code not in _REFUSED:
            self.wrong.add(f"{case.method} {case.operation.path} {answer.status_code}: without a credential")

    def _call(self, case: Any, who: Headers) -> Any:
        self.sent += 1
        headers = dict(who(case.operation.path))
        if case.method != "GET":
            headers["Idempotency-Key"] = f"key-{self.sent}"
        return case.call(base_url=self.base_url, session=self._session, headers=headers, timeout=60)


def _line(case: Any, answer: Any, failure: Failure | Exception) -> str:
    why = " ".join(str(getattr(failure, "message", "") or failure).split())
    return f"{case.method} {case.operation.path} {answer.status_code}: {type(failure).__name__} {why[:240]}"
