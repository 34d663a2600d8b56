"""Calling for a rescue, and calling it off. Who is sent, and the take-over itself, go the way of every courier."""

from dataclasses import replace
from datetime import datetime

from homeward.deliveries import policy, repository, rescue_policy
from homeward.deliveries.custody import Custody, locked
from homeward.deliveries.model import Actor, NewEvent, Rescue
from homeward.deliveries.states import LegState, State
from homeward.infra.db import Tx
from homeward.kit.places import LatLon


class Rescuing(Custody):
    """Methods that take a `tx` run inside the caller's operator transaction."""

    async def need_rescue(
        self,
        tx: Tx,
        delivery_id: str,
        *,
        place: LatLon,
        address: str,
        note: str,
        reason: str,
        by: Actor,
        at: datetime,
    ) -> bool:
        """The parcel is on board of somebody who cannot go on; False if nothing is on board, or it is known already.

        The delivery stays on its way, and dispatch sees something to be fetched from `place`.
        """
        delivery = await locked(tx, delivery_id)
        leg = await repository.active_leg(tx, delivery)
        if leg is None or not rescue_policy.may_be_rescued(delivery, leg):
            return False
        rescue = Rescue(leg.id, place, address, note, reason, rescue_policy.stranded_at(at, leg))
        flags = policy.attention_events(delivery.attention, rescue_policy.RESCUE_NEEDED, leg.id)
        await repository.save_leg(tx, replace(leg, state=LegState.RESCUE_NEEDED, reason=reason))
        await self.write(
            tx,
            delivery,
            [*rescue_policy.needed_events(rescue), *flags],
            at=at,
            by=by,
            attention=rescue_policy.RESCUE_NEEDED,
            courier_id=None,
            batch=None,
            rescue=rescue,
        )
        return True

    async def rescue_over(self, tx: Tx, delivery_id: str, *, by: Actor, at: datetime, reason: str) -> bool:
        """Whoever was stranded goes on; a rescuer who is only on their way is let go. False if there is no rescue."""
        delivery = await locked(tx, delivery_id)
        rescue = delivery.rescue
        if rescue is None:
            return False
        events: list[NewEvent] = []
        # The rescuer's first: only one of them may be on the way with it.
        for leg in reversed(await repository.open_legs(tx, delivery)):
            if leg.id == rescue.leg_id:
                carries_on = replace(leg, state=_as_before(delivery.state), reason=None)
                await repository.save_leg(tx, carries_on)
                stranded = carries_on
            else:
                events += rescue_policy.let_go(delivery, leg, reason).events
                await repository.save_leg(tx, replace(leg, state=LegState.CANCELLED, reason=reason, ended_at=at))
        flags = policy.attention_events(delivery.attention, None, rescue.leg_id)
        await self.write(
            tx,
            delivery,
            [*events, rescue_policy.over_event(rescue, reason), *flags],
            at=at,
            by=by,
            attention=None,
            courier_id=stranded.courier_id,
            rescue=None,
        )
        return True


def _as_before(state: State) -> LegState:
    """Where a leg was before it was stranded, as the delivery still says."""
    if state is State.PICKED_UP:
        return LegState.LOADED
    return LegState.HANDING_OVER if state is State.AT_RETURN else LegState(state.value)
