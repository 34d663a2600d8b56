"""The checker is only worth something if it complains: each test spoils a good plan in one way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from homeward.dispatch.engine import CostTerms, Plan, Problem, Stop, evaluate, plan
from tests.dispatch.engine.checker import complaints
from tests.dispatch.engine.worlds import MINUTE, a_problem, a_request, a_vehicle, dropoff_of, on_board, pickup_of

WORLD = a_problem([a_request("d1"), a_request("d2", store=2, door=5)], [a_vehicle()])
TURN = (pickup_of(0), dropoff_of(0))


def with_first_stop(good: Plan, **changes: int) -> Plan:
    route = good.routes[0]
    stops = (replace(route.stops[0], **changes), *route.stops[1:])  # type: ignore[arg-type]
    return replace(good, routes=(replace(route, stops=stops),))


def test_a_good_plan_gives_no_complaint() -> None:
    assert complaints(WORLD, plan(WORLD)) == []


@pytest.mark.parametrize("field", ["arrival", "start", "departure", "late_s"])
def test_a_wrong_time_is_found(field: str) -> None:
    good = plan(WORLD)
    assert complaints(WORLD, with_first_stop(good, **{field: getattr(good.routes[0].stops[0], field) + 1}))


def test_a_wrong_cost_and_a_lost_request_are_found() -> None:
    good = plan(WORLD)
    assert complaints(WORLD, replace(good, costs=good.costs + CostTerms(time=1)))
    assert complaints(WORLD, replace(good, routes=(replace(good.routes[0], stops=good.routes[0].stops[:2]),)))


@pytest.mark.parametrize(
    "problem",
    [
        a_problem([a_request(load=(10_001,))], [a_vehicle()]),
        a_problem([a_request(dropoff=Stop(3, hard_latest=2 * MINUTE))], [a_vehicle()]),
        a_problem([a_request(max_on_board_s=MINUTE)], [a_vehicle()]),
        a_problem([a_request(required_skills=frozenset({"age-check"}))], [a_vehicle()]),
        a_problem([a_request(traits=frozenset({"alcohol"}))], [a_vehicle(refuses=frozenset({"alcohol"}))]),
        a_problem([a_request(excluded_vehicles=frozenset({0}))], [a_vehicle()]),
        a_problem([a_request()], [a_vehicle(hard_shift_end=2 * MINUTE)]),
        a_problem([a_request()], [a_vehicle(max_stops=1)]),
        a_problem([on_board(door=9), a_request()], [a_vehicle(max_parcels_on_board=1)]),
    ],
)
def test_a_broken_limit_is_found_even_when_the_plan_does_not_admit_it(problem: Problem) -> None:
    last = len(problem.requests) - 1
    route = (pickup_of(last), dropoff_of(last), *([dropoff_of(0)] if last else []))
    assert complaints(problem, replace(evaluate(problem, [route]), broken=()))
