"""A courier's own limits and breaks over HTTP."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from homeward.deliveries.contents import Goods
from homeward.fleets.couriers.limits.errors import BreakTooLong
from homeward.fleets.couriers.limits.model import MOST_ZONES, OwnLimits, Wishes, Zone
from homeward.fleets.couriers.limits.service import LimitsService
from homeward.infra.auth import Auth, CourierActor
from homeward.infra.http import responses
from homeward.kit.places import LatLon


class CornerBody(BaseModel):
    """WGS 84 degrees."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class ZoneBody(BaseModel):
    """Either a circle (`centre` and `radius_m`) or a `ring` of at least three corners."""

    name: str = Field("", max_length=60)
    centre: CornerBody | None = None
    radius_m: int = Field(0, ge=0, le=200_000)
    ring: list[CornerBody] = Field(default_factory=list, max_length=200)

    @model_validator(mode="after")
    def one_of_two(self) -> Self:
        circle = self.centre is not None and self.radius_m > 0
        if circle == (len(self.ring) >= 3) or (self.ring and self.centre):
            raise ValueError("give a centre with a radius, or a ring of at least three corners")
        return self


class LimitsBody(BaseModel):
    """All of them: what is left out limits nothing."""

    zones: list[ZoneBody] = Field(default_factory=list, max_length=MOST_ZONES)
    avoided: list[ZoneBody] = Field(default_factory=list, max_length=MOST_ZONES)
    longest_m: int | None = Field(None, gt=0, le=1_000_000)
    heaviest_g: int | None = Field(None, gt=0, le=20_000_000)
    goods: list[Goods] = Field(default_factory=list, description="Goods that you do not carry.")
    at_once: int | None = Field(None, gt=0, le=50)
    hours: dict[str, Any] = Field(
        default_factory=dict,
        description="When you mean to work; it binds nobody.",
        examples=[{"time_zone": "Europe/Zurich", "weekly": {"0": [["09:00", "18:00"]]}}],
    )


class BreakBody(BaseModel):
    until: AwareDatetime | None = Field(None, description="No new offers until then; left out, the break ends.")


class LimitsOut(LimitsBody):
    paused_until: AwareDatetime | None


def limits_router(service: LimitsService, auth: Auth) -> APIRouter:
    """`/v1/courier/limits` and `/v1/courier/break`."""
    api = APIRouter(prefix="/v1/courier", tags=["courier"])
    signed_in = Annotated[CourierActor, Depends(auth.courier())]

    @api.get("/limits", response_model=LimitsOut)
    async def limits(actor: signed_in) -> LimitsOut:
        """What you do not want to be asked about."""
        return _told(await service.get(actor.courier_id))

    @api.put("/limits", response_model=LimitsOut)
    async def save_limits(body: LimitsBody, actor: signed_in) -> LimitsOut:
        """New offers obey these at once. Nothing is held against you for it."""
        limits = OwnLimits(
            zones=tuple(_zone(zone) for zone in body.zones),
            avoided=tuple(_zone(zone) for zone in body.avoided),
            longest_m=body.longest_m,
            heaviest_g=body.heaviest_g,
            goods=tuple(sorted(set(body.goods))),
            at_once=body.at_once,
        )
        return _told(await service.save(actor.courier_id, limits, body.hours))

    @api.post("/break", response_model=LimitsOut, responses=responses(BreakTooLong))
    async def take_break(body: BreakBody, actor: signed_in) -> LimitsOut:
        """You stay on duty and finish what you have; nothing new is offered."""
        return _told(await service.pause(actor.courier_id, body.until))

    return api


def _zone(body: ZoneBody) -> Zone:
    centre = LatLon(body.centre.lat, body.centre.lon) if body.centre else None
    return Zone(body.name, centre, body.radius_m, tuple(LatLon(corner.lat, corner.lon) for corner in body.ring))


def _told(wishes: Wishes) -> LimitsOut:
    own = wishes.limits
    return LimitsOut(
        zones=[_zone_body(zone) for zone in own.zones],
        avoided=[_zone_body(zone) for zone in own.avoided],
        longest_m=own.longest_m,
        heaviest_g=own.heaviest_g,
        goods=list(own.goods),
        at_once=own.at_once,
        hours=dict(wishes.hours),
        paused_until=wishes.paused_until,
    )


def _zone_body(zone: Zone) -> ZoneBody:
    centre = CornerBody(lat=zone.centre.lat, lon=zone.centre.lon) if zone.centre else None
    ring = [CornerBody(lat=corner.lat, lon=corner.lon) for corner in zone.ring]
    return ZoneBody(name=zone.name, centre=centre, radius_m=zone.radius_m, ring=ring)
