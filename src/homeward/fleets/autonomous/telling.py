"""What a fleet's log tells, written down as custody of ours: in the order of its numbers, each event once.

A machine reports like any courier. What it proves, it proves by its own means: the log says who opened what, when and
by whose secret, and stays as it was read.
"""

from datetime import datetime

import structlog

from homeward.deliveries.errors import ActNotPossible
from homeward.deliveries.model import Act, Actor, DeliveryView, Evidence, EvidenceKind, State, Who
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.states import (
    BEFORE_PICKUP,
    GOING_BACK,
    ON_THE_WAY,
    TERMINAL,
    WITH_COURIER_BEFORE_PICKUP,
)
from homeward.fleets.autonomous import policy, repository
from homeward.fleets.autonomous.model import ENDING_OF, Ending, Machine, MachineLeg
from homeward.fleets.contract.legs import Leg
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.words import ON_BOARD, EventKind, HoldKind, LegState
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.problems import Problem

log = structlog.get_logger()


class Telling:
    """One for the process; whoever calls it has leased the fleet's log."""

    def __init__(self, db: Database, clock: Clock, deliveries: DeliveriesService) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries

    async def tell(self, leg: MachineLeg) -> int:
        """How many events of the leg were new to its delivery."""
        if leg.leg_id is None:
            return 0  # told before its promise was written down here; they wait for it
        async with self._db.operator() as tx:
            events = await repository.events_of(tx, leg.id, leg.applied_to)
        for event in events:
            await self._tell(leg, event)
        return len(events)

    async def _tell(self, leg: MachineLeg, event: Event) -> None:
        match event.kind:
            case EventKind.LEG_MOVED:
                await self._moved(leg, event)
            case EventKind.LEG_HELD:
                await self._held(leg, event)
            case EventKind.LEG_ETA:
                await self._expected(leg, event)
            case EventKind.INCIDENT:
                await self._keep(leg, event, reason=str(event.incident))
            case EventKind.LEG_FREED:
                await self._keep(leg, event, hold=None)
            case _:
                await self._keep(leg, event)

    async def _keep(self, leg: MachineLeg, event: Event, **known: object) -> None:
        async with self._db.operator() as tx:
            await repository.change_leg(tx, leg.id, applied_to=event.number, **known)

    async def _held(self, leg: MachineLeg, event: Event) -> None:
        assert event.hold is not None
        async with self._db.operator() as tx:
            if event.hold.kind is HoldKind.CONTACT_LOST:
                view = await self._deliveries.view_in(tx, leg.delivery_id)
                if view.leg is not None and view.leg.courier_id == leg.machine_id:
                    await self._deliveries.lose_contact(tx, view.leg.id, self._at(event))
            hold = event.hold.model_dump(mode="json")
            await repository.change_leg(tx, leg.id, applied_to=event.number, hold=hold)

    async def _expected(self, leg: MachineLeg, event: Event) -> None:
        async with self._db.operator() as tx:
            await self._deliveries.set_eta(tx, leg.delivery_id, event.dropoff_eta, self._clock.now())
            await repository.change_leg(tx, leg.id, applied_to=event.number)

    # ── moves ──

    async def _moved(self, leg: MachineLeg, event: Event) -> None:
        assert event.state is not None
        view = await self._deliveries.get(None, leg.delivery_id)
        if event.state is LegState.RESCUE_NEEDED:
            await self._strands(leg, event)
        elif event.previous is LegState.RESCUE_NEEDED and event.state in ON_BOARD:
            await self._goes_on(leg, event)
        elif event.state in (LegState.REFUSED, LegState.CANCELLED):
            await self._gives_back(leg, view, event)
        elif event.state is LegState.WRITTEN_OFF:
            await self._report(leg, view, Act.PROBLEM, event, reason="lost")
        else:
            await self._step(leg, view, event)
        async with self._db.operator() as tx:
            await repository.change_leg(tx, leg.id, applied_to=event.number, state=str(event.state))
            if event.state in ENDING_OF:
                why = str(event.why.limit) if event.why else None
                await repository.end_leg(tx, leg.id, ENDING_OF[event.state], self._at(event), why)

    async def _step(self, leg: MachineLeg, view: DeliveryView, event: Event) -> None:
        step = policy.step_of(event)
        if step is None or view.leg is None or view.leg.courier_id != leg.machine_id:
            return
        if step.act is Act.TURN_BACK:
            await self._act(leg, Act.TURN_BACK, event, step.reason)
        else:
            await self._report(leg, view, step.act, event)

    async def _report(
        self, leg: MachineLeg, view: DeliveryView, act: Act, event: Event, reason: str | None = None
    ) -> None:
        """What is missing for a proof cannot be had any more: the goods are out, and the log says how."""
        assert view.leg is not None
        try:
            await self._deliveries.report(
                view.leg.id,
                act,
                courier_id=leg.machine_id,
                at=event.at,
                reason=reason,
                evidence=_shown(view, act),
                proven_elsewhere=policy.PROVEN_THERE,
            )
        except Problem as refusal:
            log.warning("machine's report refused", leg=leg.id, act=str(act), slug=refusal.slug)
            await self._act(leg, act, event, reason, proven_elsewhere=[refusal.slug])

    async def _act(self, leg: MachineLeg, act: Act, event: Event, reason: str | None, **more: object) -> None:
        by = Actor(Who.COURIER, leg.machine_id)
        async with self._db.operator() as tx:
            await self._deliveries.act(
                tx, leg.delivery_id, act, by=by, at=self._at(event), reason=reason, more=more or None
            )

    async def _gives_back(self, leg: MachineLeg, view: DeliveryView, event: Event) -> None:
        """The goods never left: it searches again, and this fleet is not asked at once."""
        delivery = view.delivery
        ours = view.leg is not None and view.leg.courier_id == leg.machine_id
        if not ours or delivery.state not in BEFORE_PICKUP or delivery.state is State.SEARCHING:
            return
        by, now = Actor(Who.COURIER, leg.machine_id), self._clock.now()
        reason = str(event.why.limit) if event.why else "gave_back"
        async with self._db.operator() as tx:
            try:
                await self._deliveries.unassign(tx, leg.delivery_id, reason=reason, by=by, at=self._at(event))
            except ActNotPossible:
                return  # somebody was faster; the delivery has gone another way
            if event.why is not None:
                asked = policy.no(leg.delivery_id, leg.fleet_id, leg.basis, [event.why], now)
                await repository.keep_answer(tx, asked)

    # ── rescue ──

    async def _strands(self, leg: MachineLeg, event: Event) -> None:
        async with self._db.operator() as tx:
            view = await self._deliveries.view_in(tx, leg.delivery_id)
            machine, known = await repository.machine(tx, leg.machine_id), await repository.leg(tx, leg.id)
            if view.delivery.state in TERMINAL or machine is None or known is None:
                return
            await self._need_rescue(tx, known, view, machine, event)

    async def _need_rescue(self, tx: Tx, leg: MachineLeg, view: DeliveryView, machine: Machine, event: Event) -> None:
        place = policy.last_place(event, machine) or view.delivery.pickup.place
        await self._deliveries.need_rescue(
            tx,
            leg.delivery_id,
            place=place,
            address=policy.where(machine, place),
            note=policy.rescue_note(machine, leg),
            reason=policy.why_stranded(event, leg),
            by=Actor(Who.COURIER, leg.machine_id),
            at=self._at(event),
        )

    async def _goes_on(self, leg: MachineLeg, event: Event) -> None:
        by = Actor(Who.COURIER, leg.machine_id)
        async with self._db.operator() as tx:
            await self._deliveries.rescue_over(tx, leg.delivery_id, by=by, at=self._at(event), reason="goes_on")
        view = await self._deliveries.get(None, leg.delivery_id)
        await self._step(leg, view, event)

    # ── what the log has lost ──

    async def catch_up(self, leg: MachineLeg, theirs: Leg) -> None:
        """The steps that lie between what we know and what the fleet says of the leg now, as if they came just now."""
        now, previous = self._clock.now(), leg.state or LegState.COMMITTED
        for state in policy.steps_between(previous, theirs.state):
            step = Event(
                number=max(1, leg.applied_to),
                kind=EventKind.LEG_MOVED,
                at=now,
                recorded_at=now,
                leg_id=theirs.id,
                reference=leg.id,
                vehicle_id=theirs.vehicle_id,
                previous=previous,
                state=state,
                why=theirs.why,
                said="not in the log",
            )
            await self._moved(leg, step)
            previous = state

    async def abandoned(self, leg: MachineLeg, reason: str) -> None:
        """Its fleet does not know of the leg any more, or is not heard of: people have to see to what it carried."""
        now, by = self._clock.now(), Actor(Who.SYSTEM, "fleets")
        async with self._db.operator() as tx:
            view = await self._deliveries.view_in(tx, leg.delivery_id)
            machine = await repository.machine(tx, leg.machine_id)
            ours = view.leg is not None and view.leg.courier_id == leg.machine_id
            if ours and view.delivery.state in WITH_COURIER_BEFORE_PICKUP:
                await self._deliveries.unassign(tx, leg.delivery_id, reason=reason, by=by, at=now)
            elif ours and machine is not None and view.delivery.state in ON_THE_WAY | GOING_BACK:
                place = machine.place or view.delivery.pickup.place
                await self._deliveries.need_rescue(
                    tx,
                    leg.delivery_id,
                    place=place,
                    address=policy.where(machine, place),
                    note=policy.rescue_note(machine, leg),
                    reason=reason,
                    by=by,
                    at=now,
                )
                return  # until somebody has taken it on, the leg stays open: the machine may yet be heard of
            if view.delivery.rescue is None:
                over = Ending.RESCUED if view.delivery.state in ON_THE_WAY | GOING_BACK else Ending.UNREACHED
                await repository.end_leg(tx, leg.id, over, now, reason)

    def _at(self, event: Event) -> datetime:
        """A vehicle's clock may run ahead of ours; nothing has happened in the future."""
        return min(event.at, self._clock.now())


def _shown(view: DeliveryView, act: Act) -> list[Evidence]:
    """Whoever opened the hatch came by the shopper's own link, or with the store's sign-in: both know these codes."""
    wanted = view.delivery.requirements
    if act is Act.HAND_OVER and wanted.asks_pin:
        return [Evidence(EvidenceKind.PIN, text=wanted.pin)]
    if act is Act.PICK_UP and wanted.pickup_code and view.delivery.pickup.code:
        return [Evidence(EvidenceKind.CODE, text=view.delivery.pickup.code)]
    return []
