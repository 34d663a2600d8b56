"""What a company must be able to do to carry for us, whoever it is. One adapter is one file that keeps this contract.

The life of a hand-out: `quote` (price, times, until when they hold) → `reserve` (it is kept for us) → `commit` (carry
it) or `release` (we do not want it after all); then `track` and `read_event` until it ends, `cancel` while that is
possible, `proof` once it was handed over. What a carrier cannot do is data (`Capabilities`), never an `if` elsewhere.

Every call may raise one of the three failures below and nothing else that is expected. No call is made while a
transaction is open, and every call may be repeated: `commit` with the same reference finds the first one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from homeward.coverage.model import ParcelSize
from homeward.deliveries.model import (
    AgeCheck,
    Barcode,
    Contact,
    Contents,
    Goods,
    Handover,
    Undeliverable,
)
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.units import Grams, Metres
from homeward.kit.windows import OpeningHours


class CarrierFailure(Exception):
    """Base of what a carrier's side can do to a call. `code` is the carrier's own word, for the record."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(f"{code}: {said}" if said else code)
        self.code = code
        self.said = said


class CarrierUnavailable(CarrierFailure):
    """It did not answer, is busy or broken: the same call may succeed later. What it did with this one is unknown."""


class CarrierRefused(CarrierFailure):
    """It says no to this delivery: ask another carrier."""


class CarrierLoginInvalid(CarrierFailure):
    """It does not know us any more: the operator must reconnect the account before anything else is asked."""


class CarrierState(StrEnum):
    """Where a delivery stands at a carrier; each adapter translates into these."""

    SEARCHING = "searching"
    ASSIGNED = "assigned"
    TO_PICKUP = "to_pickup"
    AT_PICKUP = "at_pickup"
    PICKED_UP = "picked_up"
    TO_DROPOFF = "to_dropoff"
    AT_DROPOFF = "at_dropoff"
    DELIVERED = "delivered"
    RETURNING = "returning"
    AT_RETURN = "at_return"
    RETURNED = "returned"
    CANCELLED = "cancelled"  # nobody has the parcel: it never left the store
    LOST = "lost"  # it left the store and will not come back


ENDED: Final = frozenset({CarrierState.DELIVERED, CarrierState.RETURNED, CarrierState.CANCELLED, CarrierState.LOST})


class Ability(StrEnum):
    """What a delivery may ask for beyond carrying it."""

    SIGNATURE = "signature"
    PIN = "pin"
    STRICT_PIN = "strict_pin"  # no hand-over without it: what another company says it has checked is not enough
    AGE_CHECK = "age_check"
    SCAN_AT_PICKUP = "scan_at_pickup"
    SCAN_AT_DOOR = "scan_at_door"
    STORE_HANDSHAKE = "store_handshake"
    ROUND_TRIP = "round_trip"
    RETURN_PROOF = "return_proof"
    LEAVE_IF_NOBODY = "leave_if_nobody"
    LATER = "later"  # a pick-up that lies hours ahead


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a carrier can carry; an account may narrow it, never widen it."""

    abilities: frozenset[Ability]
    goods: frozenset[Goods] = frozenset()  # of those that the law treats apart
    max_weight_g: Grams = Grams(22_000)
    max_size: ParcelSize = ParcelSize.LARGE
    max_distance_m: Metres = Metres(24_000)
    hours: OpeningHours | None = None  # None: at any time


@dataclass(frozen=True, slots=True)
class Stop:
    """A door as a carrier must know it."""

    place: LatLon
    address: str
    contact: Contact
    company: str = ""
    unit: str = ""
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class Errand:
    """One delivery, as far as another company needs to know it. `reference` names it in both systems, for ever."""

    reference: str
    pickup: Stop
    dropoff: Stop
    contents: Contents
    weight_g: Grams
    size: ParcelSize
    ready_at: datetime
    promised_by: datetime
    currency: str
    distance_m: Metres = Metres(0)
    window_earliest: datetime | None = None  # not handed over before; None: as soon as it comes
    tip: Money | None = None
    photo: bool = True
    signature: bool = False
    pin: str | None = field(default=None, repr=False)
    age: AgeCheck | None = None
    pickup_barcodes: tuple[Barcode, ...] = ()
    dropoff_barcodes: tuple[Barcode, ...] = ()
    handover: Handover = Handover.ANY
    undeliverable: Undeliverable = Undeliverable.RETURN
    needs: frozenset[Ability] = frozenset()


@dataclass(frozen=True, slots=True)
class CarrierQuote:
    """What it would cost and when it would be there. `fee` is without the tip. After `expires_at` nothing holds."""

    reference: str
    fee: Money
    pickup_eta: datetime | None
    dropoff_eta: datetime | None
    expires_at: datetime
    token: str = ""  # how the carrier names the quote, where that is not our reference


@dataclass(frozen=True, slots=True)
class Reservation:
    """A quote that the carrier keeps for us until then."""

    quote: CarrierQuote
    held_until: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """The carrier carries it. `job` is its own name for the delivery."""

    job: str
    fee: Money


@dataclass(frozen=True, slots=True)
class CarrierCourier:
    """What the carrier tells of the person; nothing more of it is kept."""

    first_name: str
    initial: str = ""
    vehicle: str = "car"


@dataclass(frozen=True, slots=True)
class ProofPart:
    """Something that the carrier can show: an image to fetch, or the word that a check was made there."""

    kind: str  # photo, signature, pin, age_check, scan
    step: str  # pickup, dropoff, return
    url: str | None = None
    text: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How a delivery stands at the carrier. `at` is the carrier's own time of it, where it tells."""

    job: str
    state: CarrierState
    at: datetime | None = None
    courier: CarrierCourier | None = None
    place: LatLon | None = None
    pickup_eta: datetime | None = None
    dropoff_eta: datetime | None = None
    fee: Money | None = None
    reason: str | None = None
    left_at_door: bool = False
    parts: tuple[ProofPart, ...] = ()


@dataclass(frozen=True, slots=True)
class CarrierEvent:
    """News of a delivery. Only a reason to look: what holds is what `track` answers. `key` is the same for a repeat."""

    key: str
    reference: str | None
    job: str | None


@dataclass(frozen=True, slots=True)
class Access:
    """How an account reaches its carrier. `login` and `hook_secret` never leave the process."""

    base_url: str
    login: Mapping[str, str] = field(repr=False)
    hook_secret: str = field(default="", repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    pause_s: float = 1.0  # before a call is tried again


class Carrier(Protocol):
    """One account at one company."""

    async def check_login(self) -> None:
        """Whether the carrier knows us; asks for nothing else."""

    async def quote(self, errand: Errand) -> CarrierQuote: ...

    async def reserve(self, quote: CarrierQuote) -> Reservation: ...

    async def commit(self, errand: Errand, reservation: Reservation) -> Taken:
        """With the same reference again: the same delivery, never a second one."""

    async def release(self, reservation: Reservation) -> None: ...

    async def find(self, reference: str, job: str | None) -> Progress | None:
        """Where it stands; None if the carrier has never heard of it."""

    async def cancel(self, reference: str, job: str) -> None:
        """CarrierRefused if it is too late for that."""

    async def proof(self, part: ProofPart, job: str) -> bytes | None:
        """The image of a part, None while there is none."""

    def read_event(self, headers: Mapping[str, str], body: bytes) -> CarrierEvent | None:
        """CarrierLoginInvalid if it is not from the carrier; None if it is of no interest."""


@dataclass(frozen=True, slots=True)
class CarrierKind:
    """A company that we know how to speak with: what it needs to be told, and what it can do.

    The last of `login_fields` is the secret; an account is recognised by its last characters.
    """

    code: str
    name: str
    base_url: str
    login_fields: tuple[str, ...]
    capabilities: Capabilities
