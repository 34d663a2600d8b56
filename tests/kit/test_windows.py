"""Opening hours on the wall clock, windows in UTC."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.kit.windows import OpeningHours, OpenSpan, Window, always_open

BERLIN = "Europe/Berlin"
NINE_TO_FIVE = OpenSpan(time(9), time(17))
WORKDAYS = OpeningHours(BERLIN, dict.fromkeys(range(5), (NINE_TO_FIVE,)))


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_a_window_may_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="ends"):
        Window(utc(2026, 3, 2, 10), utc(2026, 3, 2, 9))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (utc(2026, 1, 5, 7, 59), False),  # Monday 08:59 in Berlin
        (utc(2026, 1, 5, 8, 0), True),
        (utc(2026, 1, 5, 16, 0), True),
        (utc(2026, 1, 5, 16, 1), False),
        (utc(2026, 1, 4, 12, 0), False),  # Sunday
    ],
)
def test_opening_hours_count_on_the_local_clock(moment: datetime, is_open: bool) -> None:
    assert WORKDAYS.is_open(moment) is is_open


def test_a_bar_that_closes_after_midnight_is_still_open_then() -> None:
    late = OpeningHours(BERLIN, {4: (OpenSpan(time(18), time(2)),)})  # Friday
    assert late.is_open(utc(2026, 1, 10, 0, 30))  # Saturday 01:30
    assert not late.is_open(utc(2026, 1, 10, 1, 30))


def test_an_exception_replaces_the_weekly_hours() -> None:
    closed_on_new_year = OpeningHours(BERLIN, WORKDAYS.weekly, {date(2026, 1, 1): ()})
    assert not closed_on_new_year.is_open(utc(2026, 1, 1, 10))


def test_the_next_opening_skips_the_weekend() -> None:
    found = WORKDAYS.next_opening(utc(2026, 1, 9, 17))
    assert found == Window(utc(2026, 1, 12, 8), utc(2026, 1, 12, 16))


def test_a_shop_that_never_opens_has_no_next_opening() -> None:
    assert OpeningHours(BERLIN).next_opening(utc(2026, 1, 9)) is None


def test_the_night_the_clocks_go_forward_is_an_hour_shorter() -> None:
    night = OpeningHours(BERLIN, {5: (OpenSpan(time(22), time(6)),)})
    (window,) = night.openings(utc(2026, 3, 28, 20), utc(2026, 3, 29, 6))
    assert window.latest - window.earliest == timedelta(hours=7)


@given(st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_a_shop_that_never_closes_is_open_at_any_moment(moment: datetime) -> None:
    assert always_open("America/New_York").is_open(moment)


@given(st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_the_next_opening_has_not_ended_and_is_open_at_its_begin(moment: datetime) -> None:
    found = WORKDAYS.next_opening(moment)
    assert found is not None
    assert found.latest > moment
    assert WORKDAYS.is_open(found.earliest)
