"""Fleets of machines in the console: who is out, what they carry, what is asked of them, and who comes in."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.deliveries.model import DeliveryView
from homeward.fleets.autonomous.errors import FleetUnreachable, MachineSaysNo
from homeward.fleets.autonomous.model import Fleet, FleetStatus, NewFleet
from homeward.fleets.autonomous.service import FleetChange
from homeward.fleets.contract.facts import Refusal
from homeward.fleets.contract.words import Action, Limit
from homeward.infra.auth import OperatorActor
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem
from homeward.web import forms
from homeward.web.console import fleet_sheet, fleet_views
from homeward.web.console.pages import Console
from homeward.web.shell import go
from homeward.web.stories import formats_of

_DAY: Final = timedelta(days=1)
_AHEAD: Final = timedelta(minutes=5)
"""A vehicle's clock may run ahead of ours."""
_LOG: Final = 300


def router(console: Console) -> APIRouter:
    """The list, one fleet, and pausing. Fixed paths come before a fleet's id."""
    routes = console.new_router()
    doors = console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]

    @routes.get("/fleets")
    async def fleets(request: Request, actor: signed_in, market: str = "") -> Response:
        view = await _fleets_view(console, market, may_join=actor.role == "admin")
        return console.page(request, "fleets.html", view, actor)

    @routes.get("/fleets/machines/{machine_id}")
    async def machine(machine_id: str, actor: signed_in) -> Response:
        """Pages that name a machine know its id only."""
        found = await doors.machines.machine(machine_id)
        if found is None:
            raise NotFound("machine", machine_id)
        return go(f"/console/fleets/{found.fleet_id}#{found.id}")

    _add_joining(routes, console)

    @routes.get("/fleets/{fleet_id}")
    async def fleet(request: Request, fleet_id: str, actor: signed_in) -> Response:
        return await _fleet_page(console, request, fleet_id, actor, forms.Form())

    _add_acting(routes, console)
    return routes


def _add_joining(routes: APIRouter, console: Console) -> None:
    doors = console.doors
    admin = Annotated[OperatorActor, Depends(doors.auth.operator("admin"))]

    async def new_page(request: Request, actor: OperatorActor, form: forms.Form, status: int = 200) -> Response:
        markets = tuple((market.id, market.name) for market in await doors.coverage.markets())
        return console.page(request, "fleet_new.html", fleet_views.NewFleetView(form, markets), actor, status=status)

    @routes.get("/fleets/new")
    async def new_fleet(request: Request, actor: admin) -> Response:
        return await new_page(request, actor, forms.Form())

    @routes.post("/fleets")
    async def join(request: Request, actor: admin) -> Response:
        values = {name: str(value).strip() for name, value in (await request.form()).items()}
        try:
            fleet = await doors.machines.join(_asked_fleet(values), by=actor.label)
        except Problem as refusal:
            form = _refused(values | {"token": ""}, refusal)
            return await new_page(request, actor, form, refusal.status)
        return go(f"/console/fleets/{fleet.id}", "fleet-joined")


def _asked_fleet(values: Mapping[str, str]) -> NewFleet:
    """From the form. Raises MalformedRequest with every wrong field."""
    needed = {
        "base_url": "give the address that the maker has named",
        "token": "give the token that the maker has named",
    }
    wrong = [FieldError(f"/{name}", "missing", text) for name, text in needed.items() if not values.get(name)]
    if wrong:
        raise MalformedRequest(wrong)
    return NewFleet(values.get("market_id", ""), values["base_url"], values["token"], values.get("name", ""))


def _refused(values: Mapping[str, str], refusal: Problem) -> forms.Form:
    """The fleet's own words too, which an API's client finds in members."""
    match refusal:
        case MachineSaysNo():
            no = Refusal(limit=Limit(refusal.limit), said=refusal.said)
            return forms.Form(dict(values), {}, fleet_views.limit_text(no) + ".", "The fleet refused")
        case FleetUnreachable():
            return forms.Form(dict(values), {}, refusal.said, "Nothing answers there as the contract for fleets says")
        case _:
            return forms.refused_form(values, refusal)


def _add_acting(routes: APIRouter, console: Console) -> None:
    doors = console.doors
    dispatcher = Annotated[OperatorActor, Depends(doors.auth.operator("dispatcher"))]
    admin = Annotated[OperatorActor, Depends(doors.auth.operator("admin"))]

    @routes.post("/fleets/{fleet_id}/legs/{delivery_id}/actions")
    async def act(
        request: Request, fleet_id: str, delivery_id: str, actor: dispatcher, action: Annotated[str, Form()] = ""
    ) -> Response:
        if action not in set(map(str, fleet_views.ASKABLE)):
            raise NotFound("action", action)
        try:
            await doors.machines.act(delivery_id, Action(action), by=actor.label)
        except Problem as refusal:
            form = _refused({}, refusal)
            return await _fleet_page(console, request, fleet_id, actor, form, refusal.status)
        return go(f"/console/fleets/{fleet_id}", "machine-asked")

    @routes.post("/fleets/{fleet_id}/{change}")
    async def change_fleet(request: Request, fleet_id: str, change: str, actor: admin) -> Response:
        if change not in ("pause", "resume"):
            raise NotFound("page", request.url.path)
        status = FleetStatus.PAUSED if change == "pause" else FleetStatus.ACTIVE
        await doors.machines.change(fleet_id, FleetChange(status=status), by=actor.label)
        return go(f"/console/fleets/{fleet_id}", f"fleet-{change}d")


async def _fleets_view(console: Console, market_id: str, *, may_join: bool) -> fleet_views.FleetsView:
    doors, market = console.doors, await console.market(market_id)
    markets = tuple((one.id, one.name) for one in await doors.coverage.markets())
    if market is None:
        return fleet_views.FleetsView("", markets, (), None, (), may_join)
    found, now = await doors.machines.fleets(market.id), doors.clock.now()
    machines, legs = await doors.machines.machines(market.id), await doors.machines.under_way(market.id)
    items = tuple(fleet_views.fleet_item(fleet, market, machines, legs, now) for fleet in found)
    drawn = fleet_views.fleets_map(market, found, machines) if found else None
    pins = fleet_views.vehicle_pins(found, machines, legs, now, linked=True)
    return fleet_views.FleetsView(market.id, markets, items, drawn, pins, may_join)


async def _fleet_page(
    console: Console, request: Request, fleet_id: str, actor: OperatorActor, form: forms.Form, status: int = 200
) -> Response:
    doors, now = console.doors, console.doors.clock.now()
    fleet = await doors.machines.fleet(fleet_id)
    market = await doors.coverage.market(fleet.market_id)
    legs = [leg for leg in await doors.machines.under_way(market.id) if leg.fleet_id == fleet_id]
    log = await doors.machines.log(fleet_id=fleet_id, since=now - _DAY, until=now + _AHEAD, limit=_LOG)
    view = fleet_sheet.fleet_page(
        fleet,
        market,
        [one for one in await doors.machines.machines(market.id) if one.fleet_id == fleet_id],
        legs,
        {leg.id: await doors.machines.acts_of(leg.id) for leg in legs},
        [event for _, event in log],
        now,
        role=actor.role,
        form=form,
    )
    return console.page(request, "fleet.html", view, actor, status=status)


async def machines_of(console: Console, view: DeliveryView) -> fleet_views.MachinesPart:
    """What machines did for a delivery, and what each fleet last said to it."""
    doors, now, delivery = console.doors, console.doors.clock.now(), view.delivery
    formats = formats_of(await doors.coverage.market(delivery.market_id))
    fleets: dict[str, Fleet] = {one.id: one for one in await doors.machines.fleets(delivery.market_id)}
    legs = await doors.machines.legs_of(delivery.id)
    machines = {leg.machine_id: await doors.machines.machine(leg.machine_id) for leg in legs}
    carrying = [
        fleet_views.carrying_item(leg, machines[leg.machine_id], await doors.machines.acts_of(leg.id), (), formats, now)
        for leg in legs
    ]
    current = next((leg for leg in legs if leg.machine_id == delivery.courier_id), None)
    carrier = fleet_views.carrier(current, machines, fleets) if current else None
    answers = await doors.machines.answers_about(delivery.id)
    return fleet_views.MachinesPart(
        tuple(carrying), tuple(fleet_views.answer_item(one, fleets, formats, now) for one in answers), carrier
    )
