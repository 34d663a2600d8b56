"""A courier's answer to what all who can are asked."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.infra.auth import CourierActor
from homeward.kit.problems import Problem
from homeward.web.courier.pages import CourierApp


def open_offers_router(app: CourierApp) -> APIRouter:
    """Routes under `/courier/open-offers`."""
    routes, doors = app.new_router(), app.doors
    signed_in = Annotated[CourierActor, Depends(doors.auth.courier())]

    @routes.post("/open-offers/{open_offer_id}")
    async def answer_open_offer(
        request: Request, open_offer_id: str, actor: signed_in, interested: Annotated[bool, Form()]
    ) -> Response:
        try:
            if interested:
                await doors.open_offers.interested(actor.courier_id, open_offer_id)
            else:
                await doors.open_offers.not_interested(actor.courier_id, open_offer_id)
        except Problem as problem:
            return await app.refused(request, actor.courier_id, problem)
        return await app.answer(request, actor.courier_id, "interested" if interested else "not_interested")

    return routes
