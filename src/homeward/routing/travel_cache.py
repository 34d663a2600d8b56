"""A bounded memory of travel times between places, looked up for whole matrices at once. No I/O."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.kit.places import LatLon
from homeward.routing.model import Matrix

UNKNOWN: Final = -2
_QUANTUM: Final = 1e5  # 1e-5 degrees, about a metre: below the width of a road, so nobody can tell the difference
_FIRST_SLOTS: Final = 64

Slots = npt.NDArray[np.intp]


def place_key(place: LatLon) -> int:
    """The place rounded to 1e-5 degrees, as one integer."""
    return (round(place.lat * _QUANTUM) << 32) + round(place.lon * _QUANTUM)


class TravelCache:
    """Travel times among the `limit` most recently used places, as two square matrices.

    One place takes one slot (a row and a column). When all slots are taken the least recently used places give
    theirs up. Memory is at most `8 * limit ** 2` bytes: 32 MB for the default.
    """

    def __init__(self, limit: int = 2_048) -> None:
        self._limit = limit
        self._slot_of: dict[int, int] = {}
        self._key_of: list[int] = []
        self._used_at = np.zeros(0, dtype=np.int64)
        self._tick = 0
        self.durations_s: Matrix = np.full((0, 0), UNKNOWN, dtype=np.int32)
        self.distances_m: Matrix = np.full((0, 0), UNKNOWN, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._slot_of)

    def slots(self, places: Sequence[LatLon]) -> Slots | None:
        """The slot of each place, made if need be; None if there are more places than the cache can hold."""
        keys = [place_key(place) for place in places]
        if len(set(keys)) > self._limit:
            return None
        self._tick += 1
        # Known places are marked as used first, so that a new one cannot push out another of the same request.
        for key in keys:
            known = self._slot_of.get(key)
            if known is not None:
                self._used_at[known] = self._tick
        return np.array([self._slot(key) for key in keys], dtype=np.intp)

    def _slot(self, key: int) -> int:
        known = self._slot_of.get(key)
        if known is not None:
            return known
        slot = len(self._key_of) if len(self._key_of) < self._limit else self._evict()
        if slot == len(self._key_of):
            self._key_of.append(key)
            self._grow(slot + 1)
        self._key_of[slot] = key
        self._slot_of[key] = slot
        self._used_at[slot] = self._tick
        # A place is no travel away from itself; the road server would be asked in vain.
        self.durations_s[slot, slot] = self.distances_m[slot, slot] = 0
        return slot

    def _evict(self) -> int:
        slot = int(self._used_at.argmin())
        del self._slot_of[self._key_of[slot]]
        for matrix in (self.durations_s, self.distances_m):
            matrix[slot, :] = UNKNOWN
            matrix[:, slot] = UNKNOWN
        return slot

    def _grow(self, needed: int) -> None:
        size = len(self.durations_s)
        if needed <= size:
            return
        bigger = min(self._limit, max(_FIRST_SLOTS, 2 * size))
        self.durations_s = _grown(self.durations_s, bigger)
        self.distances_m = _grown(self.distances_m, bigger)
        # Slots that were never used must not be the ones that are evicted: they do not exist yet.
        used_at = np.full(bigger, np.iinfo(np.int64).max, dtype=np.int64)
        used_at[:size] = self._used_at
        self._used_at = used_at


def _grown(matrix: Matrix, size: int) -> Matrix:
    grown = np.full((size, size), UNKNOWN, dtype=np.int32)
    grown[: len(matrix), : len(matrix)] = matrix
    return grown


def blocks_to_fetch(unknown: npt.NDArray[np.bool_]) -> list[tuple[Slots, Slots]]:
    """At most two (rows, columns) blocks that cover every unknown pair with few known ones among them.

    Rows that are mostly unknown belong to new origins and are fetched whole; what stays unknown belongs to new
    destinations. So one new place among n costs about 2n pairs, not n squared.
    """
    blocks: list[tuple[Slots, Slots]] = []
    if not unknown.any():
        return blocks
    mostly = unknown.mean(axis=1) > 0.5
    for rows_wanted in (mostly, ~mostly):
        part = unknown & rows_wanted[:, None]
        if part.any():
            blocks.append((np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))))
    return blocks
