"""What the delivery API is asked, as its reference shows it. What it answers is in `answers`."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from homeward.coverage.model import ParcelSize
from homeward.deliveries.model import (
    AgeCheck,
    Barcode,
    BookRequest,
    Building,
    ChangeRequest,
    Contact,
    Contents,
    DangerousGoods,
    DeliveryFilter,
    DropoffRequest,
    Goods,
    Handover,
    Handshake,
    Item,
    Machines,
    ProofRequest,
    Spot,
    State,
    Step,
    StepProof,
    Undeliverable,
)
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest
from homeward.kit.units import Grams
from homeward.kit.windows import Window
from homeward.merchants.model import PickupPlace
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
    company: Name = ""
    building: Building | None = None
    spot: Spot | None = Field(None, description="where at the building; needs `building`")
    gate_code: Short = ""
    neighbour: Text = Field("", description="who may take it instead, and where: 'Kim, number 14'")

    def to_request(self) -> DropoffRequest:
        return DropoffRequest(
            address=_address(self.address),
            place=self.place.to_place() if self.place else None,
            unit=self.unit,
            contact=self.contact.to_contact(),
            instructions=self.instructions,
            company=self.company,
            building=self.building,
            spot=self.spot,
            gate_code=self.gate_code,
            neighbour=self.neighbour,
        )


class PickupIn(Strict):
    """Somewhere to fetch from that is none of your stores; a pin wins over the address."""

    name: Annotated[Name, StringConstraints(min_length=1)]
    address: Text = ""
    place: PlaceIn | None = None
    phone: Short | None = None

    def to_place(self) -> PickupPlace:
        return PickupPlace(self.name, self.address, self.place.to_place() if self.place else None, self.phone)


class MoneyIn(Strict):
    minor: int = Field(ge=0, le=10**12)
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]

    def to_money(self) -> Money:
        return Money(self.minor, self.currency)


class ParcelIn(Strict):
    weight_g: int = Field(gt=0, le=10_000_000)
    size: ParcelSize = ParcelSize.SMALL
    needs: tuple[Name, ...] = Field((), max_length=10)

    def to_parcel(self) -> Parcel:
        return Parcel(Grams(self.weight_g), self.size, self.needs)


class DangerousGoodsIn(Strict):
    """As on the transport document; limited quantities only."""

    un_number: Annotated[str, StringConstraints(pattern=r"^UN\d{4}$")]
    proper_name: Annotated[str, StringConstraints(min_length=1, max_length=200), _Storable]
    hazard_class: Short = ""
    packing_group: Literal["", "I", "II", "III"] = ""

    def to_goods(self) -> DangerousGoods:
        return DangerousGoods(**self.model_dump())


class ItemIn(Strict):
    """One line of the order; weight and lengths of one piece."""

    name: Annotated[Name, StringConstraints(min_length=1)]
    quantity: int = Field(1, ge=1, le=1000)
    external_id: Name = ""
    description: Text = ""
    weight_g: int | None = Field(None, ge=1, le=10_000_000)
    length_mm: int | None = Field(None, ge=1, le=100_000)
    width_mm: int | None = Field(None, ge=1, le=100_000)
    height_mm: int | None = Field(None, ge=1, le=100_000)
    price: MoneyIn | None = None
    barcode: Name = ""
    upright: bool = False
    dangerous: DangerousGoodsIn | None = None

    def to_item(self) -> Item:
        plain = self.model_dump(exclude={"price", "dangerous"})
        price = self.price.to_money() if self.price else None
        return Item(**plain, price=price, dangerous=self.dangerous.to_goods() if self.dangerous else None)


class ContentsIn(Strict):
    description: Text = ""
    count: int = Field(1, ge=1, le=1000)
    value: MoneyIn | None = None
    items: list[ItemIn] = Field([], max_length=200)
    goods: list[Goods] = Field([], max_length=len(Goods), description="goods that the law treats apart")

    def to_contents(self) -> Contents:
        value = self.value.to_money() if self.value else None
        items = tuple(item.to_item() for item in self.items)
        return Contents(self.description, self.count, value, items, tuple(dict.fromkeys(self.goods)))


class WindowIn(Strict):
    earliest: AwareDatetime
    latest: AwareDatetime

    def to_window(self) -> Window:
        if self.latest < self.earliest:
            raise MalformedRequest([FieldError("/window/latest", "ends-before-it-begins", "swap the two ends")])
        return Window(self.earliest, self.latest)


class BarcodeIn(Strict):
    value: Annotated[Name, StringConstraints(min_length=1)]
    format: Short = Field("", description="as you call it, such as qr or code128; empty: any")

    def to_barcode(self) -> Barcode:
        return Barcode(self.value, self.format)


Barcodes = Annotated[list[BarcodeIn], Field(max_length=100)]
Pin = Annotated[str, StringConstraints(pattern=r"^\d{4}$")]


class AgeCheckIn(Strict):
    """The courier checks a document; the date of birth is compared and not kept."""

    min_age: int = Field(ge=1, le=99)
    sober: bool = Field(False, description="refuse somebody who is visibly drunk")

    def to_check(self) -> AgeCheck:
        return AgeCheck(self.min_age, self.sober)


class StepProofIn(Strict):
    photo: bool = False
    signature: bool = False
    barcodes: Barcodes = []

    def to_proof(self) -> StepProof:
        return StepProof(self.photo, self.signature, tuple(code.to_barcode() for code in self.barcodes))


class ProofIn(Strict):
    """All that is set is needed at the door; `pickup_code`, `at_pickup` and `handshake` at the store."""

    photo: bool = True
    signature: bool = False
    signer_name: bool = False
    signer_relationship: bool = False
    pin: bool | Pin = Field(False, description="true: we draw four digits; or your own four")
    pin_strict: bool = Field(False, description="no hand-over without the right PIN, no photo instead; it goes back")
    age: AgeCheckIn | None = None
    barcodes: Barcodes = []
    pickup_code: bool = False
    at_pickup: StepProofIn = StepProofIn()
    at_return: StepProofIn = StepProofIn()
    return_pin: bool | Pin = Field(False, description="what your store tells the courier who brings it back")
    handshake: Handshake = Handshake.NONE

    def to_request(self) -> ProofRequest:
        return ProofRequest(
            photo=self.photo,
            signature=self.signature,
            signer_name=self.signer_name,
            signer_relationship=self.signer_relationship,
            pin=self.pin,
            pin_strict=self.pin_strict,
            age=self.age.to_check() if self.age else None,
            barcodes=tuple(code.to_barcode() for code in self.barcodes),
            pickup_code=self.pickup_code,
            at_pickup=self.at_pickup.to_proof(),
            at_return=self.at_return.to_proof(),
            return_pin=self.return_pin,
            handshake=self.handshake,
        )


class Booking(Strict):
    """By quote: `quote_id` and `option_id`. Directly: `store_id` (or `store_external_id`, or `pickup`),
    `dropoff.address` and `parcel`."""

    quote_id: Id | None = None
    option_id: Id | None = None
    store_id: Id | None = None
    store_external_id: Id | None = Field(None, description="your own number of the store, in place of `store_id`")
    pickup: PickupIn | None = None
    dropoff: DropoffIn = DropoffIn()
    parcel: ParcelIn | None = None
    contents: ContentsIn = ContentsIn()
    ready_at: AwareDatetime | None = None
    service_class: ServiceClass | None = None
    window: WindowIn | None = None
    external_id: Id | None = Field(None, description="your own number; unique for ever in this mode")
    pickup_instructions: Text | None = None
    proof: ProofIn = ProofIn()
    handover: Handover = Handover.ANY
    undeliverable: Undeliverable = Undeliverable.RETURN
    machines: Machines = Field(Machines.ASK, description="whether a robot or drone may bring it; ask: the shopper says")
    round_trip: list[Name] = Field([], max_length=10, description="what the courier brings back, such as check or bag")
    tip: MoneyIn | None = Field(None, description="on top of the price, all to the courier")
    notify: bool = Field(True, description="texts and e-mails to the shopper")
    redelivery_of: Id | None = Field(None, description="the delivery that did not arrive before")
    robot: dict[str, Any] | None = Field(None, description="with a test key: how the robot behaves that carries it")
    metadata: dict[Name, Text] = Field({}, max_length=20)

    def to_request(self) -> BookRequest:
        return BookRequest(
            dropoff=self.dropoff.to_request(),
            quote_id=self.quote_id,
            option_id=self.option_id,
            store_id=self.store_id,
            store_external_id=self.store_external_id,
            parcel=self.parcel.to_parcel() if self.parcel else None,
            contents=self.contents.to_contents(),
            ready_at=self.ready_at,
            service_class=self.service_class,
            window=self.window.to_window() if self.window else None,
            external_id=self.external_id,
            pickup_instructions=self.pickup_instructions,
            proof=self.proof.to_request(),
            undeliverable=self.undeliverable,
            machines=self.machines,
            metadata=dict(self.metadata),
            pickup=self.pickup.to_place() if self.pickup else None,
            handover=self.handover,
            round_trip=tuple(self.round_trip),
            tip=self.tip.to_money() if self.tip else None,
            notify=self.notify,
            redelivery_of=self.redelivery_of,
            robot=self.robot,
        )


class Change(Strict):
    """Only what is named changes. `window` or `deliver_by` promises anew, at the price of today."""

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
    company: Name | None = None
    building: Building | None = None
    spot: Spot | None = None
    gate_code: Short | None = None
    neighbour: Text | None = None
    contents: ContentsIn | None = None
    handover: Handover | None = None
    barcodes: Barcodes | None = None
    pickup_barcodes: Barcodes | None = None
    window: WindowIn | None = Field(None, description="another time at the door; as long as at a booking")
    deliver_by: AwareDatetime | None = Field(None, description="instead of `window`: the cheapest service in time")
    accept_price: MoneyIn | None = Field(None, description="the most it may cost now; else no more than it does")
    store_id: Id | None = None
    store_external_id: Id | None = Field(None, description="your own number of the store, in place of `store_id`")
    pickup: PickupIn | None = Field(None, description="instead of `store_id`: somewhere that is none of your stores")
    pickup_contact: ContactIn | None = None

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
            company=self.company,
            building=self.building,
            spot=self.spot,
            gate_code=self.gate_code,
            neighbour=self.neighbour,
            contents=self.contents.to_contents() if self.contents else None,
            handover=self.handover,
            barcodes=_barcodes(self.barcodes),
            pickup_barcodes=_barcodes(self.pickup_barcodes),
            window=self.window.to_window() if self.window else None,
            deliver_by=self.deliver_by,
            accept_price=self.accept_price.to_money() if self.accept_price else None,
            store_id=self.store_id,
            store_external_id=self.store_external_id,
            pickup=self.pickup.to_place() if self.pickup else None,
            pickup_contact=self.pickup_contact.to_contact() if self.pickup_contact else None,
        )


def _barcodes(given: list[BarcodeIn] | None) -> tuple[Barcode, ...] | None:
    return None if given is None else tuple(code.to_barcode() for code in given)


class Tip(Strict):
    amount: MoneyIn = Field(description="the whole tip, not what is added to it")


class HandshakeStep(Strict):
    step: Literal[Step.PICKUP, Step.RETURN]


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
