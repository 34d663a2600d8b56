"""Addresses over HTTP: search one as the quote would, and complete one while it is typed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from homeward.infra.auth import Auth, MerchantActor
from homeward.infra.http import responses
from homeward.kit.places import LatLon
from homeward.kit.problems import MalformedRequest, Unauthenticated
from homeward.routing.geocoding.errors import AddressTooLong, GeocoderRefused, GeocoderUnavailable
from homeward.routing.geocoding.model import MAX_TEXT, AddressQuery, Geocoder, Match, Suggestion

_Text = Annotated[str, Field(max_length=MAX_TEXT)]


class PlaceBody(BaseModel):
    """Degrees in WGS 84."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]


class AddressSearch(BaseModel):
    """An address as one line in `text`, or in fields."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "12 Main Street, Springfield 05156"}]}
    )

    text: _Text = ""
    street: _Text = ""
    number: Annotated[str, Field(max_length=20)] = ""
    unit: Annotated[str, Field(max_length=20)] = ""
    city: _Text = ""
    postcode: Annotated[str, Field(max_length=20)] = ""
    market_id: str | None = None
    near: PlaceBody | None = Field(
        None, description="Breaks ties between streets of one name: your store, for instance."
    )
    limit: Annotated[int, Field(ge=1, le=20)] = 5

    @model_validator(mode="after")
    def _says_something(self) -> "AddressSearch":
        if not any(part.strip() for part in (self.text, self.street, self.city, self.postcode)):
            raise ValueError("give `text`, or at least one of `street`, `city` and `postcode`")
        return self


class MatchBody(BaseModel):
    """One place that the address may mean."""

    place: PlaceBody
    label: str
    street: str
    number: str
    unit: str
    city: str
    postcode: str
    market_id: str | None
    precision: Literal["exact", "near_number", "interpolated", "street", "city"] = Field(
        description="The very door; the next door; between two doors; a middle of the street; a middle of the city."
    )
    confidence: float = Field(ge=0, le=1, description="Chance that the door is within 50 m of `place`.")
    certain: bool = Field(description="True from confidence 0.8 on: a quote for it asks nobody to confirm the pin.")


class AddressMatches(BaseModel):
    """Best first; empty if no known street is like it."""

    items: list[MatchBody]


class SuggestionBody(BaseModel):
    text: str
    street: str
    number: str
    city: str
    postcode: str
    place: PlaceBody


class AddressSuggestions(BaseModel):
    items: list[SuggestionBody]


_REFUSALS = (Unauthenticated, MalformedRequest, AddressTooLong, GeocoderUnavailable, GeocoderRefused)


def router(geocoder: Geocoder, auth: Auth) -> APIRouter:
    """`POST /v1/addresses/search` and `GET /v1/addresses/suggest`, for merchants."""
    routes = APIRouter(prefix="/v1/addresses", tags=["addresses"], responses=responses(*_REFUSALS))

    @routes.post("/search", summary="Find the place of an address")
    async def search(body: AddressSearch, actor: Annotated[MerchantActor, Depends(auth.merchant())]) -> AddressMatches:
        """The same search that a quote and a booking use, with its confidence."""
        query = AddressQuery(body.text, body.street, body.number, body.unit, body.city, body.postcode)
        near = LatLon(body.near.lat, body.near.lon) if body.near else None
        matches = await geocoder.find(body.market_id, query, near, body.limit)
        return AddressMatches(items=[_match(match) for match in matches])

    @routes.get("/suggest", summary="Complete an address while it is typed")
    async def suggest(
        actor: Annotated[MerchantActor, Depends(auth.merchant())],
        q: Annotated[str, Query(max_length=MAX_TEXT, description="What was typed so far.")],
        market_id: Annotated[str | None, Query(description="Look in this market only.")] = None,
        near_lat: Annotated[float | None, Query(ge=-90, le=90)] = None,
        near_lon: Annotated[float | None, Query(ge=-180, le=180)] = None,
        limit: Annotated[int, Query(ge=1, le=20)] = 8,
    ) -> AddressSuggestions:
        """Streets that begin with or hold the words typed so far; given a number, `place` is that of the door."""
        near = LatLon(near_lat, near_lon) if near_lat is not None and near_lon is not None else None
        found = await geocoder.suggest(market_id, q, near, limit)
        return AddressSuggestions(items=[_suggestion(suggestion) for suggestion in found])

    return routes


def _match(match: Match) -> MatchBody:
    return MatchBody(
        place=PlaceBody(lat=match.place.lat, lon=match.place.lon),
        label=match.label,
        street=match.street,
        number=match.number,
        unit=match.unit,
        city=match.city,
        postcode=match.postcode,
        market_id=match.market_id,
        precision=match.precision,
        confidence=match.confidence,
        certain=match.certain,
    )


def _suggestion(found: Suggestion) -> SuggestionBody:
    place = PlaceBody(lat=found.place.lat, lon=found.place.lon)
    return SuggestionBody(
        text=found.text, street=found.street, number=found.number, city=found.city, postcode=found.postcode, place=place
    )
