"""What the courier's screen says, without any service."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from homeward.deliveries.custody_policy import PROBLEM_EFFECTS
from homeward.deliveries.model import Act, State, Undeliverable
from homeward.deliveries.states import OPEN
from homeward.dispatch.model import OfferState, StopKind, StopRef, WaitAt
from homeward.dispatch.route_view import CourierRoute, RouteStopView
from homeward.kit.money import Money
from homeward.kit.places import LatLon, great_circle_m
from homeward.web.courier.views import (
    RideView,
    Seen,
    further_along,
    is_night,
    navigation_link,
    ride_view,
)
from homeward.web.courier.words import ACTS, problem_choices
from tests.web import worlds as w

WAY = ((47.14, 9.52), (47.15, 9.52), (47.16, 9.52))


def a_stop(kind: StopKind = StopKind.DROPOFF, **changes: Any) -> RouteStopView:
    usual: dict[str, Any] = {
        "ref": StopRef("dlv_1", kind),
        "leg_id": "leg_1",
        "state": "next",
        "acts": ("arrive_dropoff", "hand_over", "problem"),
        "name": "Nora Hasler",
        "phone": "+423 777 12 34",
        "address": "Austrasse 7",
        "unit": "2nd floor",
        "place": LatLon(47.16, 9.52),
        "instructions": "",
        "eta": w.minutes(30),
        "latest": w.minutes(40),
        "ready_at": None,
        "parcel": {"reference": "WEB-1", "count": 2, "weight_g": 2400, "size": "extra_large", "needs": ["age_check"]},
        "requirements": {"photo": True, "signature": False, "pin": True},
        "delivery_state": "to_dropoff",
    }
    return RouteStopView(**{**usual, **changes})


def a_screen(*stops: RouteStopView, **changes: Any) -> RideView:
    route = CourierRoute("cou_1", 1, stops, WAY if stops else (), 2_400, 540, Money(620, "CHF"))
    usual: dict[str, Any] = {
        "courier": w.a_courier(),
        "market": w.MARKET,
        "offer": None,
        "route": route,
        "next_delivery": w.a_view() if stops else None,
        "now": w.minutes(20),
        "speed": 1.0,
        "demo": False,
    }
    return ride_view(Seen(**{**usual, **changes}))


def test_a_strict_pin_that_is_locked_is_said_on_the_screen() -> None:
    wanted = {"photo": True, "pin": False, "pin_strict": True, "pin_locked": True}
    said = a_screen(a_stop(requirements=wanted)).next
    assert said
    assert (said.proof.pin, said.proof.pin_strict, said.proof.pin_locked) == (False, True, True)


def test_the_screen_is_about_one_thing_at_a_time() -> None:
    assert a_screen().mode == "waiting"
    assert a_screen(courier=w.a_courier(on_duty=False)).mode == "off"
    assert a_screen(a_stop()).mode == "route"
    assert a_screen(a_stop(), offer=w.an_offer("ofr_1", "cou_1", OfferState.OPEN, "dec_1")).mode == "offer"


def test_only_who_has_nothing_to_do_hears_of_a_better_place_to_wait() -> None:
    hint = WaitAt("sto_1", "Backerei Ospelt", LatLon(47.16, 9.52), drive_s=240, saves_s=90)
    idle = replace(CourierRoute("cou_1", 1, (), (), 0, 0, Money(0, "CHF")), wait_at=hint)
    shown = a_screen(route=idle)
    assert (shown.wait_at, shown.wait_way) == ("Backerei Ospelt", "4 min")
    assert "47.16" in shown.wait_link
    offer = w.an_offer("ofr_1", "cou_1", OfferState.OPEN, "dec_1")
    assert a_screen(route=idle, offer=offer).wait_at == ""
    assert a_screen(route=idle, courier=w.a_courier(on_duty=False)).wait_at == ""
    over = w.a_courier(shift_ends=w.minutes(10))
    assert a_screen(route=idle, courier=over).wait_at == ""


def test_an_offer_shows_its_whole_pay_with_the_terms_that_make_it() -> None:
    offer = w.an_offer("ofr_1", "cou_1", OfferState.OPEN, "dec_1")
    shown = a_screen(offer=offer).offer
    assert shown is not None
    assert shown.pay == "CHF\xa0" + f"{offer.pay.minor / 100:.2f}"
    assert len(shown.pay_lines) == len([term for term in offer.pay_terms if term.minor])


def test_the_countdown_runs_in_real_time_where_business_time_runs_faster() -> None:
    offer = w.an_offer("ofr_1", "cou_1", OfferState.OPEN, "dec_1")
    now = offer.expires_at - timedelta(seconds=50)
    shown = a_screen(offer=offer, now=now, speed=10.0).offer
    assert shown is not None
    assert shown.left_ms == 5_000


def test_an_offer_past_its_time_has_nothing_left() -> None:
    offer = w.an_offer("ofr_1", "cou_1", OfferState.OPEN, "dec_1")
    shown = a_screen(offer=offer, now=offer.expires_at + timedelta(seconds=9)).offer
    assert shown is not None
    assert shown.left_ms == 0


def test_a_stop_says_what_to_bring_and_what_to_prove() -> None:
    stop = a_screen(a_stop()).next
    assert stop is not None
    assert stop.parcel == "2 pieces, extra large, 2.4 kg, age check"
    assert (stop.proof.photo, stop.proof.signature, stop.proof.pin) == (True, False, True)
    assert stop.address == "Austrasse 7, 2nd floor"
    assert [button.act for button in stop.acts] == ["arrive_dropoff", "hand_over"]
    assert stop.problems


@pytest.mark.parametrize(("after_s", "late"), [(0, False), (1, True)])
def test_a_stop_is_late_after_its_promise(after_s: int, late: bool) -> None:
    stop = a_screen(a_stop(eta=w.minutes(40) + timedelta(seconds=after_s))).next
    assert stop is not None
    assert stop.late is late


def test_what_is_done_is_counted_and_not_shown() -> None:
    screen = a_screen(a_stop(StopKind.PICKUP, state="done", acts=()), a_stop())
    assert (screen.done, len(screen.later)) == (1, 0)
    assert screen.next is not None
    assert screen.next.kind.label == "Deliver"


def test_navigation_is_handed_to_the_phone_itself() -> None:
    link = navigation_link(LatLon(47.1, 9.5), "Müller & Söhne (hinten)")
    assert link == "geo:47.100000,9.500000?q=47.100000,9.500000(M%C3%BCller%20%26%20S%C3%B6hne%20%28hinten%29)"


@pytest.mark.parametrize(("hour", "night"), [(5, True), (6, False), (19, False), (20, True)])
def test_it_is_dark_by_the_markets_clock(hour: int, night: bool) -> None:
    noon_in_vaduz = w.NOON - timedelta(hours=1)
    assert is_night(noon_in_vaduz + timedelta(hours=hour - 12), "Europe/Vaduz") is night


def test_every_report_of_a_courier_has_a_button() -> None:
    assert set(ACTS) == {
        Act.HEAD_TO_PICKUP, Act.ARRIVE_PICKUP, Act.PICK_UP, Act.HEAD_TO_DROPOFF, Act.ARRIVE_DROPOFF, Act.HAND_OVER,
        Act.ARRIVE_RETURN, Act.RETURN_HANDED,
    }  # fmt: skip


@pytest.mark.parametrize("state", sorted(OPEN))
def test_problems_offered_are_exactly_those_that_custody_takes(state: State) -> None:
    fitting = {r for r, effects in PROBLEM_EFFECTS.items() if any(state in effect.sources for effect in effects)}
    assert {choice.reason for choice in problem_choices(state, Undeliverable.RETURN)} == {str(r) for r in fitting}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Undeliverable.RETURN, "You bring it back to the store."),
        (Undeliverable.LEAVE_AT_DOOR, "You may leave it at the door, with a photo."),
        (Undeliverable.DISPOSE, "It ends here: the store does not want it back."),
    ],
)
def test_the_courier_reads_what_follows_before_pressing(wish: Undeliverable, said: str) -> None:
    choices = {choice.reason: choice.next for choice in problem_choices(State.AT_DROPOFF, wish)}
    assert choices["nobody_there"] == said


def test_the_demo_goes_along_the_road_and_not_beyond_its_end() -> None:
    route = CourierRoute("cou_1", 1, (), WAY, 2_400, 540, Money(0, "CHF"))
    start, end = LatLon(*WAY[0]), LatLon(*WAY[-1])
    place = further_along(route, 1_500)
    assert place is not None
    assert great_circle_m(start, place) == pytest.approx(1_500, abs=2)
    assert further_along(route, 99_999) == end
    assert further_along(CourierRoute("cou_1", 1, (), (), 0, 0, Money(0, "CHF")), 10) is None


def test_only_a_demo_keeps_the_browsers_place_within_its_town() -> None:
    assert a_screen().clock["within"] is None
    assert a_screen(demo=True).clock["within"] == [9.47, 47.05, 9.62, 47.25]
