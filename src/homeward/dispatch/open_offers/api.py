"""Open offers for couriers, and the record of each choice for the operator."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from homeward.dispatch.api import OfferOut, offer_json
from homeward.dispatch.errors import CourierNotOnDuty, OfferExpired, OfferGone
from homeward.dispatch.open_offers import policy
from homeward.dispatch.open_offers.model import Audit, Draw, Seen
from homeward.dispatch.open_offers.service import OpenOffersService
from homeward.infra.auth import Auth, CourierActor, OperatorActor
from homeward.infra.http import responses
from homeward.kit.problems import NotFound, jsonable


class RuleOut(BaseModel):
    """By what the choice is made; explained in the documentation of offers."""

    version: str
    band_s: int = Field(description="who is at the store within the same so many seconds is equally near")
    wait_step_s: int = Field(description="waiting for work is compared in steps of so many seconds")


class PlacedOut(BaseModel):
    """Your own place in the choice, and what gave it. The smaller comes first, but for `wait_steps`."""

    place: int
    of: int
    band: int
    wait_steps: int
    lot: str


class OpenOfferOut(BaseModel):
    """A delivery that everybody who can carry it is shown, each with the pay for their own way."""

    id: str
    state: str = Field(description="gathering, won, lost, passed_over or withdrawn")
    round: int
    raised_pct: int = Field(description="by how much the pay has risen since nobody took it")
    interested: bool
    ends_at: datetime = Field(description="when the choice is made, or the pay rises if nobody is interested")
    offer: OfferOut = Field(description="what you would get, binding and signed")
    rule: RuleOut
    seed_hash: str = Field(description="SHA-256 of the lot's seed, told before anybody is interested")
    seed: str | None = Field(description="the seed, once the choice was made")
    yours: PlacedOut | None


class OpenOffersOut(BaseModel):
    items: list[OpenOfferOut]
    version: str = Field(description="send it as `known` to wait for news")


class InvitedOut(BaseModel):
    round: int
    courier_id: str
    pay_minor: int
    arrives_s: int
    interested_at: datetime | None
    result: str | None


class ChoiceOut(BaseModel):
    round: int
    drawn_at: datetime
    rule: RuleOut
    seed: str
    entries: list[dict[str, Any]]
    ranking: list[dict[str, Any]]
    same_again: bool = Field(description="whether the rule, applied to the entries once more, ranks them so")


class OpenOfferAuditOut(BaseModel):
    id: str
    delivery_id: str
    state: str
    why: str
    opened_at: datetime
    winner_id: str | None
    reason: str | None
    invited: list[InvitedOut]
    choices: list[ChoiceOut]


def courier_router(service: OpenOffersService, auth: Auth) -> APIRouter:
    """`/v1/courier/open-offers`."""
    api = APIRouter(prefix="/v1/courier", tags=["courier"])
    signed_in = Annotated[CourierActor, Depends(auth.courier())]
    refusals = responses(NotFound, CourierNotOnDuty, OfferExpired, OfferGone)

    @api.get("/open-offers", response_model=OpenOffersOut)
    async def open_offers(
        actor: signed_in,
        known: Annotated[str, Query(max_length=40, description="`version` of the last answer")] = "",
        wait_s: Annotated[float, Query(ge=0, le=25, description="Wait so long for other news than `known`")] = 0,
    ) -> OpenOffersOut:
        """What you may tell your interest in, and for ten minutes what became of it."""
        version = await service.version(actor.courier_id, other_than=known, wait_s=wait_s if known else 0)
        found = await service.seen_by(actor.courier_id)
        return OpenOffersOut(items=[seen_json(one) for one in found], version=version)

    @api.post("/open-offers/{open_offer_id}/interest", response_model=OpenOfferOut, responses=refusals)
    async def tell_interest(open_offer_id: str, actor: signed_in) -> OpenOfferOut:
        """You would carry it for what is shown. Being first is worth nothing: all have the same time."""
        return seen_json(await service.interested(actor.courier_id, open_offer_id))

    @api.delete("/open-offers/{open_offer_id}/interest", response_model=OpenOfferOut, responses=refusals)
    async def take_interest_back(open_offer_id: str, actor: signed_in) -> OpenOfferOut:
        """While the choice is not made. No harm in it."""
        return seen_json(await service.not_interested(actor.courier_id, open_offer_id))

    return api


def operator_router(service: OpenOffersService, auth: Auth) -> APIRouter:
    """`/v1/operator/open-offers/{id}`."""
    api = APIRouter(prefix="/v1/operator", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]

    @api.get("/open-offers/{open_offer_id}", response_model=OpenOfferAuditOut, responses=responses(NotFound))
    async def open_offer(open_offer_id: str, actor: anyone) -> OpenOfferAuditOut:
        """Who was invited, who was interested, and each choice, made again from what is stored."""
        return audit_json(await service.audit(open_offer_id))

    return api


def seen_json(seen: Seen) -> OpenOfferOut:
    one, invitation = seen.open_offer, seen.invitation
    assert one.terms is not None, "who is invited is in a round"
    return OpenOfferOut(
        id=one.id,
        state=seen.state,
        round=invitation.round,
        raised_pct=one.terms.raised_pct,
        interested=invitation.interested_at is not None,
        ends_at=one.ends_at,
        offer=offer_json(invitation.offer),
        rule=RuleOut(**jsonable(one.terms.rule)),
        seed_hash=policy.seed_hash(one.seed),
        seed=one.seed if seen.draw else None,
        yours=_yours(seen.draw, invitation.courier_id) if seen.draw else None,
    )


def _yours(draw: Draw, courier_id: str) -> PlacedOut | None:
    for place, one in enumerate(draw.ranking, start=1):
        if one.courier_id == courier_id:
            return PlacedOut(place=place, of=len(draw.ranking), band=one.band, wait_steps=one.wait_steps, lot=one.lot)
    return None


def audit_json(audit: Audit) -> OpenOfferAuditOut:
    one = audit.open_offer
    return OpenOfferAuditOut(
        id=one.id,
        delivery_id=one.delivery_id,
        state=one.state.value,
        why=one.why,
        opened_at=one.opened_at,
        winner_id=one.winner_id,
        reason=one.reason,
        invited=[
            InvitedOut(
                round=each.round,
                courier_id=each.courier_id,
                pay_minor=each.offer.pay.minor,
                arrives_s=each.arrives_s,
                interested_at=each.interested_at,
                result=each.result.value if each.result else None,
            )
            for each in audit.invitations
        ],
        choices=[
            ChoiceOut(
                round=draw.round,
                drawn_at=draw.drawn_at,
                rule=RuleOut(**jsonable(draw.rule)),
                seed=draw.seed,
                entries=jsonable(list(draw.entries)),
                ranking=jsonable(list(draw.ranking)),
                same_again=tuple(draw.ranking) == tuple(again),
            )
            for draw, again in zip(audit.draws, audit.again, strict=True)
        ],
    )
