"""What the sheet is made from, and what stands on it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from homeward.deliveries.model import DeliveryEvent, DeliveryView, Leg, Proof
from homeward.merchants.model import Brand

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known of a delivery. The same facts make the same sheet, to the byte."""

    view: DeliveryView
    legs: Sequence[Leg]
    events: Sequence[DeliveryEvent]
    proofs: Sequence[Proof]
    brand: Brand
    locale: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A proof with an image, and the lines that stand below it."""

    proof_id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is written on it, in the reader's language. No party but the merchant and its shopper is named."""

    language: str
    title: str
    state: str
    arrived: bool
    notes: tuple[str, ...]
    number: str
    details_title: str
    details: tuple[Pair, ...]
    contents_title: str
    contents: tuple[Pair, ...]  # how many, what
    proof_title: str
    proof: tuple[Pair, ...]
    pictures_title: str
    pictures: tuple[Picture, ...]
    story_title: str
    story: tuple[Pair, ...]  # when, what
    page: str  # {page}, {pages}
