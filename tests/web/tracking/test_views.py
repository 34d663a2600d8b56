"""What the shopper reads, state by state."""

from dataclasses import replace
from datetime import timedelta

import pytest

from homeward.deliveries.model import AgeCheck, Building, DeliveryView, Handover, Requirements, Spot, State
from homeward.deliveries.states import GOING_BACK, OPEN, TERMINAL
from homeward.kit.places import LatLon
from homeward.web.tracking.views import (
    FRESH,
    KEPT,
    Seen,
    TrackingView,
    courier_shown,
    expired,
    formats_for,
    tracking_view,
)
from tests.web import worlds as w

NOW = w.minutes(20)


def seen(**changes: object) -> Seen:
    usual = Seen(w.a_merchant().brand, w.MARKET, w.a_courier(position_at=NOW), w.proofs(), None, NOW)
    return replace(usual, **changes)  # type: ignore[arg-type]


def a_view(state: State = State.TO_DROPOFF, **changes: object) -> DeliveryView:
    return w.a_view(w.a_delivery(1, state, **changes))


def page(state: State = State.TO_DROPOFF, lang: str = "en", **changes: object) -> TrackingView:
    return tracking_view(a_view(state, **changes), seen(), lang)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_state_has_its_words_in_every_language(state: State, lang: str) -> None:
    shown = page(state, lang)
    assert shown.headline.title
    assert shown.headline.text


def test_the_promise_and_the_estimate_stand_apart() -> None:
    shown = page(eta=w.minutes(37), promised_by=w.minutes(41))
    assert shown.promised == "Today, 13:10–13:41"
    assert shown.eta is not None
    assert shown.eta.text == "13:37"


@pytest.mark.parametrize(("late_by_s", "late"), [(-1, False), (0, False), (1, True)])
def test_an_estimate_after_the_promise_is_said_to_be_late(late_by_s: int, late: bool) -> None:
    eta = w.minutes(41) + timedelta(seconds=late_by_s)
    assert page(eta=eta, promised_by=w.minutes(41)).late is late


@pytest.mark.parametrize("state", sorted(TERMINAL | GOING_BACK | {State.SCHEDULED}))
def test_no_estimate_is_shown_when_nothing_is_coming(state: State) -> None:
    assert page(state, eta=w.minutes(30)).eta is None


def test_steps_say_how_far_it_came() -> None:
    said = [step.state for step in page(State.PICKED_UP).steps]
    assert said == ["done", "now", "open", "open"]
    assert [step.state for step in page(State.DELIVERED).steps] == ["done"] * 4
    assert page(State.RETURNED).steps == ()


@pytest.mark.parametrize("state", [State.PICKED_UP, State.TO_DROPOFF, State.AT_DROPOFF])
def test_the_courier_is_seen_from_the_pick_up_on(state: State) -> None:
    assert courier_shown(a_view(state), w.a_courier(position_at=NOW), NOW) is not None


@pytest.mark.parametrize("state", sorted(set(State) - OPEN | GOING_BACK | {State.SCHEDULED, State.SEARCHING}))
def test_the_courier_is_not_seen_when_they_do_not_come_to_this_shopper(state: State) -> None:
    assert courier_shown(a_view(state), w.a_courier(position_at=NOW), NOW) is None


@pytest.mark.parametrize(("metres", "visible"), [(400, True), (600, False)])
def test_before_the_pick_up_the_courier_is_seen_only_near_the_store(metres: float, visible: bool) -> None:
    place = LatLon(w.BAKERY.lat + metres / 111_195, w.BAKERY.lon)
    courier = w.a_courier(place=place, position_at=NOW)
    assert (courier_shown(a_view(State.TO_PICKUP), courier, NOW) is not None) is visible


@pytest.mark.parametrize(("age", "visible"), [(FRESH, True), (FRESH + timedelta(seconds=1), False)])
def test_an_old_position_is_no_position(age: timedelta, visible: bool) -> None:
    courier = w.a_courier(position_at=NOW - age)
    assert (courier_shown(a_view(), courier, NOW) is not None) is visible


def test_a_courier_out_of_contact_is_not_shown() -> None:
    assert courier_shown(a_view(), w.a_courier(position_at=NOW, contact_lost_at=NOW), NOW) is None


def test_the_shopper_learns_first_name_and_vehicle_and_no_more() -> None:
    shown = page()
    assert shown.courier is not None
    assert (shown.courier.first_name, shown.courier.by) == ("Bo", "by bicycle")
    assert "Lindqvist" not in repr(shown)
    assert "+4237910" not in repr(shown)


def test_the_page_holds_nobodys_phone_nor_mail_but_the_shops() -> None:
    said = repr(page())
    assert "Nora Hasler" not in said
    assert "+423 777 12 34" not in said
    assert "nora@example.org" not in said
    assert "+423 237 00 00" in said


def test_the_pin_is_told_while_it_is_still_needed() -> None:
    assert page().pin == "4711"
    assert page(State.DELIVERED).pin is None
    assert page(State.RETURNING).pin is None


def test_only_the_photo_at_the_door_is_shown_and_only_after_the_delivery() -> None:
    assert page(State.DELIVERED).photos == ("prf_2",)
    assert page(State.AT_DROPOFF).photos == ()
    assert page(State.FAILED).photos == ()


def test_an_uncertain_address_asks_for_the_pin_and_nothing_else_is_on_the_map() -> None:
    shown = page(State.SEARCHING, attention="confirm_address")
    assert shown.confirm
    assert shown.map is not None
    assert [(pin["id"], pin["draggable"]) for pin in shown.map["pins"]] == [("door", True)]


def test_other_calls_for_a_person_are_not_the_shoppers() -> None:
    assert not page(State.SEARCHING, attention="no_courier").confirm


@pytest.mark.parametrize(("after", "gone"), [(KEPT, False), (KEPT + timedelta(seconds=1), True)])
def test_a_link_ends_thirty_days_after_its_delivery(after: timedelta, gone: bool) -> None:
    view = a_view(State.DELIVERED)
    assert view.delivery.ended_at is not None
    assert expired(view, view.delivery.ended_at + after) is gone


def test_a_link_of_an_open_delivery_does_not_end() -> None:
    assert not expired(a_view(), NOW + timedelta(days=400))


def test_times_are_the_markets_and_written_as_the_reader_is_used_to() -> None:
    market = replace(w.MARKET, time_zone="America/New_York", locale="en_US")
    assert formats_for(market, "en").clock(w.NOON) == "7:00\u202fAM"
    assert formats_for(w.MARKET, "en").clock(w.NOON) == "13:00"


def test_days_are_said_in_the_readers_language() -> None:
    tomorrow = page(State.SCHEDULED, "es", window_earliest=w.minutes(1500), promised_by=w.minutes(1620))
    assert tomorrow.promised.startswith("Mañana, ")


def test_why_it_was_not_handed_over_is_said_in_plain_words() -> None:
    shown = tracking_view(a_view(State.RETURNING), seen(reason="nobody_there"), "en")
    assert shown.reason == "Nobody answered at the door."
    assert tracking_view(a_view(State.RETURNING), seen(reason="a_newer_word"), "en").reason is None


def test_a_pin_comes_with_an_id_where_the_age_is_checked() -> None:
    wanted = Requirements(pin="4711", age=AgeCheck(21))
    shown = page(requirements=wanted)
    assert shown.pin == "4711"
    assert "21" in shown.have_id
    assert page(State.DELIVERED, requirements=wanted).have_id == ""


def test_the_spot_is_named_until_it_has_arrived() -> None:
    door = replace(w.a_delivery(1).dropoff, building=Building.APARTMENT, spot=Spot.MAILROOM)
    assert page(dropoff=door).spot == "the mail room"
    assert page(State.DELIVERED, dropoff=door).spot == ""
    assert page(requirements=Requirements(handover=Handover.AT_DOOR)).spot == "your door"
    assert page().spot == ""


def test_a_test_delivery_says_that_it_is_one() -> None:
    assert page(mode="test").test
    assert not page().test


def test_on_a_round_trip_the_shopper_has_the_order_while_the_courier_goes_back() -> None:
    shown = page(State.RETURNING, handed_over_at=w.minutes(15))
    assert shown.headline.title == "Delivered"
    assert shown.tone == "ok"
    assert shown.ended is not None
    assert shown.moving, "the delivery itself goes on"
