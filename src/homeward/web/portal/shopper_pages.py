"""What shoppers may do on the tracking page, and the photos that came with what they reported."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from homeward.web.portal.pages import Portal, Visitor
from homeward.web.portal.shopper_views import rights_of, shoppers_page
from homeward.web.shell import go


def shopper_router(portal: Portal) -> APIRouter:
    routes = portal.new_router()
    doors = portal.doors
    owner = Annotated[Visitor, Depends(portal.owner)]
    signed_in = Annotated[Visitor, Depends(portal.visitor)]

    @routes.get("/shoppers")
    async def shoppers(request: Request, visitor: owner) -> Response:
        return portal.page(request, "shoppers.html", shoppers_page(visitor.merchant.shopper), visitor)

    @routes.post("/shoppers")
    async def save(request: Request, visitor: owner) -> Response:
        ticked = {name: str(value) for name, value in (await request.form()).items()}
        await doors.merchants.update(visitor.actor.merchant_id, shopper=rights_of(ticked))
        return go("/portal/shoppers", "shoppers-saved")

    @routes.get("/deliveries/{delivery_id}/reports/{report_id}")
    async def photo(delivery_id: str, report_id: str, visitor: signed_in) -> Response:
        actor = visitor.actor
        media_type, content = await doors.shopper.photo(actor.merchant_id, delivery_id, report_id, mode=actor.mode)
        headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type=media_type, headers=headers)

    return routes
