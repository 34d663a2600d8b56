"""The checker finds what was planted, and nothing in a clean day."""

import pytest

from homeward.benchmarks.dpdp.checker import check
from homeward.benchmarks.dpdp.model import Decision, Route, Visit
from tests.benchmarks.dpdp.world import A, B, C, an_instance, an_order, load, unload

# Items: 0 and 1 from A to B; 2 from A to C, known from 5,000 s; 3 to 18 from B to C, more than a truck takes.
WORLD = an_instance(
    an_order(A, B, pallets=2),
    an_order(A, C, pallets=1, created_at=5_000),
    an_order(B, C, pallets=16),
    starts=[A, B],
)
SIXTEEN = tuple(range(3, 19))
FIRST = (load(A, 0, 1), unload(B, 1, 0))
BIG_HALF = (load(B, *SIXTEEN[:15]), unload(C, *SIXTEEN[14::-1]), load(B, 18), unload(C, 18))
LATER = (load(A, 2), unload(C, 2))


def a_log(*decisions: tuple[int, Route, Route]) -> tuple[Decision, ...]:
    return tuple(Decision(at, (one, other)) for at, one, other in decisions)


def test_a_clean_day_has_nothing_broken_and_an_order_larger_than_a_truck_may_be_split() -> None:
    verdict = check(WORLD, a_log((600, FIRST, BIG_HALF), (6_000, LATER, BIG_HALF[1:])))
    assert verdict.broken == ()


def test_distance_and_lateness_are_recomputed() -> None:
    world = an_instance(an_order(A, B, pallets=2, promised_by=3_000), starts=[C])
    verdict = check(world, a_log_of_one((600, FIRST)))
    # 600 to A, 2,280 at the dock, 600 to B: there at 4,080.
    assert (verdict.metres, verdict.late_s, verdict.broken) == (20_000, 1_080, ())


def test_of_three_trucks_at_one_dock_the_third_waits_for_both() -> None:
    world = an_instance(*(an_order(A, B, pallets=1, promised_by=600) for _ in range(3)), starts=[A, A, A])
    routes = tuple((load(A, item), unload(B, item)) for item in range(3))
    # At the dock until 2,640, 4,680 and 6,720, ten minutes later in B.
    assert check(world, (Decision(600, routes),)).late_s == sum(arrival - 600 for arrival in (3_240, 5_280, 7_320))


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (a_log((600, FIRST, BIG_HALF), (1_200, (load(C),), BIG_HALF[1:])), "turned round"),
        (a_log((600, (load(A, 0, 1), unload(B, 0, 1)), BIG_HALF)), "not the last loaded"),
        (a_log((600, (load(A, 0, 1, 2), unload(C, 2), unload(B, 1, 0)), BIG_HALF)), "before it exists"),
        (a_log((600, (load(A, 0, 1, 2), unload(C, 2), unload(B, 1, 0)), BIG_HALF)), "before its order appeared"),
        (a_log((600, FIRST, (load(B, *SIXTEEN), unload(C, *SIXTEEN[::-1])))), "overload"),
        (a_log((600, (load(A, 0), load(A, 1), unload(B, 1, 0)), BIG_HALF)), "split"),
        (a_log((600, FIRST, FIRST)), "given out twice"),
        (a_log((600, (load(A, 0, 1), unload(C, 1, 0)), BIG_HALF)), "at the wrong factory"),
        (a_log((600, (load(B, 0, 1), unload(B, 1, 0)), BIG_HALF)), "loads item 0 at the wrong factory"),
        (a_log((600, (load(A, 0, 1),), BIG_HALF)), "ends with cargo on board"),
        (a_log((600, (), BIG_HALF), (15_000, (), ())), "overdue and in nobody's plan"),
        (a_log((600, FIRST, BIG_HALF)), "order 1 was never delivered"),
        (a_log((700, FIRST, BIG_HALF)), "not the next round ten minutes"),
        (a_log((600, FIRST, BIG_HALF), (600, FIRST, BIG_HALF)), "not the next round ten minutes"),
        ((Decision(600, (FIRST,)),), "1 routes for 2 trucks"),
    ],
)
def test_every_planted_fault_is_named(log: tuple[Decision, ...], told: str) -> None:
    verdict = check(WORLD, log)
    assert not verdict.feasible
    assert [broken for broken in verdict.broken if told in broken], verdict.broken


def a_log_of_one(*decisions: tuple[int, tuple[Visit, ...]]) -> tuple[Decision, ...]:
    return tuple(Decision(at, (route,)) for at, route in decisions)
