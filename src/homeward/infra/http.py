"""The HTTP shell: problem details, request ids, metrics, health. It knows no feature."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from psycopg import DataError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeward.infra.db import Database
from homeward.infra.idempotency import problem_body
from homeward.kit.ids import new_secret
from homeward.kit.problems import FieldError, MalformedRequest, Problem

log = structlog.get_logger()

PROBLEM_JSON: Final = "application/problem+json"
REQUEST_ID_HEADER: Final = "X-Request-Id"

# A body is held in memory before anybody is asked who sent it: the largest form we have, with room to spare.
MOST_BYTES: Final = 4_000_000

_REQUESTS: Final = Counter("homeward_http_requests", "Answers by route and status", ["method", "route", "status"])
_SECONDS: Final = Histogram(
    "homeward_http_seconds",
    "Time to answer, by route",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)


class ProblemDetails(BaseModel):
    """RFC 9457 problem details; `code` never changes its meaning, further members depend on it."""

    type: str
    title: str
    status: int
    code: str
    retryable: bool
    detail: str | None = None
    request_id: str | None = None


Refuse = Callable[[Scope, Problem], Response]
"""How a part of the way in answers no; the path tells in whose words."""


def responses(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: its refusals, listed so that generated clients know them."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for problem in problems:
        known = by_status.setdefault(
            problem.status,
            {"description": "", "content": {PROBLEM_JSON: {"schema": ProblemDetails.model_json_schema()}}},
        )
        known["description"] = " · ".join(filter(None, [known["description"], f"`{problem.slug}`: {problem.title}"]))
    return by_status


def install_shell(
    app: FastAPI,
    db: Database,
    *,
    larger_bodies: Mapping[str, int] | None = None,
    refuse: Refuse | None = None,
) -> None:
    """Problem rendering, request ids, metrics and health on an app.

    `larger_bodies`: the most bytes of a body by the beginning of its path, where `MOST_BYTES` is too little.
    `refuse` answers what fails before a route is found, where that is not to be problem details.
    """
    app.add_middleware(RequestShell, larger_bodies=larger_bodies or {}, refuse=refuse or native_refusal)
    for kind in UNSTORABLE:
        app.add_exception_handler(kind, _render_unstorable)
    app.add_exception_handler(Problem, _render_problem)
    app.add_exception_handler(RequestValidationError, _render_malformed)
    app.add_exception_handler(HTTPException, _render_framework_error)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return JSONResponse({"status": "ok"})

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        async with db.operator() as tx:
            await tx.value("SELECT 1")
        return JSONResponse({"status": "ready"})


def metrics_response() -> Response:
    """Prometheus text; `app.py` mounts it behind the operator's sign-in."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def problem_response(problem: Problem, request_id: str | None) -> Response:
    body = {**problem_body(problem), "request_id": request_id}
    return JSONResponse(
        jsonable_encoder(body), status_code=problem.status, media_type=PROBLEM_JSON, headers=problem.headers()
    )


class RequestShell:
    """Gives every request an id, a log line and a place in the metrics; a crash becomes a 500 that tells nothing."""

    def __init__(self, app: ASGIApp, larger_bodies: Mapping[str, int], refuse: Refuse) -> None:
        self._app = app
        self._larger_bodies = larger_bodies
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            # Postgres has no such character: no id, name or number that we know can hold it.
            await self._refuse(scope, _no_nul())(scope, receive, send)
            return
        request_id = new_secret(80)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = perf_counter()
        status = 0
        receive = _at_most(self._most_bytes(scope["path"]), receive)

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (REQUEST_ID_HEADER.lower().encode(), request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            log.exception("request crashed", method=scope["method"], route=_route(scope))
            if status:  # too late for another answer
                raise
            await self._refuse(scope, Crash())(scope, receive, send_with_id)
        finally:
            took_s = perf_counter() - started
            _REQUESTS.labels(scope["method"], _route(scope), status).inc()
            _SECONDS.labels(scope["method"], _route(scope)).observe(took_s)
            log.debug(
                "request", method=scope["method"], route=_route(scope), status=status, took_ms=round(took_s * 1000, 1)
            )

    def _most_bytes(self, path: str) -> int:
        larger = (most for start, most in self._larger_bodies.items() if path.startswith(start))
        return max(larger, default=MOST_BYTES)


def _at_most(most_bytes: int, receive: Receive) -> Receive:
    """`receive` that refuses to read on beyond `most_bytes`, whatever length the header claims."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most_bytes:
            raise HTTPException(413)  # of the framework: it passes through the reading of a body unchanged
        return message

    return limited


def _no_nul() -> MalformedRequest:
    return MalformedRequest([FieldError("/", "nul-character", "leave the NUL character out of path and query")])


class Crash(Problem):
    slug, status = "internal-error", 500
    title = "Something broke on our side and is logged under this request id; repeat with the same Idempotency-Key."
    retryable = True


class FrameworkRefusal(Problem):
    """An answer of the framework itself, such as an unknown path."""

    def __init__(self, cause: HTTPException) -> None:
        super().__init__()
        self.cause = cause

    def headers(self) -> dict[str, str]:
        return dict(self.cause.headers or {})


class NoRoute(FrameworkRefusal):
    slug, status = "no-such-route", 404
    title = "There is nothing at this path; the API reference lists what there is."


class WrongMethod(FrameworkRefusal):
    slug, status = "wrong-method", 405
    title = "This path does not answer that method; see the Allow header."


class BodyTooLarge(FrameworkRefusal):
    slug, status = "body-too-large", 413
    title = "The request is larger than anything that belongs here; send less at once."


class Refused(FrameworkRefusal):
    slug = "refused"
    title = "The request was refused."


async def _render_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem_response(problem, _request_id(request))


async def _render_malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(as_malformed(error), _request_id(request))


def as_malformed(error: RequestValidationError) -> MalformedRequest:
    """What the framework found wrong with a request, field by field."""
    return MalformedRequest(
        [
            FieldError(_pointer(item["loc"]), str(item["type"]).replace("_", "-"), str(item["msg"]))
            for item in error.errors()
        ]
    )


async def _render_unstorable(request: Request, error: Exception) -> Response:
    log.warning("unstorable value", exc_info=error)
    return problem_response(unstorable(), _request_id(request))


UNSTORABLE: Final = (DataError, UnicodeEncodeError, OverflowError)
"""What Python reads and no database can hold: NUL, half a character, a date outside the calendar."""


def unstorable() -> MalformedRequest:
    told = "a text or a number in it cannot be kept, such as a NUL character or a date outside the calendar"
    return MalformedRequest([FieldError("/", "unstorable", told)])


async def _render_framework_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem_response(as_problem(error), _request_id(request))


def as_problem(error: HTTPException) -> Problem:
    """The framework's own refusal as one of ours."""
    match error.status_code:
        case 404:
            return NoRoute(error)
        case 405:
            return WrongMethod(error)
        case 413:
            return BodyTooLarge(error)
        case status:
            problem = Refused(error)
            problem.status = status  # type: ignore[misc]  # the one problem whose status is only known here
            return problem


def native_refusal(scope: Scope, problem: Problem) -> Response:
    """Problem details, for whoever refuses before a route is found."""
    return problem_response(problem, scope.get("state", {}).get("request_id"))


def _pointer(location: tuple[int | str, ...]) -> str:
    """RFC 6901, without the leading "body" that callers never wrote."""
    parts = location[1:] if location and location[0] == "body" else location
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts) or "/"


def _request_id(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)


def _route(scope: Scope) -> str:
    # The template, not the path: ids would make a metric for every delivery.
    route = scope.get("route")
    return getattr(route, "path", "(none)")
