"""Booking by form: ask for prices, confirm the pin, choose, book. And suggestions while an address is typed."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from homeward.kit.ids import new_secret
from homeward.kit.problems import NotFound, Problem
from homeward.merchants.model import Store
from homeward.quotes.errors import AddressUnclear, QuoteExpired
from homeward.web import forms
from homeward.web.portal import book_views
from homeward.web.portal.pages import Portal, Visitor
from homeward.web.shell import go

# Pointers of the API's problems to the fields of this form.
_ABOUT = {
    "address-not-found": "address",
    "address-unclear": "address",
    "outside-area": "address",
    "no-road-near-door": "address",
    "no-road-to-door": "address",
    "too-far": "address",
    "too-heavy": "weight",
    "too-large": "size",
    "store-inactive": "store_id",
    "external-id-taken": "external_id",
}
_FIELDS = {"/dropoff/address": "address", "/address": "address", "/parcel/weight_g": "weight", "/parcel/size": "size"}


def router(portal: Portal) -> APIRouter:
    routes = portal.new_router()
    doors = portal.doors
    signed_in = Annotated[Visitor, Depends(portal.visitor)]

    def form_page(
        request: Request,
        visitor: Visitor,
        form: forms.Form,
        status: int = 200,
        candidates: Sequence[forms.Pick] = (),
    ) -> Response:
        view = book_views.book_page(visitor.stores, visitor.formats, form, candidates)
        return portal.page(request, "book.html", view, visitor, status=status)

    async def options(
        request: Request, visitor: Visitor, values: dict[str, str], form: forms.Form, status: int = 200
    ) -> Response:
        """Asks for a quote and shows its options, or the form again with what stands in the way."""
        now = doors.clock.now()
        try:
            asked = book_views.quote_request(values, book_views.weight_unit(visitor.formats), now)
            quote = await doors.quotes.quote(visitor.actor, asked)
        except Problem as refusal:
            candidates = (
                [forms.pick_of(one.label, one.place) for one in refusal.candidates]
                if isinstance(refusal, AddressUnclear)
                else []
            )
            return form_page(request, visitor, _refused(values, refusal), refusal.status, candidates)
        store = _store_of(visitor, quote.store_id)
        view = book_views.options_page(quote, store, visitor.markets[quote.market_id], values, form, now)
        return portal.page(request, "options.html", view, visitor, status=status)

    @routes.get("/book")
    async def book_page(request: Request, visitor: signed_in, again: str = "") -> Response:
        """Empty, or filled in for another try of the delivery `again`."""
        values = {"key": new_secret(128), "photo": "on"}
        if again:
            earlier = await doors.deliveries.get(visitor.actor.merchant_id, again, mode=visitor.actor.mode)
            values = {"key": new_secret(128), **book_views.again(earlier, visitor.formats)}
        return form_page(request, visitor, forms.Form(values))

    @routes.post("/book")
    async def ask(request: Request, visitor: signed_in) -> Response:
        return await options(request, visitor, await _values(request), forms.Form())

    @routes.post("/book/change")
    async def change(request: Request, visitor: signed_in) -> Response:
        """Back to the form with everything still in it."""
        values = await _values(request)
        return form_page(request, visitor, forms.Form({n: v for n, v in values.items() if n not in ("lat", "lon")}))

    @routes.post("/book/confirm")
    async def confirm(request: Request, visitor: signed_in) -> Response:
        values = await _values(request)
        try:
            currency = visitor.markets[_store_of(visitor, values.get("store_id", "")).market_id].currency
            quote_id, option_id = values.get("quote_id", ""), values.get("option_id", "")
            wanted = book_views.book_request(values, quote_id, option_id, currency)
            # The key comes from the form: pressing the button twice books once; a new quote is a new booking.
            key = f"{values.get('key') or new_secret(128)}-{wanted.quote_id}"
            booked = await doors.deliveries.book(visitor.actor, wanted, key)
        except QuoteExpired as expired:
            # Nothing typed is lost: the same request is priced again, and the person sees the new figures first.
            return await options(request, visitor, values, forms.refused_form({}, expired), expired.status)
        except Problem as refusal:
            return form_page(request, visitor, _refused(values, refusal), refusal.status)
        return go(f"/portal/deliveries/{booked.body['id']}", "booked")

    return routes


def address_router(portal: Portal) -> APIRouter:
    """Suggestions while an address is typed."""
    routes = portal.new_router()
    doors = portal.doors
    signed_in = Annotated[Visitor, Depends(portal.visitor)]

    @routes.get("/addresses")
    async def addresses(visitor: signed_in, q: Annotated[str, Query(max_length=200)], store_id: str = "") -> Response:
        """Suggestions near a store, or in any market of the installation while there is no store."""
        store = next((one for one in visitor.stores if one.id == store_id), None)
        store = store or (visitor.stores[0] if visitor.stores else None)
        markets = [store.market_id] if store else list(visitor.markets)
        items: list[dict[str, str]] = []
        for market_id in markets:
            try:
                found = await doors.geocoder.suggest(market_id, q, store.place if store else None)
            except Problem:
                continue  # no help while typing; the address is checked when the form is sent
            items += [{"text": suggestion.text} for suggestion in found]
        return JSONResponse({"items": items[:8]}, headers={"Cache-Control": "no-store"})

    return routes


def _refused(values: dict[str, str], refusal: Problem) -> forms.Form:
    """At the field it is about, where there is one."""
    field = _ABOUT.get(refusal.slug)
    if field is None:
        return forms.refused_form(values, refusal, _FIELDS)
    return forms.Form(values, {field: " ".join(filter(None, [refusal.title, refusal.detail()]))})


async def _values(request: Request) -> dict[str, str]:
    form = await request.form()
    return forms.with_pick({name: str(value) for name, value in form.items()})


def _store_of(visitor: Visitor, store_id: str) -> Store:
    store = next((one for one in visitor.stores if one.id == store_id), None)
    if store is None:
        raise NotFound("store", store_id)
    return store
