from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from homeward.dispatch.engine import UNREACHABLE, LatenessCurve, Stop
from tests.dispatch.engine.worlds import a_problem, a_request, a_vehicle, dropoff_of, on_board, pickup_of


@pytest.mark.parametrize(("late_s", "cost"), [(-5, 0), (0, 0), (1, 2), (600, 1_200), (601, 1_206), (700, 1_800)])
def test_a_curve_charges_each_second_at_its_own_rate(late_s: int, cost: int) -> None:
    assert LatenessCurve(((0, 2), (600, 6))).cost(late_s) == cost


def test_a_curve_may_give_grace_or_flatten() -> None:
    assert LatenessCurve(((60, 2),)).cost(60) == 0
    assert LatenessCurve(((0, 5), (10, 1))).cost(20) == 60
    assert LatenessCurve().cost(10_000) == 0


@pytest.mark.parametrize("pieces", [((0, 1), (0, 2)), ((10, 1), (5, 2)), ((-1, 1),), ((0, -1),)])
def test_a_curve_must_rise_from_zero(pieces: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match=r"pieces must|must not pay"):
        LatenessCurve(pieces)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"door": 12}, "place outside"),
        ({"load": (1, 2)}, "one number >= 0 per dimension"),
        ({"load": (-1,)}, "one number >= 0 per dimension"),
        ({"pickup": Stop(1, service_s=-1)}, "negative service"),
        ({"priority": 0}, "priority must be"),
        ({"bound_to": 1}, "does not exist"),
        ({"pickup": None}, "of no vehicle"),
        ({"pickup": None, "bound_to": 0, "max_on_board_s": 60}, "needs picked_up_at"),
    ],
)
def test_a_request_that_does_not_fit_the_problem_is_an_error(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        a_problem([a_request(**changes)], [a_vehicle()])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"profile": 1}, "profile or place"),
        ({"at": -1}, "profile or place"),
        ({"capacity": (1, 2)}, "one number per dimension"),
        ({"cost_per_m": -1}, "negative cost"),
        ({"prefix": (dropoff_of(0),)}, "without picking it up"),
        ({"prefix": (pickup_of(0), pickup_of(0))}, "twice"),
        ({"prefix": (dropoff_of(1), dropoff_of(1))}, "twice"),
        ({"prefix": (pickup_of(2),)}, "belongs to another vehicle"),
    ],
)
def test_a_vehicle_that_does_not_fit_the_problem_is_an_error(changes: dict[str, Any], message: str) -> None:
    requests = [a_request("d1"), on_board("b1"), a_request("theirs", bound_to=1)]
    with pytest.raises(ValueError, match=message):
        a_problem(requests, [a_vehicle(**changes), a_vehicle("c2")])


def test_a_prefix_that_no_road_serves_is_an_error() -> None:
    travel_s = np.full((1, 12, 12), UNREACHABLE)
    with pytest.raises(ValueError, match="no road to d1"):
        a_problem([a_request("d1")], [a_vehicle(prefix=(pickup_of(0),))], travel_s=travel_s)


def test_matrices_must_be_whole_numbers_of_one_shape() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        a_problem([], [], travel_s=np.zeros((1, 12, 12)))
    with pytest.raises(ValueError, match="profiles, places, places"):
        a_problem([], [], travel_s=np.zeros((1, 12, 11), dtype=np.int64))
    with pytest.raises(ValueError, match=">= 0"):
        a_problem([], [], travel_s=np.full((1, 12, 12), -1))


def test_a_problem_cannot_be_changed_not_even_through_the_callers_matrix() -> None:
    mine = np.zeros((1, 12, 12), dtype=np.int64)
    problem = a_problem([], [], travel_s=mine)
    with pytest.raises(ValueError, match="read-only"):
        problem.travel_s[0, 0, 1] = 5
    mine[0, 0, 1] = 5
    assert problem.travel_s[0, 0, 1] == 0


def test_tables_are_the_problems_own_unless_their_maker_has_frozen_them() -> None:
    ours = np.zeros((1, 12, 12), dtype=np.int32)
    copied = a_problem([], [], travel_s=ours)
    ours[:] = 7
    assert not copied.travel_s.any()
    ours.setflags(write=False)
    assert a_problem([], [], travel_s=ours).travel_s is ours
