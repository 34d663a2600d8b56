"""Fetching a picture from an address that another company names.

The company chooses the path, never the place: only the account's own host and those that the operator listed are asked,
without our login, without following anybody further. A listed host must be on the open internet, and the very address
that was checked is the one that is asked, so that a name which changes its mind leads nowhere.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

from homeward.fleets.carriers.contract import CarrierUnavailable
from homeward.infra.public_addresses import is_public

MOST_BYTES: Final = 10_000_000
TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
TIMEOUT_S: Final = 10.0
TOTAL_S: Final = 20.0

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to addresses; a seam for tests of names that change their mind."""


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """What the machine's resolver says; empty if the name is unknown."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        return ()
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Pictures:
    """Pictures of one account. `hosts`: what the operator listed besides the company's own address."""

    def __init__(
        self, http: httpx.AsyncClient, base_url: str, hosts: frozenset[str], resolve: Resolver = system_resolver
    ) -> None:
        self._http = http
        self._own = urlsplit(base_url)
        self._hosts = hosts
        self._resolve = resolve

    async def fetch(self, url: str) -> bytes | None:
        """The bytes of a JPEG, PNG or WebP; None for everything that we do not fetch. Raises CarrierUnavailable."""
        target = urlsplit(url)
        request = await self._request(url, target)
        if request is None:
            return None
        try:
            async with asyncio.timeout(TOTAL_S):
                return await self._read(request)
        except (httpx.HTTPError, TimeoutError) as cause:
            raise CarrierUnavailable("no_image", type(cause).__name__) from cause

    async def _request(self, url: str, target: SplitResult) -> httpx.Request | None:
        # An address with a user name in it is there to be misread.
        if "@" in target.netloc or "\\" in url:
            return None
        if (target.scheme, target.netloc) == (self._own.scheme, self._own.netloc):
            return self._http.build_request("GET", url, timeout=TIMEOUT_S)
        host = target.hostname or ""
        if target.scheme != "https" or host not in self._hosts or target.netloc != host:
            return None
        addresses = await self._resolve(host, 443)
        if not addresses or not all(is_public(ip_address(one.partition("%")[0])) for one in addresses):
            return None
        return self._http.build_request(
            "GET",
            httpx.URL(url).copy_with(host=addresses[0]),
            headers={"Host": host},
            extensions={"sni_hostname": host},
            timeout=TIMEOUT_S,
        )

    async def _read(self, request: httpx.Request) -> bytes | None:
        reply = await self._http.send(request, stream=True, follow_redirects=False, auth=None)
        try:
            kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
            if reply.status_code != httpx.codes.OK or kind not in TYPES:
                return None
            return await _bounded(reply)
        finally:
            await reply.aclose()


async def _bounded(reply: httpx.Response) -> bytes | None:
    kept = bytearray()
    async for chunk in reply.aiter_bytes():
        kept += chunk
        if len(kept) > MOST_BYTES:
            return None
    return bytes(kept)
