import pytest

from homeward.benchmarks.mdrp.checker import Served, check
from homeward.benchmarks.mdrp.run import RulesBroken, judged
from homeward.benchmarks.mdrp.world import Go, Instruction, Take
from tests.benchmarks.mdrp.small_days import a_courier, a_day, an_order

DAY = a_day(
    an_order("o1"),
    an_order("o2", at=(700.0, 0.0)),
    an_order("d1", restaurant="diner", placed=30, ready=35),
)
FAIR: list[Instruction] = [Go(10, "ann", "grill", ("o1",)), Take(20, "ann", ("o1", "o2")), Go(37, "ann", "diner")]


def test_a_fair_log_is_accepted_and_its_times_follow_the_definitions() -> None:
    verdict = check(DAY, FAIR)

    assert verdict.violations == ()
    # Out at 22, five minutes and two to the first door; out at 31, two minutes and two to the second.
    assert verdict.served == (Served("o1", "ann", 20, 29), Served("o2", "ann", 20, 35))
    assert verdict.pickups == 1
    assert verdict.work_min == {"ann": 4 + 5 + 4 + 2 + 4 + 3}


SPOILED: dict[str, list[Instruction]] = {
    "assigned before its placement": [Go(9, "ann", "grill", ("o1",))],
    "taken before its placement": [Go(0, "ann", "grill"), Take(9, "ann", ("o1",))],
    "before it is ready": [Go(10, "ann", "grill"), Take(19, "ann", ("o1",))],
    "after the shift's end": [Go(10, "ann", "grill"), Take(121, "ann", ("o1",))],
    "on the way until": [Go(30, "ann", "diner"), Go(35, "ann", "grill"), Take(46, "ann", ("o1",))],
    "taken twice": [Go(10, "ann", "grill"), Take(20, "ann", ("o1",)), Go(31, "ann", "grill"), Take(38, "ann", ("o1",))],
    "not at a restaurant": [Take(20, "ann", ("o1",))],
    "is at grill, the courier is not": [Go(10, "ann", "diner"), Take(22, "ann", ("o1",))],
    "half the service after arrival": [Go(20, "ann", "grill"), Take(21, "ann", ("o1",))],
    "told out of order": [Go(37, "ann", "grill"), Go(20, "ann", "grill")],
    "before the shift": [Go(-5, "ann", "grill")],
    "no such courier": [Go(10, "bob", "grill")],
    "no such restaurant": [Go(10, "ann", "pizzeria")],
    "no such order": [Go(10, "ann", "grill"), Take(20, "ann", ("o9",))],
    "nothing picked up": [Go(10, "ann", "grill"), Take(20, "ann", ())],
    "no order of this restaurant": [Go(30, "ann", "grill", ("d1",))],
}


@pytest.mark.parametrize("rule", SPOILED)
def test_every_planted_violation_is_named(rule: str) -> None:
    assert any(rule in violation for violation in check(DAY, SPOILED[rule]).violations)


def test_the_figures_of_a_day_that_broke_a_rule_are_void() -> None:
    with pytest.raises(RulesBroken, match="1 broken, the first: pickup after the shift's end"):
        judged(DAY, SPOILED["after the shift's end"], narrow=False)


def test_a_courier_who_still_delivers_cannot_leave_from_the_restaurant() -> None:
    verdict = check(DAY, [Go(10, "ann", "grill"), Take(20, "ann", ("o1", "o2")), Go(22, "ann", "diner")])

    assert any("on the way until 37" in violation for violation in verdict.violations)


def test_two_minutes_at_a_restaurant_count_once_for_who_waits_there() -> None:
    waited = check(DAY, [Go(0, "ann", "grill"), Take(20, "ann", ("o1",))])

    assert waited.violations == ()


@pytest.mark.parametrize(
    ("log", "rule"),
    [
        ([Go(5, "ann", "grill")], "sent without an order"),
        ([Go(10, "ann", "grill", ("o1",)), Take(20, "ann", ("o1", "o2"))], "other orders than those sent for"),
        ([Go(10, "ann", "grill", ("o1",)), Go(11, "ann", "grill", ("o2",))], "without the orders of the last errand"),
    ],
)
def test_the_narrow_environment_knows_no_updates_and_no_prepositioning(log: list[Instruction], rule: str) -> None:
    assert check(DAY, log).violations == ()
    assert any(rule in violation for violation in check(DAY, log, fixed_assignments=True).violations)


def test_a_pickup_in_the_last_minute_of_the_shift_may_be_delivered_after_it() -> None:
    day = a_day(an_order("o1"), couriers=(a_courier(off=20),))
    verdict = check(day, [Go(10, "ann", "grill"), Take(20, "ann", ("o1",))])

    assert verdict.violations == ()
    assert verdict.served[0].dropoff == 29
