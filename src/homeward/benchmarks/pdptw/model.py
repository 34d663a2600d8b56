"""One static instance and one solution of it, as plain values in the units of the published file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

SIZES: Final = (100, 200, 400, 600, 800, 1000, 1500, 2000, 2500, 3000, 4000, 5000)


@dataclass(frozen=True, slots=True)
class Node:
    """One place to serve; `demand` is positive at a pickup and negative at its delivery."""

    demand: float
    earliest: float
    latest: float
    service: float


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """Node 0 is the depot, and its window is the horizon.

    Parameters
    ----------
    pairs
        `(pickup node, delivery node)` of every request; together they name every node but the depot once.
    travel
        Time and cost from row to column at once, shape (nodes, nodes): both sets pay what they drive.
    whole
        Travel is whole numbers (minutes); otherwise Euclidean distance in double precision.
    vehicles
        The fleet that the file allows, None where it says nothing.
    """

    name: str
    capacity: float
    nodes: tuple[Node, ...]
    pairs: tuple[tuple[int, int], ...]
    travel: Matrix
    whole: bool
    vehicles: int | None = None

    @property
    def size_class(self) -> str:
        """The published size that it belongs to: Li & Lim add dummy nodes to fill pairs, so 106 nodes count as 100."""
        tasks = len(self.nodes) - 1
        size = max((size for size in SIZES if size <= tasks), default=tasks)
        return f"n{size}" if self.whole else f"Li & Lim {size}"


@dataclass(frozen=True, slots=True)
class BestKnown:
    vehicles: int
    cost: float


# Node numbers of each vehicle in visiting order, the depot left out.
Routes = tuple[tuple[int, ...], ...]
