"""What a courier earns for an offer. Pure, integers only; explained in docs/explanation/dispatch.md."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from homeward.dispatch.model import Pay, PayTerm, PlanSettings
from homeward.dispatch.policy_values import PayRates
from homeward.fleets.couriers.model import Engagement
from homeward.kit.money import Money

_UNPAID: Final = {Engagement.EMPLOYED: "Paid by your employer", Engagement.VOLUNTEER: "As a volunteer, without pay"}


def due(engagement: Engagement, usual: Pay) -> Pay:
    """What an offer owes this courier, where `usual` is what it owes one who is paid for it."""
    if engagement.paid_by_offer:
        return usual
    return Pay(Money(0, usual.total.currency), (PayTerm(engagement.value, _UNPAID[engagement], 0),))


def offer_pay(settings: PlanSettings, *, deliveries: int, distance_m: int, work_s: int) -> Pay:
    """Base, distance, time and extra stops, lifted to the floor of so much for each delivery.

    Parameters
    ----------
    settings
        The market's rates.
    deliveries
        How many are offered together, at least 1. The second and each further one brings the extra-stop term.
    distance_m
        What the offer adds to the courier's way, the way to the store included.
    work_s
        What it adds in driving, waiting and service.
    """
    assert deliveries >= 1
    terms = [
        PayTerm("base", "Base", settings.pay_base_minor),
        PayTerm(
            "distance", f"{max(0, distance_m) / 1000:.1f} km", int(_rate(settings.pay_per_km_minor, distance_m, 1000))
        ),
        PayTerm("time", f"{round(max(0, work_s) / 60)} min", int(_rate(settings.pay_per_minute_minor, work_s, 60))),
    ]
    if deliveries > 1:
        extra = settings.pay_extra_stop_minor * (deliveries - 1)
        terms.append(PayTerm("extra_stops", f"{deliveries - 1} more to deliver", extra))
    short = settings.pay_floor_minor * deliveries - sum(term.minor for term in terms)
    if short > 0:
        terms.append(PayTerm("floor", "Up to the minimum", short))
    return Pay(Money(sum(term.minor for term in terms), settings.currency), tuple(terms))


def at_least(pay: Pay, shown_minor: int) -> Pay:
    """Never below what this courier was shown before for the same deliveries, whatever has changed since."""
    short = shown_minor - pay.total.minor
    if short <= 0:
        return pay
    term = PayTerm("shown_before", "As shown to you before", short)
    return Pay(Money(shown_minor, pay.total.currency), (*pay.terms, term))


def sum_minor(settings: PlanSettings, *, deliveries: int, distance_m: Any, work_s: Any) -> Any:
    """The sum that `offer_pay` comes to, for a number or for arrays of numbers."""
    parts = (
        settings.pay_base_minor
        + _rate(settings.pay_per_km_minor, distance_m, 1000)
        + _rate(settings.pay_per_minute_minor, work_s, 60)
        + settings.pay_extra_stop_minor * (deliveries - 1)
    )
    return np.maximum(parts, settings.pay_floor_minor * deliveries)


def with_rates(settings: PlanSettings, rates: PayRates) -> PlanSettings:
    """The market's settings with the rates that its policy sets."""
    given: dict[str, Any] = {f"pay_{name}": minor for name, minor in rates.given().items()}
    return replace(settings, **given)


def split_pay(pay: Money, delivery_ids: Sequence[str]) -> dict[str, Money]:
    """The pay of an offer over its deliveries; the parts add up to the whole, the first get the odd units."""
    share, odd = divmod(pay.minor, len(delivery_ids))
    return {
        delivery_id: Money(share + (1 if index < odd else 0), pay.currency)
        for index, delivery_id in enumerate(delivery_ids)
    }


def _rate(minor: int, amount: Any, per: int) -> Any:
    """Rounded up: in doubt for the courier."""
    return -(-minor * np.maximum(0, amount) // per)
