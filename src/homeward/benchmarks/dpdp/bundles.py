"""Lots that go the same way are planned as one request: fewer pieces to place, and every truck's stack stays whole."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from homeward.benchmarks.dpdp.lots import Call, Lot


@dataclass(frozen=True, slots=True)
class Bundle:
    """Lots of one pickup and one drop-off, in the order of loading. `id` is its first lot's."""

    lots: tuple[Lot, ...]

    @property
    def id(self) -> int:
        return self.lots[0].id

    @property
    def pickup(self) -> int:
        return self.lots[0].order.pickup

    @property
    def dropoff(self) -> int:
        return self.lots[0].order.dropoff

    @property
    def quarters(self) -> int:
        return sum(lot.quarters for lot in self.lots)

    @property
    def promises(self) -> list[int]:
        """When its orders are due, the first one first."""
        return sorted(lot.order.promised_by for lot in self.lots)

    def calls(self, *, loads: bool) -> Iterator[Call]:
        for lot in self.lots if loads else reversed(self.lots):
            yield Call(lot, loads)


def bundled(waiting: Iterable[Lot], quarters: int, apart_s: int) -> tuple[Bundle, ...]:
    """Waiting lots in bundles of at most `quarters`, whose promises lie at most `apart_s` apart.

    A lot larger than that is a bundle of its own.
    """
    ways: dict[tuple[int, int], list[list[Lot]]] = defaultdict(list)
    for lot in sorted(waiting, key=lambda lot: (lot.order.promised_by, lot.id)):
        of_this_way = ways[lot.order.pickup, lot.order.dropoff]
        if of_this_way and _fits(lot, of_this_way[-1], quarters, apart_s):
            of_this_way[-1].append(lot)
        else:
            of_this_way.append([lot])
    return tuple(Bundle(tuple(lots)) for of_this_way in ways.values() for lots in of_this_way)


def _fits(lot: Lot, begun: Sequence[Lot], quarters: int, apart_s: int) -> bool:
    apart = lot.order.promised_by - begun[0].order.promised_by
    return apart <= apart_s and lot.quarters + sum(other.quarters for other in begun) <= quarters


def stacked(stack: Sequence[Lot]) -> tuple[Bundle, ...]:
    """What is on board, bottom first: neighbours in the stack for one factory are one bundle."""
    bundles: list[list[Lot]] = []
    for lot in stack:
        if bundles and bundles[-1][-1].order.dropoff == lot.order.dropoff:
            bundles[-1].append(lot)
        else:
            bundles.append([lot])
    return tuple(Bundle(tuple(lots)) for lots in bundles)
