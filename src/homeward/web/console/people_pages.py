"""Couriers, merchants and markets in the console."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.deliveries.model import DeliveryFilter
from homeward.deliveries.states import OPEN
from homeward.fleets.couriers.model import Engagement, NewCourier, VehicleKind
from homeward.infra.auth import OperatorActor
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem
from homeward.merchants.model import NewMerchant
from homeward.web import forms
from homeward.web.console import people_views, views
from homeward.web.console.pages import Console
from homeward.web.format import Formats
from homeward.web.shell import go


def courier_router(console: Console) -> APIRouter:
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(doors.auth.operator("dispatcher"))]

    @routes.get("/couriers")
    async def couriers(request: Request, actor: signed_in, q: str = "", only: str = "") -> Response:
        deliveries = await console.open_deliveries(DeliveryFilter(states=sorted(OPEN)))
        view = people_views.couriers_page(
            await doors.couriers.list(),
            dict(views.busy_couriers(deliveries)),
            await console.formats(),
            doors.clock.now(),
            text=q,
            only=only,
            may_create=actor.role != "support",
        )
        return console.page(request, "couriers.html", view, actor)

    async def new_page(request: Request, actor: OperatorActor, form: forms.Form, status: int = 200) -> Response:
        view = people_views.new_courier_page(await doors.coverage.markets(), form)
        return console.page(request, "courier_new.html", view, actor, status=status)

    @routes.get("/couriers/new")
    async def new_courier(request: Request, actor: dispatcher) -> Response:
        return await new_page(request, actor, forms.Form())

    @routes.post("/couriers")
    async def create_courier(request: Request, actor: dispatcher) -> Response:
        values = {name: str(value) for name, value in (await request.form()).items()}
        try:
            courier = await doors.couriers.create(asked_courier(values), actor.label)
        except Problem as refusal:
            return await new_page(request, actor, forms.refused_form(values, refusal), refusal.status)
        return go(f"/console/couriers/{courier.id}", "courier-created")

    @routes.get("/couriers/{courier_id}")
    async def courier(request: Request, courier_id: str, actor: signed_in) -> Response:
        found = await doors.couriers.get(courier_id)
        market = await doors.coverage.market(found.market_id)
        carried = await console.open_deliveries(DeliveryFilter(states=sorted(OPEN), courier_id=courier_id))
        route = await doors.dispatch.route(courier_id)
        view = people_views.courier_page(found, market, route, carried, doors.clock.now())
        return console.page(request, "courier.html", view, actor)

    return routes


def asked_courier(values: dict[str, str]) -> NewCourier:
    """From the form. Raises MalformedRequest with every wrong field."""
    wrong = []
    if not values.get("name", "").strip():
        wrong.append(FieldError("/name", "missing", "give the courier's name"))
    if values.get("vehicle") not in VehicleKind._value2member_map_:
        wrong.append(FieldError("/vehicle", "unknown", "choose one of the list"))
    most = values.get("max_deliveries", "").strip()
    if most and not (most.isdecimal() and 1 <= int(most) <= 50):
        wrong.append(FieldError("/max_deliveries", "out-of-range", "give a number from 1 to 50, or nothing"))
    if wrong:
        raise MalformedRequest(wrong)
    skills = tuple(skill.strip() for skill in values.get("skills", "").split(",") if skill.strip())
    return NewCourier(
        market_id=values.get("market_id", ""),
        name=values["name"].strip(),
        phone=values.get("phone", "").strip(),
        vehicle=VehicleKind(values["vehicle"]),
        max_deliveries=int(most) if most else None,
        skills=skills,
        engagement=Engagement.VOLUNTEER if values.get("engagement") == "volunteer" else Engagement.CONTRACT,
    )


def merchant_router(console: Console) -> APIRouter:
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]
    admin = Annotated[OperatorActor, Depends(doors.auth.operator("admin"))]

    @routes.get("/merchants")
    async def merchants(request: Request, actor: signed_in) -> Response:
        now, counts = doors.clock.now(), await store_counts(console)
        found = sorted(await doors.merchants.all(), key=lambda merchant: merchant.name.lower())
        items = tuple(people_views.merchant_item(m, counts.get(m.id, 0), Formats(), now) for m in found)
        view = people_views.MerchantsView(items, actor.role == "admin")
        return console.page(request, "merchants.html", view, actor)

    @routes.get("/merchants/new")
    async def new_merchant(request: Request, actor: admin) -> Response:
        return console.page(request, "merchant_new.html", people_views.NewMerchantView(forms.Form()), actor)

    @routes.post("/merchants")
    async def create_merchant(
        request: Request,
        actor: admin,
        name: Annotated[str, Form()] = "",
        owner_email: Annotated[str, Form()] = "",
        owner_password: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            made = await doors.merchants.create_merchant(
                name, owner_email=owner_email.strip() or None, owner_password=owner_password or None, by=actor.label
            )
        except Problem as refusal:
            pointers = {"/email": "owner_email", "/password": "owner_password"}
            values = {"name": name, "owner_email": owner_email, "owner_password": ""}
            view = people_views.NewMerchantView(forms.refused_form(values, refusal, pointers))
            return console.page(request, "merchant_new.html", view, actor, status=refusal.status)
        return console.page(request, "merchant_made.html", made_view(made), actor, status=201)

    @routes.get("/merchants/{merchant_id}")
    async def merchant(request: Request, merchant_id: str, actor: signed_in) -> Response:
        found = await doors.merchants.get(merchant_id)
        stores = await doors.merchants.list_stores(merchant_id)
        latest = await doors.deliveries.list(None, DeliveryFilter(merchant_id=merchant_id), limit=10)
        formats = await console.formats()
        own = formats.get(stores[0].market_id, Formats()) if stores else Formats()
        view = people_views.merchant_page(found, stores, latest.items, own, doors.clock.now())
        return console.page(request, "merchant.html", view, actor)

    return routes


def made_view(made: NewMerchant) -> people_views.MerchantMadeView:
    return people_views.MerchantMadeView(
        name=made.merchant.name,
        id=made.merchant.id,
        live_key=made.live_key.secret,
        test_key=made.test_key.secret,
        owner_email=made.owner.email if made.owner else None,
    )


async def store_counts(console: Console) -> dict[str, int]:
    counts: dict[str, int] = {}
    for store in await console.doors.merchants.all_stores():
        counts[store.merchant_id] = counts.get(store.merchant_id, 0) + 1
    return counts


def market_router(console: Console) -> APIRouter:
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]
    admin = Annotated[OperatorActor, Depends(doors.auth.operator("admin"))]

    @routes.get("/markets")
    async def markets(request: Request, actor: signed_in) -> Response:
        cards = []
        for market in await doors.coverage.markets():
            on_duty = await doors.couriers.list(market.id, on_duty=True)
            under_way = await console.open_deliveries(DeliveryFilter(states=sorted(OPEN), market_id=market.id))
            cards.append(people_views.market_card(market, len(on_duty), len(under_way)))
        return console.page(request, "markets.html", people_views.MarketsView(tuple(cards)), actor)

    async def market_page(
        request: Request, market_id: str, actor: OperatorActor, form: forms.Form, status: int = 200
    ) -> Response:
        market = await doors.coverage.market(market_id)
        now = doors.clock.now()
        tariffs = [t for t in await doors.quotes.tariffs(market_id) if t.effective_from <= now]
        view = people_views.market_page(
            market,
            await doors.coverage.areas(market_id),
            tariffs[0] if tariffs else None,
            now,
            may_change=actor.role == "admin",
            form=form,
        )
        return console.page(request, "market.html", view, actor, status=status)

    @routes.get("/markets/{market_id}")
    async def market(request: Request, market_id: str, actor: signed_in) -> Response:
        return await market_page(request, market_id, actor, forms.Form())

    @routes.post("/markets/{market_id}/{act}")
    async def change_market(request: Request, market_id: str, act: str, actor: admin) -> Response:
        if act not in ("pause", "resume"):
            raise NotFound("page", request.url.path)
        try:
            status = "paused" if act == "pause" else "active"
            await doors.coverage.update_market(market_id, status=status, by=actor.label)
        except Problem as refusal:
            return await market_page(request, market_id, actor, forms.refused_form({}, refusal), refusal.status)
        return go(f"/console/markets/{market_id}", "market-paused" if act == "pause" else "market-resumed")

    return routes
