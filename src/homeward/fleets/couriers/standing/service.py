"""Due process: named people decide and answer, couriers read and appeal, dispatch asks who may be offered work."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from homeward.fleets.couriers.model import NamedPerson
from homeward.fleets.couriers.standing import policy
from homeward.fleets.couriers.standing import repository as store
from homeward.fleets.couriers.standing.model import Case, Decision, NewDecision, PublishedPolicy, Step, StepType
from homeward.infra import audit
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.problems import NotFound

_NOTICE: Final = "Somebody has decided about your work with us. Read it, and how to appeal, in the app under Notices."
_ANSWERED: Final = "Your appeal has been answered. Read the answer in the app under Notices."
_LATELY: Final = 200


class NoticeSender(Protocol):
    """Tells a courier's phone that there is something to read; it leaves with the commit of `tx`."""

    async def send_courier_notice(self, tx: Tx, *, phone: str, text: str) -> None: ...


class StandingService:
    """Whatever changes what a courier may do takes a `NamedPerson`; there is no call without one."""

    def __init__(
        self, db: Database, clock: Clock, notices: NoticeSender, *, deadlines: policy.Deadlines = policy.DEADLINES
    ) -> None:
        self._db = db
        self._clock = clock
        self._notices = notices
        self._deadlines = deadlines

    # ── published rules ──

    async def publish(
        self, by: NamedPerson, text: str, notice_days: int = policy.NOTICE_DAYS
    ) -> Sequence[PublishedPolicy]:
        """A new version of the rules; all versions, the newest first."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            version = await store.publish(tx, text, now, now + timedelta(days=notice_days), by)
            await audit.record(tx, actor=_label(by), action="standing_policy.published", subject=str(version))
            return await store.policies(tx)

    async def policies(self) -> Sequence[PublishedPolicy]:
        """The newest first."""
        async with self._db.operator() as tx:
            return await store.policies(tx)

    # ── decisions ──

    async def decide(self, by: NamedPerson, courier_id: str, new: NewDecision) -> Case:
        """Holds from now on; the courier is told. Raises NotFound, PolicyNotInForce, EndNotAhead."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            if not await store.hold_courier(tx, courier_id):
                raise NotFound("courier", courier_id)
            rules = {one.version: one for one in await store.policies(tx)}
            refusal = policy.check_decision(new, rules.get(new.policy_version), now)
            if refusal:
                raise refusal
            decision = Decision(
                id=new_id("std", now),
                courier_id=courier_id,
                kind=policy.kind_of(new, now),
                ground=new.ground,
                explanation=new.explanation,
                evidence=tuple(new.evidence),
                policy_version=new.policy_version,
                starts_at=now,
                ends_at=None if new.warning else new.ends_at,
                appeal_by=now + self._deadlines.appeal,
                decided_by=by,
            )
            await store.add_decision(tx, decision)
            await self._record(tx, by, f"courier.{decision.kind}", decision, new.explanation)
            await self._tell(tx, courier_id, _NOTICE)
        return Case(decision)

    async def lift(self, by: NamedPerson, decision_id: str, text: str) -> Case:
        """Ends a decision now. Raises NotFound, EndedAlready."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            case = await self._held(tx, decision_id)
            refusal = policy.check_lift(case, now)
            if refusal:
                raise refusal
            return await self._answered(tx, case, Step(StepType.LIFTED, now, text, by), by)

    async def answer(
        self, by: NamedPerson, decision_id: str, outcome: StepType, text: str, ends_at: datetime | None = None
    ) -> Case:
        """The answer to an appeal, by another person than the one who decided.

        Raises NotFound, NothingToAnswer, SecondPersonNeeded, AnswerTooLate, EndNotAhead.
        """
        now = self._clock.now()
        step = Step(outcome, now, text, by, ends_at=ends_at if outcome is StepType.SHORTENED else None)
        async with self._db.operator() as tx:
            case = await self._held(tx, decision_id)
            refusal = policy.check_answer(case, step, by, now)
            if refusal:
                raise refusal
            return await self._answered(tx, case, step, by)

    # ── the courier ──

    async def appeal(self, courier_id: str, decision_id: str, text: str) -> Case:
        """In the courier's own words. Raises NotFound, AppealedAlready, AppealTooLate."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            case = await self._held(tx, decision_id, courier_id)
            refusal = policy.check_appeal(case, now)
            if refusal:
                raise refusal
            due_at = now + self._deadlines.answer(case.decision.kind)
            return await self._stepped(tx, case, Step(StepType.APPEALED, now, text, due_at=due_at))

    async def seen(self, courier_id: str, decision_id: str) -> Case:
        """The courier has the decision before them; kept once. Raises NotFound."""
        async with self._db.operator() as tx:
            case = await self._held(tx, decision_id, courier_id)
            if case.seen_at is not None:
                return case
            return await self._stepped(tx, case, Step(StepType.SEEN, self._clock.now()))

    # ── who reads ──

    async def of_courier(self, courier_id: str) -> Sequence[Case]:
        """Everything ever decided about a courier, the newest first."""
        async with self._db.operator() as tx:
            return await store.of_courier(tx, courier_id)

    async def lately(self) -> Sequence[Case]:
        """The newest decisions about anybody."""
        async with self._db.operator() as tx:
            return await store.lately(tx, _LATELY)

    async def appeals(self) -> Sequence[Case]:
        """Appeals that wait for an answer, also those that waited too long; the most urgent first."""
        async with self._db.operator() as tx:
            return await store.appealed(tx)

    async def closed(self, tx: Tx, market_id: str, now: datetime) -> Mapping[str, str]:
        """Couriers on duty who are offered nothing new, and the limit that says why (`couriers.service.Gate`)."""
        cases = await store.maybe_restricting(tx, market_id, now)
        return dict.fromkeys(policy.restricted(cases, now), policy.RESTRICTED)

    async def _held(self, tx: Tx, decision_id: str, courier_id: str | None = None) -> Case:
        case = await store.case(tx, decision_id, courier_id=courier_id)
        if case is None:
            raise NotFound("decision", decision_id)
        return case

    async def _answered(self, tx: Tx, case: Case, step: Step, by: NamedPerson) -> Case:
        await self._record(tx, by, f"courier.decision_{step.type}", case.decision, step.text)
        await self._tell(tx, case.decision.courier_id, _ANSWERED if case.appeal else _NOTICE)
        return await self._stepped(tx, case, step)

    async def _stepped(self, tx: Tx, case: Case, step: Step) -> Case:
        await store.add_step(tx, case.decision.id, step)
        return Case(case.decision, (*case.steps, step))

    async def _tell(self, tx: Tx, courier_id: str, text: str) -> None:
        await self._notices.send_courier_notice(tx, phone=await store.phone(tx, courier_id), text=text)

    async def _record(self, tx: Tx, by: NamedPerson, action: str, decision: Decision, reason: str) -> None:
        data = {"decision_id": decision.id, "ground": decision.ground.value}
        await audit.record(tx, actor=_label(by), action=action, subject=decision.courier_id, reason=reason, data=data)


def _label(by: NamedPerson) -> str:
    return f"operator:{by.user_id}"
