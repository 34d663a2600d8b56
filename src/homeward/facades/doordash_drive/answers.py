"""What the dialect answers, for the description of the API and for checking ourselves. Source: description 2.1.59."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from homeward.facades.doordash_drive.orders import LatLng, RefundReason, ToldAgain

Status = Literal[
    "quote",
    "created",
    "confirmed",
    "enroute_to_pickup",
    "arrived_at_pickup",
    "picked_up",
    "enroute_to_dropoff",
    "arrived_at_dropoff",
    "delivered",
    "enroute_to_return",
    "arrived_at_return",
    "returned",
    "cancelled",
]
CancellationReason = Literal[
    "cancelled_by_creator",
    "failed_to_process_payment",
    "failed_to_assign_and_refunded",
    "failed_to_pickup",
    "failed_to_deliver",
    "failed_to_return",
]
FeeType = Literal[
    "distance_based_fee",
    "order_value_based_fee",
    "service_fee",
    "mx_subsidy",
    "other",
    "dasher_regulatory_fee",
    "promotion",
    "small_order_fee",
    "flat_fee",
    "package_fee",
    "fuel_surcharge",
    "delivery_area_surcharge",
]


class FeeComponent(BaseModel):
    """Negative amounts are discounts."""

    type: FeeType
    amount: int


class DeliveryResponse(ToldAgain):
    """A quote or a delivery. `fee` is in cents and without the tip; its components add up to it."""

    external_delivery_id: str
    delivery_status: Status
    fee: int = Field(ge=0)
    currency: str
    fee_components: list[FeeComponent] = Field(default_factory=list)
    cancellation_reason: CancellationReason | None = None
    updated_at: datetime
    pickup_time_estimated: datetime | None = None
    pickup_time_actual: datetime | None = None
    dropoff_time_estimated: datetime | None = None
    dropoff_time_actual: datetime | None = None
    dropoff_time_estimated_lower_bound: datetime | None = None
    dropoff_time_estimated_upper_bound: datetime | None = None
    return_time_estimated: datetime | None = None
    return_time_actual: datetime | None = None
    return_address: str | None = None
    support_reference: str | None = None
    tracking_url: str | None = None
    dropoff_verification_image_url: str | None = None
    pickup_verification_image_url: str | None = None
    dropoff_signature_image_url: str | None = None
    dasher_id: int | None = None
    dasher_name: str | None = None
    dasher_dropoff_phone_number: str | None = None
    dasher_pickup_phone_number: str | None = None
    dasher_location: LatLng | None = None


class Serviceability(BaseModel):
    is_serviceable: bool
    reasons_not_serviceable: list[str]


class FoundAddress(BaseModel):
    formatted_address: str
    location: LatLng
    street: str
    unit: str
    city: str
    state: str
    zip_code: str


class AddressResult(BaseModel):
    address: FoundAddress


class AddressResults(BaseModel):
    results: list[AddressResult]


class Substitutions(BaseModel):
    """Always empty: nobody shops for the merchant here, so nothing is ever replaced."""

    items: list[dict[str, object]]


class SignalReceived(BaseModel):
    signal_received: bool


class Refund(BaseModel):
    code: Literal[
        "doordash_cancelled", "order_delivered_late", "order_delivered_early", "dasher_at_fault", "doordash_at_fault"
    ]
    refund_reason: RefundReason
    message: str
    tip_refund: int
    order_value_refund: int
    delivery_fee_refund: int
    status: Literal["full_refund", "partial_refund"]


class Fault(BaseModel):
    """Every refusal: a code and a sentence, and what the code calls for."""

    code: str
    message: str
    reason: str | None = None
    external_delivery_id: str | None = None
    external_business_id: str | None = None
    external_store_id: str | None = None
    refund_reason: RefundReason | None = None


class WrongField(BaseModel):
    field: str
    error: str


class ValidationFault(BaseModel):
    code: Literal["validation_error"]
    message: str
    field_errors: list[WrongField]


class Business(BaseModel):
    external_business_id: str
    name: str
    description: str | None = None
    activation_status: Literal["active", "inactive"]
    is_test: bool
    created_at: datetime
    last_updated_at: datetime


class Businesses(BaseModel):
    result: list[Business]
    result_count: int
    continuation_token: str | None = None


class DriveStore(BaseModel):
    external_business_id: str
    external_store_id: str
    name: str
    phone_number: str | None = None
    address: str
    status: Literal["active", "inactive"]
    is_test: bool
    created_at: datetime
    last_updated_at: datetime


class DriveStores(BaseModel):
    result: list[DriveStore]
    result_count: int
    continuation_token: str | None = None
