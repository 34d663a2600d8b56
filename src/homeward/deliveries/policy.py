"""What a delivery allows: the one place where acts meet the transition tables. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import orjson

from homeward.deliveries.errors import (
    ActNotPossible,
    NotYoursToDo,
    PickedUpAlready,
)
from homeward.deliveries.model import (
    Batch,
    BookRequest,
    CourierCard,
    Delivery,
    Handshake,
    NewEvent,
    Outcome,
    Step,
)
from homeward.deliveries.states import (
    BEFORE_COURIER,
    BEFORE_PICKUP,
    GOING_BACK,
    LEG_ENDED,
    LEG_TRANSITIONS,
    ON_THE_WAY,
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
from homeward.quotes.model import CONFIRM_ADDRESS, FeeRules

BLOCKING_ATTENTION: Final = frozenset({CONFIRM_ADDRESS, "store_closed", "parcel_missing"})
"""While one of these stands, no courier is asked: the next one would meet the same closed door."""

LOST_CONTACT: Final = "courier_lost_contact"
"""The flag of a delivery whose courier has fallen silent."""

_MOVING: Final = frozenset({State.TO_PICKUP, State.AT_PICKUP}) | ON_THE_WAY | GOING_BACK
CLEARED_BY: Final[Mapping[str, frozenset[State]]] = {
    "no_courier": frozenset({State.ASSIGNED, State.SCHEDULED}),
    "not_ready": frozenset({State.PICKED_UP}),
    "rescue_needed": _MOVING,
    LOST_CONTACT: _MOVING | {State.SEARCHING},
}
"""A flag goes by itself once the delivery comes to one of these states; the end of a delivery takes every flag."""

ETA_STEP: Final = timedelta(seconds=60)
"""An estimate that moves by less is not news."""


_LEG_ACT: Final[Mapping[Act, LegAct]] = {
    Act.HEAD_TO_PICKUP: LegAct.HEAD_TO_PICKUP,
    Act.ARRIVE_PICKUP: LegAct.ARRIVE_PICKUP,
    Act.PICK_UP: LegAct.PICK_UP,
    Act.HEAD_TO_DROPOFF: LegAct.HEAD_TO_DROPOFF,
    Act.ARRIVE_DROPOFF: LegAct.ARRIVE_DROPOFF,
    Act.HAND_OVER: LegAct.HAND_OVER,
    Act.HAND_OVER_AND_BACK: LegAct.HAND_OVER,
    Act.TURN_BACK: LegAct.STOP,
    Act.ARRIVE_RETURN: LegAct.ARRIVE_RETURN,
    Act.RETURN_HANDED: LegAct.RETURN_HANDED,
    Act.COME_BACK: LegAct.RETURN_HANDED,
    Act.TAKE_OVER: LegAct.PICK_UP,
    Act.TAKE_BACK: LegAct.TAKE_BACK,
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
    report: Act | None = None  # what the courier said, where that is not the act itself
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be written. `late`: nothing moves, the report is only kept."""

    events: tuple[NewEvent, ...]
    state: State
    leg_state: LegState | None
    late: bool = False
    act: Act | None = None  # what moved it; None if nothing did

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
        events = [state_event(rule.target, standing, act, facts)]
        if act is Act.HAND_OVER_AND_BACK:
            events.insert(0, NewEvent("delivery.handed_over", {"leg_id": standing.leg_id}, standing.leg_id))
        leg_state = leg_rule.target if leg_rule else standing.leg_state
        return Decision(tuple(events), rule.target, leg_state, act=act)
    if who is Who.COURIER:
        return late(standing, act, facts)
    if act is Act.CANCEL and standing.state in ON_THE_WAY | GOING_BACK:
        return PickedUpAlready(standing.delivery_id, standing.state)
    possible = [str(other) for other in acts_open_to(standing.state, who)]
    return ActNotPossible(standing.delivery_id, act, standing.state, possible)


def late(standing: Standing, act: Act, facts: Facts = Facts()) -> Decision:
    """A report that came too late, twice or out of turn: evidence, nothing else."""
    data = {"act": act, "state": standing.state, **_told(facts)}
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
        "courier": None if target in BEFORE_COURIER | {State.CANCELLED} else jsonable(facts.courier),
        **_told(facts),
    }
    # Not its state's own event: to merchants and shoppers it was picked up once.
    name = "taken_over" if act in (Act.TAKE_OVER, Act.TAKE_BACK) else target
    return NewEvent(f"delivery.{name}", data, standing.leg_id)


def begin_event(delivery: Delivery) -> NewEvent:
    """The first state of a life: nothing came before it."""
    data = {"state": delivery.state, "previous": None, "eta": None, "promised_by": jsonable(delivery.promised_by)}
    return NewEvent(f"delivery.{delivery.state}", {**data, "leg_id": None, "courier": None})


def _told(facts: Facts) -> dict[str, Any]:
    said = {"reason": facts.reason, "report": facts.report}
    return {**{name: value for name, value in said.items() if value}, **jsonable(dict(facts.more))}


def _leg_rule(standing: Standing, act: Act) -> LegRule | None:
    """What the act asks of the active leg; None if it has none or is not concerned."""
    if standing.leg_state is None:
        return None
    # A failed delivery takes its leg with it: written off once the parcel is on board, cancelled before.
    if act is Act.FAIL:
        return LEG_TRANSITIONS[LegAct.CANCEL if standing.state in BEFORE_PICKUP else LegAct.WRITE_OFF]
    leg_act = _LEG_ACT.get(act)
    return LEG_TRANSITIONS[leg_act] if leg_act else None


# ── what is remembered of the way ──


def outcome_after(before: Outcome, act: Act | None, by: Who, reason: str | None, *, left_at_door: bool) -> Outcome:
    """Why it ended or turned as it did, told once for every reader; what comes later wins."""
    if left_at_door:
        return replace(before, reason=reason, by=by, left_at_door=True)
    if act in _TELLING:
        return Outcome(act, reason, by, before.left_at_door)
    return before


_TELLING: Final = frozenset({Act.TURN_BACK, Act.CANCEL, Act.FAIL})


def times_after(delivery: Delivery, state: State, at: datetime) -> Mapping[State, datetime]:
    """When each state was last reached; what a delivery goes back behind is forgotten."""
    if state is delivery.state:
        return delivery.times
    kept = delivery.times
    if state is State.PICKED_UP and state in kept:
        return kept  # somebody has taken it over: it left the store when it left the store
    if state is State.SEARCHING:
        kept = {reached: when for reached, when in kept.items() if reached not in WITH_COURIER_BEFORE_PICKUP}
    return {**kept, state: at}


# ── money, times ──


def cancellation_fee(state: State, price: Money, fees: FeeRules, who: Who) -> Money:
    """What cancelling costs now: little until a courier gave up other work for it. The operator's own costs nothing.

    A shopper cancels in the merchant's place, because it let them.
    """
    if who not in (Who.MERCHANT, Who.SHOPPER):
        return Money(0, price.currency)
    if state in BEFORE_COURIER:
        return price.per_mille(fees.cancel_before_assignment)
    if state is State.AT_PICKUP:
        return price.per_mille(fees.cancel_at_pickup)
    return price.per_mille(fees.cancel_before_pickup)


def return_fee(price: Money, fees: FeeRules, who: Who) -> Money:
    """What calling a parcel back costs; only the merchant who asks for it pays."""
    return price.per_mille(fees.return_to_store if who is Who.MERCHANT else 0)


def moved_search(delivery: Delivery, ready_at: datetime) -> datetime:
    """A scheduled search moves with the parcel; one that has begun goes on."""
    if delivery.state is not State.SCHEDULED:
        return delivery.search_from
    return delivery.search_from + (ready_at - delivery.ready_at)


# ── attention ──


def attention_after(current: str | None, before: State, state: State, raised: str | None) -> str | None:
    """The flag once a delivery has come from `before` to `state`; `raised` is what this very act brings up."""
    if raised:
        return raised
    if state is before:
        return current
    if current is None or state in TERMINAL or state in CLEARED_BY.get(current, frozenset()):
        return None
    return current


def attention_events(old: str | None, new: str | None, leg_id: str | None = None) -> list[NewEvent]:
    if old == new:
        return []
    if new is None:
        return [NewEvent("delivery.attention_cleared", {"reason": old}, leg_id)]
    return [NewEvent("delivery.attention_needed", {"reason": new}, leg_id)]


def eta_moved(old: datetime | None, new: datetime | None) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(new - old) >= ETA_STEP


def handshake_step(delivery: Delivery, step: Step, who: Who) -> Problem | None:
    """Whether the store can confirm its courier now: while one comes for the parcel, or comes back with it."""
    may = WITH_COURIER_BEFORE_PICKUP if step is Step.PICKUP else GOING_BACK
    if step is not Step.DROPOFF and delivery.state in may and delivery.requirements.handshake is not Handshake.NONE:
        return None
    possible = [str(other) for other in acts_open_to(delivery.state, who)]
    return ActNotPossible(delivery.id, f"confirm_{step}", delivery.state, possible)


def batch_events(before: Batch | None, after: Batch | None) -> list[NewEvent]:
    """What is told when a delivery gets into a batch, leaves it, or its place in it changes."""
    if before == after:
        return []
    former = before.id if before else None
    if after is None:
        return [NewEvent("delivery.unbatched", {"batch_id": former})]
    place = {name: value for name, value in jsonable(after).items() if name != "id"}
    return [NewEvent("delivery.batched", {"batch_id": after.id, **place, "previous_batch_id": former})]


def before_pickup(delivery: Delivery, who: Who, act: str) -> Problem | None:
    """Whether there is still time for what makes sense only until somebody has the parcel."""
    if delivery.state in BEFORE_PICKUP:
        return None
    possible = [str(other) for other in acts_open_to(delivery.state, who)]
    return ActNotPossible(delivery.id, act, delivery.state, possible)


def tracking_url(base_url: str, domain: str | None, token: str) -> str:
    """The shopper's page: on the merchant's own domain if it has one, with the scheme and port of the installation."""
    parts = urlsplit(base_url)
    host = parts.netloc
    if domain:
        host = domain if ":" in domain or parts.port is None else f"{domain}:{parts.port}"
    return urlunsplit((parts.scheme, host, f"/t/{token}", "", ""))


def content_hash(request: BookRequest) -> bytes:
    """Tells whether a repeated external_id asks for the same thing again."""
    return hashlib.sha256(orjson.dumps(jsonable(request), option=orjson.OPT_SORT_KEYS)).digest()
