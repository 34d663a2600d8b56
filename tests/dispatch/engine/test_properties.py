from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from homeward.dispatch.engine import Limit, Plan, Problem, StopKey, StopKind, candidates, evaluate, plan
from tests.dispatch.engine.checker import complaints
from tests.dispatch.engine.strategies import problems

# Plans of small worlds take milliseconds, but the first one imports and warms up much of numpy.
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(problems(), st.integers(0, 9))
def test_every_plan_is_feasible_and_tells_the_truth_about_itself(problem: Problem, seed: int) -> None:
    assert complaints(problem, plan(problem, seed=seed, iterations=5)) == []


@SOME
@given(problems(), st.integers(0, 9))
def test_the_same_seed_always_gives_the_same_plan(problem: Problem, seed: int) -> None:
    assert plan(problem, seed=seed, iterations=5) == plan(problem, seed=seed, iterations=5)


@SOME
@given(problems(), st.integers(0, 9))
def test_a_warm_start_is_never_worse_than_its_input(problem: Problem, seed: int) -> None:
    first = plan(problem, seed=seed, iterations=0)
    again = plan(problem, seed=seed + 1, iterations=5, warm_start=first.keys())
    assert again.costs.total <= first.costs.total
    assert complaints(problem, again) == []


@SOME
@given(problems(), problems())
def test_a_warm_start_of_another_day_does_no_harm(problem: Problem, other: Problem) -> None:
    requests, vehicles = len(problem.requests), len(problem.vehicles)
    yesterday = plan(other, iterations=0).keys()
    old = [tuple(key for key in route if key.request < requests) for route in yesterday]
    routes = [*old, *[()] * vehicles][:vehicles]
    assert complaints(problem, plan(problem, iterations=2, warm_start=routes)) == []


@SOME
@given(problems())
def test_evaluating_a_plan_gives_the_plan_again(problem: Problem) -> None:
    made = plan(problem, iterations=2)
    again = evaluate(problem, made.keys())
    assert (again.routes, again.costs, again.broken) == (made.routes, made.costs, ())


@SOME
@given(problems(), st.data())
def test_the_best_insertion_is_the_best_of_all_positions(problem: Problem, data: st.DataObject) -> None:
    """Every position tried by hand and judged by the checker, against the scan that tries them all at once."""
    assume(problem.requests)
    asked = data.draw(st.integers(0, len(problem.requests) - 1))
    assume(asked not in problem.pledged_to)
    made = plan(problem, iterations=0)
    planned = made.keys()
    routes = [tuple(key for key in route if key.request != asked) for route in planned]
    without = evaluate(problem, routes)
    assume(not without.broken)  # without it a way can be longer: roads here are not a metric
    for answer in candidates(problem, asked, planned):
        costs = [
            tried.costs.total + open_cost(problem, asked) - without.costs.total
            for tried in insertions(problem, routes, asked, answer.vehicle)
            if judged_feasible(problem, tried)
        ]
        assert (answer.insertion.added.total if answer.insertion else None) == min(costs, default=None)


def open_cost(problem: Problem, request: int) -> int:
    return problem.requests[request].priority * problem.requests[request].open_penalty


def insertions(problem: Problem, routes: list[tuple[StopKey, ...]], request: int, v: int) -> list[Plan]:
    route = routes[v]
    positions = range(len(problem.vehicles[v].prefix), len(route) + 1)
    pickup, dropoff = StopKey(request, StopKind.PICKUP), StopKey(request, StopKind.DROPOFF)
    return [
        evaluate(problem, [*routes[:v], (*route[:i], pickup, *route[i:j], dropoff, *route[j:]), *routes[v + 1 :]])
        for i, j in combinations_with_replacement(positions, 2)
    ]


def judged_feasible(problem: Problem, tried: Plan) -> bool:
    """By the checker alone, which is shown the plan without the limits it admits to break."""
    reasons = complaints(problem, replace(tried, broken=()))
    return not [reason for reason in reasons if "without one reason per vehicle" not in reason]


@SOME
@given(problems())
def test_what_stays_open_could_not_have_been_added_for_less(problem: Problem) -> None:
    made = plan(problem, iterations=2)
    for unassigned in made.unassigned:
        answers = {answer.vehicle: answer for answer in candidates(problem, unassigned.request, made.keys())}
        for refusal in unassigned.refusals:
            insertion = answers[refusal.vehicle].insertion
            assert (insertion is not None) == (refusal.limit is Limit.COST)
            if insertion is not None:
                assert insertion.added.total == refusal.needed
                assert insertion.added.total >= open_cost(problem, unassigned.request) == refusal.allowed
