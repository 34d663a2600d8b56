"""An order as the dialect writes it: the fields that come in, and which of them are told again in every answer.

One set of fields serves quotes, bookings and changes. Unknown fields are let in and forgotten, for a client may be
newer than we are; numbers may come as texts, for a documented example sends a tip so. Source: their API description
2.1.59, 2026-09.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

INPUT_ONLY: Final = frozenset(
    {
        "pickup_time",
        "dropoff_time",
        "pickup_window",
        "dropoff_window",
        "customer_expected_sla",
        "expires_by",
        "order_ready_time",
        "shipping_label_config",
        "shipping_label_metadata",
    }
)
"""Asked and never told again: answers carry estimates and what really happened instead."""

MOST_CENTS: Final = 2**31 - 1


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("The NUL character is not allowed")
    return text


def _utc(moment: datetime) -> datetime:
    """The dialect's moments are UTC; some clients leave the Z away."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _dialled(value: Any) -> Any:
    """Without what people put between digits; an empty number is none."""
    if not isinstance(value, str):
        return value
    return value.translate(str.maketrans("", "", " -().")) or None


_Storable: Final = AfterValidator(_storable)
ExternalId = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9\-._~]+$", max_length=255)]
Short = Annotated[str, StringConstraints(max_length=255), _Storable]
Text = Annotated[str, StringConstraints(max_length=500), _Storable]
Phone = Annotated[Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")] | None, BeforeValidator(_dialled)]
Email = Annotated[str, StringConstraints(max_length=254), _Storable]
Cents = Annotated[int, Field(ge=0, le=MOST_CENTS)]
Moment = Annotated[datetime, AfterValidator(_utc)]
FourDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Wish = Literal["required", "preferred", "none"]


class Part(BaseModel):
    """A part of an order."""

    model_config = ConfigDict(extra="ignore")


class LatLng(Part):
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lng: float = Field(ge=-180, le=180, allow_inf_nan=False)


class AddressComponents(Part):
    """One form for all countries: each names the town, the region and the postcode in its own way."""

    street_address: Short | None = None
    sub_premise: Short | None = None
    city: Short | None = None
    locality: Short | None = None
    sub_locality: Short | None = None
    state: Short | None = None
    province: Short | None = None
    territory: Short | None = None
    zip_code: Short | None = None
    postal_code: Short | None = None
    country: Short | None = None


class PickupVerification(Part):
    """What the courier scans at the store. `DATA` and `ATRIX` is how their list spells Data Matrix: both are taken."""

    verification_type: Literal["SCAN_BARCODE", "SCAN_QRCODE", "NO_SCAN"]
    verification_code: Short
    verification_format: (
        Literal[
            "QR_CODE",
            "DATA",
            "ATRIX",
            "DATA_MATRIX",
            "AZTEC",
            "CODE_128",
            "CODE_39",
            "CODE_93",
            "CODABAR",
            "EAN_13",
            "EAN_8",
            "ITF",
            "UPC_A",
            "PDF417",
        ]
        | None
    ) = None


class DropoffOptions(Part):
    signature: Wish | None = None
    id_verification: Wish | None = None
    proof_of_delivery: Literal["photo_required", "photo_preferred", "pin_code", "none"] | None = None
    catering_setup: Literal["required", "none"] | None = None


class DropoffPin(Part):
    """Without a type the PIN is the last four digits of the recipient's telephone."""

    pin_code_type: Literal["random_number", "customer_phone_number", "merchant_provided_number"] | None = None
    pin_code_value: FourDigits | None = None


class ReturnPin(Part):
    pin_code_type: Literal["random_number", "merchant_provided_number"] | None = None
    pin_code_value: FourDigits | None = None


class TimeWindow(Part):
    start_time: Moment | None = None
    end_time: Moment | None = None


class OrderContains(Part):
    alcohol: bool | None = None
    pharmacy_items: bool | None = None
    age_restricted_pharmacy_items: bool | None = None
    tobacco: bool | None = None
    hemp: bool | None = None
    otc: bool | None = None


class DangerousItem(Part):
    proper_shipping_name: Annotated[str, StringConstraints(min_length=1, max_length=200), _Storable]
    commodity_level_code: Literal["limited_quantity"]
    un_number: Annotated[str, StringConstraints(pattern=r"^UN\d{4}$")] | None = None
    hazard_class: Short | None = None
    packing_group: Literal["I", "II", "III"] | None = None


class OrderItem(Part):
    """Weight in pounds, lengths in inches, volume in cubic feet, price in cents: of one piece."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100), _Storable]
    quantity: Annotated[int, Field(ge=1, le=100)]
    description: Text | None = None
    external_id: Annotated[str, StringConstraints(max_length=100), _Storable] | None = None
    external_instance_id: Short | None = None
    volume: Annotated[float, Field(ge=0, le=999.9995)] | None = None
    weight: Annotated[float, Field(ge=0, le=999.9995)] | None = None
    length: Annotated[float, Field(ge=0, le=9_999)] | None = None
    width: Annotated[float, Field(ge=0, le=9_999)] | None = None
    height: Annotated[float, Field(ge=0, le=9_999)] | None = None
    price: Annotated[int, Field(ge=0, le=9_999_999)] | None = None
    barcode: Short | None = None
    special_instructions: Text | None = None
    item_options: dict[str, Any] | None = None
    dangerous_goods: Annotated[list[DangerousItem], Field(max_length=20)] | None = None


class ToldAgain(Part):
    """The fields of an order that every answer repeats as they were sent."""

    locale: Literal["en-US", "fr-CA", "es-US"] | None = None
    order_fulfillment_method: (
        Literal["standard", "catering", "shop_stage", "shop_deliver", "parcel", "large_order", "shop_handoff"] | None
    ) = None
    origin_facility_id: Short | None = None
    pickup_address: Text | None = None
    pickup_business_name: Short | None = None
    pickup_phone_number: Phone = None
    pickup_instructions: Text | None = None
    pickup_reference_tag: Short | None = None
    pickup_external_business_id: Short | None = None
    pickup_external_store_id: Short | None = None
    pickup_verification_metadata: PickupVerification | None = None
    pickup_address_components: AddressComponents | None = None
    dropoff_address: Text | None = None
    dropoff_business_name: Annotated[str, StringConstraints(max_length=120), _Storable] | None = None
    dropoff_location: LatLng | None = None
    dropoff_phone_number: Phone = None
    dropoff_instructions: Text | None = None
    dropoff_contact_given_name: Annotated[str, StringConstraints(max_length=60), _Storable] | None = None
    dropoff_contact_family_name: Annotated[str, StringConstraints(max_length=60), _Storable] | None = None
    dropoff_contact_send_notifications: bool | None = None
    dropoff_email_address: Email | None = None
    dropoff_options: DropoffOptions | None = None
    dropoff_pin_code_verification_metadata: DropoffPin | None = None
    return_pin_code_verification_metadata: ReturnPin | None = None
    dropoff_address_components: AddressComponents | None = None
    shopping_options: dict[str, Any] | None = None
    order_value: Cents | None = None
    items: Annotated[list[OrderItem], Field(max_length=500)] | None = None
    contactless_dropoff: bool | None = None
    action_if_undeliverable: Literal["return_to_pickup", "dispose"] | None = None
    tip: Cents | None = None
    order_contains: OrderContains | None = None
    dasher_allowed_vehicles: list[Literal["car", "bicycle", "walking"]] | None = None
    dropoff_requires_signature: bool | None = None
    promotion_id: Short | None = None
    dropoff_cash_on_delivery: Cents | None = None
    order_route_type: Literal["roundtrip"] | None = None
    order_route_items: Annotated[list[Literal["check", "cash", "pizza_bag"]], Field(max_length=10)] | None = None


class Order(ToldAgain):
    """Everything that may be said about a delivery. What is required depends on the call."""

    external_delivery_id: ExternalId | None = None
    pickup_time: Moment | None = None
    dropoff_time: Moment | None = None
    pickup_window: TimeWindow | None = None
    dropoff_window: TimeWindow | None = None
    customer_expected_sla: dict[str, Any] | None = None
    expires_by: dict[str, Any] | None = None
    order_ready_time: Moment | None = None
    shipping_label_config: dict[str, Any] | None = None
    shipping_label_metadata: dict[str, Any] | None = None

    def said(self) -> dict[str, Any]:
        """As JSON, without what was left out."""
        return self.model_dump(mode="json", exclude_none=True)


class QuoteBody(Order):
    """Ask for a price."""

    external_delivery_id: ExternalId
    dropoff_address: Annotated[str, StringConstraints(min_length=1, max_length=500), _Storable]


class CreateBody(QuoteBody):
    """Book without a quote before."""

    dropoff_phone_number: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$"), BeforeValidator(_dialled)]


class AcceptBody(Part):
    """What may still be said or said otherwise when a quote is booked."""

    tip: Cents | None = None
    dropoff_phone_number: Phone = None
    order_value: Cents | None = None
    pickup_phone_number: Phone = None
    pickup_instructions: Text | None = None
    pickup_reference_tag: Short | None = None
    dropoff_contact_given_name: Annotated[str, StringConstraints(max_length=60), _Storable] | None = None
    dropoff_contact_family_name: Annotated[str, StringConstraints(max_length=60), _Storable] | None = None
    dropoff_instructions: Text | None = None
    contactless_dropoff: bool | None = None
    action_if_undeliverable: Literal["return_to_pickup", "dispose"] | None = None
    items: Annotated[list[OrderItem], Field(max_length=500)] | None = None
    shipping_label_config: dict[str, Any] | None = None
    shipping_label_metadata: dict[str, Any] | None = None


class ServiceabilityBody(Order):
    """Ask whether it could be delivered at all."""

    dropoff_address: Annotated[str, StringConstraints(min_length=1, max_length=500), _Storable]


class RedeliveryBody(Order):
    """Book again what ended; everything that is not said is as it was. The id must be a new one."""

    external_delivery_id: ExternalId


class CancelBody(Part):
    """May be left out altogether. `cold_chain` goods that are under way come back instead of being given up."""

    reason_code: Short | None = None
    should_create_return_delivery: bool = False


RefundReason = Literal[
    "cancelled_order",
    "delivered_late",
    "delivered_early",
    "never_delivered",
    "entire_order_wrong",
    "missing_main",
    "missing_side",
    "incorrect_items",
    "poor_delivery_experience",
]


class RefundBody(Part):
    refund_reason: RefundReason


class AutoCompleteBody(Part):
    input_address: Annotated[str, StringConstraints(min_length=1, max_length=300), _Storable]
    location: LatLng | None = None
    search_radius_meter: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    max_results: Annotated[int, Field(ge=1, le=5)] = 3
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] | None = None


class SubstitutionBody(Part):
    """Items for which a shopper in the aisle might take others."""

    items: list[dict[str, Any]] | None = None


class AuditBody(Part):
    """What was found when a shopped basket was checked at the till."""

    external_delivery_id: ExternalId
