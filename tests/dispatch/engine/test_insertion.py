"""The question that the search asks most: what one request would add to one route, if less than a bound."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from homeward.dispatch.engine import Problem
from homeward.dispatch.engine.kernels.insertion import learn
from homeward.dispatch.engine.kernels.state import FORBIDDEN
from homeward.dispatch.engine.search import Search
from tests.dispatch.engine.strategies import problems
from tests.dispatch.engine.worlds import a_problem, a_request, a_vehicle


def asked(search: Search, below: int) -> int:
    return int(learn(search.tables, search.state, 0, 0, below, False))


def test_what_is_not_below_the_bound_is_asked_anew_with_a_higher_one() -> None:
    search = Search(a_problem([a_request(store=1, door=3)], [a_vehicle(cost_per_m=1)]))
    adds = 3 * 60 + 3 * 500  # from place 0 to the door at place 3
    assert asked(search, adds) >= adds
    assert asked(search, adds - 100) >= adds - 100
    assert asked(search, adds + 1) == adds
    assert asked(search, FORBIDDEN) == adds


def test_what_is_impossible_is_so_below_every_bound() -> None:
    search = Search(a_problem([a_request(load=(20_000,))], [a_vehicle()]))
    assert asked(search, 5) >= 5
    assert asked(search, FORBIDDEN) >= FORBIDDEN


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems(), st.integers(-2_000, 20_000), st.data())
def test_a_bound_hides_nothing_that_is_below_it(problem: Problem, below: int, data: st.DataObject) -> None:
    assume(problem.requests and problem.vehicles)
    search = Search(problem)
    search.insert_pledged()
    assume(search.open)
    r, v = data.draw(st.sampled_from(search.open)), data.draw(st.integers(0, len(problem.vehicles) - 1))
    assume(search.tables.pair[r, v].allowed)
    hasty = int(learn(search.tables, search.state, r, v, below, False))
    search.state.best["known"][r, v] = -1
    bounded = int(learn(search.tables, search.state, r, v, below, True))
    search.state.best["known"][r, v] = -1
    whole = search.added(r, v)
    assert bounded == whole if whole < below else bounded >= below
    assert hasty >= min(whole, below)  # shortcuts may overlook the best place, but never promise a better one
