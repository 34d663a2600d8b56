"""`homeward bench market`: which markets are measured, in processes of their own, and how the rows are told."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console

from homeward.benchmarks.market.measure import Case, measure
from homeward.benchmarks.market.model import Load
from homeward.benchmarks.report import print_table, write_json

COLUMNS = (
    "couriers", "deliveries", "load", "mode", "seconds", "took_s", "cost", "gap_pct", "own_gap_pct", "left_open",
    "late_minutes", "feasible", "memory_mb", "decisions_per_s",
)  # fmt: skip
# Far beyond what one market has; more is a slip of the hand that would take all memory.
PLACES_AT_MOST = 20_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Draws live markets from a seed, lets a minute pass, and plans the market of then: from scratch (cold) and "
        "from what is left of the plan before (warm). Every plan is recomputed by an independent checker. Seconds are "
        "seconds of processor time on one core; the gap is to the cheapest plan found for the same market, the own gap "
        "to the longest search of the same mode."
    )
    parser.add_argument("--couriers", type=_some, default=50)
    parser.add_argument("--deliveries", type=_some, default=200, help="open ones; three in ten are on board already")
    parser.add_argument(
        "--sizes", type=_sizes, metavar="CxD,…", help="several markets instead: 50x200,200x1000,1000x5000"
    )
    parser.add_argument("--load", choices=[*(load.value for load in Load), "both"], default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=_some, default=1, metavar="N", help="so many markets of each kind, from --seed")
    parser.add_argument("--seconds", type=_positive, default=60.0, help="the longest time for one plan (default 60)")
    parser.add_argument("--jobs", type=_some, default=1, metavar="N", help="markets measured side by side")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the rows as JSON")


def run(arguments: argparse.Namespace) -> int:
    """0, or 1 if the checker complained of any plan."""
    rows = [row for rows in _measured(list(_cases(arguments)), arguments.jobs) for row in rows]
    print_table(rows, COLUMNS)
    if arguments.out:
        write_json(arguments.out, rows)
    return 0 if all(row["feasible"] for row in rows) else 1


def _cases(arguments: argparse.Namespace) -> Iterator[Case]:
    sizes = arguments.sizes or [(arguments.couriers, arguments.deliveries)]
    loads = list(Load) if arguments.load == "both" else [Load(arguments.load)]
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    for (couriers, deliveries), load, seed in itertools.product(sizes, loads, seeds):
        yield Case(couriers, deliveries, load, seed, arguments.seconds)


def _measured(cases: Sequence[Case], jobs: int) -> Iterator[list[dict[str, Any]]]:
    """Each market in a fresh process, so that its peak of memory is its own."""
    console = Console(stderr=True)
    with ProcessPoolExecutor(max_workers=jobs, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        waiting: list[tuple[Case, Future[list[dict[str, Any]]]]] = [
            (case, pool.submit(measure, case)) for case in cases
        ]
        for case, future in waiting:
            what = f"{case.couriers} couriers, {case.deliveries} deliveries, {case.load.value}, seed {case.seed}"
            with console.status(what):
                yield future.result()
            console.print(f"measured {what}", highlight=False)


def _some(word: str) -> int:
    number = int(word)
    if not 1 <= number <= PLACES_AT_MOST:
        raise argparse.ArgumentTypeError(f"a number from 1 to {PLACES_AT_MOST}, not {word}")
    return number


def _positive(word: str) -> float:
    number = float(word)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"more than 0, not {word}")
    return number


def _sizes(words: str) -> list[tuple[int, int]]:
    sizes = []
    for word in words.split(","):
        couriers, times, deliveries = word.partition("x")
        if not times or not couriers.isdigit() or not deliveries.isdigit():
            raise argparse.ArgumentTypeError(f"{word}: write couriers and deliveries as 50x200")
        sizes.append((_some(couriers), _some(deliveries)))
    return sizes
