"""What must go together: property types and preferences, add-ons, sizes, windows."""

from datetime import timedelta
from typing import Any

import pytest

from homeward.coverage.model import ParcelSize
from homeward.facades.golocal.checks import parcel_of, size_of, wrong_spot, wrong_together, wrong_window
from homeward.facades.golocal.names import NAMES
from tests.builders import TUESDAY_NOON

MATRIX = {
    "FRONT_DOOR": ("HOUSE", "APARTMENT", "BUSINESS", "OTHER"),
    "BACK_DOOR": ("HOUSE", "OTHER"),
    "SIDE_PORCH": ("HOUSE", "OTHER"),
    "BUILDING_RECEPTION": ("APARTMENT", "BUSINESS", "OTHER"),
    "MAILROOM_OR_PROPERTY_STAFF": ("APARTMENT", "BUSINESS", "OTHER"),
    "GARAGE_DOOR": ("HOUSE", "OTHER"),
    "NO_PREFERENCE": ("HOUSE", "APARTMENT", "BUSINESS", "OTHER"),
}


@pytest.mark.parametrize("property_type", ["HOUSE", "APARTMENT", "BUSINESS", "OTHER", None])
@pytest.mark.parametrize("preference", MATRIX)
def test_a_preference_fits_a_property_as_their_table_says(preference: str, property_type: str | None) -> None:
    said = {"location_preference": NAMES.fields["location_preference"].values[preference]}
    if property_type:
        said["property_type"] = NAMES.fields["property_type"].values[property_type]
    assert (wrong_spot(said) == []) is (property_type in MATRIX[preference])


def test_a_property_type_without_a_preference_is_fine() -> None:
    assert wrong_spot({"property_type": "house"}) == []


def test_signature_and_passcode_exclude_each_other() -> None:
    assert [wrong.code for wrong in wrong_together({"signature": True, "passcode": True})] == ["signature_and_passcode"]


@pytest.mark.parametrize(
    "flags",
    [
        ("proof_of_delivery", "signature", "attended"),
        ("attended", "passcode"),
        ("proof_of_delivery", "photo"),
        ("signature", "attended", "proof_of_delivery", "photo"),
        ("attended", "passcode", "proof_of_delivery", "photo"),
    ],
)
def test_the_other_combinations_are_allowed(flags: tuple[str, ...]) -> None:
    assert wrong_together(dict.fromkeys(flags, True)) == []


def test_a_chain_of_custody_needs_labels() -> None:
    assert [wrong.code for wrong in wrong_together({"chain_of_custody": True})] == ["scan_ids_missing"]
    assert wrong_together({"chain_of_custody": True, "scan_ids": ("A1",)}) == []


@pytest.mark.parametrize(
    ("volume", "weight", "size"),
    [
        (4, 50, "S"),
        (4.01, 50, "M"),
        (4, 50.1, "M"),
        (6, 150, "M"),
        (8, 300, "L"),
        (8, 301, "XL"),
        (32, 350, "XL"),
        (32.1, 350, "OVERSIZED"),
        (5000, 50_000, "OVERSIZED"),
        (5001, 1, None),
    ],
)
def test_an_order_belongs_to_the_smallest_size_that_holds_it(volume: float, weight: float, size: str | None) -> None:
    said = {"order_size": "S", "order_volume_cuft": volume, "order_weight_lb": weight}
    assert size_of(said) == size


def test_the_sizes_are_those_of_their_page() -> None:
    limits = {name: (size.volume_cuft, size.weight_lb, size.side_in, size.items) for name, size in NAMES.sizes.items()}
    assert limits == {
        "S": (4, 50, 60, 25),
        "M": (6, 150, 60, 50),
        "L": (8, 300, 60, 75),
        "XL": (32, 350, 60, None),
        "OVERSIZED": (5000, 50_000, 624, None),
    }


@pytest.mark.parametrize(
    ("said", "room"),
    [
        ({"order_size": "S"}, ParcelSize.LARGE),
        ({"order_size": "M"}, ParcelSize.EXTRA_LARGE),
        ({"order_size": "S", "order_volume_cuft": 0.2}, ParcelSize.SMALL),
        ({"order_size": "S", "order_volume_cuft": 1}, ParcelSize.MEDIUM),
        ({"order_size": "XL", "order_volume_cuft": 10}, ParcelSize.EXTRA_LARGE),
        ({"order_size": "XL"}, None),
        ({"order_size": "OVERSIZED"}, None),
    ],
)
def test_an_order_takes_the_room_it_says_or_that_of_its_size(said: dict[str, Any], room: ParcelSize | None) -> None:
    parcel = parcel_of(said)
    assert (parcel.size if parcel else None) is room


def test_pounds_become_grams() -> None:
    parcel = parcel_of({"order_size": "S", "order_weight_lb": 10})
    assert parcel
    assert parcel.weight_g == 4536


def test_a_window_ends_after_it_begins() -> None:
    assert wrong_window({"window_from": TUESDAY_NOON, "window_to": TUESDAY_NOON})
    assert wrong_window({"window_from": TUESDAY_NOON, "window_to": TUESDAY_NOON + timedelta(hours=2)}) == []
