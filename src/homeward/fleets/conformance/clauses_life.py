"""Clauses about the life of a leg, the actions on it, and what goes wrong on the way."""

from typing import Final

from homeward.fleets.conformance import stories
from homeward.fleets.conformance.judging import Section, clause, must, offered
from homeward.fleets.conformance.orders import apart_m
from homeward.fleets.conformance.trial import Story, Telling, Trial, said
from homeward.fleets.contract.legs import ActionAnswer
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.words import (
    LEADS_TO,
    Action,
    ActionOutcome,
    CompartmentState,
    EventKind,
    HoldKind,
    IncidentKind,
    LegState,
    Limit,
)

_LIFE: Final = Section.LIFE
_S: Final = LegState


def path(trial: Trial, story: Story) -> list[LegState]:
    """The states that the log told of a leg, in order."""
    moves = [event for event in trial.events_of(story.leg.id) if event.kind is EventKind.LEG_MOVED]
    return [event.state for event in moves if event.state is not None]


async def _ends(trial: Trial, telling: Telling, *through: LegState) -> Story:
    story = await trial.own(telling)
    came = path(trial, story)
    missing = [state for state in through if state not in came]
    must(not missing, f"a log through {', '.join(through)}", ", ".join(came))
    return story


@clause("life.delivered", "A leg goes from committed to done, through every state on the way.", _LIFE, 3)
async def life_delivered(trial: Trial) -> None:
    await _ends(trial, stories.delivered, _S.AT_PICKUP, _S.LOADED, _S.TO_DROPOFF, _S.AT_DROPOFF, _S.DONE)


@clause("life.nobody-loads", "When nobody loads, the leg ends as refused once the wait at the store is over.", _LIFE, 2)
async def life_nobody_loads(trial: Trial) -> None:
    story = await _ends(trial, stories.nobody_loads, _S.AT_PICKUP, _S.REFUSED)
    waited = _seconds_between(trial, story, _S.AT_PICKUP, _S.REFUSED)
    wanted = trial.facts.waits.at_pickup_s
    must(waited >= wanted - stories.SLACK_S, f"a wait of {wanted} s at the store", f"{waited:.0f} s")


@clause("life.nobody-comes", "When nobody comes to the door, the goods go back to the store.", _LIFE, 3)
async def life_nobody_comes(trial: Trial) -> None:
    story = await _ends(trial, stories.nobody_comes, _S.AT_DROPOFF, _S.RETURNING, _S.AT_RETURN, _S.RETURNED)
    waited = _seconds_between(trial, story, _S.AT_DROPOFF, _S.RETURNING)
    wanted = trial.facts.waits.at_dropoff_s
    must(waited >= wanted - stories.SLACK_S, f"a wait of {wanted} s at the door", f"{waited:.0f} s")


def _seconds_between(trial: Trial, story: Story, one: LegState, other: LegState) -> float:
    moves = [event for event in trial.events_of(story.leg.id) if event.kind is EventKind.LEG_MOVED]
    since = [event.at for event in moves if event.state is one]
    until = [event.at for event in moves if event.state is other]
    return (until[-1] - since[0]).total_seconds()


@clause("life.empty-lid", "A compartment that was closed with nothing in it can be opened and loaded again.", _LIFE, 1)
async def life_empty_lid(trial: Trial) -> None:
    await _ends(trial, stories.empty_lid, _S.AT_PICKUP, _S.LOADED, _S.DONE)


@clause("state.legal", "A leg takes only the steps that the table of states has, each from where it was.", _LIFE, 3)
async def state_legal(trial: Trial) -> None:
    await trial.lived(stories.delivered)
    for story in trial.stories:
        _legal(trial.events_of(story.leg.id))


def _legal(events: list[Event]) -> None:
    stands = _S.COMMITTED
    for event in events:
        if event.kind is not EventKind.LEG_MOVED or event.state is None:
            continue
        must(event.previous is stands, f"event {event.number} with previous {stands}", event.previous)
        onward = ", ".join(sorted(LEADS_TO[stands])) or "nothing: it has ended"
        must(event.state in LEADS_TO[stands], f"after {stands}: {onward}", f"{event.state} (event {event.number})")
        stands = event.state


@clause("state.as-told", "What the leg says of itself is what the log told last.", _LIFE, 2)
async def state_as_told(trial: Trial) -> None:
    await trial.lived(stories.delivered)
    await trial.news()
    for story in trial.stories:
        came = path(trial, story)
        leg = await trial.fleet.leg(story.leg.id)
        told = came[-1] if came else _S.COMMITTED
        must(leg.state is told, f"{told}, as in the log", f"{leg.state} from GET /legs/{leg.id}")


@clause("state.why", "A leg that was refused or goes back says by which limit.", _LIFE, 1)
async def state_why(trial: Trial) -> None:
    story = await trial.told(stories.nobody_loads)
    leg = await trial.fleet.leg(story.leg.id)
    must(leg.why is not None, "why, in the refused leg", "null")


@clause("custody.once", "The goods come in once and leave once, and all of them.", _LIFE, 3)
async def custody_once(trial: Trial) -> None:
    await trial.lived(stories.delivered)
    for story in trial.stories:
        _custody(trial, story)


def _custody(trial: Trial, story: Story) -> None:
    events, came = trial.events_of(story.leg.id), path(trial, story)
    went_in = [event for event in events if event.kind is EventKind.GOODS_IN]
    went_out = [event for event in events if event.kind is EventKind.GOODS_OUT]
    carried = _S.LOADED in came
    let_go = bool(came) and came[-1] in (_S.DONE, _S.RETURNED, _S.RESCUED)
    ended = came[-1] if came else _S.COMMITTED
    must(len(went_in) == carried, f"{int(carried)} goods.in of leg {story.leg.id} ({ended})", len(went_in))
    must(len(went_out) == let_go, f"{int(let_go)} goods.out of leg {story.leg.id} ({ended})", len(went_out))
    wanted = sorted(parcel.id for parcel in story.order.parcels)
    for event in (*went_in, *went_out):
        must(sorted(event.parcels or []) == wanted, f"parcels {wanted} in event {event.number}", event.parcels)
    if went_in and went_out:
        must(went_in[0].at <= went_out[0].at, "goods.in before goods.out", f"{went_in[0].at}, {went_out[0].at}")


@clause("heartbeat.kept", "A vehicle under way is heard of as often as the fact sheet says, with its place.", _LIFE, 2)
async def heartbeat_kept(trial: Trial) -> None:
    late = (await trial.told(stories.delivered)).marks["late"]
    must(not late, f"seen within {trial.facts.heartbeat_s} s, with a place", "; ".join(late))


@clause("vehicles.loaded", "A compartment with goods in it is shown as loaded, and never as free.", Section.FACTS, 2)
async def vehicles_loaded(trial: Trial) -> None:
    state = (await trial.told(stories.delivered)).marks["room"]
    must(state is CompartmentState.LOADED, "the leg's compartment loaded while under way", state)


# ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@clause(
    "action.cancel", "While the goods are not on board a leg can be called off, and is cancelled.", Section.ACTIONS, 2
)
async def action_cancel(trial: Trial) -> None:
    await _ends(trial, stories.cancelled, _S.CANCELLED)


@clause("action.cancel-too-late", "With goods on board cancel is refused, by the limit state.", Section.ACTIONS, 3)
async def action_cancel_too_late(trial: Trial) -> None:
    story = await trial.own(stories.cancelled_too_late)
    _refused(story.marks["answer"], Limit.STATE)
    must(story.marks["state"] is not _S.CANCELLED, "the leg goes on", story.marks["state"])


@clause(
    "action.pause", "A paused leg stands still until it is resumed, and then goes on to its end.", Section.ACTIONS, 2
)
async def action_pause(trial: Trial) -> None:
    await _stands_still(trial, stories.paused, HoldKind.PAUSED)


@clause("action.safe-stop", "A safe stop is at once; the vehicle stays until it is resumed.", Section.ACTIONS, 3)
async def action_safe_stop(trial: Trial) -> None:
    await _stands_still(trial, stories.stopped, HoldKind.STOPPED)


async def _stands_still(trial: Trial, telling: Telling, kind: HoldKind) -> None:
    story = await trial.own(telling)
    must(not story.marks["moved"], f"nothing that moves while {kind}", story.marks["moved"])
    events = trial.events_of(story.leg.id)
    held = [e for e in events if e.kind is EventKind.LEG_HELD and e.hold is not None and e.hold.kind is kind]
    must(bool(held), f"leg.held with {kind} in the log", "none")
    freed = [e for e in events if e.kind is EventKind.LEG_FREED and e.number > held[-1].number]
    must(bool(freed), "leg.freed after resume", "none")
    await _ends(trial, telling, _S.DONE)


@clause("action.divert", "A diverted leg is handed over at the new door.", Section.ACTIONS, 2)
async def action_divert(trial: Trial) -> None:
    story = await _ends(trial, stories.diverted, _S.DONE)
    stood, old, new = story.marks.get("stood"), story.marks["old"], story.marks["new"]
    if stood is not None:
        must(apart_m(stood, new) < apart_m(stood, old), f"a stop near {new}", f"one at {stood}, nearer to {old}")


@clause("action.return", "Asked for, a loaded leg turns around and ends as returned.", Section.ACTIONS, 2)
async def action_return(trial: Trial) -> None:
    await _ends(trial, stories.sent_back, _S.RETURNING, _S.AT_RETURN, _S.RETURNED)


@clause(
    "action.unsupported", "An action that your fact sheet does not list is refused as unsupported.", Section.ACTIONS, 1
)
async def action_unsupported(trial: Trial) -> None:
    missing = [
        each for each in (Action.PAUSE, Action.SAFE_STOP, Action.RESUME, Action.RETURN, Action.HAND_TO_RESCUE)
        if each not in trial.facts.actions
    ]  # fmt: skip
    offered(bool(missing), "the fact sheet lists every action")
    story = await trial.committed()
    answers = [await trial.act(story, action) for action in missing]
    await trial.let_go(story.leg.id)
    for answer in answers:
        _refused(answer, Limit.UNSUPPORTED)


@clause("action.not-after-the-end", "A leg that has ended lets nothing be done to it.", Section.ACTIONS, 1)
async def action_not_after_the_end(trial: Trial) -> None:
    story = await trial.told(stories.delivered)
    listed = [
        each for each in (Action.PAUSE, Action.SAFE_STOP, Action.RETURN, Action.CANCEL) if each in trial.facts.actions
    ]
    offered(bool(listed), "no such action is offered")
    for action in listed:
        _refused(await trial.act(story, action), Limit.STATE)


@clause("action.idempotent", "The same key again gets the same answer, and nothing is done twice.", Section.ACTIONS, 2)
async def action_idempotent(trial: Trial) -> None:
    story = await trial.committed()
    try:
        offered(Action.CANCEL in trial.facts.actions, "cancel is not offered")
        key = trial.key()
        first = await trial.act(story, Action.CANCEL, key)
        await trial.until(story, _S.CANCELLED, within_s=600, step_s=10)
        again = await trial.act(story, Action.CANCEL, key)
        must(again.outcome is first.outcome, f"{first.outcome} again under the same key", again.outcome)
        ended = [state for state in path(trial, story) if state is _S.CANCELLED]
        must(len(ended) == 1, "cancelled once in the log", len(ended))
    finally:
        await trial.let_go(story.leg.id)


def _refused(answer: ActionAnswer, limit: Limit) -> None:
    came = said(answer.refusal) if answer.refusal else answer.outcome
    is_so = answer.outcome is ActionOutcome.REFUSED and answer.refusal is not None and answer.refusal.limit is limit
    must(is_so, f"refused, by {limit}", came)


# ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────────────────


@clause(
    "mishap.passes",
    "A mishap that passes holds the leg, is told as an incident, and the leg goes on.",
    Section.MISHAPS,
    2,
)
async def mishap_passes(trial: Trial) -> None:
    story = await _ends(trial, stories.mishap_that_passes, _S.DONE)
    _incident(trial, story, IncidentKind.BLOCKED)


@clause(
    "mishap.rescue",
    "When a vehicle cannot go on, the leg asks for a rescue, and the goods leave to the rescuer.",
    Section.MISHAPS,
    3,
)
async def mishap_rescue(trial: Trial) -> None:
    story = await _ends(trial, stories.rescued, _S.RESCUE_NEEDED, _S.RESCUED)
    _incident(trial, story, IncidentKind.TIPPED)


def _incident(trial: Trial, story: Story, kind: IncidentKind) -> None:
    vehicle_id = story.reservation.vehicle_id
    told = [e.incident for e in trial.log if e.kind is EventKind.INCIDENT and e.vehicle_id == vehicle_id]
    must(kind in told, f"incident {kind} of {vehicle_id} in the log", told or "none")


@clause(
    "contact.held",
    "A leg whose vehicle is out of contact says so, and stands where it was last known.",
    Section.MISHAPS,
    2,
)
async def contact_held(trial: Trial) -> None:
    story = await trial.own(stories.without_contact)
    must(story.marks["hold"] is HoldKind.CONTACT_LOST, "hold contact_lost meanwhile", story.marks["hold"])
    moved = [event.state for event in story.marks["meanwhile"] if event.kind is EventKind.LEG_MOVED]
    must(not moved, "no step told without contact", moved)
    must(story.marks["hold_after"] is None, "no hold once contact is back", story.marks["hold_after"])


@clause(
    "contact.late-news-in-order",
    "What happened without contact is told later, with its own time, in its own order.",
    Section.MISHAPS,
    3,
)
async def contact_late_news(trial: Trial) -> None:
    story = await trial.own(stories.without_contact)
    since, until = story.marks["since"], story.marks["until"]
    moves = [event for event in trial.events_of(story.leg.id) if event.kind is EventKind.LEG_MOVED]
    times = [event.at for event in moves]
    must(times == sorted(times), "the leg's steps in the order of their own times", _numbered(moves))
    arrived = next(event for event in moves if event.state is _S.AT_PICKUP)
    in_time = since <= arrived.at < until - stories.ONE_BEAT
    must(in_time, f"at_pickup with its own time, well before contact was back at {until}", arrived.at)
    must(
        arrived.recorded_at >= until - stories.ONE_BEAT,
        f"recorded after contact was back, {until}",
        arrived.recorded_at,
    )


def _numbered(events: list[Event]) -> str:
    return ", ".join(f"{event.number}: {event.state} at {event.at:%H:%M:%S}" for event in events)
