"""One delivery's whole story: what happened, who carried, why that courier, what was told to whom. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from homeward.coverage.model import Market
from homeward.deliveries.model import Delivery, DeliveryEvent, DeliveryView, Leg, LegKind, Proof
from homeward.deliveries.states import BEFORE_PICKUP, OPEN, WITH_COURIER_BEFORE_PICKUP, State
from homeward.dispatch import explain
from homeward.dispatch.model import Explanation, Offer, Round, Ruling
from homeward.dispatch.route_view import CourierRoute
from homeward.fleets.couriers.model import Courier
from homeward.kit.places import LatLon
from homeward.web import words
from homeward.web.console.fleet_views import MachinesPart
from homeward.web.console.views import courier_state
from homeward.web.format import Formats, Moment
from homeward.web.forms import Form
from homeward.web.maps import Line, Pin, map_config, style_url, vehicle_icon
from homeward.web.stories import (
    EventView,
    PriceView,
    ProofView,
    Together,
    door,
    event_views,
    formats_of,
    price_view,
    problem_text,
    proof_views,
    short_id,
    standing,
    together,
)
from homeward.web.words import Word

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LegItem:
    number: int
    courier: str
    courier_href: str | None
    vehicle: Word
    state: Word
    kind: str
    pay: str
    began: Moment
    picked_up: Moment | None
    ended: Moment | None
    reason: str


@dataclass(frozen=True, slots=True)
class Slice:
    """What one term adds to a courier's cost, drawn in per mille of the longest bar."""

    term: str
    word: str
    begins: int
    width: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """One courier who could have taken it. `slices` draw what its cost is made of."""

    name: str
    href: str
    chosen: bool
    total: str
    slices: tuple[Slice, ...]
    terms: tuple[Pair, ...]
    pickup: str
    dropoff: str
    late: str
    likely: str  # the chance of a yes
    odds: tuple[Pair, ...]  # and its terms


@dataclass(frozen=True, slots=True)
class PassedOver:
    name: str
    href: str
    limit: str


@dataclass(frozen=True, slots=True)
class Decision:
    id: str
    at: Moment
    word: Word
    rule: str
    sentence: str
    repeats: int
    terms: tuple[Pair, ...]  # by name, what each is called
    drawn: tuple[Pair, ...]  # of these the ones that some bar shows
    candidates: tuple[Candidate, ...]
    odds_names: tuple[str, ...]
    passed_over: tuple[PassedOver, ...]


@dataclass(frozen=True, slots=True)
class OfferItem:
    courier: str
    state: Word
    pay: str
    trip: str
    likely: str
    at: Moment
    answered: str
    reason: str


@dataclass(frozen=True, slots=True)
class MessageItem:
    channel: str
    icon: str
    recipient: str
    text: str
    state: Word
    at: Moment
    failure: str


@dataclass(frozen=True, slots=True)
class WebhookItem:
    type: str
    url: str
    state: Word
    tries: int
    at: Moment
    last: str


@dataclass(frozen=True, slots=True)
class Actions:
    """What the signed-in person may do with it now."""

    can_reassign: bool
    can_search_again: bool
    can_cancel: bool
    can_go_on: bool
    can_fail: bool
    couriers: tuple[tuple[str, str], ...]
    why_not: str


@dataclass(frozen=True, slots=True)
class StoryView:
    id: str
    short_id: str
    state: Word
    standing: Word
    attention: str | None
    test: bool
    merchant: str
    merchant_id: str
    store: str
    address: str
    promise: str
    eta: Moment | None
    courier: str | None
    courier_href: str | None
    facts: tuple[Pair, ...]
    price: PriceView
    tracking_url: str
    map: dict[str, Any]
    events: tuple[EventView, ...]
    legs: tuple[LegItem, ...]
    proofs: tuple[ProofView, ...]
    decisions: tuple[Decision, ...]
    explanation: str
    offers: tuple[OfferItem, ...]
    messages: tuple[MessageItem, ...]
    webhooks: tuple[WebhookItem, ...]
    actions: Actions
    together: Together | None
    machines: MachinesPart
    form: Form


@dataclass(frozen=True, slots=True)
class StoryFacts:
    """All that the services know about one delivery."""

    view: DeliveryView
    market: Market
    events: Sequence[DeliveryEvent]
    legs: Sequence[Leg]
    proofs: Sequence[Proof]
    explanation: Explanation | None
    couriers: Sequence[Courier]
    route: CourierRoute | None
    messages: tuple[MessageItem, ...]
    webhooks: tuple[WebhookItem, ...]
    names: Mapping[str, str]
    tracking_url: str
    may_act: bool
    real_time: bool = True
    mates: Sequence[DeliveryView] = ()
    machines: MachinesPart = MachinesPart()


def story(facts: StoryFacts, form: Form, now: datetime) -> StoryView:
    delivery, formats = facts.view.delivery, formats_of(facts.market)
    # After the end it is still worth telling who carried it last.
    carrier_id = delivery.courier_id or (facts.legs[-1].courier_id if facts.legs and delivery.ended_at else None)
    courier = next((c for c in facts.couriers if c.id == carrier_id), None)
    machine = facts.machines.carrier
    decisions = decision_items(facts.explanation, formats, now)
    return StoryView(
        id=delivery.id,
        short_id=short_id(delivery.id),
        state=words.word(words.DELIVERY, delivery.state.value),
        standing=standing(delivery, formats, now),
        attention=words.attention(delivery.attention) if delivery.attention else None,
        test=delivery.mode == "test",
        merchant=facts.view.merchant_name,
        merchant_id=delivery.merchant_id,
        store=facts.view.store_name,
        address=door(delivery),
        promise=formats.window(delivery.window_earliest, delivery.promised_by, now),
        eta=formats.moment(delivery.eta, now) if delivery.eta and delivery.state in OPEN else None,
        courier=courier.name if courier else machine.name if machine else _carrier_name(facts, carrier_id),
        courier_href=machine.href if machine else _page_of(carrier_id) if carrier_id else None,
        facts=fact_pairs(delivery, formats, now),
        price=price_view(delivery.price, formats),
        tracking_url=facts.tracking_url,
        map=story_map(facts, courier),
        events=event_views(facts.events, facts.names, formats, now, real_time=facts.real_time),
        legs=tuple(leg_item(leg, facts.names, formats, now) for leg in facts.legs),
        proofs=proof_views(facts.proofs, formats, now, f"/console/deliveries/{delivery.id}/proofs/"),
        decisions=decisions,
        explanation=facts.explanation.text if facts.explanation else "",
        offers=offer_items(facts.explanation, formats, now),
        messages=facts.messages,
        webhooks=facts.webhooks,
        actions=actions(facts, formats),
        together=together(facts.view, facts.mates, "/console/deliveries/"),
        machines=facts.machines,
        form=form,
    )


def _carrier_name(facts: StoryFacts, carrier_id: str | None) -> str | None:
    """Of a machine, or another company's courier, as the leg knows them."""
    leg = next((one for one in reversed(facts.legs) if one.courier_id == carrier_id), None)
    return facts.names.get(leg.courier_id, leg.courier.first_name) if leg and carrier_id else None


def fact_pairs(delivery: Delivery, formats: Formats, now: datetime) -> tuple[Pair, ...]:
    contact = delivery.dropoff.contact
    parcel = delivery.parcel
    wanted = [
        word
        for word, asked in (
            ("photo", delivery.requirements.photo),
            ("signature", delivery.requirements.signature),
            ("PIN", delivery.requirements.pin is not None),
        )
        if asked
    ]
    pairs: list[Pair | None] = [
        ("Recipient", contact.name or "–"),
        ("Phone", contact.phone) if contact.phone else None,
        ("E-mail", contact.email) if contact.email else None,
        ("To the door", delivery.dropoff.instructions) if delivery.dropoff.instructions else None,
        ("Pickup", delivery.pickup.address),
        ("Pickup code", delivery.pickup.code) if delivery.pickup.code else None,
        ("At the store", delivery.pickup.instructions) if delivery.pickup.instructions else None,
        ("Parcel", f"{parcel.size.value.replace('_', ' ')}, {formats.weight(parcel.weight_g)}"),
        ("Contents", delivery.contents.description) if delivery.contents.description else None,
        ("Ready", formats.moment(delivery.ready_at, now).text),
        ("Proof wanted", ", ".join(wanted) or "none"),
        ("If nobody is there", delivery.requirements.undeliverable.value.replace("_", " ")),
        ("Merchant's number", delivery.external_id) if delivery.external_id else None,
        ("Booked", formats.moment(delivery.created_at, now).text),
    ]
    return tuple(pair for pair in pairs if pair)


def story_map(facts: StoryFacts, courier: Courier | None) -> dict[str, Any]:
    delivery = facts.view.delivery
    done = delivery.state is State.DELIVERED
    pins = [
        Pin("store", delivery.pickup.place, "store", facts.view.store_name, "idle"),
        Pin("door", delivery.dropoff.place, "check" if done else "home", door(delivery), "ok" if done else "accent"),
    ]
    lines = []
    if courier and courier.place and delivery.state in OPEN:
        pins.append(Pin("courier", courier.place, vehicle_icon(courier.vehicle.value), courier.name, "accent", "dot"))
        if facts.route:
            lines.append(Line("route", [LatLon(lat, lon) for lat, lon in facts.route.geometry]))
    elif facts.machines.carrier and facts.machines.carrier.pin and delivery.state in OPEN:
        pins.append(facts.machines.carrier.pin)
    return map_config(style_url(facts.market.slug), facts.market.box, pins=pins, lines=lines)


def _page_of(courier_id: str) -> str | None:
    """Other companies' couriers have no page here: such a leg is the company's account's."""
    if courier_id.startswith("mac_"):
        return f"/console/fleets/machines/{courier_id}"
    return f"/console/couriers/{courier_id}" if courier_id.startswith("cou_") else None


def _ruled_page(ruling: Ruling) -> str:
    """Those who were considered are couriers of ours and machines."""
    return _page_of(ruling.courier_id) or f"/console/couriers/{ruling.courier_id}"


def leg_item(leg: Leg, names: Mapping[str, str], formats: Formats, now: datetime) -> LegItem:
    return LegItem(
        number=leg.number,
        courier=names.get(leg.courier_id, leg.courier.first_name),
        courier_href=_page_of(leg.courier_id),
        vehicle=words.word(words.VEHICLE, leg.courier.vehicle),
        state=words.word(words.LEG, leg.state.value),
        kind="Back to the store" if leg.kind is LegKind.RETURN else "To the door",
        pay=formats.money(leg.pay),
        began=formats.moment(leg.created_at, now),
        picked_up=formats.moment(leg.picked_up_at, now) if leg.picked_up_at else None,
        ended=formats.moment(leg.ended_at, now) if leg.ended_at else None,
        reason=problem_text(leg.reason),
    )


# ── why that courier ──

_OUTCOMES: Final = {
    "offered": Word("Offered", "send", "ok"),
    "booked": Word("Given to a machine", "robot", "ok"),
    "opened": Word("Offered to all", "users", "info"),
    "waits": Word("Waits", "hourglass", "idle"),
}


def decision_items(explanation: Explanation | None, formats: Formats, now: datetime) -> tuple[Decision, ...]:
    """Newest first. Rounds that said the same one after another are told once, with how often."""
    if explanation is None:
        return ()
    asked = {offer.decision_id: offer.courier_id for offer in explanation.offers}
    runs: list[list[Round]] = []
    for found in explanation.rounds:
        if runs and _same(runs[-1][-1], found):
            runs[-1].append(found)
        else:
            runs.append([found])
    return tuple(_decision(run, asked.get(run[-1].decision_id), formats, now) for run in reversed(runs))


def _same(earlier: Round, later: Round) -> bool:
    """A delivery that waits is looked at every few seconds; the last look tells it all."""
    return earlier.outcome == later.outcome == "waits" and earlier.rule == later.rule


def _decision(rounds: Sequence[Round], chosen: str | None, formats: Formats, now: datetime) -> Decision:
    last = rounds[-1]
    able = sorted((r for r in last.rulings if r.total is not None), key=lambda r: (r.total or 0, r.courier_id))
    terms = tuple(dict.fromkeys(name for ruling in able for name in ruling.terms))
    odds = tuple(name for name in explain.CHANCES if any(r.chance and name in r.chance.terms for r in able))
    longest = max((sum(cost for cost in r.terms.values() if cost > 0) for r in able), default=0)
    drawn = tuple(name for name in terms if any(r.terms.get(name, 0) > 0 for r in able))
    return Decision(
        id=last.decision_id,
        at=formats.moment(last.at, now),
        word=_OUTCOMES[last.outcome],
        rule=words.RULE.get(last.rule, last.rule.replace("_", " ").capitalize()),
        sentence=last.sentence,
        repeats=len(rounds),
        terms=tuple((name, term_word(name)) for name in terms),
        drawn=tuple((name, term_word(name)) for name in drawn),
        candidates=tuple(_candidate(r, terms, odds, longest, r.courier_id == chosen, formats) for r in able),
        odds_names=tuple(explain.CHANCES[name].capitalize() for name in odds),
        passed_over=tuple(_passed_over(r) for r in last.rulings if r.limit is not None),
    )


def _candidate(
    ruling: Ruling, terms: Sequence[str], odds: Sequence[str], longest: int, chosen: bool, formats: Formats
) -> Candidate:
    total, chance = ruling.total or 0, ruling.chance
    return Candidate(
        name=ruling.name,
        href=_ruled_page(ruling),
        chosen=chosen,
        total=_points(total),
        slices=slices(ruling.terms, longest),
        terms=tuple((name, _points(ruling.terms.get(name, 0))) for name in terms),
        pickup=formats.clock(ruling.pickup_eta) if ruling.pickup_eta else "–",
        dropoff=formats.clock(ruling.dropoff_eta) if ruling.dropoff_eta else "–",
        late=f"{formats.span(ruling.late_s)} late" if ruling.late_s > 0 else "",
        likely=explain.percent(chance) if chance else "–",
        odds=tuple((name, f"{chance.terms.get(name, 0):+.2f}") for name in odds) if chance else (),
    )


def term_word(name: str) -> str:
    return explain.TERMS.get(name, name.replace("_", " ")).capitalize()


def slices(terms: Mapping[str, int], longest: int) -> tuple[Slice, ...]:
    """Side by side what each term adds; a term that takes something off has no room in a bar.

    Rounding at the edges, not at the widths, lets neighbours always touch.
    """
    found, sum_before = [], 0
    for name, cost in terms.items():
        if cost <= 0 or longest <= 0:
            continue
        begins, ends = round(1000 * sum_before / longest), round(1000 * (sum_before + cost) / longest)
        found.append(Slice(name, f"{term_word(name)} {_points(cost)}", begins, ends - begins))
        sum_before += cost
    return tuple(found)


def _points(thousandths: int) -> str:
    """The engine's cost in points, as `homeward explain` prints them too."""
    return f"{thousandths / 1000:.0f}"


def _passed_over(ruling: Ruling) -> PassedOver:
    sentence = explain.ruling_sentence(ruling)
    return PassedOver(ruling.name, _ruled_page(ruling), sentence[:1].upper() + sentence[1:])


def offer_items(explanation: Explanation | None, formats: Formats, now: datetime) -> tuple[OfferItem, ...]:
    if explanation is None:
        return ()
    return tuple(_offer(offer, explanation.courier_names, formats, now) for offer in reversed(explanation.offers))


def _offer(offer: Offer, names: Mapping[str, str], formats: Formats, now: datetime) -> OfferItem:
    took = int((offer.answered_at - offer.created_at).total_seconds()) if offer.answered_at else None
    return OfferItem(
        courier=names.get(offer.courier_id, offer.courier_id),
        state=words.word(words.OFFER, offer.state.value),
        pay=formats.money(offer.pay),
        trip=f"{formats.distance(offer.distance_m)}, {formats.span(offer.duration_s)}",
        likely=explain.percent(offer.chance) if offer.chance else "–",
        at=formats.moment(offer.created_at, now),
        answered=f"after {formats.span(took)}" if took is not None else "",
        reason=problem_text(offer.reason),
    )


# ── what can be done ──


def actions(facts: StoryFacts, formats: Formats) -> Actions:
    state = facts.view.delivery.state
    current = facts.view.delivery.courier_id
    rescue = facts.view.delivery.rescue
    stranded = {leg.courier_id for leg in facts.legs if rescue and leg.id == rescue.leg_id}
    movable = state in WITH_COURIER_BEFORE_PICKUP or state is State.SEARCHING or rescue is not None
    free = [c for c in facts.couriers if c.on_duty and c.status == "active" and c.id not in {current, *stranded}]
    return Actions(
        can_reassign=facts.may_act and movable,
        can_search_again=facts.may_act and state in WITH_COURIER_BEFORE_PICKUP,
        can_cancel=facts.may_act and state in BEFORE_PICKUP,
        can_go_on=facts.may_act and rescue is not None,
        can_fail=facts.may_act and state in OPEN and state not in BEFORE_PICKUP,  # before pickup it is cancelled
        couriers=tuple((c.id, _courier_choice(c)) for c in sorted(free, key=lambda c: c.name)),
        why_not=_why_not(facts, state),
    )


def _courier_choice(courier: Courier) -> str:
    vehicle = words.word(words.VEHICLE, courier.vehicle.value).label.lower()
    lost = " – does not report" if courier_state(courier, False) == "lost" else ""
    return f"{courier.name} ({vehicle}){lost}"


def _why_not(facts: StoryFacts, state: State) -> str:
    if state not in OPEN:
        return "It has ended; nothing about it changes any more."
    if not facts.may_act:
        return "Your role may look, but not reassign or cancel."
    if state is State.SCHEDULED:
        return ""
    return "" if state in BEFORE_PICKUP else "The parcel is on board: the courier's reports move it on."
