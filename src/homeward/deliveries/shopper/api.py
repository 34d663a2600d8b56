"""`/v1/deliveries/{id}/reports`: what shoppers say went wrong."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from homeward.deliveries.shopper.model import ReportKind
from homeward.deliveries.shopper.service import ShopperService
from homeward.infra.auth import Auth, MerchantActor
from homeward.infra.http import responses
from homeward.kit.problems import NotFound


class ReportOut(BaseModel, from_attributes=True):
    id: str
    delivery_id: str
    kind: ReportKind
    comment: str
    has_photo: bool = Field(description="then `/photo` below it has the picture")
    reported_at: datetime


class ReportList(BaseModel):
    items: list[ReportOut]
    next_cursor: str | None = None


def reports_router(service: ShopperService, auth: Auth) -> APIRouter:
    routes = APIRouter(prefix="/v1/deliveries/{delivery_id}/reports", tags=["Deliveries"])
    merchant = Annotated[MerchantActor, Depends(auth.merchant())]

    @routes.get("", response_model=ReportList, responses=responses(NotFound))
    async def list_reports(delivery_id: str, actor: merchant) -> ReportList:
        """What the shopper reported on the tracking page, the oldest first."""
        found = await service.reports(actor.merchant_id, delivery_id, mode=actor.mode)
        return ReportList(items=[ReportOut.model_validate(each) for each in found])

    @routes.get(
        "/{report_id}/photo",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}}, **responses(NotFound)},
    )
    async def get_report_photo(delivery_id: str, report_id: str, actor: merchant) -> Response:
        """The picture that came with a report."""
        media_type, content = await service.photo(actor.merchant_id, delivery_id, report_id, mode=actor.mode)
        return Response(content, media_type=media_type, headers={"X-Content-Type-Options": "nosniff"})

    return routes
