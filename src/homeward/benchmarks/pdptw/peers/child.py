"""The process in which one peer runs: a task on standard input, its routes and core-seconds on standard output."""

import json
import sys
import time
from importlib import import_module
from typing import Any


def main(peer: str, seconds: float, seed: int) -> None:
    task: dict[str, Any] = json.load(sys.stdin)
    module = import_module(f"homeward.benchmarks.pdptw.peers.with_{peer}")
    began = time.process_time()
    routes = module.solve(task, seconds, seed)
    print(json.dumps({"routes": routes, "cpu_s": time.process_time() - began}))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
