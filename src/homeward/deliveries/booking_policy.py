"""Which wishes go together when a delivery is booked, tipped or tried again. Pure."""

from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.errors import (
    AgeCheckNeeded,
    HandoverConflict,
    NobodyToTip,
    RedeliveryNotPossible,
    RobotInLiveMode,
    SpotDoesNotFit,
    TipOnlyUpward,
    TipTooHigh,
    TipTooLate,
    WrongCurrency,
)
from homeward.deliveries.model import (
    AGE_RESTRICTED,
    BookRequest,
    Building,
    Contents,
    Delivery,
    Handover,
    Requirements,
    Spot,
    State,
    Undeliverable,
)
from homeward.deliveries.requirements import SPOTS_OF
from homeward.deliveries.robots.policy import script_from
from homeward.kit.money import Money
from homeward.kit.problems import Problem

TIP_FOR: Final = timedelta(days=14)
"""How long after its end a delivery may still be tipped."""
MOST_TIP_MAJOR: Final = 100
"""In whole units of the currency; a dearer delivery may be tipped with as much as it cost."""
AGAIN: Final = frozenset({State.RETURNED, State.FAILED, State.CANCELLED})


def check_booking(request: BookRequest, mode: str) -> Problem | None:
    """Whether the wishes of a booking go together; what the market allows is the quote's business."""
    if request.robot is not None and mode != "test":
        return RobotInLiveMode()
    script = script_from(request.robot)
    if isinstance(script, Problem):
        return script
    wishes = check_wishes(required(request, "", ""), request.contents)
    return wishes or check_spot(request.dropoff.building, request.dropoff.spot)


def check_wishes(wanted: Requirements, contents: Contents) -> Problem | None:
    """Restricted goods need an age check, and what needs a person is never left at a door."""
    restricted = sorted(AGE_RESTRICTED & set(contents.goods))
    if restricted and wanted.age is None:
        return AgeCheckNeeded([str(goods) for goods in restricted])
    needs_person = {"signature": wanted.signature, "pin": wanted.pin is not None, "age": wanted.age is not None}
    if wanted.handover is Handover.AT_DOOR and any(needs_person.values()):
        return HandoverConflict([name for name, asked in needs_person.items() if asked])
    never_left = {"age": wanted.age is not None, "pin_strict": wanted.pin_strict}
    if wanted.undeliverable is Undeliverable.LEAVE_AT_DOOR and any(never_left.values()):
        return HandoverConflict([name for name, asked in never_left.items() if asked])
    return None


def check_spot(building: Building | None, spot: Spot | None) -> Problem | None:
    fitting = SPOTS_OF[building] if building else frozenset[Spot]()
    if spot is None or spot in fitting:
        return None
    return SpotDoesNotFit(building, spot, sorted(str(each) for each in fitting))


def check_currency(contents: Contents, expected: str, tip: Money | None = None) -> Problem | None:
    """Sums of a delivery are made of what stands in its market's currency, and of nothing else."""
    amounts = [tip, contents.value, *(item.price for item in contents.items)]
    stranger = next((amount for amount in amounts if amount and amount.currency != expected), None)
    return WrongCurrency(stranger.currency, expected) if stranger else None


def required(request: BookRequest, drawn_pin: str, drawn_return_pin: str) -> Requirements:
    """What must be proven, with the codes that were drawn for it where the merchant brought none."""
    proof = request.proof
    return Requirements(
        photo=proof.photo or request.handover is Handover.AT_DOOR,
        signature=proof.signature,
        pin=_pin(proof.pin_wanted, drawn_pin),
        pin_strict=proof.pin_strict,
        pickup_code=proof.pickup_code,
        undeliverable=request.undeliverable,
        handover=request.handover,
        signer_name=proof.signer_name,
        signer_relationship=proof.signer_relationship,
        age=proof.age,
        barcodes=proof.barcodes,
        at_pickup=proof.at_pickup,
        at_return=proof.at_return,
        handshake=proof.handshake,
        return_pin=_pin(proof.return_pin, drawn_return_pin),
        round_trip=request.round_trip,
        machines=request.machines,
    )


def _pin(wanted: bool | str, drawn: str) -> str | None:
    if isinstance(wanted, str):
        return wanted
    return drawn if wanted else None


# ── tips ──


def check_tip(delivery: Delivery, total: Money, now: datetime) -> Problem | None:
    """`total` is the whole tip, not what is added to it: a repeated request gives nothing twice."""
    currency = delivery.total.currency
    if total.currency != currency:
        return WrongCurrency(total.currency, currency)
    if delivery.ended_at and not delivery.times.keys() & {State.PICKED_UP}:
        return NobodyToTip(delivery.id, delivery.state)
    if delivery.ended_at and now > delivery.ended_at + TIP_FOR:
        return TipTooLate(delivery.ended_at + TIP_FOR)
    most = max(Money(MOST_TIP_MAJOR * 10**total.exponent, currency), delivery.total, key=lambda money: money.minor)
    if total.minor > most.minor:
        return TipTooHigh(most, total)
    return TipOnlyUpward(delivery.tip, total) if total.minor < delivery.tip_minor else None


# ── once more ──


def check_redelivery(earlier: Delivery) -> Problem | None:
    return None if earlier.state in AGAIN else RedeliveryNotPossible(earlier.id, earlier.state)
