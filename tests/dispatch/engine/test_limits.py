from __future__ import annotations

import pytest

from homeward.dispatch.engine import Limit, Problem, Refusal, Request, Stop, Vehicle, plan
from tests.dispatch.engine.worlds import MINUTE, a_problem, a_request, a_vehicle, on_board, pickup_of


def refusals(problem: Problem) -> list[Refusal]:
    return [refusal for unassigned in plan(problem).unassigned for refusal in unassigned.refusals]


@pytest.mark.parametrize(("weight_g", "refused"), [(9_999, []), (10_000, []), (10_001, [Limit.CAPACITY])])
def test_a_parcel_heavier_than_the_vehicle_carries_is_refused(weight_g: int, refused: list[Limit]) -> None:
    problem = a_problem([a_request(load=(weight_g,))], [a_vehicle()])
    assert [refusal.limit for refusal in refusals(problem)] == refused


def test_the_dimension_that_is_full_is_named() -> None:
    bulky = a_request(load=(1_000, 90))
    problem = a_problem([bulky], [a_vehicle(capacity=(10_000, 60))], dimensions=("weight_g", "volume_l"))
    assert refusals(problem) == [Refusal(0, Limit.CAPACITY, "volume_l", 90, 60)]


def test_what_is_on_board_takes_room_until_it_comes_off() -> None:
    heavy = on_board(door=9, load=(9_500,))
    fits_after = a_problem([heavy, a_request()], [a_vehicle()])
    made = plan(fits_after)
    assert [stop.key.request for stop in made.routes[0].stops] == [0, 1, 1]
    never = a_problem([heavy, a_request(dropoff=Stop(3, hard_latest=9 * MINUTE))], [a_vehicle()])
    assert refusals(never)[0].limit in {Limit.CAPACITY, Limit.WINDOW}


@pytest.mark.parametrize(("most", "together"), [(1, False), (2, True)])
def test_a_vehicle_carries_no_more_parcels_at_once_than_it_may(most: int, together: bool) -> None:
    requests = [a_request("d1", door=5), a_request("d2", door=5)]
    made = plan(a_problem(requests, [a_vehicle(max_parcels_on_board=most)]))
    kinds = [stop.key.kind for stop in made.routes[0].stops]
    assert (kinds[0] == kinds[1]) is together


@pytest.mark.parametrize(("most", "served"), [(1, 0), (2, 1), (3, 1), (4, 2)])
def test_a_route_has_no_more_stops_than_it_may(most: int, served: int) -> None:
    problem = a_problem([a_request("d1"), a_request("d2")], [a_vehicle(max_stops=most)])
    assert 2 - len(plan(problem).unassigned) == served
    assert {refusal.limit for refusal in refusals(problem)} <= {Limit.STOPS}


@pytest.mark.parametrize(("hard_latest", "served"), [(179, False), (180, True), (181, True)])
def test_a_hard_window_is_kept_to_the_second(hard_latest: int, served: bool) -> None:
    problem = a_problem([a_request(dropoff=Stop(3, hard_latest=hard_latest))], [a_vehicle()])
    assert refusals(problem) == ([] if served else [Refusal(0, Limit.WINDOW, "d1", 180, 179)])


@pytest.mark.parametrize(("hard_shift_end", "served"), [(179, False), (180, True)])
def test_nothing_new_ends_after_the_hard_end_of_the_shift(hard_shift_end: int, served: bool) -> None:
    problem = a_problem([a_request()], [a_vehicle(hard_shift_end=hard_shift_end)])
    assert refusals(problem) == ([] if served else [Refusal(0, Limit.SHIFT_END, "c1", 180, 179)])


@pytest.mark.parametrize(("max_on_board_s", "served"), [(119, False), (120, True)])
def test_food_is_not_carried_longer_than_it_may(max_on_board_s: int, served: bool) -> None:
    problem = a_problem([a_request(max_on_board_s=max_on_board_s)], [a_vehicle()])
    assert refusals(problem) == ([] if served else [Refusal(0, Limit.MAX_ON_BOARD, "d1", 120, 119)])


def test_a_new_parcel_does_not_make_another_stay_on_board_too_long() -> None:
    food = a_request("food", store=1, door=6, max_on_board_s=5 * MINUTE)
    errand = a_request("errand", store=3, door=2)
    made = plan(a_problem([food, errand], [a_vehicle()]))
    starts = {stop.key: stop for stop in made.routes[0].stops}
    assert not made.unassigned
    carried_s = max(stop.start for stop in starts.values() if stop.key.request == 0) - starts[pickup_of(0)].departure
    assert carried_s == 5 * MINUTE


def test_food_in_the_fixed_next_stop_is_charged_for_time_on_board() -> None:
    food = a_request("food", store=1, door=6, max_on_board_s=4 * MINUTE)
    made = plan(a_problem([food], [a_vehicle(prefix=(pickup_of(0),))], overrun_per_s=3))
    assert made.costs.overrun == 3 * MINUTE


@pytest.mark.parametrize(
    ("request_", "vehicle", "refusal"),
    [
        (a_request(required_skills=frozenset({"age-check"})), a_vehicle(), Refusal(0, Limit.SKILL, "age-check")),
        (a_request(traits=frozenset({"alcohol"})), a_vehicle(refuses=frozenset({"alcohol"})),
         Refusal(0, Limit.TRAIT, "alcohol")),
        (a_request(excluded_vehicles=frozenset({0})), a_vehicle(), Refusal(0, Limit.EXCLUDED)),
    ],
)  # fmt: skip
def test_a_pair_that_must_not_be_is_refused_by_name(request_: Request, vehicle: Vehicle, refusal: Refusal) -> None:
    assert refusals(a_problem([request_], [vehicle])) == [refusal]


def test_a_vehicle_with_the_skill_gets_the_parcel() -> None:
    checked = a_request(required_skills=frozenset({"age-check"}))
    trained = a_vehicle("trained", at=9, skills=frozenset({"age-check", "cold-chain"}))
    assert plan(a_problem([checked], [a_vehicle("near"), trained])).vehicle_of(0) == 1
