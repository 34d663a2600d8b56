"""What must happen at the store, at the door and on the way back, and what was found out so far. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

MAX_PIN_TRIES: Final = 5


class Undeliverable(StrEnum):
    """What becomes of a parcel that nobody takes."""

    RETURN = "return"
    LEAVE_AT_DOOR = "leave_at_door"
    DISPOSE = "dispose"


class Handover(StrEnum):
    """How a parcel changes hands at the door."""

    ANY = "any"  # to a person if somebody opens, else as the photo shows
    TO_PERSON = "to_person"
    AT_DOOR = "at_door"


class Building(StrEnum):
    """What stands at the address."""

    HOUSE = "house"
    APARTMENT = "apartment"
    BUSINESS = "business"
    OTHER = "other"


class Spot(StrEnum):
    """Where at the address the parcel belongs."""

    FRONT_DOOR = "front_door"
    BACK_DOOR = "back_door"
    SIDE_PORCH = "side_porch"
    RECEPTION = "reception"
    MAILROOM = "mailroom"
    GARAGE_DOOR = "garage_door"


class Machines(StrEnum):
    """Whether a machine may bring it: a robot at the kerb, a drone over the garden.

    `ask` lets the shopper answer on the tracking page; until then only people come.
    """

    ASK = "ask"
    ALLOWED = "allowed"
    NEVER = "never"


class Handshake(StrEnum):
    """Whether the store's system confirms that the courier with the right code stands there.

    `asked` lets the courier go on without the store's answer, `required` does not.
    """

    NONE = "none"
    ASKED = "asked"
    REQUIRED = "required"


class Step(StrEnum):
    """The stop that a proof belongs to."""

    PICKUP = "pickup"
    DROPOFF = "dropoff"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Barcode:
    """A label that the courier scans; `format` as the merchant calls it ('qr', 'code128'), empty if any will do."""

    value: str
    format: str = ""


@dataclass(frozen=True, slots=True)
class AgeCheck:
    """The courier looks at a document and enters the date of birth; only the verdict is kept."""

    min_age: int
    sober: bool = False  # the courier must also find the person sober


@dataclass(frozen=True, slots=True)
class StepProof:
    """What the stops other than the door ask for."""

    photo: bool = False
    signature: bool = False
    barcodes: tuple[Barcode, ...] = ()


@dataclass(frozen=True, slots=True)
class ProofRequest:
    """What the merchant wants proven. `pin`: True for one that we draw, or the merchant's own four digits.

    `pin_strict` asks for a PIN, too: one without which the parcel goes back.
    """

    photo: bool = True
    signature: bool = False
    pin: bool | str = False
    pickup_code: bool = False
    signer_name: bool = False
    signer_relationship: bool = False
    age: AgeCheck | None = None
    barcodes: tuple[Barcode, ...] = ()
    at_pickup: StepProof = StepProof()
    at_return: StepProof = StepProof()
    handshake: Handshake = Handshake.NONE
    return_pin: bool | str = False
    pin_strict: bool = False

    @property
    def pin_wanted(self) -> bool | str:
        return self.pin or self.pin_strict


@dataclass(frozen=True, slots=True)
class Requirements:
    """What must be proven. At the door: every one of photo, signature, PIN, age and barcodes that is set.

    `confirmed` lists the handshakes that the store's system has confirmed. `return_code` is what the courier shows on
    the way back (drawn when it begins), `return_pin` what the store tells the courier there. `round_trip` names what
    the courier brings back from the shopper ('check', 'cash', 'bag'). With `pin_strict` the hand-over ends with the
    right PIN and in no other way: without it, or without tries left, the parcel goes back.
    """

    photo: bool = True
    signature: bool = False
    pin: str | None = field(default=None, repr=False)
    pin_tries_left: int = MAX_PIN_TRIES
    pickup_code: bool = False
    undeliverable: Undeliverable = Undeliverable.RETURN
    handover: Handover = Handover.ANY
    signer_name: bool = False
    signer_relationship: bool = False
    age: AgeCheck | None = None
    barcodes: tuple[Barcode, ...] = ()
    at_pickup: StepProof = StepProof()
    at_return: StepProof = StepProof()
    handshake: Handshake = Handshake.NONE
    confirmed: tuple[Step, ...] = ()
    return_code: str | None = None
    return_pin: str | None = field(default=None, repr=False)
    return_pin_tries_left: int = MAX_PIN_TRIES
    round_trip: tuple[str, ...] = ()
    pin_strict: bool = False
    machines: Machines = Machines.ASK

    @property
    def asks_pin(self) -> bool:
        """Whether a PIN can still open the hand-over."""
        return self.pin is not None and self.pin_tries_left > 0

    @property
    def pin_replaced(self) -> bool:
        """Whether a photo stands in for a PIN that was wrong too often."""
        return self.pin is not None and not self.asks_pin and not self.pin_strict

    @property
    def pin_locked(self) -> bool:
        """Whether the hand-over is barred: only the way back is left."""
        return self.pin is not None and not self.asks_pin and self.pin_strict


SPOTS_OF: Final[Mapping[Building, frozenset[Spot]]] = {
    Building.HOUSE: frozenset({Spot.FRONT_DOOR, Spot.BACK_DOOR, Spot.SIDE_PORCH, Spot.GARAGE_DOOR}),
    Building.APARTMENT: frozenset({Spot.FRONT_DOOR, Spot.RECEPTION, Spot.MAILROOM}),
    Building.BUSINESS: frozenset({Spot.FRONT_DOOR, Spot.RECEPTION, Spot.MAILROOM}),
    Building.OTHER: frozenset(Spot),
}
"""Which spots a building has; a spot without a building is refused: the courier would look for it in vain."""


def requirements_from(document: Mapping[str, Any]) -> Requirements:
    """From the JSON that `jsonable` makes of it. Members that the release before did not write keep their defaults."""
    said: dict[str, Any] = {**document, "undeliverable": Undeliverable(document["undeliverable"])}
    readers: dict[str, Any] = {
        "handover": Handover,
        "age": lambda age: AgeCheck(**age) if age else None,
        "barcodes": _barcodes_from,
        "at_pickup": _step_from,
        "at_return": _step_from,
        "handshake": Handshake,
        "confirmed": lambda steps: tuple(Step(step) for step in steps),
        "round_trip": tuple,
        "machines": Machines,
    }
    for name, read in readers.items():
        if name in said:
            said[name] = read(said[name])
    return Requirements(**said)


def _step_from(document: Mapping[str, Any]) -> StepProof:
    return StepProof(**{**document, "barcodes": _barcodes_from(document["barcodes"])})


def _barcodes_from(documents: list[Mapping[str, Any]]) -> tuple[Barcode, ...]:
    return tuple(Barcode(**document) for document in documents)
