"""The routes as they are now, and what was learned about them."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from homeward.dispatch.engine.classic.tables import Records, Tables
from homeward.dispatch.engine.kernels.compiled import kernel
from homeward.dispatch.engine.kernels.tables import IntArray

# What `State.counts` holds.
ABSENT: Final = 0  # how many requests are on no route
USED: Final = 1  # how many vehicles there are
TOUCHED: Final = 2  # how many routes the running round has changed
VERSIONS: Final = 3  # versions given out so far
RANDOM: Final = 4  # the state of the random numbers
KEPT_ABSENT: Final = 5  # how many were absent when the round began
_COUNTS: Final = 6

# At or above it stands an insertion that is not possible.
FORBIDDEN: Final = 1 << 60

# Position `k` of a route. Position 0 and the one behind the last stop are the hub.
AT: Final = np.dtype(
    [
        ("start", "i8"),  # the earliest that service can start
        ("latest", "i8"),  # a later start breaks a window further on
        ("load", "i8"),  # on board when leaving
        ("seconds", "i4"),  # to the arrival at the next position
        ("metres", "i4"),
        ("stop", "i4"),
        ("kept_stop", "i4"),  # as the running round found it
        ("best_stop", "i4"),  # in the best plan so far
    ],
    align=True,
)
ROUTE: Final = np.dtype(
    [
        ("length", "i8"),
        ("metres", "i8"),
        ("version", "i8"),
        ("side", "i8"),  # which of the two memories below knows the route as it was before the round
        ("touched", "i8"),  # 1: the running round has changed it
        ("kept_length", "i8"),
        ("kept_metres", "i8"),
        ("kept_version", "i8"),
        ("best_length", "i8"),
        ("used", "i8"),  # entry `i`: the `i`-th vehicle there is
        ("changed", "i8"),  # entry `i`: the route that the running round changed as its `i`-th
    ]
)
REQUEST: Final = np.dtype(
    [
        ("vehicle", "i8"),  # or -1
        ("gone", "i8"),  # 1: marked to be taken out
        ("absences", "i8"),  # how often it found no place
        ("absent", "i8"),  # entry `i`: the `i`-th request on no route
        ("kept_absent", "i8"),  # when the round began
        ("key", "f8"),  # scratch: by what absent requests are sorted
    ]
)
# What is known of one request on one route: true as long as `known` is the version of the route.
LEARNED: Final = np.dtype([("known", "i8"), ("added", "i8"), ("pickup_after", "i4"), ("dropoff_after", "i4")])


class State(NamedTuple):
    """Routes as rows; row V is for trying things out.

    What is learned about a route is kept twice: as it was before the running round, and as it is in it. A round that
    is taken back so forgets nothing about the routes it changed.
    """

    at: Records  # (V + 1, S + 2) of AT
    route: Records  # (V + 1,) of ROUTE
    request: Records  # (R,) of REQUEST
    learned: Records  # (R, V, 2) of LEARNED
    least: IntArray  # scratch of the insertion: (S + 2,)
    counts: IntArray


def new_state(t: Tables, vehicles: int, seed: int) -> State:
    """No vehicle is used yet, and all requests are absent."""
    requests = t.requests
    state = State(
        at=_records((vehicles + 1, 2 * requests + 2), AT),
        route=_records((vehicles + 1,), ROUTE),
        request=_records((requests,), REQUEST),
        learned=_records((requests, vehicles, 2), LEARNED),
        least=np.zeros(2 * requests + 2, dtype=np.int64),
        counts=np.zeros(_COUNTS, dtype=np.int64),
    )
    # Neighbouring seeds must not give neighbouring sequences; numpy's own mixing takes care of it.
    mixed = np.random.SeedSequence(abs(seed)).generate_state(1, dtype=np.uint64)[0]
    state.counts[RANDOM] = int(mixed >> np.uint64(1)) | 1
    state.learned["known"] = -1
    state.request["vehicle"] = -1
    state.request["absences"] = 1
    state.request["absent"] = np.arange(requests)
    state.counts[ABSENT] = requests
    return state


def _records(shape: tuple[int, ...], kind: np.dtype[np.void]) -> Records:
    return np.zeros(shape, dtype=kind).view(np.recarray)


@kernel
def draw(s: State, below: int) -> int:
    """A whole number from 0 to `below - 1`.

    Source: xorshift64*, Vigna (2016), ACM Transactions on Mathematical Software 42(4), article 30.
    """
    x = np.uint64(s.counts[RANDOM])
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    s.counts[RANDOM] = np.int64(x)
    high = (x * np.uint64(2685821657736338717)) >> np.uint64(33)
    return int(np.int64(high) % below)


@kernel
def chance(s: State) -> float:
    """A number in (0, 1]."""
    return (draw(s, 1 << 30) + 1) / (1 << 30)


@kernel
def metres(s: State) -> int:
    """Of all routes."""
    total = 0
    for i in range(s.counts[USED]):
        total += s.route[s.route[i].used].metres
    return total


@kernel
def absences(s: State) -> int:
    """How often the requests on no route were left over so far, in sum."""
    total = 0
    for i in range(s.counts[ABSENT]):
        total += s.request[s.request[i].absent].absences
    return total


@kernel
def count_absences(s: State) -> None:
    """Once more for each request on no route."""
    for i in range(s.counts[ABSENT]):
        s.request[s.request[i].absent].absences += 1
