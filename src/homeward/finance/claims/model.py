"""Claims, the facts they are judged by, and verdicts. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from homeward.kit.money import Money


class ClaimReason(StrEnum):
    """What went wrong, in the merchant's eyes."""

    CANCELLED = "cancelled"
    DELIVERED_LATE = "delivered_late"
    DELIVERED_EARLY = "delivered_early"
    NEVER_DELIVERED = "never_delivered"
    ENTIRE_ORDER_WRONG = "entire_order_wrong"
    MISSING_ITEMS = "missing_items"
    INCORRECT_ITEMS = "incorrect_items"
    DAMAGED = "damaged"
    POOR_EXPERIENCE = "poor_experience"


class ClaimOutcome(StrEnum):
    FULL = "full"
    PARTIAL = "partial"
    REJECTED = "rejected"
    REVIEW = "review"  # a person decides


class Fault(StrEnum):
    """Whose doing it was, as far as the facts tell."""

    COURIER = "courier"
    OPERATOR = "operator"
    MERCHANT = "merchant"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ClaimedItem:
    """One line of the order that the claim is about."""

    name: str
    quantity: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rules look at; stored with the verdict, so that it can be reached again."""

    state: str
    ended_at: datetime | None
    window_earliest: datetime
    promised_by: datetime
    ended_by: str | None  # who cancelled, gave up or turned it back
    left_at_door: bool
    door_proof: bool  # a photo, signature, PIN or age check taken at the door
    delivery_fee: Money
    tip: Money
    goods_value: Money | None
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is given back, and the rule that says so. `rule` is a name in docs/reference/claims.md."""

    outcome: ClaimOutcome
    code: str
    rule: str
    fault: Fault
    goods: Money
    delivery_fee: Money
    tip: Money

    @property
    def total(self) -> Money:
        return self.goods + self.delivery_fee + self.tip


@dataclass(frozen=True, slots=True)
class Claim:
    id: str
    delivery_id: str
    reason: ClaimReason
    items: tuple[ClaimedItem, ...]
    verdict: Verdict
    created_at: datetime
