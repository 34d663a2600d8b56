"""The best place for one request in one route, exact to the last second and cost.

Each pair of positions costs constant time as long as the delay it brings makes nothing else late; where it does,
the rest of the route is driven until it is as it was. So both strict windows and soft ones are answered by one scan.

Source of the pair scan with forward slack: Savelsbergh & Sol (1995), Transportation Science 29(1), section 4.
"""

from __future__ import annotations

from homeward.dispatch.engine.kernels.compiled import kernel
from homeward.dispatch.engine.kernels.route import walk
from homeward.dispatch.engine.kernels.state import FORBIDDEN, State
from homeward.dispatch.engine.kernels.tables import (
    BLOCKED,
    NEVER,
    Tables,
    drive_s,
    late_cost,
    latest_start,
    over_cost,
    pair_cost,
    pay_cost,
    start_of,
)


@kernel
def learn(t: Tables, s: State, r: int, v: int, below: int, exact: bool) -> int:
    """What the best insertion of `r` into the route of `v` adds to its cost, if less than `below`; else `below` or
    more. `FORBIDDEN` is both: ask below it, and it says that there is none.

    The answer is kept until the route changes, and so is "not below": a question with a higher `below` is answered
    anew. `exact=False` skips what is dearer than the best pair so far by its detour and its delay alone: right
    wherever roads obey the triangle inequality, and nearly everywhere else.
    """
    known = s.best[r, v].known == s.route[v].version
    if not known or (s.best[r, v].pickup_at < 0 and s.best[r, v].added < below):
        if t.request[r].single:
            _learn_dropoff(t, s, r, v)
        else:
            _learn_pair(t, s, r, v, below, exact)
        s.best[r, v].known = s.route[v].version
    return s.best[r, v].added


@kernel
def _learn_dropoff(t: Tables, s: State, r: int, v: int) -> None:
    """A drop-off alone has few positions, and only on its own vehicle: each is simply driven."""
    trial = s.route.size - 1
    n = s.route[v].length
    s.route[trial].length = n + 1
    best = FORBIDDEN
    for at in range(t.vehicle[v].prefix, n + 1):
        for k in range(n):
            s.at[trial, k if k < at else k + 1].stop = s.at[v, k].stop
        s.at[trial, at].stop = 2 * r + 1
        walk(t, s, v, trial)
        if s.route[trial].broken == 0 and s.route[trial].cost - s.route[v].cost < best:
            best = s.route[trial].cost - s.route[v].cost
            s.best[r, v].pickup_at = at
            s.best[r, v].dropoff_at = at
    s.best[r, v].added = best


@kernel
def _learn_pair(t: Tables, s: State, r: int, v: int, below: int, exact: bool) -> None:
    n = s.route[v].length
    best = below
    s.best[r, v].pickup_at = -1
    if n + 2 > s.at.shape[1] - 1 or n + 2 > t.vehicle[v].most_stops:
        s.best[r, v].added = FORBIDDEN
        return
    pickup = 2 * r
    last_start = latest_start(t, v, pickup)
    once = pair_cost(t, r, v) + pay_cost(t, v, s.route[v].served + 1) - pay_cost(t, v, s.route[v].served)
    end_cost = _end_cost(t, v, s.route[v].end)
    if n == 0:
        once += t.vehicle[v].cost_fixed + over_cost(t, v, t.vehicle[v].start_at)
    for i in range(t.vehicle[v].prefix, n + 1):
        if s.at[v, i].leave > last_start:
            break  # whoever leaves later arrives later
        if not _fits(t, s, v, i, r):
            continue
        place, door = _stands_at(t, s, v, i)
        start = start_of(t, v, pickup, place, door, s.at[v, i].leave)
        if start > last_start:
            continue
        detour = _detour_m(t, s, v, i, place, t.stop[pickup].place)
        floor = once + t.vehicle[v].cost_per_m * detour + late_cost(t, pickup, start)
        if not exact:
            if floor >= best:
                continue
            floor += _end_cost_from(t, s, v, i, start + t.stop[pickup].service, t.stop[pickup].place) - end_cost
            if floor >= best:
                continue
        added, j = _best_dropoff(t, s, r, v, i, start, best - once, exact)
        if j >= 0:
            best = added + once
            s.best[r, v].pickup_at = i
            s.best[r, v].dropoff_at = j
    s.best[r, v].added = best


@kernel
def _best_dropoff(t: Tables, s: State, r: int, v: int, i: int, start: int, below: int, exact: bool) -> tuple[int, int]:
    """With the pickup at position `i`, started at `start`: the cheapest drop-off that adds less than `below`."""
    n = s.route[v].length
    pickup, dropoff = 2 * r, 2 * r + 1
    limit = t.request[r].on_board_limit
    left = start + t.stop[pickup].service
    now, here = left, t.stop[pickup].place
    soft = late_cost(t, pickup, start)
    depth = 0  # parcels loaded on top of this one and not yet handed over
    best, best_at = below, -1
    before, _ = _stands_at(t, s, v, i)
    pickup_m = _detour_m(t, s, v, i, before, here)
    end_cost = _end_cost(t, v, s.route[v].end)
    sooner = False  # a stop of the way between comes sooner than before: its parcel may ride longer
    for j in range(i, n + 1):
        if j > i:
            stop = s.at[v, j - 1].stop
            passed = start_of(t, v, stop, here, here, now)
            if passed > s.at[v, j - 1].latest or not _fits(t, s, v, j, r):
                break
            if s.route[v].watched and _held_too_long(t, s, v, stop, passed, i):
                break
            depth += 1 if stop % 2 == 0 else -1
            if t.vehicle[v].lifo and depth < 0:
                break
            sooner |= passed < s.at[v, j - 1].start
            soft += late_cost(t, stop, passed) - s.at[v, j - 1].soft
            now, here = passed + t.stop[stop].service, t.stop[stop].place
        if t.vehicle[v].lifo and depth > 0:
            continue
        handed = start_of(t, v, dropoff, here, here, now)
        if handed > t.stop[dropoff].hard or handed - left > limit:
            continue
        if j == i:
            metres = _round_m(t, s, v, i, before, here, t.stop[dropoff].place)
        else:
            metres = pickup_m + _detour_m(t, s, v, j, here, t.stop[dropoff].place)
        added = t.vehicle[v].cost_per_m * metres + soft + late_cost(t, dropoff, handed)
        leaves, door = handed + t.stop[dropoff].service, t.stop[dropoff].place
        room = FORBIDDEN
        if not exact:
            room = best - added
            if room > 0:
                room -= _end_cost_from(t, s, v, j, leaves, door) - end_cost
            if room <= 0:
                continue
        tail, end = _tail(t, s, v, j, i, leaves, door, sooner, room)
        if end >= NEVER:
            continue
        added += tail + _end_cost(t, v, end) - end_cost
        if added < best:
            best, best_at = added, j
    return best if best_at >= 0 else FORBIDDEN, best_at


@kernel
def _end_cost(t: Tables, v: int, end: int) -> int:
    """What the time of the route of `v` costs if it ends at that moment, beside a constant."""
    return over_cost(t, v, end) + t.vehicle[v].cost_per_s * end


@kernel
def _end_cost_from(t: Tables, s: State, v: int, j: int, now: int, place: int) -> int:
    """The same, at least, if the vehicle leaves `place` for stop `j` only at `now`: it then ends later.

    Where no road leads there nothing is known: there may be one by way of the door that comes in between.
    """
    if t.periods.size:
        return _end_cost(t, v, s.route[v].end)
    if j < s.route[v].length:
        start = start_of(t, v, s.at[v, j].stop, place, place, now)
        if start >= BLOCKED:
            return _end_cost(t, v, s.route[v].end)
        if start > s.at[v, j].latest:
            return FORBIDDEN
        return _end_cost(t, v, max(start + s.at[v, j].rest, s.at[v, j].wait_end))
    end = now
    if t.vehicle[v].end_place >= 0:
        end += drive_s(t, t.vehicle[v].profile, place, t.vehicle[v].end_place, now)
    return _end_cost(t, v, end)


@kernel
def _tail(
    t: Tables, s: State, v: int, j: int, i: int, now: int, place: int, sooner: bool, room: int
) -> tuple[int, int]:
    """The rest of the route, entered at stop `j` by a vehicle that leaves `place` at `now`.

    Returns the change of its soft cost and the end of the route, `NEVER` if a limit breaks or the change comes to
    `room`. `i` is where the new pickup stands, so that it is known which of the others' pickups have moved. As long
    as none came `sooner`, parcels that fit their time on board before do so wherever the rest is as it was.
    """
    n = s.route[v].length
    soft = 0
    for k in range(j, n):
        stop = s.at[v, k].stop
        start = start_of(t, v, stop, place, place, now)
        if start > s.at[v, k].latest:
            return 0, NEVER
        sooner |= start < s.at[v, k].start
        if not (sooner and s.route[v].watched):
            if start <= s.at[v, k].free:
                return soft, max(start + s.at[v, k].rest, s.at[v, k].wait_end)
            if start == s.at[v, k].start:
                return soft, s.route[v].end
        if s.route[v].watched and _held_too_long(t, s, v, stop, start, i):
            return 0, NEVER
        soft += late_cost(t, stop, start) - s.at[v, k].soft
        if soft >= room:
            return 0, NEVER
        now, place = start + t.stop[stop].service, t.stop[stop].place
    if t.vehicle[v].end_place >= 0:
        now += drive_s(t, t.vehicle[v].profile, place, t.vehicle[v].end_place, now)
    return soft, now if now <= t.vehicle[v].hard_end else NEVER


@kernel
def _held_too_long(t: Tables, s: State, v: int, stop: int, start: int, i: int) -> bool:
    """Whether another parcel of the route would be on board beyond its limit when `stop` starts at `start`."""
    r = stop // 2
    if stop % 2 == 0:
        s.request[r].left = start + t.stop[stop].service
        return False
    if t.request[r].on_board_limit >= NEVER:
        return False
    loaded = s.position[2 * r]
    left = s.at[v, loaded + 1].leave if loaded < i else s.request[r].left
    return start - left > t.request[r].on_board_limit


@kernel
def _fits(t: Tables, s: State, v: int, k: int, r: int) -> bool:
    """Whether `r` fits beside what is on board after `k` stops."""
    if s.at[v, k].parcels + 1 > t.vehicle[v].most_parcels:
        return False
    for d in range(t.vehicle[v].dimensions):
        if s.at[v, k].load[d] + t.request[r].load[d] > t.vehicle[v].capacity[d]:
            return False
    return True


@kernel
def _stands_at(t: Tables, s: State, v: int, k: int) -> tuple[int, int]:
    """The place after `k` stops, and the door whose set-up is paid there."""
    if k == 0:
        return t.vehicle[v].start_place, t.vehicle[v].first_door
    place = t.stop[s.at[v, k - 1].stop].place
    return place, place


@kernel
def _detour_m(t: Tables, s: State, v: int, k: int, before: int, via: int) -> int:
    """Metres more to reach stop `k` (or the end) from `before` by way of `via`."""
    metres = t.metres[t.vehicle[v].profile]
    if k < s.route[v].length:
        onward = t.stop[s.at[v, k].stop].place
    else:
        onward = t.vehicle[v].end_place
        if onward < 0:
            return metres[before, via]
        if k == 0:
            return metres[before, via] + metres[via, onward]
    direct = metres[before, onward]
    return metres[before, via] + metres[via, onward] - direct


@kernel
def _round_m(t: Tables, s: State, v: int, k: int, before: int, via: int, then: int) -> int:
    """Metres more to reach stop `k` (or the end) from `before` by way of `via` and `then`."""
    metres = t.metres[t.vehicle[v].profile]
    if k < s.route[v].length:
        onward = t.stop[s.at[v, k].stop].place
    else:
        onward = t.vehicle[v].end_place
        if onward < 0:
            return metres[before, via] + metres[via, then]
        if k == 0:
            return metres[before, via] + metres[via, then] + metres[then, onward]
    return metres[before, via] + metres[via, then] + metres[then, onward] - metres[before, onward]


@kernel
def closest_miss(t: Tables, s: State, r: int, v: int) -> int:
    """Why `r` does not fit into the route of `v`: the bits of the least impossible insertion, which is left in the
    trial row. Drives every pair of positions, so it is for explaining one request and not for searching."""
    trial = s.route.size - 1
    n = s.route[v].length
    single = t.request[r].single
    size = n + 1 if single else n + 2
    if size > s.at.shape[1] - 1:
        size = s.at.shape[1] - 1
    best, best_i, best_j = FORBIDDEN, t.vehicle[v].prefix, t.vehicle[v].prefix
    for i in range(t.vehicle[v].prefix, n + 1):
        for j in range(i, i + 1 if single else n + 1):
            _try(t, s, r, v, i, j)
            if s.route[trial].broken < best:
                best, best_i, best_j = s.route[trial].broken, i, j
    _try(t, s, r, v, best_i, best_j)
    return best


@kernel
def _try(t: Tables, s: State, r: int, v: int, i: int, j: int) -> None:
    """The route of `v` with `r` picked up before its stop `i` and handed over before its stop `j`, as trial row."""
    trial = s.route.size - 1
    at = 0
    for k in range(s.route[v].length + 1):
        if k == i and not t.request[r].single:
            s.at[trial, at].stop = 2 * r
            at += 1
        if k == j:
            s.at[trial, at].stop = 2 * r + 1
            at += 1
        if k < s.route[v].length:
            s.at[trial, at].stop = s.at[v, k].stop
            at += 1
    s.route[trial].length = at
    walk(t, s, v, trial)
