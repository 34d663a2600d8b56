"""The same seed gives the same day, whoever asks for it and in whatever order."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from random import Random

import pytest

from homeward.kit.places import LatLon
from homeward.simulator.day import (
    HOURLY_SHARE,
    Order,
    couriers_of,
    fate_of,
    mistyped,
    on_shift,
    orders_from,
    orders_of_hour,
    vanishes,
    wants,
)
from tests.simulator.doors_and_homes import HOMES, SHOPS, TUESDAY, a_demand

HOURS = [TUESDAY + timedelta(hours=hour) for hour in range(24)]


def a_day(seed: int = 1, per_day: float = 330.0) -> list[Order]:
    return [order for hour in HOURS for order in orders_of_hour(a_demand(seed, per_day), hour)]


def test_the_same_seed_gives_the_same_day_whichever_hour_is_asked_first() -> None:
    forwards = {hour: orders_of_hour(a_demand(), hour) for hour in HOURS}
    backwards = {hour: orders_of_hour(a_demand(), hour) for hour in reversed(HOURS)}
    assert forwards == backwards


def test_another_seed_gives_another_day() -> None:
    assert {order.shopper for order in a_day(1)} != {order.shopper for order in a_day(2)}


def test_a_town_woken_in_the_middle_of_an_hour_has_the_orders_that_were_still_to_come() -> None:
    noon = TUESDAY.replace(hour=16)
    all_of_it = orders_of_hour(a_demand(), noon)
    woken_at = all_of_it[len(all_of_it) // 2].at
    rest = list(islice(orders_from(a_demand(), woken_at), len(all_of_it) - len(all_of_it) // 2))
    assert rest == all_of_it[len(all_of_it) // 2 :]


def test_orders_come_in_order_of_time_within_their_hour_and_have_names_of_their_own() -> None:
    orders = a_day()
    assert all(earlier.at <= later.at for earlier, later in pairwise(orders))
    assert len({order.external_id for order in orders}) == len(orders)
    noon = TUESDAY.replace(hour=16)
    assert all(noon <= order.at < noon + timedelta(hours=1) for order in orders_of_hour(a_demand(), noon))


def test_an_hour_begins_on_the_hour() -> None:
    with pytest.raises(AssertionError):
        orders_of_hour(a_demand(), TUESDAY + timedelta(minutes=5))


def test_the_shares_of_the_hours_make_one_day() -> None:
    assert len(HOURLY_SHARE) == 24
    assert sum(HOURLY_SHARE) == pytest.approx(1.0, abs=0.01)


def test_a_week_brings_about_as_many_orders_as_were_wanted() -> None:
    count = sum(len(a_day(seed, per_day=200)) for seed in range(7)) / 7
    assert count == pytest.approx(200, rel=0.1)


def test_demand_follows_the_clock_on_the_wall_of_the_town() -> None:
    """Supper at 18:00 in New York is 22:00 UTC before the clocks change, so summer time moves it by an hour."""
    winter, summer = datetime(2026, 1, 13, 23, tzinfo=UTC), datetime(2026, 7, 14, 22, tzinfo=UTC)
    for supper in (winter, summer):
        busy = sum(len(orders_of_hour(a_demand(seed), supper)) for seed in range(30))
        night = sum(len(orders_of_hour(a_demand(seed), supper + timedelta(hours=9))) for seed in range(30))
        assert busy > 20 * max(1, night)


def test_shoppers_order_from_shops_that_are_near_rather_than_far() -> None:
    near, far = HOMES[0], replace(HOMES[1], place=LatLon(44.09, -73.0))
    demand = replace(a_demand(), shops=SHOPS[:1], homes=(near, far))
    orders = [order for hour in HOURS for order in orders_of_hour(demand, hour)]
    assert sum(order.home == near for order in orders) > 0.8 * len(orders)
    assert any(order.home == far for order in orders)


def test_every_wish_is_one_that_a_courier_can_carry() -> None:
    for order in a_day():
        assert 1 <= order.weight_g <= 18_000
        assert order.size in {"small", "medium", "large"}
        assert order.service_class in {"express", "same_day", "scheduled"}
        assert order.proof["photo"]
        assert order.fate.door_s > 0


def test_fate_hangs_on_the_number_of_the_order_alone() -> None:
    orders = a_day()
    assert [fate_of(1, order.external_id) for order in orders] == [order.fate for order in orders]
    assert fate_of(1, "T1-1") != fate_of(2, "T1-1")


def test_fate_is_seldom_unkind() -> None:
    fates = [fate_of(1, f"T{number}") for number in range(4_000)]
    assert sum(fate.nobody_home for fate in fates) / 4_000 == pytest.approx(0.02, abs=0.01)
    assert sum(fate.late_preparation_s > 0 for fate in fates) / 4_000 == pytest.approx(0.15, abs=0.03)
    assert sum(fate.cancels_after_s is not None for fate in fates) / 4_000 == pytest.approx(0.015, abs=0.01)


def test_addresses_are_typed_flawlessly_by_most_and_clumsily_by_some() -> None:
    typed = Counter(mistyped(Random(number), HOMES[60]) == HOMES[60].line for number in range(500))
    assert 0.5 < typed[True] / 500 < 0.8
    assert all(mistyped(Random(number), HOMES[60]).strip() for number in range(100))


def test_couriers_are_the_same_people_for_the_same_seed_and_somebody_is_always_on_duty_by_day() -> None:
    people = couriers_of(1, 18, HOMES)
    assert people == couriers_of(1, 18, HOMES)
    assert len({person.phone for person in people}) == 18
    for hour in range(8, 20):
        moment = datetime(2026, 3, 10, hour, 30, tzinfo=UTC) + timedelta(hours=4)
        assert any(on_shift(person, moment, "America/New_York") for person in people), hour


def test_a_shift_ends_when_its_hours_are_over_also_past_midnight() -> None:
    person = couriers_of(1, 18, HOMES)[-1]
    began = datetime.combine(TUESDAY.date(), person.shift_starts, UTC)
    ends = began + timedelta(hours=person.shift_h)
    assert on_shift(person, began, "UTC") == ends
    assert on_shift(person, ends - timedelta(seconds=1), "UTC") == ends
    assert on_shift(person, ends, "UTC") is None
    assert on_shift(person, began - timedelta(seconds=1), "UTC") is None


def test_the_same_question_gets_the_same_answer() -> None:
    assert wants(1, "+1", ["d1"], 0.0)
    assert not wants(1, "+1", ["d1"], 1.0)
    answers = [wants(1, "+1", [f"d{number}"], 0.25) for number in range(1_000)]
    assert answers == [wants(1, "+1", [f"d{number}"], 0.25) for number in range(1_000)]
    assert answers.count(False) / 1_000 == pytest.approx(0.25, abs=0.05)
    assert sum(vanishes(1, "+1", f"o{number}") for number in range(4_000)) < 60
