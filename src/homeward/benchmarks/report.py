"""What a benchmark says at the end: a table for people, a JSON file for programs, and on what it was measured."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Row = Mapping[str, Any]

# Whose version changes speed or result.
_PACKAGES = ("homeward", "numba", "llvmlite", "numpy")


@dataclass(frozen=True, slots=True)
class Report:
    """Rows in the order they were made, the machine they were made on, and the code that made them."""

    rows: list[dict[str, Any]]
    machine: dict[str, Any]
    commit: str | None


def report(rows: Sequence[Row], *, packages: Sequence[str] = ()) -> Report:
    """The rows with the facts of this machine; `packages` names further ones whose version matters (peers)."""
    return Report([dict(row) for row in rows], machine(packages), commit())


def write_json(path: Path, rows: Sequence[Row], *, packages: Sequence[str] = ()) -> None:
    """`{"rows": [...], "machine": {...}, "commit": ...}` into a file, whose folder is made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(report(rows, packages=packages)), indent=1, allow_nan=False) + "\n")


def print_table(
    rows: Sequence[Row], columns: Sequence[str], *, title: str | None = None, console: Console | None = None
) -> None:
    """The chosen columns of all rows; figures to the right, nothing known as a dash."""
    table = Table(title=title, title_justify="left")
    for name in columns:
        figures = all(isinstance(row.get(name), int | float | None) for row in rows)
        # Never broken: half a figure is a wrong figure.
        table.add_column(name, justify="right" if figures else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in columns))
    console = console or Console()
    if not console.is_terminal:
        # A file or a pipe has no width; a table that is cut there has lost its figures.
        console.width = max(console.width, 40 + sum(3 + _width(name, rows) for name in columns))
    console.print(table)


def machine(packages: Sequence[str] = ()) -> dict[str, Any]:
    """What decides how fast it runs; nothing that tells whose machine it is."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: found for name in (*_PACKAGES, *packages) if (found := _version(name))},
    }


def commit() -> str | None:
    """The commit of the code that runs, with `+` if files were changed since; None outside a repository."""
    here = Path(__file__).resolve().parent
    try:
        head = _git(here, "rev-parse", "HEAD")
        changed = _git(here, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+" if changed else "")


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True).stdout.strip()


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _width(name: str, rows: Sequence[Row]) -> int:
    return max([len(name), *(len(_cell(row.get(name))) for row in rows)])


def _cell(value: object) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "NO"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"
        case _:
            return str(value)
