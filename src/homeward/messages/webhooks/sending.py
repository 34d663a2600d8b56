"""One signed POST to one endpoint: to the address that was checked, and to no other."""

import asyncio
import base64
import hashlib
import hmac
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

import httpcore
import httpx
import structlog

from homeward.messages.webhooks.egress import PORTS, Network, Target, refusal, target_of

log = structlog.get_logger()

TIMEOUT_S: Final = 10.0
CONNECT_TIMEOUT_S: Final = 3.0
MOST_READ_BYTES: Final = 65_536
_KEPT_BYTES: Final = 1_024
# A signature proves one body; a password or token in a header opens more than that.
# Whole names: a merchant may call its own password `webhook-password`.
_SIGNATURES: Final = frozenset(
    {"webhook-id", "webhook-timestamp", "webhook-signature", "x-uber-signature", "x-postmates-signature"}
)

# Threads of its own: a name server that answers slowly, which anybody may own, must not use up those of the process.
_RESOLVERS: Final = ThreadPoolExecutor(32, "resolve")

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses; a seam for tests of names that change their mind."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one try. `status` is None if there was no answer; `retry_after_s` as the receiver asked."""

    status: int | None
    took_ms: int
    answer: str
    retry_after_s: int | None = None
    sent_headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """What the machine's resolver says; empty if the name is unknown."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(_RESOLVERS, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (socket.gaierror, UnicodeError):
        return ()
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """For the log: which headers there were, and of those that let somebody in only that they were there."""
    return {name: value if name.lower() in _SIGNATURES else "(not kept)" for name, value in headers.items()}


def native_headers(message_id: str, timestamp: int, body: str, secrets: Sequence[str]) -> dict[str, str]:
    """Of Standard Webhooks 1.0.0."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secrets, message_id, timestamp, body),
    }


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
        self,
        allowed: Sequence[Network],
        *,
        resolve: Resolver = system_resolver,
        timeout_s: float = TIMEOUT_S,
        ports: Set[int] = PORTS,
    ) -> None:
        self._allowed = allowed
        self._ports = ports
        self._resolve = resolve
        self.timeout_s = timeout_s
        self._tls = ssl.create_default_context()

    async def check(self, url: str) -> str | None:
        """Why this URL would be refused, or None. Asked at registration; `send` asks again each time."""
        try:
            async with asyncio.timeout(self.timeout_s):
                _, _, refused = await self._decide(url)
                return refused
        except TimeoutError:
            return "the host name does not resolve in time"
        except ValueError as wrong:
            return str(wrong)

    async def _decide(self, url: str) -> tuple[Target, Sequence[str], str | None]:
        """Asks for the addresses once: those that were judged are those that will be connected to."""
        target = target_of(url)
        addresses = await self._resolve(target.host, target.port)
        return target, addresses, refusal(target, addresses, self._allowed, self._ports)

    async def send(self, url: str, body: str, own_headers: Mapping[str, str]) -> Attempt:
        """Never raises: whatever a receiver does is an outcome of the attempt."""
        started = perf_counter()

        def attempt(status: int | None, answer: str, retry_after_s: int | None = None) -> Attempt:
            took_ms = round((perf_counter() - started) * 1000)
            return Attempt(status, took_ms, answer, retry_after_s, without_secrets(own_headers))

        headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": "webhooks/1.0",
            **own_headers,
        }
        try:
            async with asyncio.timeout(self.timeout_s):
                target, addresses, refused = await self._decide(url)
                if refused:
                    return attempt(None, f"not sent: {refused}")
                return attempt(*await self._post(url, target, addresses, headers, body))
        except TimeoutError:
            return attempt(None, f"no complete answer within {self.timeout_s:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, httpcore.NetworkError, OSError, ValueError) as failure:
            return attempt(None, f"no answer: {type(failure).__name__}")
        except Exception as bug:
            log.exception("webhook try broke")
            return attempt(None, f"no answer: {type(bug).__name__}")

    async def _post(
        self, url: str, target: Target, addresses: Sequence[str], headers: dict[str, str], body: str
    ) -> tuple[int, str, int | None]:
        transport = _PinnedTransport(target, addresses, self._tls)
        async with (
            httpx.AsyncClient(
                transport=transport, timeout=self.timeout_s, follow_redirects=False, trust_env=False
            ) as http,
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

    def __init__(self, target: Target, addresses: Sequence[str], tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, retries=0, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=tls, network_backend=_PinnedNetwork(target, addresses))


class _PinnedNetwork(httpcore.AsyncNetworkBackend):
    def __init__(self, target: Target, addresses: Sequence[str]) -> None:
        self._target = target
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
        if port != self._target.port:
            raise httpcore.ConnectError("another port than the one that was checked")
        failure: Exception = httpcore.ConnectError("no address")
        # In turn: a name may have an address of a version that this machine has no way to.
        for address in self._addresses:
            try:
                stream = await self._network.connect_tcp(address, port, CONNECT_TIMEOUT_S, local_address)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as cause:
                failure = cause
                continue
            peer = stream.get_extra_info("server_addr")
            if not peer or str(peer[0]).split("%", maxsplit=1)[0] not in self._addresses:
                await stream.aclose()
                raise httpcore.ConnectError("connected to another address than the one that was checked")
            return stream
        raise failure

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
