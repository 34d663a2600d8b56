"""One box that finds anything: a page of grouped results, and the same as JSON for the palette."""

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from homeward.deliveries.finding import asked
from homeward.dispatch.desk.search import Hit, Results
from homeward.infra.auth import OperatorActor
from homeward.web import words
from homeward.web.console.pages import Console
from homeward.web.words import Word

KINDS: Final = {
    "deliveries": ("Deliveries", "packages"),
    "couriers": ("Couriers", "bike"),
    "vehicles": ("Vehicles", "robot"),
    "merchants": ("Merchants", "building-store"),
    "stores": ("Stores", "building-store"),
}


@dataclass(frozen=True, slots=True)
class ResultItem:
    href: str
    name: str
    detail: str
    state: Word | None


@dataclass(frozen=True, slots=True)
class ResultGroup:
    title: str
    icon: str
    items: tuple[ResultItem, ...]
    all_url: str


@dataclass(frozen=True, slots=True)
class SearchView:
    text: str
    groups: tuple[ResultGroup, ...]
    too_short: bool


def router(console: Console) -> APIRouter:
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]

    @routes.get("/search")
    async def search(request: Request, actor: signed_in, q: str = "") -> Response:
        return console.page(request, "search.html", search_page(q, await doors.search.find(q)), actor)

    @routes.get("/search.json")
    async def search_json(actor: signed_in, q: str = "") -> Response:
        groups = search_page(q, await doors.search.find(q)).groups
        items = [
            {
                "group": group.title,
                "text": item.name,
                "detail": " · ".join(filter(None, (item.state.label if item.state else "", item.detail))),
                "href": item.href,
            }
            for group in groups
            for item in group.items
        ]
        return JSONResponse({"items": items}, headers={"Cache-Control": "no-store"})

    return routes


def search_page(text: str, results: Results) -> SearchView:
    """Groups with something in them."""
    groups = []
    for kind, (title, icon) in KINDS.items():
        hits: tuple[Hit, ...] = getattr(results, kind)
        more = f"/console/deliveries?{urlencode({'q': text})}" if kind == "deliveries" and results.more else ""
        if hits:
            groups.append(ResultGroup(title, icon, tuple(map(result_item, hits)), more))
    return SearchView(text, tuple(groups), not asked(text).enough)


def result_item(hit: Hit) -> ResultItem:
    state = words.word(words.DELIVERY, hit.state) if hit.state else None
    return ResultItem(_page_of(hit), hit.name, hit.detail, state)


def _page_of(hit: Hit) -> str:
    match hit.kind:
        case "delivery":
            return f"/console/deliveries/{hit.id}"
        case "courier":
            return f"/console/couriers/{hit.id}"
        case "vehicle":
            return f"/console/fleets/{hit.parent_id}"
        case "store":
            return f"/console/merchants/{hit.parent_id}"
        case _:
            return f"/console/merchants/{hit.id}"
