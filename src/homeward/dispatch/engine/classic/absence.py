"""Fewer vehicles: take a route away, and shuffle the others until they have room for its requests."""

from __future__ import annotations

import math

from homeward.dispatch.engine.classic.recreate import recreate
from homeward.dispatch.engine.classic.route import begin_round, keep_round, metres_changed, take_out, undo_round
from homeward.dispatch.engine.classic.ruin import ruin_strings, where_to_ruin
from homeward.dispatch.engine.classic.state import ABSENT, USED, State, absences, chance, count_absences
from homeward.dispatch.engine.classic.tables import Tables
from homeward.dispatch.engine.kernels.compiled import kernel


@kernel
def drop_route(t: Tables, s: State) -> None:
    """The route whose requests were absent least often so far loses its vehicle: they are the easiest to place."""
    least, which = 1 << 60, 0
    for i in range(s.counts[USED]):
        v = s.route[i].used
        total = 0
        for k in range(1, s.route[v].length + 1):
            total += s.request[s.at[v, k].stop // 2].absences
        if total < least:
            least, which = total, i
    v = s.route[which].used
    for k in range(1, s.route[v].length + 1):
        s.request[s.at[v, k].stop // 2].gone = 1
    take_out(t, s, v)
    keep_round(s)
    s.counts[USED] -= 1
    s.route[which].used = s.route[s.counts[USED]].used


@kernel
def place_absent(
    t: Tables, s: State, rounds: int, warmth: float, mean_stops: float, longest: float, blink: float
) -> bool:
    """Ruin and recreate with requests left over, until none is or the rounds are done; whether all are served.

    A request is the harder to place, the more often it was left over. A round is kept if what it leaves over was
    left over less often, in sum, than what was absent before; or if it leaves over the same and passes as annealing.

    Source: Christiaens & Vanden Berghe (2020), Transportation Science 54(2), section 5.4 (fleet minimisation by
    absence counters).
    """
    for _ in range(rounds):
        begin_round(s)
        before, sum_before = s.counts[ABSENT], absences(s)
        if before == 0:
            return True
        ruin_strings(t, s, where_to_ruin(t, s), mean_stops, longest)
        recreate(t, s, blink)
        left, sum_left = s.counts[ABSENT], absences(s)
        better = left < before or sum_left < sum_before
        same = left == before and sum_left == sum_before
        count_absences(s)
        if better or (same and metres_changed(s) < -warmth * math.log(chance(s))):
            keep_round(s)
        else:
            undo_round(t, s)
    return int(s.counts[ABSENT]) == 0
