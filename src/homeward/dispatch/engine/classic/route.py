"""Changing routes, and taking a whole round of changes back."""

from __future__ import annotations

from homeward.dispatch.engine.classic.state import ABSENT, KEPT_ABSENT, TOUCHED, USED, VERSIONS, State
from homeward.dispatch.engine.classic.tables import Tables
from homeward.dispatch.engine.kernels.compiled import kernel


@kernel
def schedule(t: Tables, s: State, row: int) -> None:
    """Work out times, loads and metres of a row whose stops were just written.

    Source: forward time slack, Savelsbergh (1992), ORSA Journal on Computing 4(2), 146-154.
    """
    at = s.at[row]
    hub = 2 * t.requests
    last = s.route[row].length + 1
    at[0].stop = hub
    at[last].stop = hub
    start = t.stop[hub].opens
    load, total = 0, 0
    at[0].start = start
    at[0].load = 0
    for k in range(1, last + 1):
        before, stop = at[k - 1].stop, at[k].stop
        hop = t.out[before, stop]
        at[k - 1].seconds = hop.seconds
        at[k - 1].metres = hop.metres
        start = max(start + hop.seconds, t.stop[stop].opens)
        load += t.stop[stop].load
        total += hop.metres
        at[k].start = start
        at[k].load = load
    latest = t.stop[hub].closes
    at[last].latest = latest
    for k in range(last - 1, -1, -1):
        latest = min(latest - at[k].seconds, t.stop[at[k].stop].closes)
        at[k].latest = latest
    s.route[row].metres = total


@kernel
def renew(t: Tables, s: State, v: int) -> None:
    """Schedule a changed route, and let nothing be believed that was learned of it before."""
    schedule(t, s, v)
    s.counts[VERSIONS] += 1
    s.route[v].version = s.counts[VERSIONS]


@kernel
def begin_round(s: State) -> None:
    """From here on every change can be taken back by `undo_round`. The round before must be kept or undone."""
    s.counts[KEPT_ABSENT] = s.counts[ABSENT]
    for i in range(s.counts[ABSENT]):
        s.request[i].kept_absent = s.request[i].absent


@kernel
def touch(s: State, v: int) -> None:
    """Keep the route as it is, once a round, before it is changed."""
    route = s.route[v]
    if route.touched == 1:
        return
    route.touched = 1
    route.kept_length = route.length
    route.kept_metres = route.metres
    route.kept_version = route.version
    for k in range(1, route.length + 1):
        s.at[v, k].kept_stop = s.at[v, k].stop
    s.route[s.counts[TOUCHED]].changed = v
    s.counts[TOUCHED] += 1


@kernel
def keep_round(s: State) -> None:
    """What was learned in the round about routes it changed is what is known of them from now on."""
    for i in range(s.counts[TOUCHED]):
        route = s.route[s.route[i].changed]
        route.touched = 0
        route.side = 1 - route.side
    s.counts[TOUCHED] = 0


@kernel
def undo_round(t: Tables, s: State) -> None:
    """All routes and the absent requests as they were at `begin_round`."""
    for i in range(s.counts[TOUCHED]):
        v = s.route[i].changed
        s.route[v].touched = 0
        s.route[v].length = s.route[v].kept_length
        for k in range(1, s.route[v].length + 1):
            stop = s.at[v, k].kept_stop
            s.at[v, k].stop = stop
            s.request[stop // 2].vehicle = v
        schedule(t, s, v)
        s.route[v].version = s.route[v].kept_version
    s.counts[TOUCHED] = 0
    s.counts[ABSENT] = s.counts[KEPT_ABSENT]
    for i in range(s.counts[ABSENT]):
        s.request[i].absent = s.request[i].kept_absent
        s.request[s.request[i].absent].vehicle = -1


@kernel
def metres_changed(s: State) -> int:
    """How much longer the running round has made the routes."""
    change = 0
    for i in range(s.counts[TOUCHED]):
        v = s.route[i].changed
        change += s.route[v].metres - s.route[v].kept_metres
    return change


@kernel
def put_in(t: Tables, s: State, r: int, v: int, pickup_after: int, dropoff_after: int) -> None:
    """Insert `r` behind these positions of the route as it is now. The caller keeps the list of absent ones."""
    touch(s, v)
    write_in(s, v, r, pickup_after, dropoff_after)
    s.request[r].vehicle = v
    renew(t, s, v)


@kernel
def write_in(s: State, row: int, r: int, pickup_after: int, dropoff_after: int) -> None:
    """Only the stops; times are not worked out."""
    at = s.at[row]
    for k in range(s.route[row].length, dropoff_after, -1):
        at[k + 2].stop = at[k].stop
    at[dropoff_after + 2].stop = 2 * r + 1
    for k in range(dropoff_after, pickup_after, -1):
        at[k + 1].stop = at[k].stop
    at[pickup_after + 1].stop = 2 * r
    s.route[row].length += 2


@kernel
def take_out(t: Tables, s: State, v: int) -> None:
    """Remove the requests marked as gone from the route of `v` and count them absent."""
    touch(s, v)
    kept = 0
    for k in range(1, s.route[v].length + 1):
        stop = s.at[v, k].stop
        r = stop // 2
        if s.request[r].gone == 0:
            kept += 1
            s.at[v, kept].stop = stop
        elif stop % 2 == 1:
            s.request[r].gone = 0
            s.request[r].vehicle = -1
            s.request[s.counts[ABSENT]].absent = r
            s.counts[ABSENT] += 1
    s.route[v].length = kept
    renew(t, s, v)


@kernel
def open_route(t: Tables, s: State) -> int:
    """One more vehicle, still empty; its number."""
    v: int = s.counts[USED]
    s.route[v].used = v
    s.counts[USED] += 1
    s.route[v].length = 0
    touch(s, v)
    renew(t, s, v)
    return v


@kernel
def close_empty_routes(s: State) -> bool:
    """Vehicles without stops leave for good; whether there were any."""
    kept = 0
    for i in range(s.counts[USED]):
        v = s.route[i].used
        if s.route[v].length > 0:
            s.route[kept].used = v
            kept += 1
    closed: bool = kept < s.counts[USED]
    s.counts[USED] = kept
    return closed


@kernel
def keep_best(s: State) -> None:
    """Remember the routes as they are. All requests must be on them."""
    for v in range(s.route.size - 1):
        s.route[v].best_length = 0
    for i in range(s.counts[USED]):
        v = s.route[i].used
        s.route[v].best_length = s.route[v].length
        for k in range(1, s.route[v].length + 1):
            s.at[v, k].best_stop = s.at[v, k].stop


@kernel
def back_to_best(t: Tables, s: State) -> None:
    """The routes that were remembered last."""
    s.counts[USED] = 0
    s.counts[ABSENT] = 0
    s.counts[TOUCHED] = 0
    for v in range(s.route.size - 1):
        s.route[v].touched = 0
        s.route[v].length = s.route[v].best_length
        if s.route[v].length == 0:
            continue
        s.route[s.counts[USED]].used = v
        s.counts[USED] += 1
        for k in range(1, s.route[v].length + 1):
            s.at[v, k].stop = s.at[v, k].best_stop
            s.request[s.at[v, k].stop // 2].vehicle = v
        renew(t, s, v)
