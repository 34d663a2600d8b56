"""`/v1/operator/…/standing` for the operator's people, `/v1/courier/standing` for the courier it is about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from homeward.fleets.couriers.model import NamedPerson
from homeward.fleets.couriers.standing import policy
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
    Case,
    EvidenceKind,
    EvidenceRef,
    Ground,
    Kind,
    NewDecision,
    PublishedPolicy,
    StepType,
)
from homeward.fleets.couriers.standing.service import StandingService
from homeward.infra.auth import Auth, CourierActor, OperatorActor
from homeward.infra.http import responses
from homeward.kit.clock import Clock
from homeward.kit.problems import NotFound

_Words = Annotated[str, StringConstraints(min_length=1, max_length=4_000, strip_whitespace=True)]


class EvidenceBody(BaseModel):
    """Where it can be seen, and what is to be seen there; the courier reads both."""

    model_config = ConfigDict(extra="forbid")

    kind: EvidenceKind
    id: str = Field(min_length=1, max_length=80, examples=["dlv_01k9..."])
    note: str = Field("", max_length=500)


class PolicyBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(min_length=1, max_length=100_000, strip_whitespace=True)]
    notice_days: int = Field(
        policy.NOTICE_DAYS, ge=0, le=365, description="how long it is public before anybody is judged by it"
    )


class DecisionBody(BaseModel):
    """A restriction over 72 hours, or without an end, is a deactivation."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["warning", "restriction"]
    ground: Ground
    explanation: _Words
    evidence: list[EvidenceBody] = Field(min_length=1, max_length=50)
    policy_version: int = Field(ge=1, le=1_000_000)
    ends_at: AwareDatetime | None = None


class AnswerBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: Literal["upheld", "shortened", "lifted"]
    text: _Words
    ends_at: AwareDatetime | None = Field(None, description="the nearer end, if shortened")


class WordsBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: _Words


class EvidenceOut(BaseModel):
    kind: EvidenceKind
    id: str
    note: str


class StepOut(BaseModel):
    """What followed. `by` is the person's name; the courier's own steps have none."""

    type: StepType
    at: datetime
    text: str
    by: str | None
    due_at: datetime | None
    ends_at: datetime | None


class DecisionOut(BaseModel):
    """`in_force` and `ends_at` are as things stand now, after all steps and missed deadlines."""

    id: str
    courier_id: str
    kind: Kind
    ground: Ground
    explanation: str
    evidence: list[EvidenceOut]
    policy_version: int
    starts_at: datetime
    ends_at: datetime | None
    in_force: bool
    decided_by: str
    appeal_by: datetime
    answer_due_at: datetime | None
    answer_overdue: bool
    steps: list[StepOut]


class DecisionsOut(BaseModel):
    items: list[DecisionOut]


class PolicyOut(BaseModel):
    version: int
    text: str
    published_at: datetime
    in_force_from: datetime
    published_by: str


class PoliciesOut(BaseModel):
    items: list[PolicyOut]


def person(actor: OperatorActor) -> NamedPerson:
    """Whoever is signed in answers for it."""
    return NamedPerson(actor.user_id, actor.name)


def case_json(case: Case, now: datetime) -> DecisionOut:
    decision, appeal = case.decision, case.appeal
    return DecisionOut(
        id=decision.id,
        courier_id=decision.courier_id,
        kind=decision.kind,
        ground=decision.ground,
        explanation=decision.explanation,
        evidence=[EvidenceOut(kind=one.kind, id=one.id, note=one.note) for one in decision.evidence],
        policy_version=decision.policy_version,
        starts_at=decision.starts_at,
        ends_at=policy.ends_at(case, now),
        in_force=policy.in_force(case, now),
        decided_by=decision.decided_by.name,
        appeal_by=decision.appeal_by,
        answer_due_at=appeal.due_at if appeal and policy.waits_for_answer(case) else None,
        answer_overdue=policy.overdue_since(case, now) is not None,
        steps=[
            StepOut(
                type=step.type,
                at=step.at,
                text=step.text,
                by=step.by.name if step.by else None,
                due_at=step.due_at,
                ends_at=step.ends_at,
            )
            for step in case.steps
        ],
    )


def _policies(found: Sequence[PublishedPolicy]) -> PoliciesOut:
    return PoliciesOut(
        items=[
            PolicyOut(
                version=one.version,
                text=one.text,
                published_at=one.published_at,
                in_force_from=one.in_force_from,
                published_by=one.published_by.name,
            )
            for one in found
        ]
    )


def courier_router(service: StandingService, auth: Auth, clock: Clock) -> APIRouter:
    """What has been decided about the signed-in courier; nothing here can be changed but by appealing."""
    api = APIRouter(prefix="/v1/courier", tags=["courier"])
    signed_in = Annotated[CourierActor, Depends(auth.courier())]

    @api.get("/standing", response_model=DecisionsOut)
    async def my_standing(actor: signed_in) -> DecisionsOut:
        """Every decision about you, with reason, evidence, who made it, and until when you may appeal."""
        now = clock.now()
        return DecisionsOut(items=[case_json(case, now) for case in await service.of_courier(actor.courier_id)])

    @api.get("/standing-policies", response_model=PoliciesOut)
    async def published_rules(actor: signed_in) -> PoliciesOut:
        """All versions of the rules that decisions may rest on, the newest first."""
        return _policies(await service.policies())

    @api.post("/standing/{decision_id}/seen", response_model=DecisionOut, responses=responses(NotFound))
    async def i_have_seen_it(decision_id: str, actor: signed_in) -> DecisionOut:
        """Keeps when you first had the decision before you."""
        return case_json(await service.seen(actor.courier_id, decision_id), clock.now())

    @api.post(
        "/standing/{decision_id}/appeal",
        status_code=201,
        response_model=DecisionOut,
        responses=responses(NotFound, AppealedAlready, AppealTooLate),
    )
    async def appeal(decision_id: str, body: WordsBody, actor: signed_in) -> DecisionOut:
        """Another person than the one who decided must answer by `answer_due_at`; if nobody does, it ends then."""
        return case_json(await service.appeal(actor.courier_id, decision_id, body.text), clock.now())

    return api


def operator_router(service: StandingService, auth: Auth, clock: Clock) -> APIRouter:
    """Every change is made by the person who is signed in, under their name."""
    api = APIRouter(prefix="/v1/operator", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(auth.operator("dispatcher"))]
    admin = Annotated[OperatorActor, Depends(auth.operator("admin"))]

    @api.get("/standing-policies", response_model=PoliciesOut)
    async def list_standing_policies(actor: anyone) -> PoliciesOut:
        """All versions, the newest first."""
        return _policies(await service.policies())

    @api.post("/standing-policies", status_code=201, response_model=PoliciesOut)
    async def publish_standing_policy(body: PolicyBody, actor: admin) -> PoliciesOut:
        """Couriers can read it at once; decisions may rest on it after the notice."""
        return _policies(await service.publish(person(actor), body.text, body.notice_days))

    @api.get("/couriers/{courier_id}/standing", response_model=DecisionsOut)
    async def list_courier_standing(courier_id: str, actor: anyone) -> DecisionsOut:
        """Everything ever decided about a courier, the newest first."""
        now = clock.now()
        return DecisionsOut(items=[case_json(case, now) for case in await service.of_courier(courier_id)])

    @api.post(
        "/couriers/{courier_id}/standing",
        status_code=201,
        response_model=DecisionOut,
        responses=responses(NotFound, PolicyNotInForce, EndNotAhead),
    )
    async def decide_courier_standing(courier_id: str, body: DecisionBody, actor: dispatcher) -> DecisionOut:
        """Warns or restricts a courier in your name. What they carry stays theirs to finish."""
        new = NewDecision(
            warning=body.kind == "warning",
            ground=body.ground,
            explanation=body.explanation,
            evidence=[EvidenceRef(one.kind, one.id, one.note) for one in body.evidence],
            policy_version=body.policy_version,
            ends_at=body.ends_at,
        )
        return case_json(await service.decide(person(actor), courier_id, new), clock.now())

    @api.get("/appeals", response_model=DecisionsOut)
    async def list_appeals(actor: anyone) -> DecisionsOut:
        """Appeals that wait for an answer, the most urgent first."""
        now = clock.now()
        return DecisionsOut(items=[case_json(case, now) for case in await service.appeals()])

    @api.post(
        "/standing/{decision_id}/answer",
        response_model=DecisionOut,
        responses=responses(NotFound, NothingToAnswer, SecondPersonNeeded, AnswerTooLate, EndNotAhead),
    )
    async def answer_appeal(decision_id: str, body: AnswerBody, actor: dispatcher) -> DecisionOut:
        """Upholds, shortens or lifts a decision that somebody else made."""
        outcome = StepType(body.outcome)
        case = await service.answer(person(actor), decision_id, outcome, body.text, body.ends_at)
        return case_json(case, clock.now())

    @api.post("/standing/{decision_id}/lift", response_model=DecisionOut, responses=responses(NotFound, EndedAlready))
    async def lift_decision(decision_id: str, body: WordsBody, actor: dispatcher) -> DecisionOut:
        """Ends a decision now, with or without an appeal."""
        return case_json(await service.lift(person(actor), decision_id, body.text), clock.now())

    return api
