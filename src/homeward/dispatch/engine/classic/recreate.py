"""Putting absent requests back, one after the other, each where it is cheapest."""

from __future__ import annotations

from homeward.dispatch.engine.classic.insertion import cheapest
from homeward.dispatch.engine.classic.route import keep_round, open_route, put_in
from homeward.dispatch.engine.classic.state import ABSENT, State, chance, draw
from homeward.dispatch.engine.classic.tables import Tables
from homeward.dispatch.engine.kernels.compiled import kernel

# In which order absent requests are put back; the numbers are how often each is drawn.
BY_CHANCE, BY_LOAD, FAR_FIRST, NEAR_FIRST, TIGHT_FIRST, EARLY_FIRST, LATE_FIRST, LONG_FIRST = 4, 3, 2, 1, 2, 1, 1, 2
_TICKETS = BY_CHANCE + BY_LOAD + FAR_FIRST + NEAR_FIRST + TIGHT_FIRST + EARLY_FIRST + LATE_FIRST + LONG_FIRST


@kernel
def recreate(t: Tables, s: State, blink: float) -> bool:
    """Insert the absent requests in a drawn order; those that find no place stay absent. Whether all found one.

    Source: Christiaens & Vanden Berghe (2020), Transportation Science 54(2), section 5.3: greedy insertion with
    blinks. Theirs skip single positions; ours skip whole routes, so that what was learned of a route stays true.
    """
    _sort_absent(t, s)
    waiting, left = s.counts[ABSENT], 0
    for i in range(waiting):
        r = s.request[i].absent
        v, _ = cheapest(t, s, r, blink)
        if v < 0:
            v, _ = cheapest(t, s, r, 0.0)
        if v >= 0:
            put_where_learned(t, s, r, v)
        else:
            s.request[left].absent = r
            left += 1
    s.counts[ABSENT] = left
    return left == 0


@kernel
def put_where_learned(t: Tables, s: State, r: int, v: int) -> None:
    """Insert `r` where `cheapest` found it best on the route of `v`."""
    known = s.learned[r, v, s.route[v].side ^ s.route[v].touched]
    put_in(t, s, r, v, known.pickup_after, known.dropoff_after)


@kernel
def _sort_absent(t: Tables, s: State) -> None:
    """By a drawn order; insertion sort, for there are few."""
    ticket = draw(s, _TICKETS)
    for i in range(s.counts[ABSENT]):
        r = s.request[i].absent
        key = _key(t, s, r, ticket)
        at = i
        while at > 0 and s.request[at - 1].key > key:
            s.request[at].key = s.request[at - 1].key
            s.request[at].absent = s.request[at - 1].absent
            at -= 1
        s.request[at].key = key
        s.request[at].absent = r


@kernel
def _key(t: Tables, s: State, r: int, ticket: int) -> float:
    """Small keys go first."""
    pickup, dropoff = 2 * r, 2 * r + 1
    from_hub = t.out[2 * t.requests]
    ticket -= BY_CHANCE
    if ticket < 0:
        return chance(s)
    ticket -= BY_LOAD
    if ticket < 0:
        return float(t.stop[dropoff].load)
    ticket -= FAR_FIRST
    if ticket < 0:
        return -float(from_hub[pickup].metres + from_hub[dropoff].metres)
    ticket -= NEAR_FIRST
    if ticket < 0:
        return float(from_hub[pickup].metres + from_hub[dropoff].metres)
    ticket -= TIGHT_FIRST
    if ticket < 0:
        room = t.stop[pickup].closes - t.stop[pickup].opens + t.stop[dropoff].closes - t.stop[dropoff].opens
        return float(room)
    ticket -= EARLY_FIRST
    if ticket < 0:
        return float(t.stop[pickup].opens)
    ticket -= LATE_FIRST
    if ticket < 0:
        return -float(t.stop[dropoff].closes)
    return -float(t.out[pickup, dropoff].metres)


@kernel
def insert_all(t: Tables, s: State) -> bool:
    """Every absent request where it is cheapest, the farthest first, with a new vehicle where none can take it.

    False if one cannot be served even by a vehicle of its own.
    """
    from_hub = t.out[2 * t.requests]
    for i in range(s.counts[ABSENT]):
        r = s.request[i].absent
        key = -float(from_hub[2 * r].metres + from_hub[2 * r + 1].metres)
        at = i
        while at > 0 and s.request[at - 1].key > key:
            s.request[at].key = s.request[at - 1].key
            s.request[at].absent = s.request[at - 1].absent
            at -= 1
        s.request[at].key = key
        s.request[at].absent = r
    for i in range(s.counts[ABSENT]):
        r = s.request[i].absent
        v, _ = cheapest(t, s, r, 0.0)
        if v < 0:
            open_route(t, s)
            v, _ = cheapest(t, s, r, 0.0)
            if v < 0:
                return False
        put_where_learned(t, s, r, v)
        keep_round(s)
    s.counts[ABSENT] = 0
    return True
