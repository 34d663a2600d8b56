"""A hub at the origin of a line and a grid of pairs around it, as a problem of the classic kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from homeward.dispatch.engine import Problem, Request, Stop, Vehicle

FIXED = 10_000_000


def a_classic_problem(
    pairs: int = 12, *, seed: int = 1, window: int = 400, capacity: int = 20, **vehicle: Any
) -> Problem:
    """Drawn pairs within 100 metres of the hub, one metre a second, windows so wide, a vehicle for each pair."""
    rng = np.random.default_rng(seed)
    points = np.vstack([[50, 50], rng.integers(0, 101, size=(2 * pairs, 2))]).astype(float)
    ways = np.ceil(np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))).astype(np.int64)
    requests = []
    for r in range(pairs):
        pickup, dropoff = 1 + 2 * r, 2 + 2 * r
        opens = int(ways[0, pickup] + rng.integers(0, 300))
        later = opens + 10 + int(ways[pickup, dropoff])
        requests.append(
            Request(
                id=f"r{r}",
                pickup=Stop(place=pickup, service_s=10, earliest=opens, hard_latest=opens + window),
                dropoff=Stop(place=dropoff, service_s=10, earliest=later, hard_latest=later + window),
                load=(int(rng.integers(1, 11)),),
                open_penalty=10 * FIXED,
            )
        )
    like = Vehicle(
        id="", start_place=0, end_place=0, hard_shift_end=2_000, capacity=(capacity,), cost_fixed=FIXED, cost_per_m=1
    )
    vehicles = tuple(replace(like, id=f"v{v}", **vehicle) for v in range(pairs))
    return Problem(tuple(requests), vehicles, ways[np.newaxis], ways[np.newaxis])
