"""What a courier's report leads to: proof, problems, and the act that follows. Pure."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from homeward.deliveries.errors import (
    NotYoursToDo,
    PinWrong,
    ProofMissing,
    ReasonDoesNotFit,
    ReasonUnknown,
    WrongParcel,
)
from homeward.deliveries.model import (
    Delivery,
    Evidence,
    EvidenceKind,
    Leg,
    LegKind,
    NewEvent,
    ProblemReason,
    Requirements,
    Undeliverable,
)
from homeward.deliveries.policy import Decision, Facts, Standing, decide, late
from homeward.deliveries.states import (
    BEFORE_PICKUP,
    GOING_BACK,
    LEG_ENDED,
    LEG_TRANSITIONS,
    ON_THE_WAY,
    TERMINAL,
    WITH_COURIER_BEFORE_PICKUP,
    Act,
    LegAct,
    State,
    Who,
)
from homeward.kit.problems import Problem

PIN_LOCKED: Final = "pin_locked"
PICTURES: Final = frozenset({EvidenceKind.PHOTO, EvidenceKind.SIGNATURE})

REPORTS: Final = (
    Act.HEAD_TO_PICKUP,
    Act.ARRIVE_PICKUP,
    Act.PICK_UP,
    Act.HEAD_TO_DROPOFF,
    Act.ARRIVE_DROPOFF,
    Act.HAND_OVER,
    Act.PROBLEM,
    Act.ARRIVE_RETURN,
    Act.RETURN_HANDED,
)
"""What a courier's phone may send."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a report comes to. With a `refusal` the events are still written: a spent PIN try must not be forgotten."""

    decision: Decision
    requirements: Requirements
    attention: str | None = None
    refusal: Problem | None = None


def judge(delivery: Delivery, leg: Leg, act: Act, reason: str | None, evidence: Sequence[Evidence]) -> Ruling | Problem:
    """What follows from a courier's report about its leg, or why it is refused without a trace."""
    if act not in REPORTS:
        return NotYoursToDo(act, Who.COURIER)
    standing = Standing(delivery.id, delivery.state, leg.id, leg.state)
    facts = Facts(delivery.eta, delivery.promised_by, leg.courier, reason, act)
    if leg.state in LEG_ENDED or delivery.state in TERMINAL:
        return Ruling(late(standing, act, facts), delivery.requirements)
    if act is Act.PROBLEM:
        return _judge_problem(delivery, standing, facts)
    decision = decide(standing, act, Who.COURIER, facts)
    if isinstance(decision, Problem):
        return decision
    if decision.late:
        return Ruling(decision, delivery.requirements)
    if act is Act.PICK_UP:
        wrong = check_pickup(delivery, evidence)
        return wrong or Ruling(decision, delivery.requirements)
    if act is Act.HAND_OVER:
        return _judge_handover(delivery, standing, decision, evidence)
    return Ruling(decision, delivery.requirements)


def _judge_handover(
    delivery: Delivery, standing: Standing, decision: Decision, evidence: Sequence[Evidence]
) -> Ruling | Problem:
    verdict = check_handover(delivery.id, delivery.requirements, evidence)
    if verdict.refusal is None:
        return Ruling(decision, verdict.requirements)
    if verdict.requirements == delivery.requirements:
        return verdict.refusal
    event = NewEvent("delivery.evidence_added", {"pin": "wrong", **_tries(verdict.requirements)}, standing.leg_id)
    stays = Decision((event,), delivery.state, standing.leg_state)
    return Ruling(stays, verdict.requirements, verdict.attention, verdict.refusal)


def _judge_problem(delivery: Delivery, standing: Standing, facts: Facts) -> Ruling | Problem:
    effect = problem_effect(delivery.state, facts.reason)
    if isinstance(effect, Problem):
        return effect
    requirements, act = delivery.requirements, effect.act
    if act is Act.TURN_BACK:
        act = undeliverable_act(str(facts.reason), requirements.undeliverable)
        if act is None:
            data = {"reason": facts.reason, "report": facts.report, "leave_at_door": True}
            stays = Decision((NewEvent("delivery.changed", data, standing.leg_id),), delivery.state, standing.leg_state)
            return Ruling(stays, left_at_door(requirements))
    if act is None:
        return Ruling(_stands_still(standing, facts, effect), requirements, effect.attention)
    decision = decide(standing, act, Who.COURIER, facts)
    return decision if isinstance(decision, Problem) else Ruling(decision, requirements, effect.attention)


def _stands_still(standing: Standing, facts: Facts, effect: "ProblemEffect") -> Decision:
    """Nothing moves but perhaps the leg: somebody has to look."""
    data = {"problem": facts.reason, "report": facts.report}
    leg_state = standing.leg_state
    if effect.leg_act and leg_state in LEG_TRANSITIONS[effect.leg_act].sources:
        leg_state = LEG_TRANSITIONS[effect.leg_act].target
        return Decision((NewEvent(f"leg.{leg_state}", data, standing.leg_id),), standing.state, leg_state)
    return Decision((NewEvent("delivery.evidence_added", data, standing.leg_id),), standing.state, leg_state)


def _tries(requirements: Requirements) -> dict[str, int]:
    return {"tries_left": requirements.pin_tries_left}


@dataclass(frozen=True, slots=True)
class ProblemEffect:
    """What follows when a courier reports this reason in one of `sources`."""

    sources: frozenset[State]
    act: Act | None  # None: nothing moves, a person must look
    attention: str | None = None
    leg_act: LegAct | None = None


_WITH: Final = WITH_COURIER_BEFORE_PICKUP
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
    given = {piece.kind for piece in evidence if piece.content is not None or piece.kind not in PICTURES}
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


def step_of(act: Act, state: State, kind: LegKind) -> str:
    """Which stop a report's evidence belongs to."""
    if kind is LegKind.RETURN:
        return "return"
    if act in (Act.HEAD_TO_PICKUP, Act.ARRIVE_PICKUP, Act.PICK_UP):
        return "pickup"
    return "pickup" if act is Act.PROBLEM and state in BEFORE_PICKUP else "dropoff"
