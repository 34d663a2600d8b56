"""Portal: keys for software that was written for another delivery API."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.kit.problems import FieldError, MalformedRequest
from homeward.merchants.credentials.model import Dialect, NewCredential
from homeward.merchants.model import Mode
from homeward.web import forms
from homeward.web.portal import credential_views
from homeward.web.portal.pages import Portal, Visitor
from homeward.web.shell import go

_LONGEST_NAME = 80


def credential_router(portal: Portal) -> APIRouter:
    routes = portal.new_router()
    doors = portal.doors
    builder = Annotated[Visitor, Depends(portal.builder)]

    async def page(
        request: Request, visitor: Visitor, form: forms.Form, *, fresh: NewCredential | None = None, status: int = 200
    ) -> Response:
        found = await doors.credentials.all(visitor.actor.merchant_id)
        host = doors.deliveries.base_url
        view = credential_views.credentials_page(found, visitor.formats, doors.clock.now(), host, form, fresh)
        return portal.page(request, "credentials.html", view, visitor, status=status)

    @routes.get("/credentials")
    async def credentials(request: Request, visitor: builder) -> Response:
        return await page(request, visitor, forms.Form())

    @routes.post("/credentials")
    async def create_credential(
        request: Request,
        visitor: builder,
        dialect: Annotated[str, Form()] = "",
        name: Annotated[str, Form()] = "",
        mode: Annotated[str, Form()] = "test",
    ) -> Response:
        wrong = _wrong(dialect, mode, visitor.actor.role)
        if wrong:
            form = forms.refused_form({"dialect": dialect, "name": name, "mode": mode}, MalformedRequest([wrong]))
            return await page(request, visitor, form, status=403 if wrong.code == "owner-only" else 422)
        chosen: Mode = "live" if mode == "live" else "test"
        made = await doors.credentials.create(
            visitor.actor.merchant_id, chosen, Dialect(dialect), name[:_LONGEST_NAME], by=visitor.actor.label
        )
        return await page(request, visitor, forms.Form(), fresh=made, status=201)

    @routes.post("/credentials/{credential_id}/revoke")
    async def revoke_credential(credential_id: str, visitor: builder) -> Response:
        await doors.credentials.revoke(visitor.actor.merchant_id, credential_id, by=visitor.actor.label)
        return go("/portal/credentials", "key-revoked")

    return routes


def _wrong(dialect: str, mode: str, role: str) -> FieldError | None:
    if dialect not in set(Dialect):
        return FieldError("/dialect", "unknown", "choose what your software was written for")
    if mode == "live" and role != "owner":
        return FieldError("/mode", "owner-only", "only an owner may make live keys")
    return None
