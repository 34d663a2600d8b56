"""A merchant's own host name shows that merchant's shoppers' pages, and nothing else that this process can do."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

import structlog
from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from homeward.kit.problems import Unavailable

log = structlog.get_logger()

MERCHANT_OF_HOST: Final = "merchant_of_host"
"""Key in the request's state: whose host was asked, or None on the installation's own."""

_OPEN: Final = ("/t/", "/p/", "/assets/", "/tiles/")
_HEALTH: Final = ("/healthz", "/readyz")
_REMEMBER_S: Final = 5.0
_REMEMBERED: Final = 2_000

MerchantOfHost = Callable[[str], Awaitable[str | None]]
Refuse = Callable[[Request, int], Response]


class HostFence:
    """ASGI middleware. `merchant_of` answers with the id of the merchant whose tracking domain a host is.

    `own_hosts` are never asked about. If the database does not answer, an unknown host gets nothing at all: better an
    empty page than the operator's under a merchant's name.
    """

    def __init__(self, app: ASGIApp, merchant_of: MerchantOfHost, own_hosts: frozenset[str], refuse: Refuse) -> None:
        self._app = app
        self._merchant_of = merchant_of
        self._own_hosts = own_hosts
        self._refuse = refuse
        self._known: dict[str, tuple[float, str | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _HEALTH:
            await self._app(scope, receive, send)
            return
        try:
            merchant_id = await self._merchant(_host(scope))
        except Unavailable:
            log.warning("host not checked: no database")
            await self._refuse(Request(scope), 503)(scope, receive, send)
            return
        scope.setdefault("state", {})[MERCHANT_OF_HOST] = merchant_id
        if merchant_id is not None and not _open(scope["path"]):
            await self._refuse(Request(scope), 404)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _merchant(self, host: str) -> str | None:
        if host in self._own_hosts:
            return None
        known = self._known.get(host)
        if known and monotonic() - known[0] < _REMEMBER_S:
            return known[1]
        merchant_id = await self._merchant_of(host)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()  # somebody makes up hosts; forgetting costs one look-up each
        self._known[host] = (monotonic(), merchant_id)
        return merchant_id


def _host(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"host":
            host: str = value.decode("latin-1").lower().rstrip(".")
            return host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    return ""


def _open(path: str) -> bool:
    # A dot at the start of a name is a file of the build, not of a page.
    return path.startswith(_OPEN) and "/." not in path
