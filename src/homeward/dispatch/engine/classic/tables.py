"""The question as arrays. Stop `2 r` is the pickup of request `r`, stop `2 r + 1` its drop-off, the last the hub."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Records = Any  # numpy's records have no types for their fields

STOP: Final = np.dtype([("opens", "i8"), ("closes", "i8"), ("load", "i8")])
# Seconds from the start of service at one stop to the arrival at the other, and the metres between.
HOP: Final = np.dtype([("seconds", "i4"), ("metres", "i4")])


class Tables(NamedTuple):
    """Everything that does not depend on the routes. S = twice the requests; the hub is stop S."""

    stop: Records  # (S + 1,) of STOP; a drop-off's load is negative
    out: Records  # (S + 1, S + 1) of HOP, row = from
    into: Records  # the same with row = to: what one request needs lies together, so it stays in the fastest cache
    near: npt.NDArray[np.int32]  # (S, n): the stops nearest to each, nearest first
    capacity: int
    requests: int
