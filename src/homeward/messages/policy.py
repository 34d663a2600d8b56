"""Which events are worth a message to the shopper, and what it says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

Words = Mapping[str, Mapping[str, str]]

AGAIN: Final = frozenset({"new_time"})
"""Messages that a later event makes untrue, so that the next one must follow."""


@dataclass(frozen=True, slots=True)
class Told:
    """Everything a message may mention. Nothing here names the operator."""

    merchant: str
    store: str
    shopper: str
    address: str
    link: str
    pin: str | None = field(repr=False)
    earliest: datetime
    promised_by: datetime
    eta: datetime | None
    locale: str
    time_zone: str


def kinds_of(event_type: str, data: Mapping[str, Any], told: Told) -> Sequence[str]:
    """The messages that an event calls for, by name. Each goes out once in the life of a delivery, but for those of
    `AGAIN`, which go out for each such event."""
    match event_type:
        case "delivery.booked":
            return ["booked", "pin"] if told.pin else ["booked"]
        case "delivery.promise_changed":
            return ["new_time"]
        case "delivery.attention_needed" if data.get("reason") == "confirm_address":
            return ["confirm_address"]
        case "delivery.attention_needed" if data.get("reason") == "late":
            return ["late"]
        case "delivery.picked_up":
            return ["on_the_way"]
        case "delivery.handed_over":
            return ["delivered"]  # of a round trip: what the courier does afterwards is not the shopper's concern
        case "delivery.returning" if data.get("act") == "hand_over_and_back":
            return []
        case "delivery.delivered" | "delivery.returning" | "delivery.cancelled" | "delivery.failed":
            return [event_type.removeprefix("delivery.")]
        case _:
            return []


def fill(words: Words, kind: str, part: str, told: Told, at: datetime) -> str:
    """One text in the shopper's language, times on the market's clock."""
    # Only our own words are a template: braces in somebody's name are just braces.
    return words[kind][part].format(
        merchant=one_line(told.merchant),
        store=one_line(told.store),
        name=one_line(told.shopper or told.merchant),
        address=one_line(told.address),
        link=told.link,
        pin=told.pin or "",
        window=window_words(told),
        eta=_clock(told.eta or told.promised_by, told),
        at=_clock(at, told),
    )


def one_line(text: str) -> str:
    """Without line ends and control characters: names go into mail headers, where a new line begins a new header."""
    return " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())


def window_words(told: Told) -> str:
    """`22 Nov, 14:00-16:00`, in the market's language; both days if the window goes over midnight."""
    first, last = _day(told.earliest, told), _day(told.promised_by, told)
    opens, closes = _clock(told.earliest, told), _clock(told.promised_by, told)
    return f"{first}, {opens}-{closes}" if first == last else f"{first}, {opens} - {last}, {closes}"


def language(locale: str, known: Sequence[str]) -> str:
    """The words to take for a market's locale; English for one that nobody has translated yet."""
    wanted = locale.replace("_", "-").split("-", maxsplit=1)[0].lower()
    return wanted if wanted in known else "en"


def _day(moment: datetime, told: Told) -> str:
    return str(format_date(moment.astimezone(ZoneInfo(told.time_zone)), "d MMM", locale=_locale(told.locale)))


def _clock(moment: datetime, told: Told) -> str:
    words = str(format_time(moment.astimezone(ZoneInfo(told.time_zone)), "short", locale=_locale(told.locale)))
    # One space that is not in the telephones' alphabet more than halves what fits into a text message.
    return words.replace("\u202f", " ").replace("\u00a0", " ")


def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
