"""Where other dialects come in: an app of its own for each, found by the beginning of the path.

A dialect says no in its own words, also to what never reaches one of its routes: unknown paths, bodies that are too
large or no JSON, our own crashes. It renders `Problem`s, and so needs no checks of its own for what the core refuses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeward import __version__
from homeward.infra.http import UNSTORABLE, Crash, as_malformed, as_problem, native_refusal, unstorable
from homeward.kit.problems import Problem
from homeward.merchants.credentials.model import Dialect

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in a dialect, before it is written as JSON."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class Voice(Protocol):
    """How one dialect refuses. Pure."""

    def refuse(self, problem: Problem) -> Reply:
        """Every Problem there is: those of the core, MalformedRequest, and those of the framework (`infra.http`)."""
        ...


@dataclass(frozen=True, slots=True)
class DialectDoor:
    """One dialect as it is mounted: where its paths begin, the app that answers them, and its voice."""

    dialect: Dialect
    prefixes: tuple[str, ...]
    app: FastAPI
    voice: Voice


def dialect_app(title: str, description: str, voice: Voice) -> FastAPI:
    """An app whose every refusal is in the dialect's words. Its description is served by `app.py`, not by itself."""
    app = FastAPI(
        title=title,
        description=description,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # A redirect has no body, and clients of a dialect read one from every answer.
        redirect_slashes=False,
    )

    async def render(_: Request, error: Exception) -> Response:
        return said(voice.refuse(_as_problem(error)))

    for kind in (Problem, RequestValidationError, HTTPException, *UNSTORABLE):
        app.add_exception_handler(kind, render)
    app.add_middleware(_NoCrash, voice=voice)
    return app


def said(reply: Reply) -> Response:
    return Response(orjson.dumps(dict(reply.body)), reply.status, dict(reply.headers), media_type="application/json")


def _as_problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return as_malformed(error)
        case HTTPException():
            return as_problem(error)
        case _:
            log.warning("unstorable value", exc_info=error)
            return unstorable()


class _NoCrash:
    """ASGI middleware: a bug of ours is logged, and told in the dialect."""

    def __init__(self, app: ASGIApp, voice: Voice) -> None:
        self._app = app
        self._voice = voice

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if started:
                raise
            log.exception("request crashed", path=scope.get("path"))
            await said(self._voice.refuse(Crash()))(scope, receive, send)


class DialectSwitch:
    """ASGI middleware: requests whose path begins as one of a dialect's go to its app, all others go on."""

    def __init__(self, app: ASGIApp, doors: Sequence[DialectDoor]) -> None:
        self._app = app
        self._voices = Voices(doors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._voices.door(scope["path"]) if scope["type"] == "http" else None
        await (door.app if door else self._app)(scope, receive, send)


class Voices:
    """Who answers at a path, for whatever refuses before a route is found."""

    def __init__(self, doors: Sequence[DialectDoor]) -> None:
        self._doors = [(prefix, door) for door in doors for prefix in door.prefixes]

    def door(self, path: str) -> DialectDoor | None:
        found = (door for prefix, door in self._doors if path == prefix or path.startswith(f"{prefix}/"))
        return next(found, None)

    def refuse(self, scope: Scope, problem: Problem) -> Response:
        door = self.door(scope["path"])
        return said(door.voice.refuse(problem)) if door else native_refusal(scope, problem)

    @property
    def prefixes(self) -> tuple[str, ...]:
        return tuple(prefix for prefix, _ in self._doors)
