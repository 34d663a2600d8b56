"""`/docs` and `/problems/{slug}`: where the `type` of every refusal leads."""

from typing import Any, Final, Protocol

from fastapi import APIRouter, Request, Response

from homeward.kit.problems import NotFound
from homeward.web.reference.views import ProblemsView, ReferenceView, kinds_of_problem, problem_pages, reference
from homeward.web.render import Pages
from homeward.web.shell import Face, page_route

FACE: Final = Face("reference", "API reference", "code", "/docs", "/docs")


class Documented(Protocol):
    """The app, as far as it describes itself."""

    def openapi(self) -> dict[str, Any]: ...


def reference_router(app: Documented, base_url: str, pages: Pages) -> APIRouter:
    """The document is read at the first visit, when every router is mounted."""
    routes = APIRouter(include_in_schema=False, route_class=page_route(pages, FACE))
    kept: list[ReferenceView] = []

    def whole() -> ReferenceView:
        if not kept:
            kept.append(reference(app.openapi(), base_url))
        return kept[0]

    @routes.get("/docs")
    async def docs(request: Request) -> Response:
        return pages.page(request, "reference/docs.html", whole(), face=FACE.name)

    @routes.get("/problems")
    async def problems(request: Request) -> Response:
        view = ProblemsView(problem_pages(kinds_of_problem(), whole().groups))
        return pages.page(request, "reference/problems.html", view, face=FACE.name)

    @routes.get("/problems/{slug}")
    async def problem(slug: str, request: Request) -> Response:
        kinds = [kind for kind in kinds_of_problem() if kind.slug == slug]
        if not kinds:
            raise NotFound("problem", slug)
        (page,) = problem_pages(kinds, whole().groups)
        return pages.page(request, "reference/problem.html", page, face=FACE.name)

    return routes
