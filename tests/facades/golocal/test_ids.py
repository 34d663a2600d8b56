"""Delivery ids as UUIDs, there and back."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from homeward.facades.golocal.ids import from_uuid, to_uuid
from homeward.kit.ids import new_id
from tests.builders import TUESDAY_NOON


@given(st.integers(min_value=0, max_value=2**128 - 1))
def test_every_uuid_names_one_delivery_id_and_comes_back(number: int) -> None:
    uuid = str(UUID(int=number))
    delivery_id = from_uuid(uuid)
    assert delivery_id is not None
    assert to_uuid(delivery_id) == uuid


def test_a_fresh_id_survives_the_way_there_and_back() -> None:
    delivery_id = new_id("dlv", TUESDAY_NOON)
    uuid = to_uuid(delivery_id)
    assert len(uuid) == 36
    assert from_uuid(uuid.upper()) == delivery_id


def test_what_is_no_uuid_names_no_delivery() -> None:
    assert [from_uuid(text) for text in ("", "dlv_01", "12345", "g" * 36)] == [None] * 4
