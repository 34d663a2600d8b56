"""Money as integer minor units with a currency. There is no float anywhere near it."""

from dataclasses import dataclass
from typing import Final

# ISO 4217 exponents that differ from two; the rest have two decimals.
_EXPONENTS: Final = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "BHD": 3, "KWD": 3, "TND": 3, "OMR": 3, "JOD": 3}


class CurrencyMismatch(TypeError):
    """Two currencies were added or compared: a bug in the caller, never a user's mistake."""


@dataclass(frozen=True, slots=True)
class Money:
    """`Money(745, "EUR")` is 7.45 euro. `minor` may be negative (a refund, a discount)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"money counts whole minor units, got {self.minor!r}")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other).minor

    def times(self, count: int) -> "Money":
        """`count` of this amount."""
        return Money(self.minor * count, self.currency)

    def per_mille(self, rate: int) -> "Money":
        """`rate` thousandths of this amount, halves rounded away from zero."""
        product = abs(self.minor) * rate
        rounded = (product + 500) // 1000
        return Money(rounded if self.minor >= 0 else -rounded, self.currency)

    @property
    def exponent(self) -> int:
        """Decimal places of the currency (ISO 4217)."""
        return _EXPONENTS.get(self.currency, 2)

    def __str__(self) -> str:
        sign = "-" if self.minor < 0 else ""
        if self.exponent == 0:
            return f"{sign}{abs(self.minor)} {self.currency}"
        whole, part = divmod(abs(self.minor), 10**self.exponent)
        return f"{sign}{whole}.{part:0{self.exponent}d} {self.currency}"

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not mix")
        return other


def total(amounts: "list[Money]", currency: str) -> Money:
    """The sum, zero of `currency` for an empty list."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result
