"""The brand studio: try a brand on, see what it changes, let shoppers see it."""

import asyncio
from base64 import b64encode
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import UploadFile

from homeward.deliveries.policy import tracking_url
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem
from homeward.merchants.errors import LogoUnusable
from homeward.merchants.logo import LogoLook, look_of, redrawn
from homeward.messages.service import words_in
from homeward.web import forms
from homeward.web.format import locale_for
from homeward.web.portal import brand_views
from homeward.web.portal.pages import Portal, Visitor
from homeward.web.render import is_partial
from homeward.web.shell import go
from homeward.web.tracking.phrases import LANGUAGES
from homeward.web.tracking.sample_views import SAMPLES, sample_view

_LARGEST_LOGO = 2_000_000
_TOKEN_LIKE = "0" * 26
"""As long as the token of a delivery: it counts into the length of a text."""


def brand_router(portal: Portal) -> APIRouter:
    routes = portal.new_router()
    doors = portal.doors
    owner = Annotated[Visitor, Depends(portal.owner)]

    async def brand_page(
        request: Request, visitor: Visitor, form: forms.Form, status: int = 200, sent: Any = None
    ) -> Response:
        merchant = visitor.merchant
        look, problem = await _look(merchant.brand.logo, sent)
        example = replace(_example(portal, visitor), logo=look, logo_problem=problem)
        words = words_in(brand_views.asked_language(form.values))
        view = brand_views.brand_page(merchant.brand, merchant.tracking_domain, form, words, example)
        if is_partial(request):
            return portal.pages.page(request, "portal/_studio.html", view, status=status)
        return portal.page(request, "brand.html", view, visitor, status=status, framing="holds")

    @routes.get("/brand")
    async def brand(request: Request, visitor: owner) -> Response:
        return await brand_page(request, visitor, forms.Form())

    @routes.post("/brand/preview")
    async def preview(request: Request, visitor: owner) -> Response:
        """What is typed, shown and not saved; the nearest colours in its place if they are taken."""
        form = await request.form()
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
        colour, comma, text_colour = typed.pop("take", "").partition(",")
        if comma:
            typed |= {"colour": colour, "text_colour": text_colour}
        return await brand_page(request, visitor, forms.Form(typed), sent=form.get("logo"))

    @routes.get("/brand/sample")
    async def sample(request: Request, visitor: owner, state: str = "on-the-way") -> Response:
        if state not in SAMPLES:
            raise NotFound("page", state)
        asked = dict(request.query_params)
        lang = brand_views.asked_language(asked)
        example = _example(portal, visitor)
        formats = replace(example.formats, locale=locale_for(lang, example.formats.locale))
        view = sample_view(
            brand_views.tried_brand(visitor.merchant.brand, asked),
            SAMPLES[state],
            lang,
            formats,
            example.now,
            store=example.store,
            address=brand_views.ADDRESS,
        )
        return portal.pages.page(
            request,
            "tracking/page.html",
            view,
            for_shopper=True,
            framing="held",
            face="tracking",
            lang=lang,
            skip=LANGUAGES[lang].skip,
            theme=brand_views.asked_look(asked),
            still=True,
        )

    @routes.post("/brand")
    async def save_brand(request: Request, visitor: owner) -> Response:
        form = await request.form()
        values = {name: str(form.get(name, "")).strip() for name in brand_views.TYPED}
        try:
            logo = await _logo(form.get("logo"), remove=bool(form.get("remove_logo")))
            await doors.merchants.update(visitor.actor.merchant_id, brand=values | logo)
        except Problem as refusal:
            return await brand_page(request, visitor, forms.refused_form(values, refusal), refusal.status)
        return go("/portal/brand", "brand-saved")

    return routes


def _example(portal: Portal, visitor: Visitor) -> brand_views.Example:
    merchant = visitor.merchant
    link = tracking_url(portal.doors.deliveries.base_url, merchant.tracking_domain, _TOKEN_LIKE)
    store = visitor.stores[0].name if visitor.stores else merchant.name
    return brand_views.Example(store, link, visitor.formats, portal.doors.clock.now())


async def _look(live: str, sent: Any) -> tuple[LogoLook | None, str]:
    """How the chosen logo looks, else the live one; or why the chosen one cannot be used."""
    try:
        chosen = (await _logo(sent, remove=False)).get("logo", "")
        # Pictures are drawn in a thread: other visitors do not wait for them.
        shown = await asyncio.to_thread(redrawn, chosen) if chosen else live
    except LogoUnusable as refusal:
        return None, refusal.reason
    except MalformedRequest as refusal:
        return None, refusal.errors[0].message
    return (await asyncio.to_thread(look_of, shown) if shown else None), ""


async def _logo(sent: Any, *, remove: bool) -> dict[str, str]:
    """The uploaded picture as a data URL (the service redraws it), nothing if it stays as it is."""
    if isinstance(sent, UploadFile) and sent.filename:
        content = await sent.read(_LARGEST_LOGO + 1)
        if len(content) > _LARGEST_LOGO:
            raise MalformedRequest([FieldError("/logo", "too-large", "give a picture of at most 2 MB")])
        return {"logo": f"data:{sent.content_type};base64,{b64encode(content).decode()}"}
    return {"logo": ""} if remove else {}
