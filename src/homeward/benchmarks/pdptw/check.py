"""An independent judge of a solution, written from the definition and in plain Python.

It shares no code with the engine, rounds nothing and forgives nothing but the last digits of double precision.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from homeward.benchmarks.pdptw.model import Instance

# Sums of square roots differ in their last digits with the order of adding. Windows are given in whole numbers, so a
# real lateness is nowhere near this.
SLACK: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a solution is worth: `faults` says in words what is wrong with it, and is empty for a feasible one."""

    vehicles: int
    cost: float
    faults: tuple[str, ...]

    @property
    def feasible(self) -> bool:
        return not self.faults


def check(instance: Instance, routes: Sequence[Sequence[int]]) -> Verdict:
    """Count the vehicles, add up the cost, and look for every broken rule.

    Every node but the depot is visited exactly once; a pickup and its delivery are on the same vehicle in that order;
    the load never exceeds the capacity; service starts inside the window, and waiting before it is free; a vehicle
    leaves the depot at its opening or later and is back when it closes. A route without stops is no vehicle.
    """
    driven = [route for route in routes if len(route) > 0]
    faults = [
        *_wrong_visits(instance, driven),
        *_wrong_pairs(instance, driven),
        *(fault for route in driven for fault in _wrong_on(instance, route)),
    ]
    return Verdict(len(driven), sum(route_cost(instance, route) for route in driven), tuple(faults))


def route_cost(instance: Instance, route: Sequence[int]) -> float:
    """Travel from the depot along the stops and back; nodes that do not exist are a fault, and passed over here."""
    stops = [0, *(node for node in route if 0 < node < len(instance.nodes)), 0]
    return float(sum(instance.travel[a, b] for a, b in pairwise(stops)))


def _wrong_visits(instance: Instance, routes: Sequence[Sequence[int]]) -> Iterator[str]:
    visits = [0] * len(instance.nodes)
    for route in routes:
        for node in route:
            if not 0 < node < len(instance.nodes):
                yield f"there is no node {node}"
            else:
                visits[node] += 1
    for node, times in enumerate(visits):
        if node > 0 and times != 1:
            yield f"node {node} is visited {times} times"


def _wrong_pairs(instance: Instance, routes: Sequence[Sequence[int]]) -> Iterator[str]:
    position = {node: (vehicle, index) for vehicle, route in enumerate(routes) for index, node in enumerate(route)}
    for pickup, delivery in instance.pairs:
        if pickup not in position or delivery not in position:
            continue  # told already as a node without a visit
        if position[pickup][0] != position[delivery][0]:
            yield f"nodes {pickup} and {delivery} are on different vehicles"
        elif position[pickup] > position[delivery]:
            yield f"node {delivery} is delivered before its pickup {pickup}"


def _wrong_on(instance: Instance, route: Sequence[int]) -> Iterator[str]:
    if any(not 0 < node < len(instance.nodes) for node in route):
        return  # told already
    depot = instance.nodes[0]
    clock, load, place = depot.earliest, 0.0, 0
    for node in route:
        stop = instance.nodes[node]
        arrival = clock + instance.travel[place, node]
        if arrival > stop.latest + SLACK:
            yield f"node {node} is reached at {arrival:.6f}, after {stop.latest:g}"
        clock = max(arrival, stop.earliest) + stop.service
        load += stop.demand
        if not -SLACK <= load <= instance.capacity + SLACK:
            yield f"the load after node {node} is {load:g} of {instance.capacity:g}"
        place = node
    back = clock + instance.travel[place, 0]
    if back > depot.latest + SLACK:
        yield f"the route of node {route[0]} is back at {back:.6f}, after {depot.latest:g}"
