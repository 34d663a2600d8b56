"""Small worlds that fit in the head. A test names only what matters to it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from homeward.coverage.model import MarketSettings
from homeward.deliveries.contents import Contents
from homeward.deliveries.model import Delivery, StopDetails
from homeward.deliveries.requirements import Requirements
from homeward.deliveries.states import State
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.units import Grams, Metres, Seconds
from homeward.kit.windows import Window
from homeward.quotes.calibration import SHARES_PCT, Calibration, HourCurve
from homeward.quotes.model import Basis, FeeRules, Parcel, QuoteRequest, ServiceClass, Wait
from homeward.quotes.policy import promise_settings
from homeward.quotes.tariff import TariffRules, default_rules

# ── quotes: a bakery in Zurich on a quiet Tuesday at noon, 3 km from the door ──

TUESDAY_NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
"""13:00 in Zurich."""


def opening(since: datetime, hours: float) -> Window:
    """Open for so many hours from that moment on."""
    return Window(since, since + timedelta(hours=hours))


def a_basis(**changes: Any) -> Basis:
    """Store open 07:00 to 20:00 UTC for 15 days, market round the clock, 3 km and 8 minutes away, 10 minutes wait."""
    now = changes.get("now", TUESDAY_NOON)
    morning = now.replace(hour=7, minute=0)
    values: dict[str, Any] = {
        "now": now,
        "currency": "CHF",
        "time_zone": "Europe/Zurich",
        "tariff_id": "trf_1",
        "tariff_version": 1,
        "distance_m": Metres(3_000),
        "drive_s": Seconds(480),
        "preparation_s": Seconds(900),
        "wait": Wait(Seconds(600), "measured"),
        "store_openings": tuple(opening(morning + timedelta(days=day), 13) for day in range(16)),
        "market_openings": (opening(morning, 24 * 16),),
        "settings": promise_settings(MarketSettings(), Seconds(480)),
        "graph_version": "g1",
    }
    return Basis(**{**values, **changes})


def a_calibration(
    hours: Mapping[int, int], *, sample: int = 100, windows_kept: int = 950, windows_sample: int = 50
) -> Calibration:
    """By local hour the seconds that nine of ten deliveries need beyond a quarter of the drive; 300 if not named."""
    return Calibration(
        version=1,
        learned_at=TUESDAY_NOON,
        drive_per_mille=250,
        hours=tuple(
            HourCurve(sample, _quantiles(hours.get(hour, 300), 10), windows_sample, windows_kept) for hour in range(24)
        ),
    )


def _quantiles(at_90: int, step: int) -> tuple[int, ...]:
    return tuple(at_90 + (share - 90) * step for share in SHARES_PCT)


@st.composite
def any_calibration(draw: st.DrawFn) -> Calibration:
    """Any town: hours in which everybody is early beside hours in which everybody is hopelessly late."""
    needs = draw(st.lists(st.integers(-900, 4_200), min_size=24, max_size=24))
    return a_calibration(dict(enumerate(needs)), windows_kept=draw(st.integers(0, 1_000)))


def a_request(**changes: Any) -> QuoteRequest:
    """Two kilograms in a small parcel, nothing else asked."""
    values: dict[str, Any] = {"store_id": "sto_1", "parcel": Parcel(Grams(2_000))}
    return QuoteRequest(**{**values, **changes})


def swiss_rules() -> TariffRules:
    """The tariff that every market begins with, in francs."""
    return default_rules("CHF", 2)


DELIVERY_PRICE = {
    "total": {"minor": 790, "currency": "USD"},
    "components": [{"code": "base", "label": "", "minor": 590}, {"code": "service", "label": "", "minor": 200}],
}


def a_delivery(state: State = State.SEARCHING, **changes: Any) -> Delivery:
    """A parcel from the bakery to a home, booked at noon for within the hour."""
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    values: dict[str, Any] = {
        "id": "dlv_1", "merchant_id": "mer_1", "mode": "live", "market_id": "mkt_1", "store_id": "sto_1",
        "quote_id": "quo_1", "external_id": None, "state": state, "attention": None, "seq": 2,
        "service_class": ServiceClass.EXPRESS,
        "pickup": StopDetails(LatLon(44.0, -73.0), "2 Main Street, Springfield"),
        "dropoff": StopDetails(LatLon(44.01, -73.01), "12 Elm Street, Springfield"), "parcel": Parcel(Grams(2_000)),
        "contents": Contents(), "requirements": Requirements(), "ready_at": noon + timedelta(minutes=10),
        "search_from": noon, "window_earliest": noon, "promised_by": noon + timedelta(hours=1), "eta": None,
        "price": DELIVERY_PRICE, "total": Money(790, "USD"), "fees": FeeRules(), "courier_id": None,
        "tracking_token": "abc", "metadata": {}, "created_at": noon, "updated_at": noon, "ended_at": None,
        "times": {state: noon},
    }  # fmt: skip
    return Delivery(**{**values, **changes})
