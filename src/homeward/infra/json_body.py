"""JSON bodies taken at their word: UTF-8, no name twice, no NaN, no bottomless nesting.

What one reader takes for one thing and the next for another is how requests are smuggled past checks, so such bodies
are refused before any route looks at them. Source: RFC 8259 sections 4, 6 and 8.1; RFC 7493 (I-JSON).
"""

import json
import re
from typing import Any, Final, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeward.infra.http import Refuse, as_problem, native_refusal
from homeward.kit.problems import FieldError, MalformedRequest

DEEPEST: Final = 64
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_JSON: Final = b"json"
_WITH_BODY: Final = ("POST", "PUT", "PATCH", "DELETE")


def read_json(body: bytes) -> Any:
    """The value that the bytes write down. Raises MalformedRequest."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise _malformed("bad-encoding", "write the body in UTF-8") from cause
    if _too_deep(text):
        raise _malformed("too-deep", f"nest at most {DEEPEST} levels")
    try:
        return json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_such_number)
    except json.JSONDecodeError as cause:
        raise _malformed("json-invalid", f"{cause.msg} at character {cause.pos}") from cause
    except ValueError as cause:  # a number of thousands of digits
        raise _malformed("number-too-long", "write shorter numbers") from cause


class StrictJson:
    """ASGI middleware: JSON that says two things at once goes no further."""

    def __init__(self, app: ASGIApp, refuse: Refuse = native_refusal) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY or not _is_json(scope):
            await self._app(scope, receive, send)
            return
        try:
            body = await Request(scope, receive).body()
            if body:
                read_json(body)
        except MalformedRequest as refusal:
            await self._refuse(scope, refusal)(scope, receive, send)
            return
        except HTTPException as too_large:  # nobody further in will see it, who would know how to say it
            await self._refuse(scope, as_problem(too_large))(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body once more, and then whatever comes, such as the end of the connection."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _is_json(scope: Scope) -> bool:
    return any(name == b"content-type" and _JSON in value.lower() for name, value in scope["headers"])


def _too_deep(text: str) -> bool:
    """Whether brackets nest too deep, without the parser's own recursion; those inside texts count too."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(text):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            return True
    return False


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _malformed("name-twice", f"{twice[:64]!r} is written twice")
    return found


def _no_such_number(name: str) -> NoReturn:
    raise _malformed("not-a-number", f"{name} is no JSON number")


def _malformed(code: str, told: str) -> MalformedRequest:
    return MalformedRequest([FieldError("/", code, told)])
