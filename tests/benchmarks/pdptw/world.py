"""A depot in the middle of a cross, one unit of distance to each arm's inner place and two to its outer one.

node 1: pickup at (1, 0)      node 2: its delivery at (2, 0)      load 6
node 3: pickup at (-1, 0)     node 4: its delivery at (-2, 0)     load 6
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from homeward.benchmarks.pdptw.model import Instance
from homeward.benchmarks.pdptw.read import read_instance

LI_LIM = b"""\
3\t10\t1
0\t0\t0\t0\t0\t100\t0\t0\t0
1\t1\t0\t6\t5\t20\t2\t0\t2
2\t2\t0\t-6\t0\t30\t2\t1\t0
3\t-1\t0\t6\t0\t50\t2\t0\t4
4\t-2\t0\t-6\t0\t60\t2\t3\t0
"""

SARTORI_BURIOL = b"""\
NAME: tiny-n4-1
LOCATION: Nowhere
COMMENT: drawn for this test
TYPE: PDPTW
SIZE: 5
ROUTE-TIME: 100
TIME-WINDOW: 30
CAPACITY: 10
NODES
0 41.0 2.0 0 0 100 0 0 0
1 41.1 2.0 6 5 20 2 0 2
2 41.2 2.0 -6 0 30 2 1 0
3 41.3 2.0 6 0 50 2 0 4
4 41.4 2.0 -6 0 60 2 3 0
EDGES
0 1 2 1 2
2 0 1 3 4
3 1 0 4 5
1 3 4 0 1
2 4 5 1 0
EOF"""


def the_cross() -> Instance:
    return read_instance("cross.txt", LI_LIM)


def with_window(instance: Instance, node: int, earliest: float, latest: float) -> Instance:
    nodes = list(instance.nodes)
    nodes[node] = replace(nodes[node], earliest=earliest, latest=latest)
    return replace(instance, nodes=tuple(nodes))


def shared_data(name: str) -> Path:
    """A file of the published sets, which lie beside the repository; the test skips where they do not."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    path = Path(os.environ.get("HOMEWARD_SHARED_DATA", beside)) / "pdptw" / name
    if not path.is_file():
        pytest.skip(f"the published benchmark data is not here: {name}")
    return path
