"""`/v1/drivers`: a merchant's own drivers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from homeward.fleets.couriers.drivers.errors import StillCarrying
from homeward.fleets.couriers.drivers.service import DriversService
from homeward.fleets.couriers.errors import BadPhone, PhoneTaken
from homeward.fleets.couriers.model import Courier, VehicleKind
from homeward.infra.auth import Auth, MerchantActor
from homeward.infra.http import responses
from homeward.kit.problems import Forbidden, NotFound


class NewDriverBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    phone: str = Field(
        max_length=40, examples=["+41 79 123 45 67"], description="They sign in to the courier app by it."
    )
    vehicle: VehicleKind
    store_id: str = Field(description="The store that they start from; its market is theirs.")


class DriverOut(BaseModel):
    id: str
    name: str
    phone: str
    vehicle: VehicleKind
    market_id: str
    on_duty: bool
    capacity_g: int
    capacity_l: int
    max_deliveries: int


class DriversOut(BaseModel):
    items: list[DriverOut]


def driver_json(driver: Courier) -> DriverOut:
    return DriverOut(
        id=driver.id,
        name=driver.name,
        phone=driver.phone,
        vehicle=driver.vehicle,
        market_id=driver.market_id,
        on_duty=driver.on_duty,
        capacity_g=driver.capacity_g,
        capacity_l=driver.capacity_l,
        max_deliveries=driver.max_deliveries,
    )


def drivers_router(service: DriversService, auth: Auth) -> APIRouter:
    """Whoever a merchant adds carries its deliveries and nobody else's, and is paid by it."""
    api = APIRouter(prefix="/v1/drivers", tags=["merchant"])
    anyone = Annotated[MerchantActor, Depends(auth.merchant())]
    manager = Annotated[MerchantActor, Depends(auth.merchant("owner", "developer"))]

    @api.get("", response_model=DriversOut)
    async def list_drivers(actor: anyone) -> DriversOut:
        """Your own drivers, by name."""
        return DriversOut(items=[driver_json(driver) for driver in await service.all(actor.merchant_id)])

    @api.post(
        "", status_code=201, response_model=DriverOut, responses=responses(Forbidden, BadPhone, PhoneTaken, NotFound)
    )
    async def add_driver(body: NewDriverBody, actor: manager) -> DriverOut:
        """Adds one of your own drivers. They go on duty in the courier app, and are asked before other couriers are
        wherever that is no worse for your shoppers."""
        _require_live(actor)
        driver = await service.add(
            actor.merchant_id,
            name=body.name,
            phone=body.phone,
            vehicle=body.vehicle,
            store_id=body.store_id,
            by=actor.label,
        )
        return driver_json(driver)

    @api.delete("/{courier_id}", status_code=204, responses=responses(Forbidden, NotFound, StillCarrying))
    async def remove_driver(courier_id: str, actor: manager) -> Response:
        """They are signed out at once. What they carry has to be finished first."""
        _require_live(actor)
        await service.remove(actor.merchant_id, courier_id, by=actor.label)
        return Response(status_code=204)

    return api


def _require_live(actor: MerchantActor) -> None:
    # A test key lies in scripts and on laptops: it must not be able to put somebody on the road.
    if actor.role == "key" and actor.mode == "test":
        raise Forbidden("a live key or a signed-in person")
