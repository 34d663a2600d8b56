"""Where idle couriers should wait: near the stores where the next requests will need somebody. Pure.

A courier who is near only helps as far as the notice is short: a parcel that is ready half an hour after it was
asked for can be fetched in time from across the town. So a place is worth the lateness at stores that it saves, over
the requests expected there and the notice that they usually give.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_MINUTE = 60
_LONGEST_MIN = 240


@dataclass(frozen=True, slots=True)
class PositionSettings:
    """What a market may set.

    Parameters
    ----------
    look_ahead_s
        Requests expected within it count, and couriers who are free within it.
    second_pct
        Of 100 requests at a store, so many find the nearest courier taken and get the second nearest.
    per_drive_s
        A second of driving must save so much expected lateness, in seconds.
    least_saving_s
        A move must save at least so much expected lateness beyond that.
    most_stores
        Only so many of the busiest stores are places to wait at.
    """

    look_ahead_s: int = 1_800
    second_pct: int = 35
    per_drive_s: float = 0.05
    least_saving_s: float = 10.0
    most_stores: int = 60


@dataclass(frozen=True, slots=True)
class Move:
    """Courier `courier` should wait at store `store`: `saves_s` of expected lateness for `drive_s` of driving."""

    courier: int
    store: int
    saves_s: float
    drive_s: int


def where_to_wait(
    ways_s: npt.NDArray[np.int64],
    busy_s: npt.NDArray[np.int64],
    between_s: npt.NDArray[np.int64],
    expected: npt.NDArray[np.float64],
    notice_s: Sequence[int],
    movers: Sequence[int],
    settings: PositionSettings,
) -> tuple[Move, ...]:
    """Moves that pay, decided one courier after the other, each knowing those before.

    Parameters
    ----------
    ways_s
        Travel from where each courier is, or will be free, to each store, shape (couriers, stores): those who may
        be moved, and those who will be free within the look-ahead.
    busy_s
        Seconds until each courier is free.
    between_s
        Travel between stores, shape (stores, stores).
    expected
        Requests expected within the look-ahead by store.
    notice_s
        A sample of how long before it is ready a parcel was asked for; any length >= 1.
    movers
        Rows of `ways_s` that may be moved: free now.
    settings
        What a saving is worth.

    Returns
    -------
    tuple[Move, ...]
        At most one per mover. Same arguments, same answer.
    """
    late = _expected_lateness(notice_s)
    stores = np.argsort(-expected, kind="stable")[: settings.most_stores]
    approach = _minutes(ways_s + _mean_wait_s(busy_s, settings)[:, None])
    moves = []
    for mover in movers:
        nearest, second = _two_nearest(np.delete(approach, mover, axis=0))
        now = _cost(late, expected, nearest, second, approach[mover], settings)
        drive_s = ways_s[mover, stores]
        there = _minutes(between_s[stores] + _mean_wait_s(drive_s, settings)[:, None])
        saved = now - _cost(late, expected, nearest, second, there, settings)
        net = np.where(drive_s > 0, saved - settings.per_drive_s * drive_s, 0.0)
        best = int(np.argmax(net))
        if net[best] > settings.least_saving_s:
            approach[mover] = there[best]
            moves.append(Move(mover, int(stores[best]), float(saved[best]), int(drive_s[best])))
    return tuple(moves)


def _mean_wait_s(busy_s: npt.NDArray[np.int64], settings: PositionSettings) -> npt.NDArray[np.int64]:
    """What is left, on average over the look-ahead, of the time in which a courier cannot be told anything."""
    return np.asarray(busy_s * busy_s // (2 * settings.look_ahead_s))


def _expected_lateness(notice_s: Sequence[int]) -> npt.NDArray[np.float64]:
    """Seconds late on average, by whole minutes of approach."""
    notice = np.asarray(notice_s, dtype=np.float64)
    approach = np.arange(_LONGEST_MIN + 1) * float(_MINUTE)
    return np.asarray(np.maximum(0.0, approach[:, None] - notice[None, :]).mean(axis=1))


def _minutes(seconds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.minimum(-(-seconds // _MINUTE), _LONGEST_MIN)


def _two_nearest(others: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    nobody = np.full((2, others.shape[1]), _LONGEST_MIN, dtype=np.int64)
    ranked = np.partition(np.vstack((others, nobody)), 1, axis=0)
    return ranked[0], ranked[1]


def _cost(
    late: npt.NDArray[np.float64],
    expected: npt.NDArray[np.float64],
    nearest: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    own: npt.NDArray[np.int64],
    settings: PositionSettings,
) -> npt.NDArray[np.float64]:
    """Expected lateness with one more courier whose approach is `own`, shape (..., stores)."""
    first = np.minimum(nearest, own)
    then = np.minimum(np.maximum(nearest, own), second)
    share = settings.second_pct / 100
    return np.asarray(((1 - share) * late[first] + share * late[then]) @ expected)
