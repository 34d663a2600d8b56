"""Who wants to become a courier: their papers, the check, and the decision, which is a person's."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.fleets.couriers.onboarding.model import Person, State
from homeward.fleets.couriers.onboarding.service import OnboardingService
from homeward.infra.auth import OperatorActor
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.web import forms
from homeward.web.console.application_views import application_view, applications_view
from homeward.web.console.pages import Console
from homeward.web.format import Formats
from homeward.web.shell import go
from homeward.web.stories import formats_of

_LIST: Final = "/console/applications"
_REASON = Annotated[str, Form(max_length=500)]


def router(console: Console, onboarding: OnboardingService) -> APIRouter:
    """Identity papers are not for everybody who answers shoppers' questions: dispatchers and administrators."""
    whole = APIRouter()
    page = _ApplicationPage(console, onboarding)
    for part in (_reading(console, onboarding, page), _deciding(console, onboarding, page)):
        whole.include_router(part)
    return whole


class _ApplicationPage:
    """One application, with what was refused a moment ago."""

    def __init__(self, console: Console, onboarding: OnboardingService) -> None:
        self._console = console
        self._onboarding = onboarding

    async def show(
        self, request: Request, application_id: str, actor: OperatorActor, form: forms.Form, status: int = 200
    ) -> Response:
        console, doors = self._console, self._console.doors
        dossier = await self._onboarding.dossier(application_id)
        market_id = dossier.application.market_id
        market = await doors.coverage.market(market_id) if market_id else None
        formats = formats_of(market) if market else Formats()
        view = application_view(dossier, market.name if market else "–", formats, doors.clock.now(), form)
        return console.page(request, "application.html", view, actor, status=status)

    async def after(
        self, request: Request, application_id: str, actor: OperatorActor, refusal: Problem | None, told: str
    ) -> Response:
        if refusal is not None:
            form = forms.refused_form({"reason": "", "note": ""}, refusal)
            return await self.show(request, application_id, actor, form, refusal.status)
        return go(f"{_LIST}/{application_id}", told)


def _reading(console: Console, onboarding: OnboardingService, page: _ApplicationPage) -> APIRouter:
    routes, doors = console.new_router(), console.doors
    dispatcher = Annotated[OperatorActor, Depends(doors.auth.operator("dispatcher"))]

    @routes.get("/applications")
    async def applications(request: Request, actor: dispatcher, state: str = "") -> Response:
        asked = State(state) if state in list(State) else None
        markets = {market.id: market.name for market in await doors.coverage.markets()}
        found, formats = await onboarding.listed(asked), await console.formats()
        view = applications_view(found, markets, formats, doors.clock.now(), asked.value if asked else "")
        return console.page(request, "applications.html", view, actor)

    @routes.get("/applications/{application_id}")
    async def application(request: Request, application_id: str, actor: dispatcher) -> Response:
        return await page.show(request, application_id, actor, forms.Form())

    @routes.get("/applications/{application_id}/documents/{document_id}")
    async def picture(application_id: str, document_id: str, actor: dispatcher) -> Response:
        content = await onboarding.picture(application_id, document_id, Person(actor.user_id))
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    return routes


def _deciding(console: Console, onboarding: OnboardingService, page: _ApplicationPage) -> APIRouter:
    routes, doors = console.new_router(), console.doors
    dispatcher = Annotated[OperatorActor, Depends(doors.auth.operator("dispatcher"))]
    one = "/applications/{application_id}"

    @routes.post(f"{one}/documents/{{document_id}}")
    async def review(
        request: Request,
        application_id: str,
        document_id: str,
        actor: dispatcher,
        answer: Annotated[Literal["accept", "refuse"], Form()],
        reason: _REASON = "",
    ) -> Response:
        refusal: Problem | None = None
        try:
            if answer == "refuse":
                _require_reason(reason)
            person = Person(actor.user_id)
            await onboarding.review(application_id, document_id, answer == "accept", reason.strip(), person)
        except Problem as problem:
            refusal = problem
        return await page.after(request, application_id, actor, refusal, "document-reviewed")

    @routes.post(f"{one}/check")
    async def record_check(
        request: Request,
        application_id: str,
        actor: dispatcher,
        result: Annotated[Literal["clear", "consider"], Form()],
        note: Annotated[str, Form(max_length=1_000)] = "",
    ) -> Response:
        await onboarding.record_check(application_id, result, note.strip(), Person(actor.user_id))
        return await page.after(request, application_id, actor, None, "check-recorded")

    @routes.post(f"{one}/activate")
    async def activate(request: Request, application_id: str, actor: dispatcher) -> Response:
        try:
            courier_id = await onboarding.activate(application_id, Person(actor.user_id))
        except Problem as problem:
            return await page.after(request, application_id, actor, problem, "")
        return go(f"/console/couriers/{courier_id}", "courier-activated")

    @routes.post(f"{one}/decline")
    async def decline(request: Request, application_id: str, actor: dispatcher, reason: _REASON = "") -> Response:
        refusal: Problem | None = None
        try:
            _require_reason(reason)
            await onboarding.decline(application_id, reason.strip(), Person(actor.user_id))
        except Problem as problem:
            refusal = problem
        return await page.after(request, application_id, actor, refusal, "application-declined")

    return routes


def _require_reason(reason: str) -> None:
    """Raises MalformedRequest: whoever hears a no hears why."""
    if len(reason.strip()) < 3:
        raise MalformedRequest([FieldError("/reason", "missing", "say why; the applicant reads it")])
