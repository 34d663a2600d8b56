"""People who act by themselves: somebody of the store loads, the shopper takes out, each after a while of their own.

Where a compartment locks they come with the secret that was asked for, and type it in at the vehicle; without one they
stand and wait. They need no contact for it: a keypad works without.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Final

from homeward.fleets.contract.legs import AskAction, Holder
from homeward.fleets.contract.sandbox import PersonAct
from homeward.fleets.contract.words import Action, ActionOutcome, LegState
from homeward.simulator.fleets.acts import open_here, person
from homeward.simulator.fleets.mischief import nobody_comes
from homeward.simulator.fleets.records import Car, Carried, Role, Visit, World
from homeward.simulator.fleets.rules import BY_ITSELF

_S = LegState
STORE_COMES_S: Final = (20, 90)
SHOPPER_COMES_S: Final = (30, 180)
_HANDLES: Final = timedelta(seconds=8)
"""From an open lid to the goods in or out."""
_HOLDERS: Final = {Role.PICKUP: Holder.STORE, Role.DROPOFF: Holder.SHOPPER, Role.RETURN: Holder.STORE}


def come_and_act(world: World, car: Car) -> None:
    """What the person at the vehicle's stop does in this second, if anybody is there."""
    visit = car.visits[0] if car.visits else None
    if visit is None or not visit.arrived or car.hold is not None:
        return
    leg = world.legs[visit.leg_id]
    if not _awaited(visit, leg):
        return
    visit.person_at = visit.person_at or _comes(world, visit, leg)
    if leg.room.open:
        # Whoever had it opened from afar stands there already.
        visit.person_at = min(visit.person_at, world.now + _HANDLES)
    if world.now < visit.person_at:
        return
    if leg.room.spec.locked and not leg.room.open:
        if _lets_in(world, visit, leg):
            visit.person_at = world.now + _HANDLES
        return
    person(world, leg, PersonAct.PUT_IN if visit.role is Role.PICKUP else PersonAct.TAKE_OUT)


def _awaited(visit: Visit, leg: Carried) -> bool:
    """Whether there is still something to do for somebody who comes."""
    if visit.finishes_at is not None:
        return False
    if visit.role is Role.PICKUP:
        return not leg.room.loaded
    if visit.role is Role.DROPOFF and (nobody_comes(leg) or leg.quote.at_dropoff in BY_ITSELF):
        return False
    return leg.room.loaded


def _comes(world: World, visit: Visit, leg: Carried) -> datetime:
    """Never before the goods are ready, or before the shopper has asked for them."""
    since = {Role.PICKUP: leg.order.ready_at, Role.DROPOFF: leg.order.earliest, Role.RETURN: None}[visit.role]
    rng = Random(f"{world.habits.seed} person {leg.id} {visit.role.name}")
    seconds = rng.randint(*(SHOPPER_COMES_S if visit.role is Role.DROPOFF else STORE_COMES_S))
    return max(world.now, since or world.now) + timedelta(seconds=seconds)


def _lets_in(world: World, visit: Visit, leg: Carried) -> bool:
    """With the newest good secret that was made for them."""
    holder = _HOLDERS[visit.role]
    for kept in reversed(leg.secrets):
        if kept.holder is holder and not kept.spent and world.now <= kept.secret.valid_until:
            asked = AskAction(action=Action.OPEN, compartment_id=kept.secret.compartment_id, secret=kept.secret.secret)
            return open_here(world, leg, asked).outcome is ActionOutcome.DONE
    return False
