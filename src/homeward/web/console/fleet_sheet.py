"""A fleet's page: its fact sheet in plain words, what needs a person, its log. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from homeward.coverage.model import Market
from homeward.fleets.autonomous.model import Fleet, FleetStatus, Machine, MachineLeg
from homeward.fleets.autonomous.policy import VEHICLE_WORDS
from homeward.fleets.contract.facts import Domain, FactSheet, Model, WeatherLimits
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.words import Action, CompartmentState, EventKind, LegState, VehicleState
from homeward.infra.db import Row
from homeward.kit.hours_json import hours_from_json
from homeward.web import words
from homeward.web.console.fleet_views import (
    ASKABLE,
    FleetView,
    LogItem,
    ModelFacts,
    Trouble,
    by_machine,
    carrying_item,
    fleet_item,
    fleets_map,
    machine_item,
    needs_person,
    vehicle_pins,
)
from homeward.web.console.people_views import hour_pairs
from homeward.web.format import Formats
from homeward.web.forms import Form
from homeward.web.stories import formats_of, short_id

LOG_LENGTH: Final = 40
_HELPLESS: Final = frozenset({VehicleState.STOPPED, VehicleState.NON_OPERATIONAL, VehicleState.UNKNOWN})
Pairs = tuple[tuple[str, str], ...]


def fleet_page(
    fleet: Fleet,
    market: Market,
    machines: Sequence[Machine],
    legs: Sequence[MachineLeg],
    acts: Mapping[str, Sequence[Row]],
    log: Sequence[Event],
    now: datetime,
    *,
    role: str,
    form: Form,
) -> FleetView:
    """`machines`, `legs` and `log` are this fleet's own; `acts` by leg; `log` has the newest first."""
    formats, carried = formats_of(market), by_machine(legs)
    names = {machine.now.id: machine.name for machine in machines}
    known = {machine.id: machine for machine in machines}
    actions = [one for one in fleet.facts.actions if one in ASKABLE] if role != "support" else []
    return FleetView(
        item=fleet_item(fleet, market, machines, legs, now),
        paused=fleet.status is FleetStatus.PAUSED,
        may_change=role == "admin",
        troubles=(*_stranded(legs, known), *_broken(machines, carried, log)),
        carrying=tuple(
            carrying_item(leg, known.get(leg.machine_id), acts.get(leg.id, ()), _now(leg, actions), formats, now)
            for leg in legs
        ),
        machines=tuple(machine_item(one, fleet, carried.get(one.id), formats, now) for one in machines),
        map=fleets_map(market, [fleet], machines),
        pins=vehicle_pins([fleet], machines, legs, now, linked=False),
        facts=_sheet(fleet, formats, now),
        models=tuple(_model(model, fleet.facts, formats) for model in fleet.facts.models),
        log=tuple(_entry(event, names, formats) for event in log[:LOG_LENGTH]),
        form=form,
    )


def _now(leg: MachineLeg, actions: Sequence[Action]) -> Sequence[Action]:
    """Only what a fleet has promised can be asked about."""
    return actions if leg.state is not None else ()


def _stranded(legs: Sequence[MachineLeg], machines: Mapping[str, Machine]) -> list[Trouble]:
    found = []
    for leg in filter(needs_person, legs):
        machine = machines.get(leg.machine_id)
        name = machine.name if machine else leg.machine_id
        rescue = leg.state is LegState.RESCUE_NEEDED
        title = f"{name} cannot go on" if rescue else f"Contact with {name} is lost"
        said = leg.hold.reason if leg.hold else ""
        text = f"Delivery {short_id(leg.delivery_id)} is with it." + (f" {said}" if said else "")
        found.append(Trouble(title, text, f"/console/deliveries/{leg.delivery_id}", "Open the delivery"))
    return found


def _broken(machines: Sequence[Machine], carried: Mapping[str, MachineLeg], log: Sequence[Event]) -> list[Trouble]:
    """Lids that stick, and vehicles that stand since their last incident, unless their delivery tells it already."""
    last: dict[str, Event] = {}
    for event in log:
        if event.kind is EventKind.INCIDENT and event.vehicle_id:
            last.setdefault(event.vehicle_id, event)
    found = []
    for machine in machines:
        jammed = any(room.state is CompartmentState.JAMMED for room in machine.now.compartments)
        incident, leg = last.get(machine.now.id), carried.get(machine.id)
        if leg is not None and needs_person(leg):
            continue
        if not jammed and (incident is None or machine.now.state not in _HELPLESS):
            continue
        what = str(incident.incident).replace("_", " ") if incident else "lid jam"
        said = incident.said if incident else ""
        title = f"{machine.name}: a compartment is jammed" if jammed else f"{machine.name} stands: {what}"
        found.append(
            Trouble(title, said or "It waits for somebody of the fleet.", f"#{machine.id}", "Show the vehicle")
        )
    return found


# ── the fact sheet ──


def _sheet(fleet: Fleet, formats: Formats, now: datetime) -> Pairs:
    facts = fleet.facts
    permits = ", ".join(f"{one.number} ({one.authority})" for one in facts.operator.permits)
    return (
        ("Who answers for it", facts.operator.name),
        ("Desk that can stop a vehicle", facts.operator.phone),
        ("Permits", permits or "none named"),
        ("Carries out", ", ".join(str(one).replace("_", " ") for one in facts.actions) or "nothing from afar"),
        ("Waits at the store", formats.span(facts.waits.at_pickup_s)),
        ("Waits at the door", formats.span(facts.waits.at_dropoff_s)),
        ("Address", fleet.base_url),
        ("Token ends with", fleet.hint),
        ("Joined", formats.moment(fleet.created_at, now).text),
    )


def _model(model: Model, sheet: FactSheet, formats: Formats) -> ModelFacts:
    domains = [domain for domain in sheet.domains if domain.model == model.id]
    heaviest = max(room.load_limit_g for room in model.compartments)
    pairs = [
        ("Carries", f"{formats.weight(model.load_limit_g)} together, {formats.weight(heaviest)} in one compartment"),
        ("Compartments", f"{len(model.compartments)}, largest {_largest(model)}"),
        ("Speed", _speed(model.speed_m_s, formats)),
        ("Goes at most", formats.distance(model.range_m) if model.range_m else "as far as needed"),
        ("Hands over", ", ".join(str(one) for one in model.at_dropoff)),
    ]
    for domain in domains:
        if domain.farthest_m:
            pairs.append(("From store to door", f"at most {formats.distance(domain.farthest_m)}"))
        if domain.daylight_only:
            pairs.append(("Daylight", "only by daylight"))
    return ModelFacts(
        name=f"{model.maker} {model.name}",
        icon=words.word(words.VEHICLE, VEHICLE_WORDS[model.mode]).icon,
        facts=tuple(pairs),
        weather="; ".join(dict.fromkeys(_weather(domain.weather, formats) for domain in domains)),
        hours=_hours(domains, formats),
    )


def _largest(model: Model) -> str:
    inner = max(
        (room.inner for room in model.compartments), key=lambda one: one.length_mm * one.width_mm * one.height_mm
    )
    return " × ".join(f"{side / 10:g}" for side in (inner.length_mm, inner.width_mm, inner.height_mm)) + " cm"


def _speed(metres_a_second: float, formats: Formats) -> str:
    imperial = formats.units == "imperial"
    figure = metres_a_second * (2.236936 if imperial else 3.6)
    return f"{formats.number(figure, 0)} {'mph' if imperial else 'km/h'}"


def _weather(limits: WeatherLimits, formats: Formats) -> str:
    told = [
        (limits.wind_m_s, "wind above {} m/s"),
        (limits.rain_mm_h, "rain above {} mm an hour"),
        (limits.snow_mm, "more than {} mm of snow"),
        (limits.visibility_m, "a view of less than {} m"),
        (limits.coldest_c, "colder than {} °C"),
        (limits.hottest_c, "hotter than {} °C"),
    ]
    found = [text.format(formats.number(limit, 1)) for limit, text in told if limit is not None]
    return "Stays in with " + ", ".join(found) if found else "Goes out in any weather"


def _hours(domains: Sequence[Domain], formats: Formats) -> Pairs:
    return hour_pairs(hours_from_json(domains[0].hours), formats) if domains else ()


# ── the log ──


def _entry(event: Event, names: Mapping[str, str], formats: Formats) -> LogItem:
    return LogItem(
        at=formats.second(event.at),
        text=_told(event),
        vehicle=names.get(event.vehicle_id, event.vehicle_id) if event.vehicle_id else "",
        said=event.said or (event.hold.reason if event.hold else ""),
    )


def _told(event: Event) -> str:
    match event.kind:
        case EventKind.LEG_MOVED:
            return words.word(words.LEG, str(event.state)).label
        case EventKind.LEG_HELD:
            return f"Held: {str(event.hold.kind if event.hold else '').replace('_', ' ')}"
        case EventKind.LEG_FREED:
            return "Goes on"
        case EventKind.LEG_ETA:
            return "New estimate"
        case EventKind.INCIDENT:
            return f"Incident: {str(event.incident).replace('_', ' ')}"
        case EventKind.VEHICLE_CHANGED:
            return f"Vehicle is {str(event.vehicle_state).replace('_', ' ')}"
        case EventKind.OPENED:
            return f"Compartment {event.compartment_id} opened for the {event.opened_for}"
        case EventKind.CLOSED:
            return f"Compartment {event.compartment_id} closed"
        case EventKind.GOODS_IN:
            return "Parcel put in"
        case EventKind.GOODS_OUT:
            return "Parcel taken out"
        case EventKind.FACTS_CHANGED:
            return "Fact sheet changed"
