"""What may follow what: the states of deliveries and legs, and the two transition tables as data. Pure.

Every command and every report is checked against these tables and nothing else. `docs/reference/states.md` is printed
from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a delivery stands."""

    SCHEDULED = "scheduled"
    SEARCHING = "searching"
    ASSIGNED = "assigned"
    TO_PICKUP = "to_pickup"
    AT_PICKUP = "at_pickup"
    PICKED_UP = "picked_up"
    TO_DROPOFF = "to_dropoff"
    AT_DROPOFF = "at_dropoff"
    DELIVERED = "delivered"
    RETURNING = "returning"
    AT_RETURN = "at_return"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    FAILED = "failed"


class LegState(StrEnum):
    """Where one carrying stands; the same words for people and machines."""

    OFFERED = "offered"
    RESERVED = "reserved"
    COMMITTED = "committed"
    TO_PICKUP = "to_pickup"
    AT_PICKUP = "at_pickup"
    LOADING = "loading"
    LOADED = "loaded"
    TO_DROPOFF = "to_dropoff"
    AT_DROPOFF = "at_dropoff"
    HANDING_OVER = "handing_over"
    DONE = "done"
    REFUSED = "refused"
    HELD = "held"
    STOPPED = "stopped"
    RESCUE_NEEDED = "rescue_needed"
    LOST_CONTACT = "lost_contact"
    RETURNING = "returning"
    RETURNED = "returned"
    RESCUED = "rescued"
    CANCELLED = "cancelled"
    WRITTEN_OFF = "written_off"


class Act(StrEnum):
    """What somebody does to a delivery."""

    WAKE = "wake"
    POSTPONE = "postpone"
    ASSIGN = "assign"
    UNASSIGN = "unassign"
    HEAD_TO_PICKUP = "head_to_pickup"
    ARRIVE_PICKUP = "arrive_pickup"
    PICK_UP = "pick_up"
    HEAD_TO_DROPOFF = "head_to_dropoff"
    ARRIVE_DROPOFF = "arrive_dropoff"
    HAND_OVER = "hand_over"
    HAND_OVER_AND_BACK = "hand_over_and_back"
    TAKE_OVER = "take_over"
    TAKE_BACK = "take_back"
    PROBLEM = "problem"
    TURN_BACK = "turn_back"
    ARRIVE_RETURN = "arrive_return"
    RETURN_HANDED = "return_handed"
    COME_BACK = "come_back"
    CANCEL = "cancel"
    FAIL = "fail"


class LegAct(StrEnum):
    """What happens to a leg."""

    RESERVE = "reserve"
    COMMIT = "commit"
    REFUSE = "refuse"
    HEAD_TO_PICKUP = "head_to_pickup"
    ARRIVE_PICKUP = "arrive_pickup"
    START_LOADING = "start_loading"
    PICK_UP = "pick_up"
    HEAD_TO_DROPOFF = "head_to_dropoff"
    ARRIVE_DROPOFF = "arrive_dropoff"
    START_HANDING_OVER = "start_handing_over"
    HAND_OVER = "hand_over"
    HOLD = "hold"
    LOSE_CONTACT = "lose_contact"
    NEED_RESCUE = "need_rescue"
    STOP = "stop"
    TURN_BACK = "turn_back"
    ARRIVE_RETURN = "arrive_return"
    RETURN_HANDED = "return_handed"
    BE_RELIEVED = "be_relieved"
    TAKE_BACK = "take_back"
    CANCEL = "cancel"
    WRITE_OFF = "write_off"


class Who(StrEnum):
    """Who acts. `system` is our own planner and clockwork."""

    MERCHANT = "merchant"
    SHOPPER = "shopper"
    COURIER = "courier"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Rule:
    """In any of `sources`, anyone of `who` may bring a delivery to `target`."""

    sources: frozenset[State]
    target: State
    who: frozenset[Who]


@dataclass(frozen=True, slots=True)
class LegRule:
    """In any of `sources` a leg goes to `target`."""

    sources: frozenset[LegState]
    target: LegState


S, W = State, Who

TERMINAL: Final = frozenset({S.DELIVERED, S.RETURNED, S.CANCELLED, S.FAILED})
BEFORE_COURIER: Final = frozenset({S.SCHEDULED, S.SEARCHING})
ON_THE_WAY_TO_PICKUP: Final = frozenset({S.ASSIGNED, S.TO_PICKUP})
WITH_COURIER_BEFORE_PICKUP: Final = frozenset({S.ASSIGNED, S.TO_PICKUP, S.AT_PICKUP})
BEFORE_PICKUP: Final = BEFORE_COURIER | WITH_COURIER_BEFORE_PICKUP
ON_THE_WAY: Final = frozenset({S.PICKED_UP, S.TO_DROPOFF, S.AT_DROPOFF})
GOING_BACK: Final = frozenset({S.RETURNING, S.AT_RETURN})
OPEN: Final = frozenset(State) - TERMINAL


_UP_TO_THE_DOOR: Final = BEFORE_PICKUP | {S.PICKED_UP, S.TO_DROPOFF}
"""Not while the courier stands at the door."""
CHANGEABLE_IN: Final[Mapping[str, frozenset[State]]] = {
    "contact": OPEN - GOING_BACK,
    "instructions": OPEN - GOING_BACK,
    "unit": OPEN - GOING_BACK,
    "pickup_instructions": BEFORE_PICKUP,
    "pickup_contact": BEFORE_PICKUP,
    "store_id": BEFORE_COURIER,  # a courier said yes to a distance
    "store_external_id": BEFORE_COURIER,
    "pickup": BEFORE_COURIER,
    "address": BEFORE_COURIER,
    "place": BEFORE_COURIER,
    "window": BEFORE_COURIER,  # and to a time
    "deliver_by": BEFORE_COURIER,
    "ready_at": BEFORE_PICKUP,
    "undeliverable": OPEN - GOING_BACK,
    "proof": _UP_TO_THE_DOOR,
    "metadata": OPEN,
    "building": OPEN - GOING_BACK,
    "spot": OPEN - GOING_BACK,
    "gate_code": OPEN - GOING_BACK,
    "neighbour": OPEN - GOING_BACK,
    "company": OPEN - GOING_BACK,
    "contents": BEFORE_PICKUP,
    "handover": _UP_TO_THE_DOOR,
    "barcodes": _UP_TO_THE_DOOR,
    "pickup_barcodes": BEFORE_PICKUP,
}
"""What a merchant may change, and in which states."""


def _rule(sources: frozenset[State] | set[State], target: State, *who: Who) -> Rule:
    return Rule(frozenset(sources), target, frozenset(who))


# A phone loses reports, so the next one may jump over the soft steps (heading, arriving); never over pick-up.
# `Act.PROBLEM` is absent: what it does depends on the reason and is one of the acts below
# (custody_policy.problem_effect).
TRANSITIONS: Final[dict[Act, Rule]] = {
    Act.WAKE: _rule({S.SCHEDULED}, S.SEARCHING, W.SYSTEM),
    # A later time was asked for: the merchant's change brings it about, and nobody asks for it by itself.
    Act.POSTPONE: _rule({S.SEARCHING}, S.SCHEDULED, W.SYSTEM),
    Act.ASSIGN: _rule({S.SEARCHING}, S.ASSIGNED, W.SYSTEM, W.OPERATOR),
    Act.UNASSIGN: _rule(WITH_COURIER_BEFORE_PICKUP, S.SEARCHING, W.SYSTEM, W.COURIER, W.OPERATOR),
    Act.HEAD_TO_PICKUP: _rule({S.ASSIGNED}, S.TO_PICKUP, W.COURIER),
    Act.ARRIVE_PICKUP: _rule({S.ASSIGNED, S.TO_PICKUP}, S.AT_PICKUP, W.COURIER),
    Act.PICK_UP: _rule(WITH_COURIER_BEFORE_PICKUP, S.PICKED_UP, W.COURIER),
    Act.HEAD_TO_DROPOFF: _rule({S.PICKED_UP}, S.TO_DROPOFF, W.COURIER),
    Act.ARRIVE_DROPOFF: _rule({S.PICKED_UP, S.TO_DROPOFF}, S.AT_DROPOFF, W.COURIER),
    Act.HAND_OVER: _rule(ON_THE_WAY, S.DELIVERED, W.COURIER),
    # A round trip: the shopper has it, and the courier brings something back. What a courier reports as a hand-over or
    # as the end of the way back becomes these two where the delivery is one (custody_policy.as_round_trip).
    Act.HAND_OVER_AND_BACK: _rule(ON_THE_WAY, S.RETURNING, W.COURIER),
    # A rescue: the parcel changes hands on the way, towards the door or towards the store.
    Act.TAKE_OVER: _rule(ON_THE_WAY, S.PICKED_UP, W.COURIER),
    Act.TAKE_BACK: _rule(GOING_BACK, S.RETURNING, W.COURIER),
    Act.TURN_BACK: _rule(ON_THE_WAY, S.RETURNING, W.MERCHANT, W.COURIER, W.OPERATOR),
    Act.ARRIVE_RETURN: _rule({S.RETURNING}, S.AT_RETURN, W.COURIER),
    Act.RETURN_HANDED: _rule(GOING_BACK, S.RETURNED, W.COURIER),
    Act.COME_BACK: _rule(GOING_BACK, S.DELIVERED, W.COURIER),
    Act.CANCEL: _rule(BEFORE_PICKUP, S.CANCELLED, W.MERCHANT, W.SHOPPER, W.OPERATOR),
    Act.FAIL: _rule(OPEN, S.FAILED, W.COURIER, W.OPERATOR, W.SYSTEM),
}

L = LegState

LEG_ENDED: Final = frozenset({L.DONE, L.REFUSED, L.STOPPED, L.RETURNED, L.RESCUED, L.CANCELLED, L.WRITTEN_OFF})
# From these a leg comes back by its next report; the delivery's state still says how far it had come.
LEG_INTERRUPTED: Final = frozenset({L.HELD, L.LOST_CONTACT, L.RESCUE_NEEDED})
LEG_ACTIVE: Final = frozenset(LegState) - LEG_ENDED
_LEG_BEFORE_LOADING: Final = frozenset({L.COMMITTED, L.TO_PICKUP, L.AT_PICKUP, L.LOADING})
_LEG_LOADED: Final = frozenset({L.LOADED, L.TO_DROPOFF, L.AT_DROPOFF, L.HANDING_OVER})


def _leg(sources: frozenset[LegState] | set[LegState], target: LegState) -> LegRule:
    return LegRule(frozenset(sources), target)


LEG_TRANSITIONS: Final[dict[LegAct, LegRule]] = {
    LegAct.RESERVE: _leg({L.OFFERED}, L.RESERVED),
    LegAct.COMMIT: _leg({L.OFFERED, L.RESERVED}, L.COMMITTED),
    LegAct.REFUSE: _leg({L.OFFERED, L.RESERVED}, L.REFUSED),
    LegAct.HEAD_TO_PICKUP: _leg({L.COMMITTED} | LEG_INTERRUPTED, L.TO_PICKUP),
    LegAct.ARRIVE_PICKUP: _leg({L.COMMITTED, L.TO_PICKUP} | LEG_INTERRUPTED, L.AT_PICKUP),
    LegAct.START_LOADING: _leg({L.AT_PICKUP} | LEG_INTERRUPTED, L.LOADING),
    LegAct.PICK_UP: _leg(_LEG_BEFORE_LOADING | LEG_INTERRUPTED, L.LOADED),
    LegAct.HEAD_TO_DROPOFF: _leg({L.LOADED} | LEG_INTERRUPTED, L.TO_DROPOFF),
    LegAct.ARRIVE_DROPOFF: _leg({L.LOADED, L.TO_DROPOFF} | LEG_INTERRUPTED, L.AT_DROPOFF),
    LegAct.START_HANDING_OVER: _leg({L.AT_DROPOFF} | LEG_INTERRUPTED, L.HANDING_OVER),
    LegAct.HAND_OVER: _leg(_LEG_LOADED | LEG_INTERRUPTED, L.DONE),
    # Who is stranded stays so until they go on or are relieved: silence is no news of them.
    LegAct.HOLD: _leg(LEG_ACTIVE - {L.HELD, L.RESCUE_NEEDED}, L.HELD),
    LegAct.LOSE_CONTACT: _leg(LEG_ACTIVE - {L.LOST_CONTACT, L.RESCUE_NEEDED}, L.LOST_CONTACT),
    LegAct.NEED_RESCUE: _leg(LEG_ACTIVE - {L.RESCUE_NEEDED}, L.RESCUE_NEEDED),
    # The way there ends where the way back begins; the way back is a leg of its own, born in `returning`.
    LegAct.STOP: _leg(_LEG_LOADED | LEG_INTERRUPTED, L.STOPPED),
    LegAct.TURN_BACK: _leg(LEG_INTERRUPTED, L.RETURNING),
    LegAct.ARRIVE_RETURN: _leg({L.RETURNING} | LEG_INTERRUPTED, L.HANDING_OVER),
    LegAct.RETURN_HANDED: _leg({L.RETURNING, L.HANDING_OVER} | LEG_INTERRUPTED, L.RETURNED),
    LegAct.BE_RELIEVED: _leg({L.RESCUE_NEEDED}, L.RESCUED),
    LegAct.TAKE_BACK: _leg(_LEG_BEFORE_LOADING | {L.HELD, L.LOST_CONTACT}, L.RETURNING),
    LegAct.CANCEL: _leg({L.OFFERED, L.RESERVED} | _LEG_BEFORE_LOADING | LEG_INTERRUPTED, L.CANCELLED),
    LegAct.WRITE_OFF: _leg(LEG_ACTIVE, L.WRITTEN_OFF),
}


def acts_open_to(state: State, who: Who) -> list[Act]:
    """What this person can still do with a delivery in this state, in the order of its life."""
    return [act for act, rule in TRANSITIONS.items() if state in rule.sources and who in rule.who]
