"""Peers get the same instance in whole numbers; where they are installed, their plans pass our judge."""

from __future__ import annotations

import pytest

from homeward.benchmarks.pdptw import peers
from homeward.benchmarks.pdptw.check import check
from homeward.benchmarks.pdptw.read import read_instance
from tests.benchmarks.pdptw.world import SARTORI_BURIOL, the_cross


def test_a_task_holds_the_instance_in_thousandths_and_whole_minutes_as_they_are() -> None:
    task = peers.task_of(the_cross())
    assert task["travel"][0] == [0, 1000, 2000, 1000, 2000]
    assert (task["earliest"][1], task["latest"][1], task["service"][1]) == (5000, 20000, 2000)
    assert peers.task_of(read_instance("x", SARTORI_BURIOL))["travel"][1] == [2, 0, 1, 3, 4]


@pytest.mark.slow
@pytest.mark.parametrize("peer", peers.PEERS)
def test_a_peer_brings_a_plan_that_keeps_all_rules(peer: str) -> None:
    try:
        peers.require()
    except peers.PeersMissing:
        pytest.skip("the peers are not installed: make setup-bench")
    routes, core_s = peers.solve(peer, the_cross(), seconds=0.5, seed=1)
    assert routes is not None
    assert check(the_cross(), routes).feasible
    assert core_s > 0
