"""The table of rules that judges claims. Pure, published, and the same for everybody.

Read from top to bottom, the first rule that fits decides. A rule is a name, a test of facts and reason, and what it
gives. Where facts cannot tell, a person decides: `review` promises nothing and refuses nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeward.finance.claims.errors import ClaimOverLimit, ClaimTooEarly, ClaimTooLate
from homeward.finance.claims.model import ClaimedItem, ClaimOutcome, ClaimReason, Facts, Fault, Verdict
from homeward.kit.money import Money, total
from homeward.kit.problems import Problem

CLAIM_WITHIN: Final = timedelta(days=30)
OVERDUE: Final = timedelta(hours=1)
LATE_FOR_ALL: Final = timedelta(minutes=60)
"""From here on a late delivery costs its whole fee; before, half of it."""
LATE_AT_ALL: Final = timedelta(minutes=5)
"""Within this much of the promise nobody is late: clocks and doors differ by minutes."""

_ENDED: Final = frozenset({"delivered", "returned", "cancelled", "failed"})
_HALF: Final = 500


@dataclass(frozen=True, slots=True)
class Rule:
    """`gives` are per mille of the goods claimed, of the delivery fee and of the tip."""

    name: str
    reasons: frozenset[ClaimReason]
    fits: Callable[[Facts], bool]
    outcome: ClaimOutcome
    code: str
    fault: Fault
    gives: tuple[int, int, int] = (0, 0, 0)


R, Out = ClaimReason, ClaimOutcome
_ITEMS: Final = frozenset({R.ENTIRE_ORDER_WRONG, R.MISSING_ITEMS, R.INCORRECT_ITEMS, R.DAMAGED})
_LATE: Final = frozenset({R.DELIVERED_LATE})
_NEVER: Final = frozenset({R.NEVER_DELIVERED})
_CANCELLED: Final = frozenset({R.CANCELLED})


def late_by(facts: Facts) -> timedelta:
    """How long after the promise it ended; nothing while it has not ended as delivered."""
    if facts.state != "delivered" or facts.ended_at is None:
        return timedelta(0)
    return max(timedelta(0), facts.ended_at - facts.promised_by)


def _ended_by(*who: str) -> Callable[[Facts], bool]:
    return lambda facts: facts.state == "cancelled" and facts.ended_by in who


RULES: Final[Sequence[Rule]] = (
    Rule("cancelled-by-merchant", _CANCELLED, _ended_by("merchant", "shopper"), Out.REJECTED, "cancelled_by_you",
         Fault.MERCHANT),
    Rule("cancelled-by-us", _CANCELLED, lambda f: f.state == "cancelled", Out.FULL, "cancelled_by_us", Fault.OPERATOR,
         (0, 1000, 1000)),
    Rule("not-cancelled", _CANCELLED, lambda f: f.state != "failed", Out.REJECTED, "not_cancelled", Fault.NOBODY),
    Rule("gave-up", _CANCELLED | _NEVER, lambda f: f.state == "failed", Out.FULL, "given_up", Fault.COURIER,
         (1000, 1000, 1000)),
    Rule("came-back", _NEVER, lambda f: f.state == "returned", Out.PARTIAL, "returned_to_store", Fault.NOBODY,
         (0, _HALF, 1000)),
    Rule("never-sent", _NEVER, lambda f: f.state == "cancelled", Out.REJECTED, "cancelled_before", Fault.NOBODY),
    Rule("overdue", _NEVER, lambda f: f.state not in _ENDED, Out.REVIEW, "still_under_way", Fault.UNKNOWN),
    Rule("proven-at-door", _NEVER, lambda f: f.door_proof, Out.REVIEW, "proof_exists", Fault.UNKNOWN),
    Rule("unproven", _NEVER, lambda f: True, Out.FULL, "no_proof", Fault.COURIER, (1000, 1000, 1000)),
    Rule("very-late", _LATE, lambda f: late_by(f) >= LATE_FOR_ALL, Out.FULL, "delivered_late", Fault.OPERATOR,
         (0, 1000, 0)),
    Rule("late", _LATE, lambda f: late_by(f) > LATE_AT_ALL, Out.PARTIAL, "delivered_late", Fault.OPERATOR,
         (0, _HALF, 0)),
    Rule("in-time", _LATE, lambda f: True, Out.REJECTED, "promise_was_kept", Fault.NOBODY),
    Rule("early", frozenset({R.DELIVERED_EARLY}),
         lambda f: f.state == "delivered" and f.ended_at is not None and f.ended_at < f.window_earliest - LATE_AT_ALL,
         Out.PARTIAL, "delivered_early", Fault.OPERATOR, (0, _HALF, 0)),
    Rule("not-early", frozenset({R.DELIVERED_EARLY}), lambda f: True, Out.REJECTED, "promise_was_kept", Fault.NOBODY),
    Rule("not-handed-over", _ITEMS, lambda f: f.state != "delivered", Out.REJECTED, "not_delivered", Fault.NOBODY),
    Rule("left-alone", _ITEMS, lambda f: f.left_at_door, Out.REVIEW, "left_at_door", Fault.UNKNOWN),
    Rule("damaged-on-the-way", frozenset({R.DAMAGED}), lambda f: True, Out.REVIEW, "needs_pictures", Fault.UNKNOWN),
    Rule("packed-by-the-store", _ITEMS, lambda f: True, Out.REJECTED, "packed_by_store", Fault.MERCHANT),
    Rule("manners", frozenset({R.POOR_EXPERIENCE}), lambda f: True, Out.REVIEW, "needs_a_person", Fault.UNKNOWN),
)  # fmt: skip
"""The courier carries a closed parcel: what the store packed is between the store and its shopper."""


def judge(reason: ClaimReason, items: Sequence[ClaimedItem], facts: Facts) -> Verdict:
    """What the first fitting rule makes of it; every reason ends with a rule that always fits."""
    rule = next(rule for rule in RULES if reason in rule.reasons and rule.fits(facts))
    currency = facts.delivery_fee.currency
    claimed = total([item.amount for item in items], currency) if items else facts.goods_value or Money(0, currency)
    goods, fee, tip = rule.gives
    return Verdict(
        outcome=rule.outcome,
        code=rule.code,
        rule=rule.name,
        fault=rule.fault,
        goods=claimed.per_mille(goods),
        delivery_fee=facts.delivery_fee.per_mille(fee),
        tip=facts.tip.per_mille(tip),
    )


def check_claim(delivery_id: str, items: Sequence[ClaimedItem], facts: Facts) -> Problem | None:
    """Whether it may be claimed at all, now and this much."""
    if facts.ended_at is None and facts.claimed_at < facts.promised_by + OVERDUE:
        return ClaimTooEarly(delivery_id, facts.state)
    until = _until(facts)
    if facts.claimed_at > until:
        return ClaimTooLate(delivery_id, until)
    if items and facts.goods_value is not None:
        asked = total([item.amount for item in items], facts.delivery_fee.currency)
        if asked.minor > facts.goods_value.minor:
            return ClaimOverLimit(facts.goods_value, asked)
    return None


def _until(facts: Facts) -> datetime:
    return (facts.ended_at or facts.promised_by) + CLAIM_WITHIN
