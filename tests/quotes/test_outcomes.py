"""What became of a promise: kept, broken, or never put to the test."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from homeward.coverage.model import ServiceClass
from homeward.kit.money import Money
from homeward.kit.units import Seconds
from homeward.kit.windows import Window
from homeward.quotes.model import Confidence, Price, QuoteOption, ReasonTerm
from homeward.quotes.outcomes import Booked, Happened, Outcome, likely_between, outcome_of
from tests.builders import TUESDAY_NOON

MINUTE = timedelta(minutes=1)

# Expected after 34 minutes, with 7 kept in hand 41, told as an hour.
EXPRESS = QuoteOption(
    id="opt_1",
    service_class=ServiceClass.EXPRESS,
    window=Window(TUESDAY_NOON + 30 * MINUTE, TUESDAY_NOON + 60 * MINUTE),
    ready_at=TUESDAY_NOON + 20 * MINUTE,
    search_from=TUESDAY_NOON,
    book_by=TUESDAY_NOON + 24 * MINUTE,
    price=Price(Money(745, "CHF"), ()),
    reasoning=tuple(
        ReasonTerm(name, Seconds(minutes * 60))
        for name, minutes in (
            ("checkout", 5), ("preparation", 15), ("pickup", 3), ("drive", 8), ("door", 3), ("calibration", 7),
            ("slack", 19),
        )
    ),
    confidence=Confidence(0.97, 240, "learned"),
)  # fmt: skip


def a_booking(option: QuoteOption = EXPRESS, *, after_min: int = 2) -> Booked:
    return Booked(
        delivery_id="dlv_1",
        market_id="mkt_1",
        option=option,
        quoted_at=TUESDAY_NOON,
        booked_at=TUESDAY_NOON + after_min * MINUTE,
        checkout_s=Seconds(300),
        pickup_s=Seconds(180),
        share_pct=90,
    )


def a_story(**minutes: float) -> list[Happened]:
    """Events by their names without `delivery.`, so many minutes after the quote; couriers do what couriers do."""
    return [
        Happened(f"delivery.{name}", TUESDAY_NOON + after * MINUTE, "courier:cou_1") for name, after in minutes.items()
    ]


def ended_by(story: Sequence[Happened], actor: str) -> list[Happened]:
    return [*story[:-1], replace(story[-1], actor=actor)]


def outcome(story: Sequence[Happened], booked: Booked | None = None) -> Outcome:
    found = outcome_of(booked or a_booking(), story, "Europe/Zurich")
    assert found is not None
    return found


def test_a_delivery_is_measured_against_the_moment_it_was_expected_at() -> None:
    found = outcome(a_story(booked=2, at_pickup=18, picked_up=22, delivered=39))
    assert found.expected_at == TUESDAY_NOON + 34 * MINUTE
    assert found.kept_by == TUESDAY_NOON + 41 * MINUTE
    assert found.promised_by == TUESDAY_NOON + 60 * MINUTE
    assert found.realised_at == TUESDAY_NOON + 39 * MINUTE
    assert (found.hour, found.drive_s, found.stated, found.basis) == (13, 480, 0.97, "learned")
    assert found.urgent
    assert found.learns


def test_the_fixed_buffer_of_a_quote_from_before_counts_as_what_was_kept_in_hand() -> None:
    terms = tuple(replace(term, term="buffer") if term.term == "calibration" else term for term in EXPRESS.reasoning)
    before = replace(EXPRESS, reasoning=terms)
    assert outcome(a_story(delivered=39), a_booking(before)).expected_at == TUESDAY_NOON + 34 * MINUTE


def test_a_door_that_nobody_opened_was_reached_when_the_courier_rang() -> None:
    found = outcome(a_story(picked_up=22, at_dropoff=35, returning=45, at_return=60, returned=70))
    assert found.realised_at == TUESDAY_NOON + 35 * MINUTE
    assert found.ended_at == TUESDAY_NOON + 70 * MINUTE


@pytest.mark.parametrize("ending", ["failed", "returned", "cancelled"])
def test_what_a_courier_never_brought_to_the_door_is_a_broken_promise(ending: str) -> None:
    assert outcome(a_story(picked_up=22, **{ending: 30})).realised_at is None


@pytest.mark.parametrize("who", ["merchant:key_1", "operator:opr_1"])
@pytest.mark.parametrize(("after_min", "counts"), [(10, False), (41, False), (42, True)])
def test_what_was_called_off_counts_only_if_it_was_late_by_then(who: str, after_min: int, counts: bool) -> None:
    story = ended_by(a_story(booked=2, cancelled=after_min), who)
    found = outcome_of(a_booking(), story, "Europe/Zurich")
    assert (found is not None) is counts
    assert found is None or found.realised_at is None


def test_a_parcel_called_back_on_its_way_was_called_off_when_it_turned_round() -> None:
    turned = replace(a_story(returning=30)[0], actor="merchant:key_1")
    assert outcome_of(a_booking(), [turned, *a_story(returned=55)], "Europe/Zurich") is None


# The courier comes after 18 minutes, the parcel should be ready after 20; three minutes at the counter are usual.
@pytest.mark.parametrize(("left_min", "late_s"), [(21, 0), (23, 0), (24, 60), (35, 720)])
def test_the_time_a_courier_waits_for_a_late_store_is_told_apart(left_min: int, late_s: int) -> None:
    assert outcome(a_story(at_pickup=18, picked_up=left_min, delivered=50)).store_late_s == late_s


def test_a_store_is_not_late_for_a_courier_who_came_late() -> None:
    assert outcome(a_story(at_pickup=40, picked_up=43, delivered=55)).store_late_s == 0


def test_whoever_books_later_than_was_counted_on_teaches_nothing() -> None:
    assert outcome(a_story(delivered=39), a_booking(after_min=5)).learns
    assert not outcome(a_story(delivered=39), a_booking(after_min=6)).learns


def test_a_window_with_time_to_spare_is_expected_when_it_opens() -> None:
    window = Window(TUESDAY_NOON + 240 * MINUTE, TUESDAY_NOON + 360 * MINUTE)
    terms = (*EXPRESS.reasoning[:-1], ReasonTerm("slack", Seconds(319 * 60)))
    later = replace(EXPRESS, service_class=ServiceClass.SAME_DAY, window=window, reasoning=terms)
    found = outcome(a_story(delivered=300), a_booking(later))
    assert not found.urgent
    assert found.expected_at == window.earliest
    assert found.hour == 17


# Table 1 of Newcombe (1998), Statistics in Medicine 17, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_likely_share_agrees_with_the_published_figures(part: int, whole: int, low: float, high: float) -> None:
    assert likely_between(part, whole) == pytest.approx((low, high), abs=0.0001)


def test_of_nothing_seen_any_share_is_likely() -> None:
    assert likely_between(0, 0) == (0.0, 1.0)
