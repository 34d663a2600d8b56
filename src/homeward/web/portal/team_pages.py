"""Portal: who belongs to the merchant and what each may do; the page where somebody who was invited joins."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.infra.auth import COOKIES, SESSION_LENGTH
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.merchants.model import Role
from homeward.merchants.team.model import InvitationEnded, NewInvitation
from homeward.web import forms
from homeward.web.portal.pages import FACE, Portal, Visitor
from homeward.web.portal.team_views import ended_page, join_page, team_page
from homeward.web.shell import go, set_session

TEAM = "/portal/team"


def team_router(portal: Portal) -> APIRouter:
    """For owners."""
    routes = portal.new_router()
    doors = portal.doors
    owner = Annotated[Visitor, Depends(portal.owner)]

    async def page(
        request: Request, visitor: Visitor, form: forms.Form, made: NewInvitation | None = None, status: int = 200
    ) -> Response:
        people = await doors.merchants.list_users(visitor.actor.merchant_id)
        invited = await doors.team.invited(visitor.actor.merchant_id)
        now = doors.clock.now()
        view = team_page(people, invited, visitor.user.id, visitor.formats, now, form, made)
        response = portal.page(request, "team.html", view, visitor, status=status)
        if made:
            response.headers["Cache-Control"] = "no-store"
        return response

    @routes.get("/team")
    async def team(request: Request, visitor: owner) -> Response:
        return await page(request, visitor, forms.Form())

    @routes.post("/team/invitations")
    async def invite(
        request: Request, visitor: owner, email: Annotated[str, Form()] = "", role: Annotated[str, Form()] = ""
    ) -> Response:
        actor = visitor.actor
        try:
            made = await doors.team.invite(actor.merchant_id, email, _role(role), by=actor.label)
        except Problem as refusal:
            form = forms.refused_form({"email": email, "role": role}, refusal)
            return await page(request, visitor, form, status=refusal.status)
        return await page(request, visitor, forms.Form(), made)

    @routes.post("/team/invitations/{invitation_id}/withdraw")
    async def withdraw(request: Request, invitation_id: str, visitor: owner) -> Response:
        try:
            await doors.team.withdraw(visitor.actor.merchant_id, invitation_id, by=visitor.actor.label)
        except Problem as refusal:
            return await page(request, visitor, forms.refused_form({}, refusal), status=refusal.status)
        return go(TEAM, "invitation-withdrawn")

    @routes.post("/team/{user_id}/role")
    async def change_role(
        request: Request, user_id: str, visitor: owner, role: Annotated[str, Form()] = ""
    ) -> Response:
        try:
            await doors.merchants.set_role(visitor.actor.merchant_id, user_id, _role(role))
        except Problem as refusal:
            return await page(request, visitor, forms.refused_form({}, refusal), status=refusal.status)
        # Who is no owner any more may not see this page again.
        gone = user_id == visitor.user.id and role != Role.OWNER.value
        return go(FACE.home if gone else TEAM, "role-changed")

    @routes.post("/team/{user_id}/remove")
    async def remove(request: Request, user_id: str, visitor: owner) -> Response:
        try:
            await doors.merchants.remove_user(visitor.actor.merchant_id, user_id)
        except Problem as refusal:
            return await page(request, visitor, forms.refused_form({}, refusal), status=refusal.status)
        return go(TEAM, "person-removed")

    return routes


def join_router(portal: Portal) -> APIRouter:
    """For whoever holds a link."""
    routes = portal.new_router()
    doors = portal.doors

    async def door(request: Request, secret: str, form: forms.Form, status: int = 200) -> Response:
        say = portal.pages.say(request)
        try:
            invitation = await doors.team.by_link(secret)
        except InvitationEnded as ended:
            status, view = ended.status, ended_page(say, FACE.title, FACE.mark)
        else:
            merchant = await doors.merchants.get(invitation.merchant_id)
            view = join_page(say, merchant.name, FACE.mark, invitation, f"/portal/join/{secret}", form)
        response = portal.pages.page(request, "join.html", view, status=status, face=FACE.name)
        response.headers["Cache-Control"] = "no-store"
        return response

    @routes.get("/join/{secret}")
    async def show_door(request: Request, secret: str) -> Response:
        return await door(request, secret, forms.Form())

    @routes.post("/join/{secret}")
    async def join(
        request: Request, secret: str, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = ""
    ) -> Response:
        try:
            _, token = await doors.team.join(secret, name, password)
        except Problem as refusal:
            form = forms.refused_form({"name": name, "password": ""}, refusal, say=portal.pages.say(request))
            return await door(request, secret, form, refusal.status)
        response = go(FACE.home, "joined")
        set_session(response, request, COOKIES["merchant"], token, SESSION_LENGTH)
        return response

    return routes


def _role(asked: str) -> Role:
    """Raises MalformedRequest."""
    if asked not in list(Role):
        raise MalformedRequest([FieldError("/role", "unknown", "choose what they may do")])
    return Role(asked)
