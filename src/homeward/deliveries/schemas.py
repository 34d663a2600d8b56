"""The bodies of the delivery API, as its reference shows them."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from homeward.coverage.model import ParcelSize
from homeward.deliveries.model import (
    BookRequest,
    ChangeRequest,
    Contact,
    Contents,
    DeliveryFilter,
    DropoffRequest,
    ProofRequest,
    State,
    Undeliverable,
)
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest
from homeward.kit.units import Grams
from homeward.kit.windows import Window
from homeward.quotes.model import AddressAsked, Parcel, ServiceClass


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("text may not contain the NUL character")
    return text


_Storable: Final = AfterValidator(_storable)
Text = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True), _Storable]
Name = Annotated[str, StringConstraints(max_length=120, strip_whitespace=True), _Storable]
Short = Annotated[str, StringConstraints(max_length=32, strip_whitespace=True), _Storable]
Email = Annotated[str, StringConstraints(max_length=254, strip_whitespace=True), _Storable]
Id = Annotated[str, StringConstraints(min_length=1, max_length=255), _Storable]


class Strict(BaseModel):
    """A misspelt field is refused rather than ignored: half a booking helps nobody."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlaceIn(Strict):
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)

    def to_place(self) -> LatLon:
        return LatLon(self.lat, self.lon)


class AddressIn(Strict):
    """One line of `text`, or parts."""

    text: Text = ""
    street: Name = ""
    number: Name = ""
    unit: Name = ""
    city: Name = ""
    postcode: Name = ""

    def to_address(self) -> AddressAsked | None:
        asked = AddressAsked(**self.model_dump())
        return asked if asked.line else None


class ContactIn(Strict):
    name: Name = ""
    phone: Short | None = None
    email: Email | None = None

    def to_contact(self) -> Contact:
        return Contact(self.name, self.phone or None, self.email or None)


class DropoffIn(Strict):
    """The shopper's door. For a booking by quote the address is the quote's, only the person is needed here."""

    address: Text | AddressIn | None = Field(None, description="one line, or parts")
    place: PlaceIn | None = Field(None, description="a pin; it wins over the address")
    unit: Name = ""
    contact: ContactIn = ContactIn()
    instructions: Text = ""

    def to_request(self) -> DropoffRequest:
        place = self.place.to_place() if self.place else None
        return DropoffRequest(_address(self.address), place, self.unit, self.contact.to_contact(), self.instructions)


class MoneyIn(Strict):
    minor: int = Field(ge=0, le=10**12)
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]


class ParcelIn(Strict):
    weight_g: int = Field(gt=0, le=10_000_000)
    size: ParcelSize = ParcelSize.SMALL
    needs: tuple[Name, ...] = Field((), max_length=10)

    def to_parcel(self) -> Parcel:
        return Parcel(Grams(self.weight_g), self.size, self.needs)


class ContentsIn(Strict):
    description: Text = ""
    count: int = Field(1, ge=1, le=1000)
    value: MoneyIn | None = None

    def to_contents(self) -> Contents:
        return Contents(self.description, self.count, Money(**self.value.model_dump()) if self.value else None)


class WindowIn(Strict):
    earliest: AwareDatetime
    latest: AwareDatetime

    def to_window(self) -> Window:
        if self.latest < self.earliest:
            raise MalformedRequest([FieldError("/window/latest", "ends-before-it-begins", "swap the two ends")])
        return Window(self.earliest, self.latest)


class ProofIn(Strict):
    """All that is set is needed at the door; `pickup_code` at the store."""

    photo: bool = True
    signature: bool = False
    pin: bool = False
    pickup_code: bool = False

    def to_request(self) -> ProofRequest:
        return ProofRequest(**self.model_dump())


class Booking(Strict):
    """By quote: `quote_id` and `option_id`. Directly: `store_id`, `dropoff.address` and `parcel`."""

    quote_id: Id | None = None
    option_id: Id | None = None
    store_id: Id | None = None
    dropoff: DropoffIn = DropoffIn()
    parcel: ParcelIn | None = None
    contents: ContentsIn = ContentsIn()
    ready_at: AwareDatetime | None = None
    service_class: ServiceClass | None = None
    window: WindowIn | None = None
    external_id: Id | None = Field(None, description="your own number; unique for ever in this mode")
    pickup_instructions: Text | None = None
    proof: ProofIn = ProofIn()
    undeliverable: Undeliverable = Undeliverable.RETURN
    metadata: dict[Name, Text] = Field({}, max_length=20)

    def to_request(self) -> BookRequest:
        return BookRequest(
            dropoff=self.dropoff.to_request(),
            quote_id=self.quote_id,
            option_id=self.option_id,
            store_id=self.store_id,
            parcel=self.parcel.to_parcel() if self.parcel else None,
            contents=self.contents.to_contents(),
            ready_at=self.ready_at,
            service_class=self.service_class,
            window=self.window.to_window() if self.window else None,
            external_id=self.external_id,
            pickup_instructions=self.pickup_instructions,
            proof=self.proof.to_request(),
            undeliverable=self.undeliverable,
            metadata=dict(self.metadata),
        )


class Change(Strict):
    """Only what is named changes."""

    contact: ContactIn | None = None
    instructions: Text | None = None
    unit: Name | None = None
    pickup_instructions: Text | None = None
    address: Text | AddressIn | None = None
    place: PlaceIn | None = None
    ready_at: AwareDatetime | None = None
    undeliverable: Undeliverable | None = None
    proof: ProofIn | None = None
    metadata: dict[Name, Text] | None = Field(None, max_length=20)

    def to_request(self) -> ChangeRequest:
        return ChangeRequest(
            contact=self.contact.to_contact() if self.contact else None,
            instructions=self.instructions,
            unit=self.unit,
            pickup_instructions=self.pickup_instructions,
            address=_address(self.address),
            place=self.place.to_place() if self.place else None,
            ready_at=self.ready_at,
            undeliverable=self.undeliverable,
            proof=self.proof.to_request() if self.proof else None,
            metadata=dict(self.metadata) if self.metadata is not None else None,
        )


class Reason(Strict):
    reason: Text = ""


class AddressConfirmation(Strict):
    place: PlaceIn


class ListQuery(BaseModel):
    """Filters of a list; all given ones must hold."""

    state: list[State] = []
    store_id: str | None = None
    external_id: str | None = None
    created_from: AwareDatetime | None = None
    created_to: AwareDatetime | None = None
    attention: bool | None = None
    text: Name | None = Field(None, description="in id, external_id, address or shopper's name")
    cursor: str | None = None
    limit: int = Field(50, ge=1, le=200)

    def to_filter(self) -> DeliveryFilter:
        return DeliveryFilter(
            states=tuple(self.state),
            store_id=self.store_id,
            external_id=self.external_id,
            created_from=self.created_from,
            created_to=self.created_to,
            attention=self.attention,
            text=self.text or None,
        )


def _address(given: str | AddressIn | None) -> AddressAsked | None:
    if isinstance(given, AddressIn):
        return given.to_address()
    return AddressAsked(text=given) if given else None


# ── answers ──


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


class DropoffOut(BaseModel):
    place: PlaceOut
    address: str
    unit: str
    contact: ContactOut
    instructions: str
    confidence: float = Field(description="of the pin: 1 is certain, below 0.8 it is to be confirmed")


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
    first_name: str
    vehicle: str


class ProofOut(BaseModel):
    photo: bool
    signature: bool
    pin: str | None = Field(description="tell it to nobody but the shopper")
    pickup_code: bool


class DeliveryOut(BaseModel):
    """`promised_by` is what the shopper was told and never changes; `eta` is what we now expect."""

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
    undeliverable: Undeliverable
    ready_at: datetime
    search_from: datetime
    window: WindowOut
    promised_by: datetime
    eta: datetime | None
    price: PriceOut
    courier: CourierOut | None
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


class ProofDetails(BaseModel):
    id: str
    delivery_id: str
    leg_id: str
    step: Literal["pickup", "dropoff", "return"]
    kind: str
    media_type: str | None
    content_url: str | None
    data: dict[str, Any]
    place: PlaceOut | None
    taken_at: datetime
    recorded_at: datetime


class ProofList(BaseModel):
    items: list[ProofDetails]
    next_cursor: str | None = None
