"""The way in over HTTP: the applicant's doors, and the operator's."""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from homeward.deliveries.errors import PhotoRefused
from homeward.fleets.couriers.errors import BadPhone, PhoneTaken, WrongCode
from homeward.fleets.couriers.model import VehicleKind
from homeward.fleets.couriers.onboarding import policy
from homeward.fleets.couriers.onboarding.errors import (
    AlreadyACourier,
    DocumentExpired,
    NotAToken,
    NoTextInForce,
    NotReady,
    NotThisStep,
    OtherTextShown,
)
from homeward.fleets.couriers.onboarding.model import (
    AgreementText,
    Application,
    DocumentKind,
    Dossier,
    Particulars,
    Person,
    Shown,
    State,
    TextKind,
    VehicleFacts,
)
from homeward.fleets.couriers.onboarding.service import OnboardingService
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.auth import ApplicantActor, Auth, OperatorActor
from homeward.infra.http import responses
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, TooManyRequests


class ProvePhoneBody(BaseModel):
    phone: str = Field(max_length=40, examples=["+41 79 123 45 67"])


class ApplicantSessionBody(BaseModel):
    phone: str = Field(max_length=40)
    code: str = Field(pattern=r"^\s*\d{6}\s*$")


class ParticularsBody(BaseModel):
    name: str = Field(min_length=1, max_length=120)
    market_id: str = Field(max_length=60)
    vehicle: VehicleKind


class DocumentBody(BaseModel):
    kind: DocumentKind
    expires_on: date
    content_base64: str = Field(max_length=14_000_000, repr=False)


class ConsentBody(BaseModel):
    """`displayed_hash`: SHA-256 in hex of the text as it was on the screen, in UTF-8."""

    version_id: str = Field(max_length=60)
    displayed_hash: str = Field(pattern=r"^[0-9a-f]{64}$")


class VehicleBody(BaseModel):
    plate: str = Field("", max_length=20)
    make: str = Field("", max_length=60)
    colour: str = Field("", max_length=30)


class PayoutBody(BaseModel):
    token: str = Field(max_length=200, repr=False, description="The payment company's name for the account.")


class ReviewBody(BaseModel):
    accepted: bool
    reason: str = Field("", max_length=500)


class CheckBody(BaseModel):
    result: Literal["clear", "consider"]
    note: str = Field("", max_length=1_000)


class DeclineApplicationBody(BaseModel):
    reason: str = Field(min_length=3, max_length=500)


class TextBody(BaseModel):
    kind: TextKind
    market_id: str = Field(max_length=60)
    jurisdiction: str = Field(min_length=2, max_length=20, examples=["US-VT"])
    language: str = Field(min_length=2, max_length=20, examples=["en"])
    text: str = Field(min_length=20, max_length=200_000)
    effective_at: AwareDatetime


class DocumentOut(BaseModel):
    id: str
    kind: DocumentKind
    expires_on: date
    state: str
    reason: str
    reviewed_by: str | None
    sent_at: datetime


class ApplicationOut(BaseModel):
    """`next` says what to do now."""

    id: str
    phone: str
    state: State
    next: str
    market_id: str | None
    name: str
    vehicle: VehicleKind | None
    vehicle_facts: dict[str, Any]
    payout_named: bool
    check_result: str | None
    courier_id: str | None
    decided_by: str | None
    decision_reason: str
    created_at: datetime
    updated_at: datetime


class DossierOut(ApplicationOut):
    documents: list[DocumentOut]
    required: list[DocumentKind]
    consents: list[TextKind]


class ApplicationsOut(BaseModel):
    items: list[ApplicationOut]


class TextOut(BaseModel):
    id: str
    kind: TextKind
    market_id: str
    jurisdiction: str
    language: str
    text: str
    text_hash: str
    effective_at: datetime
    published_at: datetime


class ApplicantSessionOut(BaseModel):
    token: str = Field(repr=False)


class ActivatedOut(BaseModel):
    courier_id: str


def applicant_router(service: OnboardingService, couriers: CouriersService, auth: Auth) -> APIRouter:
    """`/v1/applicant/*`."""
    api = APIRouter(prefix="/v1/applicant", tags=["applicant"])
    _doors(api, service, couriers)
    _papers(api, service, auth)
    _texts(api, service, auth)
    return api


def _doors(api: APIRouter, service: OnboardingService, couriers: CouriersService) -> None:
    @api.post("/login-codes", status_code=202, responses=responses(BadPhone, TooManyRequests))
    async def prove_phone(body: ProvePhoneBody, request: Request) -> dict[str, Any]:
        """Sends a six-digit code by text to whoever wants to become a courier."""
        await couriers.prove_phone(body.phone, _address(request))
        return {}

    @api.post(
        "/sessions",
        status_code=201,
        response_model=ApplicantSessionOut,
        responses=responses(WrongCode, BadPhone, AlreadyACourier),
    )
    async def applicant_session(body: ApplicantSessionBody) -> ApplicantSessionOut:
        """Begins an application, or goes on with it. The session reaches nothing else."""
        return ApplicantSessionOut(token=await service.sign_in(body.phone, body.code))


def _papers(api: APIRouter, service: OnboardingService, auth: Auth) -> None:
    signed_in = Annotated[ApplicantActor, Depends(auth.applicant())]

    @api.get("/application", response_model=DossierOut)
    async def application(actor: signed_in) -> DossierOut:
        """Where it stands, and what to do next."""
        return _dossier(await service.dossier(actor.application_id))

    @api.put("/application", response_model=DossierOut, responses=responses(NotThisStep, NotFound))
    async def say_who(body: ParticularsBody, actor: signed_in) -> DossierOut:
        """Name, market and what you move with."""
        await service.apply(actor.application_id, Particulars(body.name, body.market_id, body.vehicle))
        return _dossier(await service.dossier(actor.application_id))

    @api.post(
        "/documents",
        status_code=201,
        response_model=DossierOut,
        responses=responses(NotThisStep, DocumentExpired, PhotoRefused),
    )
    async def send_document(body: DocumentBody, actor: signed_in) -> DossierOut:
        """A picture of a document; also later, before the one we have ends."""
        content = _decoded(body.content_base64)
        await service.send_document(actor.application_id, body.kind, body.expires_on, content)
        return _dossier(await service.dossier(actor.application_id))

    @api.put("/vehicle", response_model=DossierOut, responses=responses(NotThisStep))
    async def describe_vehicle(body: VehicleBody, actor: signed_in) -> DossierOut:
        """Whatever your kind of vehicle has of these."""
        await service.describe_vehicle(actor.application_id, VehicleFacts(body.plate, body.make, body.colour))
        return _dossier(await service.dossier(actor.application_id))

    @api.put("/payout", response_model=DossierOut, responses=responses(NotThisStep, NotAToken))
    async def name_payout(body: PayoutBody, actor: signed_in) -> DossierOut:
        """Where your pay goes, by the payment company's token. We never want to see a bank or card number."""
        await service.name_payout(actor.application_id, body.token)
        return _dossier(await service.dossier(actor.application_id))


def _texts(api: APIRouter, service: OnboardingService, auth: Auth) -> None:
    signed_in = Annotated[ApplicantActor, Depends(auth.applicant())]

    @api.get("/texts/{kind}", response_model=TextOut, responses=responses(NoTextInForce))
    async def read_text(kind: TextKind, actor: signed_in) -> TextOut:
        """Exact words to read. The notice of the background check stands alone, apart from the agreement."""
        return _text(await service.text(actor.application_id, kind))

    @api.post(
        "/texts/{kind}/consent",
        response_model=DossierOut,
        responses=responses(NotThisStep, OtherTextShown, NoTextInForce),
    )
    async def accept_text(kind: TextKind, body: ConsentBody, request: Request, actor: signed_in) -> DossierOut:
        """Recorded with the time, where it came from, and the hash of what was shown."""
        agent = request.headers.get("user-agent", "")[:400]
        shown = Shown(body.version_id, body.displayed_hash, _address(request), agent)
        await service.consent(actor.application_id, kind, shown)
        return _dossier(await service.dossier(actor.application_id))


def onboarding_router(service: OnboardingService, auth: Auth) -> APIRouter:
    """`/v1/operator/applications` and `/v1/operator/agreements`."""
    api = APIRouter(prefix="/v1/operator", tags=["operator"])
    _reading(api, service, auth)
    _deciding(api, service, auth)
    return api


def _reading(api: APIRouter, service: OnboardingService, auth: Auth) -> None:
    # Identity papers: not for everybody who answers shoppers' questions.
    dispatcher = Annotated[OperatorActor, Depends(auth.operator("dispatcher"))]

    @api.get("/applications", response_model=ApplicationsOut)
    async def list_applications(actor: dispatcher, state: State | None = None) -> ApplicationsOut:
        """The latest changed first, at most 500."""
        return ApplicationsOut(items=[ApplicationOut(**_said(each)) for each in await service.listed(state)])

    @api.get("/applications/{application_id}", response_model=DossierOut, responses=responses(NotFound))
    async def get_application(application_id: str, actor: dispatcher) -> DossierOut:
        """With its documents and consents."""
        return _dossier(await service.dossier(application_id))

    @api.get("/applications/{application_id}/documents/{document_id}", responses=responses(NotFound))
    async def document_picture(application_id: str, document_id: str, actor: dispatcher) -> Response:
        """The picture; who looked is recorded."""
        content = await service.picture(application_id, document_id, _person(actor))
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _deciding(api: APIRouter, service: OnboardingService, auth: Auth) -> None:
    dispatcher = Annotated[OperatorActor, Depends(auth.operator("dispatcher"))]
    admin = Annotated[OperatorActor, Depends(auth.operator("admin"))]
    one = "/applications/{application_id}"

    @api.post(
        f"{one}/documents/{{document_id}}/review",
        response_model=DossierOut,
        responses=responses(NotFound, NotThisStep),
    )
    async def review(application_id: str, document_id: str, body: ReviewBody, actor: dispatcher) -> DossierOut:
        """Accepted papers of an active courier count from now on."""
        await service.review(application_id, document_id, body.accepted, body.reason, _person(actor))
        return _dossier(await service.dossier(application_id))

    @api.post(f"{one}/check", response_model=DossierOut, responses=responses(NotFound))
    async def record_check(application_id: str, body: CheckBody, actor: dispatcher) -> DossierOut:
        """What the background check said, as you have read it."""
        await service.record_check(application_id, body.result, body.note, _person(actor))
        return _dossier(await service.dossier(application_id))

    @api.post(
        f"{one}/activate",
        response_model=ActivatedOut,
        responses=responses(NotFound, NotThisStep, NotReady, PhoneTaken),
    )
    async def activate(application_id: str, actor: dispatcher) -> ActivatedOut:
        """You let this person work, and are recorded for it."""
        return ActivatedOut(courier_id=await service.activate(application_id, _person(actor)))

    @api.post(f"{one}/decline", response_model=DossierOut, responses=responses(NotFound, NotThisStep))
    async def decline(application_id: str, body: DeclineApplicationBody, actor: dispatcher) -> DossierOut:
        """With a reason, which the applicant reads."""
        await service.decline(application_id, body.reason, _person(actor))
        return _dossier(await service.dossier(application_id))

    @api.post("/agreements", status_code=201, response_model=TextOut, responses=responses(NotFound))
    async def publish(body: TextBody, actor: admin) -> TextOut:
        """A new version. Active couriers are asked at once and may work under the old one until it takes effect."""
        return _text(await service.publish(**dict(body), by=_person(actor)))


def _person(actor: OperatorActor) -> Person:
    return Person(actor.user_id)


def _said(application: Application) -> dict[str, Any]:
    values = asdict(application)
    del values["payout_token"], values["check_note"], values["checked_by"]
    payout_named = application.payout_token is not None
    return {**values, "payout_named": payout_named, "next": policy.NEXT[application.state]}


def _dossier(dossier: Dossier) -> DossierOut:
    vehicle = dossier.application.vehicle
    return DossierOut(
        **_said(dossier.application),
        documents=[DocumentOut.model_validate(asdict(document)) for document in dossier.documents],
        required=sorted(policy.required(vehicle)) if vehicle else [],
        consents=sorted(dossier.consents),
    )


def _text(text: AgreementText) -> TextOut:
    return TextOut.model_validate(asdict(text))


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError) as cause:
        wrong = FieldError("/content_base64", "bad-base64", "give the bytes of the picture as base64")
        raise MalformedRequest([wrong]) from cause


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
