"""A load generator that costs little itself: keep-alive connections, prepared requests, no more parsing than needed."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Load:
    """What came back within the time."""

    seconds: float
    latencies_s: Sequence[float]
    statuses: dict[int, int]

    @property
    def per_second(self) -> float:
        return len(self.latencies_s) / self.seconds

    def percentile_ms(self, percent: float) -> float:
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000 if ordered else 0.0


async def hammer(
    host: str, port: int, requests: Iterator[bytes], *, clients: int, seconds: float, rate: float | None = None
) -> Load:
    """`clients` connections, each with one request under way; with a `rate` no more than that many per second in all.

    At a given rate the latency counts from when a request was due, so that a stall is felt by all that wait behind it.
    """
    began = perf_counter()
    until = began + seconds
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    due = _schedule(began, rate)

    async def client() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            while (start := next(due)) < until:
                if (wait := start - perf_counter()) > 0:
                    await asyncio.sleep(wait)
                elif rate is None:
                    start = perf_counter()
                    if start >= until:
                        break
                writer.write(next(requests))
                status = await _answer(reader)
                latencies.append(perf_counter() - start)
                statuses[status] = statuses.get(status, 0) + 1
        finally:
            writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return Load(perf_counter() - began, latencies, statuses)


def _schedule(began: float, rate: float | None) -> Iterator[float]:
    number = 0
    while True:
        yield began + number / rate if rate else 0.0
        number += 1


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    at = lowered.index(b"content-length:") + len(b"content-length:")
    length = int(lowered[at : lowered.index(b"\r\n", at)])
    await reader.readexactly(length)
    return int(head[9:12])


def post(path: str, token: str, body: bytes, headers: str = "") -> bytes:
    """An HTTP/1.1 request as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    return head.encode() + body
