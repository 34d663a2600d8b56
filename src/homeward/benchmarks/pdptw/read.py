"""Readers of the two published formats and of tables of best-known values. Content decides, never the file's name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from homeward.benchmarks.pdptw.model import BestKnown, Instance, Matrix, Node
from homeward.kit.problems import Problem


@dataclass(eq=False)
class NotAnInstance(Problem):
    slug, status = "not-a-benchmark-instance", 422
    title = "Give instances of Li & Lim or of Sartori & Buriol, as published; see the benchmark page of the docs."

    name: str
    reason: str

    def detail(self) -> str:
        return f"{self.name}: {self.reason}"


def read_instance(name: str, content: bytes) -> Instance:
    """One instance in either format.

    Raises
    ------
    NotAnInstance
        If the text has neither layout, or its parts do not fit each other; the reason names the first that does not.
    """
    try:
        lines = content.decode("utf-8").split("\n")
        parsed = _sartori_buriol(lines) if _has_header(lines) else _li_lim(lines)
        return _checked(parsed if parsed.name else _renamed(parsed, PurePosixPath(name).stem))
    except (ValueError, IndexError) as error:
        raise NotAnInstance(name, str(error)) from error


def looks_like_instance(content: bytes) -> bool:
    """Whether to try reading it at all: archives also hold readme files and tables."""
    try:
        lines = content[:4096].decode("utf-8", errors="ignore").split("\n")
        return _has_header(lines) or (len(_numbers(lines[0])) == 3 and len(_numbers(lines[1])) == 9)
    except (ValueError, IndexError):
        return False


def read_best_known(content: bytes) -> dict[str, BestKnown]:
    """Best known vehicles and cost by instance name in lower case; columns `instance, best_vehicles, best_cost`."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    try:
        return {row["instance"].lower(): BestKnown(int(row["best_vehicles"]), float(row["best_cost"])) for row in rows}
    except (KeyError, TypeError, ValueError) as error:
        raise NotAnInstance(
            "best known values", f"needs columns instance, best_vehicles, best_cost: {error}"
        ) from error


def _numbers(line: str) -> list[float]:
    return [float(word) for word in line.split()]


def _has_header(lines: Sequence[str]) -> bool:
    return ":" in lines[0] and any(line.strip() == "NODES" for line in lines[:40])


def _li_lim(lines: Sequence[str]) -> Instance:
    """Line 1: vehicles, capacity, speed; then id, x, y, demand, earliest, latest, service, pickup, delivery."""
    filled = [line for line in lines if line.strip()]
    # The set is defined with speed 1, so distance is time; a few files write another number there, and nobody minds it.
    vehicles, capacity, _speed = _numbers(filled[0])
    rows = _node_rows(filled[1:])
    xy = np.array([row[1:3] for row in rows])
    gaps = xy[:, None, :] - xy[None, :, :]
    travel: Matrix = np.sqrt((gaps**2).sum(axis=2))
    return Instance("", capacity, _nodes(rows), _pairs(rows), travel, whole=False, vehicles=int(vehicles))


def _sartori_buriol(lines: Sequence[str]) -> Instance:
    """`KEY: value` lines, NODES as above with lat and lon for x and y, EDGES with a full matrix of minutes, EOF."""
    stripped = [line.strip() for line in lines]
    begin, edges = stripped.index("NODES"), stripped.index("EDGES")
    keys = dict(line.split(":", 1) for line in stripped[:begin] if ":" in line)
    rows = _node_rows(line for line in stripped[begin + 1 : edges] if line)
    body = [line for line in stripped[edges + 1 :] if line and line != "EOF"]
    travel: Matrix = np.array([_numbers(line) for line in body[: len(rows)]])
    capacity = float(keys["CAPACITY"]) if "CAPACITY" in keys else _missing("CAPACITY")
    return Instance(keys.get("NAME", "").strip(), capacity, _nodes(rows), _pairs(rows), travel, whole=True)


def _missing(key: str) -> float:
    raise ValueError(f"no {key}")


def _node_rows(lines: Iterable[str]) -> list[list[float]]:
    rows = [_numbers(line) for line in lines]
    if any(len(row) != 9 for row in rows):
        raise ValueError("a node line must have nine numbers")
    if [row[0] for row in rows] != list(range(len(rows))):
        raise ValueError("nodes must be numbered from 0 in order")
    return rows


def _nodes(rows: Sequence[Sequence[float]]) -> tuple[Node, ...]:
    return tuple(Node(demand=row[3], earliest=row[4], latest=row[5], service=row[6]) for row in rows)


def _pairs(rows: Sequence[Sequence[float]]) -> tuple[tuple[int, int], ...]:
    """A pickup names its delivery in the last column, and a delivery its pickup in the one before."""
    return tuple((int(row[0]), int(row[8])) for row in rows if row[8] != 0)


def _renamed(instance: Instance, name: str) -> Instance:
    return Instance(
        name, instance.capacity, instance.nodes, instance.pairs, instance.travel, instance.whole, instance.vehicles
    )


def _checked(instance: Instance) -> Instance:
    count = len(instance.nodes)
    if sorted(node for pair in instance.pairs for node in pair) != list(range(1, count)):
        raise ValueError("pairs must name every node but the depot exactly once")
    if instance.travel.shape != (count, count):
        raise ValueError(f"the matrix is {instance.travel.shape} for {count} nodes")
    for pickup, delivery in instance.pairs:
        if instance.nodes[pickup].demand <= 0 or instance.nodes[pickup].demand != -instance.nodes[delivery].demand:
            raise ValueError(f"demands of {pickup} and {delivery} are not a load and its opposite")
    return instance
