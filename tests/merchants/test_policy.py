"""Hours with holidays, readable colours, names and domains."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.kit.places import LatLon
from homeward.kit.units import Seconds
from homeward.kit.windows import OpeningHours, OpenSpan
from homeward.merchants.errors import ColoursTooClose
from homeward.merchants.model import Brand, Store
from homeward.merchants.policy import (
    check_brand,
    contrast,
    holidays_of,
    host_of,
    is_email,
    is_holiday_calendar,
    is_slug,
    key_hint,
    readable_text_colour,
    require_readable,
    slug_of,
    store_opening_hours,
)

DAILY = {day: (OpenSpan(time(9), time(18)),) for day in range(7)}


def a_store(**changes: Any) -> Store:
    """Open every day from nine to six in Zurich."""
    values: dict[str, Any] = {
        "id": "sto_1",
        "merchant_id": "mer_1",
        "market_id": "mkt_1",
        "external_id": None,
        "name": "Bakery",
        "address": "1 Bakery Square",
        "place": LatLon(47.37, 8.54),
        "phone": None,
        "hours": OpeningHours("Europe/Zurich", DAILY),
        "holiday_calendar": "CH",
        "preparation_s": Seconds(900),
        "pickup_instructions": "",
        "status": "active",
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Store(**{**values, **changes})


# ── holidays ──


@pytest.mark.parametrize(("day", "opens"), [(31, True), (1, False), (2, True)])
def test_a_store_is_closed_on_the_holidays_of_its_calendar(day: int, opens: bool) -> None:
    hours = store_opening_hours(a_store(), (2026, 2026))
    month = 7 if day == 31 else 8  # the 1st of August is the national day
    assert hours.is_open(datetime(2026, month, day, 10, tzinfo=UTC)) is opens


def test_a_date_that_the_merchant_names_wins_over_a_holiday() -> None:
    national_day = {date(2026, 8, 1): (OpenSpan(time(9), time(12)),)}
    store = a_store(hours=OpeningHours("Europe/Zurich", DAILY, national_day))
    assert store_opening_hours(store, (2026, 2026)).is_open(datetime(2026, 8, 1, 8, tzinfo=UTC))


def test_a_store_without_a_calendar_keeps_its_hours() -> None:
    store = a_store(holiday_calendar=None)
    assert store_opening_hours(store, (2026, 2027)) is store.hours


def test_holidays_are_known_over_new_year() -> None:
    hours = store_opening_hours(a_store(), (2026, 2027))
    assert not hours.is_open(datetime(2027, 1, 1, 10, tzinfo=UTC))


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    town_meeting_day = date(2026, 3, 3)
    assert town_meeting_day in holidays_of("US-VT", 2026)
    assert town_meeting_day not in holidays_of("US", 2026)


@pytest.mark.parametrize(
    ("calendar", "known"), [("CH", True), ("US-VT", True), ("US-XX", False), ("XX", False), ("", False)]
)
def test_only_calendars_with_holidays_are_accepted(calendar: str, known: bool) -> None:
    assert is_holiday_calendar(calendar) is known


# ── brands ──


@pytest.mark.parametrize(
    ("colour", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1.0)],
)
def test_contrast_is_that_of_the_accessibility_guidelines(colour: str, other: str, ratio: float) -> None:
    assert contrast(colour, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, colour) == contrast(colour, other)


@pytest.mark.parametrize(("colour", "readable"), [("#767676", True), ("#777777", False)])
def test_a_text_colour_must_be_readable_on_the_brands_colour(colour: str, readable: bool) -> None:
    brand = Brand("Bakery", colour=colour, text_colour="#ffffff")
    if readable:
        require_readable(brand)
        assert contrast(colour, "#ffffff") >= 4.5
    else:
        with pytest.raises(ColoursTooClose) as refused:
            require_readable(brand)
        assert refused.value.suggested == "#000000"


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_every_colour_has_a_text_colour_that_can_be_read(colour: str) -> None:
    assert contrast(colour, readable_text_colour(colour)) >= 4.5


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"colour": "red"}, "/brand/colour"),
        ({"colour": "#12345"}, "/brand/colour"),
        ({"colour": "#123456;}body{"}, "/brand/colour"),
        ({"display_name": " "}, "/brand/display_name"),
        ({"display_name": "x" * 61}, "/brand/display_name"),
        ({"display_name": "a\nb"}, "/brand/display_name"),
        ({"support_email": "nobody"}, "/brand/support_email"),
        ({"support_phone": "call me"}, "/brand/support_phone"),
        ({"favicon": "x"}, "/brand/favicon"),
    ],
)
def test_a_bad_part_of_a_brand_is_named(changes: dict[str, str], pointer: str) -> None:
    assert [error.pointer for error in check_brand(changes)] == [pointer]


# ── names ──


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Bäckerei Müller", "backerei-muller"), ("  A & B  ", "a-b"), ("東京", "merchant"), ("x" * 80, "x" * 48)],
)
def test_a_short_name_is_made_of_the_long_one(name: str, slug: str) -> None:
    assert slug_of(name) == slug
    assert is_slug(slug)


@given(st.text(max_size=100))
def test_every_name_gives_a_good_short_name(name: str) -> None:
    assert is_slug(slug_of(name))


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("Track.Bakery.example", "track.bakery.example"),
        ("bakery.localhost:8080", "bakery.localhost"),
        ("track.bakery.example.", "track.bakery.example"),
        ("localhost", None),
        ("https://bakery.example", None),
        ("bad_host.example", None),
        ("-a.example", None),
        ("", None),
    ],
)
def test_a_domain_is_reduced_to_its_host_name(domain: str, host: str | None) -> None:
    assert host_of(domain) == host


@pytest.mark.parametrize(
    ("text", "right"), [("a@b.ch", True), ("a b@c.ch", False), ("a@b", False), ("<a@b.ch>", False), ("a@@b.ch", False)]
)
def test_an_email_has_its_form(text: str, right: bool) -> None:
    assert is_email(text) is right


def test_a_hint_shows_only_the_kind_and_the_last_four_characters() -> None:
    assert key_hint("sk_live_abcdefghijklmnop") == "sk_live_…mnop"
