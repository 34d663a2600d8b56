"""Receivers of webhooks on this machine: one that keeps what it gets, and many that behave badly."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import orjson


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire."""

    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def data(self) -> dict[str, Any]:
        return dict(orjson.loads(self.body)["data"])

    @property
    def type(self) -> str:
        return str(orjson.loads(self.body)["type"])


@dataclass
class Receiver:
    """A server of one's own. `hits` counts connections, `received` holds complete requests."""

    port: int = 0
    hits: int = 0
    open_now: int = 0
    most_open: int = 0
    received: list[Received] = field(default_factory=list)
    first: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def of(self, delivery_id: str) -> list[int]:
        """The sequence numbers that came for one delivery, in the order in which they came."""
        return [request.data["seq"] for request in self.received if request.data["delivery_id"] == delivery_id]


Behaviour = Callable[[asyncio.StreamWriter, Received], Awaitable[None]]


def answers(status: int, *headers: str, body: bytes = b"") -> Behaviour:
    """Always the same."""
    head = [f"HTTP/1.1 {status} Told", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]

    async def behave(writer: asyncio.StreamWriter, request: Received) -> None:
        writer.write("\r\n".join(head).encode() + body)

    return behave


def answers_by(choose: Callable[[Received], int]) -> Behaviour:
    """A status that depends on the request or on the time."""

    async def behave(writer: asyncio.StreamWriter, request: Received) -> None:
        await answers(choose(request))(writer, request)

    return behave


@asynccontextmanager
async def a_receiver(behave: Behaviour | None = None, host: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    """Answers 204 unless told otherwise."""
    behaviour = behave or answers(204)
    receiver = Receiver()
    conversations: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        conversations.add(task)
        receiver.hits += 1
        receiver.open_now += 1
        receiver.most_open = max(receiver.most_open, receiver.open_now)
        try:
            request = await _read(reader)
            receiver.received.append(request)
            receiver.first.set()
            await behaviour(writer, request)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender has hung up, as it should
        finally:
            receiver.open_now -= 1
            conversations.discard(task)
            with suppress(ConnectionError):
                writer.close()

    server = await asyncio.start_server(serve, host, 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in list(conversations):
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(headers, body, monotonic())


# ── receivers that behave badly ──


async def never_answers(writer: asyncio.StreamWriter, request: Received) -> None:
    await asyncio.sleep(3_600)


async def one_byte_at_a_time(writer: asyncio.StreamWriter, request: Received) -> None:
    """Each byte comes in time, the whole answer never does."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def huge_body(writer: asyncio.StreamWriter, request: Received) -> None:
    """Ten gigabytes, if anybody reads them."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    for _ in range(10_000):
        writer.write(b"x" * 1_000_000)
        await writer.drain()


async def endless_headers(writer: asyncio.StreamWriter, request: Received) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: and more\r\n" * 100)
        await writer.drain()
        await asyncio.sleep(0.001)


async def endless_hints(writer: asyncio.StreamWriter, request: Received) -> None:
    """Early hints for ever: each one is a complete answer that announces another."""
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20)
        await writer.drain()
        await asyncio.sleep(0.001)


BOMB = gzip.compress(bytes(30_000_000), 6)
"""Thirty megabytes of nothing in thirty kilobytes."""


async def gzip_bomb(writer: asyncio.StreamWriter, request: Received) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n\r\n"
    writer.write(head.encode() + BOMB)


async def hangs_up(writer: asyncio.StreamWriter, request: Received) -> None:
    writer.transport.abort()


async def hangs_up_after_headers(writer: asyncio.StreamWriter, request: Received) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf")
    await writer.drain()
    writer.transport.abort()


async def no_http(writer: asyncio.StreamWriter, request: Received) -> None:
    writer.write(b"220 mail.example ESMTP\r\n")


EVIL: dict[str, Behaviour] = {
    "never answers": never_answers,
    "one byte at a time": one_byte_at_a_time,
    "endless headers": endless_headers,
    "endless hints": endless_hints,
    "hangs up": hangs_up,
    "hangs up after headers": hangs_up_after_headers,
    "no http": no_http,
}
"""None of these is an answer. (A huge body and a gzip bomb begin with one.)"""
