"""The page that shows how a market's promises hold."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from homeward.infra.auth import OperatorActor
from homeward.web.console import promise_views
from homeward.web.console.pages import Console


def router(console: Console) -> APIRouter:
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]

    @routes.get("/markets/{market_id}/promises")
    async def promises(request: Request, market_id: str, actor: signed_in) -> Response:
        kept = await doors.promises.kept(market_id)
        view = promise_views.promises_page(kept, doors.clock.now())
        return console.page(request, "promises.html", view, actor)

    return routes
