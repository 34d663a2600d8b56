"""The question as arrays. Stop `2 r` is the pickup of request `r`, stop `2 r + 1` its drop-off.

All soft costs of a stop are *kinks*: `(moment, rate)` pairs, each adding `rate` for every second that service starts
after `moment`. So one rule covers a lateness curve, a broken pledge, and overtime at the end of a route.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from homeward.dispatch.engine.kernels.compiled import kernel
from homeward.dispatch.engine.problem import MOST_DIMENSIONS as LOAD_DIMENSIONS
from homeward.dispatch.engine.problem import UNREACHABLE as NO_ROAD

IntArray = npt.NDArray[np.int64]
RoadArray = npt.NDArray[np.int32]

# Later than every moment of a problem: the limit of what has none.
NEVER: Final = 1 << 50
LONG_AGO: Final = -NEVER
# A leg that no road serves takes so long that it misses even the limit of what has none.
BLOCKED: Final = 1 << 52
UNREACHABLE: Final = NO_ROAD

# Entries in a load: weight, volume, count and three compartments.
MOST_DIMENSIONS: Final = LOAD_DIMENSIONS

# A bit for each limit, what is tied to the parcel highest: the insertion with the lowest sum of bits came closest to
# being possible, so its limit is the one worth telling.
SHIFT_END: Final = 1
MAX_ON_BOARD: Final = 2
LAST_PICKUP: Final = 4
WINDOW: Final = 8
LIFO: Final = 16
NO_WAY: Final = 32
PARCELS: Final = 64
CAPACITY: Final = 128
STOPS: Final = 256


# Facts about one stop, one request and one vehicle lie side by side: who needs one of them soon needs the next.
STOP: Final = np.dtype(
    [
        ("place", "i8"),
        ("service", "i8"),
        ("setup", "i8"),
        ("opens", "i8"),  # service does not start before: window and ready time
        ("hard", "i8"),  # nor after, unless pledged
        ("first_kink", "i8"),  # until this moment a stop costs nothing
        ("kink_from", "i8"),  # its entries of `kink`
        ("kink_to", "i8"),
    ]
)
REQUEST: Final = np.dtype(
    [
        ("on_board_limit", "i8"),
        ("open_cost", "i8"),
        ("load", "i8", (MOST_DIMENSIONS,)),
        ("single", "?"),  # only its drop-off can move: on board already, or picked up within a prefix
        ("pledged", "?"),
    ]
)
VEHICLE: Final = np.dtype(
    [
        ("start_place", "i8"),
        ("start_at", "i8"),
        ("first_door", "i8"),  # the place whose set-up is paid when the route begins, or -1
        ("end_place", "i8"),  # -1: the route ends at its last stop
        ("profile", "i8"),
        ("parking", "i8"),
        ("cost_fixed", "i8"),
        ("cost_per_s", "i8"),
        ("cost_per_m", "i8"),
        ("most_parcels", "i8"),
        ("most_stops", "i8"),
        ("hard_end", "i8"),
        ("last_pickup", "i8"),
        ("pay_each", "i8"),
        ("pay_guaranteed", "i8"),
        ("overrun_per_s", "i8"),
        ("stacked", "i8"),  # parcels on board at the start
        ("aboard_from", "i8"),  # its entries of `aboard`
        ("kink_from", "i8"),  # overtime: its entries of `kink`
        ("kink_to", "i8"),
        ("dimensions", "i8"),  # how many entries of a load count
        ("capacity", "i8", (MOST_DIMENSIONS,)),
        ("load_at_start", "i8", (MOST_DIMENSIONS,)),
        ("prefix", "i8"),  # stops that come first and stay
        ("twin", "i8"),  # vehicles with the same number are the same in everything
        ("lifo", "?"),
    ]
)
PAIR: Final = np.dtype([("cost", "i8"), ("allowed", "?")])  # allowed: nothing about the pair itself forbids it
KINK: Final = np.dtype([("moment", "i8"), ("rate", "i8")])
Records = np.recarray[Any, Any]


class Tables(NamedTuple):
    """Everything that does not depend on the routes. Sizes: S stops, R requests, V vehicles, D load dimensions."""

    stop: Records  # (S,) of STOP
    request: Records  # (R,) of REQUEST
    vehicle: Records  # (V,) of VEHICLE
    kink: Records  # (n,) of KINK: of each stop and each vehicle in turn, rising
    near: RoadArray  # (S, n): the stops nearest to each, nearest first; -1 ends a shorter list
    handy: RoadArray  # (R, n): vehicles that begin nearest to each request, none if all are asked anyway
    aboard: IntArray  # what is on board of each vehicle in turn, the top last
    pair: Records  # (R, V) of PAIR
    seconds: RoadArray  # (periods, profiles, places, places): the problem's own, not a copy
    metres: RoadArray  # (profiles, places, places): likewise
    periods: IntArray  # when the second and each later period begins


@kernel
def drive_s(t: Tables, profile: int, origin: int, destination: int, leave_at: int) -> int:
    """Seconds on the road for who leaves at `leave_at`; `BLOCKED` where no road leads. See `Problem.drive_s`."""
    way = np.int64(t.seconds[0, profile, origin, destination])
    if way >= UNREACHABLE:
        return BLOCKED
    if t.periods.size == 0:
        return way
    return _over_periods(t, profile, origin, destination, leave_at)


@kernel
def _over_periods(t: Tables, profile: int, origin: int, destination: int, leave_at: int) -> int:
    last = t.periods.size
    for period in range(last + 1):
        if t.seconds[period, profile, origin, destination] >= UNREACHABLE:
            return BLOCKED
    period = 0
    while period < last and leave_at >= t.periods[period]:
        period += 1
    now = leave_at
    left = np.int64(t.seconds[period, profile, origin, destination])
    while period < last and now + left > t.periods[period]:
        pace = np.int64(t.seconds[period, profile, origin, destination])
        left -= t.periods[period] - now
        now = t.periods[period]
        period += 1
        left = -(-left * np.int64(t.seconds[period, profile, origin, destination]) // pace)
    return now + left - leave_at


@kernel
def start_of(t: Tables, v: int, stop: int, place: int, door: int, leave_at: int) -> int:
    """When vehicle `v`, leaving `place` at `leave_at`, starts service at `stop`. `door`: where set-up is paid."""
    there = t.stop[stop].place
    at_door = leave_at + drive_s(t, t.vehicle[v].profile, place, there, leave_at)
    if door != there:
        at_door += t.stop[stop].setup + t.vehicle[v].parking
    return max(at_door, t.stop[stop].opens)


@kernel
def late_cost(t: Tables, stop: int, start: int) -> int:
    """What it costs to start service at `stop` at that moment."""
    if start <= t.stop[stop].first_kink:
        return 0
    return _kink_cost(t, t.stop[stop].kink_from, t.stop[stop].kink_to, start)


@kernel
def over_cost(t: Tables, v: int, end: int) -> int:
    """What it costs that the route of `v` ends at that moment."""
    return _kink_cost(t, t.vehicle[v].kink_from, t.vehicle[v].kink_to, end)


@kernel
def _kink_cost(t: Tables, first: int, beyond: int, moment: int) -> int:
    cost = 0
    for number in range(first, beyond):
        late = moment - t.kink[number].moment
        if late <= 0:
            break
        cost += t.kink[number].rate * late
    return cost


@kernel
def pay_cost(t: Tables, v: int, requests: int) -> int:
    return max(0, t.vehicle[v].pay_each * requests - t.vehicle[v].pay_guaranteed)


@kernel
def pair_cost(t: Tables, r: int, v: int) -> int:
    return t.pair[r, v].cost


@kernel
def latest_start(t: Tables, v: int, stop: int) -> int:
    """The last moment at which the stop's own limits let service start on vehicle `v`."""
    if stop % 2 == 0 and not t.request[stop // 2].pledged:
        return min(t.stop[stop].hard, t.vehicle[v].last_pickup)
    return t.stop[stop].hard
