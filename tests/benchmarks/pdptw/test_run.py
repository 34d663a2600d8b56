"""`homeward bench pdptw` from words to rows."""

from __future__ import annotations

import argparse
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from homeward.benchmarks.cli import main
from homeward.benchmarks.inputs import UnreadableInput
from homeward.benchmarks.pdptw import with_engine
from homeward.benchmarks.pdptw.check import check
from homeward.benchmarks.pdptw.read import read_instance
from homeward.benchmarks.pdptw.run import add_arguments, choose
from homeward.benchmarks.pdptw.with_engine import FINE, problem_of, scaled_travel
from tests.benchmarks.pdptw.world import LI_LIM, SARTORI_BURIOL, the_cross

ROW = {"instance", "solver", "seconds", "vehicles", "cost", "best_vehicles", "best_cost", "feasible"}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as writing:
        writing.writestr("deep/cross.txt", LI_LIM)
        writing.writestr("deep/other.txt", SARTORI_BURIOL)
        writing.writestr("readme.txt", "two instances")
    (tmp_path / "best_known.csv").write_text("instance,best_vehicles,best_cost\ncross,1,8.00\n")
    return path


def test_a_zip_gives_one_row_per_instance_and_time_limit(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.json"
    assert main(["pdptw", str(archive), "--seconds", "0.1,0.2", "--out", str(out)]) == 0
    told = json.loads(out.read_text())
    assert set(told) == {"rows", "machine", "commit"}
    assert [(row["instance"], row["seconds"]) for row in told["rows"]] == [
        ("cross", 0.1), ("cross", 0.2), ("tiny-n4-1", 0.1), ("tiny-n4-1", 0.2),
    ]  # fmt: skip
    assert all(set(row) >= ROW and row["feasible"] for row in told["rows"])
    first = told["rows"][0]
    assert (first["vehicles"], first["cost"], first["best_vehicles"], first["best_cost"]) == (1, 8.0, 1, 8.0)
    assert told["rows"][-1]["best_vehicles"] is None


def test_a_folder_without_instances_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to drive")
    with pytest.raises(UnreadableInput, match="no instance"):
        main(["pdptw", str(tmp_path), "--seconds", "0.1"])


def test_a_missing_table_of_best_known_values_is_told(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="no such file"):
        main(["pdptw", str(archive), "--best-known", str(tmp_path / "gone.csv")])


@pytest.mark.parametrize("words", ["0", "1,-5", "soon"])
def test_a_time_limit_must_be_above_nothing(words: str) -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_arguments(parser)
    with pytest.raises((argparse.ArgumentError, ValueError)):
        parser.parse_args(["somewhere", "--seconds", words])


def test_a_sample_is_drawn_by_the_seed_and_kept_in_order() -> None:
    named = [replace(the_cross(), name=f"lc{number:02d}") for number in range(20)]
    drawn = [instance.name for instance in choose(named, "LC*", 5, seed=7)]
    assert drawn == [instance.name for instance in choose(named, "*", 5, seed=7)]
    assert drawn == sorted(drawn)
    assert len(drawn) == 5
    assert choose(named, "lr*", None, seed=7) == []


def test_scaled_travel_is_never_shorter_than_the_real_one() -> None:
    diagonal = read_instance("x", LI_LIM.replace(b"1\t1\t0\t6", b"1\t1\t1\t6"))
    scaled = scaled_travel(diagonal)
    assert (scaled >= diagonal.travel * FINE - 1e-3).all()
    assert (scaled - diagonal.travel * FINE < 1).all()
    assert scaled[0, 2] == 2 * FINE


def test_whole_minutes_stay_as_they_are() -> None:
    instance = read_instance("x", SARTORI_BURIOL)
    assert np.array_equal(scaled_travel(instance), instance.travel)


def test_a_vehicle_costs_more_than_any_way_it_could_save() -> None:
    problem = problem_of(the_cross())
    longest = int(problem.distance_m.astype(np.int64).max()) * (2 * len(problem.requests) + 1)
    assert all(vehicle.cost_fixed > longest for vehicle in problem.vehicles)
    assert len(problem.vehicles) == len(problem.requests)


def test_the_engine_brings_both_on_one_vehicle_where_that_is_possible() -> None:
    instance = the_cross()
    routes, _ = with_engine.solve(instance, seconds=0.1, seed=3)
    verdict = check(instance, routes)
    assert (verdict.vehicles, verdict.cost, verdict.faults) == (1, 8.0, ())
