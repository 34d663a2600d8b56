"""Other people's solvers on the same instance: each in a process of its own, on one core, stopped by core-seconds.

A peer is one file here with `solve(task, seconds, seed) -> routes`, and its name in `PEERS`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from homeward.benchmarks.pdptw.model import Instance, Routes
from homeward.benchmarks.pdptw.with_engine import scale_of, scaled_travel
from homeward.kit.problems import Problem

# Name of each peer and of the package that it is.
PEERS: Final[Mapping[str, str]] = {"vroom": "pyvroom", "ortools": "ortools", "pyvrp": "pyvrp"}
# A thousandth of a unit: what their 32-bit or penalty arithmetic bears, and still too fine to lose a window by.
_FINE: Final = 1_000
# Beyond the core-seconds asked for: starting up, building the model, and waiting for a core on a busy machine.
_PATIENCE_S: Final = 120.0
_ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(eq=False)
class PeersMissing(Problem):
    slug, status = "peers-missing", 424
    title = "The solvers to compare with are not installed; run `make setup-bench` once."


def folder() -> Path:
    """Where `make setup-bench` unpacks them: beside the packages of this environment."""
    return Path(sys.prefix) / "share" / "homeward" / "bench"


def require() -> None:
    """Raises PeersMissing unless `make setup-bench` has run."""
    if not (folder() / "ortools").is_dir():
        raise PeersMissing


def solve(peer: str, instance: Instance, *, seconds: float, seed: int) -> tuple[Routes | None, float]:
    """The peer's routes and the core-seconds it used; None if it found nothing or broke down."""
    command = [sys.executable, "-m", "homeward.benchmarks.pdptw.peers.child", peer, str(seconds), str(seed)]
    env = {**os.environ, **_ONE_THREAD, "PYTHONPATH": str(folder())}
    try:
        done = subprocess.run(
            command, input=json.dumps(task_of(instance)), env=env, capture_output=True, text=True, check=True,
            timeout=10 * seconds + _PATIENCE_S,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None, seconds
    answer = json.loads(done.stdout.splitlines()[-1])
    found = answer["routes"]
    return (None if found is None else tuple(tuple(route) for route in found)), float(answer["cpu_s"])


def task_of(instance: Instance) -> dict[str, Any]:
    """The instance in whole numbers, for a process that knows nothing of ours."""
    scale = scale_of(instance, _FINE)
    return {
        "capacity": int(instance.capacity),
        "demand": [int(node.demand) for node in instance.nodes],
        "earliest": [int(node.earliest * scale) for node in instance.nodes],
        "latest": [int(node.latest * scale) for node in instance.nodes],
        "service": [int(node.service * scale) for node in instance.nodes],
        "pairs": [list(pair) for pair in instance.pairs],
        "travel": scaled_travel(instance, _FINE).tolist(),
        "vehicles": instance.vehicles or len(instance.pairs),
    }
