"""Whether a delivery goes to another company, to which, and why not to the others. Pure.

`choose` is the whole decision: its arguments are stored, so each one can be explained and made again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import h3  # type: ignore[import-untyped]
import orjson

from homeward.deliveries.model import Act, Contact, Delivery, Handover, Handshake, State, StopDetails, Undeliverable
from homeward.deliveries.states import GOING_BACK, ON_THE_WAY, TERMINAL, WITH_COURIER_BEFORE_PICKUP
from homeward.fleets.carriers.contract import Ability, CarrierQuote, CarrierState, Errand, Stop
from homeward.fleets.carriers.model import (
    AccountStatus,
    Candidate,
    Choice,
    HandOut,
    Keep,
    Quotes,
    Record,
    Rules,
    Seat,
    Situation,
    Why,
)
from homeward.kit.money import Money
from homeward.kit.places import LatLon, great_circle_m
from homeward.kit.problems import jsonable
from homeward.kit.units import Metres

AREA_RESOLUTION: Final = 6
"""Of the hexagons that reliability is counted in: about 36 km², a district. Source: the H3 tables, version 4."""
PRIOR_PER_MILLE: Final = 850
PRIOR_WEIGHT: Final = 10
"""What is thought of an account that has carried nothing: as if 8.5 of 10 had come in time."""
LATER: Final = timedelta(hours=2)
ROAD_PER_CROW_PER_MILLE: Final = 1_300


# ── whether ──


def why_hand_out(situation: Situation, rules: Rules) -> Why | None:
    """What makes this delivery one for another company; None while our own couriers may still do it well."""
    left_s = (situation.errand.promised_by - situation.now).total_seconds()
    late = situation.eta is not None and situation.eta > situation.errand.promised_by
    return need(rules, on_duty=situation.on_duty, searching_s=situation.searching_s, left_s=left_s, late=late)


def need(rules: Rules, *, on_duty: int, searching_s: float, left_s: float, late: bool) -> Why | None:
    """The same of bare numbers: what a round asks of every open delivery before it looks closer at any."""
    if on_duty == 0 and rules.when_nobody_on_duty:
        return Why.NOBODY_ON_DUTY
    if searching_s >= rules.after_s:
        return Why.NOBODY_FREE
    return Why.LATE_RISK if late or left_s <= rules.late_risk_s else None


def why_keep(situation: Situation, rules: Rules) -> str | None:
    """What forbids it, whatever the need; the strongest reason first."""
    if not rules.enabled or not rules.ranked:
        return "no_carriers_here"
    if situation.offered:
        return "offered_to_a_courier"
    if situation.attention in _HELD_BACK:
        return situation.attention
    return None


_HELD_BACK: Final = frozenset({"confirm_address", "store_closed", "parcel_missing"})


# ── to whom ──


def shortlist(situation: Situation, seats: Sequence[Seat], rules: Rules) -> tuple[Candidate, ...]:
    """Every account of the market's list, in its order, before anybody is asked for a price."""
    by_id = {seat.account.id: seat for seat in seats}
    ranked = [account_id for account_id in rules.ranked if account_id in by_id]
    return tuple(_candidate(situation, by_id[account_id], rank, rules) for rank, account_id in enumerate(ranked, 1))


def choose(situation: Situation, seats: Sequence[Seat], rules: Rules, quotes: Quotes) -> Choice:
    """The decision, with the reason of every candidate."""
    candidates = tuple(_priced(one, situation, rules, quotes) for one in shortlist(situation, seats, rules))
    why = why_hand_out(situation, rules)
    kept = why_keep(situation, rules) or (None if why else "couriers_may_do_it")
    if kept is not None or why is None:
        return Keep(kept or "couriers_may_do_it", why, candidates)
    able = [one for one in candidates if one.refusal is None]
    # What comes late is better than what nobody brings, but never better than our own courier who may come late too.
    if why is Why.LATE_RISK:
        able = [one for one in able if one.in_time]
    if not able:
        return Keep("no_carrier_fits", why, candidates)
    best = min(able, key=lambda one: _order(one, rules))
    quote = quotes[best.account_id]
    assert isinstance(quote, CarrierQuote), "who has no quote has a refusal"
    return HandOut(best.account_id, why, quote, candidates)


def _order(one: Candidate, rules: Rules) -> tuple[bool, int, int]:
    assert one.fee is not None
    assert one.reliability_per_mille is not None
    first = {"rank": one.rank, "cheapest": one.fee.minor, "most_reliable": -one.reliability_per_mille}[rules.prefer]
    # The rank breaks ties, so that a replay gives the same answer.
    return not one.in_time, first, one.rank


def _candidate(situation: Situation, seat: Seat, rank: int, rules: Rules) -> Candidate:
    record = situation.records.get(seat.account.id, Record())
    share, said = reliability(record)
    one = Candidate(seat.account.id, seat.account.name, rank, reliability_per_mille=share, reliability_sum=said)
    refusal, detail = _unfit(situation, seat)
    if refusal is None and share < rules.least_reliable_per_mille:
        refusal, detail = "not_reliable_here", f"{share} of 1000, at least {rules.least_reliable_per_mille}"
    return replace(one, refusal=refusal, detail=detail)


def _unfit(situation: Situation, seat: Seat) -> tuple[str | None, str]:
    errand, can = situation.errand, seat.kind.capabilities
    if seat.account.status is not AccountStatus.ACTIVE:
        return str(seat.account.status), ""
    if seat.account.id in situation.excluded:
        return "failed_it_before", ""
    missing = sorted(errand.needs - can.abilities)
    if missing:
        return "cannot", ", ".join(missing)
    goods = sorted(set(errand.contents.goods) - can.goods)
    if goods:
        return "does_not_carry", ", ".join(goods)
    if errand.weight_g > can.max_weight_g:
        return "too_heavy", f"{errand.weight_g} g, at most {can.max_weight_g}"
    if errand.size.rank > can.max_size.rank:
        return "too_large", f"{errand.size}, at most {can.max_size}"
    if errand.distance_m > can.max_distance_m:
        return "too_far", f"{errand.distance_m} m, at most {can.max_distance_m}"
    if can.hours is not None and not can.hours.is_open(max(situation.now, errand.ready_at)):
        return "closed", ""
    if not (errand.dropoff.contact.phone or seat.account.contact_phone):
        return "no_phone", "the account has no number of ours to give instead"
    return None, ""


def _priced(one: Candidate, situation: Situation, rules: Rules, quotes: Quotes) -> Candidate:
    if one.refusal is not None:
        return one
    quote = quotes.get(one.account_id)
    if not isinstance(quote, CarrierQuote):
        return replace(one, refusal="no_quote", detail=quote or "not asked")
    in_time = quote.dropoff_eta is None or quote.dropoff_eta <= situation.errand.promised_by
    one = replace(one, fee=quote.fee, dropoff_eta=quote.dropoff_eta, in_time=in_time)
    cap = price_cap(situation.price, rules)
    if quote.fee.currency != situation.price.currency:
        return replace(one, refusal="other_currency", detail=quote.fee.currency)
    if cap is not None and cap < quote.fee:
        return replace(one, refusal="too_dear", detail=f"{quote.fee}, at most {cap}")
    if quote.expires_at <= situation.now:
        return replace(one, refusal="quote_expired")
    return one


def price_cap(price: Money, rules: Rules) -> Money | None:
    """The lower of the two limits; None if the market sets none."""
    limits = []
    if rules.most_minor is not None:
        limits.append(rules.most_minor)
    if rules.most_per_mille is not None:
        limits.append(price.per_mille(rules.most_per_mille).minor)
    return Money(min(limits), price.currency) if limits else None


# ── how reliable ──


def reliability(record: Record) -> tuple[int, str]:
    """Thousandths of what an account carries in an area that come in time, and the sum in words.

    The mean of a beta distribution, twice: what the account does everywhere starts from the house's expectation with
    the weight of ten deliveries, and what it does here starts from that, again with the weight of ten.
    """
    everywhere = _mean(record.in_time, record.carried, PRIOR_PER_MILLE)
    here = _mean(record.in_time_here, record.carried_here, everywhere)
    said = (
        f"{record.in_time_here} of {record.carried_here} in time here and {record.in_time} of {record.carried} "
        f"everywhere, each joined by {PRIOR_WEIGHT} as expected: {here / 1000:.3f}"
    )
    return here, said


def _mean(good: int, of: int, expected_per_mille: int) -> int:
    return (good * 1000 + PRIOR_WEIGHT * expected_per_mille) // (of + PRIOR_WEIGHT)


def area_of(place: LatLon) -> str:
    """The hexagon that a door lies in."""
    return str(h3.latlng_to_cell(place.lat, place.lon, AREA_RESOLUTION))


# ── what is asked ──


def errand_of(delivery: Delivery, reference: str, now: datetime, *, store_name: str, store_phone: str | None) -> Errand:
    """The delivery as another company must know it. Nothing of the merchant beyond the store, no price, no metadata."""
    wanted, crow_m = delivery.requirements, great_circle_m(delivery.pickup.place, delivery.dropoff.place)
    return Errand(
        reference=reference,
        pickup=Stop(
            delivery.pickup.place,
            delivery.pickup.address,
            Contact(store_name, delivery.pickup.contact.phone or store_phone),
            store_name,
            delivery.pickup.unit,
            _with_code(delivery.pickup.instructions, delivery.pickup.code),
        ),
        dropoff=Stop(
            delivery.dropoff.place,
            delivery.dropoff.address,
            delivery.dropoff.contact,
            delivery.dropoff.company,
            delivery.dropoff.unit,
            _way_in(delivery.dropoff),
        ),
        contents=delivery.contents,
        weight_g=delivery.parcel.weight_g,
        size=delivery.parcel.size,
        ready_at=delivery.ready_at,
        promised_by=delivery.promised_by,
        currency=delivery.total.currency,
        distance_m=Metres(round(crow_m * ROAD_PER_CROW_PER_MILLE / 1000)),
        window_earliest=delivery.window_earliest if delivery.window_earliest > now else None,
        tip=delivery.tip if delivery.tip_minor else None,
        photo=wanted.photo,
        signature=wanted.signature,
        pin=wanted.pin,
        age=wanted.age,
        pickup_barcodes=wanted.at_pickup.barcodes,
        dropoff_barcodes=wanted.barcodes,
        handover=wanted.handover,
        undeliverable=wanted.undeliverable,
        needs=needs_of(delivery, now),
    )


def needs_of(delivery: Delivery, now: datetime) -> frozenset[Ability]:
    """What the delivery asks for beyond carrying it. A need of ours that no company knows is one nobody can meet."""
    wanted = delivery.requirements
    asked = {
        Ability.SIGNATURE: wanted.signature,
        Ability.PIN: wanted.pin is not None,
        Ability.STRICT_PIN: wanted.pin_strict,
        Ability.AGE_CHECK: wanted.age is not None or "age_check" in delivery.parcel.needs,
        Ability.SCAN_AT_PICKUP: bool(wanted.at_pickup.barcodes),
        Ability.SCAN_AT_DOOR: bool(wanted.barcodes),
        Ability.STORE_HANDSHAKE: wanted.handshake is Handshake.REQUIRED
        or bool(set(delivery.parcel.needs) - {"age_check"}),
        Ability.ROUND_TRIP: bool(wanted.round_trip),
        Ability.RETURN_PROOF: bool(wanted.at_return.barcodes) or wanted.return_pin is not None,
        Ability.LEAVE_IF_NOBODY: wanted.undeliverable is Undeliverable.LEAVE_AT_DOOR
        and wanted.handover is not Handover.AT_DOOR,
        Ability.LATER: delivery.ready_at > now + LATER,
    }
    return frozenset(ability for ability, is_asked in asked.items() if is_asked)


def basis_of(errand: Errand) -> str:
    """Tells whether the delivery is still the one that the carrier was asked to carry."""
    place, contents = (errand.pickup.place, errand.dropoff.place), jsonable(errand.contents)
    what = [jsonable(place), errand.dropoff.unit, errand.weight_g, errand.size, contents, jsonable(errand.ready_at)]
    what.append(jsonable(errand.promised_by))
    return sha256(orjson.dumps(what)).hexdigest()[:16]


def _with_code(instructions: str, code: str | None) -> str:
    return f"Pick-up code {code}. {instructions}".strip() if code else instructions


def _way_in(door: StopDetails) -> str:
    """In one line, since other companies have no fields for it."""
    gate = f"Gate code {door.gate_code}." if door.gate_code else ""
    neighbour = f"If nobody opens, hand it to the neighbour: {door.neighbour}." if door.neighbour else ""
    return " ".join(part for part in (door.instructions, gate, neighbour) if part)


def with_phone(errand: Errand, phone: str | None) -> Errand:
    """With our number in the place of the shopper's, where the account has one to give; a store keeps its own."""
    if phone is None:
        return errand
    pickup = replace(errand.pickup, contact=replace(errand.pickup.contact, phone=errand.pickup.contact.phone or phone))
    dropoff = replace(errand.dropoff, contact=replace(errand.dropoff.contact, phone=phone))
    return replace(errand, pickup=pickup, dropoff=dropoff)


def without_people(situation: Situation) -> Situation:
    """What is kept of it: whether there was a telephone number matters, whose it was does not."""
    errand = situation.errand
    phone = "given" if errand.dropoff.contact.phone else None
    dropoff = Stop(errand.dropoff.place, "", Contact(phone=phone))
    pickup = Stop(errand.pickup.place, errand.pickup.address, Contact())
    return replace(situation, errand=replace(errand, pickup=pickup, dropoff=dropoff, pin=None))


# ── accounts ──


def hint_of(secret: str) -> str:
    """Enough of a secret to recognise it by, too little to use it."""
    return f"…{secret[-4:]}" if len(secret) >= 12 else "…"


def is_base_url(url: str) -> bool:
    """HTTPS, or this very machine."""
    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    plain = not parts.query and not parts.fragment and "@" not in parts.netloc
    return plain and bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local))


# ── what a report of theirs means for us ──

HAS_SOMEBODY: Final = frozenset(CarrierState) - {CarrierState.SEARCHING, CarrierState.CANCELLED}
_ACTS: Final[Mapping[CarrierState, Act]] = {
    CarrierState.TO_PICKUP: Act.HEAD_TO_PICKUP,
    CarrierState.AT_PICKUP: Act.ARRIVE_PICKUP,
    CarrierState.PICKED_UP: Act.PICK_UP,
    CarrierState.TO_DROPOFF: Act.HEAD_TO_DROPOFF,
    CarrierState.AT_DROPOFF: Act.ARRIVE_DROPOFF,
    CarrierState.DELIVERED: Act.HAND_OVER,
    CarrierState.RETURNING: Act.TURN_BACK,
    CarrierState.AT_RETURN: Act.ARRIVE_RETURN,
    CarrierState.RETURNED: Act.RETURN_HANDED,
    CarrierState.LOST: Act.FAIL,
}
_FORWARD: Final = tuple(_ACTS)[:6]
_BACK: Final = frozenset({CarrierState.RETURNING, CarrierState.AT_RETURN, CarrierState.RETURNED})
_REACHED: Final[Mapping[State, int]] = {
    State.ASSIGNED: -1,
    State.TO_PICKUP: 0,
    State.AT_PICKUP: 1,
    State.PICKED_UP: 2,
    State.TO_DROPOFF: 3,
    State.AT_DROPOFF: 4,
}


def steps(state: State, theirs: CarrierState) -> tuple[Act, ...]:
    """The acts that bring a delivery of ours from `state` to where the carrier says it is.

    What was not reported on the way is jumped over, but never the pick-up. What is behind us already asks for nothing:
    a report that was overtaken changes nothing, and an end is an end.
    """
    if state in TERMINAL or state is State.SCHEDULED or theirs not in _ACTS:
        return ()
    if theirs is CarrierState.LOST:
        return (Act.FAIL,)
    if state in GOING_BACK:
        return _steps_back(state, theirs)
    pick_up = () if state in ON_THE_WAY else (Act.PICK_UP,)
    if theirs in _BACK:
        return (*pick_up, Act.TURN_BACK, *(() if theirs is CarrierState.RETURNING else (_ACTS[theirs],)))
    if _FORWARD.index(theirs) <= _REACHED.get(state, -1):
        return ()
    if theirs in (CarrierState.TO_PICKUP, CarrierState.AT_PICKUP, CarrierState.PICKED_UP):
        return (_ACTS[theirs],)
    return (*pick_up, _ACTS[theirs])


def _steps_back(state: State, theirs: CarrierState) -> tuple[Act, ...]:
    if theirs is CarrierState.DELIVERED:
        # We called it back, and their courier was at the door before they knew.
        return (Act.COME_BACK,)
    if theirs is CarrierState.RETURNED or (theirs is CarrierState.AT_RETURN and state is State.RETURNING):
        return (_ACTS[theirs],)
    return ()


def gave_back(state: State, theirs: CarrierState) -> bool:
    """Their courier has left it before the pick-up: nobody has it now, though the carrier may find another one."""
    return state in WITH_COURIER_BEFORE_PICKUP and theirs in (CarrierState.SEARCHING, CarrierState.CANCELLED)


def truly(state: State, theirs: CarrierState) -> CarrierState:
    """A delivery that was on board and is then called off has not stayed in the store, whatever word they use."""
    return CarrierState.LOST if theirs is CarrierState.CANCELLED and state in ON_THE_WAY | GOING_BACK else theirs


def still_wanted(delivery: Delivery, account_id: str, leg_id: str | None, basis_fits: bool) -> bool:
    """Whether the carrier shall go on: it is still the delivery that was asked for, and nobody else's."""
    if delivery.state in TERMINAL:
        return False
    if delivery.state is State.SEARCHING:
        return leg_id is None and basis_fits
    return delivery.courier_id == account_id


def in_time(delivered_at: datetime, promised_by: datetime) -> bool:
    return delivered_at <= promised_by
