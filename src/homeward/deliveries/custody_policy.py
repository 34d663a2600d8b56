"""What a courier's report leads to: proof, problems, and the act that follows. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from homeward.deliveries.errors import (
    NotYoursToDo,
    ProofMissing,
    ReasonDoesNotFit,
    ReasonUnknown,
)
from homeward.deliveries.model import (
    Delivery,
    Evidence,
    Leg,
    LegKind,
    NewEvent,
    ProblemReason,
    Requirements,
    Undeliverable,
)
from homeward.deliveries.policy import Decision, Facts, Standing, decide, late
from homeward.deliveries.proof_policy import ProofVerdict, check_handover, check_pickup, check_return
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
    left_at_door: bool = False


def judge(
    delivery: Delivery,
    leg: Leg,
    act: Act,
    reason: str | None,
    evidence: Sequence[Evidence],
    at: datetime,
    *,
    elsewhere: Collection[str] = (),
) -> Ruling | Problem:
    """What follows from a courier's report about its leg at that moment, or why it is refused without a trace.

    `elsewhere`: needs that another company has met by its own means. Where we would miss them, the event says so.
    """
    if act not in REPORTS:
        return NotYoursToDo(act, Who.COURIER)
    standing = Standing(delivery.id, delivery.state, leg.id, leg.state)
    facts = Facts(delivery.eta, delivery.promised_by, leg.courier, reason, act)
    if leg.state in LEG_ENDED or delivery.state in TERMINAL:
        return Ruling(late(standing, act, facts), delivery.requirements)
    if act is Act.PROBLEM:
        return _judge_problem(delivery, standing, facts)
    decision = decide(standing, as_round_trip(delivery, act), Who.COURIER, facts)
    if isinstance(decision, Problem):
        return decision
    if decision.late:
        return Ruling(decision, delivery.requirements)
    verdict = _verdict_on(delivery, act, evidence, at)
    if isinstance(verdict.refusal, ProofMissing) and set(verdict.refusal.needs) <= set(elsewhere):
        told = replace(facts, more={"proven_elsewhere": verdict.refusal.needs})
        decision = decide(standing, as_round_trip(delivery, act), Who.COURIER, told)
        return decision if isinstance(decision, Problem) else Ruling(decision, verdict.requirements)
    if verdict.refusal is None:
        return Ruling(decision, verdict.requirements)
    if verdict.tried is None:
        return verdict.refusal
    event = NewEvent("delivery.evidence_added", verdict.tried, standing.leg_id)
    stays = Decision((event,), delivery.state, standing.leg_state)
    return Ruling(stays, verdict.requirements, verdict.attention, verdict.refusal)


def not_before_the_last(delivery: Delivery, at: datetime) -> datetime:
    """When it happened, as far as we believe the phone: nobody handed over what had not come to the door yet.

    Without this a clock that was put back would make a late delivery punctual.
    """
    return max(at, *delivery.times.values()) if delivery.times else at


def _verdict_on(delivery: Delivery, act: Act, evidence: Sequence[Evidence], at: datetime) -> ProofVerdict:
    match act:
        case Act.PICK_UP:
            return check_pickup(delivery, evidence)
        case Act.HAND_OVER:
            return check_handover(delivery, evidence, at)
        case Act.RETURN_HANDED:
            return check_return(delivery, evidence)
        case _:
            return ProofVerdict(delivery.requirements)


def as_round_trip(delivery: Delivery, act: Act) -> Act:
    """What a courier reports in the words of any delivery, as what it is on a round trip."""
    if act is Act.HAND_OVER and delivery.requirements.round_trip:
        return Act.HAND_OVER_AND_BACK
    if act is Act.RETURN_HANDED and delivery.handed_over_at is not None:
        return Act.COME_BACK
    return act


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
            return Ruling(stays, left_at_door(requirements), left_at_door=True)
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
    ProblemReason.TOO_YOUNG: (ProblemEffect(ON_THE_WAY, Act.TURN_BACK),),
    ProblemReason.NOT_SOBER: (ProblemEffect(ON_THE_WAY, Act.TURN_BACK),),
    ProblemReason.NO_DOCUMENT: (ProblemEffect(ON_THE_WAY, Act.TURN_BACK),),
    ProblemReason.NO_PIN: (ProblemEffect(ON_THE_WAY, Act.TURN_BACK),),
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
    return replace(requirements, photo=True, signature=False, signer_name=False, signer_relationship=False, pin=None)


def step_of(act: Act, state: State, kind: LegKind) -> str:
    """Which stop a report's evidence belongs to."""
    if kind is LegKind.RETURN:
        return "return"
    if act in (Act.HEAD_TO_PICKUP, Act.ARRIVE_PICKUP, Act.PICK_UP):
        return "pickup"
    return "pickup" if act is Act.PROBLEM and state in BEFORE_PICKUP else "dropoff"
