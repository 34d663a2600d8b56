"""How often a credential may ask the API, told in every answer, and how often an address may ask in vain.

Source: IETF draft-ietf-httpapi-ratelimit-headers-10 (fields `RateLimit-Policy` and `RateLimit`), RFC 6585 (429).
"""

import hashlib
from contextlib import suppress
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeward.infra.http import Refuse, native_refusal
from homeward.infra.pace import Allowance, Pace
from homeward.kit.problems import TooManyRequests

_UNAUTHORISED: Final = 401
IN_VAIN_PER_MINUTE: Final = 1_200
IN_VAIN_AT_ONCE: Final = 3_000


class RateLimited:
    """ASGI middleware for paths that begin with one of `paths`.

    Every credential has `per_minute` requests, and may use ten seconds' worth at once. Whoever brings none that fits
    is counted by address, so that guessing keys, or a shop with a revoked one, does not use up the database.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        per_minute: int,
        paths: tuple[str, ...],
        refuse: Refuse = native_refusal,
        in_vain: Pace | None = None,
    ) -> None:
        self._app = app
        self._paths = paths
        self._refuse = refuse
        self._by_credential = Pace(per_minute, burst=max(1, per_minute // 6))
        self._in_vain = in_vain or Pace(IN_VAIN_PER_MINUTE, burst=IN_VAIN_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._paths):
            await self._app(scope, receive, send)
            return
        address = scope["client"][0] if scope.get("client") else ""
        try:
            self._in_vain.check(address)
            allowance = self._allowance(scope)
        except TooManyRequests as refusal:
            await self._refuse(scope, refusal)(scope, receive, send)
            return

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == _UNAUTHORISED:
                    self._count_in_vain(address)
                if allowance:
                    message["headers"] = [*message["headers"], *self._fields(allowance)]
            await send(message)

        await self._app(scope, receive, send_with_fields)

    def _allowance(self, scope: Scope) -> Allowance | None:
        """Of all credentials in the request, for which one counts is not known here.

        With only the first counted, a new cookie in each request would be a new asker each time.
        """
        taken = [self._by_credential.take(credential) for credential in _credentials(scope)]
        return min(taken, key=lambda allowance: allowance.remaining, default=None)

    def _count_in_vain(self, address: str) -> None:
        with suppress(TooManyRequests):  # the next request of this address is refused before it costs anything
            self._in_vain.take(address)

    def _fields(self, allowance: Allowance) -> list[tuple[bytes, bytes]]:
        policy = f'"credential";q={self._by_credential.burst};w=10'
        left = f'"credential";r={allowance.remaining};t={allowance.full_after_s}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


def _credentials(scope: Scope) -> list[str]:
    """What tells one asker from the next; hashed, so that no secret is kept for longer than its request."""
    given = [value for name, value in scope["headers"] if name in (b"authorization", b"authentication", b"cookie")]
    return list({hashlib.sha256(_without_scheme(value)).hexdigest(): None for value in given})


def _without_scheme(value: bytes) -> bytes:
    """`Bearer` may be written in any case and with any number of spaces, and is the same credential."""
    scheme, _, token = value.partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else value
