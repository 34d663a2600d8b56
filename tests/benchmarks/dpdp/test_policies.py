"""What holds for every policy: no rule is broken, nothing is foreseen, everything arrives."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.benchmarks.dpdp.checker import check
from homeward.benchmarks.dpdp.model import Decision, Instance
from homeward.benchmarks.dpdp.run import POLICIES
from homeward.benchmarks.dpdp.simulator import simulate
from tests.benchmarks.dpdp.strategies import any_day
from tests.benchmarks.dpdp.world import A, B, C, an_instance, an_order, load, unload

SOLVERS = sorted(POLICIES)


def the_log(instance: Instance, solver: str) -> tuple[Decision, ...]:
    return simulate(instance, POLICIES[solver](instance.roads, instance.trucks))[1]


@pytest.mark.parametrize("solver", SOLVERS)
@settings(deadline=None, max_examples=25)
@given(instance=any_day())
def test_whatever_the_day_every_rule_is_kept_and_both_clocks_agree(solver: str, instance: Instance) -> None:
    result, log = simulate(instance, POLICIES[solver](instance.roads, instance.trucks))
    verdict = check(instance, log)
    assert verdict.broken == ()
    assert result is not None
    assert (result.metres, result.late_s) == (verdict.metres, verdict.late_s)


@pytest.mark.parametrize("solver", SOLVERS)
@settings(deadline=None, max_examples=10)
@given(instance=any_day(), now=st.integers(600, 20_000))
def test_what_comes_later_changes_nothing_earlier(solver: str, instance: Instance, now: int) -> None:
    later = [order.created_at > now for order in instance.orders]
    moved = [replace(order, pickup=order.dropoff, dropoff=order.pickup) for order in instance.orders]
    orders = tuple(new if is_later else old for new, old, is_later in zip(moved, instance.orders, later, strict=True))
    here, there = the_log(instance, solver), the_log(replace(instance, orders=orders), solver)
    assert [line for line in here if line.at <= now] == [line for line in there if line.at <= now]


def test_insertion_takes_a_lot_along_when_both_docks_can_be_shared() -> None:
    instance = an_instance(an_order(A, B, pallets=2), an_order(A, B, pallets=1, created_at=200), starts=[A])
    assert the_log(instance, "insertion")[0].routes == ((load(A, 2, 0, 1), unload(B, 1, 0, 2)),)


def test_insertion_unloads_last_in_first_out() -> None:
    instance = an_instance(an_order(A, C, pallets=1), an_order(B, C, pallets=1, created_at=200), starts=[A])
    assert the_log(instance, "insertion")[0].routes == ((load(A, 0), load(B, 1), unload(C, 1, 0)),)


def test_insertion_gives_away_what_would_come_late_to_a_truck_in_time() -> None:
    # One truck would be back for the second order after 600 + 2 * (1,800 + 1,440) + 2 * 600 = 8,280 s.
    orders = [an_order(A, B, pallets=6, promised_by=promised_by) for promised_by in (5_000, 5_001)]
    log = the_log(an_instance(*orders, starts=[A, C], pallets=6), "insertion")
    assert all(log[0].routes), "both trucks are sent"


def test_two_overdue_orders_of_one_docked_truck_are_each_given_out_once() -> None:
    overdue = [an_order(pickup, C, created_at=3_300, promised_by=3_310) for pickup in (A, B)]
    instance = an_instance(an_order(A, B), *overdue, starts=[A])
    # At 3,600 the only truck is at its dock in B until 5,280, and both orders must be in its orders.
    log = the_log(instance, "engine")
    loaded = [item for line in log if line.at == 3_600 for visit in line.routes[0] for item in visit.load]
    assert sorted(loaded) == [1, 2]
    assert check(instance, log).broken == ()
