"""What the console shows of fleets of machines: each in a line, and what a machine did for a delivery. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from homeward.coverage.model import Market
from homeward.dispatch.machines import SAYS
from homeward.fleets.autonomous.model import Asked, Fleet, FleetStatus, Machine, MachineLeg
from homeward.fleets.autonomous.policy import VEHICLE_WORDS, closed_of
from homeward.fleets.contract.facts import Refusal
from homeward.fleets.contract.words import Action, CompartmentState, HoldKind, LegState, Mode, VehicleState
from homeward.infra.db import Row
from homeward.kit.places import Box, LatLon
from homeward.web import words
from homeward.web.format import Formats, Moment
from homeward.web.forms import Form
from homeward.web.maps import Pin, PinTone, map_config, pin_json, style_url, vehicle_icon
from homeward.web.stories import formats_of, short_id
from homeward.web.words import Word

_FREE: Final = Word("Free", "circle-check", "ok")
_AT_WORK: Final = Word("At work", "route", "accent")
_CHARGING: Final = Word("Charging", "bolt", "info")
_OUT: Final = {
    VehicleState.ON_TRIP: Word("On its way with something else", "route", "idle"),
    VehicleState.RESERVED: Word("Kept for something else", "clock", "idle"),
    VehicleState.STOPPED: Word("Stands still", "player-pause", "warn"),
    VehicleState.NON_OPERATIONAL: Word("Out of order", "alert-circle", "bad"),
    VehicleState.REMOVED: Word("Taken away", "circle-x", "idle"),
    VehicleState.UNKNOWN: Word("Cannot be found", "wifi-off", "bad"),
}
_STRANDED: Final = Word("Needs somebody", "alert-triangle", "bad")
_SILENT: Final = Word("Not heard of", "wifi-off", "warn")
_TONES: Final[dict[str, PinTone]] = {"ok": "ok", "warn": "warn", "bad": "bad", "accent": "accent"}
_HOLDS: Final = {
    HoldKind.PAUSED: Word("Paused", "player-pause", "warn"),
    HoldKind.STOPPED: Word("Stopped", "player-pause", "warn"),
    HoldKind.HELD: Word("Held up", "clock-pause", "warn"),
    HoldKind.CONTACT_LOST: Word("Contact lost", "wifi-off", "bad"),
}
_STANDING: Final = {
    FleetStatus.ACTIVE: Word("Active", "circle-check", "ok"),
    FleetStatus.PAUSED: Word("Paused", "player-pause", "warn"),
    FleetStatus.LOGIN_INVALID: Word("Token refused", "lock", "bad"),
}
_ACTORS: Final = {
    "operator": "the operator",
    "merchant": "the store",
    "shopper": "the recipient",
    "courier": "a courier",
}
ASKABLE: Final = {
    Action.PAUSE: ("Pause", "player-pause", ""),
    Action.SAFE_STOP: ("Safe stop", "hand-stop", "Stop it at once, where it is?"),
    Action.RESUME: ("Go on", "player-play", ""),
    Action.RETURN: ("Come back", "arrow-back-up", "Call it back? It brings the parcel to the store."),
}
"""What a person at the operator may ask of a machine from here: label, icon, and what is asked first."""


@dataclass(frozen=True, slots=True)
class FleetItem:
    id: str
    href: str
    name: str
    market: str
    kinds: str
    state: Word
    trouble: str
    heard: str
    at_work: int
    free: int
    charging: int
    out: int
    carries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FleetsView:
    market_id: str
    markets: tuple[tuple[str, str], ...]
    items: tuple[FleetItem, ...]
    map: dict[str, Any] | None
    pins: tuple[dict[str, Any], ...]
    may_join: bool


@dataclass(frozen=True, slots=True)
class MachineItem:
    id: str
    name: str
    model: str
    state: Word
    range: str
    rooms: str
    jammed: bool
    seen: str
    leg: str
    href: str | None


@dataclass(frozen=True, slots=True)
class ActItem:
    """A question to a machine, with its fleet's answer."""

    at: Moment
    word: str
    by: str
    answer: Word
    said: str


@dataclass(frozen=True, slots=True)
class CarryingItem:
    """What a machine carries now, or has carried; `buttons` what may be asked of it."""

    machine: str
    machine_href: str
    delivery_id: str
    short_id: str
    state: Word
    hold: Word | None
    why: str
    price: str
    began: Moment
    buttons: tuple[tuple[str, str, str, str], ...]
    acts: tuple[ActItem, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something a person has to look at."""

    title: str
    text: str
    href: str
    link: str


@dataclass(frozen=True, slots=True)
class LogItem:
    at: Moment
    text: str
    vehicle: str
    said: str


@dataclass(frozen=True, slots=True)
class ModelFacts:
    name: str
    icon: str
    facts: tuple[tuple[str, str], ...]
    weather: str
    hours: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FleetView:
    item: FleetItem
    paused: bool
    may_change: bool
    troubles: tuple[Trouble, ...]
    carrying: tuple[CarryingItem, ...]
    machines: tuple[MachineItem, ...]
    map: dict[str, Any]
    pins: tuple[dict[str, Any], ...]
    facts: tuple[tuple[str, str], ...]
    models: tuple[ModelFacts, ...]
    log: tuple[LogItem, ...]
    form: Form


@dataclass(frozen=True, slots=True)
class AnswerItem:
    """What a fleet last said to a delivery: a price, or its limits."""

    fleet: str
    href: str
    yes: bool
    text: str
    limits: tuple[str, ...]
    at: Moment


@dataclass(frozen=True, slots=True)
class Carrier:
    """The machine that has a delivery now: for the page's headline and its map."""

    name: str
    href: str
    pin: Pin | None


@dataclass(frozen=True, slots=True)
class MachinesPart:
    """A delivery's page: what machines carried of it and what fleets answered."""

    carrying: tuple[CarryingItem, ...] = ()
    answers: tuple[AnswerItem, ...] = ()
    carrier: Carrier | None = None


@dataclass(frozen=True, slots=True)
class NewFleetView:
    form: Form
    markets: tuple[tuple[str, str], ...]


# ── vehicles ──


def machine_word(machine: Machine, fleet: Fleet, leg: MachineLeg | None, now: datetime) -> Word:
    """What it does with its `leg`, if it has one; else by the planner's own reason for not filling it."""
    if leg and needs_person(leg):
        return _STRANDED
    free = sum(room.state is CompartmentState.FREE for room in machine.now.compartments)
    closed = closed_of(machine, fleet, free, now)
    if machine.legs:
        return _AT_WORK
    if machine.now.charged_at and machine.now.charged_at > now:
        return _CHARGING
    if closed == "out_of_contact":
        return _SILENT
    return _OUT.get(machine.now.state, _FREE)


def machine_item(
    machine: Machine, fleet: Fleet, leg: MachineLeg | None, formats: Formats, now: datetime
) -> MachineItem:
    rooms, model = machine.now.compartments, fleet.model(machine.now.model)
    count = sum(room.state is not CompartmentState.FREE for room in rooms)
    left, whole = machine.now.range_left_m, model.range_m if model else None
    return MachineItem(
        id=machine.id,
        name=machine.name,
        model=model.name if model else machine.now.model,
        state=machine_word(machine, fleet, leg, now),
        range="–" if left is None else formats.distance(left) + (f" ({formats.share(left, whole)})" if whole else ""),
        rooms=f"{count} of {len(rooms)}",
        jammed=any(room.state is CompartmentState.JAMMED for room in rooms),
        seen=formats.ago(machine.seen_at, now),
        leg=words.word(words.LEG, leg.state or "reserved").label if leg else "",
        href=f"/console/deliveries/{leg.delivery_id}" if leg else None,
    )


def fleets_map(market: Market, fleets: Sequence[Fleet], machines: Sequence[Machine]) -> dict[str, Any]:
    """The ground that fact sheets allow and forbid; the page itself brings the vehicles, which move.

    `machines` are only brought into view.
    """
    domains = [domain for fleet in fleets for domain in fleet.facts.domains]
    areas = [area.model_dump() for domain in domains for area in domain.areas]
    config = map_config(
        style_url(market.slug),
        _around(areas, [one.place for one in machines if one.place], market.box),
        areas=areas,
        fit=False,
    )
    return config | {"noGo": [area.model_dump() for domain in domains for area in domain.no_go]}


def _around(areas: Sequence[Mapping[str, Any]], places: Sequence[LatLon], market: Box) -> Box:
    """What of the market a fleet is about: where it may go, and where its vehicles are. Rings are (lon, lat)."""
    corners = [LatLon(lat, lon) for area in areas for ring in area["coordinates"] for lon, lat in ring]
    shown = [place for place in (*corners, *places) if market.holds(place)]
    if not shown:
        return market
    lats, lons = [place.lat for place in shown], [place.lon for place in shown]
    return Box(min(lats), min(lons), max(lats), max(lons))


def vehicle_pins(
    fleets: Sequence[Fleet], machines: Sequence[Machine], legs: Sequence[MachineLeg], now: datetime, *, linked: bool
) -> tuple[dict[str, Any], ...]:
    """Vehicles where they were last seen; `linked` to their fleet's page, else to their line of this one."""
    known, carried = {fleet.id: fleet for fleet in fleets}, by_machine(legs)
    seen = [one for one in machines if one.fleet_id in known and one.place]
    return tuple(pin_json(_pin(one, known[one.fleet_id], carried.get(one.id), now, linked)) for one in seen)


def by_machine(legs: Sequence[MachineLeg]) -> dict[str, MachineLeg]:
    """What each carries; the one that needs a person first, if it carries more than one."""
    return {leg.machine_id: leg for leg in sorted(legs, key=needs_person)}


def _pin(machine: Machine, fleet: Fleet, leg: MachineLeg | None, now: datetime, linked: bool) -> Pin:
    model, word = fleet.model(machine.now.model), machine_word(machine, fleet, leg, now)
    assert machine.place, "only machines with a place are drawn"
    icon = vehicle_icon(VEHICLE_WORDS[model.mode if model else Mode.SIDEWALK_ROBOT])
    href = f"/console/fleets/{fleet.id}" if linked else f"#{machine.id}"
    label = f"{machine.name}: {word.label.lower()}"
    return Pin(machine.id, machine.place, icon, label, _TONES.get(word.tone, "idle"), "dot", href)


# ── fleets ──


def fleet_item(
    fleet: Fleet, market: Market, machines: Sequence[Machine], legs: Sequence[MachineLeg], now: datetime
) -> FleetItem:
    formats, carried = formats_of(market), by_machine(legs)
    states = [machine_word(one, fleet, carried.get(one.id), now) for one in machines if one.fleet_id == fleet.id]
    work, free, charging = (states.count(word) for word in (_AT_WORK, _FREE, _CHARGING))
    own = [leg for leg in legs if leg.fleet_id == fleet.id]
    return FleetItem(
        id=fleet.id,
        href=f"/console/fleets/{fleet.id}",
        name=fleet.name,
        market=market.name,
        kinds=", ".join(dict.fromkeys(_kind(model.mode).label for model in fleet.facts.models)),
        state=_STANDING[fleet.status],
        trouble=fleet.trouble or "",
        heard=formats.ago(fleet.heard_at, now) if fleet.heard_at else "never yet",
        at_work=work,
        free=free,
        charging=charging,
        out=len(states) - work - free - charging,
        carries=tuple((short_id(leg.delivery_id), f"/console/deliveries/{leg.delivery_id}") for leg in own),
    )


def _kind(mode: Mode) -> Word:
    return words.word(words.VEHICLE, VEHICLE_WORDS[mode])


# ── carrying ──


def carrying_item(
    leg: MachineLeg,
    machine: Machine | None,
    acts: Sequence[Row],
    actions: Sequence[Action],
    formats: Formats,
    now: datetime,
) -> CarryingItem:
    """`actions`: those that this person may ask for and the fleet carries out."""
    state = leg.state or ("reserved" if leg.ending is None else "cancelled")
    return CarryingItem(
        machine=machine.name if machine else leg.machine_id,
        machine_href=f"/console/fleets/{leg.fleet_id}#{leg.machine_id}",
        delivery_id=leg.delivery_id,
        short_id=short_id(leg.delivery_id),
        state=words.word(words.LEG, state),
        hold=_HOLDS[leg.hold.kind] if leg.hold and not leg.ended_at else None,
        why=leg.reason or (leg.hold.reason if leg.hold else ""),
        price=formats.money(leg.price),
        began=formats.moment(leg.created_at, now),
        buttons=tuple(
            (str(action), *ASKABLE[action]) for action in ASKABLE if action in actions and _fits(action, leg)
        ),
        acts=tuple(_act(act, formats) for act in reversed(acts)),
    )


def _fits(action: Action, leg: MachineLeg) -> bool:
    """Only who stands because they were asked to is asked to go on; the fleet has the last word on all else."""
    if leg.state is LegState.RESCUE_NEEDED:
        return False  # whoever comes for the parcel is the next to act
    stands = leg.hold is not None and leg.hold.kind in (HoldKind.PAUSED, HoldKind.STOPPED)
    return stands if action is Action.RESUME else not (stands and action is Action.PAUSE)


def carrier(leg: MachineLeg, machines: Mapping[str, Machine | None], fleets: Mapping[str, Fleet]) -> Carrier:
    """Who carries this leg, with its fleet's name: plates alone say little."""
    machine, fleet = machines.get(leg.machine_id), fleets.get(leg.fleet_id)
    name = machine.name if machine else leg.machine_id
    pin = None
    if machine and machine.place:
        model = fleet.model(machine.now.model) if fleet else None
        icon = vehicle_icon(VEHICLE_WORDS[model.mode if model else Mode.SIDEWALK_ROBOT])
        pin = Pin("courier", machine.place, icon, name, "accent", "dot")
    href = f"/console/fleets/{leg.fleet_id}#{leg.machine_id}"
    return Carrier(f"{name} ({fleet.name})" if fleet else name, href, pin)


def _act(row: Row, formats: Formats) -> ActItem:
    refusal = row["refusal"]
    answer = {
        "done": Word("Done", "circle-check", "ok"),
        "accepted": Word("Accepted", "check", "info"),
        "refused": Word("Refused", "x", "bad"),
    }[row["outcome"]]
    told = limit_text(Refusal.model_validate(refusal)) if refusal else ""
    by = _ACTORS.get(str(row["by"]).partition(":")[0], "the network")
    return ActItem(formats.second(row["at"]), _plain(row["action"]), by, answer, told or row["reason"])


def limit_text(refusal: Refusal) -> str:
    """A fleet's no in words, with its figures."""
    figures = f" ({refusal.said})" if refusal.said else ""
    if refusal.asked is not None and refusal.at_most is not None:
        figures = f": {refusal.asked:g} where at most {refusal.at_most:g} will do{figures}"
    sentence = SAYS.get(f"fleet_{refusal.limit}", _plain(refusal.limit) + "{subject}")
    told = sentence.format(subject=figures)
    return told[:1].upper() + told[1:]


def _plain(word: str) -> str:
    told = str(word).replace("_", " ").replace(".", " ")
    return told[:1].upper() + told[1:]


def answer_item(asked: Asked, fleets: Mapping[str, Fleet], formats: Formats, now: datetime) -> AnswerItem:
    fleet, price = fleets.get(asked.fleet_id), asked.price
    text = f"Would bring it for {formats.money(price)}" if price else "Cannot bring it"
    if price and asked.dropoff_eta:
        text += f", by {formats.clock(asked.dropoff_eta)}"
    return AnswerItem(
        fleet=fleet.name if fleet else asked.fleet_id,
        href=f"/console/fleets/{asked.fleet_id}",
        yes=price is not None,
        text=text,
        limits=tuple(limit_text(one) for one in asked.limits),
        at=formats.moment(asked.asked_at, now),
    )


def needs_person(leg: MachineLeg) -> bool:
    """It will not go on by itself, or nobody knows where it is."""
    lost = leg.hold is not None and leg.hold.kind is HoldKind.CONTACT_LOST
    return leg.ended_at is None and (leg.state is LegState.RESCUE_NEEDED or lost)
