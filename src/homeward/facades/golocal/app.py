"""The application of this dialect: its routes, and its own words for everything that goes wrong."""

from collections.abc import Sequence
from typing import Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg import DataError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeward.facades.golocal import api
from homeward.facades.golocal.api import Gate
from homeward.facades.golocal.errors import Refused, Wrong, envelope, status_of, wrongs_of
from homeward.facades.golocal.service import GoLocalService
from homeward.kit.problems import Problem

log = structlog.get_logger()

_FRAMEWORK: Final = {404: "no_such_path", 405: "wrong_method", 413: "too_large"}


def golocal_app(service: GoLocalService, gate: Gate) -> FastAPI:
    """To be mounted at `api.PREFIX`."""
    app = FastAPI(title="Delivery client API", version="1.0", docs_url=None, redoc_url=None)
    app.add_middleware(_NoCrashTells)
    app.include_router(api.token_router(gate))
    app.include_router(api.delivery_router(service, api.callers(gate, "live")), prefix=api.LIVE, tags=["production"])
    app.include_router(api.delivery_router(service, api.callers(gate, "test")), prefix=api.SANDBOX, tags=["sandbox"])
    _speak(app)
    return app


def _speak(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(request: Request, refusal: Refused) -> Response:
        return _answer(refusal.wrongs)

    @app.exception_handler(Problem)
    async def problem(request: Request, refusal: Problem) -> Response:
        return _answer(wrongs_of(refusal), refusal.headers())

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        code = _FRAMEWORK.get(error.status_code, "malformed")
        return _answer([Wrong(code, "", str(error.detail), "Check path, method and body.")])

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Response:
        return _answer([Wrong("malformed", str(each["loc"][-1]), str(each["msg"])) for each in error.errors()])

    for unstorable in (DataError, UnicodeEncodeError, OverflowError):

        @app.exception_handler(unstorable)
        async def unstorable_value(request: Request, error: Exception) -> Response:
            return _answer([Wrong("malformed", "", "A value cannot be kept.", "Send plain texts and usual times.")])


def _answer(wrongs: Sequence[Wrong], headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(envelope(wrongs), status_code=status_of(wrongs), headers=headers)


class _NoCrashTells:
    """ASGI middleware: a crash is logged and answered in the dialect, without telling anything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = False

        async def watching(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self._app(scope, receive, watching)
        except Exception:
            log.exception("golocal request crashed", path=scope.get("path"))
            if began:
                raise
            answer = _answer([Wrong("internal", "", "Something failed on our side.", "Repeat the request later.")])
            await answer(scope, receive, send)
