"""The story of a delivery in words."""

from datetime import UTC, datetime

from homeward.deliveries.model import DeliveryEvent
from homeward.web.format import Formats
from homeward.web.stories import event_view

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEFORE = {
    "window_earliest": "2026-11-23T14:00:00Z",
    "promised_by": "2026-11-23T16:00:00Z",
    "price": {"minor": 900, "currency": "USD"},
}


def told(price_minor: int) -> tuple[str, str]:
    data = {
        "window_earliest": "2026-11-24T14:00:00Z",
        "promised_by": "2026-11-24T16:00:00Z",
        "price": {"minor": price_minor, "currency": "USD"},
        "previous": BEFORE,
    }
    event = DeliveryEvent("dlv_1", 4, "delivery.promise_changed", NOON, NOON, "merchant:key_1", None, data)
    view = event_view(event, {}, Formats("en", "UTC"), NOON)
    return view.text, view.detail


def test_a_new_time_is_told_with_the_old_one() -> None:
    text, detail = told(900)
    assert text.startswith("New time: Tomorrow")
    assert detail.startswith("Before: ")
    assert "$" not in detail


def test_a_new_price_is_told_with_the_old_one() -> None:
    assert told(700)[1].endswith("$7.00 instead of $9.00")
