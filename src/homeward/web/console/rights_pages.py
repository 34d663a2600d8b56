"""What waits for a person: appeals, identity checks, scores of positions; and one courier's standing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.fleets.couriers.identity.model import Check, Result
from homeward.fleets.couriers.identity.service import IdentityService
from homeward.fleets.couriers.standing.api import person
from homeward.fleets.couriers.standing.model import EvidenceKind, EvidenceRef, Ground, NewDecision, StepType
from homeward.fleets.couriers.standing.service import StandingService
from homeward.fleets.couriers.traces.model import Score, Verdict
from homeward.fleets.couriers.traces.service import TracesService
from homeward.infra.auth import OperatorActor
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.web import forms
from homeward.web.console.pages import Console
from homeward.web.courier.rights_views import CaseItem, case_item, ground_words
from homeward.web.format import Formats
from homeward.web.shell import go
from homeward.web.stories import formats_of

_REVIEWS = "/console/reviews"
_PREFIXES = {
    "dlv": EvidenceKind.DELIVERY,
    "pos": EvidenceKind.POSITION_SCORE,
    "idc": EvidenceKind.IDENTITY_CHECK,
    "clm": EvidenceKind.CLAIM,
}


@dataclass(frozen=True, slots=True)
class CheckRow:
    id: str
    courier_id: str
    courier: str
    asked: str
    answered: str
    picture: bool


@dataclass(frozen=True, slots=True)
class ScoreRow:
    id: str
    courier_id: str
    courier: str
    day: str
    score: int
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewsView:
    appeals: tuple[tuple[str, CaseItem], ...]
    checks: tuple[CheckRow, ...]
    scores: tuple[ScoreRow, ...]
    problem: str | None
    may_change: bool


@dataclass(frozen=True, slots=True)
class StandingView:
    courier_id: str
    name: str
    cases: tuple[CaseItem, ...]
    grounds: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, str], ...]
    form: forms.Form
    may_change: bool


def rights_router(
    console: Console, standing: StandingService, identity: IdentityService, traces: TracesService
) -> APIRouter:
    """Every form here is sent in the name of whoever is signed in."""
    whole = APIRouter()
    whole.include_router(_reviews(console, standing, identity, traces))
    whole.include_router(_standing(console, standing))
    return whole


def _reviews(
    console: Console, standing: StandingService, identity: IdentityService, traces: TracesService
) -> APIRouter:
    routes, doors = console.new_router(), console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(doors.auth.operator("dispatcher"))]

    async def page(request: Request, actor: OperatorActor, problem: Problem | None = None) -> Response:
        market, now = await console.market(""), doors.clock.now()
        formats = formats_of(market) if market else Formats()
        names = {courier.id: courier.name for courier in await doors.couriers.list()}
        appeals = await standing.appeals()
        view = ReviewsView(
            appeals=tuple((names[one.decision.courier_id], case_item(one, formats, now)) for one in appeals),
            checks=tuple(_check_row(one, names, formats, now) for one in await identity.to_settle()),
            scores=tuple(_score_row(one, formats) for one in await traces.to_review()),
            problem=problem.title if problem else None,
            may_change=actor.role != "support",
        )
        return console.page(request, "reviews.html", view, actor, status=problem.status if problem else 200)

    @routes.get("/reviews")
    async def reviews(request: Request, actor: signed_in) -> Response:
        return await page(request, actor)

    @routes.post("/reviews/appeals/{decision_id}")
    async def answer(
        request: Request,
        decision_id: str,
        actor: dispatcher,
        outcome: Annotated[str, Form(pattern="^(upheld|lifted)$")],
        text: Annotated[str, Form(min_length=1, max_length=4_000)],
    ) -> Response:
        try:
            await standing.answer(person(actor), decision_id, StepType(outcome), text)
        except Problem as problem:
            return await page(request, actor, problem)
        return go(_REVIEWS, "settled")

    @routes.post("/reviews/checks/{check_id}")
    async def settle(
        request: Request,
        check_id: str,
        actor: dispatcher,
        result: Annotated[Result, Form()],
        note: Annotated[str, Form(max_length=2_000)] = "",
    ) -> Response:
        try:
            await identity.settle(person(actor), check_id, result, note)
        except Problem as problem:
            return await page(request, actor, problem)
        return go(_REVIEWS, "settled")

    @routes.post("/reviews/scores/{score_id}")
    async def review(
        request: Request,
        score_id: str,
        actor: dispatcher,
        verdict: Annotated[Verdict, Form()],
        note: Annotated[str, Form(max_length=2_000)] = "",
    ) -> Response:
        try:
            await traces.review(person(actor), score_id, verdict, note)
        except Problem as problem:
            return await page(request, actor, problem)
        return go(_REVIEWS, "settled")

    return routes


def _standing(console: Console, standing: StandingService) -> APIRouter:
    routes, doors = console.new_router(), console.doors
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(doors.auth.operator("dispatcher"))]

    async def page(
        request: Request, courier_id: str, actor: OperatorActor, form: forms.Form, status: int = 200
    ) -> Response:
        courier, now = await doors.couriers.get(courier_id), doors.clock.now()
        formats = formats_of(await doors.coverage.market(courier.market_id))
        rules = [one for one in await standing.policies() if one.in_force_from <= now]
        view = StandingView(
            courier_id=courier_id,
            name=courier.name,
            cases=tuple(case_item(case, formats, now) for case in await standing.of_courier(courier_id)),
            grounds=tuple((ground.value, ground_words(ground.value)) for ground in Ground),
            rules=tuple((str(one.version), f"Version {one.version}") for one in rules),
            form=form,
            may_change=actor.role != "support",
        )
        return console.page(request, "standing.html", view, actor, status=status)

    @routes.get("/couriers/{courier_id}/standing")
    async def courier_standing(request: Request, courier_id: str, actor: signed_in) -> Response:
        return await page(request, courier_id, actor, forms.Form())

    @routes.post("/couriers/{courier_id}/standing")
    async def decide(request: Request, courier_id: str, actor: dispatcher) -> Response:
        values = {name: str(value) for name, value in (await request.form()).items()}
        try:
            await standing.decide(person(actor), courier_id, asked_decision(values, doors.clock.now()))
        except Problem as refusal:
            return await page(request, courier_id, actor, forms.refused_form(values, refusal), refusal.status)
        return go(f"/console/couriers/{courier_id}/standing", "settled")

    @routes.post("/standing/{decision_id}/lift")
    async def lift(
        request: Request, decision_id: str, actor: dispatcher, courier_id: Annotated[str, Form(max_length=80)]
    ) -> Response:
        try:
            await standing.lift(person(actor), decision_id, "Lifted in the console.")
        except Problem as refusal:
            return await page(request, courier_id, actor, forms.refused_form({}, refusal), refusal.status)
        return go(f"/console/couriers/{courier_id}/standing", "settled")

    return routes


def asked_decision(values: Mapping[str, str], now: datetime) -> NewDecision:
    """From the form. Raises MalformedRequest with every wrong field."""
    wrong, hours = [], values.get("hours", "").strip()
    explanation, evidence = values.get("explanation", "").strip(), values.get("evidence", "").split()
    if values.get("ground") not in Ground._value2member_map_:
        wrong.append(FieldError("/ground", "unknown", "choose one of the list"))
    if not explanation:
        wrong.append(FieldError("/explanation", "missing", "say what happened; the courier reads it"))
    if not evidence:
        wrong.append(FieldError("/evidence", "missing", "name at least one delivery, score, check or claim"))
    if not values.get("policy_version", "").isdecimal():
        wrong.append(FieldError("/policy_version", "missing", "publish rules first, and wait until they are in force"))
    if hours and not (hours.isdecimal() and 1 <= int(hours) <= 8_760):
        wrong.append(FieldError("/hours", "out-of-range", "give hours from 1 to 8760, or nothing"))
    if wrong:
        raise MalformedRequest(wrong)
    return NewDecision(
        warning=values.get("kind") == "warning",
        ground=Ground(values["ground"]),
        explanation=explanation[:4_000],
        evidence=[EvidenceRef(_PREFIXES.get(one[:3], EvidenceKind.DOCUMENT), one[:80]) for one in evidence[:50]],
        policy_version=int(values["policy_version"][:6]),
        ends_at=now + timedelta(hours=int(hours)) if hours else None,
    )


def _check_row(check: Check, names: Mapping[str, str], formats: Formats, now: datetime) -> CheckRow:
    asked = formats.moment(check.asked_at, now).text if check.asked_at else ""
    answered = ground_words(check.way.value) if check.way else "no answer yet"
    return CheckRow(check.id, check.courier_id, names[check.courier_id], asked, answered, check.way == "photo")


def _score_row(score: Score, formats: Formats) -> ScoreRow:
    sentences = tuple(
        f"{one.sentence}{f' ({one.times} times)' if one.times > 1 else ''}: {one.points} points"
        for one in score.findings
    )
    return ScoreRow(score.id, score.courier_id, score.courier_name, formats.date(score.since), score.score, sentences)
