"""Where a delivery stands in the words of the dialect, and why it ended. Pure.

A parcel that goes back is two deliveries there: the first one is `returned`, a second one (`ret_…`) carries the goods
to the store. Here it is one with a leg back, seen from two sides.
"""

from collections.abc import Mapping
from typing import Final

from homeward.deliveries.model import Delivery, ProblemReason
from homeward.deliveries.states import BEFORE_COURIER, GOING_BACK, State, Who
from homeward.kit.places import LatLon, great_circle_m

IMMINENT_M: Final = 80
"""A courier this near is about to arrive. Source: their page about the life of a delivery (2026-09)."""

_STATUS: Final[Mapping[State, str]] = {
    State.SCHEDULED: "pending",
    State.SEARCHING: "pending",
    State.ASSIGNED: "pickup",
    State.TO_PICKUP: "pickup",
    State.AT_PICKUP: "pickup",
    State.PICKED_UP: "pickup_complete",
    State.TO_DROPOFF: "dropoff",
    State.AT_DROPOFF: "dropoff",
    State.DELIVERED: "delivered",
    State.RETURNING: "returned",
    State.AT_RETURN: "returned",
    State.RETURNED: "returned",
    State.CANCELLED: "canceled",
    State.FAILED: "canceled",
}
_WAY_BACK: Final[Mapping[State, str]] = {
    State.RETURNING: "dropoff",
    State.AT_RETURN: "dropoff",
    State.RETURNED: "delivered",
    State.FAILED: "canceled",
}
COMPLETE: Final = frozenset({"delivered", "canceled", "returned"})
_STANDING_THERE: Final = frozenset({State.AT_PICKUP, State.AT_DROPOFF, State.AT_RETURN})

FILTERS: Final[Mapping[str, tuple[State, ...]]] = {
    **{
        status: tuple(state for state, told in _STATUS.items() if told == status)
        for status in ("pending", "pickup", "pickup_complete", "dropoff", "delivered", "canceled", "returned")
    },
    "ongoing": tuple(state for state, told in _STATUS.items() if told not in COMPLETE),
}
"""What the list can be narrowed to."""


def went_back(delivery: Delivery) -> bool:
    """Whether the goods turned round, so that there is a second delivery to tell of."""
    if delivery.state in GOING_BACK or delivery.state is State.RETURNED:
        return True
    return delivery.state is State.FAILED and State.RETURNING in delivery.times


def status_of(delivery: Delivery, *, way_back: bool = False) -> str:
    """`way_back`: of the second delivery, which exists only where `went_back`."""
    if way_back:
        return _WAY_BACK[delivery.state]
    return "returned" if went_back(delivery) else _STATUS[delivery.state]


def told_by(state: State, *, way_back: bool) -> tuple[str, bool]:
    """Status and imminence of a bare state, to see whether one differs from the next."""
    told = _WAY_BACK if way_back else _STATUS
    return told.get(state, ""), state in _STANDING_THERE


def imminent(delivery: Delivery, place: LatLon | None, *, way_back: bool = False) -> bool:
    """Whether the courier stands at the next stop, or is seen close to it."""
    if delivery.state in GOING_BACK and not way_back:
        return False
    if delivery.state in _STANDING_THERE:
        return True
    target = _next_stop(delivery.state, delivery.pickup.place, delivery.dropoff.place)
    return place is not None and target is not None and great_circle_m(place, target) <= IMMINENT_M


def _next_stop(state: State, pickup: LatLon, dropoff: LatLon) -> LatLon | None:
    match state:
        case State.ASSIGNED | State.TO_PICKUP | State.RETURNING:
            return pickup
        case State.TO_DROPOFF:
            return dropoff
        case _:
            return None


# ── why ──

_SECONDARY: Final[Mapping[str, str]] = {
    ProblemReason.STORE_CLOSED: "merchant_closed",
    ProblemReason.PARCEL_MISSING: "merchant_refused",
    ProblemReason.NOT_READY: "excessive_wait_time",
    ProblemReason.TOO_LARGE: "oversized_item",
    ProblemReason.CANNOT_CONTINUE: "courier_report_crash",
    ProblemReason.NOBODY_THERE: "customer_unavailable",
    ProblemReason.WRONG_ADDRESS: "wrong_address",
    ProblemReason.CANNOT_REACH: "cannot_access_customer_location",
    ProblemReason.REFUSED: "customer_rejected_order",
    ProblemReason.DAMAGED: "customer_rejected_order",
    ProblemReason.TOO_YOUNG: "recipient_age",
    ProblemReason.NOT_SOBER: "recipient_intoxicated",
    ProblemReason.NO_DOCUMENT: "recipient_id",
    ProblemReason.NO_PIN: "pin_match_issue",
    ProblemReason.LOST: "item_lost",
    ProblemReason.RETURN_REFUSED: "supplier_closed",
}
_PRIMARY: Final[Mapping[Who, str]] = {
    Who.MERCHANT: "MERCHANT_CANCEL",
    Who.SHOPPER: "CUSTOMER_CANCEL",
    Who.COURIER: "COURIER_CANCEL",
    # The dialect has one word for whoever runs the network.
    Who.OPERATOR: "UBER_CANCEL",
    Who.SYSTEM: "UBER_CANCEL",
}


def cancelation_reason(delivery: Delivery) -> dict[str, str] | None:
    """By whom and why it was given up; the dialect spells it with one "l"."""
    if delivery.state not in (State.CANCELLED, State.FAILED):
        return None
    by = delivery.outcome.by
    if by is Who.MERCHANT:
        return {"primary_reason": "MERCHANT_CANCEL", "secondary_reason": "cancelled_by_merchant_api"}
    if by is not Who.COURIER and State.ASSIGNED not in delivery.times:
        return {"primary_reason": "UNFULFILLED", "secondary_reason": "cannot_dispatch_courier"}
    primary = _PRIMARY[by] if by else "UNKNOWN_CANCEL"
    return {"primary_reason": primary, "secondary_reason": secondary_of(delivery) or "order_task_failed"}


def secondary_of(delivery: Delivery) -> str:
    """The courier's reason in the dialect's words; empty if it gave none that they know."""
    return _SECONDARY.get(delivery.outcome.reason or "", "")


def undeliverable_of(delivery: Delivery) -> tuple[str, str]:
    """What became of goods that could not be handed over, and why; both empty while they can."""
    if delivery.outcome.left_at_door:
        return "left_at_door", secondary_of(delivery).upper()
    if delivery.state not in BEFORE_COURIER and went_back(delivery):
        return "returned", secondary_of(delivery).upper() or "UNKNOWN"
    return "", ""
