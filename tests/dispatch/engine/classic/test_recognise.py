"""The faster lane takes only what it can say in full; everything else goes the general way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from homeward.dispatch.engine import LatenessCurve, PayModel, Problem, Request, Vehicle
from homeward.dispatch.engine.classic.recognise import is_classic
from tests.dispatch.engine.classic.worlds import a_classic_problem


def with_first_vehicle(problem: Problem, **changes: object) -> Problem:
    first, *rest = problem.vehicles
    return replace(problem, vehicles=(replace(first, **changes), *rest))  # type: ignore[arg-type]


def with_all_vehicles(problem: Problem, **changes: object) -> Problem:
    return replace(problem, vehicles=tuple(replace(v, **changes) for v in problem.vehicles))  # type: ignore[arg-type]


def with_first_request(problem: Problem, change: Callable[[Request], Request]) -> Problem:
    first, *rest = problem.requests
    return replace(problem, requests=(change(first), *rest))


def with_pickup(request: Request, **changes: object) -> Request:
    assert request.pickup is not None
    return replace(request, pickup=replace(request.pickup, **changes))  # type: ignore[arg-type]


def test_like_vehicles_from_one_hub_with_hard_windows_are_the_classic_problem() -> None:
    assert is_classic(a_classic_problem())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: with_first_vehicle(p, capacity=(21,)),
        lambda p: with_all_vehicles(p, cost_per_s=1),
        lambda p: with_all_vehicles(p, cost_fixed=10),
        lambda p: with_all_vehicles(p, end_place=None),
        lambda p: with_all_vehicles(p, shift_end=500, overtime=LatenessCurve(((0, 1),))),
        lambda p: with_all_vehicles(p, max_stops=8),
        lambda p: with_all_vehicles(p, max_parcels_on_board=2),
        lambda p: with_all_vehicles(p, lifo=True),
        lambda p: with_all_vehicles(p, parking_s=5),
        lambda p: with_all_vehicles(p, last_pickup_at=900),
        lambda p: with_all_vehicles(p, pay=PayModel(per_request=3)),
        lambda p: with_first_request(p, lambda r: replace(r, open_penalty=5)),
        lambda p: with_first_request(p, lambda r: replace(r, max_on_board_s=300)),
        lambda p: with_first_request(p, lambda r: replace(r, bound_to=1)),
        lambda p: with_first_request(p, lambda r: replace(r, excluded_vehicles=frozenset({0}))),
        lambda p: with_first_request(p, lambda r: replace(r, required_skills=frozenset({"age"}))),
        lambda p: with_first_request(p, lambda r: replace(r, vehicle_costs={0: 5})),
        lambda p: with_first_request(p, lambda r: with_pickup(r, setup_s=30)),
        lambda p: with_first_request(p, lambda r: with_pickup(r, latest=100, lateness=LatenessCurve(((0, 1),)))),
        lambda p: with_first_request(p, lambda r: replace(r, pickup=None, bound_to=0)),
        lambda p: replace(p, travel_s=np.where(np.eye(25, k=1) > 0, 10**9, p.travel_s).astype(np.int64)),
        lambda p: replace(p, travel_s=np.stack([p.travel_s, p.travel_s]), periods=(600,)),
    ],
)  # fmt: skip
def test_one_thing_that_it_cannot_say_sends_a_problem_the_general_way(spoil: Callable[[Problem], Problem]) -> None:
    assert not is_classic(spoil(a_classic_problem()))


def test_skills_that_every_vehicle_has_do_no_harm() -> None:
    problem = with_all_vehicles(a_classic_problem(), skills=frozenset({"age"}))
    assert is_classic(with_first_request(problem, lambda r: replace(r, required_skills=frozenset({"age"}))))


def test_an_empty_market_is_not_classic() -> None:
    lonely = Problem(
        (), (Vehicle("v", 0, (1,)),), np.zeros((1, 1, 1), dtype=np.int64), np.zeros((1, 1, 1), dtype=np.int64)
    )
    assert not is_classic(lonely)
