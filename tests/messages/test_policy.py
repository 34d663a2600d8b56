"""What shoppers are told: every template in every language, in the merchant's name and on the market's clock."""

import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import pytest

from homeward.messages.policy import Told, Words, fill, kinds_of, language, one_line, window_words
from homeward.messages.service import LANGUAGES

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KINDS = (
    "booked", "pin", "new_time", "confirm_address", "on_the_way", "late", "delivered", "returning", "cancelled",
    "failed",
)  # fmt: skip
TEXT_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
TWO_TEXTS = 306
TWO_WIDE_TEXTS = 134


def words_of(code: str) -> Words:
    words: Words = tomllib.loads((files("homeward.messages") / "words" / f"{code}.toml").read_text("utf-8"))
    return words


def told(**changes: Any) -> Told:
    """From the Bakery to Sam in Zurich, between 13:00 and 14:00 there."""
    values: dict[str, Any] = {
        "merchant": "Bakery",
        "store": "Bakery at the Bridge",
        "shopper": "Sam",
        "address": "Home Lane 3",
        "link": "https://bakery.example/t/0123456789abcdef0123456789",
        "pin": "4711",
        "earliest": NOON,
        "promised_by": NOON + timedelta(hours=1),
        "eta": NOON + timedelta(minutes=40),
        "locale": "en-GB",
        "time_zone": "Europe/Zurich",
    }
    return Told(**{**values, **changes})


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_kind_of_message_is_there_in_every_language(code: str) -> None:
    words = words_of(code)
    assert set(words) == set(KINDS)
    assert all(set(parts) == {"text", "subject", "body"} for parts in words.values())


@pytest.mark.parametrize("part", ["text", "subject", "body"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", LANGUAGES)
def test_every_template_fills_in_the_merchants_name_and_no_other(code: str, kind: str, part: str) -> None:
    said = fill(words_of(code), kind, part, told(locale=code), NOON)
    assert said
    assert not re.search(r"[{}]", said)
    assert "homeward" not in said.lower()
    if part == "text":
        assert said.startswith("Bakery: ")
    if part == "subject":
        assert "\n" not in said
    if part == "body":
        assert said.endswith("\n\nBakery")
    if part != "subject" and kind != "pin":
        assert "https://bakery.example/t/" in said


@pytest.mark.parametrize("kind", KINDS)
def test_english_texts_keep_to_the_telephones_alphabet_and_fit_into_two(kind: str) -> None:
    for locale in ("en", "en-US", "en-GB"):
        said = fill(words_of("en"), kind, "text", told(locale=locale), NOON)
        assert not set(said) - set(TEXT_ALPHABET), "one other character halves what fits"
        assert len(said) <= TWO_TEXTS


@pytest.mark.parametrize("kind", KINDS)
def test_spanish_texts_fit_into_three_of_the_wide_kind(kind: str) -> None:
    assert len(fill(words_of("es"), kind, "text", told(locale="es"), NOON)) <= TWO_WIDE_TEXTS * 1.5


def test_braces_in_what_people_write_are_just_braces() -> None:
    said = fill(words_of("en"), "booked", "body", told(shopper="{link.__class__}", store="{pin}", merchant="{0}"), NOON)
    assert "Hello {link.__class__}," in said
    assert "{pin}" in said
    assert "4711" not in said


def test_a_name_cannot_begin_a_new_line() -> None:
    nasty = "Sam\r\nBcc: all@example.org\u2028\x00\tHill"
    assert one_line(nasty) == "Sam Bcc: all@example.org Hill"
    assert "\r" not in fill(words_of("en"), "booked", "body", told(merchant=nasty, shopper=nasty), NOON)


@pytest.mark.parametrize(
    ("zone", "locale", "expected"),
    [
        ("Europe/Zurich", "en-GB", "22 Nov, 13:00-14:00"),
        ("America/New_York", "en-US", "22 Nov, 7:00 AM-8:00 AM"),
        ("Asia/Tokyo", "en-GB", "22 Nov, 21:00-22:00"),
        ("Europe/Madrid", "es", "22 nov, 13:00-14:00"),
        ("Europe/Zurich", "de-CH", "22 Nov., 13:00-14:00"),
        ("Europe/Zurich", "no such locale", "22 Nov, 1:00 PM-2:00 PM"),
    ],
)
def test_times_are_those_of_the_market(zone: str, locale: str, expected: str) -> None:
    assert window_words(told(time_zone=zone, locale=locale)) == expected


def test_a_window_over_midnight_names_both_days() -> None:
    late = told(earliest=NOON.replace(hour=22, minute=30), promised_by=NOON.replace(hour=23, minute=30))
    assert window_words(late) == "22 Nov, 23:30 - 23 Nov, 00:30"


def test_an_estimate_is_told_where_there_is_one_and_the_promise_otherwise() -> None:
    words = words_of("en")
    assert "13:40" in fill(words, "on_the_way", "text", told(), NOON)
    assert "14:00" in fill(words, "on_the_way", "text", told(eta=None), NOON)


@pytest.mark.parametrize(
    ("locale", "expected"), [("en-US", "en"), ("es_MX", "es"), ("ES", "es"), ("de-CH", "en"), ("", "en")]
)
def test_a_language_nobody_has_translated_yet_gets_english(locale: str, expected: str) -> None:
    assert language(locale, LANGUAGES) == expected


@pytest.mark.parametrize(
    ("event", "data", "kinds"),
    [
        ("delivery.booked", {}, ["booked", "pin"]),
        ("delivery.attention_needed", {"reason": "confirm_address"}, ["confirm_address"]),
        ("delivery.attention_needed", {"reason": "late"}, ["late"]),
        ("delivery.attention_needed", {"reason": "no_courier"}, []),
        ("delivery.assigned", {}, []),
        ("delivery.promise_changed", {}, ["new_time"]),
        ("delivery.picked_up", {}, ["on_the_way"]),
        ("delivery.eta_changed", {}, []),
        ("delivery.delivered", {}, ["delivered"]),
        ("delivery.returning", {}, ["returning"]),
        ("delivery.returned", {}, []),
        ("delivery.cancelled", {}, ["cancelled"]),
        ("delivery.failed", {}, ["failed"]),
        ("leg.lost_contact", {}, []),
    ],
)
def test_which_events_are_worth_a_message(event: str, data: dict[str, str], kinds: list[str]) -> None:
    assert kinds_of(event, data, told()) == kinds


def test_no_code_is_told_where_none_is_asked_at_the_door() -> None:
    assert kinds_of("delivery.booked", {}, replace(told(), pin=None)) == ["booked"]
