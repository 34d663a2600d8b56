"""What a day at the factories is: clocks, docks, queues, and what a decision gets to know."""

import pytest

from homeward.benchmarks.dpdp.checker import check
from homeward.benchmarks.dpdp.model import Visit
from homeward.benchmarks.dpdp.simulator import simulate
from tests.benchmarks.dpdp.world import (
    DOCK_S,
    DRIVE_S,
    PALLET_S,
    A,
    B,
    C,
    Script,
    an_instance,
    an_order,
    load,
    unload,
)


def test_a_day_comes_to_what_a_hand_computes() -> None:
    instance = an_instance(an_order(A, B, pallets=2, promised_by=3_000), starts=[A, C])
    result, log = simulate(instance, Script({600: [(load(A, 0, 1), unload(B, 1, 0)), ()]}))
    assert result is not None
    # Told at 600, at the dock until 600 + 1,800 + 480 = 2,880, in B at 3,480: 480 s late, after 10 km.
    assert (result.metres, result.late_s, result.late_orders, result.ends_at) == (10_000, 480, 1, 5_760)
    assert result.score == pytest.approx(10 / 2 + 10_000 * 480 / 3_600)
    assert check(instance, log).feasible


def test_trucks_queue_for_a_dock_in_the_order_of_arrival() -> None:
    instance = an_instance(an_order(pallets=1), an_order(pallets=1), starts=[B, A])
    script = Script({600: [(load(A, 0), unload(B, 0)), (load(A, 1), unload(B, 1))]})
    simulate(instance, script)
    view = next(view for view in script.views if view.now == 1_200)
    leaves = 600 + DOCK_S + PALLET_S
    assert view.docks_free_at[A] == (leaves + DOCK_S + PALLET_S,)
    # The second truck stood there first; the first one came after it and had to wait.
    assert [truck.free_at for truck in view.trucks] == [leaves + DOCK_S + PALLET_S, leaves]


def test_with_a_dock_for_each_nobody_waits() -> None:
    instance = an_instance(an_order(pallets=1), an_order(pallets=1), starts=[A, A], docks=2)
    script = Script({600: [(load(A, 0), unload(B, 0)), (load(A, 1), unload(B, 1))]})
    simulate(instance, script)
    view = next(view for view in script.views if view.now == 1_200)
    assert {truck.free_at for truck in view.trucks} == {600 + DOCK_S + PALLET_S}


def test_on_the_way_a_truck_is_where_it_will_be_and_its_next_factory_stands_fixed() -> None:
    instance = an_instance(an_order(B, C, pallets=1), starts=[A])
    script = Script({600: [(load(B, 0), unload(C, 0))]})
    simulate(instance, script)
    # At 1,200 it has just arrived, so the next factory is C, and it is at the dock until 1,200 + 1,800 + 240.
    truck = next(view for view in script.views if view.now == 1_200).trucks[0]
    assert (truck.place, truck.heading_to, truck.under_way) == (B, C, False)
    assert truck.free_at == 600 + DRIVE_S + DOCK_S + PALLET_S
    assert truck.stack == (0,)


def test_cargo_at_the_next_factory_may_change_until_the_truck_arrives() -> None:
    instance = an_instance(
        an_order(B, C, pallets=1), an_order(B, C, pallets=1, created_at=700), an_order(created_at=9_000), starts=[C]
    )
    instance.roads.travel_s[C, B] = 1_000
    script = Script(
        {
            600: [(load(B, 0), unload(C, 0))],
            1_200: [(load(B, 0, 1), unload(C, 1, 0))],
            9_000: [(load(A, 2), unload(B, 2))],
        }
    )
    result, log = simulate(instance, script)
    assert result is not None
    assert check(instance, log).broken == ()
    assert result.visits == 4


def test_a_decision_knows_no_order_before_it_appears() -> None:
    instance = an_instance(an_order(created_at=600), an_order(created_at=1_201), starts=[A])
    script = Script({1_800: [(load(A, 0, 1), unload(B, 1, 0))]})
    simulate(instance, script)
    assert [(view.now, set(view.orders)) for view in script.views][:3] == [(600, {0}), (1_200, {0}), (1_800, {0, 1})]


def test_two_visits_in_a_row_at_one_factory_cost_two_dockings() -> None:
    instance = an_instance(an_order(pallets=1), an_order(pallets=1), starts=[A])
    result, _ = simulate(instance, Script({600: [(load(A, 0), load(A, 1), unload(B, 1, 0))]}))
    assert result is not None
    assert result.ends_at == 600 + 2 * (DOCK_S + PALLET_S) + DRIVE_S + DOCK_S + 2 * PALLET_S


def test_cargo_that_nobody_fetches_leaves_the_day_without_a_result() -> None:
    result, log = simulate(an_instance(an_order()), Script({600: [(Visit(B),)]}))
    assert result is None
    assert log[-1].at == 21 * 86_400
