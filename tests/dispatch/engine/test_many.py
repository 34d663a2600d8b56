"""Asking for many requests at once answers as asking for each alone."""

import pytest

from homeward.dispatch import engine
from homeward.dispatch.problem_of import build
from homeward.kit.places import LatLon
from tests.dispatch.test_decide import STORE, a_car, an_order, inputs_for


def test_all_at_once_answers_as_one_by_one() -> None:
    deliveries = [an_order(name) for name in "abcd"]
    couriers = [a_car("c1"), a_car("c2", LatLon(47.02, 9.01)), a_car("c3", STORE, capacity_g=100)]
    built = build(inputs_for(deliveries, couriers))
    routes = engine.plan(built.problem, seed=1).keys()
    together = engine.candidates_of_each(built.problem, built.free, routes)
    assert together == {r: engine.candidates(built.problem, r, routes) for r in built.free}


def test_pledged_requests_are_refused() -> None:
    carried = an_order("a", state="assigned", courier_id="c1", leg_id="l")
    built = build(inputs_for([carried], [a_car(route=carried.stops_left())]))
    with pytest.raises(ValueError, match="pledged"):
        engine.candidates_of_each(built.problem, [0], built.promised())
