"""Learning how much to keep in hand: what holds for any past."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.kit.units import Seconds
from homeward.quotes import codec
from homeward.quotes.calibration import (
    LEAST_S,
    MEMORY,
    MIN_SAMPLE,
    MOST_S,
    SHARES_PCT,
    Calibration,
    Seen,
    buffer_s,
    greatest_buffer_s,
    hourly_buffers_s,
    learn,
    share_kept,
)
from tests.builders import TUESDAY_NOON, any_calibration

DAY = timedelta(days=1)
NOON_HOUR = 13  # in Zurich
DRIVE_S = Seconds(480)
FIXED_S = 420
"""What a market with the usual settings keeps in hand for that drive: five minutes and a quarter of it."""


def an_ending(late_s: int | None, **changes: object) -> Seen:
    """Around noon, an hour ago."""
    came = late_s is not None
    ended = Seen(NOON_HOUR, TUESDAY_NOON - timedelta(hours=1), True, DRIVE_S, late_s, came, None, came)
    return replace(ended, **changes)  # type: ignore[arg-type]


def taught(seen: list[Seen], *, share_pct: int = 90) -> Calibration | None:
    return learn(seen, TUESDAY_NOON, version=1, share_pct=share_pct, fixed_s=300, drive_per_mille=250)


def learned(seen: list[Seen]) -> Calibration:
    found = taught(seen)
    assert found is not None
    return found


def noon_buffer_s(calibration: Calibration, share_pct: int = 90) -> int:
    return hourly_buffers_s(calibration, share_pct, DRIVE_S)[NOON_HOUR]


def a_past(seed: int, size: int) -> list[Seen]:
    """Any deliveries of two months: drawn by a seed, because hundreds of them are too many to draw one by one."""
    rng = random.Random(seed)
    spread_s, offset_s = rng.choice([0, 60, 900, 3_600]), rng.randint(-1_200, 2_400)
    return [
        Seen(
            hour=rng.randrange(24),
            ended_at=TUESDAY_NOON - timedelta(seconds=rng.randrange(86_400 * 60)),
            urgent=rng.random() < 0.7,
            drive_s=Seconds(rng.randrange(3_600)),
            late_s=None if rng.random() < 0.02 else offset_s + rng.randint(-spread_s, spread_s),
            kept=rng.random() < 0.9,
            aimed=rng.choice([None, 0.9, 0.95]),
            held=rng.random() < 0.9,
        )
        for _ in range(size)
    ]


any_past = st.builds(a_past, st.integers(0, 2**32), st.integers(0, 400))


# ── how much data ──


@pytest.mark.parametrize(("ended", "known"), [(MIN_SAMPLE - 1, False), (MIN_SAMPLE, True), (MIN_SAMPLE + 1, True)])
def test_until_thirty_deliveries_have_ended_nothing_is_learned(ended: int, known: bool) -> None:
    assert (taught([an_ending(0, ended_at=TUESDAY_NOON)] * ended) is not None) is known


def test_promises_with_time_to_spare_teach_nothing_about_haste() -> None:
    assert taught([an_ending(0, urgent=False)] * 500) is None


def test_with_little_data_a_promise_is_not_made_shorter() -> None:
    # Everybody was ten minutes early: too good to be believed after forty deliveries.
    assert noon_buffer_s(learned([an_ending(-600)] * 40)) == FIXED_S


def test_with_enough_data_a_promise_is_made_shorter() -> None:
    assert noon_buffer_s(learned([an_ending(120)] * 400)) == pytest.approx(120)


def test_that_everybody_is_late_is_believed_at_once() -> None:
    assert noon_buffer_s(learned([an_ending(1_500)] * 40)) >= 1_500


def test_an_hour_without_data_keeps_more_in_hand_than_its_market_needs() -> None:
    past = [an_ending(late_s) for late_s in range(0, 1_000, 2)]
    known = learned(past)
    at_night = hourly_buffers_s(known, 90, DRIVE_S)[3]
    assert noon_buffer_s(known) == pytest.approx(900, abs=15)
    assert 930 < at_night < 970  # what 94 or 95 of a hundred needed


def test_the_more_an_hour_knows_the_less_it_borrows() -> None:
    market = [an_ending(300, hour=hour) for hour in range(8, 22) for _ in range(60)]
    own = [noon_buffer_s(learned([*market, *[an_ending(1_200)] * rush])) for rush in (0, 5, 20, 100, 400)]
    assert own == sorted(own)
    assert own[0] == pytest.approx(300)
    assert own[-1] == pytest.approx(1_200)
    quiet = hourly_buffers_s(learned([*market, *[an_ending(1_200)] * 60]), 90, DRIVE_S)[9]
    assert quiet == pytest.approx(300)  # its neighbours' rush is not its own


def test_last_week_counts_more_than_last_season() -> None:
    winter = [an_ending(1_200, ended_at=TUESDAY_NOON - 100 * DAY)] * 400
    spring = [an_ending(200, ended_at=TUESDAY_NOON - 2 * DAY)] * 400
    assert noon_buffer_s(learned([*winter, *spring])) < 700
    assert noon_buffer_s(learned([*winter, *spring]), 50) == pytest.approx(200)


def test_what_is_older_than_memory_counts_for_nothing() -> None:
    forgotten = [an_ending(1_200, ended_at=TUESDAY_NOON - MEMORY - DAY)] * 400
    recent = [an_ending(200)] * 400
    assert learned([*forgotten, *recent]) == learned(recent)


def test_a_delivery_that_never_came_counts_as_later_than_any() -> None:
    past: list[Seen] = [an_ending(100)] * 340 + [an_ending(None)] * 60
    assert noon_buffer_s(learned(past)) == MOST_S
    assert noon_buffer_s(learned(past), 80) == pytest.approx(100)


def test_windows_are_known_by_how_often_they_were_kept() -> None:
    windows = [an_ending(0, urgent=False, kept=number % 20 > 0) for number in range(400)]
    known = learned([*[an_ending(0)] * 40, *windows])
    assert known.hours[NOON_HOUR].windows_kept == pytest.approx(950, abs=5)
    assert known.hours[NOON_HOUR].windows_sample == pytest.approx(419, abs=2)


# ── whatever the past ──


@given(any_past, st.randoms(use_true_random=False))
def test_the_same_endings_teach_the_same_in_any_order(past: list[Seen], shuffle) -> None:  # type: ignore[no-untyped-def]
    again = list(past)
    shuffle.shuffle(again)
    first, second = taught(past), taught(again)
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        # Sums in another order differ in their last digits, which may move a quantile by one neighbour.
        assert first.hours[0].sample == second.hours[0].sample
        agree = sum(a == b for one, other in zip(first.hours, second.hours, strict=True)
                    for a, b in zip(one.quantiles, other.quantiles, strict=True))  # fmt: skip
        assert agree >= 0.98 * 24 * len(SHARES_PCT)


@given(any_past)
def test_a_larger_share_never_asks_for_less_in_hand(past: list[Seen]) -> None:
    known = taught(past)
    if known is None:
        return
    for curve in known.hours:
        assert list(curve.quantiles) == sorted(curve.quantiles)


@given(any_past)
def test_one_more_that_came_late_never_makes_a_promise_shorter(past: list[Seen]) -> None:
    known, warned = taught(past), taught([*past, an_ending(7_200, ended_at=TUESDAY_NOON)])
    if known is None or warned is None:
        return
    assert noon_buffer_s(warned) >= noon_buffer_s(known)


@given(any_past)
def test_a_calibration_is_read_as_it_was_written(past: list[Seen]) -> None:
    known = taught(past)
    if known is not None:
        stored = codec.calibration_to_json(known)
        assert codec.calibration_from_json(known.version, known.learned_at, stored) == known


any_moment = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)).map(
    lambda naive: naive.replace(tzinfo=TUESDAY_NOON.tzinfo, microsecond=0)
)
any_zone = st.sampled_from(["Europe/Zurich", "America/New_York", "Pacific/Chatham", "Australia/Lord_Howe"])


@given(any_calibration(), any_moment, any_zone, st.sampled_from(SHARES_PCT), st.integers(0, 7_200))
def test_what_is_kept_in_hand_lies_between_a_minute_and_three_quarters_of_an_hour(
    known: Calibration, moment: datetime, zone: str, share_pct: int, drive_s: int
) -> None:
    assert LEAST_S <= buffer_s(known, share_pct, moment, zone, drive_s) <= MOST_S


@given(any_calibration(), any_moment, any_zone, st.sampled_from(SHARES_PCT), st.integers(0, 7_200),
       st.integers(0, 7_200), st.integers(0, 3_600))  # fmt: skip
def test_whoever_is_expected_later_is_never_promised_earlier(
    known: Calibration, moment: datetime, zone: str, share_pct: int, drive_s: int, later_s: int, farther_s: int
) -> None:
    later = moment + timedelta(seconds=later_s)
    before = moment + timedelta(seconds=buffer_s(known, share_pct, moment, zone, drive_s))
    after = later + timedelta(seconds=buffer_s(known, share_pct, later, zone, drive_s + farther_s))
    assert after >= before


@given(any_calibration(), any_moment, any_zone, st.integers(0, 3_600), st.integers(0, 10_800))
def test_the_greatest_buffer_covers_every_moment_in_between(
    known: Calibration, moment: datetime, zone: str, drive_s: int, span_s: int
) -> None:
    until = moment + timedelta(seconds=span_s)
    greatest = greatest_buffer_s(known, 90, moment, until, zone, drive_s)
    # What the hour before leaves behind only ever shrinks, so the first moment holds the most of it.
    kept = [
        (moment + timedelta(seconds=s), buffer_s(known, 90, moment + timedelta(seconds=s), zone, drive_s))
        for s in range(0, span_s + 1, 900)
    ]
    assert all(
        found <= greatest or at + timedelta(seconds=found) <= at + timedelta(seconds=greatest) for at, found in kept
    )


@given(any_calibration(), any_moment, st.integers(0, 3_600), st.integers(-600, 7_200), st.integers(0, 1_800))
def test_more_time_is_never_less_sure(
    known: Calibration, moment: datetime, drive_s: int, spare_s: int, more_s: int
) -> None:
    less = share_kept(known, moment, "UTC", drive_s, spare_s)
    assert 0.49 <= less <= share_kept(known, moment, "UTC", drive_s, spare_s + more_s) <= 0.99


@given(any_calibration(), any_moment, st.integers(0, 3_600), st.sampled_from(SHARES_PCT))
def test_keeping_the_buffer_in_hand_holds_at_least_the_share_it_is_for(
    known: Calibration, moment: datetime, drive_s: int, share_pct: int
) -> None:
    in_hand_s = buffer_s(known, share_pct, moment, "UTC", drive_s)
    if in_hand_s < MOST_S:  # no more is kept in hand, however much an hour would need
        assert share_kept(known, moment, "UTC", drive_s, in_hand_s) >= share_pct / 100 - 1e-9
