"""What callers of the dialect send. Unknown fields are let in and forgotten: a client may be newer than we are.

Names may come in camelCase too, as the library's own examples have them. Source: their API description and the
examples of `uber-direct` 0.1.8 (2026-09).
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

import orjson
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

MOST_CENTS: Final = 2**31 - 1
LONGEST_NOTE: Final = 280

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("The NUL character is not allowed")
    return text


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _dialled(value: Any) -> Any:
    """Without what people put between digits."""
    return value.translate(str.maketrans("", "", " -().")) if isinstance(value, str) else value


def _as_address(value: Any) -> Any:
    """One text, the JSON of an object in a text, or (as lenient clients send it) the object itself."""
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return value


_Storable: Final = AfterValidator(_storable)
Short = Annotated[str, StringConstraints(max_length=255), _Storable]
Note = Annotated[str, StringConstraints(max_length=LONGEST_NOTE), _Storable]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True), _Storable]
Company = Annotated[str, StringConstraints(max_length=255, strip_whitespace=True), _Storable]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[0-9]{4,15}$"), BeforeValidator(_dialled)]
Address = Annotated[str, StringConstraints(min_length=1, max_length=2000), _Storable, BeforeValidator(_as_address)]
Cents = Annotated[int, Field(ge=0, le=MOST_CENTS)]
Moment = Annotated[datetime, AfterValidator(_utc)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Part(BaseModel):
    """A part of a request."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _in_snake_case(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        return {_HUMP.sub("_", name).lower() if isinstance(name, str) else name: value for name, value in said.items()}

    def said(self) -> dict[str, Any]:
        """What was sent, ready to be kept as JSON."""
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True)


# ── verification ──


class Signature(Part):
    enabled: bool = True
    collect_signer_name: bool = False
    collect_signer_relationship: bool = False


class LabelToScan(Part):
    """One scan for each element."""

    value: Short
    type: Literal["CODE39", "CODE39_FULL_ASCII", "CODE128", "QR", "EAN13"] | None = None


class Identification(Part):
    """`no_sobriety_check: false` asks the courier to look whether the person is sober."""

    min_age: int | None = Field(None, ge=1, le=120)
    no_sobriety_check: bool | None = None


class Pin(Part):
    enabled: bool = True
    type: Literal["default", "random", "merchant_provided"] | None = None
    value: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None


class Verification(Part):
    """What must be shown at a stop."""

    signature: bool | None = None
    signature_requirement: Signature | None = None
    barcodes: list[LabelToScan] | None = Field(None, max_length=100)
    identification: Identification | None = None
    picture: bool | None = None
    pincode: Pin | None = None

    @property
    def signature_wanted(self) -> bool:
        return bool(self.signature or (self.signature_requirement and self.signature_requirement.enabled))

    @property
    def pin_wanted(self) -> bool:
        return bool(self.pincode and self.pincode.enabled)


# ── goods ──


class Dimensions(Part):
    """Centimetres."""

    length: int = Field(ge=1, le=10_000)
    height: int = Field(ge=1, le=10_000)
    depth: int = Field(ge=1, le=10_000)


class ManifestItem(Part):
    name: Name
    quantity: int = Field(1, ge=1, le=10_000)
    size: Literal["small", "medium", "large", "xlarge", "big"] | None = None
    dimensions: Dimensions | None = None
    weight: int | None = Field(None, ge=1, le=10_000_000)
    price: Cents | None = None
    must_be_upright: bool | None = None
    vat_percentage: int | None = Field(None, ge=0, le=100_000_000)

    @model_validator(mode="after")
    def _weighed(self) -> Self:
        if self.dimensions and self.weight is None:
            raise ValueError("weight is required where dimensions are given")
        return self


# ── test mode ──


class RoboCourier(Part):
    mode: Literal["auto", "custom"] = "auto"
    enroute_for_pickup_at: Moment | None = None
    pickup_imminent_at: Moment | None = None
    pickup_at: Moment | None = None
    dropoff_imminent_at: Moment | None = None
    dropoff_at: Moment | None = None
    cancel_reason: (
        Literal[
            "cannot_access_customer_location",
            "cannot_find_customer_address",
            "customer_rejected_order",
            "customer_unavailable",
        ]
        | None
    ) = None


class TestSpecifications(Part):
    __test__ = False  # its name makes pytest curious

    robo_courier_specification: RoboCourier | None = None


# ── the calls ──


class Windows(Part):
    """The four moments that quotes, bookings and changes share."""

    pickup_ready_dt: Moment | None = None
    pickup_deadline_dt: Moment | None = None
    dropoff_ready_dt: Moment | None = None
    dropoff_deadline_dt: Moment | None = None


class Route(Windows):
    """From where to where, and when."""

    pickup_address: Address
    dropoff_address: Address
    pickup_latitude: Latitude | None = None
    pickup_longitude: Longitude | None = None
    dropoff_latitude: Latitude | None = None
    dropoff_longitude: Longitude | None = None
    manifest_total_value: Cents | None = None
    external_store_id: Short | None = None


class QuoteBody(Route):
    pickup_phone_number: Phone | None = None
    dropoff_phone_number: Phone | None = None


class DeliveryBody(Route):
    pickup_name: Name
    pickup_business_name: Company | None = None
    pickup_phone_number: Phone
    pickup_notes: Note | None = None
    pickup_verification: Verification | None = None
    dropoff_name: Name
    dropoff_business_name: Company | None = None
    dropoff_phone_number: Phone
    dropoff_notes: Note | None = None
    dropoff_seller_notes: Note | None = None
    dropoff_verification: Verification | None = None
    return_notes: Note | None = None
    return_verification: Verification | None = None
    deliverable_action: Literal["deliverable_action_meet_at_door", "deliverable_action_leave_at_door"] | None = None
    undeliverable_action: Literal["return", "leave_at_door", "discard"] | None = None
    manifest_items: list[ManifestItem] = Field(min_length=1, max_length=500)
    manifest_reference: Short | None = None
    external_id: Short | None = None
    idempotency_key: Annotated[str, StringConstraints(min_length=1, max_length=200), _Storable] | None = None
    quote_id: Short | None = None
    tip: Cents | None = None
    requires_dropoff_signature: bool | None = None
    requires_id: bool | None = None
    test_specifications: TestSpecifications | None = None


class UpdateBody(Windows):
    """What callers may change; each only as long as the delivery's state allows it."""

    dropoff_notes: Note | None = None
    dropoff_seller_notes: Note | None = None
    pickup_notes: Note | None = None
    dropoff_verification: Verification | None = None
    pickup_verification: Verification | None = None
    manifest_reference: Short | None = None
    requires_dropoff_signature: bool | None = None
    requires_id: bool | None = None
    tip_by_customer: Cents | None = None
    dropoff_latitude: Latitude | None = None
    dropoff_longitude: Longitude | None = None


class CancelBody(Part):
    """The reason is told to nobody but the merchant; its name on the wire is not published, so both are read."""

    reason: Short | None = None
    cancel_reason: Short | None = None
    additional_description: Note | None = None


class ProofBody(Part):
    waypoint: Literal["pickup", "dropoff", "return"]
    type: Literal["picture", "signature", "pincode"]


# ── organizations ──


class PhoneDetails(Part):
    phone_number: Short | None = None
    country_code: Short | None = None
    subscriber_number: Short | None = None


class PointOfContact(Part):
    email: Short | None = None
    phone_details: PhoneDetails | None = None


class OrganizationInfo(Part):
    name: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^/\\:%<>#=]+$"), _Storable]
    billing_type: Short | None = None
    merchant_type: Short | None = None
    contract_type: Short | None = None
    point_of_contact: PointOfContact | None = None


class Hierarchy(Part):
    parent_organization_id: Short | None = None


class OrganizationBody(Part):
    info: OrganizationInfo
    hierarchy_info: Hierarchy | None = None


class UserDetails(Part):
    email: Annotated[str, StringConstraints(min_length=3, max_length=254), _Storable]
    first_name: Name
    last_name: Short = ""


class InviteBody(Part):
    user_details: UserDetails
    roles: list[Literal["ROLE_ADMIN", "ROLE_EMPLOYEE", "ROLE_SUPPORT"]] = Field(min_length=1, max_length=5)

    @model_validator(mode="before")
    @classmethod
    def _one_role_is_a_list(cls, said: Any) -> Any:
        if isinstance(said, dict) and isinstance(said.get("roles"), str):
            return {**said, "roles": [said["roles"]]}
        return said
