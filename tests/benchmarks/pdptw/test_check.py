"""The judge finds every broken rule of the definition, and agrees with published solutions to the cent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from homeward.benchmarks.inputs import members
from homeward.benchmarks.pdptw.check import check
from homeward.benchmarks.pdptw.read import looks_like_instance, read_instance
from tests.benchmarks.pdptw.world import shared_data, the_cross, with_window


def test_a_plan_that_keeps_all_rules_has_its_vehicles_and_distance() -> None:
    verdict = check(the_cross(), [(1, 2), (3, 4)])
    assert verdict.faults == ()
    assert (verdict.vehicles, verdict.cost) == (2, 8.0)


def test_an_empty_route_is_no_vehicle() -> None:
    assert check(the_cross(), [(1, 2, 3, 4), ()]).vehicles == 1


@pytest.mark.parametrize(
    ("routes", "fault"),
    [
        ([(1, 2)], "node 3 is visited 0 times"),
        ([(1, 2, 3, 4), (3, 4)], "node 3 is visited 2 times"),
        ([(1, 3), (2, 4)], "on different vehicles"),
        ([(2, 1), (3, 4)], "before its pickup"),
        ([(1, 3, 2, 4)], "the load after node 3 is 12 of 10"),
        ([(1, 2), (3, 4, 9)], "there is no node 9"),
    ],
)
def test_a_broken_rule_is_told(routes: list[tuple[int, ...]], fault: str) -> None:
    assert any(fault in found for found in check(the_cross(), routes).faults)


@pytest.mark.parametrize(("latest", "kept"), [(4.0, True), (3.999, False)])
def test_service_starts_at_the_end_of_the_window_at_the_latest(latest: float, kept: bool) -> None:
    # Out at 0, at node 3 at 1, two of service, one more to node 4: there at 4.
    assert check(with_window(the_cross(), 4, 0, latest), [(1, 2), (3, 4)]).feasible is kept


@pytest.mark.parametrize(("closes", "kept"), [(12.0, True), (11.999, False)])
def test_waiting_is_free_but_the_depot_closes(closes: float, kept: bool) -> None:
    # At node 1 at 1, waits until 5, leaves at 7, at node 2 at 8, leaves at 10, home at 12.
    assert check(with_window(the_cross(), 0, 0, closes), [(1, 2), (3, 4)]).feasible is kept


@pytest.mark.parametrize(("capacity", "kept"), [(12.0, True), (11.0, False)])
def test_load_may_fill_the_vehicle_but_not_more(capacity: float, kept: bool) -> None:
    assert check(replace(the_cross(), capacity=capacity), [(1, 3, 2, 4)]).feasible is kept


def test_published_solutions_are_feasible_and_cost_what_was_published() -> None:
    instances = {
        found.name.lower(): found
        for archive in ("lilim_dev.zip", "sartori_buriol_dev.zip")
        for name, content in members(shared_data(archive))
        if looks_like_instance(content)
        for found in [read_instance(name, content)]
    }
    judged = 0
    for _, content in members(shared_data("checker_fixtures.zip")):
        lines = [line.split() for line in content.decode().splitlines()]
        told = {words[0]: words[1] for words in lines[:3]}
        routes = [tuple(int(node) for node in words[1:]) for words in lines if words[:1] == ["route"]]
        verdict = check(instances[told["instance"].lower()], routes)
        assert verdict.faults == ()
        assert verdict.vehicles == int(told["vehicles"])
        assert verdict.cost == pytest.approx(float(told["cost"]), abs=0.0051)
        judged += 1
    assert judged == 12
