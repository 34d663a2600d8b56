"""A town on a line: a minute is 100 metres. The grill stands at 0, the diner at 1,000."""

from dataclasses import replace
from typing import Any

from homeward.benchmarks.mdrp.instance import Courier, Instance, Order, Restaurant, Rules, Setting

RULES = Rules(metres_per_minute=100.0)
GRILL = Restaurant("grill", (0.0, 0.0))
DINER = Restaurant("diner", (1_000.0, 0.0))


def an_order(name: str = "o1", **changes: Any) -> Order:
    """Placed at minute 10 at the grill, ready at 20, to a door 500 metres away."""
    return replace(Order(name, (500.0, 0.0), 10, "grill", 20), **changes)


def a_courier(name: str = "ann", **changes: Any) -> Courier:
    """Stands at the grill from minute 0 until 120."""
    return replace(Courier(name, (0.0, 0.0), 0, 120), **changes)


def a_day(*orders: Order, couriers: tuple[Courier, ...] = (a_courier(),)) -> Instance:
    return Instance(
        "small", Setting((GRILL, DINER), couriers, RULES), tuple(sorted(orders, key=lambda o: (o.placed, o.id)))
    )
