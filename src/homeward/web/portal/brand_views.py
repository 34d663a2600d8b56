"""The brand studio: how pages and messages look and read with a brand, before anybody else sees it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from homeward.merchants.logo import LogoLook
from homeward.merchants.model import Brand
from homeward.messages.policy import Told, Words, fill
from homeward.messages.segments import Length, length_of
from homeward.web.format import Formats, locale_for
from homeward.web.forms import Form
from homeward.web.portal.brand_contrast import Check, Colours, checks_of, nearest_that_passes

TYPED: Final = ("display_name", "colour", "text_colour", "support_phone", "support_email")
LANGUAGES: Final = (("en", "English"), ("es", "Spanish"))
LOOKS: Final = (("light", "By day"), ("dark", "By night"))
_STATES: Final = (("on-the-way", "On the way"), ("delivered", "Delivered"), ("failed", "Failed"))
_KINDS: Final = {
    "booked": "Booked",
    "pin": "Code for the door",
    "confirm_address": "Door not certain",
    "new_time": "New time",
    "on_the_way": "On the way",
    "late": "Late",
    "delivered": "Delivered",
    "returning": "Back to the store",
    "cancelled": "Cancelled",
    "failed": "Failed",
}
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class ContrastRow:
    use: str
    ratio: str
    least: str
    passes: bool


@dataclass(frozen=True, slots=True)
class LogoLine:
    """One thing that is said of the logo."""

    text: str
    good: bool


@dataclass(frozen=True, slots=True)
class Phone:
    """A page of the shopper in a frame."""

    title: str
    src: str


@dataclass(frozen=True, slots=True)
class MessageCard:
    """One message as text and as e-mail. `length` says what the text takes; `why` which characters make it dear."""

    title: str
    text: str
    length: str
    long: bool
    why: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Studio:
    lang: str
    look: str
    rows: tuple[ContrastRow, ...]
    passes: bool
    nearest: Colours | None
    phones: tuple[Phone, ...]
    messages: tuple[MessageCard, ...]


@dataclass(frozen=True, slots=True)
class BrandPage:
    """`brand` is what the page shows; `changes` what of it is not live yet, in words."""

    brand: Brand
    domain: str
    form: Form
    studio: Studio
    changes: tuple[str, ...]
    logo: tuple[LogoLine, ...]
    languages: tuple[tuple[str, str], ...] = LANGUAGES
    looks: tuple[tuple[str, str], ...] = LOOKS


@dataclass(frozen=True, slots=True)
class Example:
    """What the made-up delivery needs to sound like one of the merchant's own."""

    store: str
    link: str
    formats: Formats
    now: datetime
    logo: LogoLook | None = None
    logo_problem: str = ""


_SHOWN_HEIGHT: Final = 80
"""Pixels of a logo on a screen of two pixels to the point; a lower one is blown up."""
_LEAST_SEEN: Final = 0.05

ADDRESS: Final = "12 Elm Street"


def tried_brand(live: Brand, typed: Mapping[str, str]) -> Brand:
    """The brand with what is typed; colours go into a style sheet, so only well-formed ones are let through."""
    sent = {name: typed[name].strip()[:254] for name in TYPED if name in typed}
    for name in ("colour", "text_colour"):
        if name in sent and not _COLOUR.fullmatch(sent[name]):
            sent.pop(name)
        elif name in sent:
            sent[name] = sent[name].lower()
    if not sent.get("display_name", "x"):
        sent.pop("display_name")
    return replace(live, **sent)


def brand_page(live: Brand, domain: str | None, form: Form, words: Words, example: Example) -> BrandPage:
    brand = tried_brand(live, form.values)
    shown = studio(brand, form.values, words, example)
    return BrandPage(brand, domain or "", form, shown, changes_of(live, brand), logo_lines(example))


def logo_lines(example: Example) -> tuple[LogoLine, ...]:
    """What a merchant should know of the logo; nothing if there is none."""
    if example.logo_problem:
        return (LogoLine(f"It cannot be used: {example.logo_problem}.", False),)
    logo = example.logo
    if logo is None:
        return ()
    sharp = logo.height >= _SHOWN_HEIGHT
    seen = logo.seen >= _LEAST_SEEN
    size = f"{logo.width} × {logo.height} pixels"
    ground = "Transparent" if logo.transparent else "Without transparency"
    return (
        LogoLine(size if sharp else f"{size}: give at least {_SHOWN_HEIGHT} in height, or it looks blurred.", sharp),
        LogoLine(f"{ground}; it stands on white, by day and by night.", True),
        LogoLine("It can be seen on white." if seen else "It cannot be seen on white: take the dark version.", seen),
    )


def asked_language(typed: Mapping[str, str]) -> str:
    return typed["lang"] if typed.get("lang") in dict(LANGUAGES) else "en"


def asked_look(typed: Mapping[str, str]) -> str:
    return typed["look"] if typed.get("look") in dict(LOOKS) else "light"


def studio(brand: Brand, typed: Mapping[str, str], words: Words, example: Example) -> Studio:
    lang, look = asked_language(typed), asked_look(typed)
    colours = Colours(brand.colour.lower(), brand.text_colour.lower())
    checks = checks_of(colours)
    asked = urlencode({name: getattr(brand, name) for name in TYPED} | {"lang": lang, "look": look})
    return Studio(
        lang=lang,
        look=look,
        rows=tuple(_row(check) for check in checks),
        passes=all(check.passes for check in checks),
        nearest=nearest_that_passes(colours),
        phones=tuple(Phone(title, f"/portal/brand/sample?state={state}&{asked}") for state, title in _STATES),
        messages=tuple(_card(kind, title, words, _told(brand, lang, example)) for kind, title in _KINDS.items()),
    )


def changes_of(live: Brand, brand: Brand) -> tuple[str, ...]:
    """What saving would change, each from and to."""
    named = {
        "display_name": "Name",
        "colour": "Colour",
        "text_colour": "Text upon it",
        "support_phone": "Support phone",
        "support_email": "Support e-mail",
    }
    return tuple(
        f"{title}: {getattr(live, name) or 'none'} → {getattr(brand, name) or 'none'}"
        for name, title in named.items()
        if getattr(live, name).lower() != getattr(brand, name).lower()
    )


def length_words(length: Length) -> str:
    texts = "1 text" if length.segments == 1 else f"{length.segments} texts"
    return f"{texts}, {length.places} characters of {length.alphabet}"


def _row(check: Check) -> ContrastRow:
    # Cut, not rounded: 4.49 must not read as 4.5 and fail.
    return ContrastRow(check.use, f"{int(check.ratio * 10) / 10:.1f}:1", f"{check.least:g}:1", check.passes)


def _card(kind: str, title: str, words: Words, told: Told) -> MessageCard:
    text, subject, body = (fill(words, kind, part, told, told.promised_by) for part in ("text", "subject", "body"))
    length = length_of(text)
    outside = " ".join(length.outside[:5])
    why = f"{outside}: not in the telephones' alphabet, so that less fits." if outside else ""
    return MessageCard(title, text, length_words(length), length.segments > 1, why, subject, body)


def _told(brand: Brand, lang: str, example: Example) -> Told:
    now = example.now
    return Told(
        merchant=brand.display_name,
        store=example.store,
        shopper="Nora Hasler",
        address=ADDRESS,
        link=example.link,
        pin="4821",
        earliest=now + timedelta(hours=1),
        promised_by=now + timedelta(hours=3),
        eta=now + timedelta(hours=2),
        locale=locale_for(lang, example.formats.locale),
        time_zone=example.formats.time_zone,
    )
