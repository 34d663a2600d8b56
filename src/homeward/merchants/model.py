"""Merchants, stores, people, keys and brands. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from homeward.kit.places import LatLon
from homeward.kit.units import Seconds
from homeward.kit.windows import OpeningHours

Mode = Literal["live", "test"]


class Role(StrEnum):
    """What a merchant's people may do; each role also may what the ones below it may."""

    OWNER = "owner"  # people, brand and live keys
    DEVELOPER = "developer"  # keys and webhook endpoints
    STAFF = "staff"  # quote, book, follow


@dataclass(frozen=True, slots=True)
class Brand:
    """How the merchant looks to its shoppers. Nothing else ever shows on their pages and messages.

    `colour` is for large areas and buttons, `text_colour` stands on it and is readable there (WCAG AA, 4.5:1).
    `logo` is a `data:image/png;base64,…` URL that we encoded ourselves, or "" for none.
    """

    display_name: str
    colour: str = "#1f4e79"
    text_colour: str = "#ffffff"
    logo: str = ""
    support_phone: str = ""
    support_email: str = ""

    @classmethod
    def from_json(cls, body: Mapping[str, Any], *, name: str) -> "Brand":
        known = {key: str(body[key]) for key in cls.__dataclass_fields__ if key in body}
        return cls(**{"display_name": name, **known})

    def to_json(self) -> dict[str, str]:
        return {key: getattr(self, key) for key in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class ShopperRights:
    """What shoppers may do themselves on the tracking page. Whatever costs the merchant money is off until it says so.

    `dearer_time` lets them choose a time that costs the merchant more than the booked one; `cancel` holds until a
    courier is assigned, and `tip` is for merchants who collect it from the shopper.
    """

    details: bool = True  # instructions, gate code, flat
    pin: bool = True
    leave: bool = True  # at which spot, or with which neighbour
    time: bool = True
    dearer_time: bool = False
    cancel: bool = False
    tip: bool = False
    rating: bool = True
    report: bool = True
    share: bool = True

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "ShopperRights":
        return cls(**{name: bool(body[name]) for name in cls.__dataclass_fields__ if name in body})

    def to_json(self) -> dict[str, bool]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Merchant:
    id: str
    slug: str
    name: str
    status: str  # 'active' or 'suspended'
    brand: Brand
    tracking_domain: str | None
    created_at: datetime
    shopper: ShopperRights = ShopperRights()


@dataclass(frozen=True, slots=True)
class Store:
    """Where a merchant sends from. `hours` are its own; holidays come on top (`policy.store_opening_hours`)."""

    id: str
    merchant_id: str
    market_id: str
    external_id: str | None
    name: str
    address: str
    place: LatLon
    phone: str | None
    hours: OpeningHours
    holiday_calendar: str | None  # ISO 3166: 'CH', 'US-VT'
    preparation_s: Seconds
    pickup_instructions: str
    status: str  # 'active' or 'closed'
    created_at: datetime
    listed: bool = True  # False: a place that a booking named once, none of the merchant's shops

    @property
    def active(self) -> bool:
        return self.status == "active"


@dataclass(frozen=True, slots=True)
class NewStore:
    """A store as asked for: an address, a pin, or both (then the pin decides)."""

    name: str
    address: str = ""
    place: LatLon | None = None
    external_id: str | None = None
    phone: str | None = None
    hours: OpeningHours | None = None  # None: the market's hours
    holiday_calendar: str | None = None
    preparation_s: Seconds = Seconds(900)
    pickup_instructions: str = ""


@dataclass(frozen=True, slots=True)
class PickupPlace:
    """Somewhere to fetch from, named in a quote or booking instead of a store; `place` wins over the address."""

    name: str
    address: str = ""
    place: LatLon | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    id: str
    merchant_id: str
    email: str
    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What may be shown of a key again; the key itself is shown once, when it is made."""

    id: str
    merchant_id: str
    mode: Mode
    name: str
    hint: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key just made, with its secret."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewMerchant:
    """A merchant just made, with the only view of its first keys. `owner` is None if no e-mail was given."""

    merchant: Merchant
    live_key: NewApiKey
    test_key: NewApiKey
    owner: User | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just opened. The token goes into a cookie and is stored here only as a hash."""

    token: str = field(repr=False)
    user: User
    expires_at: datetime
