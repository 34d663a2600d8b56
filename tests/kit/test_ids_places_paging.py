"""Ids that order and cannot be guessed, places, cursors."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.kit.ids import new_id, new_secret
from homeward.kit.paging import decode_cursor, encode_cursor
from homeward.kit.places import LatLon, great_circle_m
from homeward.kit.problems import MalformedRequest

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_ids_name_their_kind_and_order_by_time() -> None:
    earlier, later = new_id("dlv", NOON), new_id("dlv", NOON + timedelta(milliseconds=1))
    assert earlier.startswith("dlv_")
    assert earlier < later


def test_ten_thousand_ids_of_one_moment_differ() -> None:
    assert len({new_id("dlv", NOON) for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize(("bits", "length"), [(80, 16), (128, 26), (256, 52)])
def test_a_secret_has_the_length_its_bits_need(bits: int, length: int) -> None:
    assert len(new_secret(bits)) == length


def test_swapped_coordinates_are_noticed_where_they_can_be() -> None:
    with pytest.raises(ValueError, match="latitude comes first"):
        LatLon(-122.4, 37.8)


def test_one_degree_of_latitude_is_about_111_kilometres() -> None:
    assert great_circle_m(LatLon(47, 9), LatLon(48, 9)) == pytest.approx(111_195, rel=1e-3)


@given(
    st.lists(st.text(alphabet=st.characters(codec="ascii", exclude_characters="|"), min_size=1), min_size=2, max_size=2)
)
def test_a_cursor_gives_back_what_went_in(parts: list[str]) -> None:
    assert decode_cursor(encode_cursor(*parts), 2) == parts


@given(st.text(max_size=60))
def test_a_made_up_cursor_is_refused_and_never_crashes(text: str) -> None:
    # Seven parts: more than any text of this length could hold by chance.
    with pytest.raises(MalformedRequest) as refused:
        decode_cursor(text, 7)
    assert refused.value.errors[0].pointer == "/cursor"
