"""`/v1/courier/identity-check` for the courier, `/v1/operator/identity-checks` for the people who settle them."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from homeward.deliveries.errors import PhotoRefused
from homeward.deliveries.photos import MEDIA_TYPE
from homeward.fleets.couriers.identity import policy
from homeward.fleets.couriers.identity.errors import CheckNotOpen
from homeward.fleets.couriers.identity.model import Answer, Check, Result
from homeward.fleets.couriers.identity.service import IdentityService
from homeward.fleets.couriers.standing.api import person
from homeward.infra.auth import Auth, CourierActor, OperatorActor
from homeward.infra.http import responses
from homeward.kit.clock import Clock
from homeward.kit.problems import NotFound

_MOST_BASE64: Final = 14_000_000

TO_DO: Final = (
    "Please send a picture of your face, or ask for a call or a visit. Until {until} offers come as before; after that "
    "no new ones until you have answered. What you carry is not touched, and a person looks at every answer."
)


class PhotoBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    content_base64: Base64Bytes = Field(max_length=_MOST_BASE64)


class OtherWayBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    way: Literal["call", "visit"]


class SettleBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    result: Result
    note: str = Field("", max_length=2_000)


class MyCheckOut(BaseModel):
    """`what_to_do` is for the courier to read; `offers_paused` says whether new offers wait for the answer."""

    id: str
    asked_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    way: Answer | None
    offers_paused: bool
    what_to_do: str


class MyChecksOut(BaseModel):
    items: list[MyCheckOut]


class AdviceOut(BaseModel):
    """A vendor's opinion. It settles nothing."""

    vendor: str
    likeness: int
    words: str


class CheckOut(BaseModel):
    id: str
    courier_id: str
    doubt: int
    drawn_at: datetime
    asked_at: datetime | None
    answer_by: datetime | None
    answered_at: datetime | None
    way: Answer | None
    advice: AdviceOut | None
    result: Result | None
    note: str
    settled_at: datetime | None
    settled_by: str | None


class SeedOut(BaseModel):
    """HMAC-SHA256 with it of `courier/duty_since/hour`, its first 8 bytes as a share of 2 to the 64th, is the throw."""

    day: date
    seed_hex: str


class ChecksOut(BaseModel):
    items: list[CheckOut]


def my_check_json(check: Check, now: datetime) -> MyCheckOut:
    assert check.asked_at is not None
    assert check.answer_by is not None
    waiting = "Thank you; a person will look at it. You need not do anything more."
    return MyCheckOut(
        id=check.id,
        asked_at=check.asked_at,
        answer_by=check.answer_by,
        answered_at=check.answered_at,
        way=check.way,
        offers_paused=policy.pauses_offers(check, now),
        what_to_do=waiting if check.answered_at else TO_DO.format(until=check.answer_by.isoformat(timespec="minutes")),
    )


def check_json(check: Check) -> CheckOut:
    advice, settled = check.advice, check.settled
    return CheckOut(
        id=check.id,
        courier_id=check.courier_id,
        doubt=check.doubt,
        drawn_at=check.drawn_at,
        asked_at=check.asked_at,
        answer_by=check.answer_by,
        answered_at=check.answered_at,
        way=check.way,
        advice=AdviceOut(vendor=advice.vendor, likeness=advice.likeness, words=advice.words) if advice else None,
        result=settled.result if settled else None,
        note=settled.note if settled else "",
        settled_at=settled.at if settled else None,
        settled_by=settled.by.name if settled else None,
    )


def courier_router(service: IdentityService, auth: Auth, clock: Clock) -> APIRouter:
    api = APIRouter(prefix="/v1/courier/identity-checks", tags=["courier"])
    signed_in = Annotated[CourierActor, Depends(auth.courier())]

    @api.get("", response_model=MyChecksOut)
    async def my_identity_check(actor: signed_in) -> MyChecksOut:
        """The check that waits for you or for a person; at most one."""
        check = await service.open_check(actor.courier_id)
        return MyChecksOut(items=[my_check_json(check, clock.now())] if check else [])

    @api.post("/{check_id}/photo", response_model=MyCheckOut, responses=responses(NotFound, CheckNotOpen, PhotoRefused))
    async def send_identity_photo(check_id: str, body: PhotoBody, actor: signed_in) -> MyCheckOut:
        """For people of the operator alone; forgotten 30 days after one of them has settled the check."""
        return my_check_json(await service.send_photo(actor.courier_id, check_id, body.content_base64), clock.now())

    @api.post("/{check_id}/another-way", response_model=MyCheckOut, responses=responses(NotFound, CheckNotOpen))
    async def ask_for_another_way(check_id: str, body: OtherWayBody, actor: signed_in) -> MyCheckOut:
        """A call or a visit instead of a picture; offers go on at once."""
        return my_check_json(await service.ask_otherwise(actor.courier_id, check_id, Answer(body.way)), clock.now())

    return api


def operator_router(service: IdentityService, auth: Auth) -> APIRouter:
    api = APIRouter(prefix="/v1/operator/identity-checks", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(auth.operator("dispatcher"))]
    admin = Annotated[OperatorActor, Depends(auth.operator("admin"))]

    @api.get("", response_model=ChecksOut)
    async def list_identity_checks(actor: anyone) -> ChecksOut:
        """Asked, and not settled by a person yet; the oldest first."""
        return ChecksOut(items=[check_json(check) for check in await service.to_settle()])

    @api.get("/seeds/{day}", response_model=SeedOut, responses=responses(NotFound))
    async def get_identity_seed(day: date, actor: admin) -> SeedOut:
        """For an auditor: makes the draws of a past day again. Told three days later, when no duty of it lasts."""
        return SeedOut(day=day, seed_hex=(await service.seed(day)).hex())

    @api.get(
        "/{check_id}/photo",
        response_class=Response,
        responses={**responses(NotFound), 200: {"content": {MEDIA_TYPE: {}}}},
    )
    async def get_identity_photo(check_id: str, actor: dispatcher) -> Response:
        """That you looked at it is on record."""
        content = await service.photo(check_id, person(actor))
        return Response(content, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})

    @api.post("/{check_id}/settle", response_model=CheckOut, responses=responses(NotFound, CheckNotOpen))
    async def settle_identity_check(check_id: str, body: SettleBody, actor: dispatcher) -> CheckOut:
        """What you found, under your name. It restricts nobody; that is a decision of its own."""
        return check_json(await service.settle(person(actor), check_id, body.result, body.note))

    return api
