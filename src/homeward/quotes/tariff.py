"""A tariff: price rules as data, and the price they make. Integers and exact fractions only; rounded once, at the end.

Pure. The price is a function of the trip and the rules and of nothing else: no tip, no merchant, no clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from fractions import Fraction
from typing import Final, Literal
from zoneinfo import ZoneInfo

from homeward.coverage.model import ParcelSize, ServiceClass
from homeward.kit.units import Grams, Metres, Seconds

Partial = Literal["ceil", "exact"]


@dataclass(frozen=True, slots=True)
class Band:
    """Up to and including `up_to` (metres, grams or seconds) this part costs `minor`."""

    up_to: int
    minor: int


@dataclass(frozen=True, slots=True)
class Beyond:
    """Above the last band: its amount plus `minor` for each `unit`; a begun unit counts whole ('ceil') or in part."""

    minor: int
    unit: int
    partial: Partial = "ceil"


@dataclass(frozen=True, slots=True)
class Scale:
    """Bands in ascending order; without `beyond` the last band's amount holds for all above."""

    bands: tuple[Band, ...]
    beyond: Beyond | None = None

    def amount(self, value: int) -> Fraction:
        """The exact amount for `value` >= 0."""
        for band in self.bands:
            if value <= band.up_to:
                return Fraction(band.minor)
        last = self.bands[-1] if self.bands else Band(0, 0)
        if self.beyond is None:
            return Fraction(last.minor)
        excess = value - last.up_to
        units = Fraction(excess, self.beyond.unit)
        if self.beyond.partial == "ceil":
            units = Fraction(-(-excess // self.beyond.unit))
        return last.minor + self.beyond.minor * units


@dataclass(frozen=True, slots=True)
class Peak:
    """Dearer hours in the market's local time; `until` at or before `since` passes midnight. 0 is Monday."""

    code: str
    label: str
    weekdays: tuple[int, ...]
    since: time
    until: time
    per_mille: int = 0
    minor: int = 0

    def holds(self, local: datetime) -> bool:
        """Whether the local moment lies in [since, until); a night that passes midnight belongs to its first day."""
        clock = local.time()
        if self.until > self.since:
            return local.weekday() in self.weekdays and self.since <= clock < self.until
        yesterday = (local.weekday() - 1) % 7
        return (local.weekday() in self.weekdays and clock >= self.since) or (
            yesterday in self.weekdays and clock < self.until
        )


@dataclass(frozen=True, slots=True)
class FeeRules:
    """What may be charged after booking, in thousandths of the quoted price."""

    cancel_before_assignment: int = 0
    cancel_before_pickup: int = 500
    cancel_at_pickup: int = 1_000
    return_to_store: int = 600


@dataclass(frozen=True, slots=True)
class TariffRules:
    """All prices of a market from one moment on."""

    currency: str
    distance: Scale
    service: Mapping[ServiceClass, int]
    window: Scale  # by the length of the promised window; express counts as 0 seconds
    size: Mapping[ParcelSize, int]
    weight: Scale
    peak: tuple[Peak, ...] = ()
    minimum_minor: int = 0
    maximum_minor: int | None = None
    round_to_minor: int = 1
    fees: FeeRules = field(default_factory=FeeRules)


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version; never edited, only followed by the next."""

    id: str
    market_id: str
    version: int
    effective_from: datetime
    rules: TariffRules


@dataclass(frozen=True, slots=True)
class PriceComponent:
    """One line of a price."""

    code: str
    label: str
    minor: int


@dataclass(frozen=True, slots=True)
class Trip:
    """What a price depends on. `at` decides about peaks: the beginning of the promised window."""

    distance_m: Metres
    weight_g: Grams
    size: ParcelSize
    service_class: ServiceClass
    window_s: Seconds
    at: datetime
    time_zone: str


def price_lines(trip: Trip, rules: TariffRules) -> tuple[PriceComponent, ...]:
    """Every component of the price; their sum is the total.

    Amounts stay exact until the total, which is lifted to the minimum, held to the maximum and rounded once to a
    multiple of `round_to_minor`, halves up. Lines show whole minor units by rounding the running sum, so that no unit
    appears or vanishes; what minimum, maximum and rounding add or take are lines of their own.
    """
    lines: list[PriceComponent] = []
    exact, shown = Fraction(0), 0
    for code, label, amount in _amounts(trip, rules):
        exact += amount
        minor = _half_up(exact) - shown
        shown += minor
        lines.append(PriceComponent(code, label, minor))
    bounded = max(exact, Fraction(rules.minimum_minor))
    if bounded != exact:
        lines.append(PriceComponent("minimum", "Minimum price", _half_up(bounded) - shown))
    elif rules.maximum_minor is not None and exact > rules.maximum_minor:
        bounded = Fraction(rules.maximum_minor)
        lines.append(PriceComponent("maximum", "Maximum price", _half_up(bounded) - shown))
    total = _half_up(bounded / rules.round_to_minor) * rules.round_to_minor
    rounding = total - sum(line.minor for line in lines)
    if rounding:
        lines.append(PriceComponent("rounding", "Rounding", rounding))
    # A line of nothing explains nothing; the base stays, so that a price is never without a line.
    return tuple(line for line in lines if line.minor or line.code == "base")


def _amounts(trip: Trip, rules: TariffRules) -> Iterator[tuple[str, str, Fraction]]:
    parts = [
        ("base", f"Base for {_kilometres(trip.distance_m)} km", rules.distance.amount(trip.distance_m)),
        ("service", _SERVICE_LABELS[trip.service_class], Fraction(rules.service.get(trip.service_class, 0))),
        ("window", f"Window of {trip.window_s // 3600} h", rules.window.amount(trip.window_s)),
        ("size", f"Size {trip.size.replace('_', ' ')}", Fraction(rules.size.get(trip.size, 0))),
        ("weight", f"Weight {_kilograms(trip.weight_g)} kg", rules.weight.amount(trip.weight_g)),
    ]
    if trip.service_class is ServiceClass.EXPRESS:
        # Express has no window to choose: its length is part of the class.
        parts = [part for part in parts if part[0] != "window"]
    yield from parts
    peak = peak_at(trip.at, trip.time_zone, rules.peak)
    if peak is not None:
        subtotal = sum((amount for _, _, amount in parts), Fraction(0))
        yield f"peak:{peak.code}", peak.label, subtotal * Fraction(peak.per_mille, 1000) + peak.minor


def peak_at(moment: datetime, time_zone: str, peaks: Sequence[Peak]) -> Peak | None:
    """The one peak that counts at a moment: the first that holds, as the operator has ordered them."""
    local = moment.astimezone(ZoneInfo(time_zone))
    return next((peak for peak in peaks if peak.holds(local)), None)


_SERVICE_LABELS: Final = {
    ServiceClass.EXPRESS: "Express, about an hour",
    ServiceClass.SAME_DAY: "Same day",
    ServiceClass.SCHEDULED: "Scheduled day",
}


def _half_up(amount: Fraction) -> int:
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def _kilometres(metres: int) -> str:
    return f"{metres // 1000}.{metres % 1000 // 100}"


def _kilograms(grams: int) -> str:
    return f"{grams // 1000}.{grams % 1000 // 100}"


# ── as data ──


def default_rules(currency: str, exponent: int) -> TariffRules:
    """A tariff to begin with, in round figures of the currency; the operator follows it with versions of its own."""

    def units(hundredths: int) -> int:
        scale: int = 10**exponent
        return hundredths * scale // 100

    return TariffRules(
        currency=currency,
        distance=Scale(
            bands=(Band(2_000, units(490)), Band(5_000, units(590)), Band(8_000, units(740))),
            beyond=Beyond(minor=units(60), unit=1_000, partial="ceil"),
        ),
        service={ServiceClass.EXPRESS: units(200), ServiceClass.SAME_DAY: 0, ServiceClass.SCHEDULED: -units(50)},
        window=Scale(bands=(Band(7_200, units(50)), Band(10_800, 0))),
        size={
            ParcelSize.SMALL: 0,
            ParcelSize.MEDIUM: 0,
            ParcelSize.LARGE: units(150),
            ParcelSize.EXTRA_LARGE: units(350),
        },
        weight=Scale(
            bands=(Band(5_000, 0), Band(10_000, units(100)), Band(20_000, units(250))),
            beyond=Beyond(minor=units(20), unit=1_000, partial="ceil"),
        ),
        peak=(
            Peak("evening", "Evening peak", (0, 1, 2, 3, 4), time(17), time(20), per_mille=150),
            Peak("weekend", "Weekend peak", (5, 6), time(11), time(20), per_mille=100),
        ),
        minimum_minor=units(390),
        maximum_minor=units(6_000),
        round_to_minor=max(1, units(5)),
    )
