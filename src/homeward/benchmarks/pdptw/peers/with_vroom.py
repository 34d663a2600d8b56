"""VROOM through pyvroom: shipments with windows, and a fixed cost so high that vehicles come first."""

from datetime import timedelta
from importlib import import_module
from typing import Any

# VROOM stops by itself at a local optimum, mostly long before any limit; its deepest search is the fair choice.
_EXPLORATION = 5


def solve(task: dict[str, Any], seconds: float, seed: int) -> list[list[int]] | None:
    """Routes by node, or None. VROOM knows no seed, and only wall time: twice the seconds, for a busy machine."""
    vroom: Any = import_module("vroom")
    numpy: Any = import_module("numpy")
    travel = numpy.asarray(task["travel"], dtype="uint32")
    model = vroom.Input()
    model.set_durations_matrix("car", travel)
    fixed = int(travel.max(axis=1).sum())
    window = vroom.TimeWindow(task["earliest"][0], task["latest"][0])
    for v in range(min(task["vehicles"], len(task["pairs"]))):
        costs = vroom.VehicleCosts(fixed=fixed)
        model.add_vehicle(
            vroom.Vehicle(v, start=0, end=0, capacity=[task["capacity"]], time_window=window, costs=costs)
        )
    for pickup, delivery in task["pairs"]:
        steps = [
            vroom.ShipmentStep(
                node, node, default_service=task["service"][node],
                time_windows=[vroom.TimeWindow(task["earliest"][node], task["latest"][node])],
            )
            for node in (pickup, delivery)
        ]  # fmt: skip
        model.add_shipment(*steps, amount=vroom.Amount([task["demand"][pickup]]))
    found = model.solve(_EXPLORATION, nb_threads=1, timeout=timedelta(seconds=2 * seconds))
    routes: dict[int, list[int]] = {}
    for step in found.routes.to_dict("records"):
        if step["type"] in ("pickup", "delivery"):
            routes.setdefault(int(step["vehicle_id"]), []).append(int(step["id"]))
    return list(routes.values())
