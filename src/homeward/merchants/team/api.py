"""`/v1/invitations`: asking people to join the merchant's own."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from homeward.infra.auth import Auth, MerchantActor
from homeward.infra.http import responses
from homeward.infra.operators import EmailTaken
from homeward.kit.problems import Forbidden, NotFound
from homeward.merchants.model import Role
from homeward.merchants.team.model import Invitation
from homeward.merchants.team.service import TeamService


class NewInvitationBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=254)
    role: Role = Role.STAFF


class InvitationOut(BaseModel, from_attributes=True):
    id: str
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


class NewInvitationOut(InvitationOut):
    """`link` is shown this once: send it to the person, who chooses name and password there."""

    link: str = Field(repr=False)


class InvitationsOut(BaseModel):
    items: list[InvitationOut]


def invitations_router(service: TeamService, auth: Auth) -> APIRouter:
    routes = APIRouter(prefix="/v1/invitations", tags=["merchant"])
    owner = Annotated[MerchantActor, Depends(auth.merchant("owner"))]

    @routes.get("", response_model=InvitationsOut)
    async def list_invitations(actor: owner) -> InvitationsOut:
        """Who is asked and has not joined yet, by e-mail."""
        return InvitationsOut(items=[_out(each) for each in await service.invited(actor.merchant_id)])

    @routes.post("", status_code=201, response_model=NewInvitationOut, responses=responses(Forbidden, EmailTaken))
    async def create_invitation(body: NewInvitationBody, actor: owner, response: Response) -> NewInvitationOut:
        """Makes a link for somebody to join by; it is valid for seven days, and ends the link they had before."""
        _require_live(actor)
        response.headers["Cache-Control"] = "no-store"
        new = await service.invite(actor.merchant_id, body.email, body.role, by=actor.label)
        return NewInvitationOut(**_out(new.invitation).model_dump(), link=new.link)

    @routes.delete("/{invitation_id}", status_code=204, responses=responses(Forbidden, NotFound))
    async def withdraw_invitation(invitation_id: str, actor: owner) -> None:
        """The link opens nothing any more."""
        _require_live(actor)
        await service.withdraw(actor.merchant_id, invitation_id, by=actor.label)

    return routes


def _out(invitation: Invitation) -> InvitationOut:
    return InvitationOut.model_validate(invitation)


def _require_live(actor: MerchantActor) -> None:
    # A test key lies in scripts and on laptops: it must not let people in.
    if actor.role == "key" and actor.mode == "test":
        raise Forbidden("a live key or a signed-in person")
