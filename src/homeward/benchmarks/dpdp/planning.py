"""A view as a problem for the engine, and the engine's plan as calls at docks.

Costs are counted in the tenth part of a hundred metres that one truck drives; the score's lateness is brought to that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.benchmarks.dpdp.bundles import Bundle
from homeward.benchmarks.dpdp.lots import Calls
from homeward.benchmarks.dpdp.model import (
    DOCKING_S,
    HANDLING_S_PER_QUARTER,
    KM_PER_HOUR_LATE,
    Roads,
    Truck,
    TruckView,
)
from homeward.dispatch import engine

METRES_PER_UNIT: Final = 10
# Cargo must not stay behind: dearer than a week late.
LEFT_BEHIND_S: Final = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Prices:
    """What the score does not say today, but will say tomorrow. Both in points of the score.

    Parameters
    ----------
    truck_s
        For a second of a truck's time: what it could do for orders that are still to come.
    queue_s
        For a second that a truck would wait for a dock: those behind it wait longer.
    """

    truck_s: float
    queue_s: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """What never changes during a day."""

    roads: Roads
    trucks: tuple[Truck, ...]

    @property
    def units_per_point(self) -> float:
        """Points of the score are kilometres per truck."""
        return 1_000 * len(self.trucks) / METRES_PER_UNIT


@dataclass(frozen=True, slots=True)
class Task:
    """One decision as a problem; request `i` is `bundles[i]`, places are `factories`."""

    problem: engine.Problem
    bundles: tuple[Bundle, ...]
    factories: tuple[int, ...]

    def calls_of(self, plan: engine.Plan) -> list[Calls]:
        """The engine's plan, truck by truck, in lots."""
        return [
            tuple(call for stop in route.stops for call in self.bundles[stop.key.request].calls(loads=_loads(stop.key)))
            for route in plan.routes
        ]

    def warm_start(self, running: Sequence[Calls]) -> list[list[engine.StopKey]]:
        """What is left of the running plan. A bundle stands where the first of its lots stood."""
        request_of: dict[int, int] = {}
        for number, bundle in enumerate(self.bundles):
            on_board = self.problem.requests[number].on_board
            request_of |= {lot.id: number for lot in (bundle.lots if on_board else bundle.lots[:1])}
        return [list(dict.fromkeys(self._keys_left(calls, request_of))) for calls in running]

    def _keys_left(self, calls: Calls, request_of: Mapping[int, int]) -> Iterator[engine.StopKey]:
        for lot, loads in calls:
            number = request_of.get(lot.id)
            if number is not None and not (loads and self.problem.requests[number].on_board):
                yield engine.StopKey(number, engine.StopKind.PICKUP if loads else engine.StopKind.DROPOFF)


def _loads(key: engine.StopKey) -> bool:
    return key.kind is engine.StopKind.PICKUP


def task_of(
    fleet: Fleet,
    views: Sequence[TruckView],
    waiting: Sequence[Bundle],
    aboard: Sequence[Sequence[Bundle]],
    wait_s: npt.NDArray[np.float64],
    prices: Prices,
) -> Task:
    """All trucks and all cargo of a moment.

    `aboard` is, per truck, what is on board when it is next free, the bottom of the stack first; `wait_s` is, per
    factory, how long a truck will queue there.
    """
    bundles = (*waiting, *(bundle for stack in aboard for bundle in stack))
    ends = {end for bundle in bundles for end in (bundle.pickup, bundle.dropoff)}
    factories = tuple(sorted(ends | {_start(view) for view in views}))
    place = {factory: index for index, factory in enumerate(factories)}
    setup_s = {factory: DOCKING_S + round(float(wait_s[factory])) for factory in factories}
    requests = [_request(bundle, fleet, place, setup_s) for bundle in waiting]
    requests += [
        _aboard(bundle, fleet, place, setup_s, truck, height)
        for truck, stack in enumerate(aboard)
        for height, bundle in enumerate(stack)
    ]
    problem = engine.Problem(
        requests=tuple(requests),
        vehicles=tuple(_vehicle(number, view, fleet, place, setup_s, prices) for number, view in enumerate(views)),
        travel_s=_part(fleet.roads.travel_s, factories),
        distance_m=_tolled(fleet, factories, wait_s, prices),
        dimensions=("quarters",),
    )
    return Task(problem, bundles, factories)


def _start(view: TruckView) -> int:
    return view.place if view.heading_to is None else view.heading_to


def _part(matrix: npt.NDArray[np.int64], factories: Sequence[int]) -> npt.NDArray[np.int64]:
    part: npt.NDArray[np.int64] = matrix[np.ix_(factories, factories)][np.newaxis]
    return part


def _tolled(
    fleet: Fleet, factories: Sequence[int], wait_s: npt.NDArray[np.float64], prices: Prices
) -> npt.NDArray[np.int64]:
    """Distances in units; who goes where trucks queue also pays for those behind."""
    units = np.rint(_part(fleet.roads.metres, factories) / METRES_PER_UNIT)
    tolls = prices.queue_s * fleet.units_per_point * wait_s[list(factories)]
    elsewhere = 1 - np.eye(len(factories))
    tolled: npt.NDArray[np.int64] = np.rint(units + tolls[np.newaxis, np.newaxis, :] * elsewhere).astype(np.int64)
    return tolled


def _vehicle(
    number: int, view: TruckView, fleet: Fleet, place: dict[int, int], setup_s: dict[int, int], prices: Prices
) -> engine.Vehicle:
    start, free_at = _start(view), view.free_at
    if view.heading_to is not None:
        # It will be docked there whatever else it does: the plan begins when the handling can begin.
        drive_s = 0 if view.under_way else int(fleet.roads.travel_s[view.place, start])
        free_at += drive_s + setup_s[start]
    return engine.Vehicle(
        id=fleet.trucks[number].name,
        start_place=place[start],
        capacity=(fleet.trucks[number].quarters,),
        start_at=free_at,
        parked=view.heading_to is not None,
        cost_per_m=1,
        cost_per_s=round(prices.truck_s * fleet.units_per_point),
        lifo=True,
    )


def _request(bundle: Bundle, fleet: Fleet, place: dict[int, int], setup_s: dict[int, int]) -> engine.Request:
    pickup = engine.Stop(
        place=place[bundle.pickup],
        service_s=HANDLING_S_PER_QUARTER * bundle.quarters,
        setup_s=setup_s[bundle.pickup],
    )
    return engine.Request(
        id=str(bundle.id),
        dropoff=_dropoff(bundle, fleet, place, setup_s),
        pickup=pickup,
        load=(bundle.quarters,),
        open_penalty=round(LEFT_BEHIND_S * len(bundle.lots) * _late_s_units(fleet)),
    )


def _aboard(
    bundle: Bundle, fleet: Fleet, place: dict[int, int], setup_s: dict[int, int], truck: int, height: int
) -> engine.Request:
    return engine.Request(
        id=str(bundle.id),
        dropoff=_dropoff(bundle, fleet, place, setup_s),
        pickup=None,
        load=(bundle.quarters,),
        bound_to=truck,
        picked_up_at=height,
    )


def _dropoff(bundle: Bundle, fleet: Fleet, place: dict[int, int], setup_s: dict[int, int]) -> engine.Stop:
    promises = bundle.promises
    rate = round(_late_s_units(fleet))
    pieces: list[tuple[int, int]] = []
    late = 0
    for promised_by, orders in groupby(promises):
        late += len(list(orders))
        pieces.append((promised_by - promises[0], rate * late))
    # The score looks at the arrival; the engine's service begins after the queue and the docking.
    return engine.Stop(
        place=place[bundle.dropoff],
        service_s=HANDLING_S_PER_QUARTER * bundle.quarters,
        setup_s=setup_s[bundle.dropoff],
        latest=promises[0] + setup_s[bundle.dropoff],
        lateness=engine.LatenessCurve(tuple(pieces)),
    )


def _late_s_units(fleet: Fleet) -> float:
    return KM_PER_HOUR_LATE / 3_600 * fleet.units_per_point
