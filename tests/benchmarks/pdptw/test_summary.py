"""Totals count vehicles first; a cost is compared only between plans with as many."""

from __future__ import annotations

from typing import Any

import pytest

from homeward.benchmarks.pdptw.summary import against_peers, by_size, compare


def a_row(**changes: Any) -> dict[str, Any]:
    row = {
        "instance": "lc101", "solver": "homeward", "seconds": 5.0, "vehicles": 10, "cost": 828.94,
        "best_vehicles": 10, "best_cost": 828.94, "feasible": True, "size_class": "Li & Lim 100",
    }  # fmt: skip
    return {**row, **changes}


def test_the_gap_is_taken_over_plans_with_the_best_known_vehicles_only() -> None:
    rows = [
        a_row(cost=100.0, best_cost=100.0),
        a_row(instance="b", cost=102.0, best_cost=100.0),
        a_row(instance="c", vehicles=11, cost=50.0, best_cost=100.0),
    ]
    (total,) = by_size(rows)
    assert total["gap_pct"] == pytest.approx(1.0)
    assert (total["vehicles"], total["best"], total["above_best"], total["at_best"]) == (31, 30, 1, 2)


def test_an_infeasible_plan_counts_for_nothing_but_is_counted() -> None:
    rows = [a_row(), a_row(instance="b", feasible=False, vehicles=3, cost=1.0)]
    (total,) = by_size(rows)
    assert (total["instances"], total["vehicles"], total["infeasible"]) == (2, 10, 1)


def test_instances_without_a_best_known_value_have_totals_all_the_same() -> None:
    (total,) = by_size([a_row(best_vehicles=None, best_cost=None)])
    assert (total["vehicles"], total["best"], total["gap_pct"]) == (10, None, None)


@pytest.mark.parametrize(
    ("ours", "theirs", "outcome"),
    [
        ({"vehicles": 9, "cost": 2000.0}, {"vehicles": 10, "cost": 1000.0}, 1),
        ({"cost": 900.0}, {"cost": 900.01}, 0),
        ({"cost": 900.0}, {"cost": 901.0}, 1),
        ({"cost": 902.0}, {"cost": 901.0}, -1),
        ({"vehicles": 99}, {"feasible": False, "vehicles": None, "cost": None}, 1),
        ({"feasible": False}, {"vehicles": 99}, -1),
    ],
)
def test_the_better_plan_has_fewer_vehicles_then_less_cost(
    ours: dict[str, Any], theirs: dict[str, Any], outcome: int
) -> None:
    assert compare(a_row(**ours), a_row(solver="vroom", **theirs)) == outcome


def test_a_peer_is_met_only_on_the_same_instance_with_the_same_seconds() -> None:
    rows = [
        a_row(),
        a_row(solver="vroom", cost=850.0),
        a_row(solver="vroom", cost=850.0, seconds=1.0),
        a_row(solver="vroom", instance="other"),
    ]
    per_class, overall = sorted(against_peers(rows), key=lambda row: row["class"])
    assert per_class["class"] == "Li & Lim 100"
    assert (overall["ahead"], overall["level"], overall["behind"]) == (1, 0, 0)
