"""Which events are worth a message to the shopper, and what it says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Told:
    """Everything a message may mention. Nothing here names the operator."""

    merchant: str
    store: str
    shopper: str
    address: str
    link: str
    pin: str | None
    earliest: datetime
    promised_by: datetime
    eta: datetime | None
    locale: str
    time_zone: str


def kinds_of(event_type: str, data: Mapping[str, Any], told: Told) -> Sequence[str]:
    """The messages that an event calls for, by name. Each goes out once in the life of a delivery."""
    match event_type:
        case "delivery.booked":
            return ["booked", "pin"] if told.pin else ["booked"]
        case "delivery.attention_needed" if data.get("reason") == "confirm_address":
            return ["confirm_address"]
        case "delivery.attention_needed" if data.get("reason") == "late":
            return ["late"]
        case "delivery.picked_up":
            return ["on_the_way"]
        case "delivery.delivered" | "delivery.returning" | "delivery.cancelled" | "delivery.failed":
            return [event_type.removeprefix("delivery.")]
        case _:
            return []


def fill(words: Words, kind: str, part: str, told: Told, at: datetime) -> str:
    """One text in the shopper's language, times on the market's clock."""
    return words[kind][part].format(
        merchant=told.merchant,
        store=told.store,
        name=told.shopper or told.merchant,
        address=told.address,
        link=told.link,
        pin=told.pin or "",
        window=window_words(told),
        eta=_clock(told.eta or told.promised_by, told),
        at=_clock(at, told),
    )


def window_words(told: Told) -> str:
    """`22 Nov, 14:00–16:00`, in the market's language."""
    day = format_date(told.promised_by.astimezone(ZoneInfo(told.time_zone)), "d MMM", locale=_locale(told.locale))
    return f"{day}, {_clock(told.earliest, told)}–{_clock(told.promised_by, told)}"


def language(locale: str, known: Sequence[str]) -> str:
    """The words to take for a market's locale; English for one that nobody has translated yet."""
    wanted = locale.replace("_", "-").split("-", maxsplit=1)[0].lower()
    return wanted if wanted in known else "en"


def _clock(moment: datetime, told: Told) -> str:
    return str(format_time(moment.astimezone(ZoneInfo(told.time_zone)), "short", locale=_locale(told.locale)))


def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
