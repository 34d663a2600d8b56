"""Money back, by way of claims: the same rules as everywhere judge, and the dialect has a word for each outcome.

Source: the description of their refunds API 0.0.3. What a person has to decide is `could_not_determine` there.
"""

from collections.abc import Mapping
from typing import Any, Final

from homeward.deliveries.model import Actor, DeliveryView, Who
from homeward.facades.doordash_drive.errors import DriveError, Refused
from homeward.facades.doordash_drive.orders import RefundReason
from homeward.finance.claims.errors import AlreadyRefunded, ClaimOverLimit, ClaimTooEarly, ClaimTooLate
from homeward.finance.claims.model import Claim, ClaimOutcome, ClaimReason, Fault
from homeward.finance.claims.service import ClaimsService
from homeward.merchants.credentials.service import DialectActor

_REASONS: Final[Mapping[str, ClaimReason]] = {
    "cancelled_order": ClaimReason.CANCELLED,
    "delivered_late": ClaimReason.DELIVERED_LATE,
    "delivered_early": ClaimReason.DELIVERED_EARLY,
    "never_delivered": ClaimReason.NEVER_DELIVERED,
    "entire_order_wrong": ClaimReason.ENTIRE_ORDER_WRONG,
    "missing_main": ClaimReason.MISSING_ITEMS,
    "missing_side": ClaimReason.MISSING_ITEMS,
    "incorrect_items": ClaimReason.INCORRECT_ITEMS,
    "poor_delivery_experience": ClaimReason.POOR_EXPERIENCE,
}
_CODES: Final[Mapping[ClaimReason, str]] = {
    ClaimReason.CANCELLED: "doordash_cancelled",
    ClaimReason.DELIVERED_LATE: "order_delivered_late",
    ClaimReason.DELIVERED_EARLY: "order_delivered_early",
}


async def refund(
    claims: ClaimsService, actor: DialectActor, view: DeliveryView, reason: RefundReason
) -> dict[str, Any]:
    """What is given back. Raises Refused for everything else that may come of it."""
    by = Actor(Who.MERCHANT, actor.merchant.actor_id)
    try:
        claim = await claims.claim(actor.merchant_id, view.delivery.id, _REASONS[reason], (), by, mode=actor.mode)
    except AlreadyRefunded as again:
        raise _refused(409, "already_refunded", reason, str(again)) from again
    except ClaimOverLimit as much:
        raise _refused(422, "refund_limit_passed", reason, str(much)) from much
    except (ClaimTooEarly, ClaimTooLate) as untimely:
        raise _refused(422, "rejected", reason, str(untimely)) from untimely
    return refund_json(claim, reason)


def refund_json(claim: Claim, reason: RefundReason) -> dict[str, Any]:
    """The claim as the dialect tells it. Raises Refused for one that gives nothing, or nothing yet."""
    verdict = claim.verdict
    message = f"Claim {claim.id}: {verdict.code.replace('_', ' ')}."
    if verdict.outcome is ClaimOutcome.REJECTED:
        raise _refused(422, "rejected", reason, message)
    if verdict.outcome is ClaimOutcome.REVIEW:
        raise _refused(422, "could_not_determine", reason, f"{message} A person looks at it.")
    at_fault = "dasher_at_fault" if verdict.fault is Fault.COURIER else "doordash_at_fault"
    return {
        "code": _CODES.get(claim.reason, at_fault),
        "refund_reason": reason,
        "message": message,
        "tip_refund": verdict.tip.minor,
        "order_value_refund": verdict.goods.minor,
        "delivery_fee_refund": verdict.delivery_fee.minor,
        "status": "full_refund" if verdict.outcome is ClaimOutcome.FULL else "partial_refund",
    }


def _refused(status: int, code: str, reason: RefundReason, message: str) -> Refused:
    return Refused(DriveError(status, code, message, {"refund_reason": reason}))
