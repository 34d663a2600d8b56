"""Promises: what can be kept, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from homeward.coverage.model import ServiceClass
from homeward.kit.problems import Problem
from homeward.kit.units import Seconds
from homeward.kit.windows import Window, always_open
from homeward.quotes.errors import (
    BeyondHorizon,
    ExpressTooSlow,
    OutsideHours,
    ReadyAfterWindow,
    StoreClosed,
    TooShortNotice,
    WindowClosed,
    WindowInPast,
    WindowTooShort,
)
from homeward.quotes.model import Basis, Confidence, Supply, Wait
from homeward.quotes.outcomes import IN_HAND
from homeward.quotes.promise import (
    Promise,
    expected_wait,
    express_promise,
    local_day,
    merged,
    reach,
    service_class_of,
    window_promise,
    windows_on_offer,
)
from tests.builders import TUESDAY_NOON, a_basis, a_calibration, any_calibration, opening

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
# Checkout 5, preparation 15, counter 3, drive 8, door 3, buffer 5 + a quarter of the drive 2.
SOONEST = TUESDAY_NOON + 41 * MINUTE


def at(hours: float) -> datetime:
    return TUESDAY_NOON + timedelta(hours=hours)


# ── reach ──


def test_the_soonest_promise_is_the_sum_of_its_reasons() -> None:
    soonest = reach(a_basis(), None)
    assert soonest.kept_by == SOONEST
    assert {term.term: term.seconds for term in soonest.terms} == {
        "checkout": 300,
        "preparation": 900,
        "pickup": 180,
        "drive": 480,
        "door": 180,
        "buffer": 420,
    }


def test_waiting_for_a_courier_and_preparing_happen_at_the_same_time() -> None:
    slow = reach(a_basis(wait=Wait(Seconds(1_500), "measured")), None)
    assert slow.kept_by == SOONEST + 10 * MINUTE
    assert {term.term: term.seconds for term in slow.terms}["courier_wait"] == 600


def test_a_parcel_that_is_ready_needs_no_preparation() -> None:
    assert reach(a_basis(), TUESDAY_NOON).kept_by == SOONEST - 5 * MINUTE  # the courier's ten minutes instead


def test_a_store_that_opens_later_prepares_from_then_on() -> None:
    closed = a_basis(store_openings=(opening(at(2), 5),))
    soonest = reach(closed, None)
    assert soonest.pickup_at == at(2.25)
    assert {term.term: term.seconds for term in soonest.terms}["opening"] == 7_200 - 300


def test_a_parcel_ready_after_closing_waits_for_the_next_opening() -> None:
    closes_soon = a_basis(store_openings=(opening(at(-1), 1.2), opening(at(20), 5)))
    soonest = reach(closes_soon, None)
    assert soonest.pickup_at == at(20)
    assert soonest.waits_for_store


def test_a_store_that_never_opens_again_is_closed() -> None:
    with pytest.raises(StoreClosed) as refused:
        reach(a_basis(store_openings=()), None)
    assert refused.value.opens_at is None


# ── express ──


def test_express_promises_an_hour_when_all_goes_well() -> None:
    promise = express_promise(a_basis(), None)
    assert promise.window.latest == TUESDAY_NOON + HOUR
    assert promise.reasoning[-1].term == "slack"


def test_express_begins_when_somebody_could_first_be_there() -> None:
    # Ready at 12:20, three minutes at the counter, eight on the road: 12:31, told as 12:30.
    assert express_promise(a_basis(), None).window.earliest == TUESDAY_NOON + 30 * MINUTE


def test_express_from_a_later_ready_time_counts_its_hour_from_there() -> None:
    promise = express_promise(a_basis(), at(3))
    assert promise.window.latest == at(4)
    assert promise.search_from == at(2.5)


# 12:05 booked + wait + 21 minutes to the promise = 90 minutes at a wait of 64.
@pytest.mark.parametrize(("wait_min", "kept"), [(63, True), (64, True), (65, False)])
def test_express_is_refused_when_it_would_take_longer_than_the_limit(wait_min: int, kept: bool) -> None:
    basis = a_basis(wait=Wait(Seconds(wait_min * 60), "measured"))
    if kept:
        assert express_promise(basis, None).window.latest <= TUESDAY_NOON + 90 * MINUTE
    else:
        with pytest.raises(ExpressTooSlow) as refused:
            express_promise(basis, None)
        assert refused.value.latest_accepted == TUESDAY_NOON + 90 * MINUTE


def test_express_from_a_closed_store_tells_when_it_opens() -> None:
    with pytest.raises(StoreClosed) as refused:
        express_promise(a_basis(store_openings=(opening(at(3), 5),)), None)
    assert refused.value.opens_at == at(3)


def test_express_is_offered_shortly_before_the_store_opens() -> None:
    promise = express_promise(a_basis(store_openings=(opening(at(0.5), 5),)), None)
    assert promise.window.earliest >= at(0.5)
    assert promise.window.latest <= TUESDAY_NOON + 90 * MINUTE


def test_express_into_a_closed_market_tells_when_it_opens() -> None:
    with pytest.raises(OutsideHours) as refused:
        express_promise(a_basis(market_openings=(opening(at(-4), 4.5), opening(at(19), 5))), None)
    assert refused.value.opens_at == at(19)


def test_a_promise_can_be_booked_as_long_as_its_slack_lasts() -> None:
    # Nineteen minutes of slack and the five kept for the checkout.
    assert express_promise(a_basis(), None).book_by == TUESDAY_NOON + 24 * MINUTE


# ── windows ──


def test_a_window_that_can_be_reached_is_promised_as_it_was_wished() -> None:
    wish = Window(at(1), at(3))
    promise = window_promise(a_basis(), None, wish)
    assert promise.window == wish
    # So that the courier stands at the door when the window opens.
    assert promise.ready_at == at(1) - 11 * MINUTE


def test_a_ready_time_given_by_the_merchant_stays() -> None:
    assert window_promise(a_basis(), at(0.75), Window(at(2), at(4))).ready_at == at(0.75)


@pytest.mark.parametrize(("ends_min", "kept"), [(40, False), (41, True), (42, True)])
def test_a_window_must_not_end_before_the_soonest_promise(ends_min: int, kept: bool) -> None:
    ends = TUESDAY_NOON + ends_min * MINUTE
    wish = Window(ends - 2 * HOUR, ends)
    if kept:
        assert window_promise(a_basis(), None, wish).window == wish
    else:
        with pytest.raises(TooShortNotice) as refused:
            window_promise(a_basis(), None, wish)
        assert refused.value.earliest_promise == TUESDAY_NOON + 45 * MINUTE


@pytest.mark.parametrize(("ends_s", "problem"), [(-1, WindowInPast), (0, WindowInPast), (1, TooShortNotice)])
def test_a_window_in_the_past_is_told_apart_from_short_notice(ends_s: int, problem: type[Problem]) -> None:
    ends = TUESDAY_NOON + timedelta(seconds=ends_s)
    with pytest.raises(problem):
        window_promise(a_basis(), None, Window(ends - 2 * HOUR, ends))


@pytest.mark.parametrize(("closes_h", "kept"), [(0, True), (2, True), (3, False), (5, False)])
def test_where_bookings_are_gathered_a_window_closes_before_it_opens(closes_h: int, kept: bool) -> None:
    plain = a_basis()
    gathering = replace(plain, settings=replace(plain.settings, window_closes_s=Seconds(closes_h * 3_600)))
    wish = Window(at(3), at(5))
    if kept:
        promise = window_promise(gathering, None, wish)
        assert promise.window == wish
        assert closes_h == 0 or promise.book_by == at(3 - closes_h)
    else:
        with pytest.raises(WindowClosed) as refused:
            window_promise(gathering, None, wish)
        assert refused.value.closed_at == at(3 - closes_h)


@pytest.mark.parametrize(("late_s", "kept"), [(-1, True), (0, True), (1, False)])
def test_windows_are_promised_up_to_fourteen_days_ahead(late_s: int, kept: bool) -> None:
    ends = TUESDAY_NOON + timedelta(days=14, seconds=late_s)
    wish = Window(ends - 2 * HOUR, ends)
    if kept:
        assert window_promise(a_basis(), None, wish).window == wish
    else:
        with pytest.raises(BeyondHorizon) as refused:
            window_promise(a_basis(), None, wish)
        assert refused.value.latest_accepted == TUESDAY_NOON + timedelta(days=14)


@pytest.mark.parametrize(("length_s", "kept"), [(7_199, False), (7_200, True), (7_201, True)])
def test_a_window_shorter_than_the_shortest_offered_is_refused(length_s: int, kept: bool) -> None:
    wish = Window(at(2), at(2) + timedelta(seconds=length_s))
    if kept:
        assert window_promise(a_basis(), None, wish).window == wish
    else:
        with pytest.raises(WindowTooShort):
            window_promise(a_basis(), None, wish)


def test_a_window_outside_the_markets_hours_is_refused_with_the_next_opening() -> None:
    basis = a_basis(market_openings=(opening(at(-4), 8), opening(at(19), 8)))
    with pytest.raises(OutsideHours) as refused:
        window_promise(basis, None, Window(at(3), at(5)))
    assert refused.value.opens_at == at(19)


@pytest.mark.parametrize(("ready_min", "kept"), [(98, True), (99, True), (100, False)])
def test_a_ready_time_too_late_for_the_window_is_named_as_the_reason(ready_min: int, kept: bool) -> None:
    # From pickup to promise are 21 minutes; the window ends after 120.
    ready_at, wish = TUESDAY_NOON + ready_min * MINUTE, Window(at(0), at(2))
    if kept:
        assert window_promise(a_basis(), ready_at, wish).window == wish
    else:
        with pytest.raises(ReadyAfterWindow):
            window_promise(a_basis(), ready_at, wish)


def test_an_evening_window_after_closing_time_is_refused_unless_the_courier_can_hold_the_parcel() -> None:
    closes_at_five = a_basis(store_openings=(opening(at(-2), 7), opening(at(22), 7)))
    held = window_promise(closes_at_five, None, Window(at(5.5), at(7.5)))
    assert held.ready_at < at(5)
    with pytest.raises(StoreClosed) as refused:
        window_promise(closes_at_five, None, Window(at(6), at(8)))
    assert refused.value.opens_at == at(22)


def test_a_window_before_the_store_opens_is_refused_with_the_opening() -> None:
    with pytest.raises(StoreClosed) as refused:
        window_promise(a_basis(store_openings=(opening(at(4), 5),)), None, Window(at(1), at(3)))
    assert refused.value.opens_at == at(4)


# ── windows on offer, days and clocks ──


def test_windows_on_offer_begin_on_full_local_hours() -> None:
    kathmandu = a_basis(time_zone="Asia/Kathmandu")  # 45 minutes off
    first = next(windows_on_offer(kathmandu, 7_200, within=Window(at(0), at(6)), step_s=3_600))
    assert first.earliest.astimezone(ZoneInfo("Asia/Kathmandu")).minute == 0
    assert first.earliest >= at(0)


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)],
)
def test_a_day_is_as_long_as_its_clocks_make_it(day: str, hours: int) -> None:
    noon = datetime.fromisoformat(day + "T11:00:00+00:00")
    whole = local_day(noon, "Europe/Zurich")
    assert whole.latest - whole.earliest == timedelta(hours=hours)
    assert whole.holds(noon)


@pytest.mark.parametrize("zone", ["Europe/Zurich", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("day", ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"])
def test_windows_over_a_change_of_the_clocks_are_as_long_as_any_other(zone: str, day: str) -> None:
    start = datetime.fromisoformat(day + "T00:00:00+00:00") - timedelta(hours=24)
    basis = a_basis(
        now=start, time_zone=zone, market_openings=merged(always_open(zone).openings(start, start + 72 * HOUR))
    )
    windows = list(windows_on_offer(basis, 7_200, within=Window(start, start + 60 * HOUR), step_s=3_600))
    assert len(windows) >= 56
    assert all(window.latest - window.earliest == 2 * HOUR for window in windows)
    assert all(window.earliest.astimezone(ZoneInfo(zone)).minute == 0 for window in windows)


@pytest.mark.parametrize(
    ("begins", "expected"),
    [
        ("2026-03-10T22:59:59+00:00", ServiceClass.SAME_DAY),
        ("2026-03-10T23:00:00+00:00", ServiceClass.SCHEDULED),  # midnight in Zurich
        ("2026-03-10T01:00:00+00:00", ServiceClass.SAME_DAY),
    ],
)
def test_the_markets_midnight_divides_same_day_from_scheduled(begins: str, expected: ServiceClass) -> None:
    earliest = datetime.fromisoformat(begins)
    assert service_class_of(Window(earliest, earliest + 2 * HOUR), TUESDAY_NOON, "Europe/Zurich") is expected


def test_touching_openings_are_one() -> None:
    assert merged([opening(at(2), 2), opening(at(0), 2), opening(at(5), 1)]) == (opening(at(0), 4), opening(at(5), 1))


# ── learned promises ──


def test_a_learned_promise_keeps_in_hand_what_its_hour_needs() -> None:
    # 13:34 in Zurich is an hour that needs eight and a half minutes, and two for the drive.
    learned = a_basis(calibration=a_calibration({13: 510}))
    soonest = reach(learned, None)
    assert soonest.expected_at == SOONEST - 7 * MINUTE
    assert soonest.kept_by == soonest.expected_at + timedelta(minutes=10.5)
    assert {term.term: term.seconds for term in soonest.terms}["calibration"] == 630


def test_a_promise_says_how_likely_it_is_kept_and_from_how_many_that_is_known() -> None:
    express = express_promise(a_basis(calibration=a_calibration({13: 510}, sample=240)), None)
    # Told in full: 26 minutes after the expected moment, of which ten and a half would hold in nine of ten cases.
    assert express.window.latest - (SOONEST - 7 * MINUTE) == 26 * MINUTE
    assert express.confidence == Confidence(0.99, 240, "learned")


def test_before_anything_is_learned_a_promise_names_its_aim_and_says_that_it_is_one() -> None:
    assert express_promise(a_basis(), None).confidence == Confidence(0.9, 0, "default")


def test_a_window_with_time_to_spare_says_how_often_such_windows_were_kept() -> None:
    learned = a_basis(calibration=a_calibration({}, windows_kept=963, windows_sample=77))
    assert window_promise(learned, None, Window(at(2), at(4))).confidence == Confidence(0.96, 77, "learned")


def test_a_window_that_is_nearly_over_is_as_urgent_as_express() -> None:
    learned = a_basis(calibration=a_calibration({13: 300}))
    ends = SOONEST
    assert window_promise(learned, None, Window(ends - 2 * HOUR, ends)).confidence.share == 0.9


def test_after_a_busy_hour_waiting_longer_never_makes_the_promise_earlier() -> None:
    # Until 13:59:59 in Zurich half an hour is kept in hand, from 14:00 on a minute.
    rush = a_calibration({13: 1_680, 14: -200})
    kept = [
        reach(a_basis(calibration=rush, wait=Wait(Seconds(900 + wait_s), "measured")), None).kept_by
        for wait_s in range(0, 3_600, 30)
    ]
    assert kept == sorted(kept)


# ── waiting ──


@pytest.mark.parametrize(("age_s", "source"), [(299, "measured"), (300, "measured"), (301, "default")])
def test_a_wait_measured_long_ago_is_not_believed(age_s: int, source: str) -> None:
    supply = Supply(TUESDAY_NOON - timedelta(seconds=age_s), couriers_on_duty=3, expected_wait_s=Seconds(60))
    assert _wait(supply).source == source


def test_with_nobody_on_duty_the_wait_is_long() -> None:
    assert _wait(Supply(TUESDAY_NOON, 0, Seconds(60))) == Wait(Seconds(2_700), "nobody_on_duty")


def test_a_market_that_was_never_measured_takes_its_default() -> None:
    assert _wait(None) == Wait(Seconds(600), "default")


def _wait(supply: Supply | None) -> Wait:
    return expected_wait(
        supply, TUESDAY_NOON, default_wait_s=Seconds(600), no_courier_wait_s=Seconds(2_700), fresh_s=Seconds(300)
    )


# ── whatever happens ──


@st.composite
def any_basis(draw: st.DrawFn) -> Basis:
    """Any moment of two years with its clock changes, any hours, any road."""
    now = draw(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))).replace(microsecond=0)
    openings = []
    begins = now - timedelta(hours=draw(st.integers(0, 12)))
    for _ in range(draw(st.integers(1, 20))):
        hours = draw(st.integers(1, 20))
        openings.append(opening(begins, hours))
        begins += timedelta(hours=hours + draw(st.integers(1, 20)))
    basis = a_basis(now=now, time_zone=draw(st.sampled_from(["Europe/Zurich", "America/New_York", "Pacific/Chatham"])))
    return replace(
        basis,
        calibration=draw(st.none() | any_calibration()),
        drive_s=Seconds(draw(st.integers(0, 3_600))),
        preparation_s=Seconds(draw(st.integers(0, 7_200))),
        wait=Wait(Seconds(draw(st.integers(0, 3_600))), "measured"),
        store_openings=tuple(openings),
    )


READY = st.none() | st.integers(-3_600, 86_400)


def promises(basis: Basis, ready_at: datetime | None) -> list[Promise]:
    """Everything that this basis lets one promise within two days."""
    wishes = [
        window
        for length_s in (7_200, 10_800)
        for window in windows_on_offer(basis, length_s, within=Window(basis.now, basis.now + 48 * HOUR), step_s=10_800)
    ]
    found = []
    for promise in (lambda: express_promise(basis, ready_at), *(_wish(basis, ready_at, wish) for wish in wishes)):
        try:
            found.append(promise())
        except Problem:
            continue
    return found


def _wish(basis: Basis, ready_at: datetime | None, wish: Window):  # type: ignore[no-untyped-def]
    return lambda: window_promise(basis, ready_at, wish)


@given(any_basis(), READY)
def test_no_promise_is_earlier_than_parcel_courier_store_and_road_allow(basis: Basis, ready_s: int | None) -> None:
    ready_at = None if ready_s is None else basis.now + timedelta(seconds=ready_s)
    found = promises(basis, ready_at)
    assume(found)
    for promise in found:
        in_hand_s = sum(term.seconds for term in promise.reasoning if term.term in IN_HAND)
        left_by = promise.window.latest - timedelta(
            seconds=basis.settings.pickup_s + basis.drive_s + basis.settings.door_s + in_hand_s
        )
        assert left_by >= basis.now + timedelta(seconds=basis.wait.seconds)
        assert left_by >= (ready_at or promise.ready_at)
        assert promise.search_from >= basis.now
        assert any(
            window.earliest <= left_by and window.latest > max(promise.ready_at, basis.now)
            for window in basis.store_openings
        ), "the store is closed from the ready time until it would be too late"


@given(any_basis(), READY)
def test_the_reasons_of_a_promise_add_up_to_it(basis: Basis, ready_s: int | None) -> None:
    ready_at = None if ready_s is None else basis.now + timedelta(seconds=ready_s)
    for promise in promises(basis, ready_at):
        assert basis.now + timedelta(seconds=sum(term.seconds for term in promise.reasoning)) == promise.window.latest
        assert all(term.seconds > 0 for term in promise.reasoning)


@given(any_basis(), READY, st.integers(0, 1_800), st.integers(0, 1_800))
def test_a_longer_way_or_wait_never_makes_a_promise_earlier(
    basis: Basis, ready_s: int | None, more_drive_s: int, more_wait_s: int
) -> None:
    ready_at = None if ready_s is None else basis.now + timedelta(seconds=ready_s)
    worse = replace(
        basis,
        drive_s=Seconds(basis.drive_s + more_drive_s),
        wait=Wait(Seconds(basis.wait.seconds + more_wait_s), "measured"),
    )
    try:
        before = reach(basis, ready_at).kept_by
        after = reach(worse, ready_at).kept_by
    except StoreClosed:
        return
    assert after >= before


@given(any_basis(), READY)
def test_a_promise_still_holds_when_it_is_booked_at_the_last_moment(basis: Basis, ready_s: int | None) -> None:
    ready_at = None if ready_s is None else basis.now + timedelta(seconds=ready_s)
    for promise in promises(basis, ready_at):
        no_checkout = replace(basis.settings, checkout_s=Seconds(0))
        later = replace(basis, now=promise.book_by, settings=no_checkout)
        assert reach(later, ready_at).kept_by <= promise.window.latest
        assert promise.book_by >= basis.now + timedelta(seconds=basis.settings.checkout_s)
