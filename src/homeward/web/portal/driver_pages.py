"""Portal: a merchant's own drivers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.fleets.couriers.model import VehicleKind
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.web import forms
from homeward.web.portal.driver_views import drivers_page
from homeward.web.portal.pages import Portal, Visitor
from homeward.web.shell import go

_LONGEST_NAME = 120


def driver_router(portal: Portal) -> APIRouter:
    routes = portal.new_router()
    doors = portal.doors
    builder = Annotated[Visitor, Depends(portal.builder)]

    async def page(request: Request, visitor: Visitor, form: forms.Form, status: int = 200) -> Response:
        found = await doors.drivers.all(visitor.actor.merchant_id)
        markets = {market.id: market.name for market in visitor.markets.values()}
        view = drivers_page(found, visitor.stores, markets, f"{doors.deliveries.base_url}/courier", form)
        return portal.page(request, "drivers.html", view, visitor, status=status)

    @routes.get("/drivers")
    async def drivers(request: Request, visitor: builder) -> Response:
        return await page(request, visitor, forms.Form())

    @routes.post("/drivers")
    async def add_driver(
        request: Request,
        visitor: builder,
        name: Annotated[str, Form()] = "",
        phone: Annotated[str, Form()] = "",
        vehicle: Annotated[str, Form()] = "",
        store_id: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            await doors.drivers.add(
                visitor.actor.merchant_id,
                name=_named(name),
                phone=phone,
                vehicle=_vehicle(vehicle),
                store_id=store_id,
                by=visitor.actor.label,
            )
        except Problem as refusal:
            typed = {"name": name, "phone": phone, "vehicle": vehicle, "store_id": store_id}
            return await page(request, visitor, forms.refused_form(typed, refusal), refusal.status)
        return go("/portal/drivers", "driver-added")

    @routes.post("/drivers/{courier_id}/remove")
    async def remove_driver(request: Request, courier_id: str, visitor: builder) -> Response:
        try:
            await doors.drivers.remove(visitor.actor.merchant_id, courier_id, by=visitor.actor.label)
        except Problem as refusal:
            return await page(request, visitor, forms.refused_form({}, refusal), refusal.status)
        return go("/portal/drivers", "driver-removed")

    return routes


def _named(name: str) -> str:
    """Raises MalformedRequest."""
    if not 1 <= len(name.strip()) <= _LONGEST_NAME:
        raise MalformedRequest([FieldError("/name", "length", f"write a name of at most {_LONGEST_NAME} characters")])
    return name.strip()


def _vehicle(asked: str) -> VehicleKind:
    """Raises MalformedRequest."""
    if asked not in list(VehicleKind):
        raise MalformedRequest([FieldError("/vehicle", "unknown", "choose what they move with")])
    return VehicleKind(asked)
