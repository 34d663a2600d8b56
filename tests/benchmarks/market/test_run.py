"""The command as one types it, at a size that takes a moment."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from time import thread_time

import pytest

from homeward.benchmarks.market.measure import Case, measure
from homeward.benchmarks.market.minute import Keys
from homeward.benchmarks.market.model import Load
from homeward.cli import main
from homeward.dispatch import engine
from homeward.dispatch.engine import Plan, Problem

FIELDS = {
    "couriers", "deliveries", "load", "mode", "seconds", "cost", "gap_pct", "left_open", "late_minutes", "feasible",
    "memory_mb", "decisions_per_s",
}  # fmt: skip
SMALL = Case(couriers=6, deliveries=18, load=Load.BUSY, seed=1, seconds=0.2)


def quick(problem: Problem, seconds: float | None, warm_start: Keys | None) -> Plan:
    """The engine with rounds instead of seconds, so that the same plan comes whatever else the machine does."""
    return engine.plan(problem, iterations=round(50 * (seconds or 0)), warm_start=warm_start)


def test_every_mode_and_moment_has_its_row_and_every_plan_is_right() -> None:
    rows = measure(SMALL, quick)
    assert [(row["mode"], row["seconds"]) for row in rows] == [
        ("cold, insertion only", 0.0), ("cold", 0.1), ("cold", 0.2),
        ("warm, insertion only", 0.0), ("warm", 0.1), ("warm", 0.2),
    ]  # fmt: skip
    assert all(row["feasible"] for row in rows)
    assert min(row["gap_pct"] for row in rows) == 0
    for insertion, *searches in (rows[:3], rows[3:]):
        assert searches[-1]["own_gap_pct"] == 0
        dearer = insertion["cost"] - searches[-1]["cost"]
        assert insertion["own_gap_pct"] == pytest.approx(100 * dearer / searches[-1]["cost"], abs=0.001)
    assert all(set(row) >= FIELDS for row in rows)


def test_no_row_is_for_less_time_than_the_first_plan_takes() -> None:
    def slow(problem: Problem, seconds: float | None, warm_start: Keys | None) -> Plan:
        began = thread_time()
        while thread_time() < began + 0.15:
            made = quick(problem, seconds, warm_start)
        return made

    assert [row["seconds"] for row in measure(SMALL, slow)] == [0.0, 0.2, 0.0, 0.2]


def test_a_plan_with_a_fault_is_told_as_infeasible() -> None:
    def careless(problem: Problem, seconds: float | None, warm_start: Keys | None) -> Plan:
        made = quick(problem, seconds, warm_start)
        return replace(made, costs=made.costs + engine.CostTerms(distance=1))

    assert not any(row["feasible"] for row in measure(SMALL, careless))


@pytest.mark.slow
def test_the_command_prints_a_table_and_writes_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "market.json"
    words = ["--couriers", "6", "--deliveries", "18", "--seconds", "0.2", "--load", "busy", "--out", str(out)]
    assert main(["bench", "market", *words]) == 0
    written = json.loads(out.read_text())
    assert set(written) == {"rows", "machine", "commit"}
    assert len(written["rows"]) == 6
    assert all(set(row) >= FIELDS for row in written["rows"])
    assert "decisions_per_s" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("--couriers", "0"), ("--sizes", "50"), ("--seconds", "-1"), ("--load", "wild")])
def test_sizes_that_make_no_sense_are_answered_with_how_to_write_them(words: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "market", *words])
    assert ended.value.code == 2
