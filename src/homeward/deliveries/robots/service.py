"""Robots carry test deliveries along the same path as couriers: the same acts, events, proofs and refusals.

A step happens once, also with two workers and after a crash: its moment follows from the delivery alone, and a report
of the same moment is one report (`Custody.report`); an assignment is refused once somebody has it.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from homeward.deliveries.custody import CLOCKWORK
from homeward.deliveries.model import Actor, DeliveryView, ProblemReason, Who
from homeward.deliveries.robots import policy, repository
from homeward.deliveries.robots.errors import StepNeedsReason, StepNotPossible
from homeward.deliveries.robots.evidence import evidence_for
from homeward.deliveries.robots.model import ROBOT, Due, Player, Sighting, Simulation, Step
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.states import Act, State
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.money import Money
from homeward.kit.problems import NotFound, Problem

log = structlog.get_logger()

BATCH: Final = 50
TRY_AGAIN: Final = timedelta(seconds=30)
ROBOTS: Final = Actor(Who.SYSTEM, "robot")
CARRIER: Final = Actor(Who.OPERATOR, "robot")
"""In whose name a robot's company gives a delivery up."""

_REPORTS: Final = {
    Step.HEAD_TO_PICKUP: Act.HEAD_TO_PICKUP,
    Step.ARRIVE_PICKUP: Act.ARRIVE_PICKUP,
    Step.PICK_UP: Act.PICK_UP,
    Step.HEAD_TO_DROPOFF: Act.HEAD_TO_DROPOFF,
    Step.ARRIVE_DROPOFF: Act.ARRIVE_DROPOFF,
    Step.HAND_OVER: Act.HAND_OVER,
    Step.PROBLEM: Act.PROBLEM,
    Step.DROP: Act.PROBLEM,
    Step.TURN_BACK: Act.PROBLEM,
    Step.ARRIVE_RETURN: Act.ARRIVE_RETURN,
    Step.RETURN_HANDED: Act.RETURN_HANDED,
}

_USUAL_REASONS: Final = {Step.DROP: ProblemReason.CANNOT_CONTINUE, Step.TURN_BACK: ProblemReason.REFUSED}


class RobotsService:
    """Only ever sees deliveries of mode `test`; a live one is not found here."""

    def __init__(self, db: Database, clock: Clock, deliveries: DeliveriesService) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries

    # ── by itself ──

    async def drive(self) -> int:
        """Loop body: the steps that are due. Returns how many were done."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            found = await repository.to_look_at(tx, now, BATCH)
        done = 0
        for delivery_id in found:
            done += await self._drive_one(delivery_id, now)
        return done

    async def _drive_one(self, delivery_id: str, now: datetime) -> int:
        view = await self._deliveries.get(None, delivery_id, mode="test")
        due = policy.next_due(view, policy.script_of(view.delivery))
        if due is None or due.at > now:
            await self._look_again(view, due.at if due else None)
            return 0
        try:
            await self._do(view, due, ROBOTS)
        except Problem as refusal:
            # Somebody was faster, or something is missing that a person must bring.
            log.info("robot waits", delivery_id=delivery_id, step=due.step, code=refusal.slug)
            await self._look_again(view, now + TRY_AGAIN)
            return 0
        return 1

    async def _look_again(self, view: DeliveryView, due_at: datetime | None) -> None:
        delivery = view.delivery
        async with self._db.operator() as tx:
            await repository.remember(tx, delivery.merchant_id, delivery.id, delivery.seq, due_at)

    # ── when told to ──

    async def steps(self, merchant_id: str, delivery_id: str) -> Simulation:
        """What may happen to a test delivery now. Raises NotFound."""
        view = await self._deliveries.get(merchant_id, delivery_id, mode="test")
        script = policy.script_of(view.delivery)
        return Simulation(view, script, policy.next_due(view, script), policy.possible_steps(view.delivery))

    async def perform(
        self, merchant_id: str, delivery_id: str, step: Step, by: Actor, *, reason: str | None = None
    ) -> Simulation:
        """Make it happen now. Raises StepNotPossible, StepNeedsReason, and whatever the act itself refuses."""
        now = await self.steps(merchant_id, delivery_id)
        wanted = next((each for each in now.possible if each.step is step), None)
        if wanted is None:
            possible = [str(each.step) for each in now.possible]
            raise StepNotPossible(delivery_id, step, now.view.delivery.state, possible)
        if wanted.reasons and reason not in wanted.reasons:
            raise StepNeedsReason(step, list(wanted.reasons))
        actor = by if wanted.player in (Player.STORE, Player.MERCHANT) else ROBOTS
        await self._do(now.view, Due(step, self._clock.now(), reason), actor)
        return await self.steps(merchant_id, delivery_id)

    # ── where it is ──

    async def seen(self, courier_id: str) -> Sighting | None:
        """The robot of that id; None if it is not a robot's."""
        if policy.delivery_id_of(courier_id) is None:
            return None
        async with self._db.operator() as tx:
            return await self.seen_in(tx, courier_id)

    async def seen_in(self, tx: Tx, courier_id: str) -> Sighting | None:
        """The same inside the caller's operator transaction."""
        delivery_id = policy.delivery_id_of(courier_id)
        if delivery_id is None:
            return None
        try:
            view = await self._deliveries.view_in(tx, delivery_id)
        except NotFound:
            return None
        return policy.sighting(view, self._clock.now()) if view.delivery.mode == "test" else None

    # ── the steps ──

    async def _do(self, view: DeliveryView, due: Due, by: Actor) -> None:
        delivery, service = view.delivery, self._deliveries
        match due.step:
            case Step.ASSIGN:
                await self._assign(view, due.at)
            case Step.GIVE_UP:
                await service.cancel(None, delivery.id, CARRIER, due.reason or "", mode="test")
            case Step.CANCEL:
                await service.cancel(delivery.merchant_id, delivery.id, by, due.reason or "", mode="test")
            case Step.RETURN:
                await service.return_to_store(delivery.merchant_id, delivery.id, by, due.reason or "", mode="test")
            case Step.MARK_READY:
                await service.mark_ready(delivery.merchant_id, delivery.id, by, mode="test")
            case Step.CONFIRM_HANDSHAKE:
                await self._confirm(view, by)
            case _:
                await self._report(view, due)

    async def _assign(self, view: DeliveryView, at: datetime) -> None:
        delivery = view.delivery
        number = view.leg.number + 1 if view.leg else 1
        async with self._db.operator() as tx:
            if delivery.state is State.SCHEDULED:
                await self._deliveries.act(tx, delivery.id, Act.WAKE, by=CLOCKWORK, at=at)
            await self._deliveries.assign(
                tx,
                delivery.id,
                courier_id=policy.courier_id_of(delivery.id, number),
                card=ROBOT,
                offer_id=None,
                pay=Money(0, delivery.total.currency),
                at=at,
                by=ROBOTS,
            )
            expected = policy.expected_end(view, at)
            if expected:
                await self._deliveries.set_eta(tx, delivery.id, expected, at)

    async def _report(self, view: DeliveryView, due: Due) -> None:
        delivery, leg = view.delivery, view.leg
        assert leg, "a courier has it in every state that leads here"
        at_door = due.step in (Step.ARRIVE_DROPOFF, Step.HAND_OVER)
        await self._deliveries.report(
            leg.id,
            _REPORTS[due.step],
            courier_id=leg.courier_id,
            at=due.at,
            reason=due.reason or _USUAL_REASONS.get(due.step),
            evidence=evidence_for(delivery, due.step, due.at),
            place=delivery.dropoff.place if at_door else policy.sighting(view, due.at).place,
        )

    async def _confirm(self, view: DeliveryView, by: Actor) -> None:
        stop = policy.stop_of(view.delivery)
        assert stop, "offered at the store only"
        delivery = view.delivery
        await self._deliveries.confirm_handshake(delivery.merchant_id, delivery.id, stop, by, mode="test")
