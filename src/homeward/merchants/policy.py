"""Hours with holidays, readable colours, names and domains. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from homeward.kit.places import LatLon, great_circle_m
from homeward.kit.problems import FieldError
from homeward.kit.slugs import plain_slug
from homeward.kit.windows import OpeningHours
from homeward.merchants.errors import ColoursTooClose
from homeward.merchants.model import Brand, PickupPlace, Store

LEAST_CONTRAST: Final = 4.5
"""WCAG 2.2, criterion 1.4.3, level AA for text of normal size."""

SAME_DOOR_M: Final = 60
"""A pickup named by address this near to one of the merchant's stores is that store: geocoders differ by a house."""

_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")
_EMAIL: Final = re.compile(r"[^@\s<>\"']{1,64}@[^@\s<>\"']+\.[^@\s<>\"']{2,}")
_PHONE: Final = re.compile(r"[+0-9 ()./-]{3,40}")
_HOST_PART: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"{_HOST_PART}(?:\.{_HOST_PART})+")
_TEXTS: Final = {"display_name": 60, "support_phone": 40, "support_email": 254}


# ── hours ──


def store_opening_hours(store: Store, years: tuple[int, int]) -> OpeningHours:
    """The store's hours, closed on the holidays of its calendar in the years from the first to the last given.

    A date that the merchant names itself wins over a holiday: a bakery may well open on Sunday the 1st of May.
    """
    if store.holiday_calendar is None:
        return store.hours
    exceptions: dict[date, Any] = {}
    for year in range(years[0], years[1] + 1):
        exceptions.update(dict.fromkeys(holidays_of(store.holiday_calendar, year), ()))
    return OpeningHours(store.hours.time_zone, store.hours.weekly, {**exceptions, **store.hours.exceptions})


@lru_cache(maxsize=256)
def holidays_of(calendar: str, year: int) -> frozenset[date]:
    """Public holidays of a country ('CH') or a part of it ('US-VT'). Raises ValueError for an unknown calendar."""
    # 0.7 s at first use, for those who need it.
    from holidays import country_holidays

    country, _, part = calendar.partition("-")
    try:
        return frozenset(country_holidays(country, subdiv=part or None, years=year))
    except (NotImplementedError, KeyError) as cause:
        raise ValueError(f"no holidays are known for {calendar!r}") from cause


def is_holiday_calendar(calendar: str) -> bool:
    """Whether holidays are known under this code."""
    try:
        holidays_of(calendar, 2026)
    except ValueError:
        return False
    return True


# ── places that are no stores ──


def unlisted_id(wanted: PickupPlace) -> str:
    """The external_id under which a place that a booking named is found again; merchants' own never begin so."""
    at = f"{wanted.place.lat:.5f},{wanted.place.lon:.5f}" if wanted.place else wanted.address.strip().casefold()
    digest = hashlib.sha256(f"{wanted.name.strip().casefold()}\n{at}\n{wanted.phone or ''}".encode()).hexdigest()
    return f"~{digest[:32]}"


def store_at_door(stores: Sequence[Store], place: LatLon) -> Store | None:
    """The nearest of the stores, if the place is its door."""
    nearest = min(stores, key=lambda store: great_circle_m(store.place, place), default=None)
    return nearest if nearest and great_circle_m(nearest.place, place) <= SAME_DOOR_M else None


# ── brands ──


def contrast(colour: str, other: str) -> float:
    """Contrast ratio of two `#rrggbb` colours, 1 to 21. Source: WCAG 2.2, relative luminance."""
    lighter, darker = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_text_colour(colour: str) -> str:
    """Black or white, whichever can be read better on `colour`; one of them always passes 4.5."""
    return max(("#ffffff", "#000000"), key=lambda text: contrast(colour, text))


def check_brand(changes: Mapping[str, str], pointer: str = "/brand") -> list[FieldError]:
    """What is wrong with the form of a changed brand; whether it can be read is `require_readable`."""
    wrong = [
        FieldError(f"{pointer}/{name}", "unknown", "a brand has no such part")
        for name in changes
        if name not in Brand.__dataclass_fields__
    ]
    wrong += [
        FieldError(f"{pointer}/{name}", "bad-colour", "give a colour as #rrggbb")
        for name in ("colour", "text_colour")
        if name in changes and not _COLOUR.fullmatch(changes[name].lower())
    ]
    for name, longest in _TEXTS.items():
        text = changes.get(name, "")
        if len(text) > longest or _has_control(text):
            wrong.append(
                FieldError(f"{pointer}/{name}", "bad-text", f"give plain text of at most {longest} characters")
            )
    if not changes.get("display_name", "x").strip():
        wrong.append(FieldError(f"{pointer}/display_name", "empty", "shoppers need a name"))
    if changes.get("support_email") and not is_email(changes["support_email"]):
        wrong.append(FieldError(f"{pointer}/support_email", "bad-email", "give an e-mail address"))
    if changes.get("support_phone") and not _PHONE.fullmatch(changes["support_phone"]):
        wrong.append(FieldError(f"{pointer}/support_phone", "bad-phone", "give a phone number"))
    return wrong


def require_readable(brand: Brand) -> None:
    """Raises ColoursTooClose with a text colour that can be read."""
    ratio = contrast(brand.colour, brand.text_colour)
    if ratio < LEAST_CONTRAST:
        raise ColoursTooClose(round(ratio, 2), LEAST_CONTRAST, readable_text_colour(brand.colour))


# ── names ──


def slug_of(name: str) -> str:
    """A short name for addresses: letters, digits and single hyphens; 'merchant' if nothing of the name is left."""
    return plain_slug(name)[:48].strip("-") or "merchant"


def is_slug(text: str) -> bool:
    return _SLUG.fullmatch(text) is not None


def is_email(text: str) -> bool:
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def host_of(domain: str) -> str | None:
    """A host name in lower case, without port or final dot; None if it is none."""
    host = domain.strip().lower().rstrip(".").partition(":")[0]
    return host if len(host) <= 253 and _HOST.fullmatch(host) else None


def key_hint(secret: str) -> str:
    """Enough to recognise a key by, not enough to use it: 4 of 52 random characters."""
    prefix, _, rest = secret.rpartition("_")
    return f"{prefix}_…{rest[-4:]}"


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _has_control(text: str) -> bool:
    return any(unicodedata.category(character) == "Cc" for character in text)
