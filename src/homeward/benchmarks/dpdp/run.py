"""`homeward bench dpdp`: factory cargo under our policies, judged by the independent checker."""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from rich.console import Console

from homeward.benchmarks.dpdp.anticipation import Anticipation
from homeward.benchmarks.dpdp.checker import check
from homeward.benchmarks.dpdp.insertion import Insertion
from homeward.benchmarks.dpdp.model import Instance, Policy, Roads, Route, Truck, View
from homeward.benchmarks.dpdp.reader import read
from homeward.benchmarks.dpdp.simulator import simulate
from homeward.benchmarks.report import print_table, write_json

YARDSTICK: Final = "insertion"
# A policy learns the roads and the trucks, and never the orders of the day: those appear in views.
POLICIES: Final[Mapping[str, Callable[[Roads, Sequence[Truck]], Policy]]] = MappingProxyType(
    {"insertion": Insertion, "engine": Anticipation}
)
COLUMNS: Final = (
    "instance", "solver", "orders", "trucks", "score", "distance_km", "late_s", "late_orders", "visits", "feasible",
    "decision_s_max", "better_pct",
)  # fmt: skip

Row = dict[str, Any]


class _Timed:
    """A policy with a stopwatch for core-seconds."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.seconds: list[float] = []

    def decide(self, view: View) -> Sequence[Route]:
        before = time.thread_time()
        routes = self._policy.decide(view)
        self.seconds.append(time.thread_time() - before)
        return routes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help="folder or zip: factory_info.csv, route_info.csv, folders instance_N")
    parser.add_argument("--policy", choices=sorted(POLICIES), help="only this one (default: all, and their difference)")
    parser.add_argument("--instances", default="*", metavar="GLOB", help="which folders, such as 'instance_[135]'")
    parser.add_argument("--jobs", type=int, default=1, help="instances at a time, one core each (default: 1)")
    parser.add_argument("--out", type=Path, help="write rows, machine and commit as JSON into this file")


def run(arguments: argparse.Namespace) -> int:
    """Run the chosen days; 0 if the checker finds every one of them feasible."""
    solvers = [arguments.policy] if arguments.policy else sorted(POLICIES, key=lambda name: name != YARDSTICK)
    tasks = [(instance, solver) for instance in read(arguments.path, arguments.instances) for solver in solvers]
    console = Console(stderr=True)
    rows: list[Row] = []
    for row in _rows(tasks, arguments.jobs):
        rows.append(row)
        console.print(f"{row['instance']} {row['solver']}: {_shown(row['score'])}", highlight=False)
    compare(rows)
    print_table(rows + means(rows), COLUMNS, title="Factory cargo (ICAPS 2021); lower scores are better")
    for row in rows:
        for broken in row["broken"]:
            console.print(f"{row['instance']} {row['solver']}: {broken}", style="red", highlight=False)
    if arguments.out:
        write_json(arguments.out, rows)
    return 0 if all(row["feasible"] for row in rows) else 1


def _rows(tasks: Sequence[tuple[Instance, str]], jobs: int) -> Iterator[Row]:
    if jobs <= 1:
        yield from (row_of(*task) for task in tasks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(row_of, *zip(*tasks, strict=True))


def row_of(instance: Instance, solver: str) -> Row:
    """One day under one policy, replayed by the checker. `feasible` also asks that both clocks agree."""
    policy = _Timed(POLICIES[solver](instance.roads, instance.trucks))
    result, log = simulate(instance, policy)
    verdict = check(instance, log)
    agreed = result is not None and (result.metres, result.late_s) == (verdict.metres, verdict.late_s)
    return {
        "instance": instance.name,
        "solver": solver,
        "orders": len(instance.orders),
        "trucks": len(instance.trucks),
        "score": result.score if result else None,
        "distance_km": result.metres / 1_000 if result else None,
        "late_s": result.late_s if result else None,
        "feasible": verdict.feasible and agreed,
        "decision_s_max": max(policy.seconds),
        "decision_s_mean": sum(policy.seconds) / len(policy.seconds),
        "late_orders": result.late_orders if result else None,
        "visits": result.visits if result else None,
        "broken": list(verdict.broken[:5]),
    }


def compare(rows: Sequence[Row]) -> None:
    """Note in each row by how many percent its score lies under the yardstick's on the same instance."""
    yardstick = {row["instance"]: row["score"] for row in rows if row["solver"] == YARDSTICK}
    for row in rows:
        base = yardstick.get(row["instance"])
        if row["solver"] != YARDSTICK and base and row["score"] is not None:
            row["better_pct"] = 100 * (1 - row["score"] / base)


def means(rows: Sequence[Row]) -> list[Row]:
    """One row per solver: means over its instances; the mean of `better_pct` weighs each instance the same."""
    return [_mean(solver, [row for row in rows if row["solver"] == solver]) for solver in _solvers(rows)]


def _shown(score: float | None) -> str:
    return "cargo stayed behind" if score is None else f"{score:,.1f}"


def _solvers(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row["solver"] for row in rows))


def _mean(solver: str, rows: Sequence[Row]) -> Row:
    def mean(column: str) -> float | None:
        values = [row.get(column) for row in rows]
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known and len(known) == len(values) else None

    averaged = ("score", "distance_km", "late_s", "late_orders", "visits", "better_pct")
    return {
        "instance": f"mean of {len(rows)}",
        "solver": solver,
        "feasible": all(row["feasible"] for row in rows),
        "decision_s_max": max(row["decision_s_max"] for row in rows),
        **{column: mean(column) for column in averaged},
    }
