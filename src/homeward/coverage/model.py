"""Markets, service areas and the settings of a market. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from homeward.kit.places import Box
from homeward.kit.units import Grams, Metres, Seconds
from homeward.kit.windows import OpeningHours


class ServiceClass(StrEnum):
    """What a shopper may choose between."""

    EXPRESS = "express"  # about an hour
    SAME_DAY = "same_day"  # a window of two or three hours, today
    SCHEDULED = "scheduled"  # such a window on a later day


class ParcelSize(StrEnum):
    """How much room a parcel takes, smallest first."""

    SMALL = "small"  # a handbag: up to 6 litres
    MEDIUM = "medium"  # a courier's backpack: up to 40 litres
    LARGE = "large"  # a cargo box: up to 120 litres
    EXTRA_LARGE = "extra_large"  # a car boot: up to 400 litres

    @property
    def litres(self) -> int:
        """The room such a parcel may take at most."""
        return _LITRES[self]

    @property
    def rank(self) -> int:
        return list(ParcelSize).index(self)


_LITRES = {ParcelSize.SMALL: 6, ParcelSize.MEDIUM: 40, ParcelSize.LARGE: 120, ParcelSize.EXTRA_LARGE: 400}


class MarketStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"  # takes no new deliveries; those under way are finished


@dataclass(frozen=True, slots=True)
class MarketSettings:
    """What a market accepts and how it works; every field has a default, the operator changes single ones.

    Times are business seconds. `from_json` ignores unknown names, so that an older release runs on newer settings.
    """

    jurisdiction: str = ""  # ISO 3166, as US-CO: whose law binds this market (coverage/jurisdictions.py)
    # What is offered
    service_classes: tuple[ServiceClass, ...] = tuple(ServiceClass)
    window_lengths_s: tuple[int, ...] = (7_200, 10_800)
    capabilities: tuple[str, ...] = ("age_check",)  # what couriers here can do beyond carrying
    # Limits
    max_distance_m: Metres = Metres(25_000)  # by road, store to door
    max_weight_g: Grams = Grams(25_000)
    max_size: ParcelSize = ParcelSize.EXTRA_LARGE
    snap_limit_m: Metres = Metres(200)  # from a door to the nearest road
    horizon_s: Seconds = Seconds(14 * 86_400)
    # Addresses
    certain_confidence: float = 0.8  # below it, the address is to be confirmed
    usable_confidence: float = 0.5  # below it, there is no pin worth quoting for
    # Quotes and promises
    quote_valid_s: Seconds = Seconds(3_600)
    checkout_s: Seconds = Seconds(300)  # between the quote and the booking, counted in every promise
    express_promise_s: Seconds = Seconds(3_600)  # what express normally promises
    express_limit_s: Seconds = Seconds(5_400)  # what express may promise at worst
    pickup_s: Seconds = Seconds(180)  # at the store's counter
    door_s: Seconds = Seconds(180)  # parking, stairs, handing over
    promise_share_pct: int = 90  # how many of a hundred promises are to be kept
    buffer_s: Seconds = Seconds(300)  # what a promise keeps in hand until enough is learned, at least
    buffer_per_mille: int = 250  # and what it adds for each second of driving
    default_wait_s: Seconds = Seconds(600)  # for a courier, when nobody has measured it lately
    no_courier_wait_s: Seconds = Seconds(2_700)  # when nobody is on duty
    supply_fresh_s: Seconds = Seconds(300)
    max_hold_s: Seconds = Seconds(1_800)  # how long a courier may carry a parcel before its window opens
    window_closes_s: Seconds = Seconds(0)  # bookings for a window end so long before it opens (0: while it can be kept)
    windows_per_length: int = 3  # of each length and class, in an answer to a request that names no window
    # Dispatch
    planner_every_s: Seconds = Seconds(5)
    offer_decision_s: Seconds = Seconds(60)  # some states ask for at least a minute to decide
    lost_contact_s: Seconds = Seconds(300)
    search_ahead_s: Seconds = Seconds(1_800)  # a scheduled delivery wakes so long before its pickup
    no_courier_after_s: Seconds = Seconds(900)  # searching longer than this calls for a person
    # What a courier is paid for an offer, in minor units (dispatch/pay.py)
    pay_base_minor: int = 250
    pay_per_km_minor: int = 60
    pay_per_minute_minor: int = 15
    pay_extra_stop_minor: int = 100
    pay_floor_minor: int = 450  # for each delivery of the offer
    # What dispatch decides by where it differs from the default (dispatch/policy_values.py), by section and name
    dispatch_policy: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "MarketSettings":
        known = {f.name for f in fields(cls)}
        values = {name: value for name, value in body.items() if name in known}
        if "service_classes" in values:
            values["service_classes"] = tuple(ServiceClass(name) for name in values["service_classes"])
        if "max_size" in values:
            values["max_size"] = ParcelSize(values["max_size"])
        for name in ("window_lengths_s", "capabilities"):
            if name in values:
                values[name] = tuple(values[name])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Market:
    """A town or county with its own roads, couriers, hours and prices.

    `revision` grows with every change to the market, its areas or its tariffs; it keys what processes remember.
    """

    id: str
    slug: str
    name: str
    currency: str
    time_zone: str
    units: str
    locale: str
    box: Box
    graph_version: str
    status: MarketStatus
    hours: OpeningHours
    settings: MarketSettings
    revision: int

    @property
    def paused(self) -> bool:
        return self.status is MarketStatus.PAUSED


@dataclass(frozen=True, slots=True)
class ServiceArea:
    """Where a market delivers to. `polygon` is a GeoJSON Polygon or MultiPolygon, [lon, lat]."""

    id: str
    market_id: str
    name: str
    polygon: dict[str, Any]
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Served:
    """The place lies in a service area of this market."""

    market_id: str
    area_id: str


@dataclass(frozen=True, slots=True)
class NotServed:
    """No area holds the place. `nearest_m` is how far the nearest rim is, None if the market has no area."""

    reason: Literal["outside_area", "market_paused"]
    nearest_m: int | None
    market_id: str | None = None
