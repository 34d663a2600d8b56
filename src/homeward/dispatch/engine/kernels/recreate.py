"""Putting absent requests back, one after the other, each where it is cheapest."""

from __future__ import annotations

import math

import numpy as np

from homeward.dispatch.engine.kernels.change import put_in
from homeward.dispatch.engine.kernels.compiled import allocating_kernel, kernel
from homeward.dispatch.engine.kernels.insertion import learn
from homeward.dispatch.engine.kernels.state import ABSENT, FORBIDDEN, MARKS, State, chance, draw
from homeward.dispatch.engine.kernels.tables import MOST_DIMENSIONS, NEVER, Tables

# In which order absent requests are put back, and how often each order is drawn.
BY_CHANCE, BY_LOAD, FAR_FIRST, NEAR_FIRST, TIGHT_FIRST, EARLY_FIRST, LATE_FIRST, AS_LISTED = range(8)
# How many neighbours of each of its stops a request looks at for vehicles that pass by.
_NEAR_STOPS = 32
_ORDERS = (4, 4, 2, 1, 2, 2, 2)


@allocating_kernel
def recreate(t: Tables, s: State, order: int, blink: float, exact: bool) -> None:
    """Insert the absent requests in the given order; who would cost more than leaving it open stays absent.

    Each route is overlooked with the chance `blink`, so that the same ruin is not always mended the same way.

    Source: Christiaens & Vanden Berghe (2020), Transportation Science 54(2), section 5.3 (greedy insertion with
    blinks), with the orders for time windows of its section 6.
    """
    waiting = s.counts[ABSENT]
    keys = np.empty(waiting)
    absent = np.empty(waiting, dtype=np.int64)
    for at in range(waiting):
        absent[at] = s.request[at].absent
        keys[at] = float(at) if order == AS_LISTED else _key(t, s, s.request[at].absent, order)
    turn = np.argsort(keys, kind="mergesort")
    kept = 0
    for at in range(waiting):
        r = absent[turn[at]]
        v, added = cheapest(t, s, r, blink, exact)
        if added < t.request[r].open_cost:
            put_in(t, s, r, v)
        else:
            s.request[kept].absent = r
            kept += 1
    s.counts[ABSENT] = kept


@kernel
def draw_order(s: State) -> int:
    """One of the orders, by their weights."""
    ticket = draw(s, 17)
    order = 0
    while ticket >= _ORDERS[order]:
        ticket -= _ORDERS[order]
        order += 1
    return order


@kernel
def _key(t: Tables, s: State, r: int, order: int) -> float:
    """Small keys go first."""
    pickup, dropoff = 2 * r, 2 * r + 1
    if order == BY_LOAD:
        return -_size(t, r)
    if order in (FAR_FIRST, NEAR_FIRST):
        origin = t.stop[dropoff].place if t.request[r].single else t.stop[pickup].place
        far = float(t.metres[0, t.vehicle[0].start_place, origin]) + t.metres[0, origin, t.stop[dropoff].place]
        return -far if order == FAR_FIRST else far
    if order == TIGHT_FIRST:
        return float(_last(t, dropoff)) - max(t.stop[dropoff].opens, t.stop[pickup].opens)
    if order == EARLY_FIRST:
        return float(t.stop[pickup].opens)
    if order == LATE_FIRST:
        return -float(_last(t, dropoff))
    return chance(s)


@kernel
def _size(t: Tables, r: int) -> float:
    size = 0.0
    for d in range(MOST_DIMENSIONS):
        size += t.request[r].load[d]
    return size


@kernel
def _last(t: Tables, stop: int) -> int:
    """When a stop begins to cost, or is no longer possible."""
    return min(t.stop[stop].hard, t.stop[stop].first_kink)


@kernel
def cheapest(t: Tables, s: State, r: int, blink: float, exact: bool) -> tuple[int, int]:
    """The vehicle that takes `r` for the least added cost, and that cost; `(-1, ...)` if nobody can for less than
    what it costs to leave it open.

    Who had it last is asked first: as a rule the others then only have to show that they are dearer. Of vehicles
    that are the same in everything and have nothing to do, only the first is asked. Unless it must be `exact`, big
    fleets are asked nearby first, and all of them only if nobody there can.
    """
    if t.handy.shape[1] > 0 and not exact:
        best_v, best = _cheapest_nearby(t, s, r, blink)
        if best_v >= 0:
            return best_v, best
    s.counts[MARKS] += 1
    mark = s.counts[MARKS]
    best, best_v = t.request[r].open_cost, -1
    home = s.request[r].home
    asked = _until_blink(s, blink)
    for at in range(-1, t.vehicle.size):
        v = home if at < 0 else at
        if v < 0 or at == home or not t.pair[r, v].allowed:
            continue
        if s.route[v].length == 0:
            if s.route[t.vehicle[v].twin].mark == mark:
                continue
            s.route[t.vehicle[v].twin].mark = mark
        elif asked == 0:
            asked = _until_blink(s, blink)
            continue
        else:
            asked -= 1
        added = learn(t, s, r, v, FORBIDDEN if exact else best, exact)
        if added < best:
            best, best_v = added, v
    return best_v, best


@kernel
def _cheapest_nearby(t: Tables, s: State, r: int, blink: float) -> tuple[int, int]:
    """The same among vehicles that begin near the request or have a stop near one of its own.

    Source: granular neighbourhoods, Toth & Vigo (2003), INFORMS Journal on Computing 15(4), 333-346.
    """
    s.counts[MARKS] += 1
    mark = s.counts[MARKS]
    best, best_v = t.request[r].open_cost, -1
    begins = t.handy.shape[1]
    beside = min(_NEAR_STOPS, t.near.shape[1])
    asked = _until_blink(s, blink)
    for at in range(-1, begins + 2 * beside):
        if at < 0:
            v = s.request[r].home
        elif at < begins:
            v = int(t.handy[r, at])
        else:
            stop = t.near[2 * r + (at - begins) % 2, (at - begins) // 2]
            v = s.request[stop // 2].vehicle if stop >= 0 else -1
        if v < 0 or not t.pair[r, v].allowed or s.route[v].mark == mark:
            continue
        s.route[v].mark = mark
        if asked == 0:
            asked = _until_blink(s, blink)
            continue
        asked -= 1
        added = learn(t, s, r, v, best, False)
        if added < best:
            best, best_v = added, v
    return best_v, best


@kernel
def _until_blink(s: State, blink: float) -> int:
    """How many routes are asked before the next one is overlooked: one draw instead of one for each route."""
    if blink <= 0.0:
        return NEVER
    return int(math.log(chance(s)) / math.log(1.0 - blink))
