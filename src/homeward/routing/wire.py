"""A small HTTP client for many short questions to few servers near by.

A general client took 1 to 2 ms of CPU for each road question, longer than the road server needs for the answer, and
every quote asks two. This one keeps connections open and leaves the parsing to httptools, which uvicorn brings along.
It only asks (GET), follows no redirects and keeps no cookies.
"""

import asyncio
import ssl
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

# A road server ends a quiet connection after 60 s (`routing.osrm`); we let go of it first.
_KEEPALIVE_S: Final = 50.0
_MOST_AT_ONCE: Final = 64


class NoAnswer(ConnectionError):
    """The server could not be reached, or hung up before it had answered."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes


class Wire:
    """Connections to any number of servers. `close` it when done."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._idle: dict[tuple[str, int], list[_Connection]] = defaultdict(list)
        self._at_once = asyncio.Semaphore(_MOST_AT_ONCE)

    async def get(self, base_url: str, path: str) -> Reply:
        """The answer to `GET base_url/path`.

        Raises
        ------
        NoAnswer
            If the server cannot be reached or hangs up.
        TimeoutError
            If it takes longer than our time limit.
        """
        target = _target(base_url)
        async with self._at_once, asyncio.timeout(self._timeout_s):
            connection = await self._connection(target)
            try:
                reply = await connection.ask(f"{target.prefix}/{path}", target.authority)
            except BaseException:
                connection.drop()
                raise
        if connection.reusable:
            self._idle[target.host, target.port].append(connection)
        return reply

    async def _connection(self, target: "_Target") -> "_Connection":
        idle = self._idle[target.host, target.port]
        while idle:
            connection = idle.pop()
            if connection.reusable and time.monotonic() - connection.used_at < _KEEPALIVE_S:
                return connection
            connection.drop()
        try:
            loop = asyncio.get_running_loop()
            _, fresh = await loop.create_connection(_Connection, target.host, target.port, ssl=target.tls)
        except OSError as failure:
            raise NoAnswer(f"cannot reach {target.authority}") from failure
        return fresh

    async def close(self) -> None:
        for connections in self._idle.values():
            for connection in connections:
                connection.drop()
        self._idle.clear()


class _Connection(asyncio.Protocol):
    """One connection, one question at a time."""

    def __init__(self) -> None:
        self.used_at = time.monotonic()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Reply] | None = None
        self._keep_alive = True
        self._body: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    @property
    def reusable(self) -> bool:
        return self._transport is not None and self._keep_alive and not self._transport.is_closing()

    async def ask(self, path: str, authority: str) -> Reply:
        if self._transport is None:
            raise NoAnswer(f"{authority} hung up")
        self._parser = httptools.HttpResponseParser(self)
        self._body = []
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(f"GET {path} HTTP/1.1\r\nHost: {authority}\r\nAccept: application/json\r\n\r\n".encode())
        reply = await self._answer
        self.used_at = time.monotonic()
        return reply

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # What the transport tells us.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast and no isinstance: uvloop's TCP transport has all the methods but not the base class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as failure:
            self._fail(NoAnswer(f"no HTTP: {failure}"))
            self.drop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(NoAnswer("the server hung up"))

    def _fail(self, failure: NoAnswer) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(failure)

    # What the parser tells us.

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._keep_alive = self._parser.should_keep_alive()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Reply(self._parser.get_status_code(), b"".join(self._body)))


@dataclass(frozen=True, slots=True)
class _Target:
    host: str
    port: int
    authority: str
    prefix: str
    tls: ssl.SSLContext | None


@cache
def _target(base_url: str) -> _Target:
    parts = urlsplit(base_url)
    secure = parts.scheme == "https"
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise NoAnswer(f"{base_url} is no address of a server")
    tls = ssl.create_default_context() if secure else None
    return _Target(parts.hostname, parts.port or (443 if secure else 80), parts.netloc, parts.path.rstrip("/"), tls)
