"""Builds OSRM road graphs by its command-line tools (multi-level Dijkstra: fast to build, traffic can change later)."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
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


def build_graph(tools: OsrmBinaries, osm_file: Path, folder: Path, profile: Profile) -> float:
    """Extract, partition and customize one profile's graph into `folder/<profile>`; the peak memory in MB.

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
    return max(_run(command, f"{Path(command[0]).name} ({profile})") for command in commands)


def _run(command: list[str | Path], step: str) -> float:
    """Run one tool to its end; its peak resident memory in MB."""
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
    return _in_mb(usage.ru_maxrss)


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

    def run(self, name: str, work: Callable[[], float | None]) -> None:
        """`work` returns the peak memory of its child process in MB, or None if it ran in this process."""
        stamp = self._folder / f"{name}.done"
        if stamp.exists():
            self._note(name, 0.0, 0.0, resumed=True)
            return
        self._progress(name, "started")
        began = time.perf_counter()
        peak_mb = work()
        seconds = time.perf_counter() - began
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
        self._note(name, seconds, own_peak_mb() if peak_mb is None else peak_mb, resumed=False)

    def _note(self, name: str, seconds: float, peak_mb: float, *, resumed: bool) -> None:
        with self._lock:
            self.done.append(StepReport(name, round(seconds, 3), round(peak_mb, 1), resumed))
        self._progress(name, "already done" if resumed else f"done in {seconds:.1f} s")
