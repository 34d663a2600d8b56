"""How long decisions hold, who may answer an appeal and until when. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeward.fleets.couriers.model import NamedPerson
from homeward.fleets.couriers.standing.errors import (
    AnswerTooLate,
    AppealedAlready,
    AppealTooLate,
    EndedAlready,
    EndNotAhead,
    NothingToAnswer,
    PolicyNotInForce,
    SecondPersonNeeded,
)
from homeward.fleets.couriers.standing.model import (
    DEACTIVATION_AFTER,
    Case,
    Kind,
    NewDecision,
    PublishedPolicy,
    Step,
    StepType,
)
from homeward.kit.problems import Problem

RESTRICTED: Final = "restricted"
"""The limit that the explanation of a dispatch decision names."""

NOTICE_DAYS: Final = 30
"""How long rules are public before anybody is judged by them. Source: Colorado SB24-075."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """A short restriction is over before a long deadline, so its answer comes within a day.

    Source for a reviewed answer by a person, and for two weeks at most: EU 2024/2831, article 11.
    """

    appeal: timedelta = timedelta(days=30)
    answer_warning: timedelta = timedelta(days=14)
    answer_restriction: timedelta = timedelta(days=1)
    answer_deactivation: timedelta = timedelta(days=7)

    def answer(self, kind: Kind) -> timedelta:
        return {
            Kind.WARNING: self.answer_warning,
            Kind.RESTRICTION: self.answer_restriction,
            Kind.DEACTIVATION: self.answer_deactivation,
        }[kind]


DEADLINES: Final = Deadlines()


def kind_of(new: NewDecision, now: datetime) -> Kind:
    """By its length alone: nobody can deactivate a courier and call it something milder."""
    if new.warning:
        return Kind.WARNING
    long = new.ends_at is None or new.ends_at - now > DEACTIVATION_AFTER
    return Kind.DEACTIVATION if long else Kind.RESTRICTION


def check_decision(new: NewDecision, rules: PublishedPolicy | None, now: datetime) -> Problem | None:
    if rules is None or rules.in_force_from > now:
        return PolicyNotInForce(new.policy_version, rules.in_force_from if rules else None)
    if new.ends_at is not None and new.ends_at <= now:
        return EndNotAhead(new.ends_at)
    return None


# ── what holds now ──


def ends_at(case: Case, now: datetime) -> datetime | None:
    """The end as it stands after all steps; None while nobody has set one. Warnings end when they are lifted."""
    end = case.decision.ends_at
    for step in case.steps:
        if step.type is StepType.LIFTED:
            return min(step.at, end) if end else step.at
        if step.type is StepType.SHORTENED and step.ends_at is not None:
            end = min(step.ends_at, end) if end else step.ends_at
    late = overdue_since(case, now)
    if late is not None:
        return min(late, end) if end else late
    return end


def overdue_since(case: Case, now: datetime) -> datetime | None:
    """When an appeal should have been answered and was not: since then the decision holds no more.

    It needs nobody to act and no loop to run, because it can only ever be in the courier's favour.
    """
    appeal, answer = case.appeal, case.answer
    if appeal is None or appeal.due_at is None or now < appeal.due_at:
        return None
    return appeal.due_at if answer is None or answer.at >= appeal.due_at else None


def in_force(case: Case, now: datetime) -> bool:
    end = ends_at(case, now)
    return end is None or now < end


def keeps_offers_away(case: Case, now: datetime) -> bool:
    return case.decision.kind is not Kind.WARNING and in_force(case, now)


def restricted(cases: Iterable[Case], now: datetime) -> frozenset[str]:
    """Couriers who are offered nothing new; what they carry is theirs to finish."""
    return frozenset(case.decision.courier_id for case in cases if keeps_offers_away(case, now))


def waits_for_answer(case: Case) -> bool:
    return case.appeal is not None and case.answer is None


# ── appeals ──


def check_appeal(case: Case, now: datetime) -> Problem | None:
    if case.appeal is not None:
        return AppealedAlready(case.decision.id)
    return AppealTooLate(case.decision.appeal_by) if now > case.decision.appeal_by else None


def check_answer(case: Case, step: Step, by: NamedPerson, now: datetime) -> Problem | None:
    """An answer can end or shorten a decision or leave it as it is; nothing makes it harder."""
    appeal = case.appeal
    if appeal is None or not waits_for_answer(case):
        return NothingToAnswer(case.decision.id)
    if by.user_id == case.decision.decided_by.user_id:
        return SecondPersonNeeded(case.decision.decided_by.name)
    if appeal.due_at is not None and now >= appeal.due_at and step.type is not StepType.LIFTED:
        return AnswerTooLate(appeal.due_at)
    if step.type is StepType.SHORTENED:
        end = case.decision.ends_at
        if step.ends_at is None or step.ends_at <= now or (end is not None and step.ends_at >= end):
            return EndNotAhead(step.ends_at or now)
    return None


def check_lift(case: Case, now: datetime) -> Problem | None:
    """Whoever sees that a decision was wrong may end it, also the one who made it, with or without an appeal."""
    return None if in_force(case, now) else EndedAlready(case.decision.id)
