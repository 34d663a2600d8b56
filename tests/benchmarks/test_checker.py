"""What the checker knows beyond times: stacking, pay by the piece, preferences, last pickups, hours of travel.

Each test spoils a plan in one way. Plans are made for a world without the rule and judged in the same world with it,
so that nothing here depends on how the engine keeps it. The older rules: tests/dispatch/engine/test_checker.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from homeward.benchmarks.checker import complaints, drive_s
from homeward.dispatch.engine import UNREACHABLE, CostTerms, PayModel, Plan, Problem, StopKey, StopKind, evaluate
from tests.dispatch.engine.worlds import MINUTE, a_problem, a_request, a_vehicle, dropoff_of, on_board, pickup_of

TWO = [a_request("d1"), a_request("d2", store=2, door=5)]
NESTED = (pickup_of(0), pickup_of(1), dropoff_of(1), dropoff_of(0))
CROSSED = (pickup_of(0), pickup_of(1), dropoff_of(0), dropoff_of(1))


def driven(problem: Problem, *routes: tuple[StopKey, ...]) -> Plan:
    return evaluate(problem, routes)


def with_vehicle(problem: Problem, **changes: Any) -> Problem:
    return replace(problem, vehicles=(replace(problem.vehicles[0], **changes), *problem.vehicles[1:]))


def dearer(plan: Plan, **terms: int) -> Plan:
    """The same plan with more on its first route and in its sum."""
    more = CostTerms(**terms)
    first = replace(plan.routes[0], costs=plan.routes[0].costs + more)
    return replace(plan, routes=(first, *plan.routes[1:]), costs=plan.costs + more)


def test_a_stack_may_be_emptied_from_its_top_only() -> None:
    plain = a_problem(TWO, [a_vehicle()])
    stacked = with_vehicle(plain, lifo=True)
    assert complaints(stacked, driven(plain, NESTED)) == []
    assert complaints(plain, driven(plain, CROSSED)) == []
    assert complaints(stacked, driven(plain, CROSSED)) == ["vehicle 0: d1 is handed over from under 1 others"]


def test_what_is_on_board_lies_under_what_is_loaded_now() -> None:
    plain = a_problem([on_board("b1"), a_request("d1", door=5)], [a_vehicle()])
    under = driven(plain, (pickup_of(1), dropoff_of(0), dropoff_of(1)))
    assert complaints(with_vehicle(plain, lifo=True), under) == ["vehicle 0: b1 is handed over from under 1 others"]


def test_pledged_parcels_come_off_in_any_order() -> None:
    plain = a_problem([on_board("b1", picked_up_at=-60), on_board("b2", picked_up_at=-30)], [a_vehicle()])
    assert complaints(with_vehicle(plain, lifo=True), driven(plain, (dropoff_of(0), dropoff_of(1)))) == []


@pytest.mark.parametrize(("guaranteed", "pay"), [(0, 400), (399, 1), (400, 0), (1_000, 0)])
def test_pay_by_the_piece_counts_beyond_the_guarantee(guaranteed: int, pay: int) -> None:
    plain = a_problem(TWO, [a_vehicle()])
    paid = with_vehicle(plain, pay=PayModel(200, guaranteed))
    plan = driven(plain, NESTED)
    assert complaints(paid, dearer(plan, pay=pay)) == []
    assert complaints(paid, dearer(plan, pay=pay + 1))


def test_a_preference_counts_on_its_vehicle_only() -> None:
    plain = a_problem(TWO, [a_vehicle(), a_vehicle("c2")])
    choosy = replace(plain, requests=(replace(TWO[0], vehicle_costs={0: -50, 1: 70}), TWO[1]))
    plan = driven(plain, NESTED, ())
    assert complaints(choosy, dearer(plan, preference=-50)) == []
    assert complaints(choosy, plan)


def test_a_pickup_after_the_last_one_is_found_and_a_dropoff_after_it_is_not() -> None:
    plain = a_problem(TWO, [a_vehicle()])
    plan = driven(plain, NESTED)
    last = next(stop.start for stop in plan.routes[0].stops if stop.key == pickup_of(1))
    assert complaints(with_vehicle(plain, last_pickup_at=last), plan) == []
    assert len(complaints(with_vehicle(plain, last_pickup_at=last - 1), plan)) == 1


def by_hours(first_s: int, second_s: int, *, changes_at: int) -> Problem:
    """Three places; every way takes `first_s` until the hour changes, then `second_s`."""
    away = 1 - np.eye(3, dtype=np.int64)
    ways = np.array([[away * first_s], [away * second_s]])
    request = a_request(store=1, door=2)
    return Problem((request,), (a_vehicle(),), ways, ways[0], periods=(changes_at,))


@pytest.mark.parametrize(
    ("leave_at", "seconds"),
    [
        (0, 100),  # there before the hour changes
        (900, 100),  # there just when it changes
        (950, 150),  # half the way, then the other half at twice the time
        (999, 199),
        (1_000, 200),  # leaves when it changes
        (5_000, 200),
    ],
)
def test_who_is_on_the_road_when_the_hour_changes_drives_the_rest_at_the_new_pace(leave_at: int, seconds: int) -> None:
    assert drive_s(by_hours(100, 200, changes_at=1_000), 0, 0, 1, leave_at) == seconds


def test_the_rest_of_a_way_is_rounded_up() -> None:
    # 50 of 100 are left, and a whole way takes 33 now: 16.5 more.
    assert drive_s(by_hours(100, 33, changes_at=1_000), 0, 0, 1, 950) == 50 + 17


def test_a_way_that_is_closed_in_one_period_is_closed() -> None:
    assert drive_s(by_hours(100, UNREACHABLE, changes_at=1_000), 0, 0, 1, 0) == UNREACHABLE


def test_travel_times_of_the_wrong_hour_are_found() -> None:
    always = a_problem([a_request(store=1, door=2)], [a_vehicle()], places=3)
    slower = np.array([always.travel_s, always.travel_s * 2])
    plan = driven(always, (StopKey(0, StopKind.PICKUP), StopKey(0, StopKind.DROPOFF)))
    after = replace(always, travel_s=slower, periods=(100 * MINUTE,))
    during = replace(always, travel_s=slower, periods=(MINUTE + 30,))
    assert complaints(after, plan) == []
    assert complaints(during, plan)
