"""Portal: one's own password."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.infra.auth import COOKIES, SESSION_LENGTH
from homeward.infra.operators import WrongCredentials
from homeward.infra.passwords import SHORTEST
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.web import forms
from homeward.web.portal.pages import FACE, Portal, Visitor
from homeward.web.shell import go, set_session


@dataclass(frozen=True, slots=True)
class AccountPage:
    name: str
    email: str
    form: forms.Form
    shortest: int = SHORTEST


def account_router(portal: Portal) -> APIRouter:
    routes = portal.new_router()
    signed_in = Annotated[Visitor, Depends(portal.visitor)]

    def page(request: Request, visitor: Visitor, form: forms.Form, status: int = 200) -> Response:
        view = AccountPage(visitor.user.name, visitor.user.email, form)
        return portal.page(request, "account.html", view, visitor, status=status)

    @routes.get("/account")
    async def account(request: Request, visitor: signed_in) -> Response:
        return page(request, visitor, forms.Form())

    @routes.post("/account/password")
    async def change_password(
        request: Request,
        visitor: signed_in,
        now: Annotated[str, Form(max_length=200)] = "",
        password: Annotated[str, Form(max_length=200)] = "",
    ) -> Response:
        address = request.client.host if request.client else ""
        try:
            token = await _changed(portal, visitor, now, password, address)
        except Problem as refusal:
            return page(request, visitor, forms.refused_form({"now": "", "password": ""}, refusal), refusal.status)
        response = go(FACE.home, "password-changed")
        set_session(response, request, COOKIES["merchant"], token, SESSION_LENGTH)
        return response

    return routes


async def _changed(portal: Portal, visitor: Visitor, now: str, password: str, address: str) -> str:
    """A new session: all that were open end. Raises MalformedRequest, TooManyRequests."""
    merchants, user = portal.doors.merchants, visitor.user
    try:
        # As at the door, with its limit of tries: a session left open must not be worth a password.
        proof = await merchants.sign_in(user.email, now, address)
    except WrongCredentials as cause:
        raise MalformedRequest([FieldError("/now", "wrong", "this is not your password")]) from cause
    try:
        await merchants.set_password(user.merchant_id, user.id, password)
    except Problem:
        await merchants.sign_out(proof.token)
        raise
    return (await merchants.sign_in(user.email, password, address)).token
