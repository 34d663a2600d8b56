"""The bodies that this dialect answers with. Member names come from names.toml, so that one wrong guess is one line."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, PlainSerializer

from homeward.facades.golocal.names import NAMES


def moment(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and a Z. Source: every example of theirs."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(moment, return_type=str)]


class Wire(BaseModel):
    """Built by our names, written by theirs. What is None is left out."""

    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=NAMES.answer), frozen=True)

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class TokenOut(BaseModel):
    """OAuth 2.0 client credentials; there is no refresh token."""

    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the kind of token
    expires_in: int
    access_token: str = Field(repr=False)


class ErrorEntry(Wire):
    code: str
    field: str
    description: str
    info: str
    severity: str
    category: str


class ErrorsOut(Wire):
    """Every answer from 400 up, whatever went wrong."""

    errors: list[ErrorEntry]


class Amount(Wire):
    """Whole units of the currency with decimals, as their examples."""

    amount: float
    currency: str


class Validity(Wire):
    valid_from: Moment
    valid_to: Moment


class QuoteBody(Wire):
    quote_id: str
    client_id: str
    quote_validity: Validity
    delivery_price: Amount
    window_from: Moment
    window_to: Moment


class QuoteOut(Wire):
    deliveries: QuoteBody


class Ids(Wire):
    external_order_id: str | None = None
    delivery_id: str
    tracking_url: str | None = None


class IdsOut(Wire):
    """Of a booking, an update, a status and a cancellation."""

    deliveries: Ids


class Address(Wire):
    line1: str
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    country_code: str | None = None


class Coordinates(Wire):
    latitude: float
    longitude: float


class PickupDetails(Wire):
    external_pickup_point_id: str
    pickup_instructions: str | None = None


class DeliveryDetails(Wire):
    address: Address
    coordinates: Coordinates | None = None
    property_type: str | None = None
    location_preference: str | None = None
    gate_code: str | None = None
    delivery_instructions: str | None = None


class Customer(Wire):
    first_name: str
    last_name: str
    phone: str | None = None


class Summary(Wire):
    order_size: str


class Manifest(Wire):
    summary: Summary


class AddOns(Wire):
    proof_of_delivery: bool
    signature: bool
    attended_delivery: bool
    passcode_required: bool
    capture_photo_proof: bool
    chain_of_custody: bool


class Driver(Wire):
    """What outsiders may know of a driver."""

    first_name: str
    last_name: str | None = None
    vehicle_type: str


class Batching(Wire):
    route_id: str
    drop_sequence: int
    count: int


class Scans(Wire):
    scan_ids: list[str]


class StatusAt(Wire):
    status: str
    time: Moment


class Details(Wire):
    """One delivery as it stands."""

    client_id: str
    external_order_id: str | None = None
    delivery_id: str
    status: str
    status_history: list[StatusAt]
    tracking_url: str | None = None
    delivery_method: str
    window_from: Moment
    window_to: Moment
    ready_at: Moment
    estimated_delivery_time: Moment | None = None
    pickup_details: PickupDetails
    delivery_details: DeliveryDetails
    customer: Customer
    total_items: int
    order_manifest: Manifest
    add_on_services: AddOns
    delivery_price: Amount
    tip: Amount | None = None
    driver: Driver | None = None
    batch_id: str | None = None
    batching_details: Batching | None = None
    scan_details: Scans | None = None
    passcode: str | None = None
    pickup_code: str | None = None
    return_code: str | None = None
    return_reason: str | None = None


class DetailsOut(Wire):
    deliveries: Details


class SearchOut(Wire):
    deliveries: list[Details]
    next_cursor: str | None = None


class EligiblePickup(Wire):
    external_pickup_point_id: str
    distance_in_miles: float


class EligibleLocation(Wire):
    """A location that some pickup point can deliver to, as it was sent, and which points those are."""

    index: int
    address: Address
    pickup_locations: list[EligiblePickup]


class EligibilityBody(Wire):
    client_id: str
    eligible_locations: list[EligibleLocation]


class EligibilityOut(Wire):
    deliveries: EligibilityBody


class TipOut(Wire):
    client_id: str
    external_order_id: str
    pickup_point_id: str
    tip: Amount
    status: str


class FeedbackMade(Wire):
    id: str


class FeedbackInfo(Wire):
    feedback_id: str
    rating: int
    comment: str | None = None
    received_time: Moment


class FeedbackOut(Wire):
    client_id: str
    external_order_id: str
    feedback_infos: list[FeedbackInfo]


class StepOut(Wire):
    action: str
    actor: str


class StepsBody(Wire):
    delivery_id: str
    order_id: str | None = None
    status: str
    next_steps: list[StepOut]


class StepsOut(Wire):
    payload: StepsBody


# ── notices ──


class DeliveryUpdate(Wire):
    """What a notice about a status says; some members come only with certain statuses."""

    client_id: str
    external_order_id: str | None = None
    delivery_id: str
    status: str
    status_time: Moment
    tracking_url: str | None = None
    estimated_delivery_time: Moment | None = None
    driver: Driver | None = None
    property_type: str | None = None
    location_preference: str | None = None
    gate_code: str | None = None
    batch_id: str | None = None
    batching_details: Batching | None = None
    scan_details: Scans | None = None
    passcode: str | None = None
    pickup_code: str | None = None
    return_code: str | None = None
    return_reason: str | None = None


class StatusNoticeDetails(Wire):
    delivery_updates: DeliveryUpdate


class StatusNotice(Wire):
    event_type: Literal["DELIVERY_STATUS"] = "DELIVERY_STATUS"
    event_id: str
    event_time: Moment
    notice_details: StatusNoticeDetails


class LocationUpdate(Wire):
    client_id: str
    external_order_id: str | None = None
    delivery_id: str
    latitude: float
    longitude: float
    time: Moment
    tracking_url: str


class LocationNoticeDetails(Wire):
    driver_location_updates: LocationUpdate


class LocationNotice(Wire):
    event_type: Literal["DRIVER_LOCATION"] = "DRIVER_LOCATION"
    event_id: str
    event_time: Moment
    notice_details: LocationNoticeDetails
