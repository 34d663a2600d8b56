"""Refusals around claims. Pure."""

from dataclasses import dataclass
from datetime import datetime

from homeward.kit.money import Money
from homeward.kit.problems import Problem


@dataclass(eq=False)
class AlreadyRefunded(Problem):
    slug, status = "already-refunded", 409
    title = "A claim for this delivery was accepted already; one delivery is refunded once."

    delivery_id: str
    claim_id: str


@dataclass(eq=False)
class ClaimTooEarly(Problem):
    slug, status = "claim-too-early", 409
    title = "The delivery is still under way; claim when it has ended, or once its promise is an hour past."

    delivery_id: str
    state: str


@dataclass(eq=False)
class ClaimTooLate(Problem):
    slug, status = "claim-too-late", 409
    title = "The time to claim is over."

    delivery_id: str
    until: datetime


@dataclass(eq=False)
class ClaimOverLimit(Problem):
    slug, status = "claim-over-limit", 409
    title = "The items claimed are worth more than the order was said to be; see `most`."

    most: Money
    asked: Money
