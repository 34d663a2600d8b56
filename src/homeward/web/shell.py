"""What console and portal share: the frame around a page, the door, refusals as pages, session cookies."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from homeward.kit.problems import NotFound, Problem, Unauthenticated
from homeward.web.forms import Form, detail_in
from homeward.web.render import Pages


@dataclass(frozen=True, slots=True)
class NavLink:
    href: str
    label: str
    icon: str
    current: bool = False
    count: int = 0
    urgent: bool = False
    live: str = ""  # where its count is asked again every few seconds


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything around a page; `told` is the one-line good news after a form."""

    title: str
    subtitle: str
    mark: str
    home: str
    sign_out: str
    person: str
    role: str
    links: Sequence[NavLink]
    told: str | None = None
    search: str = ""  # where its one box leads; empty: it has none
    account: str = ""  # where people change their password; empty: nowhere


def at(links: Sequence[NavLink], path: str) -> tuple[NavLink, ...]:
    """The links with the one marked that the path lies under. The first is the face's root: it has no pages below."""
    root, *rest = (link.href for link in links)
    here = next((href for href in rest if path == href or path.startswith(f"{href}/")), None)
    here = root if path == root else here
    return tuple(replace(link, current=link.href == here) for link in links)


@dataclass(frozen=True, slots=True)
class SignInView:
    title: str
    mark: str
    heading: str
    hint: str
    action: str
    next: str
    form: Form


@dataclass(frozen=True, slots=True)
class ProblemView:
    title: str
    mark: str
    icon: str
    heading: str
    text: str
    home: str
    home_label: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Face:
    """One of the two framed faces, as far as its doors differ."""

    name: str
    title: str
    mark: str
    home: str
    sign_in: str
    for_whom: str = ""


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def page_route(pages: Pages, face: Face) -> type[APIRoute]:
    """A route class that answers refusals as pages: to the door if nobody is signed in, else told in plain words."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()

            async def as_page(request: Request) -> Response:
                try:
                    return await handle(request)
                except Unauthenticated:
                    return to_door(request, face)
                except Problem as problem:
                    return problem_page(pages, request, face, problem)
                except RequestValidationError:
                    return problem_page(pages, request, face, NotFound("page", request.url.path))

            return as_page

    return PageRoute


def to_door(request: Request, face: Face) -> Response:
    """To the sign-in page and back afterwards. htmx is told by header, since it would follow a redirect silently."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = f"{face.sign_in}?next={quote(wanted if request.method == 'GET' else face.home, safe='/')}"
    if request.headers.get("HX-Request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def problem_page(pages: Pages, request: Request, face: Face, problem: Problem) -> Response:
    missing, say = problem.status == 404, pages.say(request)
    view = ProblemView(
        title=say(face.title),
        mark=face.mark,
        icon="search" if missing else "hand-stop",
        heading=say("Nothing here") if missing else say(problem.title),
        text=say("It was moved, or it never was. Check the address.") if missing else detail_in(problem, say) or "",
        home=face.home,
        home_label=say("To the start"),
        request_id=getattr(request.state, "request_id", None),
    )
    return pages.page(request, "problem.html", view, status=problem.status, face=face.name)


def sign_in_page(
    pages: Pages, request: Request, face: Face, *, next_path: str, form: Form | None = None, status: int = 200
) -> Response:
    """The door of a framed face, in the language of whoever knocks."""
    say = pages.say(request)
    view = SignInView(
        title=say(face.title),
        mark=face.mark,
        heading=say("Sign in"),
        hint=say(face.for_whom),
        action=face.sign_in,
        next=next_path,
        form=form or Form(),
    )
    return pages.page(request, "sign_in.html", view, status=status, face=face.name)


def safe_next(next_path: str, home: str) -> str:
    """Where to go after signing in: only a path of our own, never another host."""
    parts = urlsplit(next_path)
    own = (
        not parts.scheme and not parts.netloc and next_path.startswith("/") and not next_path.startswith(("//", "/\\"))
    )
    return next_path if own and parts.path.startswith(home) else home


def go(path: str, told: str | None = None) -> Response:
    """See Other, optionally with good news for the next page: a code, so that no link can put words on our pages."""
    if told:
        path += ("&" if "?" in path else "?") + urlencode({"told": told})
    return RedirectResponse(path, 303)


def set_session(response: Response, request: Request, name: str, token: str, length: timedelta) -> None:
    response.set_cookie(
        name,
        token,
        max_age=int(length.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )
