"""What the merchant leaves to its shoppers, and what they told of their deliveries. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from homeward.deliveries.shopper.model import Report, ReportKind
from homeward.merchants.model import ShopperRights
from homeward.web.format import Formats, Moment
from homeward.web.words import Word

REPORT: Final[Mapping[str, Word]] = {
    ReportKind.MISSING_ITEMS: Word("Something is missing", "package", "warn"),
    ReportKind.WRONG_ITEMS: Word("The wrong order", "arrows-shuffle", "warn"),
    ReportKind.DAMAGED: Word("Something is damaged", "alert-triangle", "bad"),
    ReportKind.NOT_RECEIVED: Word("Not received", "alert-circle", "bad"),
    ReportKind.LATE: Word("Too late", "clock", "warn"),
    ReportKind.OTHER: Word("Something else", "message-2", "info"),
}

_BEFORE: Final = (
    ("details", "Change instructions, flat and gate code", "The courier reads them at the door."),
    (
        "pin",
        "Move the pin to their door",
        "As far as the booked way allows; once a courier said yes, only next door.",
    ),
    ("leave", "Say where or with whom it may be left", "Never when you asked for a signature, a PIN or an age check."),
    ("time", "Choose another time", "Fixed windows that are free and cost you no more than the booked one."),
    ("dearer_time", "Choose a time that costs you more", "They see how much more. You collect it from them."),
    ("cancel", "Cancel until a courier is assigned", "As if you had cancelled: the fee of your tariff applies."),
    ("share", "Hand on a link that shows less", "It shows the way and the time, no address, no code, nothing to do."),
)
_AFTER: Final = (
    ("rating", "Rate the delivery", "One to five stars and a word; you see them on the delivery."),
    ("tip", "Tip the courier", "It is added to what you owe us, and all of it goes to the courier. You collect it."),
    ("report", "Report a problem", "With a photo, for 14 days. Nothing is refunded by itself: you decide."),
)


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    label: str
    help: str
    on: bool


@dataclass(frozen=True, slots=True)
class ShoppersPage:
    before: tuple[Choice, ...]
    after: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ReportRow:
    kind: Word
    comment: str
    at: Moment
    photo: str


def shoppers_page(rights: ShopperRights) -> ShoppersPage:
    return ShoppersPage(_choices(_BEFORE, rights), _choices(_AFTER, rights))


def _choices(known: Sequence[tuple[str, str, str]], rights: ShopperRights) -> tuple[Choice, ...]:
    return tuple(Choice(name, label, text, getattr(rights, name)) for name, label, text in known)


def rights_of(ticked: Mapping[str, str]) -> dict[str, bool]:
    """Every right, since an empty box is not sent."""
    return {name: name in ticked for name in ShopperRights.__dataclass_fields__}


def report_rows(reports: Sequence[Report], formats: Formats, now: datetime) -> tuple[ReportRow, ...]:
    """The newest first."""
    return tuple(
        ReportRow(
            REPORT[report.kind],
            report.comment,
            formats.moment(report.reported_at, now),
            f"/portal/deliveries/{report.delivery_id}/reports/{report.id}" if report.has_photo else "",
        )
        for report in reversed(reports)
    )
