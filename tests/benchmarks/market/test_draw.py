"""A drawn market is the same for everybody, and one that could be."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from homeward.benchmarks.market.draw import draw
from homeward.benchmarks.market.model import AGE_CHECK, KINDS, Kind, Load, Point, Snapshot, may_carry
from homeward.benchmarks.market.problem_of import problem_of, travel_tables
from homeward.dispatch.engine import StopKind


@pytest.fixture(scope="module", params=list(Load))
def snapshot(request: pytest.FixtureRequest) -> Snapshot:
    return draw(seed=3, couriers=50, deliveries=200, load=request.param)


def test_a_seed_gives_the_same_market_every_time_and_another_seed_another_one() -> None:
    first, again, other = (draw(seed=seed, couriers=10, deliveries=30, load=Load.CALM) for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_sizes_are_as_asked_and_three_in_ten_are_on_board(snapshot: Snapshot) -> None:
    assert (len(snapshot.couriers), len(snapshot.parcels)) == (50, 200)
    assert sum(parcel.carried_by is not None for parcel in snapshot.parcels) == 60
    assert set(Counter(courier.kind for courier in snapshot.couriers)) == set(Kind)


def test_everybody_carries_only_what_they_may_and_can(snapshot: Snapshot) -> None:
    for number, courier in enumerate(snapshot.couriers):
        mine = [parcel for parcel in snapshot.parcels if parcel.carried_by == number]
        traits = KINDS[courier.kind]
        assert all(may_carry(courier, parcel, snapshot.town) for parcel in mine)
        assert len(mine) <= traits.parcels_at_most
        assert sum(parcel.weight_g for parcel in mine) <= traits.capacity_g
        assert sum(parcel.volume_ml for parcel in mine) <= traits.capacity_ml


def test_nobody_heads_to_where_somebody_else_does(snapshot: Snapshot) -> None:
    heading = [courier.heading_to for courier in snapshot.couriers if courier.heading_to]
    assert len(heading) > 25
    assert max(Counter(heading).values()) == 1
    assert {stop.kind for stop in heading} == {StopKind.PICKUP, StopKind.DROPOFF}


def test_a_robot_is_for_parcels_within_its_area_only(snapshot: Snapshot) -> None:
    robot = next(courier for courier in snapshot.couriers if courier.kind is Kind.ROBOT)
    assert robot.area is not None
    centre = snapshot.town.areas[robot.area].centre
    near = replace(snapshot.parcels[0], store=centre, door=centre, age_check=False, weight_g=1_000, volume_ml=1_000)
    assert may_carry(robot, near, snapshot.town)
    assert not may_carry(robot, replace(near, door=Point(centre.x_m + 1_501, centre.y_m)), snapshot.town)
    assert not may_carry(robot, replace(near, age_check=True), snapshot.town)


def test_the_problem_says_what_the_market_is(snapshot: Snapshot) -> None:
    problem = problem_of(snapshot)
    for r, (parcel, request) in enumerate(zip(snapshot.parcels, problem.requests, strict=True)):
        assert request.on_board == (parcel.carried_by is not None)
        assert (AGE_CHECK in request.required_skills) == parcel.age_check
        carriers = [may_carry(courier, parcel, snapshot.town) for courier in snapshot.couriers]
        allowed = [
            request.required_skills <= vehicle.skills
            and not request.traits & vehicle.refuses
            and all(has <= may for has, may in zip(request.load, vehicle.capacity, strict=True))
            for vehicle in problem.vehicles
        ]
        assert carriers == allowed, r


def test_ways_into_the_centre_take_a_car_longer_than_ways_out_and_a_bicycle_the_same() -> None:
    travel_s, distance_m = travel_tables([Point(0, 5_000), Point(5_000, 5_000)], 10_000)
    car, bicycle = list(Kind).index(Kind.CAR), list(Kind).index(Kind.BICYCLE)
    assert travel_s[car, 0, 1] > travel_s[car, 1, 0]
    assert travel_s[bicycle, 0, 1] == travel_s[bicycle, 1, 0]
    assert distance_m[car, 0, 1] == round(5_000 * KINDS[Kind.CAR].detour)
    assert not np.any(np.diagonal(travel_s, axis1=1, axis2=2))


def test_parcels_are_promised_sooner_where_it_is_busy() -> None:
    calm, busy = (draw(seed=1, couriers=20, deliveries=100, load=load) for load in (Load.CALM, Load.BUSY))
    left_s = [np.mean([parcel.promised_by - snapshot.now for parcel in snapshot.parcels]) for snapshot in (calm, busy)]
    assert left_s[0] > left_s[1] + 1_200
