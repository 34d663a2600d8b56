"""One delivery in the console: its story, and stepping in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.deliveries.model import Actor, DeliveryView, Who
from homeward.deliveries.policy import tracking_url
from homeward.dispatch.model import Explanation
from homeward.infra.auth import OperatorActor
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.web import forms
from homeward.web.console import outside_views, story_views
from homeward.web.console.fleet_pages import machines_of
from homeward.web.console.pages import Console
from homeward.web.shell import go
from homeward.web.stories import formats_of


def router(console: Console) -> APIRouter:
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(doors.auth.operator("dispatcher"))]

    async def story_page(
        request: Request, delivery_id: str, actor: OperatorActor, form: forms.Form, status: int = 200
    ) -> Response:
        facts = await load_story(console, delivery_id, may_act=actor.role != "support")
        view = story_views.story(facts, form, doors.clock.now())
        return console.page(request, "story.html", view, actor, status=status)

    @routes.get("/deliveries/{delivery_id}")
    async def story(request: Request, delivery_id: str, actor: signed_in) -> Response:
        return await story_page(request, delivery_id, actor, forms.Form())

    @routes.get("/deliveries/{delivery_id}/proofs/{proof_id}")
    async def proof(delivery_id: str, proof_id: str, actor: signed_in) -> Response:
        media_type, content = await doors.deliveries.proof_content(None, proof_id, delivery_id=delivery_id)
        kept = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type=media_type, headers=kept)

    @routes.post("/deliveries/{delivery_id}/reassign")
    async def reassign(
        request: Request,
        delivery_id: str,
        actor: dispatcher,
        courier_id: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            require_reason("reason", reason)
            by = Actor(Who.OPERATOR, actor.user_id)
            await doors.dispatch.reassign(delivery_id, courier_id or None, by, reason.strip())
        except Problem as refusal:
            form = forms.refused_form({"courier_id": courier_id, "reason": reason}, refusal)
            return await story_page(request, delivery_id, actor, form, refusal.status)
        return go(f"/console/deliveries/{delivery_id}", "reassigned" if courier_id else "searching")

    @routes.post("/deliveries/{delivery_id}/goes-on")
    async def goes_on(
        request: Request, delivery_id: str, actor: dispatcher, go_on_reason: Annotated[str, Form()] = ""
    ) -> Response:
        try:
            require_reason("go_on_reason", go_on_reason)
            await doors.dispatch.goes_on(delivery_id, Actor(Who.OPERATOR, actor.user_id), go_on_reason.strip())
        except Problem as refusal:
            form = forms.refused_form({"go_on_reason": go_on_reason}, refusal)
            return await story_page(request, delivery_id, actor, form, refusal.status)
        return go(f"/console/deliveries/{delivery_id}", "goes-on")

    @routes.post("/deliveries/{delivery_id}/cancel")
    async def cancel(
        request: Request, delivery_id: str, actor: dispatcher, cancel_reason: Annotated[str, Form()] = ""
    ) -> Response:
        try:
            require_reason("cancel_reason", cancel_reason)
            await doors.dispatch.cancel(delivery_id, Actor(Who.OPERATOR, actor.user_id), cancel_reason.strip())
        except Problem as refusal:
            form = forms.refused_form({"cancel_reason": cancel_reason}, refusal)
            return await story_page(request, delivery_id, actor, form, refusal.status)
        return go(f"/console/deliveries/{delivery_id}", "cancelled")

    @routes.post("/deliveries/{delivery_id}/fail")
    async def fail(
        request: Request, delivery_id: str, actor: dispatcher, fail_reason: Annotated[str, Form()] = ""
    ) -> Response:
        try:
            require_reason("fail_reason", fail_reason)
            await doors.dispatch.fail(delivery_id, Actor(Who.OPERATOR, actor.user_id), fail_reason.strip())
        except Problem as refusal:
            form = forms.refused_form({"fail_reason": fail_reason}, refusal)
            return await story_page(request, delivery_id, actor, form, refusal.status)
        return go(f"/console/deliveries/{delivery_id}", "failed")

    return routes


def require_reason(field: str, reason: str) -> None:
    """Stepping in is on the record, with why."""
    if not reason.strip():
        raise MalformedRequest([FieldError(f"/{field}", "missing", "say why; it stands in the record")])


async def load_story(console: Console, delivery_id: str, *, may_act: bool) -> story_views.StoryFacts:
    """Everything the services know of one delivery."""
    doors = console.doors
    view = await doors.deliveries.get(None, delivery_id)
    market = await doors.coverage.market(view.delivery.market_id)
    couriers = await doors.couriers.list(market.id)
    explanation = await doors.dispatch.explain(delivery_id)
    formats, now = formats_of(market), doors.clock.now()
    carrier = await doors.couriers.find(view.delivery.courier_id)  # another company's legs are on no route of ours
    route = await doors.dispatch.route(carrier.id) if carrier else None
    return story_views.StoryFacts(
        view=view,
        market=market,
        events=await doors.deliveries.events(None, delivery_id),
        legs=await doors.deliveries.legs(None, delivery_id),
        proofs=await doors.deliveries.proofs(None, delivery_id),
        explanation=explanation,
        couriers=couriers,
        route=route,
        messages=outside_views.message_items(await doors.messages.recent(delivery_id=delivery_id), formats, now),
        webhooks=outside_views.webhook_items(await doors.webhooks.of(delivery_id), formats, now),
        names=await names(console, view, explanation) | {courier.id: courier.name for courier in couriers},
        tracking_url=tracking_url(doors.deliveries.base_url, view.tracking_domain, view.delivery.tracking_token),
        may_act=may_act,
        real_time=doors.clock.speed == 1,
        machines=await machines_of(console, view),
        mates=await doors.deliveries.together_with(None, view),
    )


async def names(console: Console, view: DeliveryView, explanation: Explanation) -> dict[str, str]:
    """The people who may stand as actors in the events."""
    doors = console.doors
    people = {user.id: user.name for user in await doors.operators.list()}
    people |= {user.id: user.name for user in await doors.merchants.list_users(view.delivery.merchant_id)}
    keys = await doors.merchants.list_keys(view.delivery.merchant_id)
    return people | {key.id: key.name or f"Key {key.hint}" for key in keys} | dict(explanation.courier_names)
