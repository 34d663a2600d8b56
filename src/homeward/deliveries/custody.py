"""Who has the parcel: assignments, couriers' reports and flags, checked against the tables, written as events."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from homeward.deliveries import custody_policy, photos, policy, proof_policy, read_model, repository, rescue_policy
from homeward.deliveries.cleaning import CleanEvidence, cleaned
from homeward.deliveries.custody_policy import Ruling
from homeward.deliveries.model import (
    Actor,
    Batch,
    BatchMember,
    BookedAt,
    CourierCard,
    Delivery,
    DispatchDelivery,
    Evidence,
    Handshake,
    Leg,
    LegKind,
    NewEvent,
    Proof,
)
from homeward.deliveries.policy import Decision, Facts, Standing
from homeward.deliveries.relay import NO_RELAY, Relay
from homeward.deliveries.states import (
    BEFORE_PICKUP,
    GOING_BACK,
    LEG_TRANSITIONS,
    ON_THE_WAY_TO_PICKUP,
    TERMINAL,
    Act,
    LegAct,
    LegState,
    State,
    Who,
)
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id, new_secret
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import NotFound, Problem, jsonable
from homeward.kit.windows import Window

PLANNER: Final = Actor(Who.SYSTEM, "planner")
CLOCKWORK: Final = Actor(Who.SYSTEM, "clock")
WAKE_BATCH: Final = 100
RETURN_CODE_BITS: Final = 30
RELAY_CODE_DIGITS: Final = 6
CODE_DRAWS: Final = 20


@dataclass(frozen=True, slots=True)
class Report:
    """What a report came to. `late`: it changed nothing. `next_leg`: the way back that began with it."""

    delivery: Delivery
    leg: Leg
    late: bool = False
    next_leg: Leg | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A delivery after an act, with its leg and the leg that followed it, if any."""

    delivery: Delivery
    leg: Leg | None
    next_leg: Leg | None = None


TAKES_ON_BOARD: Final = frozenset({Act.PICK_UP, Act.TAKE_OVER, Act.TAKE_BACK})


class Custody:
    """Methods that take a `tx` run inside the caller's operator transaction; the others open their own."""

    def __init__(self, db: Database, clock: Clock, relay: Relay = NO_RELAY) -> None:
        self._db = db
        self._clock = clock
        self.relay = relay
        self.draw_code: Callable[[], str] = new_relay_code

    # ── assignment ──

    async def assign(
        self,
        tx: Tx,
        delivery_id: str,
        *,
        courier_id: str,
        card: CourierCard,
        offer_id: str | None,
        pay: Money,
        at: datetime,
        by: Actor = PLANNER,
        batch: Batch | None = None,
    ) -> Leg:
        """Give a delivery that searches, or is to be rescued, to a courier: a leg is born.

        `batch` is the one that it goes with. Raises ActNotPossible if somebody was faster.
        """
        delivery = await locked(tx, delivery_id)
        earlier = await repository.legs(tx, delivery.merchant_id, delivery_id)
        leg = Leg(
            id=new_id("leg", at),
            merchant_id=delivery.merchant_id,
            delivery_id=delivery_id,
            market_id=delivery.market_id,
            number=len(earlier) + 1,
            kind=LegKind.RETURN if delivery.state in GOING_BACK else LegKind.CARRY,
            courier_id=courier_id,
            courier=card,
            offer_id=offer_id,
            state=LegState.COMMITTED,
            reason=None,
            pay=pay,
            created_at=at,
            picked_up_at=None,
            ended_at=None,
        )
        facts = Facts(delivery.eta, delivery.promised_by, card)
        standing = Standing(delivery_id, delivery.state, leg.id)
        found = rescue_policy.assigned(delivery, standing, facts, by.who) if delivery.rescue else None
        decision = _granted(found or policy.decide(standing, Act.ASSIGN, by.who, facts))
        leg = await self._insert_with_code(tx, leg)
        await self.move(tx, delivery, None, decision, at=at, by=by, courier_id=courier_id, batch=batch)
        return leg

    async def _insert_with_code(self, tx: Tx, leg: Leg) -> Leg:
        """With a code that leads to nobody else: the database refuses one that does, and another is drawn."""
        spent_before = self.relay.spent_before(self._clock.now())
        for _ in range(CODE_DRAWS):
            coded = replace(leg, relay_code=self.draw_code())
            if await repository.insert_leg(tx, coded, code_spent_before=spent_before):
                return coded
        # All taken by now, or nearly: better a delivery whose courier nobody can call than no delivery.
        await repository.insert_leg(tx, leg)
        return leg

    async def unassign(self, tx: Tx, delivery_id: str, *, reason: str, by: Actor, at: datetime) -> Delivery:
        """Take it from its courier and search again; possible until they have the parcel."""
        delivery = await locked(tx, delivery_id)
        leg = await repository.active_leg(tx, delivery)
        if leg is not None and rescue_policy.rescuers_leg(delivery, leg):
            gone = rescue_policy.let_go(delivery, leg, reason)
            return (await self.move(tx, delivery, leg, gone, at=at, by=by, reason=reason)).delivery
        moved = await self.act(tx, delivery_id, Act.UNASSIGN, by=by, at=at, reason=reason)
        return moved.delivery

    # ── batches ──

    async def rebatch(self, tx: Tx, by_courier: Mapping[str, Mapping[str, Batch | None]], at: datetime) -> None:
        """Tell each delivery which batch it is in now; one that the courier no longer has is left as it is."""
        wanted = {one: (courier_id, batch) for courier_id, those in by_courier.items() for one, batch in those.items()}
        for delivery_id in sorted(wanted):
            courier_id, batch = wanted[delivery_id]
            delivery = await locked(tx, delivery_id)
            events = policy.batch_events(delivery.batch, batch)
            if events and delivery.courier_id == courier_id and delivery.state not in TERMINAL:
                await self.write(tx, delivery, events, at=at, by=PLANNER, batch=batch)

    async def ended_in_batches(self, tx: Tx, batch_ids: Collection[str]) -> dict[str, list[BatchMember]]:
        """By batch, what was carried in it and has come to its end."""
        return await read_model.ended_in_batches(tx, batch_ids)

    # ── reports ──

    async def report(
        self,
        leg_id: str,
        act: Act,
        *,
        courier_id: str,
        at: datetime | None = None,
        reason: str | None = None,
        evidence: Sequence[Evidence] = (),
        place: LatLon | None = None,
        proven_elsewhere: Collection[str] = (),
    ) -> Report:
        """Take in what a courier did. Late or repeated reports change nothing and are kept.

        `proven_elsewhere`: what another company's courier has proven there, in the words of `ProofMissing.needs`. We
        have nothing to show for it, so the event names it; a courier of ours cannot say so.

        Raises NotFound for a leg of somebody else, ProofMissing, PinWrong, WrongParcel, PhotoRefused, and the
        refusals of a problem's reason.
        """
        pieces = [await cleaned(piece) for piece in evidence]  # no transaction is open while pictures are decoded
        now = self._clock.now()
        async with self._db.operator() as tx:
            outcome = await self._report_in(
                tx, leg_id, act, courier_id, min(at or now, now), reason, pieces, place, proven_elsewhere
            )
        if isinstance(outcome, Problem):  # raised only now: what it cost is committed
            raise outcome
        return outcome

    async def _report_in(
        self,
        tx: Tx,
        leg_id: str,
        act: Act,
        courier_id: str,
        at: datetime,
        reason: str | None,
        pieces: Sequence[CleanEvidence],
        place: LatLon | None,
        elsewhere: Collection[str],
    ) -> Report | Problem:
        asked = await repository.leg(tx, leg_id)
        if asked is None or asked.courier_id != courier_id:
            raise NotFound("leg", leg_id)
        at = max(at, asked.created_at)  # a phone's clock may be years off; nothing happened before they had it
        delivery = await locked(tx, asked.delivery_id)
        leg = await repository.leg(tx, leg_id)  # again: it may have moved before we held the delivery
        assert leg, "legs are never deleted"
        if await repository.was_reported(tx, delivery, leg_id, act, at):
            return Report(delivery, leg, late=True)
        ordered = custody_policy.not_before_the_last(delivery, at)
        if ordered != at and await repository.was_reported(tx, delivery, leg_id, act, ordered):
            return Report(delivery, leg, late=True)
        at = ordered
        shown = [piece.piece for piece in pieces]
        if rescue_policy.rescuers_leg(delivery, leg) and leg.ended_at is None:
            ruling = rescue_policy.judge(delivery, leg, act, reason, shown)
        else:
            ruling = custody_policy.judge(delivery, leg, act, reason, shown, at, elsewhere=elsewhere)
        if isinstance(ruling, Problem):
            return ruling
        if ruling.refusal is None:
            await self._keep(tx, delivery, leg, act, pieces, at=at, place=place)
        by = Actor(Who.COURIER, courier_id)
        stranded = rescue_policy.stranding(delivery, leg, ruling.decision, place, reason, at)
        moved = await self.move(
            tx, delivery, leg, ruling.decision, at=at, by=by, ruling=ruling, reason=reason, **stranded
        )
        if ruling.refusal:
            return ruling.refusal
        return Report(moved.delivery, moved.leg or leg, ruling.decision.late, moved.next_leg)

    async def _keep(
        self,
        tx: Tx,
        delivery: Delivery,
        leg: Leg,
        act: Act,
        pieces: Sequence[CleanEvidence],
        *,
        at: datetime,
        place: LatLon | None,
    ) -> None:
        now = self._clock.now()
        for piece in pieces:
            media_type = photos.MEDIA_TYPE if piece.content is not None else None
            step = custody_policy.step_of(act, delivery.state, leg.kind)
            kind = piece.piece.kind
            data = {**piece.data, **proof_policy.kept_of(piece.piece, delivery.requirements)}
            proof = Proof(new_id("prf", now), delivery.id, leg.id, step, kind, media_type, data, place, at, now)
            await repository.insert_proof(tx, proof, delivery.merchant_id, piece.content)

    # ── flags and estimates ──

    async def set_eta(
        self, tx: Tx, delivery_id: str, eta: datetime | None, at: datetime, *, pickup_eta: datetime | None = None
    ) -> None:
        """What we now expect at the door, and at the store while a courier is on the way there.

        The promise is another thing and stays.
        """
        delivery = await locked(tx, delivery_id)
        before_pickup = delivery.state in ON_THE_WAY_TO_PICKUP and pickup_eta is not None
        there = pickup_eta if before_pickup else delivery.pickup_eta
        moved = policy.eta_moved(delivery.eta, eta) or policy.eta_moved(delivery.pickup_eta, there)
        if delivery.state in TERMINAL or not moved:
            return
        data = {
            "eta": jsonable(eta),
            "pickup_eta": jsonable(there) if before_pickup else None,
            "promised_by": jsonable(delivery.promised_by),
        }
        events = [NewEvent("delivery.eta_changed", data)]
        await self.write(tx, delivery, events, at=at, by=PLANNER, eta=eta, pickup_eta=there)

    async def flag(self, tx: Tx, delivery_id: str, reason: str, at: datetime, by: Actor = PLANNER) -> None:
        """Ask for a person to look."""
        await self._set_attention(tx, delivery_id, reason, at, by)

    async def clear_flag(self, tx: Tx, delivery_id: str, at: datetime, by: Actor = PLANNER) -> None:
        await self._set_attention(tx, delivery_id, None, at, by)

    async def _set_attention(self, tx: Tx, delivery_id: str, reason: str | None, at: datetime, by: Actor) -> None:
        delivery = await locked(tx, delivery_id)
        events = policy.attention_events(delivery.attention, reason)
        if events and delivery.state not in TERMINAL:
            await self.write(tx, delivery, events, at=at, by=by, attention=reason)

    async def lose_contact(self, tx: Tx, leg_id: str, at: datetime) -> None:
        """The courier has fallen silent; the next report brings the leg back."""
        asked = await repository.leg(tx, leg_id)
        if asked is None:
            raise NotFound("leg", leg_id)
        delivery = await locked(tx, asked.delivery_id)
        leg = await repository.leg(tx, leg_id)
        rule = LEG_TRANSITIONS[LegAct.LOSE_CONTACT]
        if leg is None or leg.state not in rule.sources:
            return
        event = NewEvent(f"leg.{rule.target}", {"reason": policy.LOST_CONTACT}, leg_id)
        events = [event, *policy.attention_events(delivery.attention, policy.LOST_CONTACT, leg_id)]
        await self.write(tx, delivery, events, at=at, by=PLANNER, attention=policy.LOST_CONTACT)
        await repository.save_leg(tx, replace(leg, state=rule.target))

    # ── clockwork ──

    async def wake_due(self) -> int:
        """Begin the search for scheduled deliveries whose time has come; a loop body."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            due = await repository.due_to_wake(tx, now, WAKE_BATCH)
            for delivery_id in due:
                await self.act(tx, delivery_id, Act.WAKE, by=CLOCKWORK, at=now)
        return len(due)

    async def open_for_dispatch(
        self, tx: Tx, market_id: str, *, courier_id: str | None = None
    ) -> list[DispatchDelivery]:
        """Live deliveries from `searching` to `at_return`, oldest first, without those that a flag blocks.

        With a `courier_id` only those that this courier has.
        """
        return await read_model.open_for_dispatch(tx, market_id, policy.BLOCKING_ATTENTION, courier_id=courier_id)

    async def booked_at_stores(self, tx: Tx, market_id: str, windows: Sequence[Window]) -> list[list[BookedAt]]:
        """What was booked where within each of some windows; for whoever foresees what comes."""
        return await read_model.booked_at_stores(tx, market_id, windows)

    async def hold(self, tx: Tx, delivery_id: str, mode: str | None = None) -> Delivery:
        """The delivery, held until the caller's transaction ends. Raises NotFound."""
        return await locked(tx, delivery_id, mode)

    async def hold_with_courier(self, tx: Tx, delivery_ids: Sequence[str], courier_id: str) -> None:
        """Nobody changes or takes these, or what the courier has already, until the caller's transaction ends."""
        await repository.lock_all(tx, delivery_ids, courier_id)

    # ── the one way to move a delivery ──

    async def act(
        self,
        tx: Tx,
        delivery_id: str,
        act: Act,
        *,
        by: Actor,
        at: datetime,
        reason: str | None = None,
        more: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Moved:
        """Lock, decide, write. Raises the refusal."""
        delivery = await locked(tx, delivery_id)
        leg = await repository.active_leg(tx, delivery)
        standing = Standing(delivery_id, delivery.state, leg.id if leg else None, leg.state if leg else None)
        facts = Facts(delivery.eta, delivery.promised_by, leg.courier if leg else None, reason, None, more or {})
        decision = _granted(policy.decide(standing, act, by.who, facts))
        return await self.move(tx, delivery, leg, decision, at=at, by=by, reason=reason, **changes)

    async def move(
        self,
        tx: Tx,
        delivery: Delivery,
        leg: Leg | None,
        decision: Decision,
        *,
        at: datetime,
        by: Actor,
        ruling: Ruling | None = None,
        reason: str | None = None,
        **changes: Any,
    ) -> Moved:
        """Write what was decided: the delivery with its events, its leg, and the way back where one begins."""
        raised = ruling.attention if ruling else None
        over = await self._end_rescue(tx, delivery, leg, decision, at)
        flag = None if over and delivery.attention == rescue_policy.RESCUE_NEEDED else delivery.attention
        attention = policy.attention_after(flag, delivery.state, decision.state, raised)
        flags = policy.attention_events(delivery.attention, attention, leg.id if leg else None)
        turns_back = decision.state is State.RETURNING and delivery.state is not State.RETURNING
        if leg and decision.leg_ends and not (turns_back or decision.late):
            changes["courier_id"] = None
        changes |= over
        if decision.leg_ends and delivery.state in BEFORE_PICKUP:
            changes["batch"] = None  # what was never on board was carried with nothing
            changes["pickup_eta"] = None  # it was the courier's who has left
        if decision.act is Act.HAND_OVER_AND_BACK:
            changes["handed_over_at"] = at
        requirements = ruling.requirements if ruling else delivery.requirements
        if turns_back and requirements.handshake is not Handshake.NONE:
            requirements = replace(requirements, return_code=new_secret(RETURN_CODE_BITS).upper())
        left_at_door = ruling is not None and ruling.left_at_door
        batched = policy.batch_events(delivery.batch, changes.get("batch", delivery.batch))
        after = await self.write(
            tx,
            delivery,
            # A flag falls before the step that takes it away, so that the last event of a delivery is its end.
            # A batch is told before the courier who carries it, and left before the end.
            [*batched, *flags, *decision.events] if attention is None else [*batched, *decision.events, *flags],
            at=at,
            by=by,
            state=decision.state,
            attention=attention,
            requirements=requirements,
            outcome=policy.outcome_after(delivery.outcome, decision.act, by.who, reason, left_at_door=left_at_door),
            times=policy.times_after(delivery, decision.state, at),
            ended_at=at if decision.ends and delivery.ended_at is None else delivery.ended_at,
            **changes,
        )
        moved_leg = await self._move_leg(tx, leg, decision, at=at, reason=reason) if leg else None
        next_leg = await self._begin_way_back(tx, leg, at) if leg and turns_back else None
        return Moved(after, moved_leg, next_leg)

    async def _end_rescue(
        self, tx: Tx, delivery: Delivery, leg: Leg | None, decision: Decision, at: datetime
    ) -> dict[str, Any]:
        """What a step means for a rescue that is under way: the other one's leg ends, or nothing changes."""
        rescue = delivery.rescue
        if rescue is None or leg is None:
            return {}
        stranded = leg.id == rescue.leg_id
        taken = decision.act in (Act.TAKE_OVER, Act.TAKE_BACK)
        goes_on = stranded and decision.leg_state not in (None, LegState.RESCUE_NEEDED, LegState.LOST_CONTACT)
        if not (taken or goes_on or decision.ends):
            return {}
        for other in await repository.open_legs(tx, delivery):
            if other.id != leg.id:
                ends_as = LegState.RESCUED if taken else rescue_policy.ends_without_it(other, rescue)
                await repository.save_leg(tx, replace(other, state=ends_as, ended_at=at))
        keeps = stranded and not decision.leg_ends
        return {"rescue": None, **({"courier_id": leg.courier_id} if keeps else {})}

    async def write(
        self, tx: Tx, delivery: Delivery, events: Sequence[NewEvent], *, at: datetime, by: Actor, **changes: Any
    ) -> Delivery:
        """The delivery with `changes`, and its next events."""
        after = replace(delivery, seq=delivery.seq + len(events), updated_at=self._clock.now(), **changes)
        await repository.save(tx, delivery, after, events, at=at, actor=by.label)
        return after

    async def _move_leg(self, tx: Tx, leg: Leg, decision: Decision, *, at: datetime, reason: str | None) -> Leg:
        if decision.leg_state is None or decision.leg_state is leg.state:
            return leg
        moved = replace(
            leg,
            state=decision.leg_state,
            reason=reason or leg.reason,
            picked_up_at=at if decision.act in TAKES_ON_BOARD else leg.picked_up_at,
            ended_at=at if decision.leg_ends else None,
        )
        await repository.save_leg(tx, moved)
        return moved

    async def _begin_way_back(self, tx: Tx, carried: Leg, at: datetime) -> Leg:
        """The same courier brings it back, on a leg of its own that is paid like the way there."""
        back = replace(
            carried,
            id=new_id("leg", at),
            number=carried.number + 1,
            kind=LegKind.RETURN,
            state=LegState.RETURNING,
            created_at=at,
        )
        await repository.insert_leg(tx, back)
        return back


def new_relay_code() -> str:
    """Digits that nobody can guess from other ones."""
    return f"{secrets.randbelow(10**RELAY_CODE_DIGITS):0{RELAY_CODE_DIGITS}d}"


async def locked(tx: Tx, delivery_id: str, mode: str | None = None) -> Delivery:
    """The delivery, held until the transaction ends. Raises NotFound."""
    delivery = await repository.lock(tx, delivery_id, mode=mode)
    if delivery is None:
        raise NotFound("delivery", delivery_id)
    return delivery


def _granted(decision: Decision | Problem) -> Decision:
    if isinstance(decision, Problem):
        raise decision
    return decision
