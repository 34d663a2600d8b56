"""One signed POST to one endpoint: to the address that was checked, and to no other."""

import asyncio
import base64
import hashlib
import hmac
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import httpcore
import httpx

from homeward.messages.webhooks.egress import Network, refusal, target_of

TIMEOUT_S: Final = 10.0
MOST_READ_BYTES: Final = 65_536
_KEPT_BYTES: Final = 1_024

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses; a seam for tests of names that change their mind."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one try. `status` is None if there was no answer; `retry_after_s` as the receiver asked."""

    status: int | None
    took_ms: int
    answer: str
    retry_after_s: int | None = None

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """What the machine's resolver says; empty if the name is unknown."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        return ()
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def signature(secrets: Sequence[str], message_id: str, timestamp: int, body: str) -> str:
    """The `webhook-signature` header: one `v1` signature for each secret, newest first.

    Source: Standard Webhooks 1.0.0; HMAC-SHA256 over `id.timestamp.body`, secret `whsec_` + base64.
    """
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return " ".join("v1," + _mac(secret, signed) for secret in secrets)


def _mac(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Sender:
    """Sends to checked addresses only. Holds no connections between sends: each is to a place checked just now."""

    def __init__(
        self, allowed: Sequence[Network], *, resolve: Resolver = system_resolver, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context()

    async def check(self, url: str) -> str | None:
        """Why this URL would be refused, or None. Asked at registration; `send` asks again each time."""
        try:
            target = target_of(url)
        except ValueError as wrong:
            return str(wrong)
        return refusal(target, await self._resolve(target.host, target.port), self._allowed)

    async def send(self, url: str, message_id: str, timestamp: int, body: str, secrets: Sequence[str]) -> Attempt:
        """Never raises: whatever a receiver does is an outcome of the attempt."""
        started = perf_counter()

        def attempt(status: int | None, answer: str, retry_after_s: int | None = None) -> Attempt:
            return Attempt(status, round((perf_counter() - started) * 1000), answer, retry_after_s)

        try:
            target = target_of(url)
            addresses = await self._resolve(target.host, target.port)
            refused = refusal(target, addresses, self._allowed)
            if refused:
                return attempt(None, f"not sent: {refused}")
            headers = {
                "content-type": "application/json",
                "user-agent": "webhooks/1.0",
                "webhook-id": message_id,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": signature(secrets, message_id, timestamp, body),
            }
            async with asyncio.timeout(self._timeout_s):
                status, answer, retry_after = await self._post(url, addresses, headers, body)
            return attempt(status, answer, retry_after)
        except TimeoutError:
            return attempt(None, f"no complete answer within {self._timeout_s:g} s")
        except (httpx.HTTPError, httpcore.NetworkError, OSError, ValueError) as failure:
            return attempt(None, f"no answer: {type(failure).__name__}")

    async def _post(
        self, url: str, addresses: Sequence[str], headers: dict[str, str], body: str
    ) -> tuple[int, str, int | None]:
        transport = _PinnedTransport(addresses, self._tls)
        async with (
            httpx.AsyncClient(transport=transport, timeout=self._timeout_s, follow_redirects=False) as http,
            http.stream("POST", url, content=body.encode(), headers=headers) as reply,
        ):
            return reply.status_code, await _first_bytes(reply), _retry_after_s(reply)


async def _first_bytes(reply: httpx.Response) -> str:
    """The start of the answer, for the log. Raw bytes: unpacking could blow 64 kB up to gigabytes."""
    read, kept = 0, b""
    async for chunk in reply.aiter_raw():
        read += len(chunk)
        kept += chunk[: max(0, _KEPT_BYTES - len(kept))]
        if read >= MOST_READ_BYTES:
            break
    return kept.decode("utf-8", "replace").replace("\x00", "")


def _retry_after_s(reply: httpx.Response) -> int | None:
    text = reply.headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() else None


class _PinnedTransport(httpx.AsyncHTTPTransport):
    """Connects to an address that was checked, whatever the name resolves to by now; TLS still proves the name."""

    def __init__(self, addresses: Sequence[str], tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, retries=0, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=tls, network_backend=_PinnedNetwork(addresses))


class _PinnedNetwork(httpcore.AsyncNetworkBackend):
    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: "object | None" = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._network.connect_tcp(self._addresses[0], port, timeout, local_address)
        peer = stream.get_extra_info("server_addr")
        if not peer or str(peer[0]).split("%", maxsplit=1)[0] not in self._addresses:
            await stream.aclose()
            raise httpcore.ConnectError("connected to another address than the one that was checked")
        return stream

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
