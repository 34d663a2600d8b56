"""What a move would do to every promise, from hand-made snapshots."""

from datetime import timedelta

from homeward.dispatch import engine
from homeward.dispatch.model import Inputs, StopKind, StopRef
from homeward.dispatch.moves.model import Effect, Move, PromiseEffect
from homeward.dispatch.moves.policy import basis, effect, lanes, touched
from homeward.dispatch.problem_of import build
from tests.dispatch.test_decide import EAST, a_car, an_order, inputs_for
from tests.dispatch.test_policy import NOON


def carried_by(courier: str, name: str, **changes: object):  # type: ignore[no-untyped-def]
    return an_order(name, **{"state": "assigned", "courier_id": courier, "leg_id": f"leg_{name}", **changes})


def route(*names: str) -> tuple[StopRef, ...]:
    return tuple(StopRef(name, kind) for name in names for kind in (StopKind.PICKUP, StopKind.DROPOFF))


def of(found: Effect, delivery_id: str) -> PromiseEffect:
    return next(one for one in found.promises if one.delivery_id == delivery_id)


def busy_and_free(**changes: object) -> Inputs:
    """`c1` has a, b and c one after the other; `c2` has nothing and stands to the east."""
    return inputs_for(
        [carried_by("c1", name) for name in "abc"],
        [a_car("c1", route=route("a", "b", "c")), a_car("c2", EAST, **changes)],
    )


def test_a_lane_tells_the_times_that_the_planner_expects() -> None:
    inputs = busy_and_free()
    built = build(inputs)
    planned = engine.evaluate(built.problem, built.promised()).routes[0]
    lane = lanes(inputs)["c1"]
    assert [visit.ref for visit in lane.visits] == list(route("a", "b", "c"))
    assert [visit.start for visit in lane.visits] == [NOON + timedelta(seconds=stop.start) for stop in planned.stops]


def test_who_gives_a_delivery_away_is_sooner_at_the_doors_that_follow() -> None:
    found = effect(busy_and_free(), Move(("b",), "c2"))
    assert found.order == route("b")
    last, moved = of(found, "c"), of(found, "b")
    assert last.before is not None
    assert last.after is not None
    assert last.after < last.before
    assert moved.moved
    assert moved.after is not None
    assert of(found, "a").before == of(found, "a").after


def test_a_delivery_placed_before_others_makes_them_later_and_says_by_how_much() -> None:
    inputs = inputs_for(
        [carried_by("c1", "a"), an_order("d", promised_by=NOON + timedelta(hours=2))],
        [a_car("c1", route=route("a"))],
    )
    cheapest, first = effect(inputs, Move(("d",), "c1")), effect(inputs, Move(("d",), "c1", 1))
    assert first.order[1] == StopRef("d", StopKind.PICKUP)
    assert cheapest.cost <= first.cost
    assert of(first, "d").before is None


def test_the_next_stop_stays_next_wherever_a_person_drops_the_delivery() -> None:
    inputs = inputs_for([carried_by("c1", "a"), an_order("b")], [a_car("c1", route=route("a"))])
    assert effect(inputs, Move(("b",), "c1", 0)).order[0] == StopRef("a", StopKind.PICKUP)


def test_lateness_is_told_for_each_delivery_and_counted_where_it_is_new() -> None:
    soon = NOON + timedelta(minutes=12)
    inputs = inputs_for([carried_by("c1", "a", promised_by=soon)], [a_car("c1", route=route("a")), a_car("c2", EAST)])
    before, after = of(effect(inputs, Move(("a",), "c1")), "a"), of(effect(inputs, Move(("a",), "c2")), "a")
    assert before.late_after_s == 0
    assert after.late_after_s > 0
    assert effect(inputs, Move(("a",), "c2")).newly_late == 1


def test_costs_and_ways_count_against_now_and_a_move_that_changes_nothing_costs_nothing() -> None:
    away = effect(busy_and_free(), Move(("b",), "c2"))
    still = effect(busy_and_free(), Move(("c",), "c1", 4))
    assert away.distance_m != 0
    assert (still.order, still.distance_m, still.driving_s, still.cost) == (route("a", "b", "c"), 0, 0, 0)


def test_limits_of_the_target_are_named_in_the_words_of_explanations() -> None:
    weak = effect(busy_and_free(capacity_g=100), Move(("b",), "c2"))
    assert [(one.limit, one.subject) for one in weak.limits] == [("capacity", "weight_g")]
    paused = effect(busy_and_free(closed="on_break"), Move(("b",), "c2"))
    assert [one.limit for one in paused.limits] == ["on_break"]
    other = effect(busy_and_free(employer_id="another"), Move(("b",), "c2"))
    assert [one.limit for one in other.limits] == ["employer"]
    assert effect(busy_and_free(), Move(("b",), "c2")).limits == ()


def test_who_is_just_asked_about_this_very_delivery_is_not_busy_with_another() -> None:
    inputs = inputs_for([an_order("a", offered_to="c1")], [a_car("c1", closed="asked_about_another")])
    assert effect(inputs, Move(("a",), "c1")).limits == ()


def test_given_to_nobody_it_is_expected_from_nobody() -> None:
    found = effect(busy_and_free(), Move(("b",), None))
    assert found.order == ()
    assert of(found, "b").after is None
    assert found.driving_s < 0


def test_a_trip_moves_together() -> None:
    found = effect(busy_and_free(), Move(("a", "b"), "c2"))
    assert sorted(found.order) == sorted(route("a", "b"))
    assert {one.delivery_id for one in found.promises if one.moved} == {"a", "b"}


def test_only_those_whom_a_move_concerns_are_looked_at() -> None:
    inputs = inputs_for(
        [carried_by("c1", "a"), carried_by("c3", "b"), an_order("c")],
        [a_car("c1", route=route("a")), a_car("c2"), a_car("c3", route=route("b"))],
    )
    seen = touched(inputs.snapshot, Move(("a",), "c2"))
    assert [courier.id for courier in seen.couriers] == ["c1", "c2"]
    assert [delivery.id for delivery in seen.deliveries] == ["a"]


def test_a_basis_changes_with_the_routes_the_promises_and_the_order_and_with_nothing_else() -> None:
    inputs, move = busy_and_free(), Move(("b",), "c2")
    stands = basis(inputs.snapshot, move, route("b"))
    later = inputs_for(
        [carried_by("c1", name) for name in "abc"],
        [a_car("c1", EAST, route=route("a", "b", "c")), a_car("c2", EAST)],
    )
    others = inputs_for([carried_by("c1", name) for name in "abc"], [a_car("c1", route=route("a", "c", "b"))])
    promised = inputs_for(
        [carried_by("c1", "a"), carried_by("c1", "b"), carried_by("c1", "c", promised_by=NOON + timedelta(hours=9))],
        [a_car("c1", route=route("a", "b", "c")), a_car("c2", EAST)],
    )
    assert basis(later.snapshot, move, route("b")) == stands
    assert basis(others.snapshot, move, route("b")) != stands
    assert basis(promised.snapshot, move, route("b")) != stands
    assert basis(inputs.snapshot, move, ()) != stands
