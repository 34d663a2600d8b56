"""What the dialect is told of a delivery in every state that it can be in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from homeward.deliveries.model import CourierCard, Delivery, DeliveryView, Door, Leg, LegKind, Outcome
from homeward.deliveries.states import Act, LegState, State, Who
from homeward.facades.doordash_drive import telling
from homeward.facades.doordash_drive.answers import DeliveryResponse
from homeward.facades.doordash_drive.telling import Seen
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from tests import builders

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BAKERY, HOME = LatLon(44.0, -73.0), LatLon(44.01, -73.01)
ORDER = {
    "external_delivery_id": "D-1",
    "pickup_address": "2 Main Street",
    "dropoff_address": "12 Elm Street",
    "dropoff_phone_number": "+18025551234",
    "pickup_time": "2026-11-23T12:10:00Z",
    "tip": 200,
}
SEEN = Seen("http://localhost/t/abc")


def a_delivery(state: State = State.SEARCHING, **more: Any) -> Delivery:
    usual: dict[str, Any] = {"external_id": "D-1", "door": Door("doordash_drive", ORDER), "tip_minor": 200}
    return builders.a_delivery(state, **{**usual, **more})


def a_view(delivery: Delivery) -> DeliveryView:
    leg = Leg(
        "leg_1", "mer_1", "dlv_1", "mkt_1", 1, LegKind.CARRY, "cou_1", CourierCard("Ana", "bicycle", "M"), None,
        LegState.TO_PICKUP, None, Money(500, "USD"), NOON, None, None, "123456",
    )  # fmt: skip
    return DeliveryView(delivery, leg if delivery.courier_id else None, "Bakery", "Petra's", None)


def told(state: State = State.SEARCHING, seen: Seen = SEEN, **more: Any) -> dict[str, Any]:
    answer = telling.delivery_answer(a_view(a_delivery(state, **more)), seen)
    DeliveryResponse.model_validate(answer)
    return answer


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_its_word(state: State) -> None:
    assert told(state)["delivery_status"] == telling.STATUS[state]


def test_the_fee_is_without_the_tip_and_its_parts_add_up() -> None:
    answer = told()
    assert (answer["fee"], answer["tip"], answer["currency"]) == (790, 200, "USD")
    assert sum(part["amount"] for part in answer["fee_components"]) == answer["fee"]


def test_a_way_back_costs_and_a_cancellation_costs_only_itself() -> None:
    fee = {"minor": 474, "currency": "USD"}
    assert told(State.RETURNING, price={**builders.DELIVERY_PRICE, "return_fee": fee})["fee"] == 790 + 474
    assert told(State.CANCELLED, price={**builders.DELIVERY_PRICE, "cancellation_fee": fee})["fee"] == 474
    assert told(State.CANCELLED)["fee"] == 0


def test_the_order_is_told_again_but_for_the_times_that_were_asked() -> None:
    answer = told()
    assert answer["dropoff_phone_number"] == "+18025551234"
    assert "pickup_time" not in answer


def test_the_courier_is_expected_when_the_plan_says_and_else_when_it_is_ready() -> None:
    planned = NOON + timedelta(minutes=14)
    assert told(State.ASSIGNED, pickup_eta=planned)["pickup_time_estimated"] == "2026-11-23T12:14:00Z"
    assert told(State.ASSIGNED)["pickup_time_estimated"] == "2026-11-23T12:10:00Z"


def test_an_estimate_becomes_what_really_happened() -> None:
    before = told(State.TO_DROPOFF, times={State.PICKED_UP: NOON}, eta=NOON + timedelta(minutes=30))
    assert before["pickup_time_actual"] == "2026-11-23T12:00:00Z"
    assert before["pickup_time_estimated"] is None
    assert before["dropoff_time_estimated"] == "2026-11-23T12:30:00Z"
    assert before["dropoff_time_actual"] is None
    after = told(State.DELIVERED, times={State.PICKED_UP: NOON, State.DELIVERED: NOON})
    assert after["dropoff_time_actual"] == "2026-11-23T12:00:00Z"
    assert after["dropoff_time_estimated"] is None


@pytest.mark.parametrize(
    ("state", "more", "reason"),
    [
        (State.CANCELLED, {"outcome": Outcome(Act.CANCEL, "changed_mind", Who.MERCHANT)}, "cancelled_by_creator"),
        (State.CANCELLED, {"outcome": Outcome(Act.CANCEL, None, Who.OPERATOR)}, "failed_to_assign_and_refunded"),
        (State.FAILED, {}, "failed_to_assign_and_refunded"),
        (State.FAILED, {"times": {State.ASSIGNED: NOON}}, "failed_to_pickup"),
        (State.FAILED, {"times": {State.ASSIGNED: NOON, State.PICKED_UP: NOON}}, "failed_to_deliver"),
        (State.FAILED, {"times": {State.PICKED_UP: NOON, State.RETURNING: NOON}}, "failed_to_return"),
        (State.DELIVERED, {}, None),
    ],
)
def test_what_did_not_arrive_says_how_far_it_came(state: State, more: dict[str, Any], reason: str | None) -> None:
    assert telling.cancellation_reason(a_delivery(state, **more)) == reason


def test_the_courier_is_told_with_the_number_of_the_relay_and_no_other() -> None:
    answer = told(State.TO_PICKUP, replace(SEEN, relay_phone="+18025550000,123456", place=BAKERY), courier_id="cou_1")
    assert answer["dasher_name"] == "Ana M."
    assert answer["dasher_dropoff_phone_number"] == answer["dasher_pickup_phone_number"] == "+18025550000,123456"
    assert answer["dasher_location"] == {"lat": 44.0, "lng": -73.0}


def test_two_merchants_know_one_courier_by_different_numbers() -> None:
    ours, theirs = (
        telling.courier_fields(a_view(a_delivery(State.TO_PICKUP, courier_id="cou_1", merchant_id=merchant)), SEEN)
        for merchant in ("mer_1", "mer_2")
    )
    assert ours["dasher_id"] != theirs["dasher_id"]
    assert 0 <= ours["dasher_id"] < 2**31


@pytest.mark.parametrize(
    ("state", "age", "lost", "shown"),
    [
        (State.TO_PICKUP, 10, False, True),
        (State.RETURNING, 10, False, True),
        (State.SEARCHING, 10, False, False),
        (State.DELIVERED, 10, False, False),
        (State.TO_DROPOFF, 301, False, False),
        (State.TO_DROPOFF, 10, True, False),
    ],
)
def test_where_the_courier_is_shows_only_while_it_is_so(state: State, age: int, lost: bool, shown: bool) -> None:
    place = telling.place_shown(a_delivery(state), HOME, NOON - timedelta(seconds=age), lost, NOON)
    assert (place is not None) is shown
