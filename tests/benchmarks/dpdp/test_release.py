"""Which trucks go now, and how far they are told to go."""

import numpy as np
import pytest

from homeward.benchmarks.dpdp.lots import Call, Calls, lots_of
from homeward.benchmarks.dpdp.model import Route, TruckView, Visit
from homeward.benchmarks.dpdp.release import may_wait, told, tour_of
from tests.benchmarks.dpdp.world import DOCK_S, DRIVE_S, PALLET_S, A, B, C, an_instance, an_order, load, roads, unload

NOW = 600
ROOM = 60
NO_WAIT = np.zeros(3)


def idle(at: int = A) -> TruckView:
    return TruckView(at, NOW, None, False, (), ())


def there_and_back(pallets: int = 1, promised_by: int = 14_400) -> Calls:
    """One order from A to B, then one from C to A."""
    orders = (an_order(A, B, pallets, promised_by=promised_by), an_order(C, A))
    lots = [lot for order in an_instance(*orders).orders for lot in lots_of(order, ROOM)]
    return tuple(Call(lot, loads) for lot in lots for loads in (True, False))


def orders_for(calls: Calls, margin_s: int = 3_600, truck: TruckView | None = None) -> Route:
    truck = truck or idle()
    tour = tour_of(truck, calls, (0, 0), roads(), NO_WAIT)
    return () if may_wait(truck, tour, ROOM, margin_s, NOW) else told(truck, calls, tour)


def test_slack_is_what_the_promise_leaves_after_docking_loading_and_driving() -> None:
    tour = tour_of(idle(), there_and_back()[:2], (0, 0), roads(), NO_WAIT)
    assert tour.slack_s == 14_400 - (NOW + DOCK_S + PALLET_S + DRIVE_S)
    assert (tour.peak_quarters, tour.empty_after) == (4, (2,))


def test_a_queue_that_is_foreseen_eats_slack_but_the_one_at_the_last_dock_does_not() -> None:
    waits = np.array([1_000.0, 500.0, 0.0])
    tour = tour_of(idle(), there_and_back()[:2], (0, 0), roads(), waits)
    assert tour.slack_s == 14_400 - (NOW + 1_000 + DOCK_S + PALLET_S + DRIVE_S)


@pytest.mark.parametrize(("spare_s", "goes"), [(3_601, False), (3_600, True), (-5_000, True)])
def test_a_truck_waits_for_company_while_its_slack_is_larger_than_the_margin(spare_s: int, goes: bool) -> None:
    arrival = NOW + DOCK_S + PALLET_S + DRIVE_S
    assert bool(orders_for(there_and_back(promised_by=arrival + spare_s)[:2])) is goes


def test_a_full_truck_gains_nothing_by_waiting() -> None:
    assert orders_for(there_and_back(pallets=13)[:2]) == ()
    assert len(orders_for(there_and_back(pallets=14)[:2])) == 2


def test_a_truck_that_goes_is_told_no_more_than_until_it_is_empty() -> None:
    assert orders_for(there_and_back(pallets=15)) == (load(A, *range(15)), unload(B, *range(14, -1, -1)))


def test_what_it_loads_where_it_becomes_empty_is_told_with_it() -> None:
    orders = an_instance(an_order(A, B, pallets=15), an_order(B, C)).orders
    calls = tuple(Call(lot, loads) for order in orders for lot in lots_of(order, ROOM) for loads in (True, False))
    assert [visit.factory for visit in orders_for(calls)] == [A, B, C]


@pytest.mark.parametrize(("free_at", "goes"), [(NOW + 599, True), (NOW + 600, False)])
def test_a_truck_that_stays_docked_beyond_the_next_decision_hears_nothing_yet(free_at: int, goes: bool) -> None:
    docked = TruckView(A, free_at, None, False, (), ())
    assert bool(orders_for(there_and_back(pallets=15), truck=docked)) is goes


def test_a_truck_with_cargo_on_board_never_waits() -> None:
    loaded = TruckView(A, NOW, None, False, (0,), ())
    assert orders_for(there_and_back()[1:2], truck=loaded) == (unload(B, 0),)


def test_a_truck_on_its_way_goes_on_even_if_its_cargo_was_given_away() -> None:
    assert orders_for((), truck=TruckView(C, 900, C, True, (), (load(C, 9),))) == (Visit(C),)


def test_a_truck_that_will_reach_its_dock_begins_its_tour_there() -> None:
    truck = TruckView(A, NOW, A, True, (), ())
    assert tour_of(truck, there_and_back()[:2], (0, 0), roads(), NO_WAIT).slack_s == 14_400 - (
        NOW + DOCK_S + PALLET_S + DRIVE_S
    )
