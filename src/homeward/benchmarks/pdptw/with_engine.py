"""An instance as the engine's problem, and the engine's plan as routes of the instance."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.benchmarks.pdptw.model import Instance, Routes
from homeward.dispatch import engine

# Euclidean distances become whole numbers this much finer, rounded up: a plan that keeps its windows there keeps them
# in double precision too. What rounding adds to a cost is below one part in a hundred thousand.
FINE: Final = 1_000_000


def solve(instance: Instance, *, seconds: float, seed: int = 0, threads: int = 1) -> tuple[Routes, float]:
    """The engine's routes after that many core-seconds, and the core-seconds really used.

    Turning the instance into a problem is not counted; turning that into the engine's own tables is.
    """
    problem = problem_of(instance)
    began = time.thread_time()
    deadline = engine.Deadline(seconds, time.thread_time)
    plan = engine.plan(problem, seed=seed, iterations=None, deadline=deadline, threads=threads)
    return routes_of(instance, plan), time.thread_time() - began


def scale_of(instance: Instance, fine: int = FINE) -> int:
    return 1 if instance.whole else fine


def scaled_travel(instance: Instance, fine: int = FINE) -> npt.NDArray[np.int64]:
    """Travel in whole numbers, rounded up; exact products are left as they are."""
    scaled = instance.travel * scale_of(instance, fine)
    nearest = np.rint(scaled)
    exact = np.abs(scaled - nearest) < 1e-9 * np.maximum(1.0, nearest)
    return np.where(exact, nearest, np.ceil(scaled)).astype(np.int64)


def problem_of(instance: Instance) -> engine.Problem:
    """Identical vehicles from the depot and back, hard windows, cost by distance after a fixed cost above any tour."""
    travel = scaled_travel(instance)
    # No plan can drive more than every place's longest way, so one vehicle less is always worth it.
    fixed = int(travel.max(axis=1).sum()) * 2 + 1
    depot = instance.nodes[0]
    scale = scale_of(instance)
    vehicle = engine.Vehicle(
        id="0",
        start_place=0,
        end_place=0,
        start_at=math.ceil(depot.earliest * scale),
        hard_shift_end=math.floor(depot.latest * scale),
        capacity=(math.floor(instance.capacity),),
        cost_fixed=fixed,
        cost_per_m=1,
    )
    # One each can always carry what can be carried at all; a published fleet limit is far above every good plan.
    vehicles = tuple(replace(vehicle, id=str(v)) for v in range(len(instance.pairs)))
    requests = tuple(
        engine.Request(
            id=f"{pickup}-{delivery}",
            pickup=_stop(instance, pickup),
            dropoff=_stop(instance, delivery),
            load=(math.ceil(instance.nodes[pickup].demand),),
            open_penalty=10 * fixed,
        )
        for pickup, delivery in instance.pairs
    )
    matrix = travel[np.newaxis]
    return engine.Problem(requests, vehicles, matrix, matrix, dimensions=("load",))


def routes_of(instance: Instance, plan: engine.Plan) -> Routes:
    """Node numbers by vehicle; vehicles that stay at the depot are left out."""
    return tuple(
        tuple(instance.pairs[stop.key.request][stop.key.kind] for stop in route.stops)
        for route in plan.routes
        if route.stops
    )


def _stop(instance: Instance, node: int) -> engine.Stop:
    scale = scale_of(instance)
    told = instance.nodes[node]
    return engine.Stop(
        place=node,
        service_s=math.ceil(told.service * scale),
        earliest=math.ceil(told.earliest * scale),
        hard_latest=math.floor(told.latest * scale),
    )
