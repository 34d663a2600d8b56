"""Refusals around what shoppers do. Pure."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class NotForShopper(Problem):
    """The merchant does not leave it to its shoppers, or it is too late for it."""

    slug, status = "not-for-shopper", 409
    title = "This can not be done from the tracking page now; `possible` says what can."

    delivery_id: str
    act: str
    possible: list[str]


@dataclass(eq=False)
class TooManyReports(Problem):
    slug, status = "too-many-reports", 409
    title = "As many problems as one delivery may have were reported; contact the store."

    delivery_id: str
    limit: int
