"""Why a quote is refused, which limit refused it, and what would be accepted; why a quote cannot be booked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeward.kit.places import LatLon
from homeward.kit.problems import Problem


@dataclass(frozen=True, slots=True)
class AddressCandidate:
    """A place that the address may mean; send its `place` to choose it."""

    label: str
    place: LatLon
    confidence: float


# ── the store ──


@dataclass(eq=False)
class StoreInactive(Problem):
    slug, status = "store-inactive", 409
    title = "This store is closed for good; use another store of yours or open it again."

    store_id: str


# ── the parcel ──


@dataclass(eq=False)
class TooHeavy(Problem):
    slug, status = "too-heavy", 409
    title = "The parcel is heavier than couriers carry here; split it into several deliveries."

    weight_g: int
    limit_g: int

    def detail(self) -> str:
        return f"{self.weight_g} g; at most {self.limit_g} g are carried."


@dataclass(eq=False)
class TooLarge(Problem):
    slug, status = "too-large", 409
    title = "The parcel is larger than couriers carry here; split it into several deliveries."

    size: str
    limit: str

    def detail(self) -> str:
        return f"Size {self.size}; at most {self.limit} is carried."


@dataclass(eq=False)
class CapabilityNotOffered(Problem):
    slug, status = "capability-not-offered", 409
    title = "The parcel needs something that couriers here do not do; see `offered`."

    missing: list[str]
    offered: list[str]

    def detail(self) -> str:
        return f"Not offered here: {', '.join(self.missing)}."


# ── the door ──


@dataclass(eq=False)
class MarketPaused(Problem):
    slug, status = "market-paused", 409
    title = "This market takes no new deliveries at the moment; try again later."
    retryable = True

    market_id: str


@dataclass(eq=False)
class AddressNotFound(Problem):
    slug, status = "address-not-found", 409
    title = "No such address was found; check street, number and town, or send the place as a pin."

    address: str


@dataclass(eq=False)
class AddressUnclear(Problem):
    slug, status = "address-unclear", 409
    title = "The address is not clear enough; send the `place` of one of `candidates`, or a pin."

    address: str
    candidates: list[AddressCandidate]


@dataclass(eq=False)
class OutsideArea(Problem):
    slug, status = "outside-area", 409
    title = "The door lies outside the area that is served from this store."

    nearest_m: int | None

    def detail(self) -> str | None:
        return None if self.nearest_m is None else f"The served area begins {self.nearest_m} m from the door."


@dataclass(eq=False)
class NoRoadNearDoor(Problem):
    slug, status = "no-road-near-door", 409
    title = "No road leads near this door; check the pin."

    distance_m: int
    limit_m: int

    def detail(self) -> str:
        return f"The nearest road is {self.distance_m} m away; at most {self.limit_m} m are walked."


@dataclass(eq=False)
class NoRoadToDoor(Problem):
    slug, status = "no-road-to-door", 409
    title = "No road leads from the store to this door; check the pin."

    place: LatLon


@dataclass(eq=False)
class TooFar(Problem):
    slug, status = "too-far", 409
    title = "The door is too far from the store by road; send it from a nearer store."

    distance_m: int
    limit_m: int

    def detail(self) -> str:
        return f"{self.distance_m} m by road; at most {self.limit_m} m are driven."


# ── the time ──


@dataclass(eq=False)
class ServiceClassNotOffered(Problem):
    slug, status = "service-class-not-offered", 409
    title = "This service class is not offered here; choose one of `offered`."

    service_class: str
    offered: list[str]


@dataclass(eq=False)
class WindowDoesNotFitClass(Problem):
    slug, status = "window-does-not-fit-class", 409
    title = "This window belongs to another service class; ask for that class, or name none."

    service_class: str
    fits: str


@dataclass(eq=False)
class WindowTooShort(Problem):
    slug, status = "window-too-short", 409
    title = "The window is too short to promise; ask for a longer one."

    length_s: int
    shortest_s: int


@dataclass(eq=False)
class WindowInPast(Problem):
    slug, status = "window-in-past", 409
    title = "The window has already passed; ask for a later one."

    latest: datetime
    now: datetime


@dataclass(eq=False)
class WindowClosed(Problem):
    slug, status = "window-closed", 409
    title = "Bookings for this window have ended, so that one trip can be planned for all; ask for a later one."

    closed_at: datetime


@dataclass(eq=False)
class TooShortNotice(Problem):
    slug, status = "too-short-notice", 409
    title = "The window ends before the door can be reached; ask for one that ends at `earliest_promise` or later."

    latest: datetime
    earliest_promise: datetime


@dataclass(eq=False)
class BeyondHorizon(Problem):
    slug, status = "beyond-horizon", 409
    title = "This is too far ahead to promise; ask for a time up to `latest_accepted`."

    asked: datetime
    latest_accepted: datetime


@dataclass(eq=False)
class ReadyAfterWindow(Problem):
    slug, status = "ready-after-window", 409
    title = "The parcel is ready too late for this window; ask for one that ends at `earliest_promise` or later."

    ready_at: datetime
    latest: datetime
    earliest_promise: datetime


@dataclass(eq=False)
class StoreClosed(Problem):
    slug, status = "store-closed", 409
    title = "The store is closed when the parcel would have to be picked up; see `opens_at`."

    opens_at: datetime | None

    def detail(self) -> str | None:
        return "It does not open again within the time that can be booked." if self.opens_at is None else None


@dataclass(eq=False)
class OutsideHours(Problem):
    slug, status = "outside-hours", 409
    title = "Nothing is delivered here at that hour; see `opens_at` for the next time."

    opens_at: datetime | None


@dataclass(eq=False)
class ExpressTooSlow(Problem):
    slug, status = "express-too-slow", 409
    title = "Express cannot be promised in time at the moment; take a window instead."

    earliest_promise: datetime
    latest_accepted: datetime


@dataclass(eq=False)
class NoWindowLeft(Problem):
    slug, status = "no-window-left", 409
    title = "No window of this class can be reached any more; see `earliest_promise`, or choose another class."

    earliest_promise: datetime | None


@dataclass(eq=False)
class NothingToOffer(Problem):
    """Every service class refused for a reason of its own."""

    slug, status = "nothing-to-offer", 409
    title = "No service class can take this delivery; `refusals` says why for each."

    refusals: list[dict[str, Any]]


# ── the quote itself ──


@dataclass(eq=False)
class QuoteExpired(Problem):
    slug, status = "quote-expired", 409
    title = "This quote has expired; ask for a new one."

    quote_id: str
    expired_at: datetime


@dataclass(eq=False)
class QuoteAlreadyBooked(Problem):
    slug, status = "quote-already-booked", 409
    title = "This quote has been booked; ask for a new one for another delivery."

    quote_id: str
    delivery_id: str


@dataclass(eq=False)
class NoTariff(Problem):
    """The operator has set no prices that are in force: nothing the merchant can mend."""

    slug, status = "no-tariff", 503
    title = "This market has no prices in force; tell the operator."

    market_id: str
