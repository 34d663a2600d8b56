"""What is asked of a leg under way: actions, secrets, and the people at its stops."""

import hmac
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from homeward.fleets.contract.facts import Refusal
from homeward.fleets.contract.legs import ActionAnswer, AskAction, AskSecret, Holder, Secret, Stop
from homeward.fleets.contract.sandbox import PersonAct
from homeward.fleets.contract.server import refuse
from homeward.fleets.contract.words import Action, ActionOutcome, EventKind, HoldKind, LegState, Limit
from homeward.simulator.fleets.life import (
    BY_HAND,
    LID_CLOSES,
    begin_hold,
    close_lid,
    end,
    open_lid,
    turn_around,
)
from homeward.simulator.fleets.mischief import nobody_comes
from homeward.simulator.fleets.records import Carried, KeptSecret, Role, Visit, World
from homeward.simulator.fleets.rules import apart_m, of_door, served
from homeward.simulator.fleets.telling import foresee, goods, hold_changed, move

_S = LegState
_BEFORE: Final = frozenset({_S.COMMITTED, _S.TO_PICKUP, _S.AT_PICKUP, _S.LOADING})
_ON_THE_WAY: Final = frozenset({_S.LOADED, _S.TO_DROPOFF, _S.AT_DROPOFF})
_OPENS_FOR: Final = {
    _S.AT_PICKUP: Holder.STORE,
    _S.AT_DROPOFF: Holder.SHOPPER,
    _S.AT_RETURN: Holder.STORE,
    _S.RESCUE_NEEDED: Holder.RESCUER,
}
_PAUSE_TAKES: Final = timedelta(seconds=5)
# Without signs that look like others: people read them aloud.
_SIGNS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_DONE: Final = ActionAnswer(outcome=ActionOutcome.DONE)
_ACCEPTED: Final = ActionAnswer(outcome=ActionOutcome.ACCEPTED)


def act(world: World, leg: Carried, asked: AskAction) -> ActionAnswer:
    """A no is an answer here."""
    if asked.action not in world.facts.actions:
        return _no(Limit.UNSUPPORTED, "The fact sheet does not list it.")
    if leg.ended:
        return _no(Limit.STATE, "The leg has ended.")
    if leg.car.silent_until is not None:
        said = "It cannot be reached at the moment."
        answer = Refusal(limit=Limit.STATE, said=said, retry_after=world.now + timedelta(minutes=1))
        return ActionAnswer(outcome=ActionOutcome.REFUSED, refusal=answer)
    return _ACTS[asked.action](world, leg, asked)


def _no(limit: Limit, said: str = "") -> ActionAnswer:
    return ActionAnswer(outcome=ActionOutcome.REFUSED, refusal=Refusal(limit=limit, said=said))


def _not_now(leg: Carried) -> ActionAnswer:
    return _no(Limit.STATE, f"Not while it is {leg.state}.")


def open_here(world: World, leg: Carried, asked: AskAction) -> ActionAnswer:
    """At the vehicle, or from afar: the same secret, for the same holder."""
    if leg.car.room(asked.compartment_id or "") is None:
        return _no(Limit.UNKNOWN, "No such compartment.")
    if leg.car.asked_hold is not None or leg.room.open or leg.room.jammed:
        return _no(Limit.STATE, "It stands still, is open already, or does not open.")
    holder = _OPENS_FOR.get(leg.state)
    if holder is None or leg.state is _S.RESCUE_NEEDED:
        return _not_now(leg)
    if leg.state is _S.AT_DROPOFF and leg.order.earliest is not None and world.now < leg.order.earliest:
        early = Refusal(limit=Limit.STATE, said="Not before the earliest moment.", retry_after=leg.order.earliest)
        return ActionAnswer(outcome=ActionOutcome.REFUSED, refusal=early)
    kept = spend(world, leg, asked, holder)
    if kept is None:
        return _no(Limit.SECRET)
    if leg.state is _S.AT_PICKUP:
        move(world, leg, _S.LOADING)
    elif leg.state is _S.AT_DROPOFF:
        move(world, leg, _S.HANDING_OVER)
    open_lid(world, leg, holder, kept.secret.id)
    return _DONE


def spend(world: World, leg: Carried, asked: AskAction, holder: Holder) -> KeptSecret | None:
    """The secret that was told, if it opens this compartment for this holder now; it does so once."""
    for kept in leg.secrets:
        fits = hmac.compare_digest(kept.secret.secret.encode(), (asked.secret or "").encode())
        mine = kept.secret.compartment_id == asked.compartment_id
        if fits and mine and kept.holder is holder and not kept.spent and world.now <= kept.secret.valid_until:
            kept.spent = True
            return kept
    return None


def _close(world: World, leg: Carried, asked: AskAction) -> ActionAnswer:
    if leg.room.spec.id != asked.compartment_id:
        return _no(Limit.UNKNOWN, "It is not this leg's compartment.")
    if leg.room.open:
        close_lid(world, leg)
    return _DONE


def _pause(world: World, leg: Carried, _: AskAction) -> ActionAnswer:
    if leg.state is _S.RESCUE_NEEDED or leg.car.hold is not None or leg.room.open:
        return _not_now(leg)
    leg.car.pauses_at = leg.car.pauses_at or world.now + _PAUSE_TAKES
    return _ACCEPTED


def _safe_stop(world: World, leg: Carried, asked: AskAction) -> ActionAnswer:
    """Always possible, also of a vehicle that stands still for another reason."""
    if leg.state is _S.RESCUE_NEEDED:
        return _not_now(leg)
    begin_hold(world, leg.car, HoldKind.STOPPED, asked.reason)
    return _DONE


def _resume(world: World, leg: Carried, _: AskAction) -> ActionAnswer:
    car = leg.car
    if car.asked_hold is None and car.pauses_at is None:
        return _not_now(leg)
    before, car.asked_hold, car.pauses_at = car.hold, None, None
    hold_changed(world, car, before)
    return _DONE


def _divert(world: World, leg: Carried, asked: AskAction) -> ActionAnswer:
    assert asked.place is not None  # or the body had been refused
    if leg.state not in _ON_THE_WAY:
        return _not_now(leg)
    refusal = _against(world, leg, asked.place)
    if refusal is not None:
        return ActionAnswer(outcome=ActionOutcome.REFUSED, refusal=refusal)
    leg.door = asked.place
    for at, visit in enumerate(leg.car.visits):
        if visit.leg_id == leg.id and visit.role is Role.DROPOFF:
            place = asked.place.spot or asked.place.place
            leg.car.visits[at] = Visit(leg.id, Role.DROPOFF, place, set_out=visit.set_out)
    if leg.state is _S.AT_DROPOFF:
        move(world, leg, _S.TO_DROPOFF)
    foresee(world, leg.car)
    return _DONE


def _against(world: World, leg: Carried, door: Stop) -> Refusal | None:
    """What says no to another door."""
    place, car = door.spot or door.place, leg.car
    if not served(place, world.domain):
        return Refusal(limit=Limit.OUT_OF_AREA)
    if leg.quote.at_dropoff not in door.handoff:
        return Refusal(limit=Limit.HANDOFF, said=f"It can do {leg.quote.at_dropoff} with these goods.")
    refusal = next(of_door(door, car.model), None)
    if refusal is not None:
        return refusal
    needed_m = (apart_m(car.place, place) + apart_m(place, leg.order.pickup.place)) * world.kind.detour
    if car.model.range_m is not None and needed_m > car.range_left_m:
        return Refusal(limit=Limit.RANGE, said="metres", at_most=car.range_left_m, asked=needed_m)
    return None


def _return(world: World, leg: Carried, asked: AskAction) -> ActionAnswer:
    if leg.state not in _ON_THE_WAY:
        return _not_now(leg)
    turn_around(world, leg, Refusal(limit=Limit.OPERATOR, said=asked.reason or "asked to return"))
    return _DONE


def _cancel(world: World, leg: Carried, _: AskAction) -> ActionAnswer:
    if leg.state not in _BEFORE or leg.room.loaded:
        return _not_now(leg)
    if leg.room.open:
        close_lid(world, leg)
    end(world, leg, _S.CANCELLED)
    return _DONE


def _hand_to_rescue(world: World, leg: Carried, asked: AskAction) -> ActionAnswer:
    """Opens once more, lets go of the goods and closes. A lid that jams is forced by whoever stands there."""
    if leg.state is not _S.RESCUE_NEEDED:
        return _not_now(leg)
    if leg.room.spec.locked:
        at = asked.model_copy(update={"compartment_id": asked.compartment_id or leg.room.spec.id})
        kept = spend(world, leg, at, Holder.RESCUER)
        if kept is None:
            return _no(Limit.SECRET)
        open_lid(world, leg, Holder.RESCUER, kept.secret.id)
    goods(world, leg, EventKind.GOODS_OUT)
    if leg.room.open:
        close_lid(world, leg)
    end(world, leg, _S.RESCUED)
    return _DONE


_Act = Callable[[World, Carried, AskAction], ActionAnswer]
_ACTS: Final[Mapping[Action, _Act]] = {
    Action.OPEN: open_here,
    Action.CLOSE: _close,
    Action.PAUSE: _pause,
    Action.SAFE_STOP: _safe_stop,
    Action.RESUME: _resume,
    Action.DIVERT: _divert,
    Action.RETURN: _return,
    Action.CANCEL: _cancel,
    Action.HAND_TO_RESCUE: _hand_to_rescue,
}


def make_secret(world: World, leg: Carried, asked: AskSecret) -> Secret:
    """Raises Refused if nothing of the leg locks, or it has ended."""
    if not leg.room.spec.locked:
        raise refuse(Limit.UNSUPPORTED, "Its compartment does not lock.")
    if leg.ended:
        raise refuse(Limit.STATE, "The leg has ended.")
    secret = Secret(
        id=world.name("secret"),
        secret="".join(world.rng.choices(_SIGNS, k=8)),
        compartment_id=leg.room.spec.id,
        valid_until=world.now + timedelta(seconds=min(asked.valid_s, world.facts.secret_valid_s)),
    )
    kept = KeptSecret(secret, leg.id, asked.holder)
    world.secrets[secret.id] = kept
    leg.secrets.append(kept)
    return secret


def person(world: World, leg: Carried, asked: PersonAct) -> None:
    """What somebody at the stop does. Raises Refused if it cannot be done there now."""
    if leg.room.spec.locked and not leg.room.open:
        raise refuse(Limit.STATE, "The compartment is closed.")
    if asked is PersonAct.CLOSE_EMPTY:
        if not leg.room.open:
            raise refuse(Limit.STATE, "Nothing is to be closed.")
        close_lid(world, leg)
    elif asked is PersonAct.PUT_IN:
        _put_in(world, leg)
    else:
        _take_out(world, leg)


def _put_in(world: World, leg: Carried) -> None:
    wanted = _S.LOADING if leg.room.spec.locked else _S.AT_PICKUP
    if leg.state is not wanted or leg.room.loaded:
        raise refuse(Limit.STATE, "Nothing can be put in.")
    if not leg.room.spec.locked:
        move(world, leg, _S.LOADING)
    goods(world, leg, EventKind.GOODS_IN)
    _soon_over(world, leg)


def _take_out(world: World, leg: Carried) -> None:
    at_door = _S.HANDING_OVER if leg.room.spec.locked else _S.AT_DROPOFF
    if leg.state not in (at_door, _S.AT_RETURN) or not leg.room.loaded:
        raise refuse(Limit.STATE, "Nothing can be taken out.")
    if leg.state is not _S.AT_RETURN and nobody_comes(leg):
        raise refuse(Limit.STATE, "Nobody is there.")
    if leg.state is _S.AT_DROPOFF:
        move(world, leg, _S.HANDING_OVER)
    goods(world, leg, EventKind.GOODS_OUT)
    _soon_over(world, leg)


def _soon_over(world: World, leg: Carried) -> None:
    """Lids close by themselves after a while; from hand to hand it is over at once, or nearly."""
    if leg.room.open:
        leg.room.closes_at = world.now + LID_CLOSES
        return
    for visit in leg.car.visits:
        if visit.leg_id == leg.id and visit.arrived:
            visit.finishes_at = world.now + BY_HAND
