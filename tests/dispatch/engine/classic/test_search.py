"""The faster lane keeps every limit, forgets nobody, and never ends worse than it began."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from homeward.benchmarks.checker import complaints
from homeward.dispatch.engine import Plan, Problem, plan
from homeward.dispatch.engine.classic.absence import drop_route, place_absent
from homeward.dispatch.engine.classic.anneal import anneal
from homeward.dispatch.engine.classic.ejection import eject_and_insert
from homeward.dispatch.engine.classic.insertion import scan
from homeward.dispatch.engine.classic.recognise import tables_of
from homeward.dispatch.engine.classic.recreate import insert_all
from homeward.dispatch.engine.classic.route import (
    back_to_best,
    begin_round,
    keep_best,
    keep_round,
    schedule,
    undo_round,
    write_in,
)
from homeward.dispatch.engine.classic.ruin import ruin_strings, where_to_ruin
from homeward.dispatch.engine.classic.state import ABSENT, FORBIDDEN, USED, State, metres, new_state
from homeward.dispatch.engine.classic.tables import Tables
from tests.dispatch.engine.classic.worlds import a_classic_problem

SEEDS = range(5)


def begun(problem: Problem, seed: int = 1) -> tuple[Tables, State]:
    tables = tables_of(problem)
    state = new_state(tables, len(problem.vehicles), seed)
    assert insert_all(tables, state)
    keep_best(state)
    return tables, state


def used(state: State) -> list[int]:
    return [int(v) for v in state.route.used[: state.counts[USED]]]


def rows(state: State) -> dict[int, list[int]]:
    return {v: [int(stop) for stop in state.at.stop[v, 1 : 1 + state.route[v].length]] for v in used(state)}


def assert_sound(tables: Tables, state: State) -> None:
    """Every request is on one route or absent, and every route keeps its windows and its capacity."""
    on_routes = [stop for row in rows(state).values() for stop in row]
    absent = [int(r) for r in state.request.absent[: state.counts[ABSENT]]]
    assert sorted([*on_routes, *(end for r in absent for end in (2 * r, 2 * r + 1))]) == list(
        range(2 * tables.requests)
    )
    for v, row in rows(state).items():
        at = state.at[v, : len(row) + 2]
        assert (at.start <= at.latest).all()
        assert (at.load <= tables.capacity).all()
        assert all(row.index(stop - 1) < row.index(stop) for stop in row if stop % 2)
        assert all(state.request[stop // 2].vehicle == v for stop in row)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_breaks_nothing_and_serves_all(seed: int) -> None:
    problem = a_classic_problem(30, seed=seed)
    made = plan(problem, seed=seed, iterations=2_000)
    assert made.unassigned == ()
    assert complaints(problem, made) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_scan_finds_the_cheapest_feasible_pair_of_positions(seed: int) -> None:
    tables, state = begun(a_classic_problem(12, seed=seed, window=150))
    trial = state.route.size - 1
    for r, v in itertools.product(range(tables.requests), used(state)):
        row = rows(state)[v]
        if 2 * r in row:
            continue
        least = FORBIDDEN
        for i in range(len(row) + 1):
            for j in range(i, len(row) + 1):
                state.at.stop[trial, 1 : 1 + len(row)] = row
                state.route[trial].length = len(row)
                write_in(state, trial, r, i, j)
                schedule(tables, state, trial)
                at = state.at[trial, : len(row) + 4]
                if (at.start <= at.latest).all() and (at.load <= tables.capacity).all():
                    least = min(least, int(state.route[trial].metres - state.route[v].metres))
        assert min(int(scan(tables, state, v, r)[0]), FORBIDDEN) == least


@pytest.mark.parametrize("seed", SEEDS)
def test_a_round_taken_back_leaves_no_trace(seed: int) -> None:
    tables, state = begun(a_classic_problem(30, seed=seed))
    before = rows(state)
    begin_round(state)
    ruin_strings(tables, state, seed, 10.0, 10.0)
    assert state.counts[ABSENT] > 0
    assert_sound(tables, state)
    undo_round(tables, state)
    assert rows(state) == before
    assert_sound(tables, state)


@pytest.mark.parametrize("seed", SEEDS)
def test_annealing_never_loses_the_best_plan_and_shortens_it(seed: int) -> None:
    tables, state = begun(a_classic_problem(30, seed=seed))
    first = metres(state)
    best = anneal(tables, state, first, 500, 5.0, 1e18, 10.0, 10.0, 0.01)
    assert_sound(tables, state)
    assert state.counts[ABSENT] == 0
    assert best < first


@pytest.mark.parametrize("seed", SEEDS)
def test_for_a_small_toll_annealing_leaves_requests_over_but_remembers_only_whole_plans(seed: int) -> None:
    tables, state = begun(a_classic_problem(30, seed=seed, window=150))
    left_over = 0
    best = metres(state)
    for _ in range(50):
        best = anneal(tables, state, best, 10, 20.0, 1.0, 10.0, 10.0, 0.01)
        assert_sound(tables, state)
        left_over += int(state.counts[ABSENT])
    assert left_over > 0
    back_to_best(tables, state)
    assert_sound(tables, state)
    assert state.counts[ABSENT] == 0
    assert metres(state) == best


@pytest.mark.parametrize("seed", SEEDS)
def test_absent_requests_are_placed_or_stay_counted(seed: int) -> None:
    tables, state = begun(a_classic_problem(30, seed=seed))
    drop_route(tables, state)
    place_absent(tables, state, 200, 10.0, 10.0, 10.0, 0.01)
    assert_sound(tables, state)


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_forced_in_throws_out_only_what_is_counted_absent(seed: int) -> None:
    tables, state = begun(a_classic_problem(30, seed=seed))
    drop_route(tables, state)
    eject_and_insert(tables, state, 20, 5, 10.0, 5.0)
    assert_sound(tables, state)


def test_half_of_the_ruins_are_where_a_request_found_no_place() -> None:
    tables, state = begun(a_classic_problem(30))
    assert len({where_to_ruin(tables, state) for _ in range(500)}) > 40
    drop_route(tables, state)
    waiting = set(state.request.absent[: state.counts[ABSENT]].tolist())
    there = sum(where_to_ruin(tables, state) // 2 in waiting for _ in range(1_000))
    assert 500 <= there <= 500 + 500 * 3 * len(waiting) / 30


def test_a_kept_round_is_not_taken_back_by_the_next() -> None:
    tables, state = begun(a_classic_problem(30))
    begin_round(state)
    ruin_strings(tables, state, 0, 10.0, 10.0)
    keep_round(state)
    kept = rows(state)
    begin_round(state)
    ruin_strings(tables, state, 1, 10.0, 10.0)
    undo_round(tables, state)
    assert rows(state) == kept


def vehicles_of(made: Plan) -> int:
    return sum(bool(route.stops) for route in made.routes)


def test_the_search_saves_vehicles_that_insertion_needs() -> None:
    problem = a_classic_problem(40, seed=3, window=200)
    fast, searched = plan(problem, iterations=0), plan(problem, iterations=5_000)
    assert vehicles_of(searched) < vehicles_of(fast)


def test_a_seed_and_a_number_of_rounds_decide_the_plan() -> None:
    problem = a_classic_problem(30)
    assert plan(problem, seed=5, iterations=1_000).keys() == plan(problem, seed=5, iterations=1_000).keys()


def test_two_threads_are_no_worse_than_the_better_of_their_seeds() -> None:
    problem = a_classic_problem(30)
    both = plan(problem, seed=5, iterations=500, threads=2)
    alone = [plan(problem, seed=seed, iterations=500) for seed in (5, 6)]
    assert both.costs.total == min(one.costs.total for one in alone)


def test_a_request_that_nobody_can_serve_stays_open_with_its_reason() -> None:
    problem = a_classic_problem(5)
    first, *rest = problem.requests
    assert first.pickup is not None
    late = replace(first, pickup=replace(first.pickup, earliest=0, hard_latest=0))
    problem = replace(problem, requests=(late, *rest))
    assert np.all(problem.travel_s[0, 0, 1] > 0)
    made = plan(problem, iterations=100)
    assert [one.request for one in made.unassigned] == [0]
