"""What a merchant may still change of a delivery, until when, and at which price. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from homeward.deliveries import booking_policy
from homeward.deliveries.errors import FieldsLocked, NewQuoteNeeded, NoOptionFits, PriceRises, WrongCurrency
from homeward.deliveries.model import ChangeRequest, Contact, Delivery, NewEvent, Requirements, StopDetails
from homeward.deliveries.states import CHANGEABLE_IN
from homeward.deliveries.views import option_json
from homeward.kit.money import Money
from homeward.kit.problems import FieldError, MalformedRequest, Problem, jsonable
from homeward.quotes.model import CONFIRM_ADDRESS, BookableOption, Quote, QuoteOption, QuoteRequest

PIN_MOVE_FREE_M: Final = 100
"""A confirmed pin this near to the guessed one is the same door; farther, the road to it is measured."""
EXTRA_DISTANCE_M: Final = 300
EXTRA_DISTANCE_PER_MILLE: Final = 100


# ── whether ──


def asked_fields(request: ChangeRequest) -> list[str]:
    return [name for name in CHANGEABLE_IN if getattr(request, name) is not None]


def check_request(request: ChangeRequest) -> Problem | None:
    """Of several ways to say the same thing only one may be used."""
    for ways in (("window", "deliver_by"), ("store_id", "store_external_id", "pickup")):
        used = [name for name in ways if getattr(request, name) is not None]
        if len(used) > 1:
            return MalformedRequest([FieldError(f"/{used[1]}", "not-both", f"send either {used[0]} or {used[1]}")])
    return None


def check_change(delivery: Delivery, request: ChangeRequest) -> Problem | None:
    """Whether the state allows this change."""
    locked = [name for name in asked_fields(request) if delivery.state not in CHANGEABLE_IN[name]]
    if not locked:
        return None
    changeable = [name for name, states in CHANGEABLE_IN.items() if delivery.state in states]
    return FieldsLocked(delivery.id, delivery.state, locked, changeable)


def check_wishes(delivery: Delivery, request: ChangeRequest) -> Problem | None:
    """The wishes as they would be after the change must go together, as they must at a booking."""
    stop = delivery.dropoff
    if request.building or request.spot:
        refusal = booking_policy.check_spot(request.building or stop.building, request.spot or stop.spot)
        if refusal:
            return refusal
    after = new_requirements(delivery.requirements, request, lambda: "")
    return booking_policy.check_wishes(after, request.contents or delivery.contents)


def check_new_ready_at(delivery: Delivery, ready_at: datetime) -> Problem | None:
    """The promise stands, so the parcel may be ready earlier, or later while the shopper's window has not begun."""
    allowed = max(delivery.ready_at, delivery.window_earliest)
    return None if ready_at <= allowed else NewQuoteNeeded(delivery.id, "ready_at", allowed, ready_at)


def check_new_distance(delivery: Delivery, quoted_m: int, asked_m: int) -> Problem | None:
    """Another door is fine while the road to it is about as long as the one that was priced."""
    allowed = quoted_m + max(EXTRA_DISTANCE_M, quoted_m * EXTRA_DISTANCE_PER_MILLE // 1000)
    return None if asked_m <= allowed else NewQuoteNeeded(delivery.id, "distance_m", allowed, asked_m)


def check_new_price(delivery: Delivery, price: Money, accepted: Money | None) -> Problem | None:
    """A lower price is taken as it is, a higher one only where the merchant has named it."""
    if accepted is not None and accepted.currency != delivery.total.currency:
        return WrongCurrency(accepted.currency, delivery.total.currency)
    most = delivery.total if accepted is None else max(delivery.total, accepted, key=lambda money: money.minor)
    return PriceRises(delivery.id, delivery.total, price) if price.minor > most.minor else None


# ── the road and the time ──


def touches_road(request: ChangeRequest) -> bool:
    """Whether the roads must be asked: another door, another pickup, another time."""
    return promises_anew(request) or request.moves_pickup or bool(request.address or request.place)


def promises_anew(request: ChangeRequest) -> bool:
    """Whether another time is asked for; then price and promise are those of a new quote."""
    return request.window is not None or request.deliver_by is not None


def road_question(delivery: Delivery, request: ChangeRequest, now: datetime) -> QuoteRequest:
    """What the quotes are asked about the delivery as it would be."""
    at_new_door = request.address is not None or request.place is not None
    anew = promises_anew(request)
    ready_at = max(now, request.ready_at or delivery.ready_at) if anew else None
    return QuoteRequest(
        store_id=request.store_id or ("" if request.moves_pickup else delivery.store_id),
        store_external_id=request.store_external_id,
        pickup=request.pickup,
        parcel=delivery.parcel,
        address=request.address,
        place=request.place if at_new_door else delivery.dropoff.place,
        ready_at=ready_at,
        service_class=None if anew else delivery.service_class,
        window=request.window,
    )


def stands_on(delivery: Delivery) -> tuple[object, ...]:
    """What the answer to `road_question` depends on; if it moves meanwhile, the answer is worth nothing."""
    return delivery.store_id, delivery.dropoff.place, delivery.ready_at, delivery.quote_id, delivery.parcel


def chosen(quote: Quote, request: ChangeRequest) -> QuoteOption:
    """The first option that lies in the window; of those that are there in time, the cheapest. Raises NoOptionFits."""
    if request.window is not None:
        wished = request.window
        fits = [o for o in quote.options if wished.earliest <= o.window.earliest and o.window.latest <= wished.latest]
    else:
        assert request.deliver_by is not None
        in_time = [option for option in quote.options if option.promised_by <= request.deliver_by]
        fits = sorted(in_time, key=lambda option: (option.price.total.minor, option.promised_by))
    if not fits:
        raise NoOptionFits([option_json(option) for option in quote.options])
    return fits[0]


def repromised(delivery: Delivery, bookable: BookableOption, price: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The fields that the delivery takes over from its new quote, as a booking does."""
    option = bookable.option
    return {
        "quote_id": bookable.quote.id,
        "service_class": option.service_class,
        "window_earliest": option.window.earliest,
        "promised_by": option.promised_by,
        "ready_at": option.ready_at,
        "search_from": max(now, option.search_from),
        "price": price,
        "total": bookable.price.total,
        "fees": bookable.fees,
        "eta": None,  # of the time before; dispatch says soon what it expects now
    }


def promise_event(delivery: Delivery, bookable: BookableOption) -> NewEvent:
    """What was promised and paid before, and what is now."""
    option = bookable.option
    return NewEvent(
        "delivery.promise_changed",
        {
            "service_class": option.service_class,
            "window_earliest": jsonable(option.window.earliest),
            "promised_by": jsonable(option.promised_by),
            "price": jsonable(bookable.price.total),
            "previous": {
                "service_class": delivery.service_class,
                "window_earliest": jsonable(delivery.window_earliest),
                "promised_by": jsonable(delivery.promised_by),
                "price": jsonable(delivery.total),
            },
        },
    )


# ── what becomes different ──

_OF_THE_DOOR: Final = (
    "contact", "instructions", "unit", "building", "spot", "gate_code", "neighbour", "company",
)  # fmt: skip


def new_dropoff(stop: StopDetails, request: ChangeRequest, measured: Quote | None) -> StopDetails:
    """`measured` is the quote for another door; None leaves the door where it is."""
    asked = {name: getattr(request, name) for name in _OF_THE_DOOR}
    said: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if measured:
        found = measured.dropoff
        said |= {"place": found.place, "address": found.label, "confidence": found.confidence}
    return replace(stop, **said)


def new_pickup(stop: StopDetails, request: ChangeRequest) -> StopDetails:
    """At the same place; who is met there keeps what the change does not name."""
    was, said = stop.contact, request.pickup_contact
    if said is not None:
        stop = replace(stop, contact=Contact(said.name or was.name, said.phone or was.phone, said.email or was.email))
    if request.pickup_instructions is not None:
        stop = replace(stop, instructions=request.pickup_instructions)
    return stop


def attention_at(delivery: Delivery, door: Quote) -> str | None:
    """A new door is certain or not by itself; every other flag stays."""
    kept = None if delivery.attention == CONFIRM_ADDRESS else delivery.attention
    return door.attention[0] if door.attention else kept


def new_requirements(old: Requirements, request: ChangeRequest, draw_pin: Callable[[], str]) -> Requirements:
    """What must be proven after a change; a PIN that was there stays the same."""
    new = replace(
        old,
        undeliverable=request.undeliverable or old.undeliverable,
        handover=request.handover or old.handover,
        barcodes=old.barcodes if request.barcodes is None else request.barcodes,
        at_pickup=old.at_pickup
        if request.pickup_barcodes is None
        else replace(old.at_pickup, barcodes=request.pickup_barcodes),
    )
    proof = request.proof
    if proof is None:
        return new
    own_pin = proof.pin if isinstance(proof.pin, str) else None
    wants_pin = bool(proof.pin_wanted)
    return replace(
        new,
        photo=proof.photo,
        signature=proof.signature,
        signer_name=proof.signer_name,
        signer_relationship=proof.signer_relationship,
        age=proof.age,
        pin=(own_pin or old.pin or draw_pin()) if wants_pin else None,
        pin_strict=proof.pin_strict,
        pickup_code=proof.pickup_code,
    )
