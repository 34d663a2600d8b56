"""The whole of the shopper's pages as one router; bootstrap mounts it."""

from typing import Final

from fastapi import APIRouter, Depends, Request, Response

from homeward.infra.pace import Pace
from homeward.web.render import Pages
from homeward.web.security import same_origin
from homeward.web.tracking.act_pages import add_act_routes
from homeward.web.tracking.pages import Tracking, TrackingDoors, add_page_routes, neutral_route, nothing

_ALL_METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def tracking_router(doors: TrackingDoors, pages: Pages, pace: Pace | None = None) -> APIRouter:
    """Routes under `/t`."""
    routes = APIRouter(
        prefix="/t", include_in_schema=False, route_class=neutral_route(pages), dependencies=[Depends(same_origin)]
    )
    tracking = Tracking(doors, pages, pace or Pace())
    add_page_routes(routes, tracking)
    add_act_routes(routes, tracking)

    @routes.api_route("/{rest:path}", methods=_ALL_METHODS)
    async def anything_else(rest: str, request: Request) -> Response:
        return nothing(pages, request, 404)

    return routes
