"""What stores are likely to send, from what was booked."""

from datetime import timedelta

from homeward.deliveries.model import BookedAt
from homeward.dispatch import demand
from homeward.dispatch.model import StoreDemand
from homeward.kit.places import LatLon
from tests.dispatch.test_policy import NOON
from tests.dispatch.world import MARKET, Town

BAKERY, FLORIST = LatLon(47, 9), LatLon(47.01, 9)


def booked(**days: int) -> list[list[BookedAt]]:
    """`d0` is the last hour, `d7` this hour a week ago."""
    counts = {int(day[1:]): count for day, count in days.items()}
    return [[BookedAt("bakery", BAKERY, counts[day])] if day in counts else [] for day in range(demand.DAYS + 1)]


def per_h(found: tuple[StoreDemand, ...]) -> dict[str, float]:
    return {store.store_id: store.per_h for store in found}


def test_the_hours_looked_at_are_the_last_one_and_the_coming_one_of_each_day_of_two_weeks() -> None:
    windows = demand.windows(NOON)
    assert (windows[0].earliest, windows[0].latest) == (NOON - timedelta(hours=1), NOON)
    assert (windows[7].earliest, windows[7].latest) == (NOON - timedelta(days=7), NOON - timedelta(days=7, hours=-1))
    assert len(windows) == 15


def test_the_same_weekday_and_the_hour_just_past_tell_most() -> None:
    # Weights: 3 for the last hour, 1 for each of six days, 3 for this day a week ago.
    assert per_h(demand.expected(booked(d7=4))) == {"bakery": 1.0}  # 3 x 4 / 12
    assert per_h(demand.expected(booked(d0=4, d7=0))) == {"bakery": 1.0}
    assert per_h(demand.expected(booked(d1=4))) == {"bakery": 1.0}  # the market is a day old: 1 x 4 / (3 + 1)


def test_a_market_that_opened_today_is_judged_by_today() -> None:
    assert per_h(demand.expected(booked(d0=5))) == {"bakery": 5.0}
    assert demand.expected(booked()) == ()


def test_the_busiest_store_comes_first_and_a_store_that_moved_is_where_it_is_now() -> None:
    windows = booked(d1=4)
    windows[0] = [BookedAt("bakery", FLORIST, 1), BookedAt("florist", FLORIST, 9)]
    found = demand.expected(windows)
    assert [store.store_id for store in found] == ["florist", "bakery"]
    assert found[1].place == FLORIST


async def test_the_planner_sees_what_was_booked_lately_and_what_this_hour_was_like_yesterday(town: Town) -> None:
    now = town.clock.now()
    for ago in (timedelta(minutes=10), timedelta(minutes=70), timedelta(hours=23, minutes=30)):
        town.clock.advance(-ago.total_seconds())
        await town.booked()
        town.clock.advance(ago.total_seconds())
    async with town.db.operator() as tx:
        booked = await town.world.service.booked_at_stores(tx, MARKET, demand.windows(now))
    assert [(day, stores[0].store_id, stores[0].count) for day, stores in enumerate(booked) if stores] == [
        (0, "sto_a", 1),
        (1, "sto_a", 1),
    ]
