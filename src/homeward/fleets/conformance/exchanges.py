"""What was said between the kit and the fleet, kept without secrets, and watched for secrets that come back."""

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

_KEPT: Final = 400
_LONGEST: Final = 2_000
_MASK: Final = "•••"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer; status None: no answer came."""

    call: str
    body: str
    status: int | None
    answer: str


class Recorder:
    """Hooks of an HTTP client. `leaks` names each answer that repeats a secret and is not the one that told it."""

    def __init__(self) -> None:
        self.leaks: list[str] = []
        self._kept: deque[Exchange] = deque(maxlen=_KEPT)
        self._secrets: set[str] = set()
        self._asked = 0

    def watch(self, http: httpx.AsyncClient) -> None:
        hooks = http.event_hooks
        hooks["request"] = [*hooks["request"], self._ask]
        hooks["response"] = [*hooks["response"], self._answer]
        http.event_hooks = hooks

    def keep_secret(self, secret: str) -> None:
        self._secrets.add(secret)

    def tail(self, number: int = 4) -> list[Exchange]:
        return list(self._kept)[-number:]

    async def _ask(self, request: httpx.Request) -> None:
        self._kept.append(Exchange(_call(request), self._masked(request.content), None, ""))

    async def _answer(self, response: httpx.Response) -> None:
        await response.aread()
        call = _call(response.request)
        tells_secrets = response.request.method == "POST" and response.request.url.path.endswith("/secrets")
        if not tells_secrets:
            self.leaks += [f"{call}: {path}" for path in self._leaked(response.content)]
        asked = self._masked(response.request.content)
        if self._kept and self._kept[-1].call == call and self._kept[-1].status is None:
            self._kept.pop()
        self._kept.append(Exchange(call, asked, response.status_code, self._masked(response.content)))

    def _leaked(self, content: bytes) -> Iterator[str]:
        if not any(secret.encode() in content for secret in self._secrets):
            return
        for path, text in _strings(_parsed(content), "$"):
            if any(re.search(rf"(?<![0-9A-Za-z]){re.escape(secret)}(?![0-9A-Za-z])", text) for secret in self._secrets):
                yield path

    def _masked(self, content: bytes) -> str:
        body = _parsed(content)
        if body is None:
            text = content.decode(errors="replace")
        else:
            text = json.dumps(_without_secrets(body), ensure_ascii=False)
        for secret in self._secrets:
            text = text.replace(f'"{secret}"', f'"{_MASK}"')
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _call(request: httpx.Request) -> str:
    return f"{request.method} {request.url.raw_path.decode()}"


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _without_secrets(body: Any) -> Any:
    if isinstance(body, dict):
        return {name: _MASK if name == "secret" else _without_secrets(value) for name, value in body.items()}
    return [_without_secrets(each) for each in body] if isinstance(body, list) else body


def _strings(body: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(body, dict):
        for name, value in body.items():
            yield from _strings(value, f"{path}.{name}")
    elif isinstance(body, list):
        for number, value in enumerate(body):
            yield from _strings(value, f"{path}[{number}]")
    elif isinstance(body, str) and not _is_moment(body):
        # The digits of a moment may happen to be those of a short secret.
        yield path, body


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    # A code of digits reads as a date, too: 20261123.
    return "T" in text
