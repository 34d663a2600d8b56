"""Factory cargo as plain values: factories with docks, orders of pallets, trucks, and what a decision sees and says.

Sizes are whole quarters of a pallet: the smallest item (a box) is one, a small pallet two, a pallet four. Times are
whole seconds since midnight of the first day. Source: the competition's public readme (MIT, Huawei Technologies).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

QUARTERS_PER_PALLET: Final = 4
# A quarter of a pallet per minute, in and out alike.
HANDLING_S_PER_QUARTER: Final = 60
DOCKING_S: Final = 1_800
DECIDE_EVERY_S: Final = 600
# An hour late costs as much as this many kilometres of every truck.
KM_PER_HOUR_LATE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Item:
    """The smallest thing that a truck takes: a pallet, a small pallet or a box of one order."""

    id: int
    order: int
    quarters: int


@dataclass(frozen=True, slots=True)
class Order:
    """Cargo that appears at `created_at` and should arrive by `promised_by`; places are indices of factories."""

    name: str
    pickup: int
    dropoff: int
    created_at: int
    promised_by: int
    items: tuple[Item, ...]
    quarters: int


@dataclass(frozen=True, slots=True)
class Truck:
    """One of the trucks of an instance, and the factory where it stands at midnight."""

    name: str
    quarters: int
    start: int


@dataclass(frozen=True, slots=True)
class Roads:
    """Docks and roads of the factories, which all instances share.

    Parameters
    ----------
    travel_s, metres
        Shape (factories, factories), row = from, column = to; not symmetric; the diagonal is 0.
    """

    factories: tuple[str, ...]
    docks: tuple[int, ...]
    travel_s: npt.NDArray[np.int64]
    metres: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Instance:
    name: str
    roads: Roads
    orders: tuple[Order, ...]
    trucks: tuple[Truck, ...]
    items: tuple[Item, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", tuple(item for order in self.orders for item in order.items))
        assert all(item.id == index for index, item in enumerate(self.items)), "items are numbered through"


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop at a dock: items are unloaded in this order, then items are loaded in this order."""

    factory: int
    unload: tuple[int, ...] = ()
    load: tuple[int, ...] = ()


Route = tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class TruckView:
    """What a decision knows of one truck.

    Parameters
    ----------
    place, free_at
        Where and when it can be told something new: the dock it will leave, the yard it stands in, or, under
        way, the factory it will reach.
    heading_to
        The factory of its next visit once that is fixed; its cargo there may still change.
    under_way
        True between two factories: then `place` is `heading_to`, and `free_at` the arrival there.
    stack
        Items on board when it leaves `place`, the last loaded last. Under way: items on board now.
    route
        What the last decision left it to do, beginning with the visit at `heading_to`.
    """

    place: int
    free_at: int
    heading_to: int | None
    under_way: bool
    stack: tuple[int, ...]
    route: Route


@dataclass(frozen=True, slots=True)
class View:
    """What a decision knows: nothing of it lies in the future, except what running visits and trips will take.

    Parameters
    ----------
    orders
        Orders created by now that have not wholly arrived, by number.
    waiting
        Items of them that no truck has begun to load (also if a truck is on its way to them).
    docks_free_at
        Per factory when its docks are free of all trucks that have arrived by now, in rising order; a factory
        that is missing has seen nobody yet.
    """

    now: int
    orders: Mapping[int, Order]
    waiting: frozenset[int]
    trucks: tuple[TruckView, ...]
    docks_free_at: Mapping[int, tuple[int, ...]]

    def items(self) -> dict[int, Item]:
        """Every item of the orders, by number."""
        return {item.id: item for order in self.orders.values() for item in order.items}


class Policy(Protocol):
    """Decides, every ten minutes, all that every truck does from now on."""

    def decide(self, view: View) -> Sequence[Route]: ...


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the instruction log: the whole route of every truck from `at` on."""

    at: int
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a day came to. `metres` and `late_s` are sums over all trucks and all orders."""

    metres: int
    late_s: int
    late_orders: int
    trucks: int
    visits: int
    ends_at: int

    @property
    def score(self) -> float:
        return self.metres / 1_000 / self.trucks + KM_PER_HOUR_LATE * self.late_s / 3_600
