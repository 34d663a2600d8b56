"""What a minute changes, and what of a plan is left after it."""

from __future__ import annotations

import pytest

from homeward.benchmarks.checker import complaints
from homeward.benchmarks.market.draw import draw
from homeward.benchmarks.market.minute import Keys, a_minute_later, booked_in_a_minute
from homeward.benchmarks.market.model import KINDS, Load, Snapshot
from homeward.benchmarks.market.problem_of import problem_of
from homeward.dispatch.engine import Plan, StopKind, evaluate, plan

Passed = tuple[Snapshot, Plan, Snapshot, Keys]


@pytest.fixture(scope="module")
def passed() -> Passed:
    before = draw(seed=2, couriers=50, deliveries=200, load=Load.CALM)
    problem = problem_of(before)
    made = plan(problem, iterations=0)
    return before, made, *a_minute_later(before, problem, made, seed=2)


def test_a_minute_is_a_minute(passed: Passed) -> None:
    before, _, later, _ = passed
    assert later.now == before.now + 60
    assert [courier.id for courier in later.couriers] == [courier.id for courier in before.couriers]


def test_what_was_brought_is_gone_and_some_was_booked(passed: Passed) -> None:
    before, made, later, _ = passed
    brought = {
        before.parcels[stop.key.request].id
        for route in made.routes
        for stop in route.stops
        if stop.start < 60 and stop.key.kind is StopKind.DROPOFF
    }
    known = {parcel.id for parcel in before.parcels}
    assert brought
    assert known - {parcel.id for parcel in later.parcels} == brought
    booked = [parcel for parcel in later.parcels if parcel.id not in known]
    assert len(booked) == booked_in_a_minute(200) == 3
    assert all(parcel.carried_by is None for parcel in booked)


def test_what_was_picked_up_is_on_board_of_who_did(passed: Passed) -> None:
    before, made, later, _ = passed
    now_of = {parcel.id: parcel for parcel in later.parcels}
    for route in made.routes:
        for stop in route.stops:
            parcel = before.parcels[stop.key.request]
            if stop.start < 60 and stop.key.kind is StopKind.PICKUP and parcel.id in now_of:
                assert now_of[parcel.id].carried_by == route.vehicle
                assert now_of[parcel.id].picked_up_at == before.now + stop.departure


def test_nobody_moves_farther_than_they_can_in_a_minute(passed: Passed) -> None:
    before, _, later, _ = passed
    for old, new in zip(before.couriers, later.couriers, strict=True):
        if old.free_at == before.now and new.free_at == later.now:
            apart_m = ((old.point.x_m - new.point.x_m) ** 2 + (old.point.y_m - new.point.y_m) ** 2) ** 0.5
            traits = KINDS[old.kind]
            assert apart_m <= 60 * traits.speed_mps / traits.detour + 5


def test_whoever_is_on_the_road_keeps_the_next_stop(passed: Passed) -> None:
    _, _, later, left = passed
    problem = problem_of(later)
    moving = [vehicle for vehicle in problem.vehicles if vehicle.prefix]
    assert len(moving) > 5
    for vehicle, keys in zip(problem.vehicles, left, strict=True):
        assert keys[: len(vehicle.prefix)] == vehicle.prefix


def test_the_rest_of_the_plan_still_holds_a_minute_later(passed: Passed) -> None:
    _, made, later, left = passed
    problem = problem_of(later)
    assert sum(map(len, left)) > 50
    kept = evaluate(problem, left)
    served = {key.request for keys in left for key in keys}
    broken = [text for text in complaints(problem, kept) if "without one reason" not in text and "hard" not in text]
    assert broken == []
    assert {unassigned.request for unassigned in kept.unassigned} == set(range(len(problem.requests))) - served
    assert plan(problem, iterations=0, warm_start=left).costs.total > 0
    assert made.routes
