"""What a merchant's endpoint hears in this dialect, and what it does not."""

from datetime import UTC, datetime

import pytest

from homeward.deliveries.model import Door
from homeward.deliveries.states import State
from homeward.facades.doordash_drive import webhooks
from homeward.infra.event_log import START, LoggedEvent
from homeward.messages.webhooks.dialects import Story
from tests.facades.doordash_drive.test_telling import SEEN, a_delivery, a_view

AT = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)


def test_a_body_is_flat_names_its_event_and_holds_nothing_empty() -> None:
    body = webhooks.body_of("delivery.picked_up", AT, "at_pickup", a_view(a_delivery(State.PICKED_UP)), SEEN)
    assert body
    assert body["event_name"] == "DASHER_PICKED_UP"
    assert (body["external_delivery_id"], body["created_at"]) == ("D-1", "2026-11-23T12:05:00Z")
    assert "delivery_status" not in body
    assert None not in body.values()


@pytest.mark.parametrize("state", [State.SCHEDULED, State.SEARCHING])
def test_nothing_is_told_of_a_new_delivery_nor_of_one_given_back(state: State) -> None:
    assert webhooks.event_name(f"delivery.{state}", None) is None


@pytest.mark.parametrize("event_type", ["delivery.booked", "delivery.eta_changed", "delivery.late_report", "leg.held"])
def test_nothing_is_told_of_what_the_dialect_has_no_name_for(event_type: str) -> None:
    assert webhooks.event_name(event_type, None) is None


def test_a_round_trip_is_dropped_off_once() -> None:
    assert webhooks.event_name("delivery.handed_over", None) == "DASHER_DROPPED_OFF"
    assert webhooks.event_name("delivery.delivered", "at_return") is None
    assert webhooks.event_name("delivery.delivered", "at_dropoff") == "DASHER_DROPPED_OFF"


def test_a_delivery_of_another_door_is_not_told_here() -> None:
    native = a_view(a_delivery(State.PICKED_UP, door=Door("native", {})))
    assert webhooks.body_of("delivery.picked_up", AT, None, native, SEEN) is None


def batched(previous: str | None) -> tuple[LoggedEvent, Story]:
    data = {"batch_id": "bat_1", "position": 2, "count": 2, "together_with": [], "previous_batch_id": previous}
    event = LoggedEvent(START, "mer_a", "dlv_1", 3, "live", "delivery.batched", AT, AT, "system:planner", None, data)
    return event, Story(a_view(a_delivery(State.ASSIGNED))).at(event)


def test_a_batch_is_told_with_its_id() -> None:
    told = webhooks.DriveWebhooks().event(*batched(None))
    assert told
    assert (told.type, told.body["force_batch_id"]) == ("DELIVERY_BATCHED", "bat_1")


def test_another_place_in_the_same_batch_is_no_news() -> None:
    assert webhooks.DriveWebhooks().event(*batched("bat_1")) is None
