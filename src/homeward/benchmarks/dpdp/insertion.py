"""One-pass cheapest insertion: every new lot goes where it costs least, once, and stays there.

The yardstick of the benchmark: what a careful dispatcher does without a search. It sees the same view, decides at the
same moments, and prices kilometres and lateness as the score does; queues at docks it does not foresee.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from homeward.benchmarks.dpdp.lots import Call, Calls, Lot, Lots, visits_of
from homeward.benchmarks.dpdp.model import (
    DOCKING_S,
    HANDLING_S_PER_QUARTER,
    KM_PER_HOUR_LATE,
    Roads,
    Route,
    Truck,
    TruckView,
    View,
)

Ints = npt.NDArray[np.int64]
# Columns of a call in the arrays of the compiled loop.
PLACE, QUARTERS, DUE = 0, 1, 2
# Columns of a truck.
AT, FREE_AT, HEADING_TO, ON_BOARD, ROOM = 0, 1, 2, 3, 4


class Insertion:
    """The policy: keeps the running plan and puts the new lots into it, oldest first."""

    def __init__(self, roads: Roads, trucks: Sequence[Truck]) -> None:
        self._roads = roads
        self._trucks = tuple(trucks)
        self._room = min(truck.quarters for truck in trucks)
        self._cost_per_metre = 1 / 1_000 / len(trucks)

    def decide(self, view: View) -> Sequence[Route]:
        lots = Lots(view, self._room)
        plans = [lots.calls(truck.route) for truck in view.trucks]
        planned = {call.lot.id for calls in plans for call in calls}
        new = [lot for lot in lots.waiting if lot.id not in planned]
        if new:
            plans = self._insert_all(new, plans, view.trucks, lots)
        return [visits_of(calls, truck.heading_to) for calls, truck in zip(plans, view.trucks, strict=True)]

    def _insert_all(
        self, new: Sequence[Lot], plans: list[Calls], trucks: Sequence[TruckView], lots: Lots
    ) -> list[Calls]:
        table = _Table.of(plans, self._truck_rows(trucks, lots), longest=2 * len(new) + max(map(len, plans)))
        for lot in new:
            order = lot.order
            truck, load_at, unload_at = cheapest(
                table.calls,
                table.lengths,
                table.trucks,
                self._roads.travel_s,
                self._roads.metres,
                np.array([order.pickup, order.dropoff, lot.quarters, order.promised_by], dtype=np.int64),
                self._cost_per_metre,
            )
            plans[truck] = _with(plans[truck], lot, load_at, unload_at)
            table.write(truck, plans[truck])
        return plans

    def _truck_rows(self, trucks: Sequence[TruckView], lots: Lots) -> Ints:
        return np.array(
            [
                (
                    view.place,
                    view.free_at,
                    -1 if view.heading_to is None else view.heading_to,
                    sum(lot.quarters for lot in lots.of(view.stack)),
                    truck.quarters,
                )
                for view, truck in zip(trucks, self._trucks, strict=True)
            ],
            dtype=np.int64,
        )


class _Table(NamedTuple):
    """Plans as arrays: `calls[truck, position]` is (place, quarters on, due; due < 0 for loading)."""

    calls: Ints
    lengths: Ints
    trucks: Ints

    @classmethod
    def of(cls, plans: Sequence[Calls], trucks: Ints, longest: int) -> "_Table":
        table = cls(np.zeros((len(plans), longest, 3), dtype=np.int64), np.zeros(len(plans), dtype=np.int64), trucks)
        for truck, calls in enumerate(plans):
            table.write(truck, calls)
        return table

    def write(self, truck: int, calls: Calls) -> None:
        self.lengths[truck] = len(calls)
        for position, (lot, loads) in enumerate(calls):
            place, quarters, due = lot.order.pickup, lot.quarters, -1
            if not loads:
                place, quarters, due = lot.order.dropoff, -lot.quarters, lot.order.promised_by
            self.calls[truck, position] = place, quarters, due


def _with(calls: Calls, lot: Lot, load_at: int, unload_at: int) -> Calls:
    return (
        *calls[:load_at],
        Call(lot, loads=True),
        *calls[load_at:unload_at],
        Call(lot, loads=False),
        *calls[unload_at:],
    )


@njit(cache=True)
def cheapest(
    calls: Ints, lengths: Ints, trucks: Ints, travel_s: Ints, metres: Ints, lot: Ints, cost_per_metre: float
) -> tuple[int, int, int]:
    """Truck and positions (before which call of the present plan to load, and to unload) that cost least."""
    best, at_truck, at_load, at_unload = np.inf, -1, -1, -1
    for truck in range(len(lengths)):
        plan, row = calls[truck, : lengths[truck]], trucks[truck]
        before = cost_of(plan, row, travel_s, metres, cost_per_metre)
        aboard = row[ON_BOARD]
        for load_at in range(len(plan) + 1):
            if load_at > 0:
                aboard += plan[load_at - 1, QUARTERS]
            if load_at == 0 and row[HEADING_TO] >= 0 and lot[0] != row[HEADING_TO]:
                continue  # its next factory is fixed
            peak, depth, now_aboard = aboard, 0, aboard
            for unload_at in range(load_at, len(plan) + 1):
                if unload_at > load_at:
                    step = plan[unload_at - 1, QUARTERS]
                    now_aboard += step
                    peak = max(peak, now_aboard)
                    depth += 1 if step > 0 else -1
                if depth < 0 or peak + lot[2] > row[ROOM]:
                    break  # what lies under the lot cannot be reached before it, or there is no room
                if depth > 0:
                    continue  # something lies on the lot
                longer = _joined(plan, lot, load_at, unload_at)
                added = cost_of(longer, row, travel_s, metres, cost_per_metre) - before
                if added < best:
                    best, at_truck, at_load, at_unload = added, truck, load_at, unload_at
    return at_truck, at_load, at_unload


@njit(cache=True)
def _joined(plan: Ints, lot: Ints, load_at: int, unload_at: int) -> Ints:
    longer = np.empty((len(plan) + 2, 3), dtype=np.int64)
    longer[:load_at] = plan[:load_at]
    longer[load_at, PLACE], longer[load_at, QUARTERS], longer[load_at, DUE] = lot[0], lot[2], -1
    longer[load_at + 1 : unload_at + 1] = plan[load_at:unload_at]
    longer[unload_at + 1, PLACE], longer[unload_at + 1, QUARTERS], longer[unload_at + 1, DUE] = lot[1], -lot[2], lot[3]
    longer[unload_at + 2 :] = plan[unload_at:]
    return longer


@njit(cache=True)
def cost_of(plan: Ints, row: Ints, travel_s: Ints, metres: Ints, cost_per_metre: float) -> float:
    """Kilometres per truck and price of lateness of one plan, without queues at docks."""
    place, now, arrived, driven, late_s = row[AT], row[FREE_AT], row[FREE_AT], 0, 0
    for position in range(len(plan)):
        there = plan[position, PLACE]
        if position == 0 or there != place:
            arrived = now + travel_s[place, there]
            driven += metres[place, there]
            now, place = arrived + DOCKING_S, there
        if plan[position, DUE] >= 0:
            late_s += max(0, arrived - plan[position, DUE])
        now += HANDLING_S_PER_QUARTER * abs(plan[position, QUARTERS])
    return driven * cost_per_metre + late_s * KM_PER_HOUR_LATE / 3_600
