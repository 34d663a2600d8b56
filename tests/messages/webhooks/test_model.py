"""The retry plan: twelve tries over 72 hours."""

import pytest

from homeward.messages.webhooks.model import HOUR, RetryPlan, thin_body
from tests.builders import TUESDAY_NOON

PLAN = RetryPlan()


def test_there_are_twelve_tries_over_about_72_hours() -> None:
    assert len(PLAN.pauses_s) + 1 == 12
    assert 71 * HOUR < sum(PLAN.pauses_s) <= 72 * HOUR


@pytest.mark.parametrize(("draw", "pause_s"), [(0.0, 4.0), (0.5, 5.0), (0.999_999, 6.0)])
def test_pauses_are_spread_by_a_fifth_either_way(draw: float, pause_s: float) -> None:
    assert PLAN.next_pause_s(1, 0, draw) == pytest.approx(pause_s, abs=0.001)


def test_a_receiver_may_ask_for_longer_but_neither_for_shorter_nor_for_ever() -> None:
    assert PLAN.next_pause_s(1, 0, 0.5, asked_s=3_600) == 3_600
    assert PLAN.next_pause_s(6, 0, 0.5, asked_s=1) == 2 * HOUR
    assert PLAN.next_pause_s(1, 0, 0.5, asked_s=10**9) == 22 * HOUR


@pytest.mark.parametrize("draw", [0.0, 0.5, 0.999])
def test_whatever_jitter_does_the_last_try_is_not_before_72_hours(draw: float) -> None:
    age_s, tries = 0.0, 1
    while (pause_s := PLAN.next_pause_s(tries, age_s, draw)) is not None:
        age_s, tries = age_s + pause_s, tries + 1
    assert 72 * HOUR <= age_s <= 88 * HOUR
    assert tries in (12, 13)


def test_a_body_says_what_happened_to_which_delivery_and_in_which_order() -> None:
    body = thin_body("delivery.delivered", TUESDAY_NOON, "dlv_1", 9, "order-7", {"state": "delivered"})
    assert body == {
        "type": "delivery.delivered",
        "timestamp": "2026-03-10T12:00:00Z",
        "data": {"delivery_id": "dlv_1", "external_id": "order-7", "seq": 9, "state": "delivered"},
    }
