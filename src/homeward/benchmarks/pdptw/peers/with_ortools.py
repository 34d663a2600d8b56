"""OR-Tools routing: parallel cheapest insertion, then guided local search; a fixed cost puts vehicles first."""

import time
from importlib import import_module
from typing import Any

import numpy as np


def solve(task: dict[str, Any], seconds: float, seed: int) -> list[list[int]] | None:
    """Routes by node, or None if not even a first solution was found in time. It knows no seed."""
    began = time.process_time()
    pywrapcp: Any = import_module("ortools.constraint_solver.pywrapcp")
    enums: Any = import_module("ortools.constraint_solver.routing_enums_pb2")
    travel = np.array(task["travel"])
    count = len(travel)
    # No good plan needs more than half as many vehicles as requests, and each unused one slows the search.
    manager = pywrapcp.RoutingIndexManager(count, max(1, min(task["vehicles"], (len(task["pairs"]) + 1) // 2 + 2)), 0)
    routing = pywrapcp.RoutingModel(manager)
    cost = routing.RegisterTransitMatrix(travel.tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(cost)
    routing.SetFixedCostOfAllVehicles(int(travel.max(axis=1).sum()))
    _limit(task, manager, routing, travel)
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = enums.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = enums.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    # The only limit it has by itself is wall time; the monitor below stops it by core-seconds.
    parameters.time_limit.seconds = int(10 * seconds) + 60
    solver = routing.solver()
    routing.AddSearchMonitor(solver.CustomLimit(lambda: time.process_time() - began > seconds))
    found = routing.SolveWithParameters(parameters)
    return None if found is None else _routes(manager, routing, found)


def _limit(task: dict[str, Any], manager: Any, routing: Any, travel: Any) -> None:
    """Windows, capacity, and pairs on one vehicle in order."""
    horizon = task["latest"][0]
    spent = routing.RegisterTransitMatrix((travel + np.array(task["service"])[:, None]).tolist())
    routing.AddDimension(spent, horizon, horizon, False, "time")
    load = routing.RegisterUnaryTransitVector(task["demand"])
    routing.AddDimension(load, 0, task["capacity"], True, "load")
    clock = routing.GetDimensionOrDie("time")
    for node in range(1, len(travel)):
        clock.CumulVar(manager.NodeToIndex(node)).SetRange(task["earliest"][node], task["latest"][node])
    for v in range(routing.vehicles()):
        clock.CumulVar(routing.Start(v)).SetRange(task["earliest"][0], horizon)
        clock.CumulVar(routing.End(v)).SetRange(task["earliest"][0], horizon)
    for pair in task["pairs"]:
        pickup, delivery = (manager.NodeToIndex(node) for node in pair)
        routing.AddPickupAndDelivery(pickup, delivery)
        routing.solver().Add(routing.VehicleVar(pickup) == routing.VehicleVar(delivery))
        routing.solver().Add(clock.CumulVar(pickup) <= clock.CumulVar(delivery))


def _routes(manager: Any, routing: Any, found: Any) -> list[list[int]]:
    routes = []
    for v in range(routing.vehicles()):
        index, route = found.Value(routing.NextVar(routing.Start(v))), []
        while not routing.IsEnd(index):
            route.append(manager.IndexToNode(index))
            index = found.Value(routing.NextVar(index))
        if route:
            routes.append(route)
    return routes
