"""Builds OSRM road graphs by its command-line tools (multi-level Dijkstra: fast to build, traffic can change later)."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from homeward.routing.errors import RoadBuildFailed
from homeward.routing.model import Profile, StepReport
from homeward.routing.osrm_binaries import OsrmBinaries

BASE_NAME: Final = "roads.osrm"
_LAST_LINES: Final = 6


def graph_base(folder: Path, profile: Profile) -> Path:
    """What `osrm-routed` is given: the common beginning of a graph's files."""
    return folder / profile / BASE_NAME


@dataclass(frozen=True, slots=True)
class Usage:
    """What child processes took."""

    cpu_s: float
    peak_mb: float


def build_graph(tools: OsrmBinaries, osm_file: Path, folder: Path, profile: Profile) -> Usage:
    """Extract, partition and customize one profile's graph into `folder/<profile>`.

    Raises
    ------
    RoadBuildFailed
        With the last lines that the failing tool wrote.
    """
    base = graph_base(folder, profile)
    base.parent.mkdir(parents=True, exist_ok=True)
    commands: list[list[str | Path]] = [
        [tools.extract, "-p", tools.profile(profile), "-o", base, osm_file],
        [tools.partition, base],
        [tools.customize, base],
    ]
    used = [_run(command, f"{Path(command[0]).name} ({profile})") for command in commands]
    return Usage(sum(usage.cpu_s for usage in used), max(usage.peak_mb for usage in used))


def _run(command: list[str | Path], step: str) -> Usage:
    """Run one tool to its end."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as child:
        assert child.stdout is not None
        output = child.stdout.read()
        # wait4 tells this child's memory; getrusage would only give the largest of all children.
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        lines = [line for line in output.splitlines() if line.strip()][-_LAST_LINES:]
        raise RoadBuildFailed(step, "\n".join([*lines, f"(exit status {child.returncode})"]))
    return Usage(usage.ru_utime + usage.ru_stime, _in_mb(usage.ru_maxrss))


def own_peak_mb() -> float:
    """The most memory that this process ever held."""
    return _in_mb(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _in_mb(max_rss: int) -> float:
    # Linux counts in KiB, macOS in bytes.
    return max_rss / (1024 if sys.platform != "darwin" else 1024 * 1024)


class Steps:
    """Runs named steps once each: what a stamp says is done is not done again."""

    def __init__(self, folder: Path, progress: Callable[[str, str], None]) -> None:
        self._folder = folder
        self._progress = progress
        self._lock = threading.Lock()
        self.done: list[StepReport] = []

    def run(self, name: str, work: Callable[[], Usage | None]) -> None:
        """`work` returns what its child processes took, or None if it ran in this process."""
        stamp = self._folder / f"{name}.done"
        if stamp.exists():
            self._note(StepReport(name, 0.0, 0.0, resumed=True))
            return
        self._progress(name, "started")
        began, cpu_began = time.perf_counter(), time.thread_time()
        used = work() or Usage(time.thread_time() - cpu_began, own_peak_mb())
        seconds = time.perf_counter() - began
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        self._note(StepReport(name, round(seconds, 3), round(used.peak_mb, 1), cpu_seconds=round(used.cpu_s, 3)))

    def _note(self, step: StepReport) -> None:
        with self._lock:
            self.done.append(step)
        self._progress(step.name, "already done" if step.resumed else f"done in {step.seconds:.1f} s")
