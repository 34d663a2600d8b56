"""Three factories that fit in the head: ten minutes and ten kilometres from each to the next, one dock each."""

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np

from homeward.benchmarks.dpdp.model import Instance, Item, Order, Roads, Route, Truck, View, Visit

A, B, C = range(3)
DRIVE_S = 600
DRIVE_M = 10_000
PALLET = 4
# A visit without cargo takes half an hour; each pallet four minutes more.
DOCK_S = 1_800
PALLET_S = 240


def roads(docks: int = 1) -> Roads:
    apart = 1 - np.eye(3, dtype=np.int64)
    return Roads(("a", "b", "c"), (docks,) * 3, DRIVE_S * apart, DRIVE_M * apart)


def an_instance(*orders: Order, starts: Sequence[int] = (A,), docks: int = 1, pallets: int = 15) -> Instance:
    """Orders get their items here, numbered through; one truck per entry of `starts`."""
    firsts = [0, *accumulate(order.quarters // PALLET for order in orders)]
    numbered = tuple(_with_items(order, number, firsts[number]) for number, order in enumerate(orders))
    trucks = tuple(Truck(f"truck {number}", pallets * PALLET, start) for number, start in enumerate(starts))
    return Instance("small", roads(docks), numbered, trucks)


def an_order(
    pickup: int = A, dropoff: int = B, pallets: int = 1, created_at: int = 100, promised_by: int = 14_400
) -> Order:
    return Order("an order", pickup, dropoff, created_at, promised_by, (), pallets * PALLET)


def _with_items(order: Order, number: int, first: int) -> Order:
    items = tuple(Item(first + place, number, PALLET) for place in range(order.quarters // PALLET))
    return Order(
        f"order {number}", order.pickup, order.dropoff, order.created_at, order.promised_by, items, order.quarters
    )


def load(factory: int, *items: int) -> Visit:
    return Visit(factory, (), items)


def unload(factory: int, *items: int) -> Visit:
    return Visit(factory, items, ())


class Script:
    """A policy that says what it is told to say, and otherwise lets the trucks do what they were doing."""

    def __init__(self, lines: Mapping[int, Sequence[Route]]) -> None:
        self._lines = lines
        self.views: list[View] = []

    def decide(self, view: View) -> Sequence[Route]:
        self.views.append(view)
        return self._lines.get(view.now) or [truck.route for truck in view.trucks]
