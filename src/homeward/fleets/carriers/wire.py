"""Calls to other companies' APIs: what is tried again, and how an answer becomes one of the contract's failures."""

import asyncio
import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import httpx

from homeward.fleets.carriers.contract import CarrierLoginInvalid, CarrierUnavailable

TIMEOUT_S: Final = 10.0
TRIES: Final = 3
_LONGEST_PAUSE_S: Final = 5.0


class Wire:
    """One company's host. Answers 429 and 5xx and broken connections are tried again, with a growing pause."""

    def __init__(self, http: httpx.AsyncClient, base_url: str, pause_s: float) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._first_pause_s = pause_s

    async def ask(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer, whatever its status below 500. Raises CarrierUnavailable, and CarrierLoginInvalid for a 401."""
        failure = CarrierUnavailable("no_answer")
        for number in range(TRIES):
            if number:
                await asyncio.sleep(self._pause_s(number, failure))
            try:
                reply = await self._http.request(
                    method, self._base_url + path, json=json, data=form, headers=dict(headers or {}), timeout=TIMEOUT_S
                )
            except httpx.HTTPError as cause:
                failure = CarrierUnavailable("no_answer", type(cause).__name__)
                continue
            if reply.status_code == httpx.codes.UNAUTHORIZED:
                raise CarrierLoginInvalid(*told(reply))
            if reply.status_code != httpx.codes.TOO_MANY_REQUESTS and reply.status_code < 500:
                return reply
            failure = _Busy(*told(reply), retry_after_s=_retry_after_s(reply))
        raise failure

    def _pause_s(self, number: int, failure: CarrierUnavailable) -> float:
        asked = failure.retry_after_s if isinstance(failure, _Busy) else 0.0
        own = self._first_pause_s * float(2 ** (number - 1))
        # Spread, so that our own workers do not all come back at the same moment.
        return min(_LONGEST_PAUSE_S, max(own * random.uniform(1, 1.5), asked))  # noqa: S311


class _Busy(CarrierUnavailable):
    def __init__(self, code: str, said: str, retry_after_s: float) -> None:
        super().__init__(code, said)
        self.retry_after_s = retry_after_s


def told(reply: httpx.Response) -> tuple[str, str]:
    """The company's own code and sentence; both APIs that we speak use these two names."""
    body = json_of(reply)
    said = str(body.get("message") or "")[:300]
    return str(body.get("code") or f"http_{reply.status_code}"), said


def json_of(reply: httpx.Response) -> dict[str, Any]:
    """The answer's object; empty for anything else: a gateway's page is no answer of the company."""
    try:
        body = reply.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def answered(reply: httpx.Response) -> dict[str, Any]:
    """The object of an answer that must have one."""
    body = json_of(reply)
    if not body:
        raise CarrierUnavailable("unreadable", f"status {reply.status_code} without an object")
    return body


def moment(text: Any) -> datetime | None:
    """RFC 3339 as these APIs send it; None for nothing, and for what cannot be read."""
    if not isinstance(text, str) or not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else None


def rfc3339(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _retry_after_s(reply: httpx.Response) -> float:
    text = reply.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0
