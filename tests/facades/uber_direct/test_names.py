"""Whose parcel it is, told in a way that gives nobody away."""

import pytest

from homeward.facades.uber_direct.telling import shortened


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Sam Shopper", "Sam S."),
        ("Sam", "Sam"),
        ("Ana Maria de la Cruz", "Ana C."),
        ("  Sam   Shopper ", "Sam S."),
        ("\x1c", "\x1c"),
    ],
)
def test_a_name_is_a_first_name_and_an_initial(name: str, told: str) -> None:
    assert shortened(name) == told
