"""The languages that pages speak, and which of them a reader gets."""

from collections.abc import Collection, Mapping
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from homeward.web.security import same_origin

LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "es": "Español"}
FALLBACK: Final = "en"
COOKIE: Final = "language"
VARY: Final = "Accept-Language, Cookie"
_A_YEAR_S: Final = 365 * 24 * 3600


def preferred(accept_language: str, known: Collection[str]) -> str:
    """The language that the browser likes best of those `known` (RFC 9110, 12.5.4)."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language.split(",")[:20]):
        tag, _, weight = part.strip().partition(";q=")
        code = tag.strip().lower().partition("-")[0]
        if code in known:
            wanted.append((-_weight(weight), place, code))
    wanted.sort()
    return wanted[0][2] if wanted and wanted[0][0] < 0 else FALLBACK


def language_of(request: Request) -> str:
    """What the person chose here; without a choice, what their browser asks for."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else preferred(request.headers.get("accept-language", ""), LANGUAGES)


def language_router() -> APIRouter:
    """The switch that every face carries; an ordinary form, so that it works without a script."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(same_origin)])

    @routes.post("/language")
    async def choose(
        request: Request,
        language: Annotated[str, Form(max_length=10)] = FALLBACK,
        back: Annotated[str, Form(max_length=2_000)] = "/",
    ) -> Response:
        response = RedirectResponse(_own_path(back), 303)
        if language in LANGUAGES:
            secure = request.url.scheme == "https"
            response.set_cookie(COOKIE, language, max_age=_A_YEAR_S, path="/", samesite="lax", secure=secure)
        return response

    return routes


def _own_path(back: str) -> str:
    """Only a page of ours: a form must not lead a person to another host."""
    parts = urlsplit(back)
    ours = back.startswith("/") and not back.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return back if ours else "/"


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
