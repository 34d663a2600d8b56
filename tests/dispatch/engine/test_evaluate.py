from __future__ import annotations

import pytest

from homeward.dispatch.engine import Limit, Refusal, Stop, StopKey, evaluate, plan
from tests.dispatch.engine.worlds import MINUTE, a_problem, a_request, a_vehicle, dropoff_of, on_board, pickup_of


def test_routes_of_a_plan_evaluate_to_the_same_plan() -> None:
    problem = a_problem([a_request("d1"), a_request("d2", store=5, door=2)], [a_vehicle(), a_vehicle("c2", at=6)])
    made = plan(problem)
    assert evaluate(problem, made.keys()) == made


def test_a_hand_made_route_is_told_which_limits_it_breaks() -> None:
    heavy = a_request("heavy", load=(11_000,), dropoff=Stop(3, hard_latest=MINUTE))
    problem = a_problem([heavy], [a_vehicle()])
    broken = evaluate(problem, [(pickup_of(0), dropoff_of(0))]).broken
    assert set(broken) == {
        Refusal(0, Limit.CAPACITY, "weight_g", 11_000, 10_000),
        Refusal(0, Limit.WINDOW, "heavy", 180, 60),
    }


def test_a_hand_made_route_is_told_whom_it_must_not_serve() -> None:
    problem = a_problem([a_request(bound_to=1)], [a_vehicle("c1"), a_vehicle("c2")])
    broken = evaluate(problem, [(pickup_of(0), dropoff_of(0)), ()]).broken
    assert broken == (Refusal(0, Limit.BOUND_ELSEWHERE, "c2"),)


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        ([()], "1 routes for 2 vehicles"),
        ([(), (pickup_of(1), dropoff_of(1))], "does not begin with its prefix"),
        ([(), (pickup_of(0), dropoff_of(1), pickup_of(1), dropoff_of(0))], "dropped off before its pickup"),
        ([(), (pickup_of(0), pickup_of(1), dropoff_of(0))], "never dropped off"),
        ([(pickup_of(1), dropoff_of(1)), (pickup_of(0), pickup_of(1), dropoff_of(1))], "served twice"),
        ([(dropoff_of(2),), (pickup_of(0),)], "pledged to another vehicle"),
        ([(), (pickup_of(0), pickup_of(2))], "on board already"),
    ],
)
def test_routes_that_cannot_be_driven_are_an_error(routes: list[tuple[StopKey, ...]], message: str) -> None:
    requests = [a_request("next"), a_request("free"), on_board("aboard", vehicle=1)]
    problem = a_problem(requests, [a_vehicle("c1"), a_vehicle("c2", prefix=(pickup_of(0),))])
    with pytest.raises(ValueError, match=message):
        evaluate(problem, routes)
