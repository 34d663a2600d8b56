"""Lines and shapes on the flat sheet. Pure."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from homeward.simulator.town.model import Point, Points


def curve(through: Sequence[Point], step_m: float = 28.0) -> Points:
    """A smooth line through the given points (centripetal Catmull-Rom, sampled about every `step_m` metres)."""
    given = np.array(through, dtype=float)
    if len(given) == 2:
        return line(given[0], given[1], step_m)
    padded = np.vstack([2 * given[0] - given[1], given, 2 * given[-1] - given[-2]])
    pieces = [_piece(padded[i], padded[i + 1], padded[i + 2], padded[i + 3], step_m) for i in range(len(given) - 1)]
    return np.vstack([*pieces, given[-1:]])


def _piece(p0: Points, p1: Points, p2: Points, p3: Points, step_m: float) -> Points:
    t0 = 0.0
    t1 = t0 + math.sqrt(float(np.linalg.norm(p1 - p0)))
    t2 = t1 + math.sqrt(float(np.linalg.norm(p2 - p1)))
    t3 = t2 + math.sqrt(float(np.linalg.norm(p3 - p2)))
    count = max(2, round(float(np.linalg.norm(p2 - p1)) / step_m))
    t = np.linspace(t1, t2, count, endpoint=False)[:, None]
    a1 = (t1 - t) / (t1 - t0) * p0 + (t - t0) / (t1 - t0) * p1
    a2 = (t2 - t) / (t2 - t1) * p1 + (t - t1) / (t2 - t1) * p2
    a3 = (t3 - t) / (t3 - t2) * p2 + (t - t2) / (t3 - t2) * p3
    b1 = (t2 - t) / (t2 - t0) * a1 + (t - t0) / (t2 - t0) * a2
    b2 = (t3 - t) / (t3 - t1) * a2 + (t - t1) / (t3 - t1) * a3
    piece: Points = (t2 - t) / (t2 - t1) * b1 + (t - t1) / (t2 - t1) * b2
    return piece


def line(start: Any, end: Any, step_m: float = 28.0) -> Points:
    """A straight line with points on the way."""
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    count = max(2, round(float(np.linalg.norm(end - start)) / step_m) + 1)
    points: Points = np.linspace(start, end, count)
    return points


def blob(rng: np.random.Generator, at: Point, radius: float, wobble: float = 0.25, squash: float = 1.0) -> Any:
    """A rounded shape as nature draws it: a circle whose radius swings by up to `wobble`."""
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    swing = sum(rng.uniform(0.3, 1.0) / k * np.sin(k * angles + rng.uniform(0, 6.28)) for k in (1, 2, 3, 4))
    radii = radius * (1 + wobble * swing / 1.5)
    ring = np.column_stack([at[0] + radii * np.cos(angles), at[1] + squash * radii * np.sin(angles)])
    return shapely.Polygon(ring).buffer(0)


def turned(points: Points, degrees: float, around: Point = (0.0, 0.0)) -> Points:
    angle = math.radians(degrees)
    matrix = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    moved: Points = (points - around) @ matrix + around
    return moved


def polygons(shape: Any, smallest_m2: float) -> list[Any]:
    """The simple polygons of a shape that are worth drawing."""
    parts = shapely.get_parts(shape)
    return [p for p in parts if p.geom_type == "Polygon" and p.area >= smallest_m2]
