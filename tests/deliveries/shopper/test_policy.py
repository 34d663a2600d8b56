"""What a shopper may do, state by state."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from homeward.deliveries.model import Delivery, Handover, Undeliverable
from homeward.deliveries.shopper.model import NOTHING, Leave, Possible
from homeward.deliveries.shopper.policy import REPORT_FOR, leave_change, left_how, possible, spots_of
from homeward.deliveries.states import BEFORE_COURIER, OPEN, TERMINAL, State
from homeward.merchants.model import ShopperRights
from tests.web import worlds as w

ALL = ShopperRights(**dict.fromkeys(ShopperRights.__dataclass_fields__, True))
NONE = ShopperRights(**dict.fromkeys(ShopperRights.__dataclass_fields__, False))
NOW = w.minutes(20)


def a_delivery(state: State, **changes: object) -> Delivery:
    """One that nothing has to be signed, told or shown for."""
    delivery = w.a_delivery(1, state, **changes)
    plain = replace(delivery.requirements, pin=None, signature=False, age=None)
    picked_up = {**delivery.times, State.PICKED_UP: w.NOON}
    return replace(delivery, requirements=plain, times=picked_up)


def names(now_possible: Possible) -> set[str]:
    return {name for name in Possible.__dataclass_fields__ if getattr(now_possible, name)}


@pytest.mark.parametrize("state", list(State))
def test_without_rights_nothing_is_possible(state: State) -> None:
    assert possible(a_delivery(state), NONE, NOW, by_machine=False) == NOTHING


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("by_machine", [True, False])
def test_before_and_after_never_mix(state: State, by_machine: bool) -> None:
    found = names(possible(a_delivery(state, ended_at=NOW), ALL, NOW, by_machine=by_machine))
    after = {"tip", "rating", "report"}
    assert not found & after if state in OPEN else found <= after


@pytest.mark.parametrize("state", list(State))
def test_what_a_courier_said_yes_to_is_not_moved_or_cancelled(state: State) -> None:
    found = names(possible(a_delivery(state), ALL, NOW, by_machine=False))
    assert ({"time", "cancel"} <= found) == (state in BEFORE_COURIER)


def test_a_machine_reads_no_instructions() -> None:
    found = names(possible(a_delivery(State.SEARCHING), ALL, NOW, by_machine=True))
    assert not found & {"details", "leave"}
    assert found >= {"pin", "time"}


@pytest.mark.parametrize("wanted", [{"signature": True}, {"pin": "1234"}, {"round_trip": ("cash",)}])
def test_what_needs_a_person_is_never_left(wanted: dict[str, Any]) -> None:
    delivery = a_delivery(State.SEARCHING)
    delivery = replace(delivery, requirements=replace(delivery.requirements, **wanted))
    assert not possible(delivery, ALL, NOW, by_machine=False).leave


def test_on_the_way_back_of_a_round_trip_there_is_nothing_left_to_do() -> None:
    delivery = replace(a_delivery(State.RETURNING), handed_over_at=NOW)
    assert possible(delivery, ALL, NOW, by_machine=False) == NOTHING


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_two_weeks_after_the_end_all_is_said(state: State) -> None:
    ended = a_delivery(state, ended_at=NOW)
    last, later = NOW + REPORT_FOR, NOW + REPORT_FOR + timedelta(seconds=1)
    assert (
        names(possible(ended, ALL, last, by_machine=False))
        == {
            State.DELIVERED: {"tip", "rating", "report"},
            State.RETURNED: {"report"},
            State.FAILED: {"report"},
            State.CANCELLED: set(),
        }[state]
    )
    assert names(possible(ended, ALL, later, by_machine=False)) == set()


def test_an_uncertain_pin_may_be_set_whatever_the_merchant_lets() -> None:
    delivery = a_delivery(State.SEARCHING, attention="confirm_address")
    assert names(possible(delivery, NONE, NOW, by_machine=False)) == {"pin"}


@pytest.mark.parametrize("leave", list(Leave))
def test_a_wish_is_read_back_as_it_was_said(leave: Leave) -> None:
    delivery = a_delivery(State.SEARCHING)
    change = leave_change(delivery, leave, spots_of(None)[0], "Kim, number 14")
    after = replace(
        delivery,
        dropoff=replace(delivery.dropoff, neighbour=change.neighbour or ""),
        requirements=replace(delivery.requirements, handover=change.handover or Handover.ANY),
    )
    assert left_how(after) is leave


def test_in_person_takes_leaving_at_the_door_back() -> None:
    delivery = a_delivery(State.SEARCHING)
    careless = replace(delivery.requirements, undeliverable=Undeliverable.LEAVE_AT_DOOR)
    change = leave_change(replace(delivery, requirements=careless), Leave.IN_PERSON, None, "")
    assert (change.handover, change.undeliverable) == (Handover.TO_PERSON, Undeliverable.RETURN)
