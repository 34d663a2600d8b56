"""Orders as lots, lots as bundles, and calls as visits."""

import pytest

from homeward.benchmarks.dpdp.bundles import bundled, stacked
from homeward.benchmarks.dpdp.lots import Call, Lot, lots_of, visits_of
from homeward.benchmarks.dpdp.model import Visit
from tests.benchmarks.dpdp.world import A, B, C, an_instance, an_order

ROOM = 60


@pytest.mark.parametrize(
    ("pallets", "sizes"), [(1, [1]), (15, [15]), (16, [8, 8]), (17, [9, 8]), (31, [11, 11, 9]), (52, [13, 13, 13, 13])]
)
def test_only_an_order_larger_than_a_truck_is_split_and_then_evenly(pallets: int, sizes: list[int]) -> None:
    (order,) = an_instance(an_order(pallets=pallets)).orders
    lots = lots_of(order, ROOM)
    assert [lot.quarters / 4 for lot in lots] == sizes
    assert [item for lot in lots for item in lot.items] == list(range(pallets))


def some_lots(*pallets: int, every_s: int = 600, dropoff: int = B) -> list[Lot]:
    """One order of each size, the next one promised so much later."""
    orders = [an_order(A, dropoff, size, promised_by=9_000 + every_s * n) for n, size in enumerate(pallets)]
    return [lot for order in an_instance(*orders).orders for lot in lots_of(order, ROOM)]


def test_lots_of_one_way_are_bundled_by_promise_up_to_a_size() -> None:
    bundles = bundled(reversed(some_lots(2, 2, 1, 3)), quarters=20, apart_s=7_200)
    assert [bundle.quarters // 4 for bundle in bundles] == [5, 3]
    assert bundles[0].promises == [9_000, 9_600, 10_200]


def test_lots_whose_promises_lie_far_apart_are_not_bundled() -> None:
    assert len(bundled(some_lots(1, 1, 1, every_s=1_000), quarters=60, apart_s=1_000)) == 2


def test_lots_that_go_elsewhere_are_not_bundled() -> None:
    here, there = an_instance(an_order(A, B), an_order(A, C)).orders
    assert len(bundled((*lots_of(here, ROOM), *lots_of(there, ROOM)), quarters=60, apart_s=7_200)) == 2


def test_a_lot_larger_than_a_bundle_travels_alone() -> None:
    assert [bundle.quarters // 4 for bundle in bundled(some_lots(1, 9, 1), 20, 7_200)] == [1, 9, 1]


def test_on_board_only_neighbours_in_the_stack_are_one_bundle() -> None:
    to_b, to_c, again_b = (
        lot
        for order in an_instance(an_order(A, B), an_order(A, C), an_order(A, B)).orders
        for lot in lots_of(order, 60)
    )
    assert [bundle.dropoff for bundle in stacked((to_b, to_c, again_b))] == [B, C, B]
    assert [len(bundle.lots) for bundle in stacked((to_b, again_b, to_c))] == [2, 1]


def test_what_is_unloaded_leaves_a_bundle_in_the_reverse_order_of_loading() -> None:
    (bundle,) = bundled(some_lots(2, 1), quarters=20, apart_s=7_200)
    route = visits_of([*bundle.calls(loads=True), *bundle.calls(loads=False)])
    assert route == (Visit(A, load=(0, 1, 2)), Visit(B, unload=(2, 1, 0)))


def test_unloading_and_then_loading_at_one_factory_is_one_visit() -> None:
    first, second = (lot for order in an_instance(an_order(A, B), an_order(B, C)).orders for lot in lots_of(order, 60))
    calls = [Call(first, loads=True), Call(first, loads=False), Call(second, loads=True), Call(second, loads=False)]
    assert visits_of(calls) == (Visit(A, load=(0,)), Visit(B, unload=(0,), load=(1,)), Visit(C, unload=(1,)))


def test_the_next_factory_is_visited_even_if_nothing_is_left_to_do_there() -> None:
    (lot,) = some_lots(1)
    assert visits_of([], first_at=C) == (Visit(C),)
    assert visits_of([Call(lot, loads=True)], first_at=C) == (Visit(C), Visit(A, load=(0,)))
    assert visits_of([Call(lot, loads=True)], first_at=A) == (Visit(A, load=(0,)),)
