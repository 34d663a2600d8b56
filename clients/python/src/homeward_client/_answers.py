# Written by `make docs` from the API's description; change it there.
"""The form of every request and answer. Moments are RFC 3339 texts, money is whole minor units.

Expect new members in answers and new values where `Literal` lists some, and ignore those you do not know."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Building = Literal["house", "apartment", "business", "other"]


ClaimOutcome = Literal["full", "partial", "rejected", "review"]


ClaimReason = Literal[
    "cancelled",
    "delivered_late",
    "delivered_early",
    "never_delivered",
    "entire_order_wrong",
    "missing_items",
    "incorrect_items",
    "damaged",
    "poor_experience",
]


Dialect = Literal["golocal", "doordash_drive", "uber_direct"]


DocumentKind = Literal["driving_licence", "insurance", "identity"]


Fault = Literal["courier", "operator", "merchant", "nobody", "unknown"]


Goods = Literal["alcohol", "tobacco", "hemp", "pharmacy", "age_restricted_pharmacy", "over_the_counter", "dangerous"]


Handover = Literal["any", "to_person", "at_door"]


Handshake = Literal["none", "asked", "required"]


Machines = Literal["ask", "allowed", "never"]


OnboardingState = Literal[
    "started", "documents", "agreement", "check", "vehicle", "payout", "review", "active", "declined"
]


Pace = Literal["auto", "custom", "manual"]


ParcelSize = Literal["small", "medium", "large", "extra_large"]


Player = Literal["courier", "carrier", "store", "merchant"]


ReportKind = Literal["missing_items", "wrong_items", "damaged", "not_received", "late", "other"]


RequirementsStep = Literal["pickup", "dropoff", "return"]


RobotsStep = Literal[
    "assign",
    "drop",
    "head_to_pickup",
    "arrive_pickup",
    "pick_up",
    "head_to_dropoff",
    "arrive_dropoff",
    "hand_over",
    "problem",
    "turn_back",
    "arrive_return",
    "return_handed",
    "give_up",
    "confirm_handshake",
    "mark_ready",
    "cancel",
    "return",
]


Role = Literal["owner", "developer", "staff"]


ServiceClass = Literal["express", "same_day", "scheduled"]


Spot = Literal["front_door", "back_door", "side_porch", "reception", "mailroom", "garage_door"]


StatesState = Literal[
    "scheduled",
    "searching",
    "assigned",
    "to_pickup",
    "at_pickup",
    "picked_up",
    "to_dropoff",
    "at_dropoff",
    "delivered",
    "returning",
    "at_return",
    "returned",
    "cancelled",
    "failed",
]


StepInput = Literal[
    "assign",
    "drop",
    "head_to_pickup",
    "arrive_pickup",
    "pick_up",
    "head_to_dropoff",
    "arrive_dropoff",
    "hand_over",
    "problem",
    "turn_back",
    "arrive_return",
    "return_handed",
    "give_up",
    "confirm_handshake",
    "mark_ready",
    "cancel",
    "return",
]


TextKind = Literal["agreement", "check_disclosure"]


Undeliverable = Literal["return", "leave_at_door", "dispose"]


VehicleKind = Literal["foot", "bicycle", "scooter", "car", "van"]


class AddressBody(TypedDict):
    """One line of `text`, or parts."""

    text: NotRequired[str]
    street: NotRequired[str]
    number: NotRequired[str]
    unit: NotRequired[str]
    city: NotRequired[str]
    postcode: NotRequired[str]


class AddressConfirmation(TypedDict):
    place: PlaceIn


class AddressIn(TypedDict):
    """One line of `text`, or parts."""

    text: NotRequired[str]
    street: NotRequired[str]
    number: NotRequired[str]
    unit: NotRequired[str]
    city: NotRequired[str]
    postcode: NotRequired[str]


class AddressMatches(TypedDict):
    """Best first; empty if no known street is like it."""

    items: list[MatchBody]


class AddressSearch(TypedDict):
    """An address as one line in `text`, or in fields."""

    text: NotRequired[str]
    street: NotRequired[str]
    number: NotRequired[str]
    unit: NotRequired[str]
    city: NotRequired[str]
    postcode: NotRequired[str]
    market_id: NotRequired[str | None]
    near: NotRequired[AddressesPlaceBody | None]
    """Breaks ties between streets of one name: your store, for instance."""
    limit: NotRequired[int]


class AddressSuggestions(TypedDict):
    items: list[SuggestionBody]


class AddressesPlaceBody(TypedDict):
    """Degrees in WGS 84."""

    lat: float
    lon: float


class AgeCheckIn(TypedDict):
    """The courier checks a document; the date of birth is compared and not kept."""

    min_age: int
    sober: NotRequired[bool]
    """refuse somebody who is visibly drunk"""


class AgeCheckOut(TypedDict):
    min_age: int
    sober: bool


class ApplicantSessionBody(TypedDict):
    phone: str
    code: str


class ApplicantSessionOut(TypedDict):
    token: str


class AttemptOut(TypedDict):
    at: str
    status: int | None
    took_ms: int
    answer: str
    sent_headers: dict[str, str]
    """Signatures as sent; of anything else only that it was there"""


class AuthBody(TypedDict):
    """What your receiver expects in another dialect: a header as it is, or a key that signs. Never shown again."""

    header: NotRequired[str]
    value: NotRequired[str]
    signing_key: NotRequired[str]


class BarcodeIn(TypedDict):
    value: str
    format: NotRequired[str]
    """as you call it, such as qr or code128; empty: any"""


class BarcodeOut(TypedDict):
    value: str
    format: str


class BatchOut(TypedDict):
    """Carried together with others by one courier; `position` counts their doors from 1."""

    id: str
    position: int
    count: int
    """deliveries in it, those of other merchants too"""
    together_with: list[str]
    """ids of your own deliveries in it"""


class Booking(TypedDict):
    """By quote: `quote_id` and `option_id`. Directly: `store_id` (or `store_external_id`, or `pickup`),
    `dropoff.address` and `parcel`.
    """

    quote_id: NotRequired[str | None]
    option_id: NotRequired[str | None]
    store_id: NotRequired[str | None]
    store_external_id: NotRequired[str | None]
    """your own number of the store, in place of `store_id`"""
    pickup: NotRequired[PickupIn | None]
    dropoff: NotRequired[DropoffIn]
    parcel: NotRequired[ParcelIn | None]
    contents: NotRequired[ContentsIn]
    ready_at: NotRequired[str | None]
    service_class: NotRequired[ServiceClass | None]
    window: NotRequired[WindowIn | None]
    external_id: NotRequired[str | None]
    """your own number; unique for ever in this mode"""
    pickup_instructions: NotRequired[str | None]
    proof: NotRequired[ProofIn]
    handover: NotRequired[Handover]
    undeliverable: NotRequired[Undeliverable]
    machines: NotRequired[Machines]
    """whether a robot or drone may bring it; ask: the shopper says"""
    round_trip: NotRequired[list[str]]
    """what the courier brings back, such as check or bag"""
    tip: NotRequired[MoneyIn | None]
    """on top of the price, all to the courier"""
    notify: NotRequired[bool]
    """texts and e-mails to the shopper"""
    redelivery_of: NotRequired[str | None]
    """the delivery that did not arrive before"""
    robot: NotRequired[dict[str, Any] | None]
    """with a test key: how the robot behaves that carries it"""
    metadata: NotRequired[dict[str, str]]


class BrandBody(TypedDict):
    """How shoppers see the merchant. `logo` is a data URL of a PNG, JPEG or WebP; we draw it anew."""

    display_name: NotRequired[str | None]
    colour: NotRequired[str | None]
    text_colour: NotRequired[str | None]
    logo: NotRequired[str | None]
    support_phone: NotRequired[str | None]
    support_email: NotRequired[str | None]


class Change(TypedDict):
    """Only what is named changes. `window` or `deliver_by` promises anew, at the price of today."""

    contact: NotRequired[ContactIn | None]
    instructions: NotRequired[str | None]
    unit: NotRequired[str | None]
    pickup_instructions: NotRequired[str | None]
    address: NotRequired[str | AddressIn | None]
    place: NotRequired[PlaceIn | None]
    ready_at: NotRequired[str | None]
    undeliverable: NotRequired[Undeliverable | None]
    proof: NotRequired[ProofIn | None]
    metadata: NotRequired[dict[str, str] | None]
    company: NotRequired[str | None]
    building: NotRequired[Building | None]
    spot: NotRequired[Spot | None]
    gate_code: NotRequired[str | None]
    neighbour: NotRequired[str | None]
    contents: NotRequired[ContentsIn | None]
    handover: NotRequired[Handover | None]
    barcodes: NotRequired[list[BarcodeIn] | None]
    pickup_barcodes: NotRequired[list[BarcodeIn] | None]
    window: NotRequired[WindowIn | None]
    """another time at the door; as long as at a booking"""
    deliver_by: NotRequired[str | None]
    """instead of `window`: the cheapest service in time"""
    accept_price: NotRequired[MoneyIn | None]
    """the most it may cost now; else no more than it does"""
    store_id: NotRequired[str | None]
    store_external_id: NotRequired[str | None]
    """your own number of the store, in place of `store_id`"""
    pickup: NotRequired[PickupIn | None]
    """instead of `store_id`: somewhere that is none of your stores"""
    pickup_contact: NotRequired[ContactIn | None]


class ChangeEndpointBody(TypedDict):
    url: NotRequired[str | None]
    event_types: NotRequired[list[str] | None]
    active: NotRequired[bool | None]
    auth: NotRequired[AuthBody | None]
    location_every_s: NotRequired[int | None]
    """0 switches it off"""


class ClaimBody(TypedDict):
    """Without items the claim is about the whole order."""

    reason: ClaimReason
    items: NotRequired[list[ClaimedItemBody]]


class ClaimList(TypedDict):
    items: list[ClaimOut]
    next_cursor: NotRequired[str | None]


class ClaimOut(TypedDict):
    id: str
    delivery_id: str
    reason: ClaimReason
    items: list[ClaimedItemOut]
    verdict: VerdictOut
    created_at: str


class ClaimedItemBody(TypedDict):
    name: str
    quantity: NotRequired[int]
    amount: MoneyIn
    """of all pieces together"""


class ClaimedItemOut(TypedDict):
    name: str
    quantity: int
    amount: DeliveriesMoneyOut


class ComponentOut(TypedDict):
    code: str
    label: str
    minor: int


class ConfidenceOut(TypedDict):
    """How likely the promise is kept, measured on `sample` earlier deliveries at that hour.

    `basis` is `learned`, or `default` while the market has seen too few: then `share` is what it aims at.
    """

    share: float
    sample: int
    basis: Literal["default", "learned"]


class ConsentBody(TypedDict):
    """`displayed_hash`: SHA-256 in hex of the text as it was on the screen, in UTF-8."""

    version_id: str
    displayed_hash: str


class ContactIn(TypedDict):
    name: NotRequired[str]
    phone: NotRequired[str | None]
    email: NotRequired[str | None]


class ContactOut(TypedDict):
    name: str
    phone: str | None
    email: str | None


class ContentsIn(TypedDict):
    description: NotRequired[str]
    count: NotRequired[int]
    value: NotRequired[MoneyIn | None]
    items: NotRequired[list[ItemIn]]
    goods: NotRequired[list[Goods]]
    """goods that the law treats apart"""


class CourierContactOut(TypedDict):
    """Call `phone` and dial `code`: you are put through, and nobody's own number is told."""

    phone: str
    code: str
    expires_at: str | None
    """null while the courier has it"""


class CoverageOut(TypedDict):
    """Whether somebody delivers to the place. `nearest_m` is how far the nearest served area is."""

    served: bool
    market_id: str | None
    reason: Literal["outside_area", "market_paused"] | None
    nearest_m: int | None


class CredentialOut(TypedDict):
    """`account` is your number in that dialect: clientId, developer_id or customer_id."""

    id: str
    dialect: Dialect
    mode: Literal["live", "test"]
    name: str
    account: str
    client_id: str
    key_id: str | None
    hint: str
    created_at: str
    last_used_at: str | None
    revoked_at: str | None


class CredentialsOut(TypedDict):
    items: list[CredentialOut]


class DangerousGoodsIn(TypedDict):
    """As on the transport document; limited quantities only."""

    un_number: str
    proper_name: str
    hazard_class: NotRequired[str]
    packing_group: NotRequired[Literal["", "I", "II", "III"]]


class DeliveriesCourierOut(TypedDict):
    """`initial` is of the family name."""

    first_name: str
    vehicle: str
    initial: NotRequired[str]


class DeliveriesDropoffOut(TypedDict):
    place: PlaceOut
    address: str
    unit: str
    contact: ContactOut
    instructions: str
    confidence: float
    """of the pin: 1 is certain, below 0.8 it is to be confirmed"""
    company: str
    building: Building | None
    spot: Spot | None
    gate_code: str
    neighbour: str
    """who may take it instead, and where"""


class DeliveriesMoneyOut(TypedDict):
    minor: int
    currency: str


class DeliveriesPriceOut(TypedDict):
    total: DeliveriesMoneyOut
    components: list[ComponentOut]
    cancellation_fee: NotRequired[DeliveriesMoneyOut | None]
    return_fee: NotRequired[DeliveriesMoneyOut | None]


class DeliveryCourierOut(TypedDict):
    first_name: str
    vehicle: str
    initial: NotRequired[str]
    contact: CourierContactOut | None
    """null where the operator has set up no relay"""


class DeliveryList(TypedDict):
    items: list[DeliveryOut]
    next_cursor: str | None


class DeliveryOut(TypedDict):
    """`promised_by` is what the shopper was told, `eta` what we now expect: the one never moves the other."""

    id: str
    external_id: str | None
    mode: Literal["live", "test"]
    state: StatesState
    attention: str | None
    """why a person must look; null when all is well"""
    seq: int
    merchant_id: str
    market_id: str
    store_id: str
    store_name: str
    quote_id: str | None
    service_class: ServiceClass
    pickup: PickupOut
    dropoff: DeliveriesDropoffOut
    parcel: dict[str, Any]
    proof: ProofOut
    handover: Handover
    undeliverable: Undeliverable
    machines: Machines
    """whether a robot or drone may bring it"""
    round_trip: list[str]
    handed_over_at: str | None
    """of a round trip: when the shopper got it"""
    outcome: OutcomeOut
    times: dict[str, str]
    """when each state was last reached"""
    tip: DeliveriesMoneyOut
    notify: bool
    redelivery_of: str | None
    batch: BatchOut | None
    door: str
    """the dialect it was booked in; native is this API"""
    ready_at: str
    search_from: str
    window: WindowOut
    promised_by: str
    eta: str | None
    pickup_eta: str | None
    """when the courier is expected at the store, on the way there"""
    price: DeliveriesPriceOut
    courier: DeliveryCourierOut | None
    """who has it; also after the end, for as long as they can be called"""
    leg_id: str | None
    tracking_url: str
    possible: list[str]
    """acts that you may ask for now"""
    metadata: dict[str, str]
    created_at: str
    updated_at: str
    ended_at: str | None


class DocumentBody(TypedDict):
    kind: DocumentKind
    expires_on: str
    content_base64: str


class DocumentOut(TypedDict):
    id: str
    kind: DocumentKind
    expires_on: str
    state: str
    reason: str
    reviewed_by: str | None
    sent_at: str


class DossierOut(TypedDict):
    id: str
    phone: str
    state: OnboardingState
    next: str
    market_id: str | None
    name: str
    vehicle: VehicleKind | None
    vehicle_facts: dict[str, Any]
    payout_named: bool
    check_result: str | None
    courier_id: str | None
    decided_by: str | None
    decision_reason: str
    created_at: str
    updated_at: str
    documents: list[DocumentOut]
    required: list[DocumentKind]
    consents: list[TextKind]


class DriverOut(TypedDict):
    id: str
    name: str
    phone: str
    vehicle: VehicleKind
    market_id: str
    on_duty: bool
    capacity_g: int
    capacity_l: int
    max_deliveries: int


class DriversOut(TypedDict):
    items: list[DriverOut]


class DropoffBody(TypedDict):
    """An address, or a pin that somebody has confirmed; the pin decides if both are given."""

    address: NotRequired[AddressBody | str | None]
    place: NotRequired[QuotesPlaceBody | None]


class DropoffIn(TypedDict):
    """The shopper's door. For a booking by quote the address is the quote's, only the person is needed here."""

    address: NotRequired[str | AddressIn | None]
    """one line, or parts"""
    place: NotRequired[PlaceIn | None]
    """a pin; it wins over the address"""
    unit: NotRequired[str]
    contact: NotRequired[ContactIn]
    instructions: NotRequired[str]
    company: NotRequired[str]
    building: NotRequired[Building | None]
    spot: NotRequired[Spot | None]
    """where at the building; needs `building`"""
    gate_code: NotRequired[str]
    neighbour: NotRequired[str]
    """who may take it instead, and where: 'Kim, number 14'"""


class EligibilityBody(TypedDict):
    store_ids: list[str]
    dropoffs: list[DropoffBody]


class EligibilityOut(TypedDict):
    items: list[PairOut]


class EndpointOut(TypedDict):
    """`secrets` are shown when the endpoint is made and when its secret is rotated, and never again."""

    id: str
    url: str
    event_types: list[str]
    status: str
    disabled_reason: str | None
    failing_since: str | None
    created_at: str
    dialect: str
    location_every_s: int | None
    secrets: NotRequired[list[str] | None]


class EndpointsOut(TypedDict):
    items: list[EndpointOut]


class EventFeed(TypedDict):
    items: list[EventOut]
    next_cursor: str
    """always given: ask with it for what comes next"""


class EventList(TypedDict):
    items: list[EventOut]
    next_cursor: NotRequired[str | None]


class EventOut(TypedDict):
    id: str
    delivery_id: str
    seq: int
    """1, 2, 3 … within the delivery, without a gap"""
    type: str
    at: str
    """when it happened"""
    recorded_at: str
    """when we heard of it"""
    actor: str
    leg_id: str | None
    data: dict[str, Any]


class FeedbackBody(TypedDict):
    rating: int
    """1 is the worst, 5 the best"""
    comment: NotRequired[str]


class FeedbackList(TypedDict):
    items: list[FeedbackOut]
    next_cursor: NotRequired[str | None]


class FeedbackOut(TypedDict):
    id: str
    delivery_id: str
    rating: int
    comment: str
    received_at: str


class HandshakeStep(TypedDict):
    step: Literal["pickup", "return"]


class HoursBody(TypedDict):
    """Weekday 0 is Monday; a day without times is closed; `exceptions` replaces the times of a date."""

    time_zone: str
    weekly: dict[str, list[list[str]]]
    exceptions: NotRequired[dict[str, list[list[str]]]]


class InvitationOut(TypedDict):
    id: str
    email: str
    role: Role
    created_at: str
    expires_at: str


class InvitationsOut(TypedDict):
    items: list[InvitationOut]


class ItemIn(TypedDict):
    """One line of the order; weight and lengths of one piece."""

    name: str
    quantity: NotRequired[int]
    external_id: NotRequired[str]
    description: NotRequired[str]
    weight_g: NotRequired[int | None]
    length_mm: NotRequired[int | None]
    width_mm: NotRequired[int | None]
    height_mm: NotRequired[int | None]
    price: NotRequired[MoneyIn | None]
    barcode: NotRequired[str]
    upright: NotRequired[bool]
    dangerous: NotRequired[DangerousGoodsIn | None]


class KeyOut(TypedDict):
    """`hint` helps to recognise a key; the key itself is shown once."""

    id: str
    mode: str
    name: str
    hint: str
    created_at: str
    last_used_at: str | None
    revoked_at: str | None


class KeysOut(TypedDict):
    items: list[KeyOut]


class LegList(TypedDict):
    items: list[LegOut]
    next_cursor: NotRequired[str | None]


class LegOut(TypedDict):
    id: str
    number: int
    kind: Literal["carry", "return"]
    state: str
    reason: str | None
    courier: DeliveriesCourierOut
    created_at: str
    picked_up_at: str | None
    ended_at: str | None


class LogOut(TypedDict):
    items: list[WebhooksMessageOut]
    next_cursor: str | None


class MatchBody(TypedDict):
    """One place that the address may mean."""

    place: AddressesPlaceBody
    label: str
    street: str
    number: str
    unit: str
    city: str
    postcode: str
    market_id: str | None
    precision: Literal["exact", "near_number", "interpolated", "street", "city"]
    """The very door; the next door; between two doors; a middle of the street; a middle of the city."""
    confidence: float
    """Chance that the door is within 50 m of `place`."""
    certain: bool
    """True from confidence 0.8 on: a quote for it asks nobody to confirm the pin."""


class MerchantOut(TypedDict):
    id: str
    slug: str
    name: str
    status: str
    brand: dict[str, str]
    tracking_domain: str | None
    created_at: str
    shopper: dict[str, bool]
    """what shoppers may do themselves on the tracking page"""


class MerchantPatch(TypedDict):
    name: NotRequired[str | None]
    brand: NotRequired[BrandBody | None]
    shopper: NotRequired[ShopperBody | None]


class MerchantsPlaceBody(TypedDict):
    """WGS 84 degrees."""

    lat: float
    lon: float


class MoneyIn(TypedDict):
    minor: int
    currency: str


class NewCredentialBody(TypedDict):
    dialect: Dialect
    mode: NotRequired[Literal["live", "test"]]
    name: NotRequired[str]


class NewCredentialOut(TypedDict):
    """`secret` is shown this once: client_secret, or signing_secret where your software signs its own tokens."""

    id: str
    dialect: Dialect
    mode: Literal["live", "test"]
    name: str
    account: str
    client_id: str
    key_id: str | None
    hint: str
    created_at: str
    last_used_at: str | None
    revoked_at: str | None
    secret: str


class NewDriverBody(TypedDict):
    name: str
    phone: str
    """They sign in to the courier app by it."""
    vehicle: VehicleKind
    store_id: str
    """The store that they start from; its market is theirs."""


class NewEndpointBody(TypedDict):
    url: str
    event_types: NotRequired[list[str]]
    """Empty: all of them"""
    dialect: NotRequired[str]
    """In whose words; others tell of deliveries booked in theirs"""
    auth: NotRequired[AuthBody]
    location_every_s: NotRequired[int | None]
    """Also tell where couriers are, this often"""


class NewInvitationBody(TypedDict):
    email: str
    role: NotRequired[Role]


class NewInvitationOut(TypedDict):
    """`link` is shown this once: send it to the person, who chooses name and password there."""

    id: str
    email: str
    role: Role
    created_at: str
    expires_at: str
    link: str


class NewKeyBody(TypedDict):
    mode: Literal["live", "test"]
    name: NotRequired[str]


class NewKeyOut(TypedDict):
    id: str
    mode: str
    name: str
    hint: str
    created_at: str
    last_used_at: str | None
    revoked_at: str | None
    secret: str
    """The key itself. It is never shown again."""


class NewStoreBody(TypedDict):
    """An address, a place, or both; then the place decides where couriers go."""

    name: str
    address: NotRequired[str]
    place: NotRequired[MerchantsPlaceBody | None]
    external_id: NotRequired[str | None]
    phone: NotRequired[str | None]
    hours: NotRequired[HoursBody | None]
    holiday_calendar: NotRequired[str | None]
    preparation_s: NotRequired[int]
    pickup_instructions: NotRequired[str]


class NewUserBody(TypedDict):
    email: str
    name: str
    role: Role
    password: str


class NextOut(TypedDict):
    """What the robot does by itself, and when."""

    step: RobotsStep
    at: str
    reason: str | None


class OpenedOut(TypedDict):
    """It stands open now, and closes by itself."""

    compartment_id: str | None
    machine: str


class OptionOut(TypedDict):
    """Book it by `book_by`. `reasoning` adds up from the quote's `created_at` to `promised_by`."""

    id: str
    service_class: ServiceClass
    window: WindowOut
    promised_by: str
    ready_at: str
    search_from: str
    book_by: str
    price: QuotesPriceOut
    reasoning: list[TermOut]
    confidence: ConfidenceOut


class OutcomeOut(TypedDict):
    """Why and by whom it was last turned back, cancelled or given up; all null while it goes well."""

    act: str | None
    reason: str | None
    by: str | None
    left_at_door: bool


class PairOut(TypedDict):
    """`dropoff` counts the drop-offs of the request from 0. Distances are by road."""

    store_id: str
    dropoff: int
    eligible: bool
    distance_m: int | None
    duration_s: int | None
    address: str | None
    """As found; null for what was not found"""
    refusal: WhyNotOut | None


class ParcelBody(TypedDict):
    weight_g: int
    size: NotRequired[ParcelSize]
    needs: NotRequired[list[str]]


class ParcelIn(TypedDict):
    weight_g: int
    size: NotRequired[ParcelSize]
    needs: NotRequired[list[str]]


class ParticularsBody(TypedDict):
    name: str
    market_id: str
    vehicle: VehicleKind


class PayoutBody(TypedDict):
    token: str
    """The payment company's name for the account."""


class PickupBody(TypedDict):
    """An address, or a pin; the pin decides if both are given."""

    name: str
    address: NotRequired[str]
    place: NotRequired[QuotesPlaceBody | None]
    phone: NotRequired[str | None]


class PickupIn(TypedDict):
    """Somewhere to fetch from that is none of your stores; a pin wins over the address."""

    name: str
    address: NotRequired[str]
    place: NotRequired[PlaceIn | None]
    phone: NotRequired[str | None]


class PickupOut(TypedDict):
    place: PlaceOut
    address: str
    unit: str
    contact: ContactOut
    instructions: str
    code: str | None
    """store and courier compare it"""
    company: str


class PlaceIn(TypedDict):
    lat: float
    lon: float


class PlaceOut(TypedDict):
    lat: float
    lon: float


class PossibleOut(TypedDict):
    step: RobotsStep
    actor: Player
    """whose part it is"""
    reasons: list[str]
    """where not empty, the step needs one of them"""


class ProofDetails(TypedDict):
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
    taken_at: str
    recorded_at: str


class ProofIn(TypedDict):
    """All that is set is needed at the door; `pickup_code`, `at_pickup` and `handshake` at the store."""

    photo: NotRequired[bool]
    signature: NotRequired[bool]
    signer_name: NotRequired[bool]
    signer_relationship: NotRequired[bool]
    pin: NotRequired[bool | str]
    """true: we draw four digits; or your own four"""
    pin_strict: NotRequired[bool]
    """no hand-over without the right PIN, no photo instead; it goes back"""
    age: NotRequired[AgeCheckIn | None]
    barcodes: NotRequired[list[BarcodeIn]]
    pickup_code: NotRequired[bool]
    at_pickup: NotRequired[StepProofIn]
    at_return: NotRequired[StepProofIn]
    return_pin: NotRequired[bool | str]
    """what your store tells the courier who brings it back"""
    handshake: NotRequired[Handshake]


class ProofLinkOut(TypedDict):
    """Opens the picture or the sheet without a key; to be passed on, for a day."""

    url: str
    expires_at: str


class ProofList(TypedDict):
    items: list[ProofDetails]
    pdf: NotRequired[ProofLinkOut | None]
    """all of it on one sheet, in your brand"""
    next_cursor: NotRequired[str | None]


class ProofOut(TypedDict):
    photo: bool
    signature: bool
    signer_name: bool
    signer_relationship: bool
    pin: str | None
    """tell it to nobody but the shopper"""
    pin_strict: bool
    """no hand-over without the right PIN"""
    age: AgeCheckOut | None
    barcodes: list[BarcodeOut]
    pickup_code: bool
    at_pickup: StepProofOut
    at_return: StepProofOut
    return_pin: str | None
    """your store tells it to the courier who brings it back"""
    return_code: str | None
    """the courier who brings it back shows it; null before"""
    handshake: Handshake
    confirmed: list[RequirementsStep]
    """handshakes that your store's system has confirmed"""


class ProvePhoneBody(TypedDict):
    phone: str


class QuoteBody(TypedDict):
    """A drop-off address and a weight are enough; everything else narrows the choice."""

    store_id: NotRequired[str]
    """or `store_external_id`, or `pickup`"""
    store_external_id: NotRequired[str | None]
    """your own number of the store"""
    pickup: NotRequired[PickupBody | None]
    """fetch from here, where it is none of your stores"""
    dropoff: DropoffBody
    parcel: ParcelBody
    ready_at: NotRequired[str | None]
    """Left out, the store begins to prepare when it is booked"""
    service_class: NotRequired[ServiceClass | None]
    window: NotRequired[WindowBody | None]


class QuoteOut(TypedDict):
    """Never changes once given; at least one option."""

    id: str
    mode: str
    market_id: str
    store_id: str
    parcel: ParcelBody
    dropoff: QuotesDropoffOut
    distance_m: int
    duration_s: int
    options: list[OptionOut]
    refusals: list[RefusalOut]
    attention: list[str]
    created_at: str
    expires_at: str


class QuotesDropoffOut(TypedDict):
    """The door as found. `certain` is false while somebody still has to confirm the pin."""

    place: PlaceOut
    label: str
    address: AddressBody
    confidence: float
    precision: str
    certain: bool


class QuotesMoneyOut(TypedDict):
    """Whole minor units: 745 EUR is 7.45 euro."""

    minor: int
    currency: str


class QuotesPlaceBody(TypedDict):
    """WGS 84 degrees."""

    lat: float
    lon: float


class QuotesPriceOut(TypedDict):
    """The components add up to the total."""

    total: QuotesMoneyOut
    components: list[ComponentOut]


class Reason(TypedDict):
    reason: NotRequired[str]


class RefusalOut(TypedDict):
    """Why a class is not on offer; further members say which limit refused and what would be accepted."""

    service_class: ServiceClass
    code: str
    title: str
    detail: str | None


class ReplayBody(TypedDict):
    """Exactly what to send again. With nothing given: everything that failed."""

    message_id: NotRequired[str | None]
    since: NotRequired[str | None]
    until: NotRequired[str | None]
    failed_only: NotRequired[bool | None]


class ReplayedOut(TypedDict):
    messages: int


class ReportList(TypedDict):
    items: list[ReportOut]
    next_cursor: NotRequired[str | None]


class ReportOut(TypedDict):
    id: str
    delivery_id: str
    kind: ReportKind
    comment: str
    has_photo: bool
    """then `/photo` below it has the picture"""
    reported_at: str


class ShopperBody(TypedDict):
    """What shoppers may do themselves on the tracking page."""

    details: NotRequired[bool | None]
    """instructions, gate code, flat"""
    pin: NotRequired[bool | None]
    """move the pin to the door, as far as the booked way allows"""
    leave: NotRequired[bool | None]
    """say at which spot or with which neighbour it may be left"""
    time: NotRequired[bool | None]
    """choose another time that costs no more"""
    dearer_time: NotRequired[bool | None]
    """choose a time that costs you more; the difference is yours"""
    cancel: NotRequired[bool | None]
    """cancel until a courier is assigned; the fee of your tariff applies"""
    tip: NotRequired[bool | None]
    """tip the courier; you collect it from the shopper"""
    rating: NotRequired[bool | None]
    report: NotRequired[bool | None]
    """tell of a problem, with a photo"""
    share: NotRequired[bool | None]
    """make a link that shows less"""


class StepIn(TypedDict):
    step: StepInput
    reason: NotRequired[str | None]


class StepProofIn(TypedDict):
    photo: NotRequired[bool]
    signature: NotRequired[bool]
    barcodes: NotRequired[list[BarcodeIn]]


class StepProofOut(TypedDict):
    photo: bool
    signature: bool
    barcodes: list[BarcodeOut]


class StepsOut(TypedDict):
    delivery_id: str
    state: StatesState
    attention: str | None
    mode: Pace
    """of the robot: auto, custom or manual"""
    next: NextOut | None
    steps: list[PossibleOut]


class StoreOut(TypedDict):
    id: str
    market_id: str
    external_id: str | None
    name: str
    address: str
    place: MerchantsPlaceBody
    phone: str | None
    hours: dict[str, Any]
    holiday_calendar: str | None
    preparation_s: int
    pickup_instructions: str
    status: str
    created_at: str


class StorePatch(TypedDict):
    name: NotRequired[str | None]
    address: NotRequired[str | None]
    place: NotRequired[MerchantsPlaceBody | None]
    external_id: NotRequired[str | None]
    phone: NotRequired[str | None]
    hours: NotRequired[HoursBody | None]
    holiday_calendar: NotRequired[str | None]
    preparation_s: NotRequired[int | None]
    pickup_instructions: NotRequired[str | None]
    status: NotRequired[Literal["active", "closed"] | None]


class StoresOut(TypedDict):
    items: list[StoreOut]


class SuggestionBody(TypedDict):
    text: str
    street: str
    number: str
    city: str
    postcode: str
    place: AddressesPlaceBody


class TermOut(TypedDict):
    term: str
    seconds: int


class TextOut(TypedDict):
    id: str
    kind: TextKind
    market_id: str
    jurisdiction: str
    language: str
    text: str
    text_hash: str
    effective_at: str
    published_at: str


class Tip(TypedDict):
    amount: MoneyIn
    """the whole tip, not what is added to it"""


class UserOut(TypedDict):
    id: str
    email: str
    name: str
    role: Role
    created_at: str


class UserPatch(TypedDict):
    role: NotRequired[Role | None]
    password: NotRequired[str | None]


class UsersOut(TypedDict):
    items: list[UserOut]


class VehicleBody(TypedDict):
    plate: NotRequired[str]
    make: NotRequired[str]
    colour: NotRequired[str]


class VerdictOut(TypedDict):
    """`rule` names the rule that decided; `review` means that a person will."""

    outcome: ClaimOutcome
    code: str
    rule: str
    fault: Fault
    goods: DeliveriesMoneyOut
    delivery_fee: DeliveriesMoneyOut
    tip: DeliveriesMoneyOut
    total: DeliveriesMoneyOut


class WebhooksMessageOut(TypedDict):
    """One event on its way to one endpoint. `id` is the `webhook-id` of every try."""

    id: str
    delivery_id: str
    seq: int | None
    """Of the event; null for a courier's position"""
    type: str
    state: str
    tries: int
    created_at: str
    sent_at: str | None
    next_try_at: str | None
    attempts: list[AttemptOut]
    body: str
    """Exactly what is sent, on every try; empty if it could not be written"""


class WhyNotOut(TypedDict):
    """As a quote would refuse: `code` is a problem's."""

    code: str
    title: str
    detail: str | None


class WindowBody(TypedDict):
    """Both ends count. Longer than the longest window offered, it asks for the windows inside it."""

    earliest: str
    latest: str


class WindowIn(TypedDict):
    earliest: str
    latest: str


class WindowOut(TypedDict):
    earliest: str
    latest: str
