"""Decisions from hand-made snapshots: who is asked, about what, and what waits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from homeward.dispatch import explain, packing, policy, problem_of
from homeward.dispatch.acceptance import AcceptanceModel
from homeward.dispatch.decide import decide, look
from homeward.dispatch.model import (
    Considered,
    CourierSeen,
    Inputs,
    OpenDelivery,
    Outcome,
    ProfileTable,
    Snapshot,
    StoreDemand,
    TravelTables,
)
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.fleets.couriers.model import VEHICLES, VehicleKind
from homeward.kit.places import LatLon, great_circle_m
from tests.dispatch.test_policy import NOON, SETTINGS, a_delivery, minutes, refs

STORE = LatLon(47.0, 9.0)
HOMES = {name: LatLon(47.0 + 0.01 * n, 9.0) for n, name in enumerate("abcd", start=1)}  # 1.1 km apart, to the north
EAST = LatLon(47.0, 9.03)


def an_order(name: str, **changes: Any) -> OpenDelivery:
    return a_delivery(name, **{"pickup": STORE, "dropoff": HOMES[name], **changes})


def a_car(name: str = "c1", place: LatLon = STORE, **changes: Any) -> CourierSeen:
    plain = CourierSeen(name, name, VehicleKind.CAR, place, 50_000, 300, 4, (), None, (), None)
    return replace(plain, **changes)


def inputs_for(deliveries: Sequence[OpenDelivery], couriers: Sequence[CourierSeen], **changes: Any) -> Inputs:
    """Straight roads at the speed of each vehicle."""
    snapshot = Snapshot("mkt", NOON, 1, SETTINGS, tuple(deliveries), tuple(couriers), **changes)
    stops = problem_of.snapshot_places(deliveries)
    stores = (store.place for store in snapshot.demand)
    ends = (courier.journey.to for courier in couriers if courier.journey)
    places = tuple(dict.fromkeys([*stops, *stores, *ends, *(courier.place for courier in couriers)]))
    metres = [[round(great_circle_m(a, b)) for b in places] for a in places]
    traits = {VEHICLES[courier.vehicle].profile: VEHICLES[courier.vehicle].speed_mps for courier in couriers}
    profiles = tuple(
        ProfileTable(profile.value, [[round(m / speed) for m in row] for row in metres], metres)
        for profile, speed in sorted(traits.items())
    )
    return Inputs(snapshot, TravelTables(places, profiles))


def ruling(outcome: Outcome, delivery_id: str) -> tuple[str, str]:
    found = next(one for one in outcome.considered if one.delivery_id == delivery_id)
    return found.outcome, found.rule


def test_the_nearest_courier_is_asked_and_the_reason_is_cost() -> None:
    outcome = decide(inputs_for([an_order("a")], [a_car("far", EAST), a_car("near")]))
    assert [offer.courier_id for offer in outcome.offers] == ["near"]
    assert ruling(outcome, "a") == ("offered", "cheapest")


@pytest.mark.parametrize(("ready_s", "asked"), [(0, True), (344, True), (345, True), (346, False), (3_000, False)])
def test_a_courier_is_asked_three_minutes_before_they_must_leave_and_not_earlier(ready_s: int, asked: bool) -> None:
    # At the store already, coming in takes 165 s with parking; a minute to decide and two to get going make 180 s.
    outcome = decide(inputs_for([an_order("a", ready_at=NOON + timedelta(seconds=ready_s))], [a_car()]))
    assert bool(outcome.offers) is asked
    assert ruling(outcome, "a")[1] == ("only_one" if asked else "not_yet")


def test_parcels_of_one_store_in_one_direction_go_together() -> None:
    outcome = decide(inputs_for([an_order("a"), an_order("b")], [a_car("c1"), a_car("c2", EAST)]))
    assert [sorted(offer.delivery_ids) for offer in outcome.offers] == [["a", "b"]]
    assert outcome.offers[0].route == refs("Pa Pb Da Db") or outcome.offers[0].route == refs("Pb Pa Da Db")
    assert ruling(outcome, "a") == ("offered", "one_trip")


def test_no_more_is_offered_than_the_courier_may_have_at_once() -> None:
    deliveries = [an_order(name) for name in "abcd"]
    outcome = decide(inputs_for(deliveries, [a_car(max_deliveries=2)]))
    assert len(outcome.offers[0].delivery_ids) == 2
    assert {rule for one, rule in (ruling(outcome, name) for name in "abcd") if one == "waits"} == {"after_this_trip"}


@pytest.mark.parametrize("hours", [1, 9, 48, 500])
def test_what_is_already_late_is_asked_about_however_late_it_is(hours: int) -> None:
    long_ago = NOON - timedelta(hours=hours)
    late = an_order("a", ready_at=long_ago, window_earliest=long_ago, promised_by=long_ago + timedelta(minutes=55))
    outcome = decide(inputs_for([late], [a_car()]))
    assert ruling(outcome, "a") == ("offered", "only_one")


def test_who_said_no_is_not_asked_again() -> None:
    outcome = decide(inputs_for([an_order("a", refused_by=("near",))], [a_car("far", EAST), a_car("near")]))
    assert [offer.courier_id for offer in outcome.offers] == ["far"]
    limits = {r.courier_id: r.limit for r in outcome.considered[0].rulings}
    assert limits == {"far": None, "near": "said_no"}


@pytest.mark.parametrize("closed", ["out_of_contact", "shift_over", "asked_about_another", "suspended"])
def test_who_is_closed_to_offers_is_named_with_the_reason(closed: str) -> None:
    outcome = decide(inputs_for([an_order("a")], [a_car(closed=closed)]))
    assert outcome.offers == ()
    assert ruling(outcome, "a") == ("waits", "nobody_can")
    assert outcome.considered[0].rulings[0].limit == closed


def test_the_stop_a_courier_is_heading_to_stays_the_next_one() -> None:
    carried = an_order("d", state="to_dropoff", courier_id="c1", leg_id="l", picked_up_at=minutes(-5))
    courier = a_car(place=LatLon(47.001, 9.0), route=refs("Dd"))
    outcome = decide(inputs_for([carried, an_order("a")], [courier]))
    for offer in outcome.offers:
        assert offer.route[0] == refs("Dd")[0]
    assert outcome.etas["d"] > NOON


def test_a_courier_far_from_done_is_planned_but_not_asked_yet() -> None:
    away = LatLon(47.3, 9.0)  # an hour there and back
    carried = an_order("d", dropoff=away, state="to_dropoff", courier_id="c1", leg_id="l", picked_up_at=minutes(-5))
    courier = a_car(place=LatLon(47.2, 9.0), route=refs("Dd"))
    outcome = decide(inputs_for([carried, an_order("a")], [courier]))
    assert outcome.offers == ()
    assert ruling(outcome, "a") == ("waits", "courier_busy")


def test_promised_stops_are_put_in_a_better_order_after_the_next_one() -> None:
    on_board = {"state": "picked_up", "courier_id": "c1", "leg_id": "l", "picked_up_at": minutes(-5)}
    deliveries = [an_order(name, **on_board) for name in "abd"]
    outcome = decide(inputs_for(deliveries, [a_car(route=refs("Da Dd Db"))]))
    assert outcome.resequenced == {"c1": refs("Da Db Dd")}
    assert outcome.etas["a"] < outcome.etas["b"] < outcome.etas["d"]


def test_an_order_that_is_good_stays() -> None:
    on_board = {"state": "picked_up", "courier_id": "c1", "leg_id": "l", "picked_up_at": minutes(-5)}
    deliveries = [an_order(name, **on_board) for name in "abd"]
    assert decide(inputs_for(deliveries, [a_car(route=refs("Da Db Dd"))])).resequenced == {}


def test_a_return_goes_to_the_store_and_has_no_estimate_for_the_shopper() -> None:
    back = an_order("a", state="returning", courier_id="c1", leg_id="l", going_back=True, picked_up_at=minutes(-20))
    outcome = decide(inputs_for([back], [a_car(place=HOMES["a"], route=refs("Ra"))]))
    assert outcome.etas == {}
    assert [stop.ref for stop in outcome.arrivals["c1"]] == list(refs("Ra"))


def test_a_shoppers_minute_weighs_less_in_a_booked_window_than_in_express() -> None:
    waiting = {}
    for service_class in ("express", "same_day"):
        order = an_order("a", service_class=service_class, promised_by=minutes(180))
        outcome = decide(inputs_for([order], [a_car(place=EAST)]))
        waiting[service_class] = outcome.considered[0].rulings[0].terms["lateness"]
    assert waiting["express"] == 10 * waiting["same_day"]


def test_only_what_is_new_is_told_again() -> None:
    inputs = inputs_for([an_order("a", ready_at=minutes(60), promised_by=minutes(120))], [a_car()])
    first = decide(inputs)
    assert ruling(first, "a") == ("waits", "not_yet")
    said = {one.delivery_id: one.key for one in first.considered}
    again = decide(replace(inputs, snapshot=replace(inputs.snapshot, said=said)))
    assert again.considered == ()


def test_estimates_alone_agree_with_the_estimates_of_a_plan() -> None:
    on_board = {"state": "picked_up", "courier_id": "c1", "leg_id": "l", "picked_up_at": minutes(-5)}
    inputs = inputs_for([an_order(name, **on_board) for name in "ab"], [a_car(route=refs("Da Db"))])
    assert look(inputs).etas == decide(inputs).etas


def test_a_courier_off_the_map_still_gets_to_the_stop_they_are_heading_to() -> None:
    carried = an_order("a", state="to_dropoff", courier_id="c1", leg_id="l", picked_up_at=minutes(-5))
    inputs = inputs_for([carried], [a_car(place=EAST, route=refs("Da"))])
    gone = [replace(t, durations_s=[[-1] * len(row) for row in t.durations_s]) for t in inputs.tables.profiles]
    outcome = decide(replace(inputs, tables=replace(inputs.tables, profiles=tuple(gone))))
    assert outcome.etas["a"] > NOON


def test_without_couriers_everything_waits_and_says_so() -> None:
    outcome = decide(inputs_for([an_order("a")], []))
    assert ruling(outcome, "a") == ("waits", "nobody_on_duty")


def test_inputs_come_back_from_the_store_as_they_went_in() -> None:
    inputs = inputs_for([an_order(name) for name in "abcd"], [a_car("c1"), a_car("c2", EAST, vehicle=VehicleKind.FOOT)])
    unpacked = packing.unpack_inputs(packing.pack_inputs(inputs))
    assert unpacked == inputs
    assert packing.outcome_json(decide(unpacked)) == packing.outcome_json(decide(inputs))


# ── holding for a companion ──


def held(per_h: float, **changes: Any) -> tuple[str, str]:
    order = an_order("a", **{"service_class": "same_day", "promised_by": minutes(180), **changes})
    demand = (StoreDemand("sto", STORE, per_h),) if per_h else ()
    return ruling(decide(inputs_for([order], [a_car()], demand=demand)), "a")


@pytest.mark.parametrize(("per_h", "rule"), [(0, "only_one"), (0.05, "only_one"), (40, "batch_likely")])
def test_a_trip_is_held_while_a_companion_is_likely(per_h: float, rule: str) -> None:
    assert held(per_h)[1] == rule


def test_a_trip_is_never_held_when_its_promise_comes_close() -> None:
    assert held(40, promised_by=minutes(25)) == ("offered", "only_one")


@pytest.mark.parametrize(
    ("service_class", "ready_min", "rule"),
    [
        ("express", -4.9, "batch_likely"),
        ("express", -5, "only_one"),
        ("same_day", -44.9, "batch_likely"),
        ("same_day", -45, "only_one"),
    ],
)
def test_no_parcel_lies_ready_for_long_however_likely_company_is(
    service_class: str, ready_min: float, rule: str
) -> None:
    promised_by = minutes(60 if service_class == "express" else 180)
    lying = {"service_class": service_class, "ready_at": minutes(ready_min), "promised_by": promised_by}
    assert held(400, **lying)[1] == rule


def test_an_express_parcel_whose_minutes_are_dear_does_not_wait_for_company_that_is_only_possible() -> None:
    assert held(3, service_class="express", promised_by=minutes(60)) == ("offered", "only_one")


def test_what_a_rule_rests_on_is_kept_with_it() -> None:
    order = an_order("a", service_class="same_day", promised_by=minutes(180))
    outcome = decide(inputs_for([order], [a_car()], demand=(StoreDemand("sto", STORE, 40.0),)))
    found = outcome.considered[0]
    assert found.numbers["held_s"] == 120
    assert "Chance of a companion within 2 min" in explain.round_sentence(found.rule, "Ana", "", found.numbers)
    asked = decide(inputs_for([an_order("a")], [a_car()])).considered[0]
    assert asked.timing == "must_leave"
    assert explain.round_sentence(asked.rule, "Ana", asked.timing, asked.numbers).endswith("delay somebody.")


# ── late preparation ──


def kept_waiting(since_min: float) -> OpenDelivery:
    """A courier has stood at the store's counter for so long, for a parcel that should have been ready before."""
    facts = {"state": "at_pickup", "courier_id": "c1", "leg_id": "l", "ready_at": minutes(-40)}
    return an_order("d", **facts, at_store_since=minutes(-since_min))


def told_of(first: OpenDelivery, second: OpenDelivery) -> Considered:
    couriers = [a_car("c1", route=refs("Pd Dd")), a_car("c2")]
    considered = decide(inputs_for([first, second], couriers)).considered
    return next(one for one in considered if one.delivery_id == second.id)


@pytest.mark.parametrize(("since_min", "rule"), [(4.9, "offered"), (15, "waits")])
def test_who_would_fetch_from_a_store_that_keeps_another_waiting_is_asked_later(since_min: float, rule: str) -> None:
    due = an_order("a", ready_at=minutes(1), promised_by=minutes(90))
    assert told_of(kept_waiting(since_min), due).outcome == rule


def test_the_explanation_says_how_late_the_store_runs() -> None:
    due = told_of(kept_waiting(15), an_order("a", ready_at=minutes(1), promised_by=minutes(90)))
    assert due.numbers["store_late_s"] == 12 * 60
    sentence = explain.round_sentence(due.rule, "Ana", "", due.numbers)
    assert sentence.endswith("The store runs 12 min late.")


def test_another_stores_parcels_are_not_held_for_it() -> None:
    elsewhere = an_order("a", store_id="other", ready_at=minutes(1), promised_by=minutes(90))
    assert told_of(kept_waiting(15), elsewhere).outcome == "offered"


@pytest.mark.parametrize(
    ("stood_min", "ready_min", "late_s"),
    [(5, -40, None), (5.1, -40, 126), (15, -40, 720), (15, -6, 180), (15, 5, None), (90, -90, 1_800)],
)
def test_a_store_runs_late_by_what_a_courier_waits_beyond_the_usual(
    stood_min: float, ready_min: float, late_s: int | None
) -> None:
    waiting = replace(kept_waiting(stood_min), ready_at=minutes(ready_min))
    found = policy.late_stores([waiting], SETTINGS, DispatchPolicy().preparation, NOON)
    assert found.get("sto") == late_s


# ── new orders into running routes ──


def test_a_new_order_joins_a_running_route_and_what_is_done_and_next_stays() -> None:
    """At the door with a. A new parcel from a store just beyond goes to a door further on."""
    carried = an_order("a", state="at_dropoff", courier_id="c1", leg_id="l", picked_up_at=minutes(-5))
    on_the_way = an_order("d", pickup=HOMES["b"], promised_by=minutes(40))
    couriers = [a_car("c1", HOMES["a"], route=refs("Da")), a_car("c2", LatLon(46.9, 9))]
    outcome = decide(inputs_for([carried, on_the_way], couriers))
    assert [(offer.courier_id, offer.route) for offer in outcome.offers] == [("c1", refs("Da Pd Dd"))]


def test_an_undelivered_order_is_never_traded_for_another_figure() -> None:
    """However late it would be, and however likely a no, whoever can take it is asked."""
    hopeless = an_order("a", ready_at=minutes(-300), promised_by=minutes(-200))
    unwilling = AcceptanceModel(couriers={"c1": -8.0})
    inputs = replace(inputs_for([hopeless], [a_car("c1", EAST)]), acceptance=unwilling)
    assert [offer.courier_id for offer in decide(inputs).offers] == ["c1"]
