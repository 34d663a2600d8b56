from datetime import UTC, datetime, timedelta

import pytest

from homeward.kit.money import Money
from homeward.web.format import Formats, initials

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
VADUZ = Formats("en_GB", "Europe/Vaduz")
VERMONT = Formats("en_US", "America/New_York", "imperial")


def test_a_moment_is_told_in_the_market_s_own_time() -> None:
    assert VADUZ.moment(NOON, NOON).text == "13:00"
    assert VERMONT.moment(NOON, NOON).text.replace("\u202f", " ") == "7:00 AM"


def test_another_day_is_named_with_the_clock() -> None:
    assert VADUZ.moment(NOON + timedelta(days=1), NOON).text == "Tomorrow, 13:00"
    assert VADUZ.moment(NOON - timedelta(days=1), NOON).text == "Yesterday, 13:00"


def test_the_exact_moment_stays_readable_by_machines() -> None:
    assert VADUZ.moment(NOON, NOON).iso == "2026-11-23T12:00:00Z"


def test_a_day_changes_at_local_midnight_and_not_at_utc_midnight() -> None:
    half_past_eleven_utc = NOON.replace(hour=23, minute=30)
    assert VADUZ.day(half_past_eleven_utc, NOON) == "Tomorrow"


def test_a_window_names_its_day_once() -> None:
    earliest = NOON + timedelta(days=1)
    assert VADUZ.window(earliest, earliest + timedelta(hours=2), NOON) == "Tomorrow, 13:00–15:00"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_569, "59 min"),
        (3_600, "1 h"),
        (3_900, "1 h 05"),
        (259_200, "3 days"),
    ],
)
def test_spans_are_told_as_people_say_them(seconds: int, told: str) -> None:
    assert VADUZ.span(seconds) == told


@pytest.mark.parametrize(("metres", "told"), [(344, "340 m"), (949, "950 m"), (950, "0.9 km"), (3_449, "3.4 km")])
def test_short_distances_are_metres_and_long_ones_kilometres(metres: int, told: str) -> None:
    assert VADUZ.distance(metres) == told


def test_an_imperial_market_reads_miles_feet_and_pounds() -> None:
    assert (VERMONT.distance(1_609), VERMONT.distance(100), VERMONT.weight(2_268)) == ("1 mi", "330 ft", "5 lb")


def test_money_keeps_every_minor_unit() -> None:
    assert VERMONT.money(Money(-1_005, "USD")) == "-$10.05"
    assert Formats("en_US").money(Money(100, "JPY")) == "¥100"


def test_a_locale_nobody_knows_reads_as_english() -> None:
    assert Formats("xx_YY").number(1234.5, 1) == "1,234.5"


def test_nothing_of_nothing_is_a_dash() -> None:
    assert (VADUZ.share(0, 0), VADUZ.share(97, 100)) == ("–", "97%")


@pytest.mark.parametrize(
    ("name", "letters"), [("Ada Byron", "AB"), ("Ada", "A"), ("Ana Maria da Silva", "AS"), ("", "")]
)
def test_initials_are_first_and_last(name: str, letters: str) -> None:
    assert initials(name) == letters
