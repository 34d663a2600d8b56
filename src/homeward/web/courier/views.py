"""What the courier's screen shows. Pure."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from homeward.coverage.model import Market
from homeward.deliveries.model import DeliveryView
from homeward.dispatch.model import Offer
from homeward.dispatch.open_offers.model import Seen as SeenByAll
from homeward.dispatch.route_view import CourierRoute, RouteStopView
from homeward.fleets.couriers.model import Courier
from homeward.kit.money import Money
from homeward.kit.places import LatLon, great_circle_m
from homeward.web.courier.words import (
    ACTS,
    BUILDINGS,
    GOODS,
    HANDOVERS,
    NEEDS,
    OPEN_RESULTS,
    RELATIONSHIPS,
    SIZES,
    SPOTS,
    STOPS,
    TAKE_OVER_ACTS,
    ActWord,
    ReasonChoice,
    Said,
    pay_term,
    problem_choices,
    rescuer_choices,
)
from homeward.web.format import Formats, Moment
from homeward.web.forms import Form
from homeward.web.maps import Line, Pin, map_config, style_url, vehicle_icon
from homeward.web.stories import formats_of
from homeward.web.translation import ENGLISH, N_, Speech

SHIFT_HOURS: Final = (2, 4, 6, 8)
_DARK_FROM_H: Final = 20
_DARK_UNTIL_H: Final = 6

TOLD: Final[dict[str, str]] = {
    "on": N_("You are on duty. Offers come to this screen."),
    "off": N_("You are off duty."),
    "winding_down": N_("No new offers. Please finish the stops that you took."),
    "accepted": N_("It is yours."),
    "interested": N_("You are interested. You are told here who was chosen."),
    "not_interested": N_("Taken back. It does not count against you."),
    "declined": N_("Declined. Somebody else is asked; it does not count against you."),
    "reported": N_("Done."),
    "handed": N_("Handed over. Well done."),
    "problem": N_("Thank you, we know about it."),
    "moved": N_("The demo moved you."),
}


@dataclass(frozen=True, slots=True)
class PayLine:
    label: str
    amount: str


@dataclass(frozen=True, slots=True)
class OfferStopLine:
    kind: ActWord
    name: str
    address: str
    eta: Moment
    latest: Moment | None


@dataclass(frozen=True, slots=True)
class OfferView:
    """Everything before the answer. `left_ms` is real time, also where business time runs faster."""

    id: str
    pay: str
    pay_lines: tuple[PayLine, ...]
    distance: str
    duration: str
    stops: tuple[OfferStopLine, ...]
    deliveries: int
    goods: str
    weight: str
    left_ms: int
    whole_ms: int
    left_text: str


@dataclass(frozen=True, slots=True)
class OpenOfferView:
    """What all who can are asked."""

    id: str
    interested: bool
    offer: OfferView


@dataclass(frozen=True, slots=True)
class ActButton:
    act: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True)
class ProofView:
    """What the stop asks to be shown. `show_code` is read by the store; `waits` until its system has said yes."""

    code: bool
    photo: bool
    signature: bool
    pin: bool
    pin_strict: bool
    pin_locked: bool
    labels: tuple[str, ...]
    signer_name: bool
    signer_relationship: bool
    min_age: int
    sober: bool
    show_code: str
    confirmed: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class StopView:
    id: str
    leg_id: str | None
    kind: ActWord
    state: str
    name: str
    phone: str | None
    address: str
    instructions: str
    eta: Moment | None
    latest: Moment | None
    late: bool
    ready: Moment | None
    reference: str
    parcel: str
    navigate: str
    acts: tuple[ActButton, ...]
    door: str
    gate_code: str
    neighbour: str
    handover: str
    bring_back: str
    restricted: str
    tip: str
    proof: "ProofView"
    problems: tuple[ReasonChoice, ...]


@dataclass(frozen=True, slots=True)
class RideView:
    """The whole screen; `mode` is what it is about now: 'off', 'waiting', 'offer' or 'route'."""

    mode: str
    courier: Courier
    vehicle_icon: str
    night: bool
    duty_text: str
    shift_ends: Moment | None
    winding_down: bool
    offer: OfferView | None
    open_offers: tuple[OpenOfferView, ...]
    open_results: tuple[Said, ...]
    next: StopView | None
    later: tuple[StopView, ...]
    done: int
    way: str
    pay: str
    map: dict[str, Any]
    hours: Sequence[int]
    relationships: Mapping[str, str]
    demo: bool
    wait_at: str  # '' or where an offer is likelier
    wait_way: str
    wait_link: str
    clock: dict[str, Any]
    told: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class DoorView:
    """Sign-in: first the phone, then the code."""

    title: str
    mark: str
    heading: str
    step: str
    phone: str
    form: Form
    demo: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What the screen is made of."""

    courier: Courier
    market: Market
    offer: Offer | None
    route: CourierRoute
    next_delivery: DeliveryView | None
    now: datetime
    speed: float
    demo: bool
    open_offers: Sequence[SeenByAll] = ()
    say: Speech = ENGLISH


def ride_view(seen: Seen, *, told: str | None = None, problem: str | None = None) -> RideView:
    courier, market, now, say = seen.courier, seen.market, seen.now, seen.say
    formats = formats_of(market, say)
    left = [stop for stop in seen.route.stops if stop.state != "done"]
    stops = [_stop(stop, seen, formats) for stop in left]
    offer = _offer(seen.offer, formats, now, seen.speed) if seen.offer else None
    idle = courier.on_duty and not courier.winding_down(now) and not offer and not stops
    hint = seen.route.wait_at if idle else None
    ends = formats.moment(courier.shift_ends, now) if courier.shift_ends and courier.on_duty else None
    return RideView(
        mode="offer" if offer else "route" if stops else "waiting" if courier.on_duty else "off",
        courier=courier,
        vehicle_icon=vehicle_icon(courier.vehicle.value),
        night=is_night(now, market.time_zone),
        duty_text=say("On a journey") if courier.journey else say("On duty") if courier.on_duty else say("Off duty"),
        shift_ends=ends,
        winding_down=courier.winding_down(now),
        offer=offer,
        open_offers=_open_offers(seen, formats),
        open_results=tuple(OPEN_RESULTS[one.state] for one in seen.open_offers if one.state in OPEN_RESULTS),
        next=stops[0] if stops else None,
        later=tuple(stops[1:]),
        done=len(seen.route.stops) - len(stops),
        way=f"{formats.distance(seen.route.distance_m)}, {formats.span(seen.route.duration_s)}",
        pay=formats.money(seen.route.pay),
        map=_map(seen, left),
        hours=SHIFT_HOURS,
        relationships={code: say(label) for code, label in RELATIONSHIPS.items()},
        demo=seen.demo,
        wait_at=hint.name if hint else "",
        wait_way=formats.span(hint.drive_s) if hint else "",
        wait_link=navigation_link(hint.place, hint.name) if hint else "",
        clock={
            "now": round(now.timestamp() * 1000),
            "speed": seen.speed,
            "on": courier.on_duty,
            # A demo's town is nobody's real town: what the browser measures elsewhere is not reported.
            "within": [market.box.west, market.box.south, market.box.east, market.box.north] if seen.demo else None,
        },
        told=say(TOLD.get(told or "", "")) or None,
        problem=problem,
    )


def is_night(now: datetime, time_zone: str) -> bool:
    """Dark outside, more or less: a bright screen blinds whoever rides with it."""
    hour = now.astimezone(ZoneInfo(time_zone)).hour
    return hour >= _DARK_FROM_H or hour < _DARK_UNTIL_H


def shift_end(now: datetime, hours: int) -> datetime:
    return now + timedelta(hours=hours)


def further_along(route: CourierRoute, metres: float) -> LatLon | None:
    """The place so far along the way that is left; its end if the way is shorter."""
    way = [LatLon(lat, lon) for lat, lon in route.geometry]
    for here, there in itertools.pairwise(way):
        length = great_circle_m(here, there)
        if length >= metres > 0:
            share = metres / length
            return LatLon(here.lat + (there.lat - here.lat) * share, here.lon + (there.lon - here.lon) * share)
        metres -= length
    return way[-1] if way else None


def navigation_link(place: LatLon, label: str) -> str:
    """Opens the phone's own navigation (RFC 5870, with the label that Android reads)."""
    at = f"{place.lat:.6f},{place.lon:.6f}"
    return f"geo:{at}?q={at}({quote(label, safe='')})"


def _offer(offer: Offer, formats: Formats, now: datetime, speed: float) -> OfferView:
    left_s = max(0.0, (offer.expires_at - now).total_seconds()) / speed
    whole_s = (offer.expires_at - offer.created_at).total_seconds() / speed
    stops = tuple(
        OfferStopLine(
            STOPS["take_over" if stop.take_over else stop.kind.value],
            stop.name,
            stop.address,
            formats.moment(stop.eta, now),
            formats.moment(stop.latest, now) if stop.latest else None,
        )
        for stop in offer.stops
    )
    currency = offer.pay.currency
    return OfferView(
        id=offer.id,
        pay=formats.money(offer.pay),
        pay_lines=tuple(
            PayLine(pay_term(term, formats), formats.money(Money(term.minor, currency)))
            for term in offer.pay_terms
            if term.minor
        ),
        distance=formats.distance(offer.distance_m),
        duration=formats.span(offer.duration_s),
        stops=stops,
        deliveries=len(offer.delivery_ids),
        goods=_goods(offer.goods, formats.say),
        weight=formats.weight(offer.weight_g) if offer.weight_g else "",
        left_ms=round(left_s * 1000),
        whole_ms=max(1, round(whole_s * 1000)),
        left_text=formats.span(round(left_s)),
    )


def _open_offers(seen: Seen, formats: Formats) -> tuple[OpenOfferView, ...]:
    """The time that is left is until the choice, or until the pay rises."""
    return tuple(
        OpenOfferView(
            one.open_offer.id,
            one.invitation.interested_at is not None,
            _offer(replace(one.invitation.offer, expires_at=one.open_offer.ends_at), formats, seen.now, seen.speed),
        )
        for one in seen.open_offers
        if one.state == "gathering"
    )


def _stop(stop: RouteStopView, seen: Seen, formats: Formats) -> StopView:
    now, wanted, say = seen.now, stop.requirements, seen.say
    building, spot = stop.door.get("building", ""), stop.door.get("spot", "")
    where = (stop.door.get("company", ""), say(BUILDINGS.get(building, "")), say(SPOTS.get(spot, "")))
    address = ", ".join(part for part in (stop.address, stop.unit) if part)
    delivery = seen.next_delivery.delivery if seen.next_delivery and stop.state == "next" else None
    may_report = "problem" in stop.acts
    problems = problem_choices(delivery.state, delivery.requirements.undeliverable) if delivery and may_report else ()
    if problems and stop.take_over:
        problems = rescuer_choices()
    return StopView(
        id=stop.ref.id,
        leg_id=stop.leg_id,
        kind=STOPS["take_over" if stop.take_over else stop.ref.kind.value],
        state=stop.state,
        name=stop.name,
        phone=stop.phone,
        address=address,
        instructions=stop.instructions,
        eta=formats.moment(stop.eta, now) if stop.eta else None,
        latest=formats.moment(stop.latest, now) if stop.latest else None,
        late=bool(stop.eta and stop.latest and stop.eta > stop.latest),
        ready=formats.moment(stop.ready_at, now) if stop.ready_at and stop.ready_at > now else None,
        reference=str(stop.parcel.get("reference", "")),
        parcel=_parcel(stop, formats),
        navigate=navigation_link(stop.place, stop.name or stop.address),
        acts=tuple(_button(act, take_over=stop.take_over) for act in stop.acts if act in ACTS),
        door=", ".join(part for part in where if part),
        gate_code=stop.door.get("gate_code", ""),
        neighbour=stop.door.get("neighbour", ""),
        handover=say(HANDOVERS.get(str(wanted.get("handover", "")), "")),
        bring_back=", ".join(wanted.get("round_trip", ())),
        restricted=_goods(stop.parcel.get("restricted", ()), say),
        tip=formats.money(stop.tip) if stop.tip else "",
        proof=_proof(wanted),
        problems=problems,
    )


def _proof(wanted: Mapping[str, Any]) -> ProofView:
    age = wanted.get("age") or {}
    confirmed = bool(wanted.get("confirmed"))
    return ProofView(
        code=bool(wanted.get("code")),
        photo=bool(wanted.get("photo")),
        signature=bool(wanted.get("signature")),
        pin=bool(wanted.get("pin")),
        pin_strict=bool(wanted.get("pin_strict")),
        pin_locked=bool(wanted.get("pin_locked")),
        labels=tuple(label["value"] for label in wanted.get("labels", ())),
        signer_name=bool(wanted.get("signer_name")),
        signer_relationship=bool(wanted.get("signer_relationship")),
        min_age=int(age.get("min_age", 0)),
        sober=bool(age.get("sober")),
        show_code=str(wanted.get("show_code") or ""),
        confirmed=confirmed,
        waits=wanted.get("handshake") == "required" and not confirmed,
    )


def _button(act: str, *, take_over: bool) -> ActButton:
    word = TAKE_OVER_ACTS.get(act, ACTS[act]) if take_over else ACTS[act]
    return ActButton(act, word.label, word.icon)


def _parcel(stop: RouteStopView, formats: Formats) -> str:
    parcel = stop.parcel
    count = int(parcel.get("count") or 1)
    parts = [
        str(parcel.get("description") or ""),
        formats.say.plural(count, "%(num)s piece", "%(num)s pieces") if count > 1 else "",
        _named(SIZES, str(parcel.get("size", "")), formats.say),
        formats.weight(int(parcel["weight_g"])) if parcel.get("weight_g") else "",
        *(_named(NEEDS, str(need), formats.say) for need in parcel.get("needs", ())),
    ]
    return ", ".join(part for part in parts if part)


def _goods(goods: Sequence[str], say: Speech) -> str:
    return ", ".join(_named(GOODS, each, say) for each in goods)


def _named(table: Mapping[str, str], code: str, say: Speech) -> str:
    """The word for a code; one that has none (a newer release wrote it) is shown as it is."""
    return say(table[code]) if code in table else code.replace("_", " ")


def _map(seen: Seen, left: Sequence[RouteStopView]) -> dict[str, Any]:
    courier, market = seen.courier, seen.market
    pins = [Pin(f"stop-{number}", stop.place, _pin_icon(stop.ref.kind.value), stop.name or stop.address,
                tone="accent" if stop.state == "next" else "idle") for number, stop in enumerate(left)]  # fmt: skip
    if seen.offer:
        pins += [
            Pin(f"offer-{number}", stop.place, _pin_icon(stop.kind.value), stop.name or stop.address, tone="warn")
            for number, stop in enumerate(seen.offer.stops)
        ]
    if courier.place and courier.on_duty:
        pins.append(Pin("me", courier.place, vehicle_icon(courier.vehicle.value), seen.say("You"), form="dot"))
    lines = [Line("way", [LatLon(lat, lon) for lat, lon in seen.route.geometry])] if seen.route.geometry else []
    return map_config(style_url(market.slug), market.box, pins=pins, lines=lines, fit=True)


def _pin_icon(kind: str) -> Any:
    return "home" if kind == "dropoff" else "store"
