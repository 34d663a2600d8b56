"""Becoming a courier, on a telephone: prove the number, then one step after the other. Works without a script."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile

from homeward.fleets.couriers.model import VehicleKind
from homeward.fleets.couriers.onboarding.errors import NoTextInForce
from homeward.fleets.couriers.onboarding.model import (
    SESSION_LENGTH,
    AgreementText,
    DocumentKind,
    Dossier,
    Particulars,
    Shown,
    State,
    TextKind,
    VehicleFacts,
)
from homeward.fleets.couriers.onboarding.service import OnboardingService
from homeward.infra.auth import COOKIES, ApplicantActor
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.web import forms
from homeward.web.courier.apply_views import apply_page
from homeward.web.courier.pages import FACE, CourierApp
from homeward.web.courier.views import DoorView
from homeward.web.shell import go, set_session
from homeward.web.stories import formats_of
from homeward.web.translation import N_

_PAGE: Final = "/courier/apply"
_TEXTS: Final = {State.AGREEMENT: TextKind.AGREEMENT, State.CHECK: TextKind.CHECK_DISCLOSURE}
_TOLD: Final = {"saved": N_("Saved."), "sent": N_("Sent. Somebody will look at it.")}
_LINE = Annotated[str, Form(max_length=200)]


def apply_router(app: CourierApp, onboarding: OnboardingService) -> APIRouter:
    """Routes under `/courier/apply`."""
    whole = APIRouter()
    page = _ApplyPage(app, onboarding)
    for part in (_door_routes(app, onboarding, page), _step_routes(app, onboarding, page)):
        whole.include_router(part)
    return whole


class _ApplyPage:
    """The one page, at whatever step."""

    def __init__(self, app: CourierApp, onboarding: OnboardingService) -> None:
        self._app = app
        self._onboarding = onboarding

    async def show(
        self, request: Request, application_id: str, form: forms.Form, *, told: str = "", status: int = 200
    ) -> Response:
        doors = self._app.doors
        dossier = await self._onboarding.dossier(application_id)
        markets = await doors.coverage.markets()
        market = next((one for one in markets if one.id == dossier.application.market_id), None)
        say = self._app.pages.say(request)
        formats = formats_of(market, say)
        text = await self._text(dossier)
        said = say(_TOLD[told]) if told in _TOLD else None
        view = apply_page(dossier, text, markets, formats, doors.clock.now(), form, said)
        return self._app.pages.page(request, "courier/apply.html", view, status=status, face=FACE.name)

    async def _text(self, dossier: Dossier) -> AgreementText | None:
        """What is to be read now; None while the operator has not written it."""
        kind = _TEXTS.get(dossier.application.state)
        if kind is None:
            return None
        try:
            return await self._onboarding.text(dossier.application.id, kind)
        except NoTextInForce:
            return None


def _door_routes(app: CourierApp, onboarding: OnboardingService, page: _ApplyPage) -> APIRouter:
    routes, doors = app.new_router(), app.doors

    def door(request: Request, step: str, phone: str, form: forms.Form, status: int = 200) -> Response:
        say = app.pages.say(request)
        heading = say("Become a courier") if step == "phone" else say("Enter the code")
        view = DoorView(say(FACE.title), FACE.mark, heading, step, phone, form, doors.demo)
        return app.pages.page(request, "courier/apply_door.html", view, status=status, face=FACE.name)

    @routes.get("/apply")
    async def apply(request: Request, told: str = "") -> Response:
        actor = await doors.auth.find_applicant(request.cookies.get(COOKIES["applicant"]))
        if actor is None:
            return door(request, "phone", "", forms.Form())
        return await page.show(request, actor.application_id, forms.Form(), told=told)

    @routes.post("/apply/phone")
    async def prove_phone(request: Request, phone: Annotated[str, Form(max_length=40)]) -> Response:
        try:
            await doors.couriers.prove_phone(phone, request.client.host if request.client else "")
        except Problem as problem:
            form = forms.refused_form({"phone": phone}, problem, say=app.pages.say(request))
            return door(request, "phone", "", form, problem.status)
        return door(request, "code", phone, forms.Form())

    @routes.post("/apply/code")
    async def enter_code(
        request: Request,
        phone: Annotated[str, Form(max_length=40)],
        code: Annotated[str, Form(max_length=12)],
    ) -> Response:
        try:
            token = await onboarding.sign_in(phone, "".join(code.split()))
        except Problem as problem:
            form = forms.refused_form({"code": code}, problem, say=app.pages.say(request))
            return door(request, "code", phone, form, problem.status)
        response = go(_PAGE)
        set_session(response, request, COOKIES["applicant"], token, SESSION_LENGTH)
        return response

    @routes.post("/apply/leave")
    async def leave(request: Request) -> Response:
        token = request.cookies.get(COOKIES["applicant"])
        if token:
            await doors.auth.close_session(token)
        response = go(_PAGE)
        response.delete_cookie(COOKIES["applicant"], path="/")
        return response

    return routes


def _step_routes(app: CourierApp, onboarding: OnboardingService, page: _ApplyPage) -> APIRouter:
    routes, doors = app.new_router(), app.doors
    applicant = Annotated[ApplicantActor, Depends(doors.auth.applicant())]

    async def refused(request: Request, actor: ApplicantActor, typed: dict[str, str], problem: Problem) -> Response:
        form = forms.refused_form(typed, problem, say=app.pages.say(request))
        return await page.show(request, actor.application_id, form, status=problem.status)

    @routes.post("/apply/who")
    async def say_who(
        request: Request, actor: applicant, name: _LINE = "", market_id: _LINE = "", vehicle: _LINE = ""
    ) -> Response:
        try:
            await onboarding.apply(actor.application_id, _particulars(name, market_id, vehicle))
        except Problem as problem:
            typed = {"name": name, "market_id": market_id, "vehicle": vehicle}
            return await refused(request, actor, typed, problem)
        return go(_PAGE, "saved")

    @routes.post("/apply/documents/{kind}")
    async def send_document(
        request: Request,
        kind: DocumentKind,
        actor: applicant,
        expires_on: _LINE = "",
        picture: Annotated[UploadFile | None, File()] = None,
    ) -> Response:
        try:
            content = await picture.read() if picture is not None else b""
            await onboarding.send_document(actor.application_id, kind, _day(expires_on, content), content)
        except Problem as problem:
            return await refused(request, actor, {}, problem)
        return go(_PAGE, "sent")

    @routes.post("/apply/texts/{kind}")
    async def consent(
        request: Request, kind: TextKind, actor: applicant, version_id: _LINE = "", displayed_hash: _LINE = ""
    ) -> Response:
        agent = request.headers.get("user-agent", "")[:400]
        shown = Shown(version_id, displayed_hash, request.client.host if request.client else "", agent)
        try:
            await onboarding.consent(actor.application_id, kind, shown)
        except Problem as problem:
            return await refused(request, actor, {}, problem)
        return go(_PAGE, "saved")

    @routes.post("/apply/vehicle")
    async def describe_vehicle(
        request: Request,
        actor: applicant,
        plate: Annotated[str, Form(max_length=20)] = "",
        make: Annotated[str, Form(max_length=60)] = "",
        colour: Annotated[str, Form(max_length=30)] = "",
    ) -> Response:
        try:
            await onboarding.describe_vehicle(actor.application_id, VehicleFacts(plate.strip(), make.strip(), colour))
        except Problem as problem:
            return await refused(request, actor, {"plate": plate, "make": make, "colour": colour}, problem)
        return go(_PAGE, "saved")

    @routes.post("/apply/payout")
    async def name_payout(request: Request, actor: applicant, token: _LINE = "") -> Response:
        try:
            await onboarding.name_payout(actor.application_id, token.strip())
        except Problem as problem:
            # What may be an account number is not written back onto the page.
            return await refused(request, actor, {}, problem)
        return go(_PAGE, "saved")

    return routes


def _particulars(name: str, market_id: str, vehicle: str) -> Particulars:
    """Raises MalformedRequest with every wrong field."""
    wrong = []
    if not 1 <= len(name.strip()) <= 120:
        wrong.append(FieldError("/name", "missing", "say your name, as your papers have it"))
    if vehicle not in list(VehicleKind):
        wrong.append(FieldError("/vehicle", "unknown", "choose what you move with"))
    if wrong:
        raise MalformedRequest(wrong)
    return Particulars(name.strip(), market_id, VehicleKind(vehicle))


def _day(typed: str, content: bytes) -> date:
    """Raises MalformedRequest; a picture has to be there, too."""
    wrong: list[FieldError] = []
    expires_on: Any = None
    try:
        expires_on = date.fromisoformat(typed)
    except ValueError:
        wrong.append(FieldError("/expires_on", "invalid", "say until when the document is valid"))
    if not content:
        wrong.append(FieldError("/picture", "missing", "take a picture of the document"))
    if wrong:
        raise MalformedRequest(wrong)
    return date(expires_on.year, expires_on.month, expires_on.day)
