"""Fewer metres with the vehicles there are: ruin, recreate, and keep what is shorter or not much longer."""

from __future__ import annotations

import math

from homeward.dispatch.engine.classic.recreate import recreate
from homeward.dispatch.engine.classic.route import (
    begin_round,
    close_empty_routes,
    keep_best,
    keep_round,
    metres_changed,
    undo_round,
)
from homeward.dispatch.engine.classic.ruin import ruin_strings, where_to_ruin
from homeward.dispatch.engine.classic.state import State, absences, chance, count_absences, metres
from homeward.dispatch.engine.classic.tables import Tables
from homeward.dispatch.engine.kernels.compiled import kernel

_LARGE_SHARE = 0.05


@kernel
def anneal(
    t: Tables,
    s: State,
    best: int,
    rounds: int,
    warmth: float,
    toll: float,
    mean_stops: float,
    longest: float,
    blink: float,
) -> int:
    """So many rounds; returns the fewest metres seen of a whole plan, whose routes are remembered as the best.

    A round that adds `d` metres is kept with the chance `exp(-d / warmth)`. It may leave requests over, at `toll`
    metres for each time that these were left over so far: with few vehicles, whole plans are islands, and the ways
    between them lead through plans that are not whole.

    Source: Schrimpf, Schneider, Stamm-Wilbrandt & Dueck (2000), Journal of Computational Physics 159(2), with the
    acceptance of Kirkpatrick, Gelatt & Vecchi (1983), Science 220. Weights that grow with each failure: Morris
    (1993), The breakout method, AAAI-93, 40-45; counted as in Christiaens & Vanden Berghe (2020), section 5.4.
    """
    now = metres(s)
    for _ in range(rounds):
        begin_round(s)
        owed = absences(s)
        # Now and then a ruin three times as large, for what small ones cannot untie.
        scale = 3.0 if chance(s) < _LARGE_SHARE else 1.0
        ruin_strings(t, s, where_to_ruin(t, s), scale * mean_stops, scale * longest)
        whole = recreate(t, s, blink)
        change = metres_changed(s)
        dearer = change + toll * (absences(s) - owed)
        count_absences(s)
        if dearer >= -warmth * math.log(chance(s)):
            undo_round(t, s)
            continue
        keep_round(s)
        now += change
        # A vehicle less is worth any number of metres.
        if whole and (now < best or close_empty_routes(s)):
            close_empty_routes(s)
            best = now
            keep_best(s)
    return best
