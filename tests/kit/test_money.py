"""Money: whole minor units, one currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.kit.money import CurrencyMismatch, Money, total


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(745, "EUR"), "7.45 EUR"),
        (Money(5, "EUR"), "0.05 EUR"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(745, "JPY"), "745 JPY"),
        (Money(1_234, "KWD"), "1.234 KWD"),
    ],
)
def test_money_is_written_with_the_decimals_of_its_currency(money: Money, text: str) -> None:
    assert str(money) == text


def test_money_refuses_a_float() -> None:
    with pytest.raises(TypeError):
        Money(7.45, "EUR")  # type: ignore[arg-type]


def test_two_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")


@pytest.mark.parametrize(
    ("minor", "rate", "expected"), [(100, 333, 33), (100, 335, 34), (1, 500, 1), (-1, 500, -1), (1, 499, 0)]
)
def test_a_share_is_rounded_half_away_from_zero(minor: int, rate: int, expected: int) -> None:
    assert Money(minor, "EUR").per_mille(rate) == Money(expected, "EUR")


@given(st.lists(st.integers(-(10**9), 10**9)))
def test_a_total_loses_no_minor_unit(amounts: list[int]) -> None:
    assert total([Money(amount, "EUR") for amount in amounts], "EUR").minor == sum(amounts)
