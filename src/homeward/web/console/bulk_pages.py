"""Many deliveries at once: one act on all that were chosen, told one by one; and lists saved under a name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.deliveries.model import Actor, Who
from homeward.dispatch.desk.model import Step
from homeward.infra.auth import OperatorActor
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.web.console.delivery_pages import require_reason
from homeward.web.console.exception_pages import said, take_step
from homeward.web.console.pages import Console
from homeward.web.console.views import BULK, LIST
from homeward.web.shell import go
from homeward.web.stories import door, short_id
from homeward.web.words import Word

# One page of the list; every act is a transaction of its own.
MOST: Final = 50
_LONGEST_NAME: Final = 60
_LONGEST_QUERY: Final = 500
DONE: Final = Word("Done", "circle-check", "ok")
REFUSED: Final = Word("Not done", "alert-circle", "bad")


@dataclass(frozen=True, slots=True)
class BulkItem:
    """What happened to one of them; `why` is empty if it was done."""

    href: str
    short_id: str
    address: str
    outcome: Word
    why: str


@dataclass(frozen=True, slots=True)
class BulkView:
    act: str
    reason: str
    items: tuple[BulkItem, ...]
    back: str

    @property
    def done(self) -> int:
        return sum(item.outcome is DONE for item in self.items)


def router(console: Console) -> APIRouter:
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(doors.auth.operator("dispatcher"))]

    @routes.post("/deliveries/bulk")
    async def bulk(
        request: Request,
        actor: dispatcher,
        ids: Annotated[Sequence[str], Form()] = (),
        act: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        query: Annotated[str, Form()] = "",
    ) -> Response:
        step = require_bulk(ids, act, reason)
        by, why = Actor(Who.OPERATOR, actor.user_id), reason.strip()[:200]
        items = [await act_on(console, step, delivery_id, by, why) for delivery_id in dict.fromkeys(ids)]
        console.exceptions.forget()
        # Refusals first: they are what is left to do.
        items.sort(key=lambda item: item.outcome is DONE)
        view = BulkView(BULK[step], why, tuple(items), f"{LIST}?{query}" if query else LIST)
        return console.page(request, "bulk.html", view, actor)

    @routes.post("/deliveries/filters")
    async def save_filter(
        actor: signed_in, name: Annotated[str, Form()] = "", query: Annotated[str, Form()] = ""
    ) -> Response:
        if not name.strip():
            raise MalformedRequest([FieldError("/name", "missing", "give the list a name")])
        kept = query[:_LONGEST_QUERY]
        await doors.desk.save_filter(actor.user_id, name.strip()[:_LONGEST_NAME], kept)
        return go(f"{LIST}?{kept}" if kept else LIST, "filter-saved")

    @routes.post("/deliveries/filters/{filter_id}/forget")
    async def forget_filter(actor: signed_in, filter_id: str) -> Response:
        await doors.desk.forget_filter(actor.user_id, filter_id)
        return go(LIST, "filter-forgotten")

    return routes


def require_bulk(ids: Sequence[str], act: str, reason: str) -> Step:
    """Refused as a whole, before anything is done."""
    if act not in {str(step) for step in BULK}:
        raise MalformedRequest([FieldError("/act", "unknown", "choose what to do")])
    if not ids:
        raise MalformedRequest([FieldError("/ids", "missing", "choose the deliveries first")])
    if len(ids) > MOST:
        raise MalformedRequest([FieldError("/ids", "too-many", f"choose {MOST} at most")])
    require_reason("reason", reason)
    return Step(act)


async def act_on(console: Console, step: Step, delivery_id: str, by: Actor, reason: str) -> BulkItem:
    """One of them; a refusal stops none of the others."""
    href, address = f"{LIST}/{delivery_id}", ""
    try:
        address = door((await console.doors.deliveries.get(None, delivery_id)).delivery)
        await take_step(console, step, delivery_id, by, reason)
    except Problem as refusal:
        return BulkItem(href, short_id(delivery_id), address or delivery_id, REFUSED, said(refusal))
    return BulkItem(href, short_id(delivery_id), address, DONE, "")
