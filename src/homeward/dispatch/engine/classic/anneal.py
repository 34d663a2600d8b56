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
from homeward.dispatch.engine.classic.ruin import ruin_strings
from homeward.dispatch.engine.classic.state import State, chance, draw, metres
from homeward.dispatch.engine.classic.tables import Tables
from homeward.dispatch.engine.kernels.compiled import kernel

_LARGE_SHARE = 0.05


@kernel
def anneal(
    t: Tables, s: State, best: int, rounds: int, warmth: float, mean_stops: float, longest: float, blink: float
) -> int:
    """So many rounds; returns the fewest metres seen, whose routes are remembered as the best.

    A round that adds `d` metres is kept with the chance `exp(-d / warmth)`.

    Source: Schrimpf, Schneider, Stamm-Wilbrandt & Dueck (2000), Journal of Computational Physics 159(2), with the
    acceptance of Kirkpatrick, Gelatt & Vecchi (1983), Science 220.
    """
    now = metres(s)
    for _ in range(rounds):
        begin_round(s)
        # Now and then a ruin three times as large, for what small ones cannot untie.
        scale = 3.0 if chance(s) < _LARGE_SHARE else 1.0
        ruin_strings(t, s, draw(s, 2 * t.requests), scale * mean_stops, scale * longest)
        if not recreate(t, s, blink, True):
            undo_round(t, s)
            continue
        change = metres_changed(s)
        if change >= -warmth * math.log(chance(s)):
            undo_round(t, s)
            continue
        keep_round(s)
        now += change
        # A vehicle less is worth any number of metres.
        if now < best or close_empty_routes(s):
            close_empty_routes(s)
            best = now
            keep_best(s)
    return best
