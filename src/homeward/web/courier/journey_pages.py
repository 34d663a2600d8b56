"""The courier's page of journeys: ways made anyway, on which parcels are taken along."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.fleets.couriers.journeys.model import NewJourney
from homeward.fleets.couriers.journeys.service import JourneysService
from homeward.infra.auth import CourierActor
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.routing.geocoding import AddressQuery, Geocoder
from homeward.web import forms
from homeward.web.courier.journey_views import detour, journeys_page, leaving
from homeward.web.courier.pages import FACE, CourierApp
from homeward.web.shell import go
from homeward.web.stories import formats_of
from homeward.web.translation import N_

_PAGE: Final = "/courier/journeys"
_TOLD: Final = {
    "announced": N_("Announced. An hour before you leave, parcels on your way are offered to you."),
    "cancelled": N_("Cancelled. Nothing more is offered for it."),
}
_LINE = Annotated[str, Form(max_length=300)]


def journeys_pages(app: CourierApp, journeys: JourneysService, geocoder: Geocoder) -> APIRouter:
    routes, doors = app.new_router(), app.doors
    signed_in = Annotated[CourierActor, Depends(doors.auth.courier())]

    async def page(
        request: Request, courier_id: str, form: forms.Form, *, told: str = "", status: int = 200
    ) -> Response:
        courier = await doors.couriers.get(courier_id)
        market = await doors.coverage.market(courier.market_id)
        found = await journeys.of_courier(courier_id)
        say = app.pages.say(request)
        said = say(_TOLD[told]) if told in _TOLD else None
        view = journeys_page(courier, found, formats_of(market, say), doors.clock.now(), form, said)
        return app.pages.page(request, "courier/journeys.html", view, status=status, face=FACE.name)

    async def place(market_id: str, typed: str, field: str) -> tuple[LatLon, str]:
        """Raises MalformedRequest where nothing is like it; a street is near enough for a journey."""
        matches = await geocoder.find(market_id, AddressQuery(text=typed)) if typed.strip() else []
        if not matches:
            raise MalformedRequest([FieldError(f"/{field}", "not-found", "no such place here; add street and town")])
        return matches[0].place, matches[0].label

    @routes.get("/journeys")
    async def all_journeys(request: Request, actor: signed_in, told: str = "") -> Response:
        return await page(request, actor.courier_id, forms.Form(), told=told)

    @routes.post("/journeys")
    async def announce(
        request: Request,
        actor: signed_in,
        start: _LINE = "",
        to: _LINE = "",
        leaves_at: _LINE = "",
        detour_min: _LINE = "",
    ) -> Response:
        typed = {"start": start, "to": to, "leaves_at": leaves_at, "detour_min": detour_min}
        courier = await doors.couriers.get(actor.courier_id)
        market = await doors.coverage.market(courier.market_id)
        try:
            begins, start_name = await place(market.id, start, "start")
            ends, to_name = await place(market.id, to, "to")
            when = leaving(leaves_at, market.time_zone)
            new = NewJourney(begins, ends, when, detour(detour_min), start_name, to_name)
            await journeys.announce(actor.courier_id, new)
        except Problem as refusal:
            form = forms.refused_form(typed, refusal, say=app.pages.say(request))
            return await page(request, actor.courier_id, form, status=refusal.status)
        return go(_PAGE, "announced")

    @routes.post("/journeys/{journey_id}/cancel")
    async def cancel(journey_id: str, actor: signed_in) -> Response:
        await journeys.cancel(actor.courier_id, journey_id)
        return go(_PAGE, "cancelled")

    return routes
