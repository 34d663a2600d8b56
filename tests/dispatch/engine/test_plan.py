from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from homeward.dispatch.engine import UNREACHABLE, Limit, Stop, evaluate, plan
from tests.dispatch.engine.checker import complaints
from tests.dispatch.engine.worlds import (
    HARD_TO_LATE,
    MINUTE,
    a_problem,
    a_request,
    a_vehicle,
    dropoff_of,
    on_board,
    pickup_of,
)


def test_a_parcel_is_picked_up_and_then_dropped_off() -> None:
    made = plan(a_problem([a_request()], [a_vehicle()]))
    assert made.keys() == ((pickup_of(0), dropoff_of(0)),)
    assert [stop.arrival for stop in made.routes[0].stops] == [1 * MINUTE, 3 * MINUTE]


def test_nothing_to_do_costs_nothing() -> None:
    made = plan(a_problem([], [a_vehicle(cost_fixed=500)]))
    assert made.costs.total == 0
    assert made.routes[0].stops == ()


def test_without_vehicles_everything_stays_open() -> None:
    made = plan(a_problem([a_request(open_penalty=7, priority=3)], []))
    assert [unassigned.request for unassigned in made.unassigned] == [0]
    assert made.costs.by_name()["left_open"] == 21


def test_two_parcels_on_one_way_share_one_route() -> None:
    requests = [a_request("d1", store=1, door=4), a_request("d2", store=1, door=5)]
    made = plan(a_problem(requests, [a_vehicle("c1"), a_vehicle("c2")]))
    assert sorted(len(route.stops) for route in made.routes) == [0, 4]


def test_pickups_at_one_store_pay_its_set_up_once() -> None:
    store = Stop(1, setup_s=90, service_s=30)
    requests = [a_request("d1", door=4, pickup=store), a_request("d2", door=5, pickup=store)]
    made = plan(a_problem(requests, [a_vehicle()]))
    first, second = made.routes[0].stops[:2]
    assert (first.arrival, first.start, first.departure) == (60, 150, 180)
    assert (second.arrival, second.start, second.departure) == (180, 180, 210)


def test_a_courier_already_parked_at_the_store_pays_no_set_up_there() -> None:
    request = a_request(pickup=Stop(0, setup_s=90))
    waiting = plan(a_problem([request], [a_vehicle(parked=True, parking_s=60)]))
    passing = plan(a_problem([request], [a_vehicle(parking_s=60)]))
    assert waiting.routes[0].stops[0].start == 0
    assert passing.routes[0].stops[0].start == 150


def test_a_vehicle_waits_until_the_parcel_is_ready() -> None:
    made = plan(a_problem([a_request(ready_at=10 * MINUTE)], [a_vehicle()]))
    assert made.routes[0].stops[0].start == 10 * MINUTE
    assert made.routes[0].waiting_s == 9 * MINUTE


@pytest.mark.parametrize(("late_s", "cost"), [(-1, 0), (0, 0), (1, 10), (600, 6_000), (601, 6_050)])
def test_lateness_costs_what_its_curve_says(late_s: int, cost: int) -> None:
    dropoff = Stop(3, latest=3 * MINUTE - late_s, lateness=HARD_TO_LATE)
    made = plan(a_problem([a_request(dropoff=dropoff)], [a_vehicle()]))
    assert made.costs.lateness == cost
    assert made.routes[0].stops[1].late_s == max(0, late_s)


def test_priority_weighs_lateness() -> None:
    dropoff = Stop(3, latest=3 * MINUTE - 5, lateness=HARD_TO_LATE)
    made = plan(a_problem([a_request(dropoff=dropoff, priority=4)], [a_vehicle()]))
    assert made.costs.lateness == 4 * 50


def test_the_urgent_one_of_two_doors_comes_first() -> None:
    urgent = Stop(2, latest=3 * MINUTE, lateness=HARD_TO_LATE)
    requests = [a_request("calm", store=1, door=0), a_request("urgent", store=1, dropoff=urgent)]
    made = plan(a_problem(requests, [a_vehicle(at=1)]))
    order = [stop.key for stop in made.routes[0].stops]
    assert order.index(dropoff_of(1)) < order.index(dropoff_of(0))


def test_a_parcel_on_board_comes_off_its_own_vehicle() -> None:
    far, near = a_vehicle("far", at=0), a_vehicle("near", at=8)
    made = plan(a_problem([on_board(door=9, vehicle=0)], [far, near]))
    assert made.keys() == ((dropoff_of(0),), ())


def test_a_parcel_on_board_comes_off_even_after_every_limit() -> None:
    late = on_board(dropoff=Stop(5, hard_latest=MINUTE), max_on_board_s=2 * MINUTE, picked_up_at=-MINUTE)
    made = plan(a_problem([late], [a_vehicle(hard_shift_end=2 * MINUTE)], overrun_per_s=1))
    assert not made.unassigned
    # Five minutes away: 4 beyond its window, 4 too long on board, 3 beyond the shift.
    assert made.costs.overrun == (4 + 4 + 3) * MINUTE


def test_a_vehicle_beyond_its_hard_end_gets_nothing_new() -> None:
    requests = [on_board(door=5), a_request(store=0, door=1)]
    made = plan(a_problem(requests, [a_vehicle(hard_shift_end=2 * MINUTE)]))
    assert made.keys() == ((dropoff_of(0),),)
    assert made.unassigned[0].refusals[0].limit is Limit.SHIFT_END


def test_the_fixed_next_stop_stays_first() -> None:
    requests = [a_request("next", store=9, door=10), a_request("near", store=0, door=1)]
    made = plan(a_problem(requests, [a_vehicle(prefix=(pickup_of(0),))]))
    assert made.routes[0].stops[0].key == pickup_of(0)
    assert [stop.fixed for stop in made.routes[0].stops] == [True, False, False, False]


def test_a_request_bound_to_a_vehicle_stays_with_it() -> None:
    far, near = a_vehicle("far", at=9), a_vehicle("near", at=1)
    made = plan(a_problem([a_request(bound_to=0)], [far, near]))
    assert made.vehicle_of(0) == 0


def test_a_bound_request_that_no_longer_fits_is_left_open_with_the_reason() -> None:
    late = a_request(bound_to=0, dropoff=Stop(3, hard_latest=MINUTE))
    made = plan(a_problem([late], [a_vehicle("c1"), a_vehicle("c2")]))
    assert [refusal.limit for refusal in made.unassigned[0].refusals] == [Limit.WINDOW, Limit.BOUND_ELSEWHERE]


def test_an_order_dearer_than_leaving_it_open_stays_open() -> None:
    made = plan(a_problem([a_request(open_penalty=179)], [a_vehicle()]))
    refusal = made.unassigned[0].refusals[0]
    assert (refusal.limit, refusal.needed, refusal.allowed) == (Limit.COST, 180, 179)
    assert not plan(a_problem([a_request(open_penalty=181)], [a_vehicle()])).unassigned


def test_a_parcel_behind_a_broken_bridge_is_reported_even_if_on_board() -> None:
    problem = a_problem([on_board(door=3)], [a_vehicle()])
    travel_s = problem.travel_s.copy()
    travel_s[:, :, 3] = UNREACHABLE
    made = plan(replace(problem, travel_s=travel_s))
    assert made.unassigned[0].refusals[0].limit is Limit.UNREACHABLE
    assert made.costs.left_open == problem.pledged_penalty


def test_a_trip_goes_before_another_store_that_no_road_leads_to_from_its_own() -> None:
    problem = a_problem(
        [a_request(store=1, door=3), a_request("d2", store=2, dropoff=Stop(4, hard_latest=4 * MINUTE))], [a_vehicle()]
    )
    travel_s = problem.travel_s.copy()
    travel_s[0, 1, 2] = travel_s[0, 2, 1] = UNREACHABLE
    made = plan(replace(problem, travel_s=travel_s), iterations=0, warm_start=[(pickup_of(0), dropoff_of(0))])
    assert made.keys() == ((pickup_of(1), dropoff_of(1), pickup_of(0), dropoff_of(0)),)


def test_a_trip_goes_before_a_stop_that_only_a_way_round_reaches_in_time() -> None:
    last = a_request(store=1, door=3, pickup=Stop(1, hard_latest=7 * MINUTE))
    first = a_request("d2", store=2, dropoff=Stop(4, hard_latest=4 * MINUTE))
    problem = a_problem([last, first], [a_vehicle(max_parcels_on_board=1)])
    travel_s = problem.travel_s.copy()
    travel_s[0, 2, 1] = 90 * MINUTE
    made = plan(replace(problem, travel_s=travel_s), iterations=0, warm_start=[(pickup_of(0), dropoff_of(0))])
    assert made.unassigned == ()


def test_each_profile_drives_its_own_matrix() -> None:
    bicycle = a_problem([], [])
    travel_s = np.concatenate([bicycle.travel_s, bicycle.travel_s // 3])
    distance_m = np.concatenate([bicycle.distance_m, bicycle.distance_m])
    vehicles = [a_vehicle("bicycle", profile=0), a_vehicle("car", profile=1)]
    made = plan(a_problem([a_request()], vehicles, travel_s=travel_s, distance_m=distance_m))
    assert made.vehicle_of(0) == 1
    assert made.routes[1].ends_at == MINUTE


def test_the_way_home_counts() -> None:
    made = plan(a_problem([a_request()], [a_vehicle(end_place=0, cost_per_m=2)]))
    assert made.routes[0].ends_at == 6 * MINUTE
    assert made.costs.distance == 2 * made.routes[0].distance_m == 2 * 6 * 500


def test_overtime_is_a_cost_and_not_a_refusal() -> None:
    made = plan(a_problem([a_request()], [a_vehicle(shift_end=2 * MINUTE, overtime=HARD_TO_LATE)]))
    assert (made.routes[0].overtime_s, made.costs.overtime) == (60, 600)


def test_the_same_seed_gives_the_same_plan() -> None:
    requests = [a_request(f"d{k}", store=k % 3, door=(7 * k) % 12) for k in range(12)]
    problem = a_problem(requests, [a_vehicle("c1"), a_vehicle("c2", at=8)])
    assert plan(problem, seed=5) == plan(problem, seed=5)
    assert complaints(problem, plan(problem, seed=6)) == []


def test_improvement_mends_a_bad_order() -> None:
    requests = [a_request(f"d{k}", store=0, door=door) for k, door in enumerate((9, 1, 8, 2))]
    problem = a_problem(requests, [a_vehicle()])
    crossing = [tuple(key for r in range(4) for key in (pickup_of(r), dropoff_of(r)))]
    assert plan(problem, warm_start=crossing, iterations=100).costs.total == 9 * MINUTE
    assert evaluate(problem, crossing).costs.total > 9 * MINUTE
