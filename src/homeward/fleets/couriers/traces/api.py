"""`/v1/operator/position-scores` for review, `/v1/courier/position-scores` for the courier they are about."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from homeward.fleets.couriers.standing.api import person
from homeward.fleets.couriers.traces.errors import ReviewedAlready
from homeward.fleets.couriers.traces.model import Rule, Score, Verdict
from homeward.fleets.couriers.traces.service import TracesService
from homeward.infra.auth import Auth, CourierActor, OperatorActor
from homeward.infra.http import responses
from homeward.kit.problems import NotFound


class ReviewBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    note: str = Field("", max_length=2_000)


class FindingOut(BaseModel):
    """The worst case of one rule, in figures and in words."""

    rule: Rule
    value: float
    allowed: float
    at: datetime
    times: int
    points: int
    subject: str | None
    sentence: str


class ReviewOut(BaseModel):
    verdict: Verdict
    note: str
    at: datetime
    by: str


class ScoreOut(BaseModel):
    """0 to 100; what a person makes of it is the `review`. It has no effect by itself."""

    id: str
    courier_id: str
    since: datetime
    until: datetime
    fixes: int
    score: int
    findings: list[FindingOut]
    rules: str
    review: ReviewOut | None


class ScoresOut(BaseModel):
    items: list[ScoreOut]


def score_json(score: Score, *, name_others: bool = True) -> ScoreOut:
    """Without `name_others` as the courier sees it: that there was another is told, who it was is not."""
    review = score.review
    return ScoreOut(
        id=score.id,
        courier_id=score.courier_id,
        since=score.since,
        until=score.until,
        fixes=score.fixes,
        score=score.score,
        findings=[
            FindingOut(
                rule=one.rule,
                value=one.value,
                allowed=one.allowed,
                at=one.at,
                times=one.times,
                points=one.points,
                subject=one.subject if name_others or one.rule is not Rule.SHARED_TRACE else None,
                sentence=one.sentence,
            )
            for one in score.findings
        ],
        rules=score.rules,
        review=ReviewOut(verdict=review.verdict, note=review.note, at=review.at, by=review.by.name) if review else None,
    )


def courier_router(service: TracesService, auth: Auth) -> APIRouter:
    """A courier sees what is computed about them."""
    api = APIRouter(prefix="/v1/courier", tags=["courier"])
    signed_in = Annotated[CourierActor, Depends(auth.courier())]

    @api.get("/position-scores", response_model=ScoresOut)
    async def my_position_scores(actor: signed_in) -> ScoresOut:
        """How believable your positions looked to the rules, with every finding; only people decide anything by it."""
        found = await service.of_courier(actor.courier_id)
        return ScoresOut(items=[score_json(one, name_others=False) for one in found])

    return api


def operator_router(service: TracesService, auth: Auth) -> APIRouter:
    api = APIRouter(prefix="/v1/operator", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(auth.operator("dispatcher"))]

    @api.get("/position-scores", response_model=ScoresOut)
    async def list_position_scores(actor: anyone) -> ScoresOut:
        """Scores worth a look that nobody has reviewed, the highest first."""
        return ScoresOut(items=[score_json(one) for one in await service.to_review()])

    @api.get("/couriers/{courier_id}/position-scores", response_model=ScoresOut)
    async def list_courier_position_scores(courier_id: str, actor: anyone) -> ScoresOut:
        """The newest first."""
        return ScoresOut(items=[score_json(one) for one in await service.of_courier(courier_id)])

    @api.post(
        "/position-scores/{score_id}/review",
        response_model=ScoreOut,
        responses=responses(NotFound, ReviewedAlready),
    )
    async def review_position_score(score_id: str, body: ReviewBody, actor: dispatcher) -> ScoreOut:
        """Keeps your verdict under your name. It restricts nobody; that is a decision of its own."""
        return score_json(await service.review(person(actor), score_id, body.verdict, body.note))

    return api
