"""The words of a delivery: what is booked, what is carried, what is shown. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from homeward.deliveries.states import Act, LegAct, LegState, State, Who
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.windows import Window
from homeward.quotes.model import AddressAsked, FeeRules, Parcel, ServiceClass

__all__ = [
    "Act",
    "Actor",
    "BookRequest",
    "ChangeRequest",
    "Contact",
    "Contents",
    "CourierCard",
    "Delivery",
    "DeliveryEvent",
    "DeliveryFilter",
    "DeliveryView",
    "DispatchDelivery",
    "Evidence",
    "EvidenceKind",
    "FeeRules",
    "Leg",
    "LegAct",
    "LegKind",
    "LegState",
    "NewEvent",
    "Parcel",
    "Proof",
    "Requirements",
    "State",
    "StopDetails",
    "Undeliverable",
    "Who",
]

MAX_PIN_TRIES: Final = 5


class LegKind(StrEnum):
    """The way to the shopper, or the way back to the store."""

    CARRY = "carry"
    RETURN = "return"


class EvidenceKind(StrEnum):
    """What a courier can hand in."""

    PHOTO = "photo"
    SIGNATURE = "signature"
    PIN = "pin"
    SCAN = "scan"
    CODE = "code"
    NOTE = "note"


class Undeliverable(StrEnum):
    """What becomes of a parcel that nobody takes."""

    RETURN = "return"
    LEAVE_AT_DOOR = "leave_at_door"
    DISPOSE = "dispose"


class ProblemReason(StrEnum):
    """Why a courier cannot go on; `custody_policy.PROBLEM_EFFECTS` says what follows from each."""

    STORE_CLOSED = "store_closed"
    NOT_READY = "not_ready"
    PARCEL_MISSING = "parcel_missing"
    TOO_LARGE = "too_large"
    CANNOT_CONTINUE = "cannot_continue"
    NOBODY_THERE = "nobody_there"
    WRONG_ADDRESS = "wrong_address"
    REFUSED = "refused"
    DAMAGED = "damaged"
    CANNOT_REACH = "cannot_reach"
    LOST = "lost"
    RETURN_REFUSED = "return_refused"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it; `label` is what the event log keeps ('merchant:key_…', 'courier:cou_…', 'system:planner')."""

    who: Who
    id: str

    @property
    def label(self) -> str:
        return f"{self.who}:{self.id}"


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at a stop. Personal data: never in events, logs or webhooks."""

    name: str = ""
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class StopDetails:
    """Where to stop and whom to ask. `confidence` is the geocoder's, 1.0 for a pin set by a person.

    `code` (pickup only) is the short code that store and courier compare.
    """

    place: LatLon
    address: str
    unit: str = ""
    contact: Contact = Contact()
    instructions: str = ""
    confidence: float = 1.0
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What the merchant says is in the parcel; priced and carried is the `Parcel` of the quote."""

    description: str = ""
    count: int = 1
    value: Money | None = None


@dataclass(frozen=True, slots=True)
class Requirements:
    """What must be proven. At the door: every one of photo, signature and PIN that is set."""

    photo: bool = True
    signature: bool = False
    pin: str | None = None
    pin_tries_left: int = MAX_PIN_TRIES
    pickup_code: bool = False
    undeliverable: Undeliverable = Undeliverable.RETURN


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as it stands: the projection of its events."""

    id: str
    merchant_id: str
    mode: str
    market_id: str
    store_id: str
    quote_id: str | None
    external_id: str | None
    state: State
    attention: str | None
    seq: int
    service_class: ServiceClass
    pickup: StopDetails
    dropoff: StopDetails
    parcel: Parcel
    contents: Contents
    requirements: Requirements
    ready_at: datetime
    search_from: datetime
    window_earliest: datetime
    promised_by: datetime
    eta: datetime | None
    price: Mapping[str, Any]
    total: Money
    fees: FeeRules
    courier_id: str | None
    tracking_token: str
    metadata: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CourierCard:
    """What outsiders may know of the courier."""

    first_name: str
    vehicle: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One carrying by one courier."""

    id: str
    merchant_id: str
    delivery_id: str
    market_id: str
    number: int
    kind: LegKind
    courier_id: str
    courier: CourierCard
    offer_id: str | None
    state: LegState
    reason: str | None
    pay: Money
    created_at: datetime
    picked_up_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that a decision wants written; the seq comes with the writing."""

    type: str
    data: Mapping[str, Any] = field(default_factory=dict)
    leg_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One written event of one delivery."""

    delivery_id: str
    seq: int
    type: str
    at: datetime
    recorded_at: datetime
    actor: str
    leg_id: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What came with a report: image bytes, or a text (PIN, code, scanned text, note)."""

    kind: EvidenceKind
    content: bytes | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Stored evidence, without its bytes."""

    id: str
    delivery_id: str
    leg_id: str
    step: str
    kind: EvidenceKind
    media_type: str | None
    data: Mapping[str, Any]
    place: LatLon | None
    taken_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """For pages and the API: a delivery with its active (else last) leg and the names around it."""

    delivery: Delivery
    leg: Leg | None
    store_name: str
    merchant_name: str
    tracking_domain: str | None

    @property
    def courier(self) -> CourierCard | None:
        """Who has it now; nobody before an assignment and after the end."""
        return self.leg.courier if self.leg and self.delivery.courier_id else None


@dataclass(frozen=True, slots=True)
class DispatchDelivery:
    """What the planner needs of an open delivery; `searching` has no leg, all others have one.

    `leg_kind == RETURN`: the parcel is on board and goes back to the pickup's place.
    """

    id: str
    merchant_id: str
    mode: str
    store_id: str
    state: State
    attention: str | None
    seq: int
    service_class: ServiceClass
    pickup: LatLon
    pickup_address: str
    dropoff: LatLon
    dropoff_address: str
    weight_g: int
    volume_l: int
    skills: tuple[str, ...]
    past_couriers: tuple[str, ...]  # who had it before and gave it back or lost it
    ready_at: datetime
    search_from: datetime
    window_earliest: datetime
    promised_by: datetime
    eta: datetime | None
    total: Money
    courier_id: str | None
    leg_id: str | None
    leg_kind: LegKind | None
    picked_up_at: datetime | None
    created_at: datetime
    at_store_since: datetime | None = None  # while the courier stands at the store

    @property
    def on_board(self) -> bool:
        return self.picked_up_at is not None


@dataclass(frozen=True, slots=True)
class BookedAt:
    """How many deliveries were booked at a store within some time."""

    store_id: str
    place: LatLon
    count: int
    name: str = ""
    notice_s: int = 0  # from booking to ready, on average


@dataclass(frozen=True, slots=True)
class DropoffRequest:
    """The shopper's door as the merchant gave it; `place` (a pin) wins over the address."""

    address: AddressAsked | None = None
    place: LatLon | None = None
    unit: str = ""
    contact: Contact = Contact()
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class ProofRequest:
    """What the merchant wants proven."""

    photo: bool = True
    signature: bool = False
    pin: bool = False
    pickup_code: bool = False


@dataclass(frozen=True, slots=True)
class BookRequest:
    """Book an option of a quote (`quote_id`, `option_id`), or directly: then a quote is asked for inside.

    Directly means `store_id`, `dropoff` with an address or place, and `parcel`; `option_id` stays empty and the first
    option that fits `service_class` and `window` is taken.
    """

    dropoff: DropoffRequest
    quote_id: str | None = None
    option_id: str | None = None
    store_id: str | None = None
    parcel: Parcel | None = None
    ready_at: datetime | None = None
    service_class: ServiceClass | None = None
    window: Window | None = None
    contents: Contents = Contents()
    external_id: str | None = None
    pickup_instructions: str | None = None
    proof: ProofRequest = ProofRequest()
    undeliverable: Undeliverable = Undeliverable.RETURN
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """What the merchant changes; None leaves it as it is."""

    contact: Contact | None = None
    instructions: str | None = None
    unit: str | None = None
    pickup_instructions: str | None = None
    address: AddressAsked | None = None
    place: LatLon | None = None
    ready_at: datetime | None = None
    undeliverable: Undeliverable | None = None
    proof: ProofRequest | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries a list shows; `text` matches id, external_id, address and shopper's name."""

    states: Sequence[State] = ()
    store_id: str | None = None
    merchant_id: str | None = None
    market_id: str | None = None
    courier_id: str | None = None
    external_id: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    attention: bool | None = None
    text: str | None = None
