"""What a shopper may do now, how it may be left, and what they report. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

MAX_REPORTS: Final = 5
"""Of one delivery: whoever has more to say calls the store."""


class Leave(StrEnum):
    """What the courier does at the door."""

    IN_PERSON = "in_person"
    AT_SPOT = "at_spot"
    NEIGHBOUR = "neighbour"  # to the shopper if they open, else to the neighbour


class ReportKind(StrEnum):
    """What went wrong, in the shopper's eyes."""

    MISSING_ITEMS = "missing_items"
    WRONG_ITEMS = "wrong_items"
    DAMAGED = "damaged"
    NOT_RECEIVED = "not_received"
    LATE = "late"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Possible:
    """What the merchant's rights and the state of the delivery leave open at this moment."""

    details: bool = False
    pin: bool = False
    leave: bool = False
    time: bool = False
    cancel: bool = False
    tip: bool = False
    rating: bool = False
    report: bool = False
    share: bool = False

    @property
    def changes(self) -> bool:
        """Whether there is anything to change before it arrives."""
        return self.details or self.pin or self.leave or self.time or self.cancel


NOTHING: Final = Possible()


@dataclass(frozen=True, slots=True)
class Report:
    """One report of one delivery; the photo itself is fetched apart."""

    id: str
    delivery_id: str
    kind: ReportKind
    comment: str
    has_photo: bool
    reported_at: datetime
