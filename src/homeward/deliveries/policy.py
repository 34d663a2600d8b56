"""What a delivery allows: the one place where acts meet the transition tables. Pure."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from homeward.deliveries.errors import (
    ActNotPossible,
    FieldsLocked,
    NewQuoteNeeded,
    NotYoursToDo,
    PickedUpAlready,
    PinWrong,
    ProofMissing,
    ReasonDoesNotFit,
    ReasonUnknown,
    WrongParcel,
)
from homeward.deliveries.model import (
    BookRequest,
    ChangeRequest,
    CourierCard,
    Delivery,
    Evidence,
    EvidenceKind,
    LegKind,
    NewEvent,
    ProblemReason,
    Requirements,
    Undeliverable,
)
from homeward.deliveries.states import (
    BEFORE_COURIER,
    BEFORE_PICKUP,
    GOING_BACK,
    LEG_ENDED,
    LEG_TRANSITIONS,
    ON_THE_WAY,
    OPEN,
    TERMINAL,
    TRANSITIONS,
    WITH_COURIER_BEFORE_PICKUP,
    Act,
    LegAct,
    LegRule,
    LegState,
    State,
    Who,
    acts_open_to,
)
from homeward.kit.money import Money
from homeward.kit.problems import Problem, jsonable

CONFIRM_ADDRESS: Final = "confirm_address"
PIN_LOCKED: Final = "pin_locked"

CERTAIN_ENOUGH: Final = 0.8
"""Below this confidence of the geocoder a person confirms the pin before anybody sets out."""

BLOCKING_ATTENTION: Final = frozenset({CONFIRM_ADDRESS, "store_closed", "parcel_missing"})
"""While one of these stands, no courier is asked: the next one would meet the same closed door."""

CANCEL_FEE_PER_MILLE: Final[Mapping[State, int]] = {
    State.SCHEDULED: 0,
    State.SEARCHING: 0,
    State.ASSIGNED: 500,
    State.TO_PICKUP: 500,
    State.AT_PICKUP: 500,
}
"""What cancelling costs the merchant, in thousandths of the price: nothing until a courier gave up other work."""

CHANGEABLE_IN: Final[Mapping[str, frozenset[State]]] = {
    "contact": OPEN - GOING_BACK,
    "instructions": OPEN - GOING_BACK,
    "unit": OPEN - GOING_BACK,
    "pickup_instructions": BEFORE_PICKUP,
    "address": BEFORE_COURIER,  # a courier said yes to a distance
    "place": BEFORE_COURIER,
    "ready_at": BEFORE_COURIER,
    "undeliverable": OPEN - GOING_BACK,
    "proof": BEFORE_PICKUP | {State.PICKED_UP, State.TO_DROPOFF},  # not while the courier stands at the door
    "metadata": OPEN,
}
"""What a merchant may change, and in which states."""

PIN_MOVE_LIMIT_M: Final = 300
"""How far a confirmed pin may lie from the guessed one; beyond, the price and the promise were for another place."""
EXTRA_DISTANCE_M: Final = 300
EXTRA_DISTANCE_PER_MILLE: Final = 100

SEARCH_LEAD: Final = timedelta(minutes=45)
READY_LEAD: Final = timedelta(minutes=20)
ETA_STEP: Final = timedelta(seconds=60)
"""An estimate that moves by less is not news."""


@dataclass(frozen=True, slots=True)
class ProblemEffect:
    """What follows when a courier reports this reason in one of `sources`."""

    sources: frozenset[State]
    act: Act | None  # None: nothing moves, a person must look
    attention: str | None = None
    leg_act: LegAct | None = None


_WITH = WITH_COURIER_BEFORE_PICKUP
PROBLEM_EFFECTS: Final[Mapping[ProblemReason, tuple[ProblemEffect, ...]]] = {
    ProblemReason.STORE_CLOSED: (ProblemEffect(_WITH, Act.UNASSIGN, "store_closed"),),
    ProblemReason.PARCEL_MISSING: (ProblemEffect(_WITH, Act.UNASSIGN, "parcel_missing"),),
    ProblemReason.NOT_READY: (ProblemEffect(_WITH, None, "not_ready"),),
    ProblemReason.TOO_LARGE: (ProblemEffect(_WITH, Act.UNASSIGN),),
    ProblemReason.CANNOT_CONTINUE: (
        ProblemEffect(_WITH, Act.UNASSIGN),
        ProblemEffect(ON_THE_WAY | GOING_BACK, None, "rescue_needed", LegAct.NEED_RESCUE),
    ),
    ProblemReason.NOBODY_THERE: (ProblemEffect(ON_THE_WAY, Act.TURN_BACK),),
    ProblemReason.WRONG_ADDRESS: (ProblemEffect(ON_THE_WAY, Act.TURN_BACK),),
    ProblemReason.CANNOT_REACH: (ProblemEffect(ON_THE_WAY, Act.TURN_BACK),),
    ProblemReason.REFUSED: (ProblemEffect(ON_THE_WAY, Act.TURN_BACK),),
    ProblemReason.DAMAGED: (ProblemEffect(ON_THE_WAY, Act.TURN_BACK),),
    ProblemReason.LOST: (ProblemEffect(ON_THE_WAY | GOING_BACK, Act.FAIL, "lost"),),
    ProblemReason.RETURN_REFUSED: (ProblemEffect(GOING_BACK, None, "return_refused"),),
}
"""From a courier's reason to what happens next; `undeliverable_act` may still bend TURN_BACK."""

_LEG_ACT: Final[Mapping[Act, LegAct]] = {
    Act.HEAD_TO_PICKUP: LegAct.HEAD_TO_PICKUP,
    Act.ARRIVE_PICKUP: LegAct.ARRIVE_PICKUP,
    Act.PICK_UP: LegAct.PICK_UP,
    Act.HEAD_TO_DROPOFF: LegAct.HEAD_TO_DROPOFF,
    Act.ARRIVE_DROPOFF: LegAct.ARRIVE_DROPOFF,
    Act.HAND_OVER: LegAct.HAND_OVER,
    Act.TURN_BACK: LegAct.STOP,
    Act.ARRIVE_RETURN: LegAct.ARRIVE_RETURN,
    Act.RETURN_HANDED: LegAct.RETURN_HANDED,
    Act.UNASSIGN: LegAct.CANCEL,
    Act.CANCEL: LegAct.CANCEL,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a delivery and its active leg stand, as far as decisions look."""

    delivery_id: str
    state: State
    leg_id: str | None = None
    leg_state: LegState | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a state event tells besides the states. Never a phone number or an address."""

    eta: datetime | None = None
    promised_by: datetime | None = None
    courier: CourierCard | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be written. `late`: nothing moves, the report is only kept."""

    events: tuple[NewEvent, ...]
    state: State
    leg_state: LegState | None
    late: bool = False

    @property
    def leg_ends(self) -> bool:
        return self.leg_state in LEG_ENDED

    @property
    def ends(self) -> bool:
        return self.state in TERMINAL


def decide(standing: Standing, act: Act, who: Who, facts: Facts = Facts()) -> Decision | Problem:
    """The events that `act` brings, or why it is refused.

    A courier tells what has happened: a report that does not fit any more is kept and changes nothing. Everybody else
    asks for something to happen: what does not fit is refused, with what would.
    """
    rule = TRANSITIONS[act]
    if who not in rule.who:
        return NotYoursToDo(act, who)
    leg_rule = _leg_rule(standing, act)
    if standing.state in rule.sources and (leg_rule is None or standing.leg_state in leg_rule.sources):
        event = state_event(rule.target, standing, act, facts)
        return Decision((event,), rule.target, leg_rule.target if leg_rule else standing.leg_state)
    if who is Who.COURIER:
        return late(standing, act, facts)
    if act is Act.CANCEL and standing.state in ON_THE_WAY | GOING_BACK:
        return PickedUpAlready(standing.delivery_id, standing.state)
    possible = [str(other) for other in acts_open_to(standing.state, who)]
    return ActNotPossible(standing.delivery_id, act, standing.state, possible)


def late(standing: Standing, act: Act, facts: Facts = Facts()) -> Decision:
    """A report that came too late, twice or out of turn: evidence, nothing else."""
    data = {"act": act, "state": standing.state, **({"reason": facts.reason} if facts.reason else {})}
    event = NewEvent("delivery.late_report", data, standing.leg_id)
    return Decision((event,), standing.state, standing.leg_state, late=True)


def state_event(target: State, standing: Standing, act: Act, facts: Facts) -> NewEvent:
    data: dict[str, Any] = {
        "state": target,
        "previous": standing.state,
        "act": act,
        "eta": jsonable(facts.eta),
        "promised_by": jsonable(facts.promised_by),
        "leg_id": standing.leg_id,
        "courier": jsonable(facts.courier),
    }
    if facts.reason:
        data["reason"] = facts.reason
    return NewEvent(f"delivery.{target}", data, standing.leg_id)


def _leg_rule(standing: Standing, act: Act) -> LegRule | None:
    """What the act asks of the active leg; None if it has none or is not concerned."""
    if standing.leg_state is None:
        return None
    # A failed delivery takes its leg with it: written off once the parcel is on board, cancelled before.
    if act is Act.FAIL:
        return LEG_TRANSITIONS[LegAct.CANCEL if standing.state in BEFORE_PICKUP else LegAct.WRITE_OFF]
    leg_act = _LEG_ACT.get(act)
    return LEG_TRANSITIONS[leg_act] if leg_act else None


# ── problems on the way ──


def problem_effect(state: State, reason: str | None) -> ProblemEffect | Problem:
    """What a reported problem leads to in this state."""
    known = [str(r) for r in ProblemReason]
    if reason not in known:
        return ReasonUnknown(reason, known)
    for effect in PROBLEM_EFFECTS[ProblemReason(reason)]:
        if state in effect.sources:
            return effect
    return ReasonDoesNotFit(reason, state, fitting_reasons(state))


def fitting_reasons(state: State) -> list[str]:
    """What a courier may report as a problem in this state."""
    return [str(r) for r, effects in PROBLEM_EFFECTS.items() if any(state in effect.sources for effect in effects)]


def undeliverable_act(reason: str, wish: Undeliverable) -> Act | None:
    """What becomes of a parcel that was not taken. None: it may be left at the door, with a photo."""
    if wish is Undeliverable.LEAVE_AT_DOOR and reason == ProblemReason.NOBODY_THERE:
        return None
    if wish is Undeliverable.DISPOSE:
        return Act.FAIL
    return Act.TURN_BACK


def left_at_door(requirements: Requirements) -> Requirements:
    """Nobody is there to sign or to say a PIN: the photo proves alone."""
    return replace(requirements, photo=True, signature=False, pin=None)


# ── proof ──


@dataclass(frozen=True, slots=True)
class ProofVerdict:
    """`refusal` None: the step may be taken. `requirements` may have changed (a spent PIN try) even when refused."""

    requirements: Requirements
    refusal: Problem | None = None
    attention: str | None = None


def check_handover(delivery_id: str, requirements: Requirements, evidence: Sequence[Evidence]) -> ProofVerdict:
    """Whether the evidence at the door is enough. A wrong PIN costs a try; without tries the photo takes its place."""
    given = {piece.kind for piece in evidence}
    pin = next((piece.text or "" for piece in evidence if piece.kind is EvidenceKind.PIN), None)
    asks_pin = requirements.pin is not None and requirements.pin_tries_left > 0
    if asks_pin and pin is not None and not hmac.compare_digest(pin.encode(), str(requirements.pin).encode()):
        return _wrong_pin(delivery_id, requirements)
    needs = [kind for kind in _needed(requirements) if kind not in given]
    if needs:
        return ProofVerdict(requirements, ProofMissing(delivery_id, [str(kind) for kind in needs]))
    return ProofVerdict(requirements)


def _wrong_pin(delivery_id: str, requirements: Requirements) -> ProofVerdict:
    tries_left = requirements.pin_tries_left - 1
    spent = replace(requirements, pin_tries_left=tries_left)
    attention = None if tries_left else PIN_LOCKED
    return ProofVerdict(spent, PinWrong(delivery_id, tries_left), attention)


def _needed(requirements: Requirements) -> list[EvidenceKind]:
    pin_locked = requirements.pin is not None and requirements.pin_tries_left <= 0
    wanted = [
        (EvidenceKind.PHOTO, requirements.photo or pin_locked),
        (EvidenceKind.SIGNATURE, requirements.signature),
        (EvidenceKind.PIN, requirements.pin is not None and not pin_locked),
    ]
    return [kind for kind, asked in wanted if asked]


def check_pickup(delivery: Delivery, evidence: Sequence[Evidence]) -> Problem | None:
    """Whether the parcel taken is the right one. A code that is sent must fit, also where none was asked for."""
    codes = [piece.text or "" for piece in evidence if piece.kind in (EvidenceKind.SCAN, EvidenceKind.CODE)]
    fitting = {text.upper() for text in (delivery.id, delivery.external_id, delivery.pickup.code) if text}
    if any(code.strip().upper() not in fitting for code in codes):
        return WrongParcel(delivery.id)
    if delivery.requirements.pickup_code and not codes:
        return ProofMissing(delivery.id, [str(EvidenceKind.CODE)])
    return None


def step_of(act: Act, kind: LegKind) -> str:
    """Which stop a report's evidence belongs to."""
    if kind is LegKind.RETURN:
        return "return"
    return "pickup" if act in (Act.HEAD_TO_PICKUP, Act.ARRIVE_PICKUP, Act.PICK_UP) else "dropoff"


# ── money, changes, times ──


def cancellation_fee(state: State, price: Money, who: Who) -> Money:
    """What cancelling costs now. The operator's own cancellations cost the merchant nothing."""
    rate = CANCEL_FEE_PER_MILLE[state] if who is Who.MERCHANT else 0
    return price.per_mille(rate)


def asked_fields(request: ChangeRequest) -> list[str]:
    return [name for name in CHANGEABLE_IN if getattr(request, name) is not None]


def check_change(delivery: Delivery, request: ChangeRequest) -> Problem | None:
    """Whether the state allows this change."""
    locked = [name for name in asked_fields(request) if delivery.state not in CHANGEABLE_IN[name]]
    if not locked:
        return None
    changeable = [name for name, states in CHANGEABLE_IN.items() if delivery.state in states]
    return FieldsLocked(delivery.id, delivery.state, locked, changeable)


def check_new_ready_at(delivery: Delivery, ready_at: datetime) -> Problem | None:
    """The promise stands, so the parcel may be ready earlier, or later while the shopper's window has not begun."""
    allowed = max(delivery.ready_at, delivery.window_earliest)
    return None if ready_at <= allowed else NewQuoteNeeded(delivery.id, "ready_at", allowed, ready_at)


def check_new_distance(delivery: Delivery, quoted_m: int, asked_m: int) -> Problem | None:
    """Another door is fine while the road to it is about as long as the one that was priced."""
    allowed = quoted_m + max(EXTRA_DISTANCE_M, quoted_m * EXTRA_DISTANCE_PER_MILLE // 1000)
    return None if asked_m <= allowed else NewQuoteNeeded(delivery.id, "distance_m", allowed, asked_m)


def check_new_price(delivery: Delivery, asked: Money) -> Problem | None:
    """Another door is fine while it does not cost more."""
    allowed = delivery.total
    return None if asked <= allowed else NewQuoteNeeded(delivery.id, "price_minor", allowed.minor, asked.minor)


def search_from(now: datetime, ready_at: datetime, window_earliest: datetime) -> datetime:
    """When to begin looking for a courier: early enough for the window, not long before the parcel is ready."""
    return max(now, ready_at - READY_LEAD, window_earliest - SEARCH_LEAD)


def eta_moved(old: datetime | None, new: datetime | None) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(new - old) >= ETA_STEP


def content_hash(request: BookRequest) -> bytes:
    """Tells whether a repeated external_id asks for the same thing again."""
    return hashlib.sha256(orjson.dumps(jsonable(request), option=orjson.OPT_SORT_KEYS)).digest()
