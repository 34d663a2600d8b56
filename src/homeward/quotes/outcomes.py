"""What became of a promise, from the option that was booked and the events of its delivery. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Final
from zoneinfo import ZoneInfo

from homeward.coverage.model import ServiceClass
from homeward.kit.units import Seconds
from homeward.quotes.calibration import URGENT_SLACK_S
from homeward.quotes.model import QuoteOption

# What a promise keeps in hand, as the reasoning names it: the fixed buffer, or what was learned.
IN_HAND: Final = ("buffer", "calibration")

ENDINGS: Final = ("delivery.delivered", "delivery.returned", "delivery.failed", "delivery.cancelled")
"""Events after which nothing changes any more."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of the delivery, as far as promises look."""

    type: str
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Booked:
    """The option as it was booked. `checkout_s` is what the promise had left for the time until the booking."""

    delivery_id: str
    market_id: str
    option: QuoteOption
    quoted_at: datetime
    booked_at: datetime
    checkout_s: Seconds
    pickup_s: Seconds
    share_pct: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a promise ended. Kept by market and hour; names no merchant.

    `kept_by` is the moment that the wanted share was to be kept by, `promised_by` what the shopper was told: never
    earlier. `realised_at` is None if nobody ever came to the door. `store_late_s` is how long a courier stood in the
    store for a parcel that should have been ready. `learns` is False for bookings that came later than expected.
    """

    delivery_id: str
    market_id: str
    service_class: ServiceClass
    urgent: bool
    learns: bool
    hour: int
    drive_s: Seconds
    share_pct: int
    stated: float
    basis: str
    expected_at: datetime
    kept_by: datetime
    promised_by: datetime
    realised_at: datetime | None
    ended_at: datetime
    store_late_s: Seconds


def outcome_of(booked: Booked, events: Sequence[Happened], time_zone: str) -> Outcome | None:
    """None if the promise was never put to the test: called off while it could still have been kept.

    `events` in the order of their seq, the ending among them.
    """
    ending = next(event for event in events if event.type in ENDINGS)
    option, terms = booked.option, {term.term: term.seconds for term in booked.option.reasoning}
    kept_by = option.promised_by - timedelta(seconds=terms.get("slack", 0))
    soonest = kept_by - timedelta(seconds=sum(terms.get(name, 0) for name in IN_HAND))
    realised_at = _at_door(events)
    if realised_at is None and _called_off(events) and _gave_up_at(events, ending) <= kept_by:
        return None
    # With time to spare, the soonest moment is when the window opens.
    expected_at = max(soonest, option.window.earliest)
    slack_s = (option.promised_by - kept_by).total_seconds()
    urgent = option.service_class is ServiceClass.EXPRESS or slack_s <= URGENT_SLACK_S
    return Outcome(
        delivery_id=booked.delivery_id,
        market_id=booked.market_id,
        service_class=option.service_class,
        urgent=urgent,
        # Who hesitates longer than the promise had left for it uses up its buffer: that says nothing about couriers.
        learns=booked.booked_at <= booked.quoted_at + timedelta(seconds=booked.checkout_s),
        hour=(soonest if urgent else expected_at).astimezone(ZoneInfo(time_zone)).hour,
        drive_s=Seconds(terms.get("drive", 0)),
        share_pct=booked.share_pct,
        stated=option.confidence.share,
        basis=option.confidence.basis,
        expected_at=soonest if urgent else expected_at,
        kept_by=kept_by,
        promised_by=option.promised_by,
        realised_at=realised_at,
        ended_at=ending.at,
        store_late_s=_store_late_s(events, booked),
    )


def _at_door(events: Sequence[Happened]) -> datetime | None:
    """When somebody was there: handed over, or stood at a door that nobody opened."""
    first = _first(events)
    handed = first.get("delivery.handed_over") or first.get("delivery.delivered")
    rang = first.get("delivery.at_dropoff")
    return handed.at if handed else rang.at if rang else None


def _called_off(events: Sequence[Happened]) -> bool:
    """Whether a person of the merchant or operator ended it; what couriers or the clock end has failed."""
    return _giving_up(events).actor.partition(":")[0] in ("merchant", "operator")


def _gave_up_at(events: Sequence[Happened], ending: Happened) -> datetime:
    return min(_giving_up(events).at, ending.at)


def _giving_up(events: Sequence[Happened]) -> Happened:
    return next(event for event in events if event.type == "delivery.returning" or event.type in ENDINGS)


def _store_late_s(events: Sequence[Happened], booked: Booked) -> Seconds:
    """Beyond the usual time at the counter, from when both the courier was there and the parcel should have been."""
    first = _first(events)
    left = first.get("delivery.picked_up")
    if left is None:
        return Seconds(0)
    came = [event.at for event in events if event.type == "delivery.at_pickup" and event.at <= left.at]
    if not came:
        return Seconds(0)
    waited_s = (left.at - max(came[-1], booked.option.ready_at)).total_seconds()
    return Seconds(max(0, round(waited_s) - booked.pickup_s))


def _first(events: Sequence[Happened]) -> Mapping[str, Happened]:
    first: dict[str, Happened] = {}
    for event in events:
        first.setdefault(event.type, event)
    return first


# ── how promises held ──


@dataclass(frozen=True, slots=True)
class HourKept:
    """Promises of one hour, urgent ones or those with time to spare: what was said and what came of it.

    Of those that `ended`, `told_kept` were at the door by the moment that the shopper was told, of which `stated` was
    said. `learned` had been promised by what was learned; `kept` of them were there by the moment for which `aimed` was
    wanted, which is never later. `missed_by_store` would have been kept had the parcel been ready.
    """

    hour: int
    urgent: bool
    ended: int
    learned: int
    kept: int
    told_kept: int
    aimed: float
    stated: float
    missed_by_store: int


def likely_between(part: int, whole: int) -> tuple[float, float]:
    """Where the true share lies with a confidence of 95 in 100, of so many seen.

    Source: Wilson (1927), JASA 22; good also for small numbers and shares near one.
    """
    if whole == 0:
        return 0.0, 1.0
    z, share = 1.96, part / whole
    middle = share + z * z / (2 * whole)
    reach = z * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    scale = 1 + z * z / whole
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
