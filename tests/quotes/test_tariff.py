"""Prices: bands, rounding, peaks and bounds."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.coverage.model import ParcelSize, ServiceClass
from homeward.kit.units import Grams, Metres, Seconds
from homeward.quotes.tariff import Band, Beyond, Peak, Scale, TariffRules, Trip, price_lines
from tests.builders import swiss_rules

QUIET = datetime(2026, 3, 10, 9, tzinfo=UTC)


def a_trip(**changes: Any) -> Trip:
    """Two small kilograms over 1.5 km in a three-hour window on a quiet morning."""
    values: dict[str, Any] = {
        "distance_m": Metres(1_500),
        "weight_g": Grams(2_000),
        "size": ParcelSize.SMALL,
        "service_class": ServiceClass.SAME_DAY,
        "window_s": Seconds(10_800),
        "at": QUIET,
        "time_zone": "Europe/Zurich",
    }
    return Trip(**{**values, **changes})


def total(trip: Trip, rules: TariffRules) -> int:
    return sum(line.minor for line in price_lines(trip, rules))


@pytest.mark.parametrize(
    ("distance_m", "minor"),
    [(0, 490), (2_000, 490), (2_001, 590), (5_000, 590), (8_000, 740), (8_001, 800), (9_000, 800), (9_001, 860)],
)
def test_distance_bands_reach_up_to_and_including_their_end(distance_m: int, minor: int) -> None:
    assert total(a_trip(distance_m=distance_m), swiss_rules()) == minor


@pytest.mark.parametrize(
    ("partial", "excess_m", "minor"),
    [
        ("ceil", 1, 60),
        ("ceil", 1_000, 60),
        ("ceil", 1_001, 120),
        ("exact", 1, 0),
        ("exact", 500, 30),
        ("exact", 1_500, 90),
    ],
)
def test_a_begun_unit_counts_whole_or_in_part_as_the_tariff_says(partial: Any, excess_m: int, minor: int) -> None:
    scale = Scale((Band(1_000, 0),), Beyond(minor=60, unit=1_000, partial=partial))
    rules = TariffRules("CHF", scale, {}, Scale(()), {}, Scale(()))
    assert total(a_trip(distance_m=Metres(1_000 + excess_m)), rules) == minor


def test_a_price_names_each_part_that_costs_something() -> None:
    trip = a_trip(service_class=ServiceClass.EXPRESS, size=ParcelSize.LARGE, weight_g=Grams(8_000))
    assert [(line.code, line.minor) for line in price_lines(trip, swiss_rules())] == [
        ("base", 490),
        ("service", 200),
        ("size", 150),
        ("weight", 100),
    ]


def test_a_shorter_window_costs_more() -> None:
    rules = swiss_rules()
    assert total(a_trip(window_s=Seconds(7_200)), rules) == total(a_trip(), rules) + 50


@pytest.mark.parametrize(("local", "in_peak"), [((16, 59), False), ((17, 0), True), ((19, 59), True), ((20, 0), False)])
def test_peak_begins_at_its_first_minute_and_ends_before_its_last(local: tuple[int, int], in_peak: bool) -> None:
    at = datetime(2026, 3, 10, local[0] - 1, local[1], tzinfo=UTC)  # Zurich is an hour ahead in winter
    codes = [line.code for line in price_lines(a_trip(at=at), swiss_rules())]
    assert ("peak:evening" in codes) is in_peak


def test_a_night_peak_belongs_to_the_day_on_which_it_begins() -> None:
    night = Peak("night", "Night", (4,), time(22), time(2), minor=100)  # from Friday
    assert night.holds(datetime(2026, 3, 13, 23))
    assert night.holds(datetime(2026, 3, 14, 1, 59))
    assert not night.holds(datetime(2026, 3, 14, 23))
    assert not night.holds(datetime(2026, 3, 13, 1))


def test_peak_follows_the_wall_clock_in_the_night_clocks_go_forward() -> None:
    rules = replace(swiss_rules(), peak=(Peak("early", "Early", (6,), time(3), time(4), minor=100),))
    # On 29 March 2026, 01:00 UTC is 03:00 in Zurich: 02:00 never was.
    assert total(a_trip(at=datetime(2026, 3, 29, 1, tzinfo=UTC)), rules) == 590
    assert total(a_trip(at=datetime(2026, 3, 29, 0, 59, tzinfo=UTC)), rules) == 490


def test_the_first_peak_that_holds_is_the_only_one() -> None:
    both = (
        Peak("first", "First", (1,), time(9), time(12), minor=10),
        Peak("second", "Second", (1,), time(9), time(12), minor=1_000),
    )
    assert total(a_trip(), replace(swiss_rules(), peak=both)) == 500


def test_minimum_maximum_and_rounding_are_lines_of_their_own() -> None:
    rules = swiss_rules()
    cheap = price_lines(a_trip(), replace(rules, minimum_minor=700))
    assert [(line.code, line.minor) for line in cheap] == [("base", 490), ("minimum", 210)]
    dear = price_lines(a_trip(distance_m=Metres(500_000)), replace(rules, maximum_minor=2_000))
    assert (dear[-1].code, sum(line.minor for line in dear)) == ("maximum", 2_000)
    odd = price_lines(a_trip(), replace(rules, distance=Scale((Band(9_000, 493),))))
    assert [(line.code, line.minor) for line in odd] == [("base", 493), ("rounding", 2)]


def test_the_total_is_rounded_once_and_not_line_by_line() -> None:
    third = Scale((Band(0, 0),), Beyond(minor=1, unit=3, partial="exact"))
    rules = TariffRules("CHF", third, {}, Scale(()), {}, third)
    # A third and a third of a unit: each line alone would round to nothing, together they are one.
    assert total(a_trip(distance_m=Metres(1), weight_g=Grams(1)), rules) == 1


TRIPS = st.builds(
    Trip,
    distance_m=st.integers(0, 60_000).map(Metres),
    weight_g=st.integers(1, 60_000).map(Grams),
    size=st.sampled_from(list(ParcelSize)),
    service_class=st.sampled_from(list(ServiceClass)),
    window_s=st.sampled_from([Seconds(3_600), Seconds(7_200), Seconds(10_800)]),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    time_zone=st.sampled_from(["Europe/Zurich", "America/New_York", "Australia/Lord_Howe"]),
)


@st.composite
def any_rules(draw: st.DrawFn) -> TariffRules:
    """Tariffs as `check_rules` lets them through: amounts that never fall with distance, weight or size."""

    def rising() -> Scale:
        steps = draw(st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 400)), min_size=1, max_size=4))
        bands, reach, minor = [], 0, draw(st.integers(0, 500))
        for width, more in steps:
            reach, minor = reach + width, minor + more
            bands.append(Band(reach, minor))
        beyond = st.builds(Beyond, st.integers(0, 300), st.integers(1, 5_000), st.sampled_from(["ceil", "exact"]))
        return Scale(tuple(bands), draw(st.none() | beyond))

    sizes = sorted(draw(st.lists(st.integers(0, 900), min_size=4, max_size=4)))
    least = draw(st.integers(0, 800))
    return replace(
        swiss_rules(),
        distance=rising(),
        weight=rising(),
        size=dict(zip(ParcelSize, sizes, strict=True)),
        peak=(Peak("any", "Any", tuple(range(7)), time(8), time(8), per_mille=draw(st.integers(0, 3_000))),),
        minimum_minor=least,
        maximum_minor=draw(st.none() | st.integers(least, 20_000)),
        round_to_minor=draw(st.sampled_from([1, 5, 10, 50])),
    )


@given(TRIPS, any_rules())
def test_every_price_is_a_whole_multiple_within_its_bounds(trip: Trip, rules: TariffRules) -> None:
    price = total(trip, rules)
    assert price % rules.round_to_minor == 0
    assert price >= rules.minimum_minor - rules.round_to_minor
    if rules.maximum_minor is not None:
        assert price <= max(rules.maximum_minor, rules.minimum_minor) + rules.round_to_minor


@given(TRIPS, any_rules(), st.integers(0, 30_000), st.integers(0, 30_000))
def test_farther_or_heavier_never_costs_less(trip: Trip, rules: TariffRules, more_m: int, more_g: int) -> None:
    worse = replace(trip, distance_m=Metres(trip.distance_m + more_m), weight_g=Grams(trip.weight_g + more_g))
    assert total(worse, rules) >= total(trip, rules)


@given(TRIPS, any_rules())
def test_the_same_trip_always_costs_the_same(trip: Trip, rules: TariffRules) -> None:
    assert price_lines(trip, rules) == price_lines(replace(trip), replace(rules))
