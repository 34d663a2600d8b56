"""Limits and the choice that is offered."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from homeward.coverage.model import MarketSettings, ParcelSize, ServiceClass
from homeward.kit.places import LatLon
from homeward.kit.problems import Problem
from homeward.kit.units import Grams, Seconds
from homeward.kit.windows import Window
from homeward.quotes import codec
from homeward.quotes.errors import (
    BeyondHorizon,
    CapabilityNotOffered,
    NoRoadNearDoor,
    NoRoadToDoor,
    NothingToOffer,
    ServiceClassNotOffered,
    TooFar,
    TooHeavy,
    TooLarge,
    WindowDoesNotFitClass,
    WindowInPast,
)
from homeward.quotes.model import Answer, Basis, Parcel, QuoteRequest, Wait
from homeward.quotes.policy import RoadToDoor, answer, require_parcel, require_road, require_something
from homeward.quotes.tariff import default_rules
from tests.builders import TUESDAY_NOON, a_basis, a_request, opening, swiss_rules

SETTINGS = MarketSettings()
DOOR = LatLon(47.37, 8.54)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return TUESDAY_NOON + timedelta(hours=hours)


def classes(given: Answer) -> set[ServiceClass]:
    return {option.service_class for option in given.options}


@pytest.mark.parametrize(("weight_g", "fits"), [(24_999, True), (25_000, True), (25_001, False)])
def test_a_parcel_may_weigh_up_to_the_limit(weight_g: int, fits: bool) -> None:
    assert _refusal(lambda: require_parcel(Parcel(Grams(weight_g)), SETTINGS)) is (None if fits else TooHeavy)


@pytest.mark.parametrize(
    ("size", "fits"), [(ParcelSize.MEDIUM, True), (ParcelSize.LARGE, True), (ParcelSize.EXTRA_LARGE, False)]
)
def test_a_parcel_may_be_as_large_as_the_largest_size(size: ParcelSize, fits: bool) -> None:
    settings = replace(SETTINGS, max_size=ParcelSize.LARGE)
    assert _refusal(lambda: require_parcel(Parcel(Grams(1), size), settings)) is (None if fits else TooLarge)


def test_a_need_that_no_courier_here_meets_is_refused() -> None:
    with pytest.raises(CapabilityNotOffered) as refused:
        require_parcel(Parcel(Grams(1), needs=("age_check", "cold_chain")), SETTINGS)
    assert refused.value.missing == ["cold_chain"]


@pytest.mark.parametrize(("distance_m", "fits"), [(24_999, True), (25_000, True), (25_001, False)])
def test_a_door_may_be_as_far_by_road_as_the_limit(distance_m: int, fits: bool) -> None:
    road = RoadToDoor(distance_m, 600, 10)
    assert _refusal(lambda: require_road(road, DOOR, SETTINGS)) is (None if fits else TooFar)


@pytest.mark.parametrize(("snap_m", "fits"), [(199, True), (200, True), (201, False)])
def test_a_door_may_be_as_far_from_a_road_as_the_limit(snap_m: int, fits: bool) -> None:
    road = RoadToDoor(900, 100, snap_m)
    assert _refusal(lambda: require_road(road, DOOR, SETTINGS)) is (None if fits else NoRoadNearDoor)


def test_a_door_on_an_island_is_refused() -> None:
    assert _refusal(lambda: require_road(RoadToDoor(None, None, 5), DOOR, SETTINGS)) is NoRoadToDoor


def test_a_request_for_anything_gets_a_choice_of_all_classes() -> None:
    given = answer(a_request(), a_basis(), swiss_rules())
    assert classes(given) == set(ServiceClass)
    lengths = {(o.window.latest - o.window.earliest) // HOUR for o in given.options if o.service_class != "express"}
    assert lengths == {2, 3}
    assert given.refusals == ()


def test_options_are_numbered_and_priced() -> None:
    options = answer(a_request(), a_basis(), swiss_rules()).options
    assert [option.id for option in options] == [f"opt_{n}" for n in range(1, len(options) + 1)]
    for option in options:
        assert option.price.total.minor == sum(line.minor for line in option.price.components)


def test_same_day_windows_are_today_and_scheduled_ones_on_the_next_day() -> None:
    for option in answer(a_request(), a_basis(), swiss_rules()).options:
        day = (option.window.earliest + HOUR).date()  # Zurich
        assert day == TUESDAY_NOON.date() + timedelta(days=option.service_class is ServiceClass.SCHEDULED)


def test_a_class_that_was_asked_for_is_the_only_one_answered() -> None:
    given = answer(a_request(service_class=ServiceClass.SCHEDULED), a_basis(), swiss_rules())
    assert classes(given) == {ServiceClass.SCHEDULED}


def test_a_window_that_was_asked_for_is_the_only_option() -> None:
    wish = Window(at(3), at(5))
    given = answer(a_request(window=wish), a_basis(), swiss_rules())
    assert [(option.window, option.service_class) for option in given.options] == [(wish, ServiceClass.SAME_DAY)]


def test_a_window_that_has_begun_costs_what_is_left_of_it() -> None:
    rules = default_rules("CHF", 2)
    (left,) = answer(a_request(window=Window(at(-1), at(2))), a_basis(), rules).options
    (fresh,) = answer(a_request(window=Window(at(0), at(2))), a_basis(), rules).options
    assert left.promised_by == fresh.promised_by
    assert left.price == fresh.price


def test_a_wish_for_a_whole_day_is_answered_with_its_windows() -> None:
    friday = Window(datetime.fromisoformat("2026-03-12T23:00:00Z"), datetime.fromisoformat("2026-03-13T23:00:00Z"))
    given = answer(a_request(window=friday), a_basis(), swiss_rules())
    assert len(given.options) == 24
    assert classes(given) == {ServiceClass.SCHEDULED}
    assert all(friday.holds(option.window.earliest) and friday.holds(option.window.latest) for option in given.options)


def test_a_wish_over_midnight_is_answered_for_both_days() -> None:
    basis = a_basis(store_openings=(opening(at(-1), 48),))
    given = answer(a_request(window=Window(at(6), at(20))), basis, swiss_rules())
    assert classes(given) == {ServiceClass.SAME_DAY, ServiceClass.SCHEDULED}


def test_a_wish_of_which_nothing_can_be_kept_says_why() -> None:
    given = answer(a_request(window=Window(at(-30), at(-24))), a_basis(), swiss_rules())
    assert [type(why) for _, why in given.refusals] == [WindowInPast]


def test_a_closed_store_leaves_later_classes_and_says_why_not_express() -> None:
    basis = a_basis(store_openings=(opening(at(3), 4), opening(at(20), 9)))
    given = answer(a_request(), basis, swiss_rules())
    assert classes(given) == {ServiceClass.SAME_DAY, ServiceClass.SCHEDULED}
    assert [(name.value, why.slug) for name, why in given.refusals] == [("express", "store-closed")]


def test_late_in_the_evening_only_scheduled_is_left() -> None:
    given = answer(a_request(), a_basis(now=at(8.5)), swiss_rules())
    assert classes(given) == {ServiceClass.SCHEDULED}
    assert {name.value: why.slug for name, why in given.refusals} == {
        "express": "store-closed",
        "same_day": "no-window-left",
    }


def test_a_long_closure_is_passed_over() -> None:
    basis = a_basis(store_openings=(opening(at(24 * 9), 8),))
    given = answer(a_request(service_class=ServiceClass.SCHEDULED), basis, swiss_rules())
    assert {option.window.earliest.date() for option in given.options} == {at(24 * 9).date()}


def test_a_class_that_is_not_offered_names_those_that_are() -> None:
    only_express = _only(ServiceClass.EXPRESS)
    given = answer(a_request(service_class=ServiceClass.SAME_DAY), only_express, swiss_rules())
    (_, why), *_ = given.refusals
    assert isinstance(why, ServiceClassNotOffered)
    assert why.offered == ["express"]


def test_nobody_is_told_about_classes_that_are_never_offered() -> None:
    given = answer(a_request(), _only(ServiceClass.EXPRESS), swiss_rules())
    assert classes(given) == {ServiceClass.EXPRESS}
    assert given.refusals == ()


@pytest.mark.parametrize(
    ("service_class", "window", "fits"),
    [
        (ServiceClass.EXPRESS, Window(at(2), at(4)), "same_day"),
        (ServiceClass.SAME_DAY, Window(at(24), at(26)), "scheduled"),
        (ServiceClass.SCHEDULED, Window(at(2), at(4)), "same_day"),
    ],
)
def test_a_window_of_another_class_is_refused_with_the_class_it_fits(
    service_class: ServiceClass, window: Window, fits: str
) -> None:
    given = answer(a_request(service_class=service_class, window=window), a_basis(), swiss_rules())
    (_, why), *_ = given.refusals
    assert isinstance(why, WindowDoesNotFitClass)
    assert why.fits == fits


def test_a_ready_time_beyond_the_horizon_is_refused() -> None:
    given = answer(a_request(ready_at=at(24 * 14 + 1)), a_basis(), swiss_rules())
    assert given.options == ()
    assert {type(why) for _, why in given.refusals} == {BeyondHorizon}


def test_one_reason_for_all_is_the_refusal_itself() -> None:
    given = answer(a_request(ready_at=at(24 * 14 + 1)), a_basis(), swiss_rules())
    with pytest.raises(BeyondHorizon):
        require_something(given)


def test_several_reasons_are_told_class_by_class() -> None:
    # An hour before the market closes, and the next courier is more than an hour away.
    basis = a_basis(
        now=at(9.2),
        wait=Wait(Seconds(4_200), "measured"),
        store_openings=(opening(at(0), 40),),
        market_openings=(opening(at(0), 11),),
    )
    given = answer(a_request(), basis, swiss_rules())
    with pytest.raises(NothingToOffer) as refused:
        require_something(given)
    assert {refusal["service_class"]: refusal["code"] for refusal in refused.value.refusals} == {
        "express": "express-too-slow",
        "same_day": "no-window-left",
        "scheduled": "no-window-left",
    }


@pytest.mark.parametrize(
    "request_",
    [
        a_request(),
        a_request(ready_at=at(2)),
        a_request(service_class=ServiceClass.EXPRESS, parcel=Parcel(Grams(9_000), ParcelSize.LARGE, ("age_check",))),
        a_request(window=Window(at(3), at(5)), place=DOOR),
    ],
)
def test_a_quote_can_be_computed_again_from_what_is_stored(request_: QuoteRequest) -> None:
    basis, rules = a_basis(), swiss_rules()
    stored_basis = codec.basis_from_json(codec.basis_to_json(basis))
    stored_request = codec.request_from_json(codec.request_to_json(request_))
    assert stored_basis == basis
    assert answer(stored_request, stored_basis, rules) == answer(request_, basis, rules)


def test_options_are_stored_without_loss() -> None:
    options = answer(a_request(), a_basis(), swiss_rules()).options
    assert tuple(codec.option_from_json(codec.option_to_json(option)) for option in options) == options


def _only(*offered: ServiceClass) -> Basis:
    basis = a_basis()
    return replace(basis, settings=replace(basis.settings, service_classes=offered))


def _refusal(check) -> type[Problem] | None:  # type: ignore[no-untyped-def]
    try:
        check()
    except Problem as problem:
        return type(problem)
    return None
