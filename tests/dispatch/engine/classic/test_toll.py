"""The toll for leaving requests over falls while plans are whole, rises while they are not, and knows who is hard."""

from __future__ import annotations

from homeward.dispatch.engine.classic.recognise import tables_of
from homeward.dispatch.engine.classic.state import new_state
from homeward.dispatch.engine.classic.toll import Toll
from tests.dispatch.engine.classic.worlds import a_classic_problem


def a_toll() -> Toll:
    problem = a_classic_problem(10)
    return Toll(new_state(tables_of(problem), len(problem.vehicles), 1))


def test_the_toll_falls_while_plans_are_whole_and_rises_while_they_are_not() -> None:
    toll = a_toll()
    first = toll.per_absence(100.0)
    toll.look(whole=True, cooled=0.0)
    cheaper = toll.per_absence(100.0)
    toll.look(whole=False, cooled=0.0)
    toll.look(whole=False, cooled=0.0)
    assert cheaper < first < toll.per_absence(100.0)


def test_the_toll_keeps_its_bounds() -> None:
    toll = a_toll()
    for _ in range(1_000):
        toll.look(whole=True, cooled=0.0)
    least = toll.ways
    for _ in range(1_000):
        toll.look(whole=False, cooled=0.0)
    assert (least, toll.ways) == (1.0, 40.0)


def test_a_search_that_goes_astray_is_called_back_sooner_when_it_is_cool() -> None:
    warm, cool = a_toll(), a_toll()
    looks_when_warm = next(n for n in range(1, 1_000) if warm.look(whole=False, cooled=0.2))
    looks_when_cool = next(n for n in range(1, 1_000) if cool.look(whole=False, cooled=0.8))
    assert looks_when_cool < looks_when_warm


def test_a_whole_plan_begins_the_count_anew() -> None:
    toll = a_toll()
    called_back = [toll.look(whole=look % 50 == 0, cooled=0.9) for look in range(1_000)]
    assert not any(called_back)


def test_who_was_left_over_often_is_dearer_for_a_while_but_not_for_ever() -> None:
    toll = a_toll()
    toll.state.request.absences[3] += 5_000
    toll.look(whole=True, cooled=0.0)
    after_one = toll.state.request.absences[3]
    for _ in range(500):
        toll.look(whole=True, cooled=0.0)
    assert after_one > 10 * toll.state.request.absences[0]
    assert toll.state.request.absences[3] == toll.state.request.absences[0]


def test_beside_a_hard_request_an_easy_one_costs_less_while_warm_than_when_cool() -> None:
    def of_an_easy_one(cooled: float) -> float:
        toll = a_toll()
        toll.state.request.absences[3] += 5_000
        toll.look(whole=True, cooled=cooled)
        return toll.per_absence(100.0) * float(toll.state.request.absences[0])

    assert of_an_easy_one(cooled=0.1) < of_an_easy_one(cooled=0.9) / 2
