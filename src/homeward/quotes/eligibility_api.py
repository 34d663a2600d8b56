"""`POST /v1/eligibility`."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from homeward.infra.auth import Auth, MerchantActor
from homeward.infra.http import responses
from homeward.kit.places import LatLon
from homeward.kit.problems import NotFound
from homeward.quotes.api import DropoffBody, asked_address
from homeward.quotes.eligibility import MOST_DOORS, MOST_STORES, DoorAsked, Eligibility, EligibilityService
from homeward.quotes.errors import NoTariff, StoreInactive


class EligibilityBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    store_ids: list[Annotated[str, Field(max_length=60)]] = Field(max_length=MOST_STORES)
    dropoffs: list[DropoffBody] = Field(max_length=MOST_DOORS)


class WhyNotOut(BaseModel):
    """As a quote would refuse: `code` is a problem's."""

    code: str
    title: str
    detail: str | None


class PairOut(BaseModel):
    """`dropoff` counts the drop-offs of the request from 0. Distances are by road."""

    store_id: str
    dropoff: int
    eligible: bool
    distance_m: int | None
    duration_s: int | None
    address: str | None = Field(description="As found; null for what was not found")
    refusal: WhyNotOut | None


class EligibilityOut(BaseModel):
    items: list[PairOut]


def eligibility_router(service: EligibilityService, auth: Auth) -> APIRouter:
    routes = APIRouter(prefix="/v1/eligibility", tags=["quotes"])
    merchant = Annotated[MerchantActor, Depends(auth.merchant())]

    @routes.post("", response_model=EligibilityOut, responses=responses(NotFound, StoreInactive, NoTariff))
    async def check_eligibility(body: EligibilityBody, actor: merchant) -> EligibilityOut:
        """Which of these doors are served from which of these stores; a quote says when and for how much."""
        doors = [
            DoorAsked(
                asked_address(door.address), LatLon(door.place.lat, door.place.lon) if door.place is not None else None
            )
            for door in body.dropoffs
        ]
        store_ids = list(dict.fromkeys(body.store_ids))
        return EligibilityOut(items=[_out(pair) for pair in await service.check(actor, store_ids, doors)])

    return routes


def _out(pair: Eligibility) -> PairOut:
    why = pair.refusal
    return PairOut(
        store_id=pair.store_id,
        dropoff=pair.door,
        eligible=pair.eligible,
        distance_m=pair.distance_m,
        duration_s=pair.duration_s,
        address=pair.found.label if pair.found else None,
        refusal=WhyNotOut(code=why.slug, title=why.title, detail=why.detail()) if why else None,
    )
