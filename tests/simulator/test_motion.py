"""Whoever moves along a road stays on it, gets nearer, and arrives."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.kit.places import LatLon, great_circle_m
from homeward.simulator.motion import length_m, noisy, walked, way_to

places = st.builds(LatLon, st.floats(43.98, 44.02), st.floats(-73.02, -72.98))
ways = st.lists(places, min_size=1, max_size=8)


@given(ways, places)
def test_the_way_to_a_stop_ends_at_the_stop_and_goes_no_further_than_the_point_nearest_to_it(
    geometry: list[LatLon], stop: LatLon
) -> None:
    way = way_to(geometry, stop)
    assert way[-1] == stop
    assert way[:-1] == geometry[: len(way) - 1]
    assert great_circle_m(way[-2], stop) == min(great_circle_m(place, stop) for place in geometry)


def test_without_a_line_the_way_is_the_stop_itself() -> None:
    assert way_to([], LatLon(44, -73)) == [LatLon(44, -73)]


@given(ways, st.floats(0, 30_000))
def test_what_is_left_is_what_was_there_less_what_was_walked(way: list[LatLon], metres: float) -> None:
    left = walked(way, metres)
    assert left[-1] == way[-1]
    assert length_m(left) == pytest.approx(max(0.0, length_m(way) - metres), abs=1.0)


@given(ways, st.floats(0, 5_000), st.floats(0, 5_000))
def test_two_steps_lead_where_one_long_step_leads(way: list[LatLon], first: float, second: float) -> None:
    at_once, in_two = walked(way, first + second)[0], walked(walked(way, first), second)[0]
    assert great_circle_m(at_once, in_two) < 2.0


@given(ways, st.floats(-100, 0))
def test_nobody_walks_backwards(way: list[LatLon], metres: float) -> None:
    assert length_m(walked(way, max(0.0, metres))) == pytest.approx(length_m(way))


def test_the_end_of_the_way_is_kept_however_far_one_walks() -> None:
    way = [LatLon(44, -73), LatLon(44.01, -73)]
    assert walked(way, 10_000_000) == [LatLon(44.01, -73)]


def test_a_telephone_is_wrong_by_some_metres_and_not_by_some_streets() -> None:
    here = LatLon(44, -73)
    misses = [great_circle_m(here, noisy(here, Random(number))) for number in range(500)]
    assert 4 < sum(misses) / 500 < 12
    assert max(misses) < 40
