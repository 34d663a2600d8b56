"""Getting a machine to carry what the plan gave to it, and keeping it to what the delivery wants meanwhile.

A promise grows by quote, reserve and commit, each under a key of the leg's own name: whoever repeats it after a crash
finds what was made before. No transaction is open while a fleet is asked.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog

from homeward.deliveries.errors import ActNotPossible
from homeward.deliveries.model import Actor, DeliveryView, Who
from homeward.deliveries.service import DeliveriesService
from homeward.fleets.autonomous import policy, repository
from homeward.fleets.autonomous.acting import Acting
from homeward.fleets.autonomous.connections import FleetConnections
from homeward.fleets.autonomous.model import NO_ANSWER, Ending, MachineLeg, Stage
from homeward.fleets.autonomous.telling import Telling
from homeward.fleets.carriers.contract import CarrierFailure, CarrierUnavailable
from homeward.fleets.contract.client import HttpFleet
from homeward.fleets.contract.facts import Refusal
from homeward.fleets.contract.legs import Leg
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import ENDED, Action, LegState, Limit
from homeward.infra.db import Database
from homeward.kit.clock import Clock

log = structlog.get_logger()

TEND_EVERY: Final = timedelta(seconds=15)
TRY_AGAIN: Final = timedelta(seconds=10)
MOST_TRIES: Final = 4
_AT_ONCE: Final = 20
_PLANNER: Final = Actor(Who.SYSTEM, "planner")
_DEARER: Final = Refusal(limit=Limit.OPERATOR, said="It asks for clearly more than when the plan was made.")


class Carrying:
    """A loop body."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        deliveries: DeliveriesService,
        connections: FleetConnections,
        acting: Acting,
        telling: Telling,
    ) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries
        self._connections = connections
        self._acting = acting
        self._telling = telling
        self._behind: dict[str, LegState] = {}

    async def carry_due(self) -> int:
        """How many legs were looked at."""
        async with self._db.operator() as tx:
            due = await repository.lease_due(tx, self._clock.now(), _AT_ONCE)
        by_fleet: dict[str, list[MachineLeg]] = {}
        for leg in sorted(due, key=lambda leg: (leg.created_at, leg.delivery_id)):
            by_fleet.setdefault(leg.fleet_id, []).append(leg)
        await asyncio.gather(*(self._one_by_one(legs) for legs in by_fleet.values()))
        return len(due)

    async def _one_by_one(self, legs: Sequence[MachineLeg]) -> None:
        """A fleet is asked one thing at a time, and fleets do not wait for each other."""
        for leg in legs:
            await self._safely(leg)

    async def _safely(self, leg: MachineLeg) -> None:
        again = TEND_EVERY
        try:
            again = await self._advance(leg)
        except CarrierFailure as failure:
            await self._note(leg, str(failure))
            if leg.stage is Stage.COMMITTED and await self._long_silent(leg):
                await self._telling.abandoned(leg, "fleet_silent")
            again = TRY_AGAIN
        except Exception:
            # One leg must not keep the others from being looked after.
            log.exception("machine leg not advanced", leg=leg.id)
        async with self._db.operator() as tx:
            await repository.put_back(tx, leg.id, self._clock.now() + again)

    async def _advance(self, leg: MachineLeg) -> timedelta:
        """When to look again."""
        client = await self._connections.to(leg.fleet_id)
        view = await self._deliveries.get(None, leg.delivery_id)
        if leg.stage is Stage.COMMITTED:
            await self._tend(leg, view, client)
            return TEND_EVERY
        if leg.cancelling or not self._still_wanted(leg, view):
            return await self._withdraw(leg, client)
        return await self._promise(leg, view, client)

    def _still_wanted(self, leg: MachineLeg, view: DeliveryView) -> bool:
        order = policy.order_of(view.delivery, view.store_name, leg.id, self._clock.now())
        return policy.still_to_be_had(view.delivery) and policy.basis_of(order) == leg.basis

    # ── the promise ──

    async def _promise(self, leg: MachineLeg, view: DeliveryView, client: HttpFleet) -> timedelta:
        try:
            committed = await client.find(leg.id) if leg.tries else None
            committed = committed or await self._committed(leg, view, client)
        except Refused as refused:
            await self._refused(leg, refused.refusal)
            return TEND_EVERY
        except CarrierUnavailable as failure:
            return await self._try_again(leg, failure)
        if committed.state in ENDED:
            await self._refused(leg, committed.why or Refusal(limit=Limit.OPERATOR, said="It gave the leg back."))
        else:
            await self._write_promise(leg, view, committed)
        return timedelta(0)

    async def _committed(self, leg: MachineLeg, view: DeliveryView, client: HttpFleet) -> Leg:
        """Raises Refused, also if the price has risen clearly since it was planned with."""
        key = f"{leg.id}:{leg.tries}"
        order = policy.order_of(view.delivery, view.store_name, leg.id, self._clock.now())
        quote = await client.quote(order, f"{key}:quote")
        if policy.dearer(quote, leg.price):
            raise Refused(_DEARER.model_copy(update={"retry_after": self._clock.now() + policy.ASK_AGAIN}))
        reservation = await client.reserve(quote.id, f"{key}:reserve")
        return await client.commit(reservation.id, f"{key}:commit")

    async def _write_promise(self, leg: MachineLeg, view: DeliveryView, theirs: Leg) -> None:
        """The delivery has a carrier now; if it has another one meanwhile, this one is called off."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            fleet = await repository.fleet(tx, leg.fleet_id)
            machine = await repository.machine_named(tx, leg.fleet_id, theirs.vehicle_id)
            machine = machine or await repository.machine(tx, leg.machine_id)
            assert fleet, "fleets are never deleted"
            assert machine, "machines are never deleted"
            model = fleet.model(machine.now.model)
            assert model, "the planner fills only machines whose model is known"
            known = {"ref": theirs.id, "machine_id": machine.id, "compartment_id": theirs.compartment_id}
            try:
                async with tx.savepoint():
                    ours = await self._deliveries.assign(
                        tx,
                        leg.delivery_id,
                        courier_id=machine.id,
                        card=policy.card_of(machine, model.mode),
                        offer_id=None,
                        pay=leg.price,
                        at=now,
                        by=_PLANNER,
                    )
            except ActNotPossible:
                await repository.change_leg(tx, leg.id, **known, cancelling=True)
                return
            locked = any(room.locked for room in model.compartments if room.id == theirs.compartment_id)
            await repository.change_leg(
                tx, leg.id, **known, stage=str(Stage.COMMITTED), leg_id=ours.id, locked=locked, tries=0
            )
            await self._deliveries.set_eta(tx, leg.delivery_id, theirs.dropoff_eta, now, pickup_eta=theirs.pickup_eta)

    async def _refused(self, leg: MachineLeg, refusal: Refusal) -> None:
        """The plan is made anew; this fleet is asked again only when its limit may have passed."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            await repository.end_leg(tx, leg.id, Ending.REFUSED, now, str(refusal.limit))
            await repository.keep_answer(tx, policy.no(leg.delivery_id, leg.fleet_id, leg.basis, [refusal], now))

    async def _try_again(self, leg: MachineLeg, failure: CarrierUnavailable) -> timedelta:
        """Whether it arrived is unknown. After some tries it is called off, and the plan is made anew."""
        gives_up = leg.tries + 1 >= MOST_TRIES
        async with self._db.operator() as tx:
            await repository.change_leg(
                tx, leg.id, tries=leg.tries + 1, reason=failure.code, cancelling=leg.cancelling or gives_up
            )
        return TRY_AGAIN

    # ── calling off ──

    async def _withdraw(self, leg: MachineLeg, client: HttpFleet) -> timedelta:
        """While it may still come it is not given to anybody else."""
        theirs = await client.find(leg.id)
        if theirs is not None and theirs.state not in ENDED:
            answer = await self._acting.ask(leg, client, Action.CANCEL, by=_PLANNER.label, ref=theirs.id)
            if answer is not None:
                return TEND_EVERY
        unreached = leg.tries >= MOST_TRIES
        now = self._clock.now()
        async with self._db.operator() as tx:
            await repository.end_leg(tx, leg.id, Ending.UNREACHED if unreached else Ending.WITHDRAWN, now)
            if unreached:
                silent = NO_ANSWER.model_copy(update={"retry_after": now + 4 * policy.ASK_AGAIN})
                await repository.keep_answer(tx, policy.no(leg.delivery_id, leg.fleet_id, leg.basis, [silent], now))
        return TEND_EVERY

    # ── while it carries ──

    async def _tend(self, leg: MachineLeg, view: DeliveryView, client: HttpFleet) -> None:
        assert leg.ref is not None
        try:
            theirs = await client.leg(leg.ref)
        except Refused as refused:
            log.warning("fleet does not know its leg", leg=leg.id, limit=refused.refusal.limit)
            await self._telling.abandoned(leg, "unknown_there")
            return
        async with self._db.operator() as tx:
            await repository.change_leg(
                tx, leg.id, waits_until=theirs.waits_until, compartment_id=theirs.compartment_id
            )
        ours = view.leg is not None and view.leg.courier_id == leg.machine_id
        wanted = policy.wanted_action(view.delivery, theirs.state, ours)
        if wanted is not None:
            await self._acting.ask(leg, client, wanted, by=_PLANNER.label, ref=leg.ref)
        elif theirs.state is LegState.RESCUE_NEEDED and not ours and view.delivery.rescue is None:
            # Whoever took the goods on has not told the machine: its compartment is still ours.
            await self._acting.hand_to_rescue(leg, client, by=_PLANNER.label)
        await self._catch_up(leg, theirs)

    async def _catch_up(self, leg: MachineLeg, theirs: Leg) -> None:
        """Its log may have lost what it says of itself; told twice in a row, it is believed."""
        if theirs.state is leg.state or (leg.state is None and theirs.state is LegState.COMMITTED):
            self._behind.pop(leg.id, None)
        elif self._behind.get(leg.id) is not theirs.state:
            self._behind[leg.id] = theirs.state
        else:
            del self._behind[leg.id]
            log.warning("machine leg caught up", leg=leg.id, ours=leg.state, theirs=theirs.state)
            await self._telling.catch_up(leg, theirs)

    async def _long_silent(self, leg: MachineLeg) -> bool:
        async with self._db.operator() as tx:
            fleet = await repository.fleet(tx, leg.fleet_id)
        heard_at = fleet.heard_at if fleet else None
        return heard_at is not None and self._clock.now() - heard_at > policy.GIVEN_UP_AFTER

    async def _note(self, leg: MachineLeg, said: str) -> None:
        async with self._db.operator() as tx:
            await repository.change_leg(tx, leg.id, reason=said[:300])
