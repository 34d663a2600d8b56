"""What people and our own clockwork ask of a machine under way: opening, pausing, coming back. Each with its answer.

Secrets are asked for, used and forgotten in one call: nobody of ours ever sees one, no table has a column for it.
"""

from typing import Final

from homeward.deliveries.service import DeliveriesService
from homeward.fleets.autonomous import repository
from homeward.fleets.autonomous.connections import FleetConnections
from homeward.fleets.autonomous.errors import MachineSaysNo, NoMachineThere
from homeward.fleets.autonomous.model import MachineLeg, Stage
from homeward.fleets.carriers.contract import CarrierFailure
from homeward.fleets.contract.client import HttpFleet
from homeward.fleets.contract.facts import Refusal
from homeward.fleets.contract.legs import AskAction, AskSecret, Holder
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import Action, ActionOutcome, LegState
from homeward.infra.db import Database
from homeward.kit.clock import Clock
from homeward.kit.ids import new_secret
from homeward.kit.problems import Unavailable

SECRET_VALID_S: Final = 60
_OPENS_AT: Final = {
    Holder.STORE: frozenset({LegState.AT_PICKUP, LegState.LOADING, LegState.AT_RETURN}),
    Holder.SHOPPER: frozenset({LegState.AT_DROPOFF, LegState.HANDING_OVER}),
    Holder.RESCUER: frozenset({LegState.RESCUE_NEEDED}),
}


class Acting:
    """One for the process."""

    def __init__(
        self, db: Database, clock: Clock, deliveries: DeliveriesService, connections: FleetConnections
    ) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries
        self._connections = connections

    async def open_for(self, delivery_id: str, holder: Holder, *, by: str) -> MachineLeg:
        """Opens the compartment for who stands there. Raises NoMachineThere, MachineSaysNo, Unavailable."""
        leg = await self._under_way(delivery_id)
        client = await self._connections.to(leg.fleet_id)
        try:
            assert leg.ref is not None
            theirs = await client.leg(leg.ref)
            if theirs.state not in _OPENS_AT[holder]:
                raise NoMachineThere(delivery_id)
            if holder is Holder.RESCUER:
                refusal = await self.hand_to_rescue(leg, client, by=by)
            else:
                refusal = await self._open(leg, client, theirs.compartment_id, holder, by)
        except Refused as refused:
            raise MachineSaysNo.of(refused.refusal) from refused
        except CarrierFailure as failure:
            raise Unavailable("fleet") from failure
        if refusal is not None:
            raise MachineSaysNo.of(refusal)
        return leg

    async def act(self, delivery_id: str, action: Action, *, by: str, reason: str = "") -> Refusal | None:
        """What a person asks of a machine from afar; None if it is done or will be. Raises NoMachineThere."""
        leg = await self._under_way(delivery_id)
        client = await self._connections.to(leg.fleet_id)
        try:
            if action is Action.HAND_TO_RESCUE:
                return await self.hand_to_rescue(leg, client, by=by)
            return await self.ask(leg, client, action, by=by, ref=str(leg.ref), reason=reason)
        except Refused as refused:
            return refused.refusal
        except CarrierFailure as failure:
            raise Unavailable("fleet") from failure

    async def ask(
        self, leg: MachineLeg, client: HttpFleet, action: Action, *, by: str, ref: str, reason: str = "", **more: str
    ) -> Refusal | None:
        """Asks, and keeps the question with its answer. None: done, or accepted and told by an event later."""
        asked = AskAction(action=action, reason=reason, **more)
        answer = await client.act(ref, asked, f"{leg.id}:{action}:{new_secret(60)}")
        refusal = answer.refusal if answer.outcome is ActionOutcome.REFUSED else None
        async with self._db.operator() as tx:
            await repository.insert_act(
                tx,
                self._clock.now(),
                leg.id,
                action=str(action),
                by=by,
                reason=reason,
                outcome=str(answer.outcome),
                refusal=refusal.model_dump(mode="json", exclude_none=True) if refusal else None,
            )
        return refusal

    async def hand_to_rescue(self, leg: MachineLeg, client: HttpFleet, *, by: str) -> Refusal | None:
        """Opens for whoever carries on, and lets go of the goods."""
        assert leg.ref is not None
        more = await self._key(leg, client, Holder.RESCUER)
        return await self.ask(leg, client, Action.HAND_TO_RESCUE, by=by, ref=leg.ref, **more)

    async def _open(
        self, leg: MachineLeg, client: HttpFleet, compartment_id: str, holder: Holder, by: str
    ) -> Refusal | None:
        assert leg.ref is not None
        more = {"compartment_id": compartment_id, **await self._key(leg, client, holder)}
        return await self.ask(leg, client, Action.OPEN, by=by, ref=leg.ref, **more)

    async def _key(self, leg: MachineLeg, client: HttpFleet, holder: Holder) -> dict[str, str]:
        """The secret for one opening; none for a bag that has no lock."""
        if not leg.locked:
            return {}
        assert leg.ref is not None
        wanted = AskSecret(holder=holder, valid_s=SECRET_VALID_S)
        secret = await client.secret(leg.ref, wanted, f"{leg.id}:secret:{new_secret(60)}")
        return {"secret": secret.secret, "compartment_id": secret.compartment_id}

    async def _under_way(self, delivery_id: str) -> MachineLeg:
        async with self._db.operator() as tx:
            leg = await repository.active_leg(tx, delivery_id)
        if leg is None or leg.stage is not Stage.COMMITTED or leg.ref is None:
            raise NoMachineThere(delivery_id)
        return leg
