"""A crowded fleet of reference robots for the gallery, and the pages that show fleets."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from homeward.fleets.autonomous.model import Asked, Fleet, FleetStatus, Machine, MachineLeg, Stage
from homeward.fleets.contract.facts import Place, Refusal, Vehicle
from homeward.fleets.contract.legs import Hold
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.words import EventKind, HoldKind, IncidentKind, LegState, Limit, VehicleState
from homeward.infra.db import Row
from homeward.kit.money import Money
from homeward.simulator.fleets.engine import ReferenceFleet
from homeward.simulator.fleets.kinds import KINDS
from homeward.simulator.fleets.records import Habits
from homeward.web import stories
from homeward.web.console import fleet_sheet, fleet_views
from homeward.web.forms import Form
from tests.web import worlds as w

MARKETS = ((w.MARKET.id, w.MARKET.name),)


def fleet_pages() -> dict[str, tuple[str, Callable[[], Any]]]:
    """Path to template and view."""
    fleet, crowd = asyncio.run(a_fleet(100))
    _, few = asyncio.run(a_fleet(6))
    wrong = Form({"base_url": "", "token": ""}, {"token": "give the token that the maker has named"})
    return {
        "/console/fleets": ("fleets.html", lambda: fleets_view(fleet, crowd)),
        "/console/fleets/few": ("fleets.html", lambda: fleets_view(fleet, few)),
        "/console/fleets/none": (
            "fleets.html",
            lambda: fleet_views.FleetsView(w.MARKET.id, MARKETS, (), None, (), may_join=True),
        ),
        "/console/fleets/new": ("fleet_new.html", lambda: fleet_views.NewFleetView(Form(), MARKETS)),
        "/console/fleets/wrong": ("fleet_new.html", lambda: fleet_views.NewFleetView(wrong, MARKETS)),
        "/console/fleet": ("fleet.html", lambda: fleet_view(fleet, crowd)),
        "/console/fleet/few": ("fleet.html", lambda: fleet_view(fleet, few)),
        "/console/fleet/refused": (
            "fleet.html",
            lambda: fleet_view(fleet, few, Form({}, {}, "Cannot at the moment.", "The fleet refused")),
        ),
    }


def fleets_view(fleet: Fleet, machines: Sequence[Machine]) -> fleet_views.FleetsView:
    item = fleet_views.fleet_item(fleet, w.MARKET, machines, legs(machines), w.NOON)
    pins = fleet_views.vehicle_pins([fleet], machines, legs(machines), w.NOON, linked=True)
    return fleet_views.FleetsView(
        w.MARKET.id, MARKETS, (item,), fleet_views.fleets_map(w.MARKET, [fleet], machines), pins, may_join=True
    )


def fleet_view(fleet: Fleet, machines: Sequence[Machine], form: Form | None = None) -> fleet_views.FleetView:
    carried = legs(machines)
    acts = {carried[0].id: answered()}
    log = [incident(machines[1])]
    return fleet_sheet.fleet_page(
        fleet, w.MARKET, machines, carried, acts, log, w.NOON, role="admin", form=form or Form()
    )


def machines_part() -> fleet_views.MachinesPart:
    """What a delivery's page shows when a robot has it and a drone could not."""
    fleet, machines = asyncio.run(a_fleet(6))
    leg, formats = legs(machines)[0], stories.formats_of(w.MARKET)
    said_yes = Asked("dlv_1", fleet.id, "b", w.NOON, None, price=Money(420, "CHF"), dropoff_eta=w.minutes(25))
    too_heavy = Refusal(limit=Limit.TOO_HEAVY, said="grams", at_most=3000, asked=9000)
    said_no = Asked("dlv_1", "flt_2", "b", w.NOON, None, limits=(too_heavy, Refusal(limit=Limit.WEATHER)))
    fleets = {fleet.id: fleet, "flt_2": replace(fleet, id="flt_2", name="Valley drones")}
    return fleet_views.MachinesPart(
        (fleet_views.carrying_item(leg, machines[0], answered(), (), formats, w.minutes(20)),),
        tuple(fleet_views.answer_item(one, fleets, formats, w.minutes(20)) for one in (said_yes, said_no)),
        fleet_views.carrier(leg, {machines[0].id: machines[0]}, fleets),
    )


def legs(machines: Sequence[Machine]) -> list[MachineLeg]:
    """One that goes on and one that lies on its side."""
    going = MachineLeg(
        id="mlg_1",
        fleet_id="flt_1",
        machine_id=machines[0].id,
        delivery_id="dlv_01j9zq4w6tq0000000000000a1",
        market_id=w.MARKET.id,
        decision_id="dec_1",
        stage=Stage.COMMITTED,
        price=Money(420, "CHF"),
        basis="b",
        created_at=w.NOON,
        state=LegState.TO_DROPOFF,
        hold=Hold(kind=HoldKind.PAUSED, since=w.NOON, reason="asked for by the operator"),
    )
    fallen = replace(
        going,
        id="mlg_2",
        machine_id=machines[1].id,
        delivery_id="dlv_01j9zq4w6tq0000000000000b2",
        state=LegState.RESCUE_NEEDED,
        hold=Hold(kind=HoldKind.HELD, since=w.NOON, reason="It lies on its side."),
    )
    return [going, fallen]


def answered() -> list[Row]:
    asked = {"by": "Ida Berger", "reason": "", "refusal": None}
    no = {"limit": "state", "said": "not upon a crossing"}
    return [
        asked | {"action": "pause", "outcome": "accepted", "at": w.minutes(2)},
        asked | {"action": "safe_stop", "outcome": "refused", "refusal": no, "at": w.minutes(3)},
    ]


def incident(machine: Machine) -> Event:
    return Event(
        number=7,
        kind=EventKind.INCIDENT,
        at=w.NOON,
        recorded_at=w.NOON,
        vehicle_id=machine.now.id,
        incident=IncidentKind.TIPPED,
        said="A kerb was higher than the map had it.",
    )


async def a_fleet(vehicles: int) -> tuple[Fleet, list[Machine]]:
    """Robots around the bakery, each in one of the states that a page tells apart."""
    centre = Place(lat=w.BAKERY.lat, lon=w.BAKERY.lon)
    kind = replace(KINDS["sidewalk"], vehicles=vehicles)
    reference = ReferenceFleet(kind, centre, w.NOON, Habits(1), currency="CHF")
    facts, found = await reference.facts(), await reference.vehicles()
    fleet = Fleet(
        id="flt_1",
        market_id=w.MARKET.id,
        name="Kerbside robots",
        base_url="https://robots.example",
        hint="9f2c",
        status=FleetStatus.ACTIVE,
        facts=facts,
        read_to=0,
        created_at=w.NOON,
        heard_at=w.NOON,
    )
    return fleet, [a_machine(number, one) for number, one in enumerate(found.items)]


def a_machine(number: int, vehicle: Vehicle) -> Machine:
    """The first carries, the second lies on its side, every fifth charges; the others are free."""
    changes: dict[str, Any] = {}
    if number == 1:
        changes = {"state": VehicleState.STOPPED}
    elif number % 5 == 4:
        changes = {"charged_at": w.minutes(30)}
    now = vehicle.model_copy(update=changes)
    return Machine(f"mac_{number}", "flt_1", w.MARKET.id, now, w.NOON, legs=int(number in (0, 1)))
