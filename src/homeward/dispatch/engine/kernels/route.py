"""One route walked forward for what it does and costs, and backward for what a delay would do."""

from __future__ import annotations

from homeward.dispatch.engine.kernels.compiled import kernel
from homeward.dispatch.engine.kernels.state import VERSIONS, State
from homeward.dispatch.engine.kernels.tables import (
    BLOCKED,
    CAPACITY,
    LAST_PICKUP,
    LIFO,
    LONG_AGO,
    MAX_ON_BOARD,
    NEVER,
    NO_WAY,
    PARCELS,
    SHIFT_END,
    STOPS,
    WINDOW,
    Tables,
    drive_s,
    late_cost,
    latest_start,
    over_cost,
    pair_cost,
    pay_cost,
)


@kernel
def renew(t: Tables, s: State, v: int) -> None:
    """Work out everything about the route of `v` after its stops have changed, and give it a new version."""
    walk(t, s, v, v)
    look_back(t, s, v)
    for k in range(s.route[v].length):
        stop = s.at[v, k].stop
        s.position[stop] = k
        if stop % 2 == 1:
            s.request[stop // 2].vehicle = v
    s.counts[VERSIONS] += 1
    s.route[v].version = s.counts[VERSIONS]


@kernel
def walk(t: Tables, s: State, v: int, row: int) -> None:
    """Drive the stops of `row` as vehicle `v`, each as early as possible: times, loads, cost and broken limits."""
    n = s.route[row].length
    s.at[row, 0].leave = t.vehicle[v].start_at
    s.route[row].end = t.vehicle[v].start_at
    s.route[row].broken = 0
    s.route[row].cost = 0
    s.route[row].served = 0
    s.route[row].watched = False
    for d in range(t.vehicle[v].dimensions):
        s.at[row, 0].load[d] = t.vehicle[v].load_at_start[d]
    s.at[row, 0].parcels = t.vehicle[v].stacked
    if n == 0:
        return
    metres, soft = _walk_times(t, s, v, row)
    all_pledged = _walk_loads(t, s, v, row)
    if t.vehicle[v].lifo:
        _walk_stack(t, s, v, row)
    last = t.stop[s.at[row, n - 1].stop].place
    end = s.at[row, n].leave
    if t.vehicle[v].end_place >= 0:
        home = drive_s(t, t.vehicle[v].profile, last, t.vehicle[v].end_place, end)
        if home < BLOCKED:
            end += home
            metres += t.metres[t.vehicle[v].profile, last, t.vehicle[v].end_place]
        elif not all_pledged:
            s.route[row].broken |= NO_WAY
    if n > t.vehicle[v].most_stops and not all_pledged:
        s.route[row].broken |= STOPS
    overrun = 0
    if end > t.vehicle[v].hard_end:
        if all_pledged:
            overrun = t.vehicle[v].overrun_per_s * (end - t.vehicle[v].hard_end)
        else:
            s.route[row].broken |= SHIFT_END
    s.route[row].end = end
    s.route[row].cost += (
        t.vehicle[v].cost_fixed
        + t.vehicle[v].cost_per_s * (end - t.vehicle[v].start_at)
        + t.vehicle[v].cost_per_m * metres
    )
    s.route[row].cost += soft + over_cost(t, v, end) + overrun + pay_cost(t, v, s.route[row].served)


@kernel
def _walk_times(t: Tables, s: State, v: int, row: int) -> tuple[int, int]:
    """Fills times, watches limits of time; returns metres and the soft cost of all stops."""
    now, place, door = t.vehicle[v].start_at, t.vehicle[v].start_place, t.vehicle[v].first_door
    profile = t.vehicle[v].profile
    metres = 0
    soft_total = 0
    for k in range(s.route[row].length):
        stop = s.at[row, k].stop
        r = stop // 2
        there = t.stop[stop].place
        drive = drive_s(t, profile, place, there, now)
        if drive >= BLOCKED:
            s.route[row].broken |= NO_WAY
            drive = 0
        else:
            metres += t.metres[profile, place, there]
        start = now + drive
        if door != there:
            start += t.stop[stop].setup + t.vehicle[v].parking
        start = max(start, t.stop[stop].opens)
        if start > t.stop[stop].hard:
            s.route[row].broken |= WINDOW
        if start > latest_start(t, v, stop):
            s.route[row].broken |= LAST_PICKUP if start <= t.stop[stop].hard else WINDOW
        soft = late_cost(t, stop, start)
        soft_total += soft
        s.at[row, k].soft = soft
        s.at[row, k].start = start
        now = start + t.stop[stop].service
        place = door = there
        s.at[row, k + 1].leave = now
        if stop % 2 == 0:
            s.request[r].left = now
        elif t.request[r].on_board_limit < NEVER:
            s.route[row].watched = True
            if start - s.request[r].left > t.request[r].on_board_limit:
                s.route[row].broken |= MAX_ON_BOARD
    return metres, soft_total


@kernel
def _walk_loads(t: Tables, s: State, v: int, row: int) -> bool:
    """Fills loads and counts who is served; returns whether nothing on the route is beyond what was pledged.

    Limits bind while a parcel that is not pledged is on board: what is pledged was agreed before this plan, so it
    cannot refuse itself.
    """
    parcels = s.at[row, 0].parcels
    unpledged = 0
    all_pledged = True
    for k in range(s.route[row].length):
        stop = s.at[row, k].stop
        r = stop // 2
        sign = 1 if stop % 2 == 0 else -1
        parcels += sign
        s.at[row, k + 1].parcels = parcels
        if sign < 0:
            s.route[row].served += 1
            s.route[row].cost += pair_cost(t, r, v)
        if not t.request[r].pledged:
            unpledged += sign
            all_pledged = False
        for d in range(t.vehicle[v].dimensions):
            load = s.at[row, k].load[d] + sign * t.request[r].load[d]
            s.at[row, k + 1].load[d] = load
            if unpledged > 0 and load > t.vehicle[v].capacity[d]:
                s.route[row].broken |= CAPACITY
        if unpledged > 0 and parcels > t.vehicle[v].most_parcels:
            s.route[row].broken |= PARCELS
    return all_pledged


@kernel
def _walk_stack(t: Tables, s: State, v: int, row: int) -> None:
    """Only the parcel on top can be handed over."""
    height = t.vehicle[v].stacked
    for at in range(height):
        s.request[at].stack = t.aboard[t.vehicle[v].aboard_from + at]
    for k in range(s.route[row].length):
        stop = s.at[row, k].stop
        r = stop // 2
        if stop % 2 == 0:
            s.request[height].stack = r
            height += 1
            continue
        at = height - 1
        while at >= 0 and s.request[at].stack != r:
            at -= 1
        if at != height - 1:
            s.route[row].broken |= LIFO
        for above in range(at, height - 1):
            s.request[above].stack = s.request[above + 1].stack
        height -= 1


@kernel
def look_back(t: Tables, s: State, v: int) -> None:
    """For each stop of the route, last to first: how late it may start, and what the rest of the route then does."""
    n = s.route[v].length
    if n == 0:
        return
    timeless = t.periods.size == 0
    last = t.stop[s.at[v, n - 1].stop].place
    home = 0
    if t.vehicle[v].end_place >= 0:
        home = drive_s(t, t.vehicle[v].profile, last, t.vehicle[v].end_place, s.at[v, n].leave)
        if home >= BLOCKED:
            home = 0  # only what is pledged goes on without a road home
    following_latest = t.vehicle[v].hard_end
    following_free = NEVER
    following_opens = LONG_AGO
    to_following = home
    rest = 0
    wait_end = LONG_AGO
    for k in range(n - 1, -1, -1):
        stop = s.at[v, k].stop
        own = latest_start(t, v, stop)
        onward = t.stop[stop].service + to_following
        if k < n - 1:
            wait_end = max(following_opens + rest, wait_end)
        rest = onward + rest
        if timeless:
            s.at[v, k].latest = min(own, following_latest - onward)
            s.at[v, k].free = min(_untouched(t, s, stop, s.at[v, k].start), s.at[v, k].latest, following_free - onward)
        else:
            # How long the way takes depends on when it is begun: the delay is driven instead.
            s.at[v, k].latest = own
            s.at[v, k].free = LONG_AGO
        s.at[v, k].rest = rest
        s.at[v, k].wait_end = wait_end
        following_latest = s.at[v, k].latest
        following_opens = t.stop[stop].opens
        following_free = s.at[v, k].free if s.at[v, k].free >= following_opens else LONG_AGO
        if k > 0:
            before = t.stop[s.at[v, k - 1].stop].place
            to_following = drive_s(t, t.vehicle[v].profile, before, t.stop[stop].place, s.at[v, k].leave)
            if before != t.stop[stop].place:
                to_following += t.stop[stop].setup + t.vehicle[v].parking


@kernel
def _untouched(t: Tables, s: State, stop: int, start: int) -> int:
    """Until when `stop`, now begun at `start`, may begin without being late and without its parcel riding too long.

    The ride is counted from the pickup as it is now; a pickup that comes later only makes it shorter.
    """
    until = t.stop[stop].first_kink
    r = stop // 2
    if stop % 2 == 1 and t.request[r].on_board_limit < NEVER:
        until = min(until, s.request[r].left + t.request[r].on_board_limit)
    return until if start <= until else LONG_AGO
