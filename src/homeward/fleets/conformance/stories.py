"""Lives of legs in the sandbox, from the usual one to a rescue. Clauses judge what they leave behind.

A story presses on by whatever way the fleet offers: compartments that lock are opened with a secret, others by nobody;
who sets down by itself is only given time. Where a step is the very thing that a clause tries, the clause does it.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from homeward.fleets.conformance.judging import NotOffered, NotReached, offered
from homeward.fleets.conformance.orders import beside
from homeward.fleets.conformance.trial import FAILURES, MOST_WAIT_S, Story, Telling, Trial
from homeward.fleets.contract.facts import Model
from homeward.fleets.contract.legs import AskSecret, Holder, Secret
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.sandbox import ActOfPerson, LostContact, Mishap, PersonAct, Repair
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import (
    Action,
    ActionOutcome,
    EventKind,
    Handoff,
    HoldKind,
    IncidentKind,
    LegState,
    Limit,
)

S: Final = LegState
OPENS_WITHIN_S: Final = 60
SLACK_S: Final = 180
ONE_BEAT: Final = timedelta(seconds=5)
_STANDING: Final = frozenset({S.AT_PICKUP, S.AT_DROPOFF, S.HANDING_OVER})
_BY_PEOPLE: Final = frozenset({Handoff.HATCH, Handoff.HAND})
_NOT_FOR_IT: Final = frozenset({Limit.UNSUPPORTED, Limit.STATE})


async def secret_for(trial: Trial, story: Story, holder: Holder, valid_s: int | None = None) -> Secret:
    asked = AskSecret(holder=holder, valid_s=valid_s or trial.facts.secret_valid_s)
    made = await trial.fleet.secret(story.leg.id, asked, trial.key())
    trial.recorder.keep_secret(made.secret)
    story.secrets.append(made)
    return made


async def opened(trial: Trial, story: Story, holder: Holder) -> None:
    """By a fresh secret where the compartment locks; one that does not lock stands open."""
    if not story.room.locked:
        return
    made = await secret_for(trial, story, holder)
    before = openings(trial, story)
    await trial.done(story, Action.OPEN, compartment_id=made.compartment_id, secret=made.secret)
    for _ in range(OPENS_WITHIN_S // 5):
        await trial.news()
        leg = await trial.fleet.leg(story.leg.id)
        # Either will do here: that both agree is the business of other clauses.
        if openings(trial, story) > before or leg.state in (S.LOADING, S.HANDING_OVER):
            return
        await trial.advance(5)
    raise NotReached("a compartment that opens to its secret", f"shut after {OPENS_WITHIN_S} s, the leg {leg.state}")


def openings(trial: Trial, story: Story) -> int:
    return sum(event.kind is EventKind.OPENED for event in _at_room(trial, story))


def _at_room(trial: Trial, story: Story) -> list[Event]:
    room = (story.reservation.vehicle_id, story.reservation.compartment_id)
    return [event for event in trial.log if (event.vehicle_id, event.compartment_id) == room]


async def handled(trial: Trial, story: Story, act: PersonAct, *goal: LegState) -> None:
    """A person does it, the lid is closed, and the leg gets to `goal`."""
    try:
        await trial.fleet.person(ActOfPerson(leg_id=story.leg.id, act=act))
    except Refused as refused:
        # Whoever sets down or takes up by itself needs nobody.
        if story.room.locked or refused.refusal.limit not in _NOT_FOR_IT:
            raise
    for _ in range(OPENS_WITHIN_S // 5):
        leg = await trial.fleet.leg(story.leg.id)
        if leg.state in goal:
            return
        if leg.state in (S.LOADING, S.HANDING_OVER) and story.room.locked and Action.CLOSE in trial.facts.actions:
            await trial.act(story, Action.CLOSE, compartment_id=story.room.id)
        await trial.advance(5)
    await trial.until(story, *goal, within_s=trial.facts.waits.at_dropoff_s + SLACK_S)


async def shut(trial: Trial, story: Story) -> None:
    """Close what a clause left open, with nothing in it."""
    try:
        await handled(trial, story, PersonAct.CLOSE_EMPTY, S.AT_PICKUP)
    except FAILURES:
        # Cleaning up after a fleet that is being failed already.
        return


async def to_pickup(trial: Trial, **changes: Any) -> Story:
    """Standing at the store."""
    story = await trial.committed(**changes)
    await trial.until(story, S.AT_PICKUP, S.LOADING, S.LOADED, S.TO_DROPOFF)
    return story


async def on_the_way(trial: Trial) -> Story:
    """Loaded, and under way to the door."""
    story = await to_pickup(trial)
    await load(trial, story)
    return story


async def load(trial: Trial, story: Story) -> None:
    await opened(trial, story, Holder.STORE)
    await handled(trial, story, PersonAct.PUT_IN, S.LOADED, S.TO_DROPOFF)
    await trial.until(story, S.TO_DROPOFF)


async def hand_over(trial: Trial, story: Story) -> None:
    """From the way to the door to the end."""
    leg = await trial.until(story, S.AT_DROPOFF, S.HANDING_OVER, S.DONE)
    if leg.state is S.DONE:
        return
    if story.quote.at_dropoff in _BY_PEOPLE:
        await opened(trial, story, Holder.SHOPPER)
        await handled(trial, story, PersonAct.TAKE_OUT, S.DONE)
    await trial.until(story, S.DONE)


async def take_back(trial: Trial, story: Story) -> None:
    """From wherever it turned around to the store's hands."""
    leg = await trial.until(story, S.AT_RETURN, S.RETURNED)
    if leg.state is S.AT_RETURN:
        await opened(trial, story, Holder.STORE)
        await handled(trial, story, PersonAct.TAKE_OUT, S.RETURNED)
    await trial.until(story, S.RETURNED)


# ── stories ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def delivered(trial: Trial) -> Story:
    story = await to_pickup(trial)
    await load(trial, story)
    rooms = (await trial.vehicle(story.reservation.vehicle_id)).compartments
    story.marks["room"] = next((room.state for room in rooms if room.id == story.room.id), None)
    await _watch_heartbeats(trial, story)
    await hand_over(trial, story)
    return story


def delivered_by(model: Model) -> Telling:
    """The usual life with one model; of the only one it has been told already."""

    async def telling(trial: Trial) -> Story:
        if len(trial.facts.models) == 1:
            return await trial.told(delivered)
        story = await to_pickup(trial, model=model)
        await load(trial, story)
        await hand_over(trial, story)
        return story

    telling.__name__ = f"delivered by {model.id}"
    return telling


async def at_a_spot(trial: Trial) -> Story:
    """Marks: `stood` where it stood for the hand-over, if it told."""
    door = (await trial.order()).dropoff
    story = await to_pickup(trial, dropoff=door.model_copy(update={"spot": beside(door.place)}))
    await load(trial, story)
    leg = await trial.until(story, S.AT_DROPOFF, S.HANDING_OVER, S.DONE, step_s=5)
    story.marks["stood"] = (
        (await trial.vehicle(story.reservation.vehicle_id)).place if leg.state is not S.DONE else None
    )
    await hand_over(trial, story)
    return story


async def two_in_one(trial: Trial) -> Story:
    """The stops are made in whatever order the vehicle likes. Marks: `other`, the second leg's story."""
    roomy = next((model for model in trial.facts.models if len(model.compartments) > 1), None)
    offered(roomy is not None, "no model has two compartments")
    first = await trial.committed(model=roomy)
    order = await trial.order(model=roomy, vehicle_id=first.reservation.vehicle_id)
    try:
        quote = await trial.fleet.quote(order, trial.key())
        made = await trial.fleet.reserve(quote.id, trial.key())
    except Refused as refused:
        raise NotOffered(f"it takes no second leg besides the first: {refused.refusal.limit}") from refused
    second = Story(order, quote, made, await trial.fleet.commit(made.id, trial.key()), await trial.room_of(made))
    trial.stories.append(second)
    first.marks["other"] = second
    await _attended(trial, [first, second])
    return first


async def _put_in(trial: Trial, story: Story) -> None:
    await opened(trial, story, Holder.STORE)
    await handled(trial, story, PersonAct.PUT_IN, S.LOADED, S.TO_DROPOFF)


async def _attended(trial: Trial, told: list[Story]) -> None:
    """Whichever leg stands at a stop is attended to, until all are handed over."""
    for _ in range(MOST_WAIT_S // 10):
        states = [(story, (await trial.fleet.leg(story.leg.id)).state) for story in told]
        if all(state is S.DONE for _, state in states):
            return
        here = next(((story, state) for story, state in states if state in _STANDING), None)
        if here is None:
            await trial.advance(10)
        elif here[1] is S.AT_PICKUP:
            await _put_in(trial, here[0])
        else:
            await hand_over(trial, here[0])
    raise NotReached("each leg at its stops in their turn", ", ".join(str(state) for _, state in states))


async def _watch_heartbeats(trial: Trial, story: Story) -> None:
    """`late`: how long after its last sign of life a vehicle under way was, each time that was too long."""
    late: list[str] = []
    for _ in range(6):
        if (await trial.fleet.leg(story.leg.id)).state is not S.TO_DROPOFF:
            break
        before = trial.now
        await trial.advance(trial.facts.heartbeat_s)
        vehicle = await trial.vehicle(story.reservation.vehicle_id)
        silent_s = (trial.now - vehicle.seen_at).total_seconds()
        if silent_s > trial.facts.heartbeat_s + 1:
            late.append(f"seen {silent_s:.0f} s ago, asked for at {before.isoformat()}")
        if vehicle.place is None:
            late.append("no place while under way")
    story.marks["late"] = late


async def nobody_loads(trial: Trial) -> Story:
    story = await trial.committed()
    await trial.until(story, S.AT_PICKUP)
    await trial.until(story, S.REFUSED, within_s=trial.facts.waits.at_pickup_s + SLACK_S)
    return story


async def nobody_comes(trial: Trial) -> Story:
    story = await on_the_way(trial)
    offered(story.quote.at_dropoff in _BY_PEOPLE, f"nobody needs to come for {story.quote.at_dropoff}")
    await trial.until(story, S.AT_DROPOFF)
    await trial.until(story, S.RETURNING, S.AT_RETURN, within_s=trial.facts.waits.at_dropoff_s + SLACK_S)
    await take_back(trial, story)
    return story


async def empty_lid(trial: Trial) -> Story:
    """Opened, closed with nothing in it, opened again and loaded."""
    story = await to_pickup(trial)
    offered(story.room.locked, "its compartments do not lock")
    await opened(trial, story, Holder.STORE)
    await handled(trial, story, PersonAct.CLOSE_EMPTY, S.AT_PICKUP)
    await load(trial, story)
    await hand_over(trial, story)
    return story


async def cancelled(trial: Trial) -> Story:
    story = await trial.committed()
    await trial.done(story, Action.CANCEL)
    await trial.until(story, S.CANCELLED, within_s=600, step_s=10)
    return story


async def cancelled_too_late(trial: Trial) -> Story:
    story = await on_the_way(trial)
    offered(Action.CANCEL in trial.facts.actions, "cancel is not offered")
    answer = await trial.act(story, Action.CANCEL)
    story.marks["answer"] = answer
    story.marks["state"] = (await trial.fleet.leg(story.leg.id)).state
    if answer.outcome is ActionOutcome.REFUSED:
        await hand_over(trial, story)
    return story


async def paused(trial: Trial) -> Story:
    return await _stood_still(trial, Action.PAUSE, HoldKind.PAUSED)


async def stopped(trial: Trial) -> Story:
    return await _stood_still(trial, Action.SAFE_STOP, HoldKind.STOPPED)


async def _stood_still(trial: Trial, action: Action, kind: HoldKind) -> Story:
    """Marks: `hold` (the leg's while it stands), `moved` (what it did all the same)."""
    story = await on_the_way(trial)
    offered(Action.RESUME in trial.facts.actions, "resume is not offered")
    await trial.done(story, action)
    await held_as(trial, story, kind)
    before = await trial.vehicle(story.reservation.vehicle_id)
    await trial.advance(240)
    fresh = await trial.news()
    after = await trial.vehicle(story.reservation.vehicle_id)
    moved = [event.kind for event in fresh if event.leg_id == story.leg.id and event.kind is EventKind.LEG_MOVED]
    story.marks["moved"] = [*moved, *([] if before.place == after.place else ["the vehicle"])]
    await trial.done(story, Action.RESUME)
    await hand_over(trial, story)
    return story


async def held_as(trial: Trial, story: Story, kind: HoldKind, within_s: int = 300) -> None:
    """Wait for the hold. Raises Broken if it never comes."""
    for _ in range(within_s // 5):
        leg = await trial.fleet.leg(story.leg.id)
        if leg.hold is not None and leg.hold.kind is kind:
            await trial.news()
            return
        await trial.advance(5)
    raise NotReached(f"the leg held as {kind} within {within_s} s", f"hold {leg.hold and leg.hold.kind}, {leg.state}")


async def diverted(trial: Trial) -> Story:
    """Marks: `old` and `new` door, `stood` where it stood for the hand-over, if it told."""
    other = await trial.other_trip()
    story = await on_the_way(trial)
    door = story.order.dropoff.model_copy(update={"place": other.dropoff, "spot": other.dropoff})
    await trial.done(story, Action.DIVERT, place=door)
    story.marks |= {"old": story.order.dropoff.place, "new": other.dropoff}
    leg = await trial.until(story, S.AT_DROPOFF, S.HANDING_OVER, S.DONE, step_s=5)
    if leg.state is not S.DONE:
        story.marks["stood"] = (await trial.vehicle(story.reservation.vehicle_id)).place
    await hand_over(trial, story)
    return story


async def sent_back(trial: Trial) -> Story:
    story = await on_the_way(trial)
    await trial.done(story, Action.RETURN)
    await take_back(trial, story)
    return story


async def without_contact(trial: Trial) -> Story:
    """Lost on the way to the store, back after it came there. Marks: `since`, `until`, `hold`, `meanwhile`."""
    story = await trial.committed()
    await trial.until(story, S.TO_PICKUP, step_s=1)
    await trial.news()
    eta: datetime = (await trial.fleet.leg(story.leg.id)).pickup_eta or story.quote.pickup_eta
    quiet_s = max(2 * trial.facts.heartbeat_s, int((eta - trial.now).total_seconds()))
    quiet_s += min(120, trial.facts.waits.at_pickup_s // 2)
    story.marks["since"] = trial.now
    await trial.fleet.lose_contact(LostContact(vehicle_id=story.reservation.vehicle_id, seconds=quiet_s))
    meanwhile = []
    for _ in range(8):
        await trial.advance(max(1, quiet_s // 8 - 1))
        hold = (await trial.fleet.leg(story.leg.id)).hold
        story.marks["hold"] = story.marks.get("hold") or (hold.kind if hold else None)
        meanwhile += [event for event in await trial.news() if event.leg_id == story.leg.id]
    story.marks["meanwhile"] = meanwhile
    story.marks["until"] = story.marks["since"] + timedelta(seconds=quiet_s)
    await trial.advance(max(1, int((story.marks["until"] - trial.now).total_seconds())) + 5)
    await trial.news()
    leg = await trial.until(story, S.AT_PICKUP, within_s=1_800)
    story.marks["hold_after"] = leg.hold
    await load(trial, story)
    await hand_over(trial, story)
    return story


async def mishap_that_passes(trial: Trial) -> Story:
    story = await on_the_way(trial)
    await trial.fleet.mishap(
        Mishap(vehicle_id=story.reservation.vehicle_id, kind=IncidentKind.BLOCKED, ends_after_s=60)
    )
    await hand_over(trial, story)
    return story


async def rescued(trial: Trial) -> Story:
    """Tipped over for good; somebody comes, gets the goods with a secret of the rescuer's, and carries on."""
    story = await on_the_way(trial)
    await trial.fleet.mishap(Mishap(vehicle_id=story.reservation.vehicle_id, kind=IncidentKind.TIPPED))
    await trial.until(story, S.RESCUE_NEEDED, within_s=3_600)
    more: dict[str, str] = {"compartment_id": story.room.id}
    if story.room.locked:
        more["secret"] = (await secret_for(trial, story, Holder.RESCUER)).secret
    await trial.done(story, Action.HAND_TO_RESCUE, **more)
    await trial.advance(5)
    if (await trial.fleet.leg(story.leg.id)).state is not S.RESCUED:
        await handled(trial, story, PersonAct.TAKE_OUT, S.RESCUED)
    return story


async def repaired(trial: Trial) -> Story:
    """Tipped over, and set up again by the sandbox. Marks: the leg's `state` and the `vehicle` afterwards."""
    story = await on_the_way(trial)
    name = story.reservation.vehicle_id
    await trial.fleet.mishap(Mishap(vehicle_id=name, kind=IncidentKind.TIPPED))
    await trial.until(story, S.RESCUE_NEEDED, within_s=3_600)
    await trial.fleet.repair(Repair(vehicle_id=name))
    story.marks |= {"state": (await trial.fleet.leg(story.leg.id)).state, "vehicle": await trial.vehicle(name)}
    return story
