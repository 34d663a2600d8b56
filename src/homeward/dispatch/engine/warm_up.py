"""Compile every kernel now, so that no plan waits for it: `python -m homeward.dispatch.engine.warm_up [live|classic]`.

Set-up runs this once, both lanes side by side. The result stays on disk, so that later processes only load it.
"""

from __future__ import annotations

import sys
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.dispatch.engine import (
    LatenessCurve,
    Problem,
    Request,
    Stop,
    StopKey,
    StopKind,
    Vehicle,
    candidates,
    candidates_of_each,
    plan,
)

_PLACES = 6


def warm_up() -> None:
    """Solve a few small problems that between them reach every kernel."""
    for lane in LANES.values():
        lane()


def _warm_up_live() -> None:
    live = _live_problem()
    routes = plan(live, iterations=50).keys()
    plan(live, iterations=0, warm_start=[route[::-1] for route in routes], threads=2)
    candidates(live, 1)
    candidates_of_each(live, [2], routes)


def _warm_up_classic() -> None:
    # So many that its phases all get their turn.
    plan(_classic_problem(), iterations=20_000)


LANES: Final = {"live": _warm_up_live, "classic": _warm_up_classic}


def _matrix() -> npt.NDArray[np.int64]:
    steps = np.abs(np.arange(_PLACES)[:, None] - np.arange(_PLACES)[None, :])
    return np.asarray((steps * 60)[np.newaxis], dtype=np.int64)


def _live_problem() -> Problem:
    """A parcel on board, one too heavy for anybody, and some that come late."""
    late = LatenessCurve(((0, 2), (600, 6)))
    requests = [Request("aboard", Stop(1), None, (1,), bound_to=0, max_on_board_s=900, picked_up_at=0)]
    requests += [
        Request(f"r{r}", Stop(r % _PLACES, latest=60 * r, lateness=late), Stop(0), (1,), max_on_board_s=900)
        for r in range(8)
    ]
    requests.append(Request("heavy", Stop(2), Stop(1), (3,), open_penalty=1_000))
    vehicles = [
        Vehicle(
            f"v{v}",
            start_place=v,
            capacity=(3,),
            cost_per_s=1,
            max_stops=14,
            max_parcels_on_board=2,
            shift_end=300,
            overtime=late,
            lifo=v == 2,
            prefix=(StopKey(1, StopKind.PICKUP),) if v == 1 else (),
        )
        for v in range(3)
    ]
    matrix = _matrix()
    return Problem(tuple(requests), tuple(vehicles), np.stack([matrix, 2 * matrix]), matrix, periods=(200,))


def _classic_problem() -> Problem:
    """Identical vehicles from a hub and back, hard windows: what the classic lane solves."""
    requests = tuple(
        Request(f"r{r}", Stop(r % _PLACES, hard_latest=450), Stop((r + 2) % _PLACES, hard_latest=300), (1,))
        for r in range(8)
    )
    vehicles = tuple(
        Vehicle(
            f"v{v}",
            start_place=0,
            end_place=0,
            capacity=(2,),
            hard_shift_end=3_000,
            cost_fixed=100_000,
            cost_per_m=1,
        )
        for v in range(8)
    )
    return Problem(requests, vehicles, _matrix(), _matrix())


if __name__ == "__main__":
    for name in sys.argv[1:] or LANES:
        LANES[name]()
