"""A sanity run on public instances: every plan keeps every rule. No figure is claimed here; benchmarks do that."""

from __future__ import annotations

import math
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from homeward.dispatch.engine import Problem, Request, Stop, Vehicle, plan
from tests.dispatch.engine.checker import complaints

SHARED = Path(os.environ.get("HOMEWARD_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")
ARCHIVE = SHARED / "pdptw" / "lilim_dev.zip"

# Distances count to a hundredth, so that whole numbers hold them.
HUNDREDTHS = 100
A_VEHICLE = 1_000_000


def read(name: str) -> Problem:
    """One instance: a line for the fleet, then one line per node, the depot first."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        lines = [[int(word) for word in line.split()] for line in archive.read(name).decode().splitlines() if line]
    (fleet, capacity, _), nodes = lines[0], lines[1:]
    distance = [
        [round(HUNDREDTHS * math.dist(here[1:3], there[1:3])) for there in nodes]
        for here in nodes
    ]  # fmt: skip
    matrix = np.array([distance], dtype=np.int64)

    def stop(node: list[int]) -> Stop:
        earliest, latest, service = (HUNDREDTHS * value for value in node[4:7])
        return Stop(node[0], service_s=service, earliest=earliest, hard_latest=latest)

    requests = tuple(
        Request(str(node[0]), pickup=stop(node), dropoff=stop(nodes[node[8]]), load=(node[3],), open_penalty=10**12)
        for node in nodes
        if node[8]
    )
    vehicles = tuple(
        Vehicle(
            str(v),
            start_place=0,
            end_place=0,
            capacity=(capacity,),
            hard_shift_end=HUNDREDTHS * nodes[0][5],
            cost_fixed=A_VEHICLE,
            cost_per_m=1,
        )
        for v in range(fleet)
    )
    return Problem(requests, vehicles, matrix, matrix)


@pytest.mark.skipif(not ARCHIVE.exists(), reason=f"needs the Li & Lim instances in {ARCHIVE}")
@pytest.mark.parametrize("name", ["100/lc101.txt", "100/lr103.txt", "100/lrc201.txt"])
def test_a_public_instance_is_served_in_full_and_by_the_rules(name: str) -> None:
    made = plan(read(name), iterations=3)
    assert complaints(read(name), made) == []
    assert made.unassigned == ()
