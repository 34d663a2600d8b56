"""The tablet beside the counter: who comes, which hatch to open, what is ready."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from homeward.deliveries.model import Actor, DeliveryFilter, DeliveryView, Step, Who
from homeward.deliveries.states import State
from homeward.fleets.autonomous.errors import MachineSaysNo
from homeward.fleets.autonomous.model import MachineLeg
from homeward.fleets.contract.legs import Holder
from homeward.kit.problems import Problem
from homeward.web.portal import counter_views as views
from homeward.web.portal.pages import Portal, UnknownAct, Visitor
from homeward.web.shell import go

_MOST = 100


def asked_of(store: str = "", find: Annotated[str, Query(max_length=100)] = "") -> views.Asked:
    return views.Asked(store, find.strip())


def counter_router(portal: Portal) -> APIRouter:
    routes = portal.new_router()
    signed_in = Annotated[Visitor, Depends(portal.visitor)]
    asked_for = Annotated[views.Asked, Depends(asked_of)]

    @routes.get("/counter")
    async def counter(request: Request, visitor: signed_in, asked: asked_for) -> Response:
        return await _page(portal, request, visitor, asked)

    @routes.post("/counter/{delivery_id}/{act}")
    async def act(request: Request, delivery_id: str, act: str, visitor: signed_in, asked: asked_for) -> Response:
        try:
            told = await _do(portal, visitor, delivery_id, act)
        except MachineSaysNo as no:
            trouble = views.refused(no.limit, no.said)
            return await _page(portal, request, visitor, asked, trouble, no.status)
        except Problem as refusal:
            if refusal.status in (403, 404):
                raise
            return await _page(portal, request, visitor, asked, refusal.title, refusal.status)
        return go(f"/portal/counter?store={asked.store}" if asked.store else "/portal/counter", told)

    return routes


async def _page(
    portal: Portal, request: Request, visitor: Visitor, asked: views.Asked, trouble: str = "", status: int = 200
) -> Response:
    doors, actor, now = portal.doors, visitor.actor, portal.doors.clock.now()
    here = DeliveryFilter(states=views.SHOWN, store_id=asked.store or None)
    found = (await doors.deliveries.list(actor.merchant_id, here, mode=actor.mode, limit=_MOST)).items
    left = DeliveryFilter(states=views.GONE, store_id=asked.store or None, created_from=now - 24 * views.GONE_FOR)
    gone = (await doors.deliveries.list(actor.merchant_id, left, mode=actor.mode, limit=_MOST)).items
    view = views.counter(
        found,
        [
            one
            for one in gone
            if one.delivery.times.get(State.PICKED_UP, now - 2 * views.GONE_FOR) > now - views.GONE_FOR
        ],
        await _legs(portal, found),
        tuple((store.id, store.name) for store in visitor.stores),
        asked,
        visitor.formats,
        now,
        trouble,
    )
    return portal.page(request, "counter.html", view, visitor, status=status)


async def _legs(portal: Portal, found: Sequence[DeliveryView]) -> dict[str, MachineLeg]:
    """Of those that a machine comes for, or comes back with."""
    machines = portal.doors.machines
    carried = [
        one.delivery.id for one in found if one.delivery.courier_id and machines.is_machine(one.delivery.courier_id)
    ]
    legs = [await machines.leg_of(delivery_id) for delivery_id in carried]
    return {leg.delivery_id: leg for leg in legs if leg is not None}


async def _do(portal: Portal, visitor: Visitor, delivery_id: str, act: str) -> str:
    """One press of a button; returns the code of the good news."""
    doors, actor = portal.doors, visitor.actor
    by = Actor(Who.MERCHANT, actor.actor_id)
    await doors.deliveries.get(actor.merchant_id, delivery_id, mode=actor.mode)
    match act:
        case "open":
            await doors.machines.open_for(delivery_id, Holder.STORE, by=by.label)
            return "opened"
        case "ready":
            await doors.deliveries.mark_ready(actor.merchant_id, delivery_id, by, mode=actor.mode)
            return "ready"
        case "confirm":
            await doors.deliveries.confirm_handshake(actor.merchant_id, delivery_id, Step.PICKUP, by, mode=actor.mode)
            return "handshake"
        case _:
            raise UnknownAct(act)
