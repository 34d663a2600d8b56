"""Refusals around a delivery, each saying what to do next. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from homeward.kit.money import Money
from homeward.kit.problems import Problem


@dataclass(eq=False)
class ActNotPossible(Problem):
    """The state does not allow it; `possible` is what the asker may do instead."""

    slug, status = "act-not-possible", 409
    title = "The delivery's state does not allow this; `possible` says what may be done now."

    delivery_id: str
    act: str
    state: str
    possible: list[str]

    def detail(self) -> str:
        now = ", ".join(self.possible) or "nothing"
        return f"{self.act} is not possible while {self.state}; possible now: {now}"


@dataclass(eq=False)
class NotYoursToDo(Problem):
    """The act exists, but not for this kind of actor."""

    slug, status = "not-yours-to-do", 403
    title = "This kind of actor may not do that."

    act: str
    who: str


@dataclass(eq=False)
class PickedUpAlready(Problem):
    slug, status = "picked-up-already", 409
    title = "The parcel is on its way and can no longer be cancelled; ask for its return instead (POST …/return)."

    delivery_id: str
    state: str


@dataclass(eq=False)
class FieldsLocked(Problem):
    slug, status = "fields-locked", 409
    title = "Some of these can no longer be changed; `changeable` says what still can."

    delivery_id: str
    state: str
    locked: list[str]
    changeable: list[str]

    def detail(self) -> str:
        return f"while {self.state}, {', '.join(self.locked)} can no longer be changed"


@dataclass(eq=False)
class NewQuoteNeeded(Problem):
    """The change would cost more or break the promise, so it is another delivery."""

    slug, status = "new-quote-needed", 409
    title = "This goes beyond the quote; cancel, ask for a new quote and book that."

    delivery_id: str
    limit: str
    allowed: int | str | datetime
    asked: int | str | datetime


@dataclass(eq=False)
class PriceRises(Problem):
    """`accepted` is what the delivery costs now, `price` what it would cost after the change."""

    slug, status = "price-rises", 409
    title = "The change makes the delivery dearer; send it again with accept_price of at least `price`."

    delivery_id: str
    accepted: Money
    price: Money

    def detail(self) -> str:
        return f"{self.price} instead of {self.accepted}"


@dataclass(eq=False)
class ExternalIdTaken(Problem):
    slug, status = "external-id-taken", 409
    title = "This external_id belongs to a delivery with other content; use a new one, or change that delivery."

    external_id: str
    delivery_id: str


@dataclass(eq=False)
class BookingIncomplete(Problem):
    slug, status = "booking-incomplete", 422
    title = "Book either an option of a quote (quote_id and option_id), or directly (store_id, dropoff and parcel)."

    missing: list[str]


@dataclass(eq=False)
class NoOptionFits(Problem):
    slug, status = "no-option-fits", 409
    title = "No service fits what was asked; `offered` lists what would."

    offered: list[dict[str, object]]


@dataclass(eq=False)
class ProofMissing(Problem):
    """`needs` are kinds of evidence (photo, signature, pin, code, scan, age_check) or `signer_name`,
    `signer_relationship`; `labels` are those not scanned yet."""

    slug, status = "proof-missing", 409
    title = "This step needs proof; send the evidence in `needs` with the report."

    delivery_id: str
    needs: list[str]
    labels: list[str] = field(default_factory=list)


@dataclass(eq=False)
class PinWrong(Problem):
    slug, status = "pin-wrong", 409
    title = "That is not the right PIN; ask again. Without tries left, take a photo instead."

    delivery_id: str
    tries_left: int


@dataclass(eq=False)
class PinLocked(Problem):
    slug, status = "pin-locked", 409
    title = "The PIN was wrong too often; bring the parcel back: report the problem no_pin."

    delivery_id: str


@dataclass(eq=False)
class WrongParcel(Problem):
    slug, status = "wrong-parcel", 409
    title = "This code belongs to another parcel; check the label."

    delivery_id: str


@dataclass(eq=False)
class RecipientNotAllowed(Problem):
    """`why` is too_young or not_sober."""

    slug, status = "recipient-not-allowed", 409
    title = "This person may not have it; bring it back to the store and say why as the problem."

    delivery_id: str
    why: str
    min_age: int


@dataclass(eq=False)
class HandshakeMissing(Problem):
    """`step` is pickup or return."""

    slug, status = "handshake-missing", 409
    title = "The store has not confirmed you yet; show your code at the counter and try again."

    delivery_id: str
    step: str


@dataclass(eq=False)
class HandoverConflict(Problem):
    """`wanted` cannot go together with leaving the parcel at the door."""

    slug, status = "handover-conflict", 409
    title = "Nobody is there to give these at a door; hand over to a person, or leave them out."

    wanted: list[str]


@dataclass(eq=False)
class AgeCheckNeeded(Problem):
    slug, status = "age-check-needed", 409
    title = "These goods go only to people of age; ask for an age check (proof.age)."

    goods: list[str]


@dataclass(eq=False)
class SpotDoesNotFit(Problem):
    """`fitting` are the spots that the building has; none without a building."""

    slug, status = "spot-does-not-fit", 409
    title = "This kind of building has no such spot; `fitting` lists those it has."

    building: str | None
    spot: str
    fitting: list[str]


@dataclass(eq=False)
class WrongCurrency(Problem):
    slug, status = "wrong-currency", 409
    title = "Amounts of a delivery are in its market's currency; see `expected`."

    asked: str
    expected: str


@dataclass(eq=False)
class RobotInLiveMode(Problem):
    slug, status = "robot-in-live-mode", 409
    title = "Robots carry test deliveries only; use a test key, or leave `robot` out."


@dataclass(eq=False)
class RedeliveryNotPossible(Problem):
    slug, status = "redelivery-not-possible", 409
    title = "Only what came back, failed or was cancelled can be delivered again."

    delivery_id: str
    state: str


@dataclass(eq=False)
class TipOnlyUpward(Problem):
    slug, status = "tip-only-upward", 409
    title = "A tip that was given stays; name a total above `given`."

    given: Money
    asked: Money


@dataclass(eq=False)
class TipTooHigh(Problem):
    slug, status = "tip-too-high", 409
    title = "That is more than a tip may be; see `most`."

    most: Money
    asked: Money


@dataclass(eq=False)
class TipTooLate(Problem):
    slug, status = "tip-too-late", 409
    title = "The time to give a tip is over."

    until: datetime


@dataclass(eq=False)
class NobodyToTip(Problem):
    slug, status = "nobody-to-tip", 409
    title = "Nobody carried this delivery, so nobody can get a tip for it."

    delivery_id: str
    state: str


@dataclass(eq=False)
class ReasonUnknown(Problem):
    slug, status = "reason-unknown", 422
    title = "Give one of the known reasons."

    reason: str | None
    known: list[str]


@dataclass(eq=False)
class ReasonDoesNotFit(Problem):
    slug, status = "reason-does-not-fit", 409
    title = "This reason belongs to another part of the delivery; `fitting` lists those that fit now."

    reason: str
    state: str
    fitting: list[str]


@dataclass(eq=False)
class PhotoRefused(Problem):
    """`limit` is bytes, pixels, format or content."""

    slug, status = "photo-refused", 422
    title = "Send a JPEG, PNG or WEBP of at most 10 MB and 25 megapixels."

    limit: str
    allowed: int | str
    found: int | str
