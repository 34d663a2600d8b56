"""`/v1/coverage` for merchants; `/v1/operator/markets` with settings and service areas."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from homeward.coverage.errors import LastAreaNeeded
from homeward.coverage.model import Market, Served, ServiceArea
from homeward.coverage.service import CoverageService
from homeward.infra.auth import Auth, MerchantActor, OperatorActor
from homeward.infra.http import responses
from homeward.kit.hours_json import hours_to_json
from homeward.kit.places import LatLon
from homeward.kit.problems import NotFound


class CoverageOut(BaseModel):
    """Whether somebody delivers to the place. `nearest_m` is how far the nearest served area is."""

    served: bool
    market_id: str | None
    reason: Literal["outside_area", "market_paused"] | None
    nearest_m: int | None


class MarketOut(BaseModel):
    """`settings` holds every setting, defaults included."""

    id: str
    slug: str
    name: str
    currency: str
    time_zone: str
    units: str
    locale: str
    box: dict[str, float]
    status: Literal["active", "paused"]
    hours: dict[str, Any]
    settings: dict[str, Any]
    revision: int


class MarketsOut(BaseModel):
    items: list[MarketOut]


class MarketPatch(BaseModel):
    """Single settings are changed; one given as null goes back to its default."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=60)
    status: Literal["active", "paused"] | None = None
    hours: dict[str, Any] | None = None
    settings: dict[str, Any] | None = None


class AreaOut(BaseModel):
    """`polygon` is GeoJSON, [lon, lat]."""

    id: str
    market_id: str
    name: str
    active: bool
    polygon: dict[str, Any]
    created_at: datetime


class AreasOut(BaseModel):
    items: list[AreaOut]


class NewAreaBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    polygon: dict[str, Any]


class AreaPatch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=120)
    active: bool | None = None
    polygon: dict[str, Any] | None = None


def market_json(market: Market) -> MarketOut:
    box = market.box
    return MarketOut(
        id=market.id,
        slug=market.slug,
        name=market.name,
        currency=market.currency,
        time_zone=market.time_zone,
        units=market.units,
        locale=market.locale,
        box={"south": box.south, "west": box.west, "north": box.north, "east": box.east},
        status=market.status.value,
        hours=hours_to_json(market.hours),
        settings=market.settings.to_json(),
        revision=market.revision,
    )


def area_json(area: ServiceArea) -> AreaOut:
    return AreaOut(
        id=area.id,
        market_id=area.market_id,
        name=area.name,
        active=area.active,
        polygon=area.polygon,
        created_at=area.created_at,
    )


def router(service: CoverageService, auth: Auth) -> APIRouter:
    """What a merchant may ask before it asks for a quote."""
    api = APIRouter(prefix="/v1/coverage", tags=["quotes"])
    anyone = Annotated[MerchantActor, Depends(auth.merchant())]

    @api.get("", response_model=CoverageOut)
    async def check_coverage(
        actor: anyone,
        lat: Annotated[float, Query(ge=-90, le=90)],
        lon: Annotated[float, Query(ge=-180, le=180)],
    ) -> CoverageOut:
        """Whether a place is served at all; a quote says more."""
        found = await service.check(LatLon(lat, lon))
        if isinstance(found, Served):
            return CoverageOut(served=True, market_id=found.market_id, reason=None, nearest_m=None)
        return CoverageOut(served=False, market_id=found.market_id, reason=found.reason, nearest_m=found.nearest_m)

    return api


def operator_router(service: CoverageService, auth: Auth) -> APIRouter:
    """Markets come with the import of a map; here they are changed."""
    api = APIRouter(prefix="/v1/operator/markets", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]
    admin = Annotated[OperatorActor, Depends(auth.operator("admin"))]

    @api.get("", response_model=MarketsOut)
    async def list_markets(actor: anyone) -> MarketsOut:
        """All markets, by name."""
        return MarketsOut(items=[market_json(market) for market in await service.markets()])

    @api.get("/{market_id}", response_model=MarketOut, responses=responses(NotFound))
    async def get_market(market_id: str, actor: anyone) -> MarketOut:
        """One market."""
        return market_json(await service.market(market_id))

    @api.patch("/{market_id}", response_model=MarketOut, responses=responses(NotFound))
    async def change_market(market_id: str, body: MarketPatch, actor: admin) -> MarketOut:
        """Pauses or reopens a market, changes hours and settings. In force from the next quote on."""
        market = await service.update_market(
            market_id, name=body.name, status=body.status, hours=body.hours, settings=body.settings, by=actor.label
        )
        return market_json(market)

    @api.get("/{market_id}/areas", response_model=AreasOut, responses=responses(NotFound))
    async def list_areas(market_id: str, actor: anyone) -> AreasOut:
        """Where the market delivers."""
        return AreasOut(items=[area_json(area) for area in await service.areas(market_id)])

    @api.post("/{market_id}/areas", status_code=201, response_model=AreaOut, responses=responses(NotFound))
    async def create_area(market_id: str, body: NewAreaBody, actor: admin) -> AreaOut:
        """Adds an area that is served from now on."""
        return area_json(await service.create_area(market_id, body.name, body.polygon, by=actor.label))

    @api.patch("/{market_id}/areas/{area_id}", response_model=AreaOut, responses=responses(NotFound, LastAreaNeeded))
    async def change_area(market_id: str, area_id: str, body: AreaPatch, actor: admin) -> AreaOut:
        """Renames, redraws, or switches an area off and on."""
        area = await service.update_area(
            market_id, area_id, name=body.name, active=body.active, polygon=body.polygon, by=actor.label
        )
        return area_json(area)

    @api.delete("/{market_id}/areas/{area_id}", status_code=204, responses=responses(NotFound, LastAreaNeeded))
    async def remove_area(market_id: str, area_id: str, actor: admin) -> None:
        """Removes an area; deliveries under way are finished."""
        await service.remove_area(market_id, area_id, by=actor.label)

    return api
