"""The exceptions queue and what is done right there: the next step, taking one, putting one off."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.deliveries.model import Actor, Who
from homeward.dispatch.desk.errors import NothingToLookAfter
from homeward.dispatch.desk.model import Step
from homeward.infra.auth import OperatorActor
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.web import words
from homeward.web.console.exception_views import STEPS, Around, exceptions_page
from homeward.web.console.pages import Console
from homeward.web.console.views import EXCEPTIONS
from homeward.web.shell import NavLink, go

SNOOZES: Final = (10, 30, 60, 240)
_LONGEST_REASON: Final = 200

Text = Annotated[str, Form()]


async def take_step(
    console: Console, step: Step, delivery_id: str, by: Actor, reason: str, courier_id: str = ""
) -> str:
    """Do it through the service that owns it, which may refuse. Returns the code of the good news."""
    doors = console.doors
    match step:
        case Step.GIVE | Step.SEARCH_AGAIN:
            if step is Step.GIVE and not courier_id:
                raise MalformedRequest([FieldError("/courier_id", "missing", "choose who gets it")])
            await doors.dispatch.reassign(delivery_id, courier_id or None, by, reason)
            return "given" if courier_id else "searching"
        case Step.CONFIRM_ADDRESS:
            place = (await doors.deliveries.get(None, delivery_id)).delivery.dropoff.place
            await doors.deliveries.confirm_address(None, delivery_id, place, by)
            return "address-confirmed"
        case Step.CALL_BACK:
            await doors.deliveries.return_to_store(None, delivery_id, by, reason)
            return "called-back"
        case Step.GOES_ON:
            await doors.dispatch.goes_on(delivery_id, by, reason)
            return "goes-on"
        case Step.CANCEL:
            await doors.dispatch.cancel(delivery_id, by, reason)
            return "cancelled"
        case Step.FAIL:
            await doors.dispatch.fail(delivery_id, by, reason)
            return "failed"
        case _:
            raise MalformedRequest([FieldError("/step", "unknown", "this is no act of ours")])


def router(console: Console) -> APIRouter:
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(doors.auth.operator("dispatcher"))]

    async def queue(request: Request, actor: OperatorActor, problem: Problem | None = None) -> Response:
        around = Around(
            markets={market.id: market for market in await doors.coverage.markets()},
            stores={store.id: store for store in await doors.merchants.all_stores()},
            couriers=await doors.couriers.list(),
            operator_id=actor.user_id,
            may_act=actor.role != "support",
        )
        told = said(problem) if problem else ""
        view = exceptions_page(await console.exceptions.read(), around, doors.clock.now(), told)
        status = problem.status if problem else 200
        return console.page(request, "exceptions.html", view, actor, status=status)

    @routes.get("/exceptions")
    async def exceptions(request: Request, actor: signed_in) -> Response:
        return await queue(request, actor)

    @routes.get("/exceptions/count")
    async def count(request: Request, actor: signed_in) -> Response:
        open_now = request.state.exceptions
        link = NavLink(EXCEPTIONS, "", "", count=open_now, urgent=open_now > 0, live=f"{EXCEPTIONS}/count")
        return console.pages.page(request, "console/_count.html", link)

    @routes.post("/exceptions/{subject}/step")
    async def step(
        request: Request,
        actor: dispatcher,
        subject: str,
        step: Text = "",
        code: Text = "",
        courier_id: Text = "",
    ) -> Response:
        by, reason = Actor(Who.OPERATOR, actor.user_id), f"Exception: {words.attention(code)}"
        try:
            told = await take_step(console, known_step(step), subject, by, reason[:_LONGEST_REASON], courier_id)
        except Problem as refusal:
            return await queue(request, actor, refusal)
        console.exceptions.forget()
        return go(EXCEPTIONS, told)

    @routes.post("/exceptions/{subject}/take")
    async def take(request: Request, actor: signed_in, subject: str, code: Text = "") -> Response:
        try:
            await require_open(console, subject, code)
        except Problem as refusal:
            return await queue(request, actor, refusal)
        await doors.desk.take(subject, code, actor.user_id)
        return go(EXCEPTIONS, "taken")

    @routes.post("/exceptions/{subject}/release")
    async def release(actor: signed_in, subject: str, code: Text = "") -> Response:
        await doors.desk.release(subject, code, actor.user_id)
        console.exceptions.forget()
        return go(EXCEPTIONS, "released")

    @routes.post("/exceptions/{subject}/snooze")
    async def snooze(
        request: Request, actor: signed_in, subject: str, code: Text = "", minutes: Text = "", reason: Text = ""
    ) -> Response:
        try:
            await require_open(console, subject, code)
            length = require_snooze(minutes, reason)
        except Problem as refusal:
            return await queue(request, actor, refusal)
        until = doors.clock.now() + length
        await doors.desk.snooze(subject, code, actor.user_id, until, reason.strip()[:_LONGEST_REASON])
        console.exceptions.forget()
        return go(EXCEPTIONS, "snoozed")

    return routes


async def require_open(console: Console, subject: str, code: str) -> None:
    """Nobody looks after what is over."""
    found = await console.exceptions.read()
    if not any((one.subject, one.code) == (subject, code) for one in found.troubles):
        raise NothingToLookAfter(subject)


def require_snooze(minutes: str, reason: str) -> timedelta:
    """Putting off needs an end and a reason that the next shift can read."""
    if minutes not in {str(one) for one in SNOOZES}:
        raise MalformedRequest([FieldError("/minutes", "unknown", "choose how long")])
    if not reason.strip():
        raise MalformedRequest([FieldError("/reason", "missing", "say why it can wait")])
    return timedelta(minutes=int(minutes))


def known_step(step: str) -> Step:
    if step not in {str(one) for one in STEPS}:
        raise MalformedRequest([FieldError("/step", "unknown", "this is no act of ours")])
    return Step(step)


def said(problem: Problem) -> str:
    """A refusal in one sentence."""
    if isinstance(problem, MalformedRequest):
        return "Nothing was done: " + "; ".join(error.message for error in problem.errors) + "."
    return f"Nothing was done. {problem.title} {problem.detail() or ''}".strip()
