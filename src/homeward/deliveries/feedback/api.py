"""`/v1/deliveries/{id}/feedback`."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from homeward.deliveries.feedback.errors import NotEndedYet
from homeward.deliveries.feedback.model import BEST, WORST
from homeward.deliveries.feedback.service import FeedbackService
from homeward.deliveries.model import Actor, Who
from homeward.infra.auth import Auth, MerchantActor
from homeward.infra.http import responses
from homeward.kit.problems import NotFound


class FeedbackBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rating: int = Field(ge=WORST, le=BEST, description="1 is the worst, 5 the best")
    comment: Annotated[str, StringConstraints(max_length=1000, strip_whitespace=True)] = ""


class FeedbackOut(BaseModel, from_attributes=True):
    id: str
    delivery_id: str
    rating: int
    comment: str
    received_at: datetime


class FeedbackList(BaseModel):
    items: list[FeedbackOut]
    next_cursor: str | None = None


def feedback_router(service: FeedbackService, auth: Auth) -> APIRouter:
    routes = APIRouter(prefix="/v1/deliveries/{delivery_id}/feedback", tags=["Deliveries"])
    merchant = Annotated[MerchantActor, Depends(auth.merchant())]

    @routes.post("", status_code=201, response_model=FeedbackOut, responses=responses(NotFound, NotEndedYet))
    async def add_feedback(delivery_id: str, body: FeedbackBody, actor: merchant) -> FeedbackOut:
        """What the shopper thought of it; each call adds one."""
        by = Actor(Who.MERCHANT, actor.actor_id)
        given = await service.add(actor.merchant_id, delivery_id, body.rating, body.comment, by, mode=actor.mode)
        return FeedbackOut.model_validate(given)

    @routes.get("", response_model=FeedbackList, responses=responses(NotFound))
    async def list_feedback(delivery_id: str, actor: merchant) -> FeedbackList:
        """The oldest first."""
        found = await service.all(actor.merchant_id, delivery_id, mode=actor.mode)
        return FeedbackList(items=[FeedbackOut.model_validate(each) for each in found])

    return routes
