"""PyVRP: shipments with windows, iterated local search, and a fixed cost so high that vehicles come first."""

import time
from importlib import import_module
from typing import Any

import numpy as np


def solve(task: dict[str, Any], seconds: float, seed: int) -> list[list[int]] | None:
    """Routes by node, or None if it has only solutions that break limits."""
    began = time.process_time()
    pyvrp: Any = import_module("pyvrp")
    model, fixed = pyvrp.Model(), int(np.array(task["travel"]).max(axis=1).sum())
    places = [model.add_location(0, 0) for _ in task["demand"]]
    depot = model.add_depot(places[0], tw_early=task["earliest"][0], tw_late=task["latest"][0])
    model.add_vehicle_type(
        min(task["vehicles"], len(task["pairs"])), capacity=task["capacity"], start_depot=depot, end_depot=depot,
        fixed_cost=fixed, tw_early=task["earliest"][0], tw_late=task["latest"][0],
    )  # fmt: skip
    for pickup, delivery in task["pairs"]:
        model.add_shipment(
            places[pickup], places[delivery], amount=task["demand"][pickup],
            pickup_tw_early=task["earliest"][pickup], pickup_tw_late=task["latest"][pickup],
            pickup_service_duration=task["service"][pickup],
            delivery_tw_early=task["earliest"][delivery], delivery_tw_late=task["latest"][delivery],
            delivery_service_duration=task["service"][delivery],
        )  # fmt: skip
    for origin, row in enumerate(task["travel"]):
        for destination, way in enumerate(row):
            model.add_edge(places[origin], places[destination], distance=way, duration=way)

    def out_of_time(_best: float) -> bool:
        return time.process_time() - began > seconds

    found = model.solve(stop=out_of_time, seed=seed, collect_stats=False, display=False)
    return _routes(task, found.best) if found.is_feasible() else None


def _routes(task: dict[str, Any], best: Any) -> list[list[int]]:
    """Activities name the shipment they belong to; a pickup is the first end of its pair."""
    return [
        [
            task["pairs"][step.idx][0 if step.is_pickup() else 1]
            for step in route.schedule()
            if step.is_pickup() or step.is_delivery()
        ]
        for route in best.routes()
    ]
