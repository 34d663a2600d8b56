"""Sea from coastlines: maps draw the shore as lines with the land on their left, not as areas."""

from typing import Any

import numpy as np
import shapely

from homeward.kit.places import Box
from homeward.routing.extract import Feature

# Degrees; about a metre, far below what a map shows.
_BESIDE = 1e-5


def sea_areas(coasts: list[Feature], box: Box) -> list[Any]:
    """The parts of the box that lie on the right of a coastline.

    The box is cut into faces along the coastlines. A face is sea if a point just right of one of the coast's pieces
    lies in it. An extract whose coastlines end inside the box gives fewer faces, so less sea, but never sea on land.
    """
    if not coasts:
        return []
    frame = shapely.box(box.west, box.south, box.east, box.north)
    shore = shapely.intersection(shapely.unary_union([shape for _, shape in coasts]), frame)
    faces = shapely.get_parts(shapely.polygonize([shapely.node(shapely.union(shore, frame.exterior))]))
    right_of_shore = _points_on_the_right([shape for _, shape in coasts])
    tree = shapely.STRtree(right_of_shore)
    left_of_shore = shapely.STRtree(_points_on_the_right([shape.reverse() for _, shape in coasts]))
    return [face for face in faces if len(tree.query(face, "contains")) > len(left_of_shore.query(face, "contains"))]


def _points_on_the_right(lines: list[Any]) -> list[Any]:
    points: list[Any] = []
    for line in lines:
        ends = shapely.get_coordinates(line)
        along = np.diff(ends, axis=0)
        length = np.hypot(along[:, 0], along[:, 1])
        keep = length > 0
        middle = (ends[:-1] + ends[1:])[keep] / 2
        right = np.column_stack([along[keep, 1], -along[keep, 0]]) / length[keep, None]
        points += list(np.asarray(shapely.points(middle + _BESIDE * right)))
    return points
