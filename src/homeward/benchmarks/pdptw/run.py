"""`homeward bench pdptw PATH`: static instances against their best known values, and against other solvers."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from fnmatch import fnmatch
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from homeward.benchmarks.inputs import UnreadableInput, members
from homeward.benchmarks.pdptw import peers, with_engine
from homeward.benchmarks.pdptw.check import check
from homeward.benchmarks.pdptw.model import BestKnown, Instance
from homeward.benchmarks.pdptw.read import looks_like_instance, read_best_known, read_instance
from homeward.benchmarks.pdptw.summary import OURS, PEER_COLUMNS, SIZE_COLUMNS, Row, against_peers, by_size
from homeward.benchmarks.report import print_table, write_json
from homeward.dispatch.engine.warm_up import warm_up

BEST_KNOWN_FILE: Final = "best_known.csv"
ROW_COLUMNS: Final = (
    "instance", "solver", "seconds", "vehicles", "cost", "best_vehicles", "best_cost", "feasible", "core_s",
)  # fmt: skip
_EXPECTED: Final = "instances of Li & Lim or of Sartori & Buriol, in a folder, a zip or one file"


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One solver on one instance with one time limit."""

    instance: Instance
    solver: str
    seconds: float
    seed: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help=f"{_EXPECTED}")
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=(1.0, 5.0, 20.0),
        metavar="1,5,20",
        help="core-seconds, each a run of its own",
    )
    parser.add_argument("--peers", action="store_true", help="also VROOM, OR-Tools and PyVRP (after make setup-bench)")
    parser.add_argument("--best-known", type=Path, metavar="CSV", help=f"default: {BEST_KNOWN_FILE} in or beside PATH")
    parser.add_argument(
        "--instances", default="*", metavar="GLOB", help="only instances of such a name, such as 'lc1*'"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only N instances, drawn by the seed")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many runs side by side, one core each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the rows as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Solve, check and print; status 1 if any plan of ours breaks a rule."""
    if arguments.peers:
        peers.require()
    best = best_known(arguments.path, arguments.best_known)
    chosen = choose(list(instances(arguments.path)), arguments.instances, arguments.limit, arguments.seed)
    if not chosen:
        raise UnreadableInput(str(arguments.path), "there is no instance in it.", _EXPECTED)
    solvers = [OURS, *peers.PEERS] if arguments.peers else [OURS]
    tasks = [
        Task(instance, solver, seconds, arguments.seed)
        for instance in chosen
        for seconds in arguments.seconds
        for solver in solvers
    ]
    rows = list(solve_all(tasks, best, arguments.jobs))
    print_table(rows, ROW_COLUMNS, title="Static pickup and delivery")
    print_table(by_size(rows), SIZE_COLUMNS, title="By size class")
    if arguments.peers:
        print_table(against_peers(rows), PEER_COLUMNS, title="Ours against each peer, vehicles first, then cost")
    if arguments.out:
        write_json(arguments.out, rows, packages=tuple(peers.PEERS.values()) if arguments.peers else ())
    return 0 if all(row["feasible"] for row in rows if row["solver"] == OURS) else 1


def instances(path: Path) -> Iterator[Instance]:
    """Every instance below `path`, in the order of names; files of other content are passed over."""
    for name, content in members(path, expected=_EXPECTED):
        if looks_like_instance(content):
            yield read_instance(name, content)


def best_known(path: Path, given: Path | None) -> Mapping[str, BestKnown]:
    """Of the file given, else of the one in `path`, else of the one beside it, else nothing."""
    if given is not None:
        if not given.is_file():
            raise UnreadableInput(str(given), "there is no such file.", "best known values as CSV")
        return read_best_known(given.read_bytes())
    beside = [path / BEST_KNOWN_FILE, path.resolve().parent / BEST_KNOWN_FILE]
    found = next((file for file in beside if file.is_file()), None)
    return {} if found is None else read_best_known(found.read_bytes())


def choose(found: Sequence[Instance], glob: str, limit: int | None, seed: int) -> list[Instance]:
    """Instances whose name fits, and of those as many as allowed, drawn at random but always alike."""
    fitting = [instance for instance in found if fnmatch(instance.name.lower(), glob.lower())]
    if limit is None or limit >= len(fitting):
        return fitting
    drawn = random.Random(seed).sample(range(len(fitting)), max(0, limit))
    return [fitting[index] for index in sorted(drawn)]


def solve_all(tasks: Sequence[Task], best: Mapping[str, BestKnown], jobs: int) -> Iterator[Row]:
    """Rows in the order of tasks, with a line to standard error for each that is done."""
    # Each worker is a fresh process: a fork would share locks with whatever threads run here. It loads the compiled
    # engine before any clock runs.
    with ProcessPoolExecutor(max(1, jobs), mp_context=get_context("spawn"), initializer=warm_up) as pool:
        running = {pool.submit(solve, task, best.get(task.instance.name.lower())): task for task in tasks}
        for number, future in enumerate(as_completed(running), start=1):
            row = future.result()
            print(f"  {number}/{len(tasks)} {_line(row)}", file=sys.stderr, flush=True)
        yield from (future.result() for future in running)


def solve(task: Task, best: BestKnown | None) -> Row:
    """One run, judged by the checker."""
    if task.solver == OURS:
        routes, core_s = with_engine.solve(task.instance, seconds=task.seconds, seed=task.seed)
    else:
        found, core_s = peers.solve(task.solver, task.instance, seconds=task.seconds, seed=task.seed)
        if found is None:
            return _row(task, best, core_s=core_s, faults=("no plan",))
        routes = found
    verdict = check(task.instance, routes)
    cost = round(verdict.cost, 2)
    return _row(task, best, vehicles=verdict.vehicles, cost=cost, core_s=core_s, faults=verdict.faults)


def _row(
    task: Task,
    best: BestKnown | None,
    *,
    core_s: float,
    faults: Sequence[str],
    vehicles: int | None = None,
    cost: float | None = None,
) -> Row:
    return {
        "instance": task.instance.name,
        "solver": task.solver,
        "seconds": task.seconds,
        "vehicles": vehicles,
        "cost": cost,
        "best_vehicles": best.vehicles if best else None,
        "best_cost": best.cost if best else None,
        "feasible": not faults,
        "size_class": task.instance.size_class,
        "core_s": round(core_s, 2),
        "faults": list(faults[:3]),
    }


def _line(row: Row) -> str:
    best = "" if row["best_vehicles"] is None else f" (best known {row['best_vehicles']} / {row['best_cost']:g})"
    got = f"{row['vehicles']} / {row['cost']}" if row["vehicles"] is not None else "no plan"
    wrong = "" if row["feasible"] else f" INFEASIBLE: {'; '.join(row['faults'])}"
    return f"{row['instance']} {row['solver']} {row['seconds']:g} s: {got}{best}{wrong}"


def _seconds(text: str) -> tuple[float, ...]:
    limits = tuple(float(part) for part in text.split(","))
    if not limits or min(limits) <= 0:
        raise argparse.ArgumentTypeError("give seconds above 0, separated by commas")
    return limits
