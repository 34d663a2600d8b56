"""Small worlds for the engine: places on a line, one minute and 500 metres from each to the next."""

from __future__ import annotations

from typing import Any

import numpy as np

from homeward.dispatch.engine import LatenessCurve, Problem, Request, Stop, StopKey, StopKind, Vehicle

MINUTE = 60
STEP_M = 500
HARD_TO_LATE = LatenessCurve(((0, 10), (10 * MINUTE, 50)))


def pickup_of(request: int) -> StopKey:
    return StopKey(request, StopKind.PICKUP)


def dropoff_of(request: int) -> StopKey:
    return StopKey(request, StopKind.DROPOFF)


def a_request(name: str = "d1", *, store: int = 1, door: int = 3, **changes: Any) -> Request:
    """One parcel of 1 kg from the store at place 1 to the door at place 3, no window, no service time."""
    pickup = changes.pop("pickup", Stop(store))
    dropoff = changes.pop("dropoff", Stop(door))
    return Request(name, dropoff=dropoff, pickup=pickup, **{"load": (1_000,), **changes})


def on_board(name: str = "b1", *, door: int = 3, vehicle: int = 0, **changes: Any) -> Request:
    """One parcel of 1 kg that a vehicle already carries."""
    return a_request(name, door=door, pickup=None, bound_to=vehicle, **changes)


def a_vehicle(name: str = "c1", *, at: int = 0, **changes: Any) -> Vehicle:
    """A courier at place 0, free now, 10 kg, costing 1 per second and nothing else."""
    return Vehicle(name, start_place=at, **{"capacity": (10_000,), "cost_per_s": 1, **changes})


def a_problem(requests: list[Request], vehicles: list[Vehicle], *, places: int = 12, **changes: Any) -> Problem:
    steps = np.abs(np.arange(places)[:, None] - np.arange(places)[None, :])
    matrices = {"travel_s": (steps * MINUTE)[None], "distance_m": (steps * STEP_M)[None]}
    return Problem(tuple(requests), tuple(vehicles), **{**matrices, **changes})
