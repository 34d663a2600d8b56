"""Taking requests out of routes and putting them in, and taking a whole round back."""

from __future__ import annotations

from homeward.dispatch.engine.kernels.compiled import kernel
from homeward.dispatch.engine.kernels.route import renew
from homeward.dispatch.engine.kernels.state import ABSENT, BEST_ABSENT, KEPT_ABSENT, ROUND, TOUCHED, State
from homeward.dispatch.engine.kernels.tables import Tables


@kernel
def begin_round(s: State) -> None:
    """From here on every change can be taken back by `undo_round`."""
    s.counts[ROUND] += 1
    s.counts[TOUCHED] = 0
    absent = s.counts[ABSENT]
    s.counts[KEPT_ABSENT] = absent
    for at in range(absent):
        s.request[at].kept_absent = s.request[at].absent


@kernel
def touch(s: State, v: int) -> None:
    """Keep the route of `v` as it is, once a round, before it is changed."""
    if s.route[v].touched_in == s.counts[ROUND]:
        return
    s.route[v].touched_in = s.counts[ROUND]
    s.route[s.counts[TOUCHED]].touched = v
    s.counts[TOUCHED] += 1
    s.route[v].kept_length = s.route[v].length
    s.route[v].kept_version = s.route[v].version
    for k in range(s.route[v].length):
        s.at[v, k].kept_stop = s.at[v, k].stop


@kernel
def undo_round(t: Tables, s: State) -> None:
    """All routes as they were at `begin_round`. They get their old version back: what was learned is still true."""
    for at in range(s.counts[TOUCHED]):
        v = s.route[at].touched
        for k in range(s.route[v].length):
            s.request[s.at[v, k].stop // 2].vehicle = -1
    for at in range(s.counts[TOUCHED]):
        v = s.route[at].touched
        s.route[v].length = s.route[v].kept_length
        for k in range(s.route[v].length):
            s.at[v, k].stop = s.at[v, k].kept_stop
        renew(t, s, v)
        s.route[v].version = s.route[v].kept_version
    s.counts[ABSENT] = s.counts[KEPT_ABSENT]
    for at in range(s.counts[ABSENT]):
        s.request[at].absent = s.request[at].kept_absent


@kernel
def put_in(t: Tables, s: State, r: int, v: int) -> None:
    """Insert `r` into the route of `v` where `learn` found it best. The caller keeps `absent`."""
    touch(s, v)
    i, j = s.best[r, v].pickup_at, s.best[r, v].dropoff_at
    extra = 1 if t.request[r].single else 2
    n = s.route[v].length
    for k in range(n - 1, j - 1, -1):
        s.at[v, k + extra].stop = s.at[v, k].stop
    s.at[v, j + extra - 1].stop = 2 * r + 1
    if not t.request[r].single:
        for k in range(j - 1, i - 1, -1):
            s.at[v, k + 1].stop = s.at[v, k].stop
        s.at[v, i].stop = 2 * r
    s.route[v].length = n + extra
    renew(t, s, v)


@kernel
def mark_gone(s: State, r: int) -> None:
    """Request `r` leaves its route in this round; `take_out` makes it so."""
    s.request[r].gone = s.counts[ROUND]


@kernel
def movable(t: Tables, s: State, r: int, k: int, v: int) -> bool:
    """Whether the stop at position `k` of the route of `v`, one of request `r`, may be taken out with its request."""
    if k < t.vehicle[v].prefix or s.request[r].gone == s.counts[ROUND]:
        return False
    # Taken out of a stack, a parcel would bar everything below it until it is back.
    return not (t.request[r].single and t.vehicle[v].lifo)


@kernel
def take_out(t: Tables, s: State, v: int) -> bool:
    """Remove all requests marked as gone from the route of `v` and count them absent. False if the route breaks
    without them, which needs roads where a detour is shorter than the direct way."""
    touch(s, v)
    kept = t.vehicle[v].prefix
    for k in range(t.vehicle[v].prefix, s.route[v].length):
        stop = s.at[v, k].stop
        r = stop // 2
        if s.request[r].gone != s.counts[ROUND]:
            s.at[v, kept].stop = stop
            kept += 1
        elif stop % 2 == 1:
            s.request[r].vehicle = -1
            s.request[r].home = v
            s.request[s.counts[ABSENT]].absent = r
            s.counts[ABSENT] += 1
    s.route[v].length = kept
    renew(t, s, v)
    return s.route[v].broken == 0


@kernel
def keep_best(s: State) -> None:
    """Remember the routes as they are."""
    for v in range(s.route.size - 1):
        if s.route[v].best_version == s.route[v].version:
            continue
        s.route[v].best_version = s.route[v].version
        s.route[v].best_length = s.route[v].length
        for k in range(s.route[v].length):
            s.at[v, k].best_stop = s.at[v, k].stop
    s.counts[BEST_ABSENT] = s.counts[ABSENT]
    for at in range(s.counts[ABSENT]):
        s.request[at].best_absent = s.request[at].absent


@kernel
def back_to_best(t: Tables, s: State) -> None:
    """The routes that were remembered last."""
    for r in range(s.request.size):
        s.request[r].vehicle = -1
    for v in range(s.route.size - 1):
        s.route[v].length = s.route[v].best_length
        for k in range(s.route[v].length):
            s.at[v, k].stop = s.at[v, k].best_stop
        renew(t, s, v)
        s.route[v].version = s.route[v].best_version
    s.counts[ABSENT] = s.counts[BEST_ABSENT]
    for at in range(s.counts[ABSENT]):
        s.request[at].absent = s.request[at].best_absent
