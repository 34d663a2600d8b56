"""Fewer vehicles, the other way: force a request in, and throw out those that are easiest to place elsewhere."""

from __future__ import annotations

import math

from homeward.dispatch.engine.classic.insertion import cheapest, scan
from homeward.dispatch.engine.classic.recreate import put_where_learned
from homeward.dispatch.engine.classic.route import (
    begin_round,
    keep_round,
    metres_changed,
    put_in,
    schedule,
    take_out,
    undo_round,
)
from homeward.dispatch.engine.classic.ruin import ruin_strings
from homeward.dispatch.engine.classic.state import ABSENT, FORBIDDEN, KEPT_ABSENT, USED, State, chance, draw
from homeward.dispatch.engine.classic.tables import Tables
from homeward.dispatch.engine.kernels.compiled import kernel


@kernel
def eject_and_insert(t: Tables, s: State, steps: int, shakes: int, warmth: float, mean_stops: float) -> bool:
    """So many times: the request that became absent last goes in, with others going out for it if it must be.

    After each ejection the routes are shaken. Returns whether all are served.

    Source: Nagata & Kobayashi (2010), Parallel Problem Solving from Nature XI, 536-545 (guided ejection search for
    pickup and delivery): penalty counters, at most two ejected of least counter sum, then random moves.
    """
    for _ in range(steps):
        absent = s.counts[ABSENT]
        if absent == 0:
            return True
        r = s.request[absent - 1].absent
        s.counts[ABSENT] -= 1
        v, _ = cheapest(t, s, r, 0.0)
        if v >= 0:
            put_where_learned(t, s, r, v)
            keep_round(s)
            continue
        s.request[r].absences += 1
        if not _force_in(t, s, r):
            # Not even with two less on a route: others may first make more room.
            other = draw(s, absent)
            s.request[absent - 1].absent = s.request[other].absent
            s.request[other].absent = r
            s.counts[ABSENT] = absent
        for _shake in range(shakes):
            _shake_routes(t, s, warmth, mean_stops)
    return int(s.counts[ABSENT]) == 0


@kernel
def _force_in(t: Tables, s: State, r: int) -> bool:
    """Insert `r` where one or two of least absences in sum have to leave for it; ties by chance. False: impossible."""
    trial = s.route.size - 1
    best, best_v, out_1, out_2, ties = 1 << 60, -1, -1, -1, 0.0
    best_i, best_j = -1, -1
    for pair in range(2):
        for at in range(s.counts[USED]):
            v = s.route[at].used
            for a in range(1, s.route[v].length + 1):
                one = s.at[v, a].stop // 2
                # A pair never beats one of its two, so only a smaller sum than the best is looked for.
                if s.at[v, a].stop % 2 == 1 or s.request[one].absences + pair > best:
                    continue
                for b in range(a + 1, s.route[v].length + 1 if pair == 1 else a + 2):
                    two = s.at[v, b].stop // 2 if pair == 1 else -1
                    total = s.request[one].absences
                    if pair == 1:
                        if s.at[v, b].stop % 2 == 1:
                            continue
                        total += s.request[two].absences
                    if total > best:
                        continue
                    _write_without(s, v, one, two)
                    schedule(t, s, trial)
                    added, i, j = scan(t, s, trial, r)
                    if added >= FORBIDDEN:
                        continue
                    ties = 1.0 if total < best else ties + 1.0
                    if total < best or chance(s) * ties < 1.0:
                        best, best_v, out_1, out_2, best_i, best_j = total, v, one, two, i, j
    if best_v < 0:
        return False
    s.request[out_1].gone = 1
    if out_2 >= 0:
        s.request[out_2].gone = 1
    take_out(t, s, best_v)
    put_in(t, s, r, best_v, best_i, best_j)
    keep_round(s)
    return True


@kernel
def _write_without(s: State, v: int, one: int, two: int) -> None:
    """The stops of `v` without those of two requests, as trial row."""
    trial = s.route.size - 1
    kept = 0
    for k in range(1, s.route[v].length + 1):
        stop = s.at[v, k].stop
        if stop // 2 != one and stop // 2 != two:
            kept += 1
            s.at[trial, kept].stop = stop
    s.route[trial].length = kept


@kernel
def _shake_routes(t: Tables, s: State, warmth: float, mean_stops: float) -> None:
    """One small ruin whose requests all find a place again, in random order; nothing absent before is touched."""
    begin_round(s)
    before = s.counts[KEPT_ABSENT]
    ruin_strings(t, s, draw(s, 2 * t.requests), mean_stops, mean_stops)
    for i in range(s.counts[ABSENT] - 1, before, -1):
        other = before + draw(s, i - before + 1)
        r = s.request[i].absent
        s.request[i].absent = s.request[other].absent
        s.request[other].absent = r
    for i in range(before, s.counts[ABSENT]):
        r = s.request[i].absent
        v, _ = cheapest(t, s, r, 0.01)
        if v < 0:
            undo_round(t, s)
            return
        put_where_learned(t, s, r, v)
    if metres_changed(s) < -warmth * math.log(chance(s)):
        s.counts[ABSENT] = before
        keep_round(s)
    else:
        undo_round(t, s)
