import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from homeward.kit.places import LatLon
from homeward.routing.travel_cache import UNKNOWN, TravelCache, blocks_to_fetch, place_key


def place(number: int) -> LatLon:
    return LatLon(50 + number / 1_000, 10)


def test_places_within_a_metre_are_one() -> None:
    assert place_key(LatLon(50.000001, 10.000002)) == place_key(LatLon(50.000004, 9.999998))
    assert place_key(LatLon(50.00001, 10)) != place_key(LatLon(50.00002, 10))


def test_east_and_north_are_not_mixed_up() -> None:
    keys = {place_key(LatLon(lat, lon)) for lat in (-1.0, 0.0, 1.0) for lon in (-1.0, 0.0, 1.0)}
    assert len(keys) == 9


def test_a_place_is_no_way_from_itself() -> None:
    cache = TravelCache()
    slots = cache.slots([place(1)])
    assert slots is not None
    assert cache.durations_s[slots[0], slots[0]] == 0


def test_the_least_recently_used_place_makes_room_and_takes_its_times_along() -> None:
    cache = TravelCache(limit=3)
    first = cache.slots([place(1), place(2), place(3)])
    assert first is not None
    cache.durations_s[np.ix_(first, first)] = 60
    cache.slots([place(1), place(3)])
    again = cache.slots([place(4), place(1), place(3)])
    assert again is not None
    new, one, three = again
    assert cache.durations_s[one, three] == 60
    assert cache.durations_s[one, new] == UNKNOWN
    assert len(cache) == 3


def test_a_request_larger_than_the_cache_is_not_cached() -> None:
    assert TravelCache(limit=2).slots([place(1), place(2), place(3)]) is None
    assert TravelCache(limit=2).slots([place(1), place(2), place(1)]) is not None


def test_memory_grows_with_the_places_and_keeps_what_it_knew() -> None:
    cache = TravelCache(limit=500)
    early = cache.slots([place(1), place(2)])
    assert early is not None
    cache.distances_m[early[0], early[1]] = 777
    cache.slots([place(n) for n in range(3, 300)])
    known = cache.slots([place(1), place(2)])
    assert known is not None
    assert cache.distances_m[known[0], known[1]] == 777


@given(st.integers(1, 8), st.integers(1, 8), st.data())
def test_what_is_fetched_covers_every_unknown_pair_in_at_most_two_requests(
    rows: int, columns: int, data: st.DataObject
) -> None:
    cells = data.draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns))
    unknown = np.array(cells).reshape(rows, columns)
    blocks = blocks_to_fetch(unknown)
    assert len(blocks) <= 2
    fetched = np.zeros_like(unknown)
    for block_rows, block_columns in blocks:
        fetched[np.ix_(block_rows, block_columns)] = True
    assert fetched[unknown].all()
