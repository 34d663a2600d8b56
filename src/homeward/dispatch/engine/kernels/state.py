"""The routes as they are now, and what was learned about them."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from homeward.dispatch.engine.kernels.compiled import kernel
from homeward.dispatch.engine.kernels.tables import MOST_DIMENSIONS, IntArray, Records, Tables

# What `State.counts` holds.
ABSENT: Final = 0  # how many requests are on no route
VERSIONS: Final = 1  # versions given out so far
TOUCHED: Final = 2  # how many routes the running round has changed
ROUND: Final = 3  # number of the running round
MARKS: Final = 4  # marks given out so far
KEPT_ABSENT: Final = 5  # how many were absent when the round began
BEST_ABSENT: Final = 6  # and in the best plan
RANDOM: Final = 7  # the state of the random numbers
_COUNTS: Final = 8

# At or above it stands an insertion that is not possible.
FORBIDDEN: Final = 1 << 60


# At position `k` of a route. `leave` and `parcels` are after `k` stops, so that there is one more of them.
AT: Final = np.dtype(
    [
        ("start", "i8"),  # when service starts at stop `k`
        ("soft", "i8"),  # what that costs
        ("leave", "i8"),
        ("parcels", "i8"),
        ("latest", "i8"),  # a later start of stop `k` breaks a limit somewhere
        ("free", "i8"),  # until here a later start costs nothing but time
        ("rest", "i8"),  # the route then ends at max(start + rest, wait_end)
        ("wait_end", "i8"),
        ("load", "i8", (MOST_DIMENSIONS,)),  # after `k` stops
        ("stop", "i4"),
        ("kept_stop", "i4"),  # as the running round found it
        ("best_stop", "i4"),  # in the best plan so far
    ]
)
ROUTE: Final = np.dtype(
    [
        ("length", "i8"),
        ("end", "i8"),
        ("cost", "i8"),
        ("broken", "i8"),  # bits of the limits it breaks
        ("served", "i8"),  # requests handed over
        ("version", "i8"),
        ("mark", "i8"),  # scratch
        ("touched", "i8"),  # entry `i`: the route that the running round changed as its `i`-th
        ("touched_in", "i8"),  # the round that changed this route last
        ("kept_length", "i8"),
        ("kept_version", "i8"),
        ("best_length", "i8"),
        ("best_version", "i8"),
        ("watched", "?"),  # carries something that may not be on board for long
    ]
)
REQUEST: Final = np.dtype(
    [
        ("vehicle", "i8"),  # on whose route its drop-off is, or -1
        ("home", "i8"),  # which vehicle had it last, or -1
        ("left", "i8"),  # scratch: when it left its pickup
        ("gone", "i8"),  # the round that took it out last
        ("absences", "i8"),  # how often it found no place, for the phase that saves vehicles
        ("absent", "i8"),  # entry `i`: the `i`-th request on no route
        ("kept_absent", "i8"),  # when the round began
        ("best_absent", "i8"),  # and in the best plan
        ("stack", "i8"),  # scratch: entry `i` is the request that lies `i`-th on a stack
    ]
)
# What is known of one request on one route: true as long as `known` is the version of the route. Without a
# `pickup_at` (-1) it is only known that it adds no less than `added`.
INSERTION: Final = np.dtype([("known", "i8"), ("added", "i8"), ("pickup_at", "i4"), ("dropoff_at", "i4")])


class State(NamedTuple):
    """Routes as rows; row V is for trying things out.

    `latest`, `free`, `rest` and `wait_end` answer in constant time what a later start of a stop does to the rest of
    its route.

    Source: forward time slack, Savelsbergh (1992), ORSA Journal on Computing 4(2), 146-154.
    """

    at: Records  # (V + 1, longest + 1) of AT
    route: Records  # (V + 1,) of ROUTE
    request: Records  # (R,) of REQUEST
    position: IntArray  # of each stop on its route
    best: Records  # (R, V) of INSERTION
    counts: IntArray


def new_state(t: Tables, longest: int, seed: int) -> State:
    """Empty rows for `V` routes of at most `longest` stops; nothing is on them, not even the prefixes."""
    requests, vehicles = len(t.request), len(t.vehicle)
    rows = vehicles + 1
    state = State(
        at=_records((rows, longest + 1), AT),
        route=_records((rows,), ROUTE),
        request=_records((requests,), REQUEST),
        position=np.full(2 * requests, -1, dtype=np.int64),
        best=_records((requests, vehicles), INSERTION),
        counts=np.zeros(_COUNTS, dtype=np.int64),
    )
    state.counts[RANDOM] = _seeded(seed)
    state.route["mark"] = state.route["touched_in"] = -1
    state.request["vehicle"] = state.request["home"] = state.request["gone"] = -1
    state.request["absences"] = 1
    state.best["known"] = -1
    return state


def _records(shape: tuple[int, ...], kind: np.dtype[np.void]) -> Records:
    return np.zeros(shape, dtype=kind).view(np.recarray)


def _seeded(seed: int) -> int:
    # Neighbouring seeds must not give neighbouring sequences; numpy's own mixing takes care of it.
    return int(np.random.SeedSequence(abs(seed)).generate_state(1, dtype=np.uint64)[0] >> 1) | 1


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
    return np.int64(high) % below


@kernel
def chance(s: State) -> float:
    """A number in (0, 1]."""
    return (draw(s, 1 << 30) + 1) / (1 << 30)


@kernel
def total_cost(t: Tables, s: State) -> int:
    """Of all routes and of what is left open."""
    cost = 0
    for v in range(t.vehicle.size):
        cost += s.route[v].cost
    for at in range(s.counts[ABSENT]):
        cost += t.request[s.request[at].absent].open_cost
    return cost
