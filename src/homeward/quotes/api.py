"""`/v1/quotes` for merchants; `/v1/operator/markets/{id}/tariffs`."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from homeward.coverage.model import ParcelSize, ServiceClass
from homeward.infra.auth import Auth, MerchantActor, OperatorActor
from homeward.infra.http import responses
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, jsonable
from homeward.kit.units import Grams
from homeward.kit.windows import Window
from homeward.merchants.errors import NoMarketForStore, StoreAddressUnclear
from homeward.merchants.model import PickupPlace
from homeward.quotes import errors
from homeward.quotes.calibration import hourly_buffers_s
from homeward.quotes.codec import address_to_json, moment_to_json, option_to_json, parcel_to_json
from homeward.quotes.learning import PromiseLearning, PromisesKept
from homeward.quotes.model import AddressAsked, Parcel, Quote, QuoteRequest
from homeward.quotes.outcomes import likely_between
from homeward.quotes.service import QuotesService
from homeward.quotes.tariff import Tariff
from homeward.quotes.tariff_json import rules_to_json

REFUSALS = (
    NotFound,
    errors.StoreInactive,
    StoreAddressUnclear,
    NoMarketForStore,
    errors.TooHeavy,
    errors.TooLarge,
    errors.CapabilityNotOffered,
    errors.MarketPaused,
    errors.AddressNotFound,
    errors.AddressUnclear,
    errors.OutsideArea,
    errors.NoRoadNearDoor,
    errors.NoRoadToDoor,
    errors.TooFar,
    errors.ServiceClassNotOffered,
    errors.WindowDoesNotFitClass,
    errors.WindowTooShort,
    errors.WindowInPast,
    errors.WindowClosed,
    errors.TooShortNotice,
    errors.BeyondHorizon,
    errors.ReadyAfterWindow,
    errors.StoreClosed,
    errors.OutsideHours,
    errors.ExpressTooSlow,
    errors.NoWindowLeft,
    errors.NothingToOffer,
    errors.NoTariff,
)
"""Why there is no quote, in the order of the checks."""


class _Body(BaseModel):
    """A misspelt field is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class AddressBody(_Body):
    """One line of `text`, or parts."""

    text: str = Field("", max_length=300, examples=["12 Mill Lane, Demo Town"])
    street: str = Field("", max_length=200)
    number: str = Field("", max_length=20)
    unit: str = Field("", max_length=40)
    city: str = Field("", max_length=100)
    postcode: str = Field("", max_length=20)

    def asked(self) -> AddressAsked:
        return AddressAsked(**self.model_dump())


class PlaceBody(_Body):
    """WGS 84 degrees."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class DropoffBody(_Body):
    """An address, or a pin that somebody has confirmed; the pin decides if both are given."""

    address: AddressBody | str | None = None
    place: PlaceBody | None = None


def asked_address(given: AddressBody | str | None) -> AddressAsked | None:
    """None for an address without a word in it."""
    asked = AddressAsked(text=given[:300]) if isinstance(given, str) else given.asked() if given else None
    return asked if asked and asked.line else None


class ParcelBody(_Body):
    weight_g: int = Field(ge=1, le=10_000_000)
    size: ParcelSize = ParcelSize.SMALL
    needs: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(default_factory=list, max_length=10)


class PickupBody(_Body):
    """An address, or a pin; the pin decides if both are given."""

    name: str = Field(min_length=1, max_length=120)
    address: str = Field("", max_length=300)
    place: PlaceBody | None = None
    phone: str | None = Field(None, max_length=32)

    def asked(self) -> PickupPlace:
        place = LatLon(self.place.lat, self.place.lon) if self.place else None
        return PickupPlace(self.name, self.address, place, self.phone)


class WindowBody(_Body):
    """Both ends count. Longer than the longest window offered, it asks for the windows inside it."""

    earliest: AwareDatetime
    latest: AwareDatetime


class QuoteBody(_Body):
    """A drop-off address and a weight are enough; everything else narrows the choice."""

    store_id: str = Field("", max_length=60, description="or `store_external_id`, or `pickup`")
    store_external_id: str | None = Field(
        None, min_length=1, max_length=200, description="your own number of the store"
    )
    pickup: PickupBody | None = Field(None, description="fetch from here, where it is none of your stores")
    dropoff: DropoffBody
    parcel: ParcelBody
    ready_at: AwareDatetime | None = Field(None, description="Left out, the store begins to prepare when it is booked")
    service_class: ServiceClass | None = None
    window: WindowBody | None = None

    def asked(self) -> QuoteRequest:
        """Raises MalformedRequest for a window that ends before it begins."""
        if [bool(self.store_id), bool(self.store_external_id), bool(self.pickup)].count(True) != 1:
            message = "give one of store_id, store_external_id and pickup"
            raise MalformedRequest([FieldError("/store_id", "one-of", message)])
        address, place = self.dropoff.address, self.dropoff.place
        asked = asked_address(address)
        window = None
        if self.window is not None:
            if self.window.latest <= self.window.earliest:
                raise MalformedRequest([FieldError("/window", "ends-before-it-begins", "latest comes after earliest")])
            window = Window(self.window.earliest, self.window.latest)
        return QuoteRequest(
            store_id=self.store_id,
            store_external_id=self.store_external_id,
            pickup=self.pickup.asked() if self.pickup else None,
            parcel=Parcel(Grams(self.parcel.weight_g), self.parcel.size, tuple(self.parcel.needs)),
            address=asked,
            place=LatLon(place.lat, place.lon) if place else None,
            ready_at=self.ready_at,
            service_class=self.service_class,
            window=window,
        )


class MoneyOut(BaseModel):
    """Whole minor units: 745 EUR is 7.45 euro."""

    minor: int
    currency: str


class ComponentOut(BaseModel):
    code: str
    label: str
    minor: int


class PriceOut(BaseModel):
    """The components add up to the total."""

    total: MoneyOut
    components: list[ComponentOut]


class WindowOut(BaseModel):
    earliest: AwareDatetime
    latest: AwareDatetime


class TermOut(BaseModel):
    term: str
    seconds: int


class ConfidenceOut(BaseModel):
    """How likely the promise is kept, measured on `sample` earlier deliveries at that hour.

    `basis` is `learned`, or `default` while the market has seen too few: then `share` is what it aims at.
    """

    share: float
    sample: int
    basis: Literal["default", "learned"]


class OptionOut(BaseModel):
    """Book it by `book_by`. `reasoning` adds up from the quote's `created_at` to `promised_by`."""

    id: str
    service_class: ServiceClass
    window: WindowOut
    promised_by: AwareDatetime
    ready_at: AwareDatetime
    search_from: AwareDatetime
    book_by: AwareDatetime
    price: PriceOut
    reasoning: list[TermOut]
    confidence: ConfidenceOut


class RefusalOut(BaseModel):
    """Why a class is not on offer; further members say which limit refused and what would be accepted."""

    model_config = ConfigDict(extra="allow")

    service_class: ServiceClass
    code: str
    title: str
    detail: str | None


class PlaceOut(BaseModel):
    lat: float
    lon: float


class DropoffOut(BaseModel):
    """The door as found. `certain` is false while somebody still has to confirm the pin."""

    place: PlaceOut
    label: str
    address: AddressBody
    confidence: float
    precision: str
    certain: bool


class QuoteOut(BaseModel):
    """Never changes once given; at least one option."""

    id: str
    mode: str
    market_id: str
    store_id: str
    parcel: ParcelBody
    dropoff: DropoffOut
    distance_m: int
    duration_s: int
    options: list[OptionOut]
    refusals: list[RefusalOut]
    attention: list[str]
    created_at: AwareDatetime
    expires_at: AwareDatetime


class NewTariffBody(_Body):
    """The next version of the prices; reference: tariffs."""

    rules: dict[str, Any]
    effective_from: AwareDatetime | None = None


class TariffOut(BaseModel):
    id: str
    market_id: str
    version: int
    effective_from: AwareDatetime
    rules: dict[str, Any]


class TariffsOut(BaseModel):
    items: list[TariffOut]


class HourKeptOut(BaseModel):
    """Promises of one local hour. `urgent` ones had no more than half an hour to spare.

    `told_kept` were at the door by the moment that shoppers were told, of which the share `stated` was said on the
    mean; the true share lies from `likely_from` to `likely_to`, 95 times of 100. `learned` were promised by what was
    learned, and `kept` of them were there by the moment for which the share `aimed` was wanted: the told one before it
    was rounded up, or lifted to what express promises at least. `missed_by_store` would have been kept had the parcel
    been ready in time.
    """

    hour: int
    urgent: bool
    ended: int
    learned: int
    kept: int
    told_kept: int
    aimed: float
    stated: float
    missed_by_store: int
    likely_from: float
    likely_to: float


class CalibrationOut(BaseModel):
    """What promises keep in hand by local hour, for a drive of ten minutes, to hold the market's wanted share."""

    version: int
    learned_at: AwareDatetime
    buffer_s: list[int]
    sample: list[int]


class PromisesKeptOut(BaseModel):
    """What was promised and what came of it since then, by local hour. Without `calibration` nothing is learned yet."""

    since: AwareDatetime
    share_pct: int
    hours: list[HourKeptOut]
    calibration: CalibrationOut | None


def quote_json(quote: Quote) -> dict[str, Any]:
    """A quote as the API speaks it; `QuoteOut` is its form."""
    dropoff = quote.dropoff
    return {
        "id": quote.id,
        "mode": quote.mode,
        "market_id": quote.market_id,
        "store_id": quote.store_id,
        "parcel": parcel_to_json(quote.parcel),
        "dropoff": {
            "place": jsonable(dropoff.place),
            "label": dropoff.label,
            "address": address_to_json(dropoff.address),
            "confidence": round(dropoff.confidence, 3),
            "precision": dropoff.precision,
            "certain": dropoff.certain,
        },
        "distance_m": quote.distance_m,
        "duration_s": quote.duration_s,
        "options": [option_to_json(option) for option in quote.options],
        "refusals": [refusal.to_json() for refusal in quote.refusals],
        "attention": list(quote.attention),
        "created_at": moment_to_json(quote.created_at),
        "expires_at": moment_to_json(quote.expires_at),
    }


def promises_json(kept: PromisesKept) -> PromisesKeptOut:
    hours = []
    for hour in kept.hours:
        low, high = likely_between(hour.told_kept, hour.ended)
        hours.append(HourKeptOut(**asdict(hour), likely_from=round(low, 4), likely_to=round(high, 4)))
    return PromisesKeptOut(
        since=kept.since,
        share_pct=kept.market.settings.promise_share_pct,
        hours=hours,
        calibration=CalibrationOut(
            version=kept.calibration.version,
            learned_at=kept.calibration.learned_at,
            buffer_s=hourly_buffers_s(kept.calibration, kept.market.settings.promise_share_pct),
            sample=[hour.sample for hour in kept.calibration.hours],
        )
        if kept.calibration
        else None,
    )


def tariff_json(tariff: Tariff) -> TariffOut:
    return TariffOut(
        id=tariff.id,
        market_id=tariff.market_id,
        version=tariff.version,
        effective_from=tariff.effective_from,
        rules=rules_to_json(tariff.rules),
    )


def router(service: QuotesService, auth: Auth) -> APIRouter:
    """Price and promise."""
    api = APIRouter(prefix="/v1/quotes", tags=["quotes"])
    anyone = Annotated[MerchantActor, Depends(auth.merchant())]

    @api.post("", status_code=201, response_model=QuoteOut, responses=responses(*REFUSALS))
    async def create_quote(body: QuoteBody, actor: anyone) -> Response:
        """What a delivery would cost and when it can be promised: one or more options, valid until `book_by`."""
        quote = await service.quote(actor, body.asked())
        # Answered as it is: checking our own answer against its form would take longer than computing it.
        return Response(orjson.dumps(quote_json(quote)), status_code=201, media_type="application/json")

    @api.get("/{quote_id}", response_model=QuoteOut, responses=responses(NotFound))
    async def get_quote(quote_id: str, actor: anyone) -> Response:
        """A quote given before, also after it has expired."""
        quote = await service.get(actor.merchant_id, quote_id, actor.mode)
        return Response(orjson.dumps(quote_json(quote)), media_type="application/json")

    return api


def promises_router(learning: PromiseLearning, auth: Auth) -> APIRouter:
    """How a market's promises hold."""
    api = APIRouter(prefix="/v1/operator/markets/{market_id}/promises", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]

    @api.get("", response_model=PromisesKeptOut, responses=responses(NotFound))
    async def promises_kept(market_id: str, actor: anyone) -> PromisesKeptOut:
        """What was promised and what came of it, by hour, over the last four weeks."""
        return promises_json(await learning.kept(market_id))

    return api


def operator_router(service: QuotesService, auth: Auth) -> APIRouter:
    """Prices of a market."""
    api = APIRouter(prefix="/v1/operator/markets/{market_id}/tariffs", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]
    admin = Annotated[OperatorActor, Depends(auth.operator("admin"))]

    @api.get("", response_model=TariffsOut, responses=responses(NotFound))
    async def list_tariffs(market_id: str, actor: anyone) -> TariffsOut:
        """All versions, newest first."""
        return TariffsOut(items=[tariff_json(tariff) for tariff in await service.tariffs(market_id)])

    @api.post("", status_code=201, response_model=TariffOut, responses=responses(NotFound))
    async def create_tariff(market_id: str, body: NewTariffBody, actor: admin) -> TariffOut:
        """The next version. Quotes given before keep their price."""
        tariff = await service.create_tariff(market_id, body.rules, effective_from=body.effective_from, by=actor.label)
        return tariff_json(tariff)

    return api
