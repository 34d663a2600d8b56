"""The public doors of a platform, as the town's people use them: HTTP and nothing else."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import httpx
import structlog

log = structlog.get_logger()

Json = dict[str, Any]

# A platform that restarts is back within seconds; people try again for about a minute and then give up.
_TRIES: Final = 12
_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 8.0


@dataclass
class Refused(Exception):
    """The platform said no, and why."""

    status: int
    body: Json

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.body.get('detail') or self.body.get('title')}"


class GivenUp(Exception):
    """The platform did not answer for about a minute."""


class Doors:
    """One person's or shop's way in. `key` is an API key, a courier's token or an operator's token."""

    def __init__(self, http: httpx.AsyncClient, key: str | None = None) -> None:
        self._http = http
        self._key = key

    def with_key(self, key: str) -> "Doors":
        return Doors(self._http, key)

    async def get(self, path: str, **query: Any) -> Json:
        return await self._ask("GET", path, params={name: value for name, value in query.items() if value is not None})

    async def post(self, path: str, body: Json | None = None, *, key: str | None = None) -> Json:
        """`key` is the Idempotency-Key: the same one for every try of the same wish."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self._ask("POST", path, json=body or {}, headers=headers)

    async def patch(self, path: str, body: Json) -> Json:
        return await self._ask("PATCH", path, json=body)

    async def submit(self, path: str, fields: dict[str, str]) -> None:
        """A page's form, as a browser sends it."""
        reply = await self._http.post(path, data=fields, headers={"Sec-Fetch-Site": "same-origin"})
        if reply.is_client_error:
            raise Refused(reply.status_code, {"title": "the page said no"})
        if reply.is_server_error:
            raise GivenUp(f"{path} is broken")

    async def _ask(self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> Json:
        """The answer's JSON, {} for an empty one. Raises Refused, GivenUp."""
        sent = {**(headers or {}), **({"Authorization": f"Bearer {self._key}"} if self._key else {})}
        pause_s = _PAUSE_S
        for _ in range(_TRIES):
            try:
                reply = await self._http.request(method, path, headers=sent, **options)
            except httpx.TransportError as failure:
                log.debug("no answer, trying again", path=path, failure=type(failure).__name__)
            else:
                if reply.is_success:
                    return dict(reply.json()) if reply.content else {}
                body = _problem(reply)
                if not body.get("retryable"):
                    raise Refused(reply.status_code, body)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        raise GivenUp(f"{method} {path} was not answered")


def open_doors(base_url: str) -> httpx.AsyncClient:
    """Connections for the whole town. Close it when the town sleeps."""
    limits = httpx.Limits(max_connections=40, max_keepalive_connections=40)
    return httpx.AsyncClient(base_url=base_url, timeout=40.0, limits=limits, trust_env=False)


def _problem(reply: httpx.Response) -> Json:
    try:
        return dict(reply.json())
    except ValueError:
        return {"title": reply.text[:200], "retryable": reply.status_code >= 500}
