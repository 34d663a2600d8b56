"""What the dialect answers, for the description of the API and for checking ourselves.

Source: their API description, and the payloads that its users print (2026-09); where the two disagree on one object or
a list of them, it is the list.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

Status = Literal["pending", "pickup", "pickup_complete", "dropoff", "delivered", "canceled", "returned"]


class Fault(BaseModel):
    """Every refusal. `metadata` belongs to the code: wrong fields by name, or the delivery that exists already."""

    code: str
    message: str
    kind: Literal["error"] = "error"
    metadata: dict[str, Any] | None = None


class TokenOut(BaseModel):
    access_token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - no secret
    expires_in: int
    scope: str


class TokenFault(BaseModel):
    """As OAuth 2 has it."""

    error: Literal["invalid_request", "invalid_client", "invalid_scope", "unauthorized", "server_error"]
    error_description: str


class QuoteOut(BaseModel):
    """`fee` in cents; `currency` in small letters is the older form of `currency_type`."""

    kind: Literal["delivery_quote"]
    id: str
    created: datetime
    expires: datetime
    fee: int
    currency: str
    currency_type: str
    dropoff_eta: datetime
    duration: int = Field(description="minutes until it is at the door")
    pickup_duration: int = Field(description="minutes until it can be fetched")
    dropoff_deadline: datetime


class Location(BaseModel):
    lat: float
    lng: float


class DetailedAddress(BaseModel):
    street_address_1: str
    street_address_2: str
    city: str
    state: str
    zip_code: str
    country: str


class Waypoint(BaseModel):
    """A stop. `verification_requirements` is what is asked for, `verification` what was captured."""

    name: str
    phone_number: str
    address: str
    detailed_address: DetailedAddress
    location: Location
    notes: str
    seller_notes: str = ""
    courier_notes: str = ""
    external_store_id: str = ""
    verification: dict[str, Any]
    verification_requirements: dict[str, Any]
    status: Literal["completed", "failed"] | None = None
    status_timestamp: datetime | None = None


class PublicPhone(BaseModel):
    phone_number: str
    pin_code: str
    formatted_phone_number: str


class Courier(BaseModel):
    """Numbers are those of a relay: nobody's own."""

    name: str
    vehicle_type: str
    img_href: str
    phone_number: str | None = None
    public_phone_info: PublicPhone | None = None
    location: Location | None = None


class Manifest(BaseModel):
    reference: str
    description: str
    total_value: int


class Related(BaseModel):
    id: str
    relationship: Literal["original", "return"]


class CancelationReason(BaseModel):
    primary_reason: str
    secondary_reason: str


class DeliveryOut(BaseModel):
    """`fee` in cents, the tip in it. Goods that go back are carried by a delivery of their own, `ret_…`."""

    kind: Literal["delivery"]
    id: str
    uuid: str
    quote_id: str | None
    status: Status
    complete: bool
    courier: Courier | None
    courier_imminent: bool
    created: datetime | None
    updated: datetime
    currency: str
    fee: int
    tip: int
    deliverable_action: str
    undeliverable_action: Literal["", "returned", "left_at_door"]
    undeliverable_reason: str
    pickup: Waypoint
    dropoff: Waypoint
    return_: Waypoint | None = Field(None, alias="return")
    pickup_ready: datetime | None
    pickup_eta: datetime | None
    pickup_deadline: datetime | None
    dropoff_ready: datetime | None
    dropoff_eta: datetime | None
    dropoff_deadline: datetime | None
    dropoff_identifier: str
    external_id: str | None
    manifest: Manifest
    manifest_items: list[dict[str, Any]]
    related_deliveries: list[Related]
    live_mode: bool
    tracking_url: str
    batch_id: str | None
    cancelation_reason: CancelationReason | None = None


class DeliveriesOut(BaseModel):
    """`total_count` is always -1: nobody counts; `next_href` is empty on the last page."""

    data: list[DeliveryOut]
    next_href: str
    total_count: int


class DocumentOut(BaseModel):
    document: str = Field(description="a PNG in base64")


class OrganizationOut(BaseModel):
    organization_id: str


class OrganizationInfoOut(BaseModel):
    name: str


class OrganizationDetails(OrganizationOut):
    info: OrganizationInfoOut


class MembershipOut(BaseModel):
    membership_id: str
