import pytest

from homeward.benchmarks.mdrp.checker import check
from homeward.benchmarks.mdrp.dispatcher import NARROW, PolicyDispatcher, Settings
from homeward.benchmarks.mdrp.instance import Instance
from homeward.benchmarks.mdrp.world import Answer, Go, IllegalInstruction, Instruction, Take, View, run_day
from tests.benchmarks.mdrp.small_days import a_courier, a_day, an_order


class Listener:
    """Gives each prepared instruction once and remembers every view."""

    def __init__(self, *told: Instruction, wake_at: dict[int, int] | None = None) -> None:
        self.to_tell = list(told)
        self.wakes = wake_at or {}
        self.views: list[View] = []

    def decide(self, view: View) -> Answer:
        self.views.append(view)
        due = tuple(one for one in self.to_tell if one.at == view.now)
        self.to_tell = [one for one in self.to_tell if one not in due]
        return Answer(due, self.wakes.get(view.now))


MANY = a_day(
    *(an_order(f"o{n}", placed=7 * n, ready=7 * n + 5 + n % 11, at=(90.0 * n, 40.0)) for n in range(12)),
    *(an_order(f"d{n}", placed=9 * n, ready=9 * n + 8, at=(1_000.0, 70.0 * n), restaurant="diner") for n in range(8)),
    couriers=(a_courier(), a_courier("bob", at=(1_000.0, 0.0)), a_courier("cleo", on=30, off=90)),
)


def test_no_order_is_seen_before_it_is_placed() -> None:
    listener = Listener()
    run_day(MANY, listener)

    assert listener.views
    assert all(order.placed <= view.now for view in listener.views for order in view.waiting)
    assert {order.id for view in listener.views for order in view.waiting} == {order.id for order in MANY.orders}


def test_what_is_told_does_not_depend_on_orders_that_are_placed_later() -> None:
    cut = 50
    short = a_day(*(order for order in MANY.orders if order.placed <= cut), couriers=MANY.setting.couriers)
    whole_log = run_day(MANY, PolicyDispatcher(MANY.setting, Settings())).log
    short_log = run_day(short, PolicyDispatcher(short.setting, Settings())).log
    until = [one for one in whole_log if one.at <= cut]

    assert until
    assert until == [one for one in short_log if one.at <= cut]


@pytest.mark.parametrize("settings", [Settings(), NARROW])
def test_a_day_of_the_policy_breaks_no_rule_and_delivers_everything(settings: Settings) -> None:
    day = run_day(MANY, PolicyDispatcher(MANY.setting, settings))
    verdict = check(MANY, day.log, fixed_assignments=not settings.updates)

    assert verdict.violations == ()
    assert {one.order for one in verdict.served} == {order.id for order in MANY.orders}


def test_the_same_day_is_told_the_same_twice() -> None:
    first, second = (run_day(MANY, PolicyDispatcher(MANY.setting, Settings())).log for _ in range(2))

    assert first == second


def test_a_courier_waits_where_the_last_stop_was() -> None:
    listener = Listener(Go(10, "ann", "grill"), Take(20, "ann", ("o1",)), wake_at={10: 20})
    run_day(a_day(an_order()), listener)
    state = listener.views[-1].couriers[0]

    assert (state.at, state.free_at, state.restaurant) == ((500.0, 0.0), 31, None)


def test_the_dispatcher_is_woken_when_it_asked_to_be() -> None:
    listener = Listener(wake_at={0: 3, 10: 44})
    run_day(a_day(an_order()), listener)

    assert [view.now for view in listener.views] == [0, 3, 10, 44]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([Take(10, "ann", ("o1",))], "does not stand there"),
        ([Go(10, "ann", "diner"), Go(10, "ann", "grill")], "busy until 20"),
        ([Go(0, "ann", "grill"), Take(10, "ann", ("o1",))], "too early"),
        ([Go(0, "ann", "grill", ("o1",))], "not all of its orders wait"),
        ([Go(0, "ann", "grill"), Take(10, "ann", ("o7",))], "not all of them wait"),
    ],
)
def test_what_cannot_be_done_is_refused(told: list[Instruction], reason: str) -> None:
    day: Instance = a_day(an_order())
    with pytest.raises(IllegalInstruction, match=reason):
        run_day(day, Listener(*told))
