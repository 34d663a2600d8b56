"""The two clients. Both carry out the same `talk`; one waits, the other awaits."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx

from homeward_client._calls import Answer, Call
from homeward_client._resources import AsyncResources, Resources
from homeward_client._talk import Heard, Lost, Pages, Retrying, Send, Wait, talk

T = TypeVar("T")

VERSION: Final = "0.1.0"
TIMEOUT_S: Final = 30.0
RETRIES: Final = 3
POLL_S: Final = 5.0
# The connection was never made, so the request cannot have arrived.
NOT_REACHED: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Homeward(Resources):
    """The API for plain Python. Close it, or use it in a `with`; threads may share it.

    `http` hands in a client of your own (proxies, certificates), which stays yours to close.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_s: float = TIMEOUT_S,
        retries: int = RETRIES,
        http: httpx.Client | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = _headers(api_key)
        self._timeout_s = timeout_s
        self._retrying = Retrying(retries, random.random)
        self._http = http or httpx.Client()
        self._owned = http is None
        self._sleep = sleep
        super().__init__(self)

    def run(self, call: Call[T]) -> T:
        """Carry out one call. Raises HomewardError."""
        talking = talk(call, self._retrying)
        heard: Heard = None
        try:
            while True:
                step = talking.send(heard)
                heard = self._do(step, call)
        except StopIteration as ended:
            found: T = ended.value
            return found

    def walk(self, pages: Pages[T]) -> Iterator[T]:
        """Every item of a list, page after page."""
        call: Call[Any] | None = pages.first
        while call:
            page = self.run(call)
            yield from pages.items(page)
            call = pages.after(page)

    def poll(self, pages: Pages[Any], every_s: float = POLL_S) -> Iterator[Any]:
        """Every page that holds something, for ever; with nothing new it looks again after `every_s`."""
        call = pages.first
        while True:
            page = self.run(call)
            if page["items"]:
                yield page
            else:
                self._sleep(every_s)
            call = call.asking(pages.by, page["next_cursor"])

    def _do(self, step: Send | Wait, call: Call[Any]) -> Heard:
        if isinstance(step, Wait):
            self._sleep(step.seconds)
            return None
        try:
            return _answer(self._http.request(**_request(self._base_url, self._headers, self._timeout_s, call)))
        except httpx.TransportError as lost:
            return Lost(lost, reached=not isinstance(lost, NOT_REACHED))

    def close(self) -> None:
        if self._owned:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()


class AsyncHomeward(AsyncResources):
    """The API for asynchronous Python: as `Homeward`, with `await`, `async for` and `async with`."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout_s: float = TIMEOUT_S,
        retries: int = RETRIES,
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = _headers(api_key)
        self._timeout_s = timeout_s
        self._retrying = Retrying(retries, random.random)
        self._http = http or httpx.AsyncClient()
        self._owned = http is None
        self._sleep = sleep
        super().__init__(self)

    async def run(self, call: Call[T]) -> T:
        """Carry out one call. Raises HomewardError."""
        talking = talk(call, self._retrying)
        heard: Heard = None
        while True:
            try:
                step = talking.send(heard)
            except StopIteration as ended:
                found: T = ended.value
                return found
            heard = await self._do(step, call)

    async def walk(self, pages: Pages[T]) -> AsyncIterator[T]:
        """Every item of a list, page after page."""
        call: Call[Any] | None = pages.first
        while call:
            page = await self.run(call)
            for item in pages.items(page):
                yield item
            call = pages.after(page)

    async def poll(self, pages: Pages[Any], every_s: float = POLL_S) -> AsyncIterator[Any]:
        """Every page that holds something, for ever; with nothing new it looks again after `every_s`."""
        call = pages.first
        while True:
            page = await self.run(call)
            if page["items"]:
                yield page
            else:
                await self._sleep(every_s)
            call = call.asking(pages.by, page["next_cursor"])

    async def _do(self, step: Send | Wait, call: Call[Any]) -> Heard:
        if isinstance(step, Wait):
            await self._sleep(step.seconds)
            return None
        try:
            return _answer(await self._http.request(**_request(self._base_url, self._headers, self._timeout_s, call)))
        except httpx.TransportError as lost:
            return Lost(lost, reached=not isinstance(lost, NOT_REACHED))

    async def aclose(self) -> None:
        if self._owned:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()


def _headers(api_key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_key}", "User-Agent": f"homeward-client/{VERSION}"}


def _request(base_url: str, headers: dict[str, str], timeout_s: float, call: Call[Any]) -> dict[str, Any]:
    """What both kinds of httpx client take. A call without a body sends none, not even `null`."""
    sent: dict[str, Any] = {} if call.body is None else {"json": call.body}
    return {
        "method": call.method,
        "url": base_url + call.path,
        "params": call.params(),
        "headers": {**headers, **call.headers()},
        "timeout": timeout_s,
        **sent,
    }


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.headers, response.content)
