"""The courier app's sign-in, duty and positions; the operator's list of couriers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from homeward.fleets.couriers.errors import (
    BadPhone,
    PhoneTaken,
    ShiftAlreadyOver,
    ShiftTooLong,
    UnknownMarket,
    WrongCode,
)
from homeward.fleets.couriers.model import Courier, Engagement, Fix, NewCourier, VehicleKind
from homeward.fleets.couriers.service import SESSION_LENGTH, CouriersService
from homeward.infra.auth import COOKIES, Auth, CourierActor, OperatorActor
from homeward.infra.http import responses
from homeward.kit.clock import Clock
from homeward.kit.places import LatLon
from homeward.kit.problems import TooManyRequests

MAX_FIXES = 500


class PlaceBody(BaseModel):
    """WGS 84 degrees."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class LoginCodeBody(BaseModel):
    phone: str = Field(max_length=40, examples=["+41 79 123 45 67"])


class SessionBody(BaseModel):
    phone: str = Field(max_length=40)
    code: str = Field(pattern=r"^\s*\d{6}\s*$")


class DutyBody(BaseModel):
    on: bool
    shift_ends: AwareDatetime | None = None
    place: PlaceBody | None = None


class FixBody(BaseModel):
    """One position; `at` is when the phone measured it."""

    at: AwareDatetime
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    accuracy_m: int | None = Field(None, ge=0, le=100_000)
    heading: int | None = Field(None, ge=0, le=360)


class PositionsBody(BaseModel):
    fixes: list[FixBody] = Field(max_length=MAX_FIXES)


class NewCourierBody(BaseModel):
    market_id: str
    name: str = Field(min_length=1, max_length=120)
    phone: str = Field(max_length=40)
    vehicle: VehicleKind
    capacity_g: int | None = Field(None, gt=0, le=20_000_000)
    capacity_l: int | None = Field(None, gt=0, le=100_000)
    max_deliveries: int | None = Field(None, gt=0, le=50)
    skills: list[str] = Field(default_factory=list, max_length=20)
    engagement: Literal["contract", "volunteer"] = Field(
        "contract", description="A volunteer carries without pay. Merchants add their own drivers themselves."
    )


class CourierOut(BaseModel):
    """A courier as they and the operator see them."""

    id: str
    market_id: str
    name: str
    phone: str
    vehicle: VehicleKind
    capacity_g: int
    capacity_l: int
    max_deliveries: int
    skills: list[str]
    engagement: Engagement
    employer_id: str | None
    status: str
    on_duty: bool
    winding_down: bool
    duty_since: datetime | None
    shift_ends: datetime | None
    place: PlaceBody | None
    accuracy_m: int | None
    heading: int | None
    position_at: datetime | None
    contact_lost_at: datetime | None


class SessionOut(BaseModel):
    token: str = Field(repr=False)
    courier: CourierOut


class CouriersOut(BaseModel):
    items: list[CourierOut]


class AcceptedOut(BaseModel):
    accepted: int


def courier_json(courier: Courier, now: datetime) -> CourierOut:
    place = courier.place
    return CourierOut(
        id=courier.id,
        market_id=courier.market_id,
        name=courier.name,
        phone=courier.phone,
        vehicle=courier.vehicle,
        capacity_g=courier.capacity_g,
        capacity_l=courier.capacity_l,
        max_deliveries=courier.max_deliveries,
        skills=sorted(courier.skills),
        engagement=courier.engagement,
        employer_id=courier.employer_id,
        status=courier.status,
        on_duty=courier.on_duty,
        winding_down=courier.winding_down(now),
        duty_since=courier.duty_since,
        shift_ends=courier.shift_ends,
        place=PlaceBody(lat=place.lat, lon=place.lon) if place else None,
        accuracy_m=courier.accuracy_m,
        heading=courier.heading,
        position_at=courier.position_at,
        contact_lost_at=courier.contact_lost_at,
    )


def router(service: CouriersService, auth: Auth, clock: Clock) -> APIRouter:
    """`/v1/courier/*`: what a courier's phone asks for."""
    api = APIRouter(prefix="/v1/courier", tags=["courier"])
    signed_in = Annotated[CourierActor, Depends(auth.courier())]

    @api.post("/login-codes", status_code=202, responses=responses(BadPhone, TooManyRequests))
    async def request_code(body: LoginCodeBody, request: Request) -> dict[str, Any]:
        """Sends a six-digit code by text. The answer is the same whether or not we know the number."""
        await service.request_code(body.phone, _address(request))
        return {}

    @api.post("/sessions", status_code=201, response_model=SessionOut, responses=responses(WrongCode, BadPhone))
    async def sign_in(body: SessionBody, request: Request, response: Response) -> SessionOut:
        """Signs a courier in by the code; the token is told once and set as a cookie too."""
        session = await service.sign_in(body.phone, body.code)
        response.set_cookie(
            COOKIES["courier"],
            session.token,
            max_age=int(SESSION_LENGTH.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return SessionOut(token=session.token, courier=courier_json(session.courier, clock.now()))

    @api.get("/me", response_model=CourierOut)
    async def me(actor: signed_in) -> CourierOut:
        """The signed-in courier."""
        return courier_json(await service.get(actor.courier_id), clock.now())

    @api.post("/duty", response_model=CourierOut, responses=responses(ShiftAlreadyOver, ShiftTooLong))
    async def set_duty(body: DutyBody, actor: signed_in) -> CourierOut:
        """On duty: offers may come. Off: no new ones; stops already promised stay (`winding_down`)."""
        place = LatLon(body.place.lat, body.place.lon) if body.place else None
        courier = await service.set_duty(actor.courier_id, body.on, body.shift_ends, place)
        return courier_json(courier, clock.now())

    @api.post("/positions", response_model=AcceptedOut)
    async def positions(body: PositionsBody, actor: signed_in) -> AcceptedOut:
        """Fixes in any order, also late ones; kept only while on duty."""
        fixes = [Fix(fix.at, LatLon(fix.lat, fix.lon), fix.accuracy_m, fix.heading) for fix in body.fixes]
        return AcceptedOut(accepted=await service.record_positions(actor.courier_id, fixes))

    return api


def operator_router(service: CouriersService, auth: Auth, clock: Clock) -> APIRouter:
    """`/v1/operator/couriers`."""
    api = APIRouter(prefix="/v1/operator/couriers", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(auth.operator("dispatcher"))]

    @api.get("", response_model=CouriersOut)
    async def list_couriers(
        actor: anyone,
        market_id: str | None = None,
        on_duty: bool | None = None,
    ) -> CouriersOut:
        """All couriers, by name."""
        now = clock.now()
        found = await service.list(market_id, on_duty)
        return CouriersOut(items=[courier_json(courier, now) for courier in found])

    @api.post("", status_code=201, response_model=CourierOut, responses=responses(BadPhone, PhoneTaken, UnknownMarket))
    async def create_courier(body: NewCourierBody, actor: dispatcher) -> CourierOut:
        """Adds a courier; capacity and limits left out follow from the vehicle."""
        values = body.model_dump()
        new = NewCourier(**{**values, "skills": tuple(body.skills), "engagement": Engagement(body.engagement)})
        courier = await service.create(new, by=actor.label)
        return courier_json(courier, clock.now())

    return api


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
