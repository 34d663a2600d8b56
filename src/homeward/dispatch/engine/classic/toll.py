"""What annealing pays for leaving requests over: so much that plans are whole about half of the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from homeward.dispatch.engine.classic.state import State

# In mean ways between two stops: at first, and between which bounds it moves, by which factor a look.
_AT_FIRST: Final = 10.0
_LOWEST: Final = 1.0
_HIGHEST: Final = 40.0
_STEP: Final = 1.1
# After each look an old absence counts so much less: a request that found no place for a while is dear for a while.
_MEMORY: Final = 0.98
# The absences that every request is said to have at least, while warm and when cool. Few: those that find a place
# easily cost next to nothing beside the hard ones, so that the search roams. Many: all cost much alike, so that more
# plans are whole. Some instances want the one and some the other, by several percent.
_FEWEST: Final = 100
_FEWEST_WHEN_COOL: Final = 1_000
_COOL: Final = 0.4
# So many looks in a row at a plan that is not whole, and the search goes back to the best: fewer in the later
# half, where nothing is gained by going astray. Less patience was worse; the ways between whole plans are long.
_LOOKS_ASTRAY: Final = 300
_LOOKS_ASTRAY_WHEN_LATE: Final = 75
_LATE: Final = 0.5


@dataclass(slots=True)
class Toll:
    """Learns from each look at the plan, and hands out the toll for the next rounds.

    Source: penalties steered by the share of feasible plans: Gendreau, Hertz & Laporte (1994), Management Science
    40(10), 1276-1290.
    """

    state: State
    ways: float = _AT_FIRST
    broken_looks: int = 0

    def __post_init__(self) -> None:
        self.state.request.absences[:] = _FEWEST

    def per_absence(self, way: float) -> float:
        """Metres for each time that a request was left over, if the mean way is so long."""
        return self.ways * way / float(self.state.request.absences.mean())

    def look(self, *, whole: bool, cooled: float) -> bool:
        """Learn from the plan as it is; whether to go back to the best, for too long nothing was whole."""
        request = self.state.request
        fewest = _FEWEST if cooled < _COOL else _FEWEST_WHEN_COOL
        request.absences[:] = np.maximum(fewest, (request.absences * _MEMORY).astype(np.int64))
        if whole:
            self.ways = max(_LOWEST, self.ways / _STEP)
            self.broken_looks = 0
            return False
        self.ways = min(_HIGHEST, self.ways * _STEP)
        self.broken_looks += 1
        if self.broken_looks < (_LOOKS_ASTRAY if cooled < _LATE else _LOOKS_ASTRAY_WHEN_LATE):
            return False
        self.broken_looks = 0
        return True
