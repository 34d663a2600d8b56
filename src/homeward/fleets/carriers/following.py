"""Following what other companies carry: asks how it stands, and writes it down as custody acts of ours.

What a company tells is never trusted to come in order, once or at all: news is only a reason to ask, and the answer is
compared with where the delivery stands. Each step is a report like any courier's, with what the company can show.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from homeward.deliveries.errors import ProofMissing
from homeward.deliveries.model import (
    Act,
    Actor,
    CourierCard,
    DeliveryView,
    Evidence,
    EvidenceKind,
    State,
    Undeliverable,
    Who,
)
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.states import ON_THE_WAY, TERMINAL, WITH_COURIER_BEFORE_PICKUP
from homeward.fleets.carriers import codec, policy, repository
from homeward.fleets.carriers.assessing import Assessing, errand_for
from homeward.fleets.carriers.connections import Connections
from homeward.fleets.carriers.contract import (
    ENDED,
    Carrier,
    CarrierLoginInvalid,
    CarrierRefused,
    CarrierState,
    CarrierUnavailable,
    Progress,
    ProofPart,
)
from homeward.fleets.carriers.model import Ending, Job, Stage
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.problems import Problem, jsonable

log = structlog.get_logger()

POLL: Final = timedelta(seconds=20)
ASK_AGAIN: Final = timedelta(seconds=15)
CANCEL_AGAIN: Final = timedelta(seconds=60)
PROOF_WAIT: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
_AT_ONCE: Final = 10

PLANNER: Final = Actor(Who.SYSTEM, "carriers")
NOBODY_NAMED: Final = CourierCard("Courier", "car")
_ENDINGS: Final[Mapping[CarrierState, Ending]] = {
    CarrierState.DELIVERED: Ending.DELIVERED,
    CarrierState.RETURNED: Ending.RETURNED,
    CarrierState.CANCELLED: Ending.FAILED,
    CarrierState.LOST: Ending.LOST,
}
_STEP_OF: Final[Mapping[Act, str]] = {Act.PICK_UP: "pickup", Act.HAND_OVER: "dropoff", Act.RETURN_HANDED: "return"}


class Following:
    """A loop body, and what hand-out calls for its first step."""

    def __init__(
        self, db: Database, clock: Clock, deliveries: DeliveriesService, connections: Connections, assessing: Assessing
    ) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries
        self._connections = connections
        self._assessing = assessing

    async def follow_due(self) -> int:
        """How many hand-outs were looked at."""
        async with self._db.operator() as tx:
            due = await repository.lease_due(tx, self._clock.now(), _AT_ONCE)
        await asyncio.gather(*(self._safely(job) for job in due))
        return len(due)

    async def _safely(self, job: Job) -> None:
        try:
            await self.advance(job)
        except Exception:
            # One company's strange answer must not keep the others from being followed.
            log.exception("hand-out not followed", job=job.id)
            await self._put_back(job, CANCEL_AGAIN)

    async def advance(self, job: Job) -> None:
        """One look at one hand-out that this worker has leased."""
        view = await self._deliveries.get(None, job.delivery_id)
        basis = policy.basis_of(errand_for(view, job.id, self._clock))
        fits = job.leg_id is not None or basis == job.basis
        wanted = policy.still_wanted(view.delivery, job.account_id, job.leg_id, fits)
        try:
            carrier = await self._connections.to(job.account_id)
            if job.cancelling or not wanted:
                await self._withdraw(job, view, carrier)
            elif job.stage is Stage.ASKING:
                await self._commit(job, view, carrier)
            else:
                await self._follow(job, view, carrier)
        except CarrierUnavailable as failure:
            await self._try_again(job, failure)
        except CarrierLoginInvalid as failure:
            await self._assessing.suspend(job.account_id, failure)
            await self._not_taken(job, failure)

    # ── ordering ──

    async def _commit(self, job: Job, view: DeliveryView, carrier: Carrier) -> None:
        """The first call or a repeat after a crash: the same name makes both the same order."""
        async with self._db.operator() as tx:
            account = await repository.account(tx, job.account_id)
        assert account, "accounts are never deleted"
        errand = policy.with_phone(errand_for(view, job.id, self._clock), account.contact_phone)
        try:
            reservation = await carrier.reserve(codec.quote_from(job.quote))
            taken = await carrier.commit(errand, reservation)
        except CarrierRefused as refusal:
            await self._end(job, Ending.REFUSED, reason=refusal.code)
            return
        async with self._db.operator() as tx:
            await repository.change_job(tx, job.id, stage=str(Stage.TAKEN), job=taken.job, fee_minor=taken.fee.minor)
        await self._put_back(job, timedelta(0))

    async def _try_again(self, job: Job, failure: CarrierUnavailable) -> None:
        """Whether the order arrived is unknown. After some tries it is called off, and somebody else is asked."""
        async with self._db.operator() as tx:
            gives_up = job.stage is Stage.ASKING and job.tries + 1 >= MOST_TRIES
            await repository.change_job(
                tx, job.id, tries=job.tries + 1, reason=failure.code, cancelling=job.cancelling or gives_up
            )
        # While it is being called off the delivery stays out of others' hands: two couriers would come.
        await self._put_back(job, ASK_AGAIN)

    async def _not_taken(self, job: Job, failure: CarrierLoginInvalid) -> None:
        if job.stage is Stage.ASKING and job.tries == 0:
            await self._end(job, Ending.REFUSED, reason=failure.code)
        else:
            await self._put_back(job, CANCEL_AGAIN)  # they may have it: only the operator's new login will tell

    # ── calling off ──

    async def _withdraw(self, job: Job, view: DeliveryView, carrier: Carrier) -> None:
        """The delivery is over, changed, or somebody else's: their courier must not come."""
        progress = await carrier.find(job.id, job.job)
        if progress is None or progress.state in ENDED:
            await self._end_withdrawn(job, view, progress)
            return
        async with self._db.operator() as tx:
            await repository.change_job(tx, job.id, cancelling=True, job=progress.job)
        try:
            await carrier.cancel(job.id, progress.job)
        except CarrierRefused as refusal:
            async with self._db.operator() as tx:
                await repository.change_job(tx, job.id, reason=refusal.code)
            await self._put_back(job, CANCEL_AGAIN)  # too late: it goes on until they end it
            return
        await self._end_withdrawn(job, view, None)

    async def _end_withdrawn(self, job: Job, view: DeliveryView, progress: Progress | None) -> None:
        unreached = job.stage is Stage.ASKING and job.tries >= MOST_TRIES
        ending = Ending.UNREACHED if unreached else Ending.WITHDRAWN
        if progress is not None and view.delivery.state in TERMINAL:
            ending = _ENDINGS[progress.state] if progress.state is not CarrierState.CANCELLED else ending
        await self._end(job, ending, in_time=_in_time(view, ending))

    # ── following ──

    async def _follow(self, job: Job, view: DeliveryView, carrier: Carrier) -> None:
        progress = await carrier.find(job.id, job.job)
        if progress is None:
            progress = Progress(job.job or job.id, CarrierState.CANCELLED, reason="unknown_there")
        await self._keep_up(job, progress)
        if await self._assignment(job, view, progress):
            view = await self._deliveries.get(None, job.delivery_id)
        theirs = policy.truly(view.delivery.state, progress.state)
        for act in policy.steps(view.delivery.state, theirs):
            if not await self._step(job, act, progress, carrier):
                await self._put_back(job, POLL)
                return
        if theirs in ENDED:
            after = await self._deliveries.get(None, job.delivery_id)
            ending = _ENDINGS[theirs]
            if ending is not Ending.FAILED and after.delivery.state not in TERMINAL:
                await self._put_back(job, POLL)  # a report came at the same moment; the next look sees both
                return
            await self._end(job, ending, reason=progress.reason, in_time=_in_time(after, ending))
        else:
            await self._put_back(job, POLL)

    async def _keep_up(self, job: Job, progress: Progress) -> None:
        """What they charge, where their courier is, when they expect to be there."""
        known: dict[str, Any] = {"tries": 0}
        if progress.fee is not None:
            known["fee_minor"] = progress.fee.minor
        if progress.place is not None:
            known["place"] = jsonable(progress.place)
        async with self._db.operator() as tx:
            await repository.change_job(tx, job.id, **known)
            if progress.dropoff_eta is not None and progress.state not in ENDED:
                at_door, at_store = progress.dropoff_eta, progress.pickup_eta
                await self._deliveries.set_eta(tx, job.delivery_id, at_door, self._clock.now(), pickup_eta=at_store)

    async def _assignment(self, job: Job, view: DeliveryView, progress: Progress) -> bool:
        """A courier of theirs comes, is another one, or has left. Whether anything changed."""
        state, now = view.delivery.state, self._clock.now()
        card = _card(progress)
        leaves = policy.gave_back(state, progress.state)
        known = view.leg.courier if view.leg and state in WITH_COURIER_BEFORE_PICKUP else None
        another = known not in (None, NOBODY_NAMED, card) and progress.courier is not None
        comes = (state is State.SEARCHING or another) and progress.state in policy.HAS_SOMEBODY
        if not (leaves or comes):
            return False
        async with self._db.operator() as tx:
            if leaves or another:
                await self._deliveries.unassign(tx, job.delivery_id, reason="gave_back", by=PLANNER, at=now)
                await repository.change_job(tx, job.id, leg_id=None)
            if comes:
                await self._assign(tx, job, card, now)
        return True

    async def _assign(self, tx: Tx, job: Job, card: CourierCard, now: datetime) -> None:
        leg = await self._deliveries.assign(
            tx, job.delivery_id, courier_id=job.account_id, card=card, offer_id=None, pay=job.fee, at=now, by=PLANNER
        )
        await repository.change_job(tx, job.id, leg_id=leg.id)

    async def _step(self, job: Job, act: Act, progress: Progress, carrier: Carrier) -> bool:
        """One act. False: what proves it is still awaited."""
        view = await self._deliveries.get(None, job.delivery_id)
        assert view.leg, "there is a leg before there are steps"
        at = min(progress.at or self._clock.now(), self._clock.now())
        if act not in _STEP_OF:
            await self._act(job, act, at, progress.reason)
            return True
        if act is Act.HAND_OVER and _was_left(view, progress):
            await self._report(view, Act.PROBLEM, job, at, (), reason="nobody_there")
        evidence = await self._evidence(view, _STEP_OF[act], progress.parts, carrier, progress.job)
        checked = _checked_there(progress.parts, _STEP_OF[act])
        try:
            await self._report(view, act, job, at, evidence, proven_elsewhere=checked)
        except ProofMissing as missing:
            if await self._awaited(job, act, missing):
                return False
            needs = missing.needs
            await self._report(view, act, job, at, evidence, proven_elsewhere={*checked, *needs})
            await self._note_missing(job, [need for need in needs if need not in checked])
        except Problem as refusal:
            if await self._awaited(job, act, refusal):
                return False
            await self._act(job, act, at, None, more={"proven_elsewhere": [refusal.slug]})
            await self._note_missing(job, [refusal.slug])
        return True

    async def _report(
        self, view: DeliveryView, act: Act, job: Job, at: datetime, evidence: Sequence[Evidence], **more: Any
    ) -> None:
        assert view.leg
        await self._deliveries.report(view.leg.id, act, courier_id=job.account_id, at=at, evidence=evidence, **more)

    async def _act(self, job: Job, act: Act, at: datetime, reason: str | None, **more: Any) -> None:
        by = Actor(Who.COURIER, job.account_id)
        async with self._db.operator() as tx:
            await self._deliveries.act(tx, job.delivery_id, act, by=by, at=at, reason=reason, **more)

    async def _awaited(self, job: Job, act: Act, refusal: Problem) -> bool:
        """What they cannot show is awaited for a while. Then their word stands: the shopper does have the parcel."""
        now = self._clock.now()
        seen = job.delivered_seen_at or now
        async with self._db.operator() as tx:
            await repository.change_job(tx, job.id, delivered_seen_at=seen, reason=refusal.slug)
        return act is Act.HAND_OVER and now - seen < PROOF_WAIT

    async def _note_missing(self, job: Job, needs: Sequence[str]) -> None:
        async with self._db.operator() as tx:
            await repository.change_job(tx, job.id, without_proof=[*job.kept_without_proof, *needs])

    async def _evidence(
        self, view: DeliveryView, step: str, parts: Sequence[ProofPart], carrier: Carrier, name: str
    ) -> list[Evidence]:
        evidence = []
        for part in parts:
            if part.step != step:
                continue
            if part.kind in ("photo", "signature"):
                image = await carrier.proof(part, name)
                if image is not None:
                    evidence.append(Evidence(EvidenceKind(part.kind), content=image, details=part.details))
            elif part.kind == "pin" and view.delivery.requirements.pin is not None:
                # They ask for the PIN that we gave them, so whoever passed it has said ours.
                evidence.append(Evidence(EvidenceKind.PIN, text=view.delivery.requirements.pin))
            elif part.kind == "scan" and part.text:
                evidence.append(Evidence(EvidenceKind.SCAN, text=part.text))
        return evidence

    # ── writing ──

    async def _put_back(self, job: Job, after: timedelta) -> None:
        async with self._db.operator() as tx:
            await repository.put_back(tx, job.id, self._clock.now() + after)

    async def _end(self, job: Job, ending: Ending, *, reason: str | None = None, in_time: bool | None = None) -> None:
        """With its end the delivery, if it still searches, is everybody's again; this account is not asked twice."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            await repository.end_job(tx, job.id, ending, now, reason=reason, in_time=in_time)
            await repository.look_again(tx, job.delivery_id, now)
        log.info("hand-out ended", job=job.id, delivery=job.delivery_id, ending=str(ending), reason=reason)


def _card(progress: Progress) -> CourierCard:
    person = progress.courier
    return CourierCard(person.first_name, person.vehicle, person.initial) if person else NOBODY_NAMED


def _checked_there(parts: Sequence[ProofPart], step: str) -> frozenset[str]:
    """Checks that leave nothing to show: of an age check not even we would keep more than that it was made."""
    return frozenset(part.kind for part in parts if part.step == step and part.kind == EvidenceKind.AGE_CHECK)


def _was_left(view: DeliveryView, progress: Progress) -> bool:
    wanted = view.delivery.requirements.undeliverable is Undeliverable.LEAVE_AT_DOOR
    return progress.left_at_door and wanted and view.delivery.state in ON_THE_WAY


def _in_time(view: DeliveryView, ending: Ending) -> bool | None:
    if ending is not Ending.DELIVERED:
        return False if ending in (Ending.FAILED, Ending.LOST, Ending.UNREACHED) else None
    delivered_at = view.delivery.times.get(State.DELIVERED)
    return delivered_at is not None and policy.in_time(delivered_at, view.delivery.promised_by)
