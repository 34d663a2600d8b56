"""`/v1/deliveries/{id}/claims` and `/v1/claims`."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from homeward.deliveries.answers import MoneyOut
from homeward.deliveries.errors import WrongCurrency
from homeward.deliveries.model import Actor, Who
from homeward.deliveries.schemas import MoneyIn
from homeward.finance.claims.errors import AlreadyRefunded, ClaimOverLimit, ClaimTooEarly, ClaimTooLate
from homeward.finance.claims.model import Claim, ClaimedItem, ClaimOutcome, ClaimReason, Fault
from homeward.finance.claims.service import ClaimsService
from homeward.infra.auth import Auth, MerchantActor
from homeward.infra.http import responses
from homeward.kit.problems import NotFound, jsonable


class ClaimedItemBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
    quantity: int = Field(1, ge=1, le=1000)
    amount: MoneyIn = Field(description="of all pieces together")

    def to_item(self) -> ClaimedItem:
        return ClaimedItem(self.name, self.quantity, self.amount.to_money())


class ClaimBody(BaseModel):
    """Without items the claim is about the whole order."""

    model_config = ConfigDict(extra="forbid")

    reason: ClaimReason
    items: list[ClaimedItemBody] = Field([], max_length=100)


class ClaimedItemOut(BaseModel):
    name: str
    quantity: int
    amount: MoneyOut


class VerdictOut(BaseModel):
    """`rule` names the rule that decided; `review` means that a person will."""

    outcome: ClaimOutcome
    code: str
    rule: str
    fault: Fault
    goods: MoneyOut
    delivery_fee: MoneyOut
    tip: MoneyOut
    total: MoneyOut


class ClaimOut(BaseModel):
    id: str
    delivery_id: str
    reason: ClaimReason
    items: list[ClaimedItemOut]
    verdict: VerdictOut
    created_at: datetime


class ClaimList(BaseModel):
    items: list[ClaimOut]
    next_cursor: str | None = None


def claims_router(service: ClaimsService, auth: Auth) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["Claims"])
    merchant = Annotated[MerchantActor, Depends(auth.merchant())]
    refusals = responses(NotFound, AlreadyRefunded, ClaimTooEarly, ClaimTooLate, ClaimOverLimit, WrongCurrency)

    @routes.post("/deliveries/{delivery_id}/claims", status_code=201, response_model=ClaimOut, responses=refusals)
    async def claim_refund(delivery_id: str, body: ClaimBody, actor: merchant) -> ClaimOut:
        """Ask for a refund; the published rules answer at once, or say that a person will."""
        by = Actor(Who.MERCHANT, actor.actor_id)
        items = [item.to_item() for item in body.items]
        return _out(await service.claim(actor.merchant_id, delivery_id, body.reason, items, by, mode=actor.mode))

    @routes.get("/deliveries/{delivery_id}/claims", response_model=ClaimList, responses=responses(NotFound))
    async def list_claims_of(delivery_id: str, actor: merchant) -> ClaimList:
        """The oldest first."""
        found = await service.of_delivery(actor.merchant_id, delivery_id, mode=actor.mode)
        return ClaimList(items=[_out(claim) for claim in found])

    @routes.get("/claims", response_model=ClaimList)
    async def list_claims(
        actor: merchant, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> ClaimList:
        """All of the merchant's claims, the newest first."""
        page = await service.all(actor.merchant_id, actor.mode, cursor=cursor, limit=limit)
        return ClaimList(items=[_out(claim) for claim in page.items], next_cursor=page.next_cursor)

    return routes


def _out(claim: Claim) -> ClaimOut:
    said = jsonable(claim)
    verdict = {**said["verdict"], "total": jsonable(claim.verdict.total)}
    return ClaimOut.model_validate({**said, "verdict": verdict})
