"""What dispatch refuses, and what to do then."""

from dataclasses import dataclass
from datetime import datetime

from homeward.kit.problems import FieldError, Problem


@dataclass(eq=False)
class OfferGone(Problem):
    slug, status = "offer-gone", 409
    title = "This offer can no longer be answered; the next one comes by itself."

    offer_id: str
    state: str


@dataclass(eq=False)
class OfferExpired(Problem):
    slug, status = "offer-expired", 409
    title = "The time to answer this offer is over; the next one comes by itself."

    offer_id: str
    expired_at: datetime


@dataclass(eq=False)
class CourierNotOnDuty(Problem):
    slug, status = "courier-not-on-duty", 409
    title = "Only a courier on duty can take deliveries; go on duty first."

    courier_id: str


@dataclass(eq=False)
class DrivesForAnother(Problem):
    slug, status = "drives-for-another", 409
    title = "This is another merchant's own driver; give the delivery to somebody else."

    courier_id: str


@dataclass(eq=False)
class NotReassignable(Problem):
    slug, status = "not-reassignable", 409
    title = "This delivery cannot change its courier any more: the parcel is under way or the delivery has ended."

    delivery_id: str
    state: str


@dataclass(eq=False)
class LeaseHeld(Problem):
    """Another planner plans this market; nothing is wrong."""

    slug, status = "lease-held", 409
    title = "Another planner is at work for this market."
    retryable = True

    market_id: str


@dataclass(eq=False)
class LeaseLost(Problem):
    """We planned for too long and another planner took over: nothing of this tick was written."""

    slug, status = "lease-lost", 409
    title = "Another planner took over this market while we were planning; nothing was written."
    retryable = True

    market_id: str
    token: int


@dataclass(eq=False)
class InputsForgotten(Problem):
    slug, status = "decision-inputs-forgotten", 410
    title = "The inputs of this decision are no longer kept; its outcome and reasons still are, with the delivery."

    decision_id: str


@dataclass(eq=False)
class BadPolicy(Problem):
    slug, status = "bad-dispatch-policy", 422
    title = "This dispatch policy cannot be used; see `errors` for each name or value to mend."

    errors: list[FieldError]

    def detail(self) -> str:
        return "; ".join(f"{e.pointer}: {e.message}" for e in self.errors)
