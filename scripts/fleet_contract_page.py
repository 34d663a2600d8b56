"""The published fleet contract: its text, and all that is listed there from the code; `make docs` writes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from pydantic import BaseModel

from homeward.fleets.conformance.report import clauses
from homeward.fleets.contract import VERSION
from homeward.fleets.contract.facts import Place, Refusal, Vehicles
from homeward.fleets.contract.legs import (
    ActionAnswer,
    AskAction,
    AskLeg,
    AskReservation,
    AskSecret,
    Feasibility,
    Holder,
    Leg,
    LegOrder,
    Parcel,
    Price,
    Quote,
    Reservation,
    Secret,
    Stop,
)
from homeward.fleets.contract.news import NEEDS, Event, Events
from homeward.fleets.contract.sandbox import (
    ActOfPerson,
    Advance,
    LostContact,
    Mishap,
    PersonAct,
    Repair,
    SetHours,
    SetWeather,
)
from homeward.fleets.contract.server import Fleet, Sandbox, fleet_app
from homeward.fleets.contract.words import (
    ENDED,
    LEADS_TO,
    ON_BOARD,
    Action,
    ActionOutcome,
    EventKind,
    Handoff,
    HoldKind,
    IncidentKind,
    LegState,
    Limit,
)
from scripts.fleet_contract_text import PARTS

_NOON: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
_MEANINGS: Final[dict[LegState, str]] = {
    LegState.COMMITTED: "promised; nothing has set out",
    LegState.TO_PICKUP: "on the way to the store",
    LegState.AT_PICKUP: "standing at the store; `waits_until` says until when",
    LegState.LOADING: "a compartment stands open, or goods are being handed in",
    LegState.LOADED: "the goods are on board; from here the fleet has custody",
    LegState.TO_DROPOFF: "on the way to the door",
    LegState.AT_DROPOFF: "standing at the door; `waits_until` says until when",
    LegState.HANDING_OVER: "a compartment stands open, or goods are being set down",
    LegState.DONE: "handed over",
    LegState.RETURNING: "on the way back to the store with the goods",
    LegState.AT_RETURN: "standing at the store with goods to be taken back",
    LegState.RETURNED: "the store has them again",
    LegState.RESCUE_NEEDED: "it will not go on by itself, and the goods are on board",
    LegState.RESCUED: "somebody else has taken the goods on",
    LegState.REFUSED: "taken back by the fleet after it had agreed; the goods never left",
    LegState.CANCELLED: "called off by the client; the goods never left",
    LegState.WRITTEN_OFF: "the goods are gone",
}


def description() -> dict[str, Any]:
    """The OpenAPI document of the wire form; the schemas of events, orders and all others are inside."""
    nobody = _Nobody()
    app = fleet_app(cast("Fleet", nobody), "unused", cast("Sandbox", nobody))
    api = app.openapi()
    api["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    api["security"] = [{"token": []}]
    return api


class _Nobody:
    """Whoever is asked for a description is never called."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def page() -> str:
    """The whole page."""
    lists = {
        "version": VERSION,
        "diagram": "\n".join(_edges()),
        "states": _table(("state", "means", "goods on board", "leads to"), _state_rows()),
        "holds": _words(HoldKind),
        "actions": _words(Action),
        "handoffs": _words(Handoff),
        "limits": _words(Limit),
        "incidents": _words(IncidentKind),
        "events": _table(("kind", "always has"), ((f"`{kind}`", _words(NEEDS[kind])) for kind in EventKind)),
        "persons": _words(PersonAct),
        "clauses": _table(
            ("clause", "demands", "section", "weight"),
            ((f"`{each.id}`", each.says, each.section, str(each.weight)) for each in clauses()),
        ),
        **{f"example_{name}": _example(part) for name, part in _examples().items()},
    }
    text = PARTS
    for name, filled in lists.items():
        text = text.replace(f"<<{name}>>", filled.rstrip())
    return text


def _edges() -> Iterable[str]:
    yield "    [*] --> committed"
    for state, onward in LEADS_TO.items():
        yield from (f"    {state} --> {other}" for other in _in_order(onward))
    yield from (f"    {state} --> [*]" for state in _in_order(ENDED))


def _state_rows() -> Iterable[Sequence[str]]:
    for state in LegState:
        onward = _words(_in_order(LEADS_TO[state])) or "nothing: ended"
        yield f"`{state}`", _MEANINGS[state], "yes" if state in ON_BOARD else "", onward


def _examples() -> dict[str, BaseModel]:
    store = Stop(place=Place(lat=47.141, lon=9.521), address="Mill Street 1", handoff=[Handoff.HATCH])
    door = Stop(place=Place(lat=47.149, lon=9.517), address="Oak Lane 2", first_name="Ada", handoff=[Handoff.HATCH])
    order = LegOrder(
        reference="leg_7Q2",
        pickup=store,
        dropoff=door,
        parcels=[Parcel(id="p1", weight_g=1_200)],
        ready_at=_NOON,
        latest=_after(90),
    )
    leg = Leg(
        id="L-88",
        reference="leg_7Q2",
        state=LegState.COMMITTED,
        vehicle_id="barrow-3",
        compartment_id="lid",
        pickup_eta=_after(8),
        dropoff_eta=_after(21),
        price=Price(minor=490, currency="CHF"),
    )
    return {
        "order": order,
        "no": Feasibility(feasible=False, limits=[Refusal(limit=Limit.TOO_HEAVY, at_most=9_000, asked=12_000)]),
        "quote": Quote(
            id="Q-12",
            price=Price(minor=490, currency="CHF"),
            pickup_eta=_after(8),
            dropoff_eta=_after(21),
            dropoff_latest=_after(30),
            held_until=_after(2),
            at_pickup=Handoff.HATCH,
            at_dropoff=Handoff.HATCH,
        ),
        "ask_reservation": AskReservation(quote_id="Q-12"),
        "reservation": Reservation(
            id="R-40", quote_id="Q-12", vehicle_id="barrow-3", compartment_id="lid", held_until=_after(3)
        ),
        "ask_leg": AskLeg(reservation_id="R-40"),
        "leg": leg,
        "refusal": Refusal(limit=Limit.WEATHER, said="Gusts of 19 m/s.", at_most=15, asked=19, retry_after=_after(30)),
        "ask_secret": AskSecret(holder=Holder.SHOPPER, valid_s=600),
        "secret": Secret(id="S-5", secret="481 926", compartment_id="lid", valid_until=_after(31)),
        "open": AskAction(action=Action.OPEN, compartment_id="lid", secret="481 926"),
        "answer": ActionAnswer(outcome=ActionOutcome.REFUSED, refusal=Refusal(limit=Limit.SECRET)),
        "events": _news(),
        "vehicles": _vehicles(),
        "advance": Advance(seconds=60),
        "person": ActOfPerson(leg_id="L-88", act=PersonAct.TAKE_OUT),
        "mishap": Mishap(vehicle_id="barrow-3", kind=IncidentKind.BLOCKED, ends_after_s=300),
        "contact": LostContact(vehicle_id="barrow-3", seconds=120),
        "repair": Repair(vehicle_id="barrow-3"),
        "hours": SetHours(model="barrow", hours={"time_zone": "UTC", "weekly": {"0": [["08:00", "20:00"]]}}),
        "weather": SetWeather.model_validate({"weather": {"at": _NOON, "wind_m_s": 19}}),
    }


def _news() -> Events:
    moved = Event(
        number=41,
        kind=EventKind.LEG_MOVED,
        at=_after(21),
        recorded_at=_after(21),
        vehicle_id="barrow-3",
        leg_id="L-88",
        reference="leg_7Q2",
        previous=LegState.TO_DROPOFF,
        state=LegState.AT_DROPOFF,
    )
    opened = Event(
        number=42,
        kind=EventKind.OPENED,
        at=_after(22),
        recorded_at=_after(22),
        vehicle_id="barrow-3",
        leg_id="L-88",
        compartment_id="lid",
        opened_for=Holder.SHOPPER,
        secret_id="S-5",
    )
    return Events(items=[moved, opened], last=42)


def _vehicles() -> Vehicles:
    robot = {
        "id": "barrow-3",
        "model": "barrow",
        "plate": "B 3",
        "state": "on_trip",
        "driving": "autonomous",
        "seen_at": _after(14),
        "place": {"lat": 47.145, "lon": 9.519},
        "range_left_m": 8_400,
        "compartments": [{"id": "lid", "state": "loaded", "leg_id": "L-88"}],
    }
    return Vehicles.model_validate({"items": [robot]})


def _after(minutes: int) -> datetime:
    return _NOON + timedelta(minutes=minutes)


def _example(part: BaseModel) -> str:
    body = part.model_dump(mode="json", exclude_none=True, exclude_defaults=isinstance(part, (LegOrder, Events)))
    return f"```json\n{json.dumps(body, ensure_ascii=False, indent=1)}\n```"


def _in_order(states: Iterable[LegState]) -> list[LegState]:
    wanted = set(states)
    return [state for state in LegState if state in wanted]


def _words(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
