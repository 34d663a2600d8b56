"""`homeward bench mdrp`: every instance through the live policy, judged by the independent checker."""

import argparse
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from rich.console import Console

from homeward.benchmarks.mdrp.checker import Verdict, check
from homeward.benchmarks.mdrp.dispatcher import NARROW, PolicyDispatcher, Settings
from homeward.benchmarks.mdrp.instance import Instance, instances
from homeward.benchmarks.mdrp.metrics import COLUMNS, Difference, differences, figures, means, read_reference
from homeward.benchmarks.mdrp.world import Go, Instruction, run_day
from homeward.benchmarks.report import print_table, write_json
from homeward.dispatch.engine.warm_up import warm_up
from homeward.kit.problems import Problem

# Where the reference lies if it lies beside the instances.
_REFERENCE = "mdrp_reference.csv"


@dataclass(eq=False)
class RulesBroken(Problem):
    """The dispatcher broke a rule of the benchmark: nothing measured of that day means anything."""

    slug, status = "benchmark-rules-broken", 500
    title = "The dispatcher broke a rule of the benchmark; its figures are void. This is a bug: please report it."

    instance: str
    violations: list[str]

    def detail(self) -> str:
        return f"{self.instance}: {len(self.violations)} broken, the first: {self.violations[0]}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, help="folder or zip of instances")
    parser.add_argument("--jobs", type=int, default=1, help="instances at a time, one core each (default: 1)")
    parser.add_argument("--reference", type=Path, help=f"CSV to compare with (default: {_REFERENCE} beside PATH)")
    parser.add_argument("--instances", default="*", metavar="GLOB", help="only these, as in '5r50*'")
    parser.add_argument("--seed", type=int, default=0, help="of the plans (default: 0)")
    parser.add_argument("--narrow", action="store_true", help="no prepositioning and no assignment updates")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write rows and machine as JSON")
    parser.add_argument("--log", type=Path, metavar="FOLDER", help="write every instruction, a file per instance")


def run(arguments: argparse.Namespace) -> int:
    settings = replace(NARROW if arguments.narrow else Settings(), seed=arguments.seed)
    chosen = list(instances(arguments.path, arguments.instances))
    console = Console()
    rows = []
    for number, row in enumerate(_rows(chosen, settings, arguments.jobs, arguments.log), start=1):
        rows.append(row)
        console.print(
            f"{number}/{len(chosen)} {row['instance']}: {row['undelivered_pct']:.2f} % undelivered, click to door "
            f"{row['ctd_mean']:.2f} min (floor {row['ctd_floor_mean']:.2f})",
            highlight=False,
        )
    environment = "no updates, no prepositioning" if arguments.narrow else "updates and prepositioning"
    print_table([*rows, means(rows)], COLUMNS, title=f"Meal delivery, strict rules, {environment}, no mixed routes")
    reference = arguments.reference or _beside(arguments.path)
    if reference is not None:
        print_table(_told(differences(rows, read_reference(reference))), _PAIRED, title="Ours less theirs, paired")
    if arguments.out is not None:
        write_json(arguments.out, rows)
    return 0


def one_day(instance: Instance, settings: Settings, *, narrow: bool) -> tuple[dict[str, Any], tuple[Instruction, ...]]:
    """Simulate one instance and judge it.

    Raises
    ------
    RulesBroken
        If the checker finds anything.
    """
    _warm_up()
    day = run_day(instance, PolicyDispatcher(instance.setting, settings))
    return figures(instance, judged(instance, day.log, narrow=narrow), day.decision_s), day.log


def judged(instance: Instance, log: Sequence[Instruction], *, narrow: bool) -> Verdict:
    """What the checker makes of a log that keeps the rules; RulesBroken if it does not."""
    verdict = check(instance, log, fixed_assignments=narrow)
    if verdict.violations:
        raise RulesBroken(instance.name, list(verdict.violations))
    return verdict


@cache
def _warm_up() -> None:
    """Load the engine's compiled kernels: once per process, and no part of any decision."""
    warm_up()


def _rows(chosen: Sequence[Instance], settings: Settings, jobs: int, log: Path | None) -> Iterator[dict[str, Any]]:
    work = partial(one_day, settings=settings, narrow=not settings.updates)
    if jobs <= 1:
        yield from (_logged(*work(instance), log) for instance in chosen)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from (_logged(row, told, log) for row, told in pool.map(work, chosen))


def _logged(row: dict[str, Any], told: Sequence[Instruction], folder: Path | None) -> dict[str, Any]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        lines = (json.dumps({"told": "go" if isinstance(one, Go) else "take", **asdict(one)}) for one in told)
        (folder / f"{row['instance']}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return row


def _beside(path: Path) -> Path | None:
    folder = path if path.is_dir() else path.parent
    found = [place / _REFERENCE for place in (folder, folder.parent) if (place / _REFERENCE).is_file()]
    return found[0] if found else None


_PAIRED = ("figure", "reference", "instances", "difference", "low_95", "high_95")


def _told(found: Sequence[Difference]) -> list[dict[str, Any]]:
    return [
        dict(zip(_PAIRED, (one.ours, one.theirs, one.instances, one.mean, one.low, one.high), strict=True))
        for one in found
    ]
