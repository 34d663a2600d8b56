"""Recorded quotes and bookings with another tariff. Pure.

Nobody books more or less in it than they did: what people would have thought of other prices is not recorded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from homeward.dispatch.whatif.model import Repriced, Revenue, TariffCompared
from homeward.kit.places import LatLon
from homeward.kit.units import Seconds
from homeward.quotes.model import Basis, Parcel, QuoteOption
from homeward.quotes.tariff import TariffRules, Trip, price_lines

_MOVERS: Final = 20


@dataclass(frozen=True, slots=True)
class QuoteRecord:
    """A recorded quote. `booked` is the delivery it became, with the option's promise, if it became one."""

    id: str
    merchant_id: str
    zone: str
    door: LatLon
    parcel: Parcel
    basis: Basis
    options: tuple[QuoteOption, ...]
    delivery_id: str | None = None
    booked: tuple[str, datetime, datetime] | None = None  # class, earliest, promised by
    total_minor: int = 0


def price_minor(parcel: Parcel, basis: Basis, option: QuoteOption, rules: TariffRules) -> int:
    """The price of an option by the rules, from what the quote stored."""
    # As quotes count it: what is over of a window when it is quoted makes nothing cheaper, nor does it dodge a peak.
    begins = max(option.window.earliest, basis.now)
    trip = Trip(
        distance_m=basis.distance_m,
        weight_g=parcel.weight_g,
        size=parcel.size,
        service_class=option.service_class,
        window_s=Seconds(int((option.window.latest - begins).total_seconds())),
        at=begins,
        time_zone=basis.time_zone,
    )
    return sum(line.minor for line in price_lines(trip, rules))


@dataclass(slots=True)
class Till:
    """Adds up quote by quote, so that a year of them needs no more room than a day."""

    rules: TariffRules
    recorded: Mapping[str, TariffRules]  # by tariff id
    quotes: int = 0
    options: Revenue = Revenue()
    booked: Revenue = Revenue()
    merchants: dict[str, Revenue] = field(default_factory=dict)
    zones: dict[str, Revenue] = field(default_factory=dict)
    classes: dict[str, Revenue] = field(default_factory=dict)
    movers: list[Repriced] = field(default_factory=list)
    not_reproduced: int = 0

    def add(self, quote: QuoteRecord) -> list[Repriced]:
        """One more quote; returns each of its options with both prices."""
        self.quotes += 1
        repriced = list(self._options(quote))
        for one in repriced:
            self.options = self.options.plus(one)
            if one.delivery_id is not None:
                self._add_booked(one)
        return repriced

    def _options(self, quote: QuoteRecord) -> Iterator[Repriced]:
        then = self.recorded.get(quote.basis.tariff_id)
        chosen = _chosen(quote)
        for option in quote.options:
            before = option.price.total.minor
            if then is None or price_minor(quote.parcel, quote.basis, option, then) != before:
                self.not_reproduced += 1
            yield Repriced(
                quote_id=quote.id,
                merchant_id=quote.merchant_id,
                zone=quote.zone,
                service_class=option.service_class.value,
                before_minor=before,
                after_minor=price_minor(quote.parcel, quote.basis, option, self.rules),
                delivery_id=quote.delivery_id if option is chosen else None,
            )

    def _add_booked(self, one: Repriced) -> None:
        self.booked = self.booked.plus(one)
        for sums, key in (
            (self.merchants, one.merchant_id),
            (self.zones, one.zone),
            (self.classes, one.service_class),
        ):
            sums[key] = sums.get(key, Revenue()).plus(one)
        self.movers = sorted((*self.movers, one), key=lambda each: (-abs(each.difference), each.quote_id))[:_MOVERS]

    def total(self) -> TariffCompared:
        return TariffCompared(
            currency=self.rules.currency,
            quotes=self.quotes,
            options=self.options,
            booked=self.booked,
            merchants=dict(sorted(self.merchants.items())),
            zones=dict(sorted(self.zones.items())),
            classes=dict(sorted(self.classes.items())),
            movers=tuple(one for one in self.movers if one.difference),
            not_reproduced=self.not_reproduced,
        )


def _chosen(quote: QuoteRecord) -> QuoteOption | None:
    """The option that was booked: class, window and promise name it, and the price where two share them."""
    if quote.booked is None:
        return None
    named: Sequence[QuoteOption] = [
        option
        for option in quote.options
        if (option.service_class.value, option.window.earliest, option.promised_by) == quote.booked
    ]
    same_price = [option for option in named if option.price.total.minor == quote.total_minor]
    return next(iter([*same_price, *named]), None)
