"""The audit finds what is missing: it is no use as a judge if it cannot say guilty."""

from typing import Any

import pytest

from homeward.simulator.audit import ENDED, Audit, judge

NOON = "2026-03-10T12:00:00Z"
HALF_PAST = "2026-03-10T12:30:00Z"
ONE = "2026-03-10T13:00:00Z"


def a_delivery(name: str = "d1", state: str = "delivered", **changes: Any) -> dict[str, Any]:
    """Express, ordered at noon, promised by one o'clock."""
    values = {"id": name, "state": state, "created_at": NOON, "promised_by": ONE, "service_class": "express"}
    return {**values, **changes}


def its_events(name: str = "d1", last: str = "delivered", at: str = HALF_PAST) -> list[dict[str, Any]]:
    """Booked, searching, and the last one."""
    types = ("booked", "searching", last)
    return [
        {"delivery_id": name, "seq": seq, "type": f"delivery.{kind}", "at": at} for seq, kind in enumerate(types, 1)
    ]


def verdict(deliveries: list[dict[str, Any]], events: list[dict[str, Any]], known: set[str] | None = None) -> Audit:
    return judge({d["id"]: d for d in deliveries}, events, {d["id"] for d in deliveries} if known is None else known)


def test_a_day_on_which_all_went_well_is_sound() -> None:
    result = verdict([a_delivery()], its_events())
    assert result.sound
    assert (result.booked, result.ended, result.on_time, result.late) == (1, 1, 1, 0)
    assert result.on_time_share == 1.0
    assert result.click_to_door_s == 1_800
    assert result.last_seq == {"d1": 3}


def test_a_delivery_that_the_shop_was_told_of_and_nobody_has_is_lost() -> None:
    result = verdict([a_delivery()], its_events(), known={"d1", "d2"})
    assert result.lost == ("d2",)
    assert not result.sound


@pytest.mark.parametrize("state", sorted(ENDED))
def test_a_delivery_that_has_ended_without_an_event_that_says_so_is_lost(state: str) -> None:
    result = verdict([a_delivery(state=state)], its_events()[:2])
    assert result.lost == ("d1",)


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_missing_event_is_a_gap_except_the_last_which_is_a_loss(missing: int) -> None:
    events = [event for event in its_events() if event["seq"] != missing]
    result = verdict([a_delivery()], events)
    assert (result.gaps == ("d1",)) == (missing < 3)
    assert not result.sound


def test_an_event_that_comes_twice_is_no_sound_log() -> None:
    assert verdict([a_delivery()], [*its_events(), its_events()[1]]).gaps == ("d1",)


def test_a_delivery_without_any_event_is_a_gap() -> None:
    assert verdict([a_delivery(state="searching")], []).gaps == ("d1",)


def test_what_comes_after_the_promise_is_late_and_the_promise_itself_is_not() -> None:
    on_the_dot = verdict([a_delivery()], its_events(at=ONE))
    late = verdict([a_delivery()], its_events(at="2026-03-10T13:00:01Z"))
    assert (on_the_dot.on_time, on_the_dot.late) == (1, 0)
    assert (late.on_time, late.late) == (0, 1)


def test_what_is_still_under_way_is_neither_lost_nor_late() -> None:
    result = verdict([a_delivery(state="searching")], its_events()[:2])
    assert result.sound
    assert result.ended == 0
    assert result.on_time_share is None
    assert result.click_to_door_s is None
