from __future__ import annotations

import pytest

from homeward.dispatch.engine import CostTerms, Limit, Stop, candidates, evaluate, plan
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


def test_every_vehicle_answers_the_cheapest_first_and_the_refusing_last() -> None:
    asked = a_request(store=5, door=6, excluded_vehicles=frozenset({0}))
    problem = a_problem([asked], [a_vehicle("no", at=5), a_vehicle("far", at=0), a_vehicle("near", at=4)])
    answers = candidates(problem, 0)
    assert [answer.vehicle for answer in answers] == [2, 1, 0]
    assert [answer.refusal and answer.refusal.limit for answer in answers] == [None, None, Limit.EXCLUDED]


def test_an_insertion_tells_what_it_adds_and_when_it_arrives() -> None:
    dropoff = Stop(3, latest=2 * MINUTE, lateness=HARD_TO_LATE)
    problem = a_problem([on_board(door=5), a_request(dropoff=dropoff)], [a_vehicle(cost_per_m=1)])
    insertion = candidates(problem, 1)[0].insertion
    assert insertion is not None
    assert (insertion.pickup_position, insertion.dropoff_position) == (0, 1)
    assert (insertion.pickup_eta, insertion.dropoff_eta, insertion.late_s) == (60, 180, 60)
    assert insertion.added == CostTerms(lateness=600)  # it lies on the way: no second and no metre more
    assert insertion.delays_s == 0


def test_asked_against_a_plan_the_request_itself_is_taken_out_first() -> None:
    problem = a_problem([a_request("d1"), a_request("d2")], [a_vehicle("c1"), a_vehicle("c2", at=9)])
    made = plan(problem)
    routes = made.keys()
    answers = candidates(problem, 0, routes)
    alone = evaluate(problem, [tuple(key for key in route if key.request == 1) for route in routes])
    cheapest = answers[0].insertion
    assert cheapest is not None
    assert alone.costs.total - problem.requests[0].open_penalty + cheapest.added.total == made.costs.total


def test_a_promised_request_has_one_vehicle_and_adds_nothing() -> None:
    vehicle = a_vehicle(prefix=(pickup_of(0), dropoff_of(0)))
    answers = candidates(a_problem([a_request()], [vehicle, a_vehicle("c2")]), 0)
    assert answers[0].insertion is not None
    assert answers[0].insertion.added.total == 0
    assert answers[1].refusal is not None
    assert answers[1].refusal.limit is Limit.BOUND_ELSEWHERE


def test_a_parcel_on_board_has_no_pickup_to_come() -> None:
    insertion = candidates(a_problem([on_board(door=4)], [a_vehicle()]), 0)[0].insertion
    assert insertion is not None
    assert (insertion.pickup_position, insertion.pickup_eta, insertion.dropoff_eta) == (None, None, 4 * MINUTE)


def test_a_request_that_is_not_in_the_problem_is_an_error() -> None:
    with pytest.raises(ValueError, match="no request 1"):
        candidates(a_problem([a_request()], [a_vehicle()]), 1)


def test_the_best_liked_vehicle_refuses_what_it_cannot_do() -> None:
    asked = a_request(store=1, dropoff=Stop(9, hard_latest=2 * MINUTE), vehicle_costs={0: -1_000})
    problem = a_problem([asked], [a_vehicle()])
    (answer,) = candidates(problem, 0)
    assert answer.refusal is not None
    assert answer.refusal.limit is Limit.WINDOW
    assert [left.request for left in plan(problem).unassigned] == [0]
