"""`/v1/courier/journeys`: ways that a courier makes anyway."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from homeward.fleets.couriers.api import PlaceBody
from homeward.fleets.couriers.journeys.errors import JourneyNotAhead, JourneysOverlap
from homeward.fleets.couriers.journeys.model import LONGEST_DETOUR, Announced, JourneyState, NewJourney
from homeward.fleets.couriers.journeys.service import JourneysService
from homeward.infra.auth import Auth, CourierActor
from homeward.infra.http import responses
from homeward.kit.clock import Clock
from homeward.kit.places import LatLon
from homeward.kit.problems import NotFound
from homeward.routing.errors import NoRoute, TooFarFromRoad


class NewJourneyBody(BaseModel):
    """`detour_s` is how much later than by the direct way you may arrive, stops included."""

    model_config = ConfigDict(extra="forbid")

    start: PlaceBody
    to: PlaceBody
    leaves_at: AwareDatetime
    detour_s: int = Field(900, ge=0, le=int(LONGEST_DETOUR.total_seconds()))
    start_name: str = Field("", max_length=120)
    to_name: str = Field("", max_length=120)


class JourneyOut(BaseModel):
    """`drive_s` and `distance_m` are of the direct way; `arrives_by` has the detour in it."""

    id: str
    state: JourneyState
    start: PlaceBody
    to: PlaceBody
    start_name: str
    to_name: str
    leaves_at: datetime
    arrives_by: datetime
    drive_s: int
    distance_m: int


class JourneysOut(BaseModel):
    items: list[JourneyOut]


def journeys_router(service: JourneysService, auth: Auth, clock: Clock) -> APIRouter:
    """For who drives somewhere anyway and takes parcels along, paid or not."""
    api = APIRouter(prefix="/v1/courier/journeys", tags=["courier"])
    signed_in = Annotated[CourierActor, Depends(auth.courier())]
    refusals = responses(JourneyNotAhead, JourneysOverlap, NoRoute, TooFarFromRoad)

    @api.get("", response_model=JourneysOut)
    async def list_journeys(actor: signed_in) -> JourneysOut:
        """Those to come and the one under way, the next one first."""
        found = await service.of_courier(actor.courier_id)
        return JourneysOut(items=[_told(one, clock.now()) for one in found])

    @api.post("", status_code=201, response_model=JourneyOut, responses=refusals)
    async def announce_journey(body: NewJourneyBody, actor: signed_in) -> JourneyOut:
        """An hour before you leave, parcels along the way are offered to you. Nothing binds you before you accept."""
        new = NewJourney(
            start=LatLon(body.start.lat, body.start.lon),
            to=LatLon(body.to.lat, body.to.lon),
            leaves_at=body.leaves_at,
            detour=timedelta(seconds=body.detour_s),
            start_name=body.start_name.strip(),
            to_name=body.to_name.strip(),
        )
        return _told(await service.announce(actor.courier_id, new), clock.now())

    @api.delete("/{journey_id}", status_code=204, responses=responses(NotFound))
    async def cancel_journey(journey_id: str, actor: signed_in) -> Response:
        """Nothing more is offered for it. What you accepted is still to be brought, or given back as a problem."""
        await service.cancel(actor.courier_id, journey_id)
        return Response(status_code=204)

    return api


def _told(one: Announced, now: datetime) -> JourneyOut:
    journey = one.journey
    return JourneyOut(
        id=one.id,
        state=one.state(now),
        start=PlaceBody(lat=journey.start.lat, lon=journey.start.lon),
        to=PlaceBody(lat=journey.to.lat, lon=journey.to.lon),
        start_name=one.start_name,
        to_name=one.to_name,
        leaves_at=journey.leaves_at,
        arrives_by=journey.arrives_by,
        drive_s=one.drive_s,
        distance_m=one.distance_m,
    )
