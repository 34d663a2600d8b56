"""The words of a delivery: what is booked, what is carried, what is shown. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from homeward.deliveries.batch import Batch, BatchMember
from homeward.deliveries.contents import AGE_RESTRICTED, Contents, DangerousGoods, Goods, Item
from homeward.deliveries.reports import EvidenceKind, ProblemReason
from homeward.deliveries.requirements import (
    MAX_PIN_TRIES,
    AgeCheck,
    Barcode,
    Building,
    Handover,
    Handshake,
    Machines,
    ProofRequest,
    Requirements,
    Spot,
    Step,
    StepProof,
    Undeliverable,
)
from homeward.deliveries.rescue import Rescue
from homeward.deliveries.states import ON_THE_WAY_TO_PICKUP, Act, LegAct, LegState, State, Who
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.windows import Window
from homeward.merchants.model import PickupPlace
from homeward.quotes.model import AddressAsked, FeeRules, Parcel, ServiceClass

__all__ = [
    "AGE_RESTRICTED",
    "MAX_PIN_TRIES",
    "Act",
    "Actor",
    "AgeCheck",
    "Barcode",
    "Batch",
    "BatchMember",
    "BookRequest",
    "Building",
    "ChangeRequest",
    "Contact",
    "Contents",
    "CourierCard",
    "DangerousGoods",
    "Delivery",
    "DeliveryEvent",
    "DeliveryFilter",
    "DeliveryView",
    "DispatchDelivery",
    "Evidence",
    "EvidenceKind",
    "FeeRules",
    "Goods",
    "Handover",
    "Handshake",
    "Item",
    "Leg",
    "LegAct",
    "LegKind",
    "LegState",
    "Machines",
    "NewEvent",
    "Parcel",
    "ProblemReason",
    "Proof",
    "ProofRequest",
    "Requirements",
    "Rescue",
    "Spot",
    "State",
    "Step",
    "StepProof",
    "StopDetails",
    "Undeliverable",
    "Who",
]

NATIVE_DOOR: Final = "native"
"""Our own API and pages; other doors are named for the dialect they speak."""


class LegKind(StrEnum):
    """The way to the shopper, or the way back to the store."""

    CARRY = "carry"
    RETURN = "return"


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

    `code` (pickup only) is the short code that store and courier compare. `neighbour` says in the shopper's words who
    may take it instead, and where they live.
    """

    place: LatLon
    address: str
    unit: str = ""
    contact: Contact = Contact()
    instructions: str = ""
    confidence: float = 1.0
    code: str | None = None
    company: str = ""
    building: Building | None = None
    spot: Spot | None = None
    gate_code: str = ""
    neighbour: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """Which dialect a delivery was booked in, and what that dialect wants to read back (never seen by other doors)."""

    name: str = NATIVE_DOOR
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why and by whom a delivery was last turned back, cancelled or given up; empty while all goes well."""

    act: Act | None = None
    reason: str | None = None
    by: Who | None = None
    left_at_door: bool = False


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
    tracking_token: str = field(repr=False)
    metadata: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    door: Door = Door()
    tip_minor: int = 0
    notify: bool = True
    redelivery_of: str | None = None
    robot: Mapping[str, Any] | None = None
    handed_over_at: datetime | None = None
    outcome: Outcome = Outcome()
    times: Mapping[State, datetime] = field(default_factory=dict)
    batch: Batch | None = None
    pickup_eta: datetime | None = None
    rescue: Rescue | None = None  # while somebody has to take the parcel on from whoever is stranded with it

    @property
    def tip(self) -> Money:
        """On top of the price, and all of it the courier's."""
        return Money(self.tip_minor, self.total.currency)

    @property
    def expected_at_pickup(self) -> datetime | None:
        """When the courier will be at the store, while one is on the way there."""
        return self.pickup_eta if self.state in ON_THE_WAY_TO_PICKUP else None


@dataclass(frozen=True, slots=True)
class CourierCard:
    """What outsiders may know of the courier. `initial` is of the family name."""

    first_name: str
    vehicle: str
    initial: str = ""


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
    relay_code: str | None = None


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
    """What came with a report: image bytes, or a text (PIN, code, scanned text, note, date of birth).

    `details`: the signer's `name` and `relationship`; of an age check `sober`; of a scan its `format`.
    """

    kind: EvidenceKind
    content: bytes | None = None
    text: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


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
    pickup_eta: datetime | None
    total: Money
    courier_id: str | None
    leg_id: str | None
    leg_kind: LegKind | None
    picked_up_at: datetime | None
    created_at: datetime
    at_store_since: datetime | None = None  # while the courier stands at the store
    goods: tuple[Goods, ...] = ()
    batch: Batch | None = None
    machines: Machines = Machines.ASK
    rescue: Rescue | None = None  # `pickup` is then where the parcel is stranded
    stranded_id: str | None = None  # the courier or machine who is stranded with it

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
    company: str = ""
    building: Building | None = None
    spot: Spot | None = None
    gate_code: str = ""
    neighbour: str = ""


@dataclass(frozen=True, slots=True)
class BookRequest:
    """Book an option of a quote (`quote_id`, `option_id`), or directly: then a quote is asked for inside.

    Directly means `store_id` (or the merchant's own number of it, or a `pickup` elsewhere), `dropoff` with an address
    or place, and `parcel`; `option_id` stays empty and the first option that fits `service_class` and `window` is
    taken.
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
    pickup: PickupPlace | None = None
    handover: Handover = Handover.ANY
    round_trip: tuple[str, ...] = ()
    tip: Money | None = None
    notify: bool = True
    redelivery_of: str | None = None
    door: Door = Door()
    robot: Mapping[str, Any] | None = None  # in test mode: how the robot that carries it shall behave
    store_external_id: str | None = None
    machines: Machines = Machines.ASK


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """What the merchant changes; None leaves it as it is.

    `window` or `deliver_by` is another time at the door: price and promise are then those of a new quote, and a price
    above the present one needs `accept_price`. `store_id`, the merchant's own number of a store, or `pickup` is
    another place to fetch it from.
    """

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
    building: Building | None = None
    spot: Spot | None = None
    gate_code: str | None = None
    neighbour: str | None = None
    company: str | None = None
    contents: Contents | None = None
    barcodes: tuple[Barcode, ...] | None = None
    pickup_barcodes: tuple[Barcode, ...] | None = None
    handover: Handover | None = None
    door_data: Mapping[str, Any] | None = None
    window: Window | None = None
    deliver_by: datetime | None = None
    accept_price: Money | None = None
    store_id: str | None = None
    store_external_id: str | None = None
    pickup: PickupPlace | None = None
    pickup_contact: Contact | None = None

    @property
    def moves_pickup(self) -> bool:
        return bool(self.store_id or self.store_external_id or self.pickup)


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
    door: str | None = None
    batch_id: str | None = None
    rescue: bool | None = None  # stranded with somebody, or not
