"""What a robot does next and when, what may happen to a test delivery at all, and where the robot is. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from homeward.deliveries.custody_policy import fitting_reasons
from homeward.deliveries.model import Delivery, DeliveryView, Handshake, ProblemReason, Undeliverable
from homeward.deliveries.model import Step as Stop
from homeward.deliveries.policy import BLOCKING_ATTENTION
from homeward.deliveries.robots.model import (
    ROBOT,
    Due,
    Ending,
    Milestone,
    Pace,
    Player,
    Possible,
    Script,
    Sighting,
    Step,
)
from homeward.deliveries.states import (
    BEFORE_COURIER,
    BEFORE_PICKUP,
    GOING_BACK,
    ON_THE_WAY,
    TERMINAL,
    WITH_COURIER_BEFORE_PICKUP,
    State,
)
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest, Problem

START_AWAY_DEG: Final = 0.005
"""How far from the store a robot sets out: about 550 m of latitude."""

_S: Final = State
_PACE_S: Final[Mapping[Step, int]] = {
    Step.ASSIGN: 0,
    Step.HEAD_TO_PICKUP: 30,
    Step.DROP: 30,
    Step.ARRIVE_PICKUP: 30,
    Step.CONFIRM_HANDSHAKE: 30,
    Step.PICK_UP: 30,
    Step.GIVE_UP: 30,
    Step.HEAD_TO_DROPOFF: 10,
    Step.ARRIVE_DROPOFF: 20,
    Step.PROBLEM: 20,
    Step.HAND_OVER: 30,
    Step.ARRIVE_RETURN: 30,
    Step.RETURN_HANDED: 30,
}
"""Seconds after the step before: on its way at 30, at the store at 60, picked up at 90, at the door at 120, delivered
at 150. Source: the steps of Uber Direct's robot couriers, as their documentation had them in 2026-09."""

_MILESTONE: Final[Mapping[Step, Milestone]] = {
    Step.ASSIGN: Milestone.ASSIGNED,
    Step.HEAD_TO_PICKUP: Milestone.TO_PICKUP,
    Step.ARRIVE_PICKUP: Milestone.AT_PICKUP,
    Step.PICK_UP: Milestone.PICKED_UP,
    Step.HEAD_TO_DROPOFF: Milestone.TO_DROPOFF,
    Step.ARRIVE_DROPOFF: Milestone.AT_DROPOFF,
    Step.HAND_OVER: Milestone.DONE,
    Step.PROBLEM: Milestone.DONE,
    Step.GIVE_UP: Milestone.DONE,
    Step.ARRIVE_RETURN: Milestone.AT_RETURN,
    Step.RETURN_HANDED: Milestone.RETURNED,
}

_BY_STATE: Final[Mapping[State, Step]] = {
    _S.SEARCHING: Step.ASSIGN,
    _S.ASSIGNED: Step.HEAD_TO_PICKUP,
    _S.TO_PICKUP: Step.ARRIVE_PICKUP,
    _S.AT_PICKUP: Step.PICK_UP,
    _S.PICKED_UP: Step.HEAD_TO_DROPOFF,
    _S.TO_DROPOFF: Step.ARRIVE_DROPOFF,
    _S.AT_DROPOFF: Step.HAND_OVER,
    _S.RETURNING: Step.ARRIVE_RETURN,
    _S.AT_RETURN: Step.RETURN_HANDED,
}
"""The next step where nothing out of the ordinary was asked for."""


# ── what was asked for ──


def script_from(said: Mapping[str, Any] | None) -> Script | Problem:
    """The `robot` of a booking, or what is wrong with it."""
    told = dict(said or {})
    wrong = [_wrong(name, "unknown-field", "there is no such field") for name in told.keys() - _FIELDS]
    pace = _one_of(Pace, told, "mode", Pace.AUTO, wrong)
    ending = _one_of(Ending, told, "outcome", Ending.DELIVERED, wrong)
    moments = _moments(told.get("at"), wrong)
    reason = told.get("reason")
    reasons = fitting_reasons(State.AT_DROPOFF)
    if reason is not None and (ending is not Ending.RETURNED or reason not in reasons):
        wrong.append(_wrong("reason", "bad-reason", f"goes with outcome returned and is one of {', '.join(reasons)}"))
    drops = told.get("drops", False)
    if not isinstance(drops, bool):
        wrong.append(_wrong("drops", "not-a-boolean", "true or false"))
    if pace is Pace.CUSTOM and not moments:
        wrong.append(_wrong("at", "missing", "mode custom needs at least one moment"))
    return MalformedRequest(wrong) if wrong else Script(pace, ending, reason, bool(drops), moments)


Choice = TypeVar("Choice", Pace, Ending)
_FIELDS: Final = frozenset({"mode", "outcome", "reason", "drops", "at"})


def _one_of(kind: type[Choice], told: Mapping[str, Any], name: str, usual: Choice, wrong: list[FieldError]) -> Choice:
    value = told.get(name, usual)
    known = [str(each) for each in kind]
    if value in known:
        return kind(value)
    wrong.append(_wrong(name, "unknown-value", f"one of {', '.join(known)}"))
    return usual


def _moments(said: Any, wrong: list[FieldError]) -> dict[Milestone, datetime]:
    if said is None:
        return {}
    if not isinstance(said, Mapping):
        wrong.append(_wrong("at", "not-an-object", "moments by the step's name"))
        return {}
    found = {}
    for name, text in said.items():
        moment = _moment(text)
        if name not in list(Milestone) or moment is None:
            known = ", ".join(Milestone)
            wrong.append(_wrong(f"at/{name}", "bad-moment", f"one of {known}, each an RFC 3339 moment"))
        else:
            found[Milestone(name)] = moment
    return found


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _wrong(name: str, code: str, message: str) -> FieldError:
    return FieldError(f"/robot/{name}", code, message)


def script_of(delivery: Delivery) -> Script:
    """As booked; it was checked then."""
    script = script_from(delivery.robot)
    assert isinstance(script, Script), "a booking with another script is refused"
    return script


# ── what comes next ──


def next_due(view: DeliveryView, script: Script) -> Due | None:
    """The robot's next step by itself; None while somebody else must act first, or for ever."""
    delivery = view.delivery
    usual = _BY_STATE.get(delivery.state)
    if script.pace is Pace.MANUAL or usual is None or _blocked(delivery):
        return None
    step, reason = _as_told(view, script, usual)
    since = delivery.times.get(delivery.state, delivery.updated_at)
    moment = script.moments.get(_MILESTONE[step]) if step in _MILESTONE else None
    return Due(step, max(since, moment) if moment else since + timedelta(seconds=_PACE_S[step]), reason)


def _blocked(delivery: Delivery) -> bool:
    """No courier would be asked now, so no robot comes either."""
    return delivery.state is State.SEARCHING and delivery.attention in BLOCKING_ATTENTION


def _as_told(view: DeliveryView, script: Script, usual: Step) -> tuple[Step, str | None]:
    """The usual step, unless the script wants something else to happen here."""
    delivery, ending = view.delivery, script.ending
    match delivery.state:
        case State.TO_PICKUP if script.drops and view.leg and view.leg.number == 1:
            return Step.DROP, None
        case State.AT_PICKUP if ending is Ending.CANCELLED:
            return Step.GIVE_UP, None
        case State.AT_PICKUP | State.AT_RETURN if needs_store(delivery):
            return Step.CONFIRM_HANDSHAKE, None  # the store had the time that the parcel takes to change hands
        case State.TO_DROPOFF if ending is Ending.FAILED:
            return Step.PROBLEM, ProblemReason.LOST
        case State.AT_DROPOFF if not delivery.outcome.left_at_door:
            return _at_the_door(delivery, script, usual)
        case _:
            return usual, None


def _at_the_door(delivery: Delivery, script: Script, usual: Step) -> tuple[Step, str | None]:
    if script.ending is Ending.RETURNED:
        return Step.PROBLEM, script.reason or ProblemReason.NOBODY_THERE
    may_leave = delivery.requirements.undeliverable is Undeliverable.LEAVE_AT_DOOR
    if script.ending is Ending.LEFT_AT_DOOR and may_leave:
        return Step.PROBLEM, ProblemReason.NOBODY_THERE
    return usual, None


# ── what may happen ──


def possible_steps(delivery: Delivery) -> tuple[Possible, ...]:
    """Everything that can happen now, whoever's part it is, in the order of a delivery's life."""
    state = delivery.state
    if state in TERMINAL:
        return ()
    return (*_courier_steps(delivery), *_store_steps(delivery), *_others_steps(state))


_FORWARD: Final[Mapping[State, tuple[Step, ...]]] = {
    _S.ASSIGNED: (Step.HEAD_TO_PICKUP, Step.ARRIVE_PICKUP, Step.PICK_UP),
    _S.TO_PICKUP: (Step.ARRIVE_PICKUP, Step.PICK_UP),
    _S.AT_PICKUP: (Step.PICK_UP,),
    _S.PICKED_UP: (Step.HEAD_TO_DROPOFF, Step.ARRIVE_DROPOFF, Step.HAND_OVER),
    _S.TO_DROPOFF: (Step.ARRIVE_DROPOFF, Step.HAND_OVER),
    _S.AT_DROPOFF: (Step.HAND_OVER,),
    _S.RETURNING: (Step.ARRIVE_RETURN, Step.RETURN_HANDED),
    _S.AT_RETURN: (Step.RETURN_HANDED,),
}
"""A phone loses reports, so soft steps may be left out here as well."""


def _courier_steps(delivery: Delivery) -> list[Possible]:
    state = delivery.state
    if state in BEFORE_COURIER:
        return [] if delivery.attention in BLOCKING_ATTENTION else [Possible(Step.ASSIGN, Player.COURIER)]
    steps = [Possible(step, Player.COURIER) for step in _FORWARD[state]]
    if state in WITH_COURIER_BEFORE_PICKUP:
        steps.append(Possible(Step.DROP, Player.COURIER))
    if state in ON_THE_WAY:
        steps.append(Possible(Step.TURN_BACK, Player.COURIER))
    return [*steps, Possible(Step.PROBLEM, Player.COURIER, tuple(fitting_reasons(state)))]


def _store_steps(delivery: Delivery) -> list[Possible]:
    state, steps = delivery.state, []
    if state in BEFORE_PICKUP:
        steps.append(Possible(Step.MARK_READY, Player.STORE))
    if awaits_store(delivery):
        steps.append(Possible(Step.CONFIRM_HANDSHAKE, Player.STORE))
    return steps


def _others_steps(state: State) -> list[Possible]:
    if state in BEFORE_PICKUP:
        return [Possible(Step.GIVE_UP, Player.CARRIER), Possible(Step.CANCEL, Player.MERCHANT)]
    return [Possible(Step.RETURN, Player.MERCHANT)] if state in ON_THE_WAY else []


def needs_store(delivery: Delivery) -> bool:
    """Whether nothing goes on without the store's confirmation."""
    return delivery.requirements.handshake is Handshake.REQUIRED and awaits_store(delivery)


def awaits_store(delivery: Delivery) -> bool:
    """Whether the store can still confirm the courier who stands there or comes."""
    wanted = delivery.requirements
    return wanted.handshake is not Handshake.NONE and stop_of(delivery) not in (None, *wanted.confirmed)


def stop_of(delivery: Delivery) -> Stop | None:
    """The store's stop that is next: where the parcel is fetched, or brought back."""
    if delivery.state in WITH_COURIER_BEFORE_PICKUP:
        return Stop.PICKUP
    return Stop.RETURN if delivery.state in GOING_BACK else None


# ── where it is ──


def courier_id_of(delivery_id: str, number: int) -> str:
    """The robot of one carrying; the next carrying has another one."""
    return f"cou_robot{number}_{delivery_id.partition('_')[2]}"


def delivery_id_of(courier_id: str) -> str | None:
    """Which delivery a robot carries; None for a courier of flesh and blood."""
    name, _, rest = courier_id.removeprefix("cou_").partition("_")
    return f"dlv_{rest}" if name.startswith("robot") and rest else None


def sighting(view: DeliveryView, now: datetime) -> Sighting:
    """Where the robot is now, on a straight line between its stops."""
    delivery = view.delivery
    store, door = delivery.pickup.place, delivery.dropoff.place
    start = LatLon(store.lat - START_AWAY_DEG if store.lat > 0 else store.lat + START_AWAY_DEG, store.lon)
    ends = {
        State.ASSIGNED: (start, start),
        State.TO_PICKUP: (start, store),
        State.TO_DROPOFF: (store, door),
        State.AT_DROPOFF: (door, door),
        State.DELIVERED: (door, door),
        State.RETURNING: (door, store),
    }.get(delivery.state, (store, store))
    place = between(*ends, _share_of_way(view, now))
    return Sighting(delivery.market_id, ROBOT, place, now)


def _share_of_way(view: DeliveryView, now: datetime) -> float:
    """From 0 at the start to 1 at the next stop."""
    delivery = view.delivery
    since = delivery.times.get(delivery.state, now)
    due = next_due(view, script_of(delivery))
    usual = _BY_STATE.get(delivery.state, Step.ASSIGN)
    arrives = due.at if due else since + timedelta(seconds=_PACE_S[usual])
    if arrives <= since:
        return 1.0
    return min(1.0, max(0.0, (now - since) / (arrives - since)))


def between(a: LatLon, b: LatLon, share: float) -> LatLon:
    """The point at `share` of the way from `a` (0) to `b` (1)."""
    return LatLon(a.lat + (b.lat - a.lat) * share, a.lon + (b.lon - a.lon) * share)


def expected_end(view: DeliveryView, at: datetime) -> datetime | None:
    """When it is at the door if all goes as told from an assignment at `at` on."""
    script = script_of(view.delivery)
    if script.pace is Pace.MANUAL:
        return None
    for step in (
        Step.HEAD_TO_PICKUP,
        Step.ARRIVE_PICKUP,
        Step.PICK_UP,
        Step.HEAD_TO_DROPOFF,
        Step.ARRIVE_DROPOFF,
        Step.HAND_OVER,
    ):
        moment = script.moments.get(_MILESTONE[step])
        at = max(at, moment) if moment else at + timedelta(seconds=_PACE_S[step])
    return at
