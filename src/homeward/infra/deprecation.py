"""Calls that will end, told in each of their answers and in the description.

Source: RFC 9745 (`Deprecation`, a structured date), RFC 8594 (`Sunset`, an HTTP date); both point with `Link`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTICE: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Ending:
    """Deprecated since when, answering until when, and the page that says what to call instead. Moments in UTC."""

    since: datetime
    until: datetime
    page: str

    def __post_init__(self) -> None:
        assert self.until - self.since >= NOTICE, "an end is announced a year ahead; see docs/reference/api-versions.md"

    def fields(self) -> list[tuple[bytes, bytes]]:
        """The header fields of every answer, whatever its status."""
        link = f'<{self.page}>; rel="deprecation"; type="text/html", <{self.page}>; rel="sunset"; type="text/html"'
        return [
            (b"deprecation", f"@{int(self.since.timestamp())}".encode()),
            (b"sunset", format_datetime(self.until, usegmt=True).encode()),
            (b"link", link.encode()),
        ]


ENDINGS: Final[Mapping[str, Ending]] = {}
"""Every call that will end, as `GET /v1/things/{thing_id}`. None today."""


class TellEndings:
    """ASGI middleware: the fields of the route that answered."""

    def __init__(self, app: ASGIApp, endings: Mapping[str, Ending]) -> None:
        self._app = app
        self._endings = endings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The template is known once the route was found, in the scope that we handed on.
                path = getattr(scope.get("route"), "path", "")
                ending = self._endings.get(f"{scope['method']} {path}")
                if ending:
                    message["headers"] = [*message["headers"], *ending.fields()]
            await send(message)

        await self._app(scope, receive, send_with_fields)


def mark_endings(app: FastAPI, endings: Mapping[str, Ending] = ENDINGS) -> None:
    """`deprecated: true` in the description. Once all routes are mounted. Raises AssertionError for an unknown call."""
    named = {
        f"{method} {route.path}": route
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    for call in endings:
        assert call in named, f"there is no call {call} that could end"
        named[call].deprecated = True
