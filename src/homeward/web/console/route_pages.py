"""The route board's routes: looking, asking what a move would do, moving."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from homeward.coverage.model import Market
from homeward.deliveries.model import Actor, Who
from homeward.dispatch.model import StopKind, StopRef
from homeward.dispatch.moves.errors import PlanChanged
from homeward.dispatch.moves.model import Effect, Move
from homeward.infra.auth import OperatorActor
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem
from homeward.web import forms
from homeward.web.console.delivery_pages import require_reason
from homeward.web.console.pages import Console
from homeward.web.console.route_lanes import DEFAULT_SPAN, SPANS, Asked
from homeward.web.console.route_views import END, LANES_A_PAGE, Shown, names_of, routes_page
from homeward.web.shell import go

_MOST_TOGETHER = 20


def router(console: Console) -> APIRouter:
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(doors.auth.operator("dispatcher"))]

    async def page(
        request: Request, actor: OperatorActor, asked: Asked, *, status: int = 200, **shown: Any
    ) -> Response:
        market = await console.market(asked.market)
        if market is None:
            return console.page(request, "routes.html", None, actor)
        first = asked.page * LANES_A_PAGE
        board = await doors.dispatch.moves.board(market.id, text=asked.text, first=first, most=LANES_A_PAGE)
        view = routes_page(board, await facts(market, actor, asked, **shown))
        return console.page(request, "routes.html", view, actor, status=status)

    async def facts(market: Market, actor: OperatorActor, asked: Asked, **shown: Any) -> Shown:
        return Shown(
            market=market,
            markets=await doors.coverage.markets(),
            asked=asked,
            may_act=actor.role != "support",
            # Whom a move takes from may have gone off duty meanwhile.
            names=names_of(await doors.couriers.list(market.id)) if shown.get("effect") else {},
            **shown,
        )

    @routes.get("/routes")
    async def board(request: Request, actor: signed_in, asked: AskedBoard, show: str = "") -> Response:
        if not (show and asked.deliveries):
            missing = {"delivery": "choose what to move"} if show else {}
            return await page(request, actor, asked, form=forms.Form({"delivery": ""} if show else {}, missing))
        effect: Effect | None = None
        try:
            effect = await doors.dispatch.moves.effect(move_of(asked))
        except Problem as refusal:
            return await page(request, actor, asked, problem=_says(refusal))
        return await page(request, actor, asked, effect=effect)

    @routes.post("/routes/move")
    async def move(
        request: Request,
        actor: dispatcher,
        asked: ConfirmedMove,
        order: Annotated[str, Form()] = "",
        basis: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
    ) -> Response:
        """As it was shown, or the new effect to confirm instead."""
        wanted, form = move_of(asked), forms.Form({"reason": reason})
        try:
            require_reason("reason", reason)
            by = Actor(Who.OPERATOR, actor.user_id)
            await doors.dispatch.moves.confirm(wanted, stops_of(order), basis, by, reason.strip())
        except PlanChanged as changed:
            return await page(
                request, actor, asked, status=409, effect=changed.effect, form=form, problem=changed.title
            )
        except MalformedRequest as refusal:
            again = await doors.dispatch.moves.effect(wanted)
            form = forms.refused_form({"reason": reason}, refusal)
            return await page(request, actor, asked, status=refusal.status, effect=again, form=form)
        except Problem as refusal:
            return await page(request, actor, asked, status=refusal.status, problem=_says(refusal))
        return go(Asked(asked.market, asked.span).url(), "moved")

    return routes


def asked_board(
    market: str = "",
    span: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    page: str = "",
    delivery: Annotated[str, Query(max_length=1_000)] = "",
    courier: str = "",
    at: str = "",
) -> Asked:
    known = span if span in SPANS else DEFAULT_SPAN
    return Asked(market, known, q.strip(), _number(page) or 0, _ids(delivery), courier, _place(at))


def confirmed_move(
    deliveries: Annotated[str, Form(max_length=1_000)] = "",
    courier: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
    market: Annotated[str, Form()] = "",
    span: Annotated[str, Form()] = "",
) -> Asked:
    asked = asked_board(market=market, span=span, delivery=deliveries, courier=courier, at=at)
    if not asked.deliveries:
        raise MalformedRequest([FieldError("/deliveries", "missing", "choose what to move")])
    return asked


AskedBoard = Annotated[Asked, Depends(asked_board)]
ConfirmedMove = Annotated[Asked, Depends(confirmed_move)]


def move_of(asked: Asked) -> Move:
    return Move(asked.deliveries, asked.courier or None, asked.at)


def stops_of(order: str) -> list[StopRef]:
    """As the confirming form carries them. Raises NotFound for what is no stop."""
    found = []
    for one in filter(None, order.split(",")):
        delivery_id, _, kind = one.rpartition(":")
        if kind not in StopKind._value2member_map_:
            raise NotFound("stop", one[:80])
        found.append(StopRef(delivery_id, StopKind(kind)))
    return found


def _says(refusal: Problem) -> str:
    return refusal.title


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, text.split(","))))[:_MOST_TOGETHER]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def _place(text: str) -> int | None:
    """The last choice of the list means the end, however long the route is."""
    return END if text == "end" else _number(text)
