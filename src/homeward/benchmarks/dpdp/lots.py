"""What trucks are told to move: lots, each a whole order, or a truckload of an order too large for a truck."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from homeward.benchmarks.dpdp.model import Item, Order, Route, View, Visit


@dataclass(frozen=True, slots=True)
class Lot:
    """Items that travel together, in the order of loading. `id` is its first item's."""

    items: tuple[int, ...]
    order: Order
    quarters: int

    @property
    def id(self) -> int:
        return self.items[0]


class Call(NamedTuple):
    """One thing done at a dock: a lot comes on board or goes off."""

    lot: Lot
    loads: bool

    @property
    def place(self) -> int:
        return self.lot.order.pickup if self.loads else self.lot.order.dropoff


Calls = tuple[Call, ...]


def lots_of(order: Order, room: int) -> tuple[Lot, ...]:
    """One lot, or as few truckloads as possible, as like in size as the items allow: they load at the same time."""
    at_least = -(-order.quarters // room)
    share = order.quarters / at_least
    loads: list[list[Item]] = [[]]
    for item in order.items:
        filled = sum(other.quarters for other in loads[-1])
        if filled >= share or filled + item.quarters > room:
            loads.append([])
        loads[-1].append(item)
    return tuple(Lot(tuple(item.id for item in load), order, sum(item.quarters for item in load)) for load in loads)


class Lots:
    """All lots of a view, found by any of their items."""

    def __init__(self, view: View, room: int) -> None:
        self._of_item = {
            item: lot for order in view.orders.values() for lot in lots_of(order, room) for item in lot.items
        }
        self.waiting = tuple(
            sorted(
                {self._of_item[item].id: self._of_item[item] for item in view.waiting}.values(),
                key=lambda lot: (lot.order.created_at, lot.id),
            )
        )

    def of(self, items: Iterable[int]) -> tuple[Lot, ...]:
        """The lots of these items, each once, in the order in which they are met first."""
        met = [self._of_item[item] for item in items]
        return tuple({lot.id: lot for lot in met}.values())

    def calls(self, route: Route) -> Calls:
        """A route as single calls, unloading before loading at each visit."""
        return tuple(
            Call(lot, loads)
            for visit in route
            for items, loads in ((visit.unload, False), (visit.load, True))
            for lot in self.of(items)
        )


def visits_of(calls: Sequence[Call], first_at: int | None = None) -> Route:
    """Calls as visits: neighbours at one factory share a dock. `first_at` is visited even if nothing is done there."""
    visits: list[Visit] = []
    if first_at is not None and (not calls or calls[0].place != first_at):
        visits.append(Visit(first_at))
    for call in calls:
        items = call.lot.items if call.loads else call.lot.items[::-1]
        # Unloading comes first at a dock; what was just loaded never has to go before (last in, first out).
        shares = bool(visits) and visits[-1].factory == call.place and (call.loads or not visits[-1].load)
        begun = visits.pop() if shares else Visit(call.place)
        unload, load = (begun.unload, begun.load + items) if call.loads else (begun.unload + items, begun.load)
        visits.append(Visit(call.place, unload, load))
    return tuple(visits)
