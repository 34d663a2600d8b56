"""A quote: what was asked, what it was computed from, and what is offered until when. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from homeward.coverage.model import ParcelSize, ServiceClass
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import Problem
from homeward.kit.units import Grams, Metres, Seconds
from homeward.kit.windows import Window
from homeward.merchants.model import PickupPlace
from homeward.quotes.calibration import Calibration
from homeward.quotes.tariff import FeeRules, PriceComponent

__all__ = ["FeeRules", "ParcelSize", "PriceComponent", "ServiceClass"]  # booking and the pages need them with a quote

CONFIRM_ADDRESS: Final = "confirm_address"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is carried: all of it together. `needs` are capabilities such as 'age_check'."""

    weight_g: Grams
    size: ParcelSize = ParcelSize.SMALL
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddressAsked:
    """An address as somebody typed it: one line of `text`, or parts."""

    text: str = ""
    street: str = ""
    number: str = ""
    unit: str = ""
    city: str = ""
    postcode: str = ""

    @property
    def line(self) -> str:
        """One line to show or to print on a label."""
        if self.text.strip():
            return self.text.strip()
        street = " ".join(filter(None, [self.street, self.number]))
        town = " ".join(filter(None, [self.postcode, self.city]))
        return ", ".join(filter(None, [street, self.unit, town]))


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """`address` and `parcel.weight_g` are enough; `place` is a confirmed pin and wins over the address.

    Without a class or window the answer offers a choice of all classes. A window longer than the market's longest
    asks for the windows inside it. Without `ready_at` the store starts preparing now, or when it opens. In place of
    `store_id`, left empty then, the merchant's own number of the store will do, or a `pickup`: somewhere to fetch from
    that need not be one of the merchant's stores.
    """

    store_id: str
    parcel: Parcel
    address: AddressAsked | None = None
    place: LatLon | None = None
    ready_at: datetime | None = None
    service_class: ServiceClass | None = None
    window: Window | None = None
    pickup: PickupPlace | None = None
    store_external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Dropoff:
    """Where to, as found. `certain` is False while somebody still has to confirm the pin."""

    place: LatLon
    label: str
    address: AddressAsked
    confidence: float
    precision: str  # 'exact', 'near_number', 'interpolated', 'street', 'city', or 'pin' when a pin was given
    certain: bool


@dataclass(frozen=True, slots=True)
class Price:
    """The components add up to the total, to the minor unit."""

    total: Money
    components: tuple[PriceComponent, ...]

    def to_json(self) -> dict[str, Any]:
        """As in the API and in `delivery.price`."""
        return {
            "total": {"minor": self.total.minor, "currency": self.total.currency},
            "components": [{"code": c.code, "label": c.label, "minor": c.minor} for c in self.components],
        }


@dataclass(frozen=True, slots=True)
class ReasonTerm:
    """One step of the way from "now" to the promise. The seconds of all terms add up to it."""

    term: str
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Confidence:
    """How likely a promise is kept, from how many deliveries that is known, and whether it is known at all.

    `basis` is 'learned', or 'default' while the market has seen too little: then `share` is what it aims at.
    """

    share: float
    sample: int
    basis: str


UNMEASURED: Final = Confidence(0.9, 0, "default")
"""Of quotes from before promises were measured."""


@dataclass(frozen=True, slots=True)
class QuoteOption:
    """One choice. `id` is unique within its quote. `window.latest` is what the shopper is promised.

    `ready_at` is when the parcel may leave the store, `search_from` when a courier should be sought at the latest.
    After `book_by` the promise could no longer be kept, so that it cannot be booked any more.
    """

    id: str
    service_class: ServiceClass
    window: Window
    ready_at: datetime
    search_from: datetime
    book_by: datetime
    price: Price
    reasoning: tuple[ReasonTerm, ...]
    confidence: Confidence = UNMEASURED

    @property
    def promised_by(self) -> datetime:
        return self.window.latest


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a service class is not among the options: a problem's slug as `code`, and its members."""

    service_class: ServiceClass
    code: str
    title: str
    detail: str | None
    members: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        said = {
            "service_class": self.service_class.value,
            "code": self.code,
            "title": self.title,
            "detail": self.detail,
        }
        return {**said, **self.members}


@dataclass(frozen=True, slots=True)
class Quote:
    """Never changed once given. `attention` tells what still has to be confirmed, such as 'confirm_address'."""

    id: str
    merchant_id: str
    mode: str
    market_id: str
    store_id: str
    parcel: Parcel
    dropoff: Dropoff
    distance_m: Metres
    duration_s: Seconds
    options: tuple[QuoteOption, ...]
    refusals: tuple[Refusal, ...]
    attention: tuple[str, ...]
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class BookableOption:
    """A quote's option at the moment of booking: everything that the delivery takes over."""

    quote: Quote
    option: QuoteOption
    fees: FeeRules

    @property
    def price(self) -> Price:
        return self.option.price


@dataclass(frozen=True, slots=True)
class Supply:
    """What the planner last saw of a market's couriers."""

    observed_at: datetime
    couriers_on_duty: int
    expected_wait_s: Seconds


@dataclass(frozen=True, slots=True)
class Wait:
    """Expected wait for a courier, and where the figure comes from: 'measured', 'nobody_on_duty' or 'default'."""

    seconds: Seconds
    source: str


@dataclass(frozen=True, slots=True)
class PromiseSettings:
    """The part of a market's settings that promises depend on, as stored with each quote."""

    service_classes: tuple[ServiceClass, ...]
    window_lengths_s: tuple[int, ...]
    windows_per_length: int
    horizon_s: Seconds
    valid_s: Seconds
    checkout_s: Seconds
    express_promise_s: Seconds
    express_limit_s: Seconds
    pickup_s: Seconds
    door_s: Seconds
    buffer_s: Seconds
    max_hold_s: Seconds
    search_ahead_s: Seconds
    promise_share_pct: int = 90
    window_closes_s: Seconds = Seconds(0)


@dataclass(frozen=True, slots=True)
class Basis:
    """All that a quote was computed from besides the request and the tariff's rules; enough to compute it again.

    `store_openings` and `market_openings` hold every opening between `now` and the horizon, in order, merged.
    Without a `calibration` promises keep the fixed `settings.buffer_s` in hand.
    """

    now: datetime
    currency: str
    time_zone: str
    tariff_id: str
    tariff_version: int
    distance_m: Metres
    drive_s: Seconds
    preparation_s: Seconds
    wait: Wait
    store_openings: tuple[Window, ...]
    market_openings: tuple[Window, ...]
    settings: PromiseSettings
    graph_version: str = ""
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What `policy.answer` makes of a request and its basis. At least one of the two is not empty."""

    options: tuple[QuoteOption, ...]
    refusals: tuple[tuple[ServiceClass, Problem], ...]
