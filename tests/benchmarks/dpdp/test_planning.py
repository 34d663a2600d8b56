"""What the engine is asked for a moment at the factories, and how its answer is read."""

import numpy as np
import pytest

from homeward.benchmarks.dpdp.bundles import Bundle, bundled, stacked
from homeward.benchmarks.dpdp.forecast import Forecast
from homeward.benchmarks.dpdp.lots import Call, Lot, lots_of
from homeward.benchmarks.dpdp.model import Order, Route, TruckView, View
from homeward.benchmarks.dpdp.planning import Fleet, Prices, Task, task_of
from homeward.dispatch.engine import StopKey, StopKind
from tests.benchmarks.dpdp.world import DOCK_S, DRIVE_S, PALLET_S, A, B, C, an_instance, an_order, load, unload

FREE = Prices(truck_s=0, queue_s=0)
IDLE = TruckView(A, 600, None, False, (), ())
# One truck: a point of the score is a kilometre, a hundred units.
SECOND_LATE = round(10_000 / 3_600 * 100)


def some_lots(*orders: Order) -> tuple[Lot, ...]:
    return tuple(lot for order in an_instance(*orders).orders for lot in lots_of(order, 60))


def a_task(
    waiting: tuple[Lot, ...] = (),
    aboard: tuple[Lot, ...] = (),
    truck: TruckView = IDLE,
    wait_s: tuple[float, ...] = (0, 0, 0),
    prices: Prices = FREE,
) -> Task:
    instance = an_instance(an_order())
    bundles: tuple[Bundle, ...] = bundled(waiting, 20, 1_800)
    fleet = Fleet(instance.roads, instance.trucks)
    return task_of(fleet, [truck], bundles, [stacked(aboard)], np.array(wait_s, dtype=float), prices)


def test_docking_and_queueing_are_set_up_and_handling_is_service() -> None:
    request = a_task(some_lots(an_order(A, B, pallets=2)), wait_s=(100, 50, 0)).problem.requests[0]
    assert request.pickup is not None
    assert (request.pickup.setup_s, request.pickup.service_s) == (DOCK_S + 100, 2 * PALLET_S)
    # The promise is about the arrival, which lies before the queue and the docking.
    assert (request.dropoff.setup_s, request.dropoff.latest) == (DOCK_S + 50, 14_400 + DOCK_S + 50)


def test_each_order_of_a_bundle_comes_late_by_its_own_promise() -> None:
    orders = [an_order(A, B, promised_by=promised_by) for promised_by in (9_000, 9_000, 9_600)]
    (request,) = a_task(some_lots(*orders)).problem.requests
    assert request.dropoff.lateness.cost(700) == SECOND_LATE * (700 + 700 + 100)


def test_a_truck_on_its_way_begins_where_it_will_have_docked() -> None:
    truck = TruckView(B, 1_000, B, True, (), (load(B, 0),))
    vehicle = a_task(some_lots(an_order(B, C)), truck=truck, wait_s=(0, 70, 0)).problem.vehicles[0]
    assert (vehicle.start_at, vehicle.parked) == (1_000 + 70 + DOCK_S, True)


def test_a_truck_at_a_dock_whose_next_factory_is_fixed_still_has_to_drive_there() -> None:
    truck = TruckView(A, 1_000, B, False, (), (load(B, 0),))
    vehicle = a_task(some_lots(an_order(B, C)), truck=truck).problem.vehicles[0]
    assert (vehicle.start_at, vehicle.parked) == (1_000 + DRIVE_S + DOCK_S, True)


def test_what_is_on_board_stays_on_its_truck_in_the_order_of_its_stack() -> None:
    below, above = some_lots(an_order(A, B), an_order(A, C))
    requests = a_task(aboard=(below, above)).problem.requests
    assert [(request.on_board, request.bound_to, request.picked_up_at) for request in requests] == [
        (True, 0, 0),
        (True, 0, 1),
    ]


def test_prices_of_queues_are_paid_on_the_way_there_and_of_seconds_by_the_truck() -> None:
    task = a_task(some_lots(an_order(A, B)), wait_s=(0, 60, 0), prices=Prices(truck_s=0.5, queue_s=2))
    assert task.problem.distance_m[0].tolist() == [[0, 1_000 + 2 * 60 * 100], [1_000, 0]]
    assert task.problem.vehicles[0].cost_per_s == 50


def test_the_running_plan_is_taken_up_without_what_was_done_since() -> None:
    aboard, waiting, gone = some_lots(an_order(A, C), an_order(A, B), an_order(B, A))
    task = a_task((waiting,), (aboard,))
    running = [Call(lot, loads) for lot, loads in ((aboard, True), (gone, False), (waiting, True))]
    running += [Call(waiting, loads=False), Call(aboard, loads=False)]
    assert task.warm_start([tuple(running)]) == [
        [StopKey(0, StopKind.PICKUP), StopKey(0, StopKind.DROPOFF), StopKey(1, StopKind.DROPOFF)]
    ]


@pytest.mark.parametrize(("free_at", "waited"), [((500, 2_000), 0), ((1_000, 2_000), 400), ((1_600, 2_000), 1_000)])
def test_a_queue_is_foreseen_from_the_docks_and_half_believed(free_at: tuple[int, ...], waited: int) -> None:
    instance = an_instance(an_order(A, B))
    forecast = Forecast(instance.roads)
    view = View(600, {0: instance.orders[0]}, frozenset({0}), (IDLE,), {A: free_at})
    forecast.learn(view, [(load(A, 0), unload(B, 0))])
    assert forecast.wait_s.tolist() == [waited / 2, 0, 0]


def test_trucks_of_one_plan_queue_behind_each_other() -> None:
    instance = an_instance(*(an_order(A, B) for _ in range(2)), starts=[A, A])
    forecast = Forecast(instance.roads)
    routes: list[Route] = [(load(A, 0), unload(B, 0)), (load(A, 1), unload(B, 1))]
    view = View(600, dict(enumerate(instance.orders)), frozenset({0, 1}), (IDLE, IDLE), {})
    forecast.learn(view, routes)
    # One of two waits for the other's whole visit in A; in B they arrive one after the other.
    assert forecast.wait_s[A] == pytest.approx((DOCK_S + PALLET_S) / 2 / 2)
    assert forecast.wait_s[B] == 0
