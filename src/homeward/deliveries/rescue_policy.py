"""What a rescue allows: who may be sent, what their reports mean, and what dispatch is to see of it. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from homeward.deliveries.custody_policy import Ruling
from homeward.deliveries.errors import ActNotPossible, ReasonDoesNotFit
from homeward.deliveries.model import (
    Delivery,
    DispatchDelivery,
    Evidence,
    Leg,
    LegKind,
    NewEvent,
    ProblemReason,
    Rescue,
)
from homeward.deliveries.policy import Decision, Facts, Standing, decide, late
from homeward.deliveries.proof_policy import check_pickup
from homeward.deliveries.states import (
    GOING_BACK,
    LEG_TRANSITIONS,
    ON_THE_WAY,
    TRANSITIONS,
    Act,
    LegAct,
    LegState,
    State,
    Who,
    acts_open_to,
)
from homeward.kit.places import LatLon
from homeward.kit.problems import Problem, jsonable

RESCUE_NEEDED: Final = "rescue_needed"
"""The flag of a delivery that somebody has to take on."""

RESCUER_REASONS: Final = (ProblemReason.CANNOT_CONTINUE, ProblemReason.PARCEL_MISSING, ProblemReason.TOO_LARGE)
"""Why a rescuer may give up before the take-over."""

ON_THEIR_WAY: Final = {Act.HEAD_TO_PICKUP: LegAct.HEAD_TO_PICKUP, Act.ARRIVE_PICKUP: LegAct.ARRIVE_PICKUP}


def may_be_rescued(delivery: Delivery, leg: Leg | None) -> bool:
    """Only what is on board, and not twice."""
    on_board = delivery.state in ON_THE_WAY | GOING_BACK
    return on_board and leg is not None and delivery.rescue is None


def needed_events(rescue: Rescue) -> list[NewEvent]:
    """Where it stands is for our own people: an event goes to merchants, too."""
    return [NewEvent("leg.rescue_needed", {"problem": rescue.reason}, rescue.leg_id)]


def stranding(
    delivery: Delivery, leg: Leg, decision: Decision, place: LatLon | None, reason: str | None, at: datetime
) -> dict[str, Any]:
    """What changes when a courier reports that they cannot go on, and says where they are."""
    if decision.leg_state is not LegState.RESCUE_NEEDED or place is None or not may_be_rescued(delivery, leg):
        return {}
    said = f"{leg.courier.first_name}, at {place.lat:.5f}, {place.lon:.5f}"
    rescue = Rescue(leg.id, place, said, "Call them when you are near.", str(reason), stranded_at(at, leg))
    return {"rescue": rescue, "courier_id": None, "batch": None}


def over_event(rescue: Rescue, reason: str) -> NewEvent:
    return NewEvent("delivery.rescue_over", {"reason": reason}, rescue.leg_id)


# ── who is sent ──


def assigned(delivery: Delivery, standing: Standing, facts: Facts, who: Who) -> Decision | Problem:
    """A rescuer is found. The delivery itself does not move: it is on its way already."""
    if delivery.courier_id is not None or who not in TRANSITIONS[Act.ASSIGN].who:
        return ActNotPossible(
            delivery.id, Act.ASSIGN, delivery.state, [str(a) for a in acts_open_to(delivery.state, who)]
        )
    told = {"courier": jsonable(facts.courier), "leg_id": standing.leg_id, "state": delivery.state}
    return Decision((NewEvent("delivery.rescuer_assigned", told, standing.leg_id),), delivery.state, standing.leg_state)


def let_go(delivery: Delivery, leg: Leg, reason: str) -> Decision:
    """A rescuer on the way to it comes no more."""
    event = NewEvent("delivery.rescuer_unassigned", {"reason": reason, "state": delivery.state}, leg.id)
    return Decision((event,), delivery.state, LegState.CANCELLED)


def rescuers_leg(delivery: Delivery, leg: Leg) -> bool:
    """Whether this leg is of somebody who was sent, and has not taken the parcel yet."""
    return delivery.rescue is not None and leg.id != delivery.rescue.leg_id


# ── what they report ──


def judge(
    delivery: Delivery,
    leg: Leg,
    act: Act,
    reason: str | None,
    evidence: Sequence[Evidence],
    *,
    elsewhere: Collection[str] = (),
) -> Ruling | Problem:
    """A rescuer's report before the take-over: the way moves their leg, taking the parcel moves everything."""
    standing = Standing(delivery.id, delivery.state, leg.id, leg.state)
    facts = Facts(delivery.eta, delivery.promised_by, leg.courier, reason, act)
    if act in ON_THEIR_WAY:
        return Ruling(_on_the_way(standing, ON_THEIR_WAY[act], facts), delivery.requirements)
    if act is Act.PICK_UP:
        return _taken_over(delivery, standing, facts, evidence)
    if act is Act.PROBLEM:
        if reason not in RESCUER_REASONS:
            return ReasonDoesNotFit(str(reason), delivery.state, [str(fits) for fits in RESCUER_REASONS])
        return Ruling(let_go(delivery, leg, reason), delivery.requirements, RESCUE_NEEDED)
    return Ruling(late(standing, act, facts), delivery.requirements)


def _on_the_way(standing: Standing, leg_act: LegAct, facts: Facts) -> Decision:
    rule = LEG_TRANSITIONS[leg_act]
    if standing.leg_state not in rule.sources:
        return late(standing, facts.report or Act.HEAD_TO_PICKUP, facts)
    event = NewEvent(f"leg.{rule.target}", {"rescue": True}, standing.leg_id)
    return Decision((event,), standing.state, rule.target)


def _taken_over(delivery: Delivery, standing: Standing, facts: Facts, evidence: Sequence[Evidence]) -> Ruling | Problem:
    """Codes and labels are checked as at the store; the store itself has no part in it."""
    verdict = check_pickup(without_store(delivery), evidence)
    if verdict.refusal is not None:
        return verdict.refusal
    assert delivery.rescue is not None, "there is a rescue, or this is no rescuer"
    act = Act.TAKE_BACK if delivery.state in GOING_BACK else Act.TAKE_OVER
    told = replace(facts, more={"from_leg_id": delivery.rescue.leg_id})
    decision = decide(standing, act, Who.COURIER, told)
    return decision if isinstance(decision, Problem) else Ruling(decision, delivery.requirements)


def without_store(delivery: Delivery) -> Delivery:
    """What the store would confirm or show cannot be asked for where a parcel changes hands on the way."""
    wanted = delivery.requirements
    return replace(
        delivery,
        requirements=replace(
            wanted, pickup_code=False, handshake=type(wanted.handshake).NONE, at_pickup=type(wanted.at_pickup)()
        ),
    )


# ── what dispatch sees ──

_AS_BEFORE_PICKUP: Final = {LegState.COMMITTED: State.ASSIGNED, LegState.AT_PICKUP: State.AT_PICKUP}


def to_be_fetched(row: DispatchDelivery, leg_state: str | None) -> DispatchDelivery:
    """A delivery in rescue as an ordinary errand: from where it is stranded to its door, or back to its store."""
    rescue = row.rescue
    assert rescue is not None
    back = row.state in GOING_BACK
    searching = leg_state is None
    state = State.SEARCHING if searching else _AS_BEFORE_PICKUP.get(LegState(str(leg_state)), State.TO_PICKUP)
    return replace(
        row,
        state=state,
        pickup=rescue.place,
        pickup_address=rescue.address,
        dropoff=row.pickup if back else row.dropoff,
        dropoff_address=row.pickup_address if back else row.dropoff_address,
        leg_kind=None if searching else LegKind.CARRY,
        picked_up_at=None,
        ready_at=rescue.since,
        search_from=rescue.since,
    )


def ends_without_it(leg: Leg, rescue: Rescue) -> LegState:
    """How a leg ends when the delivery is brought to its end by somebody else."""
    return LegState.WRITTEN_OFF if leg.id == rescue.leg_id else LegState.CANCELLED


def stranded_at(at: datetime, leg: Leg) -> datetime:
    """Nobody is stranded before they had the parcel."""
    return max(at, leg.picked_up_at or leg.created_at)
