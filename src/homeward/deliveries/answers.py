"""What the delivery API answers, as its reference shows it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from homeward.deliveries.model import Building, Handover, Handshake, Machines, Spot, State, Step, Undeliverable
from homeward.quotes.model import ServiceClass


class PlaceOut(BaseModel):
    lat: float
    lon: float


class MoneyOut(BaseModel):
    minor: int
    currency: str


class ContactOut(BaseModel):
    name: str
    phone: str | None
    email: str | None


class PickupOut(BaseModel):
    place: PlaceOut
    address: str
    unit: str
    contact: ContactOut
    instructions: str
    code: str | None = Field(description="store and courier compare it")
    company: str


class DropoffOut(BaseModel):
    place: PlaceOut
    address: str
    unit: str
    contact: ContactOut
    instructions: str
    confidence: float = Field(description="of the pin: 1 is certain, below 0.8 it is to be confirmed")
    company: str
    building: Building | None
    spot: Spot | None
    gate_code: str
    neighbour: str = Field(description="who may take it instead, and where")


class WindowOut(BaseModel):
    earliest: datetime
    latest: datetime


class ComponentOut(BaseModel):
    code: str
    label: str
    minor: int


class PriceOut(BaseModel):
    total: MoneyOut
    components: list[ComponentOut]
    cancellation_fee: MoneyOut | None = None
    return_fee: MoneyOut | None = None


class CourierOut(BaseModel):
    """`initial` is of the family name."""

    first_name: str
    vehicle: str
    initial: str = ""


class CourierContactOut(BaseModel):
    """Call `phone` and dial `code`: you are put through, and nobody's own number is told."""

    phone: str
    code: str
    expires_at: datetime | None = Field(description="null while the courier has it")


class DeliveryCourierOut(CourierOut):
    contact: CourierContactOut | None = Field(description="null where the operator has set up no relay")


class BarcodeOut(BaseModel):
    value: str
    format: str


class AgeCheckOut(BaseModel):
    min_age: int
    sober: bool


class StepProofOut(BaseModel):
    photo: bool
    signature: bool
    barcodes: list[BarcodeOut]


class ProofOut(BaseModel):
    photo: bool
    signature: bool
    signer_name: bool
    signer_relationship: bool
    pin: str | None = Field(description="tell it to nobody but the shopper", repr=False)
    pin_strict: bool = Field(description="no hand-over without the right PIN")
    age: AgeCheckOut | None
    barcodes: list[BarcodeOut]
    pickup_code: bool
    at_pickup: StepProofOut
    at_return: StepProofOut
    return_pin: str | None = Field(description="your store tells it to the courier who brings it back", repr=False)
    return_code: str | None = Field(description="the courier who brings it back shows it; null before")
    handshake: Handshake
    confirmed: list[Step] = Field(description="handshakes that your store's system has confirmed")


class OutcomeOut(BaseModel):
    """Why and by whom it was last turned back, cancelled or given up; all null while it goes well."""

    act: str | None
    reason: str | None
    by: str | None
    left_at_door: bool


class BatchOut(BaseModel):
    """Carried together with others by one courier; `position` counts their doors from 1."""

    id: str
    position: int
    count: int = Field(description="deliveries in it, those of other merchants too")
    together_with: list[str] = Field(description="ids of your own deliveries in it")


class DeliveryOut(BaseModel):
    """`promised_by` is what the shopper was told, `eta` what we now expect: the one never moves the other."""

    id: str
    external_id: str | None
    mode: Literal["live", "test"]
    state: State
    attention: str | None = Field(description="why a person must look; null when all is well")
    seq: int
    merchant_id: str
    market_id: str
    store_id: str
    store_name: str
    quote_id: str | None
    service_class: ServiceClass
    pickup: PickupOut
    dropoff: DropoffOut
    parcel: dict[str, Any]
    proof: ProofOut
    handover: Handover
    undeliverable: Undeliverable
    machines: Machines = Field(description="whether a robot or drone may bring it")
    round_trip: list[str]
    handed_over_at: datetime | None = Field(description="of a round trip: when the shopper got it")
    outcome: OutcomeOut
    times: dict[str, datetime] = Field(description="when each state was last reached")
    tip: MoneyOut
    notify: bool
    redelivery_of: str | None
    batch: BatchOut | None
    door: str = Field(description="the dialect it was booked in; native is this API")
    ready_at: datetime
    search_from: datetime
    window: WindowOut
    promised_by: datetime
    eta: datetime | None
    pickup_eta: datetime | None = Field(description="when the courier is expected at the store, on the way there")
    price: PriceOut
    courier: DeliveryCourierOut | None = Field(
        description="who has it; also after the end, for as long as they can be called"
    )
    leg_id: str | None
    tracking_url: str
    possible: list[str] = Field(description="acts that you may ask for now")
    metadata: dict[str, str]
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None


class DeliveryList(BaseModel):
    items: list[DeliveryOut]
    next_cursor: str | None


class LegOut(BaseModel):
    id: str
    number: int
    kind: Literal["carry", "return"]
    state: str
    reason: str | None
    courier: CourierOut
    created_at: datetime
    picked_up_at: datetime | None
    ended_at: datetime | None


class LegList(BaseModel):
    items: list[LegOut]
    next_cursor: str | None = None


class EventOut(BaseModel):
    id: str
    delivery_id: str
    seq: int = Field(description="1, 2, 3 … within the delivery, without a gap")
    type: str
    at: datetime = Field(description="when it happened")
    recorded_at: datetime = Field(description="when we heard of it")
    actor: str
    leg_id: str | None
    data: dict[str, Any]


class EventList(BaseModel):
    items: list[EventOut]
    next_cursor: str | None = None


class EventFeed(BaseModel):
    items: list[EventOut]
    next_cursor: str = Field(description="always given: ask with it for what comes next")


class ProofLinkOut(BaseModel):
    """Opens the picture or the sheet without a key; to be passed on, for a day."""

    url: str
    expires_at: datetime


class ProofDetails(BaseModel):
    id: str
    delivery_id: str
    leg_id: str
    step: Literal["pickup", "dropoff", "return"]
    kind: str
    media_type: str | None
    content_url: str | None
    link: ProofLinkOut | None
    data: dict[str, Any]
    place: PlaceOut | None
    taken_at: datetime
    recorded_at: datetime


class ProofList(BaseModel):
    items: list[ProofDetails]
    pdf: ProofLinkOut | None = Field(None, description="all of it on one sheet, in your brand")
    next_cursor: str | None = None
