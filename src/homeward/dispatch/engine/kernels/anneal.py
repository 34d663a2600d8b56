"""The search: ruin, recreate, and keep what is better or not much worse."""

from __future__ import annotations

import math

from homeward.dispatch.engine.kernels.change import begin_round, keep_best, undo_round
from homeward.dispatch.engine.kernels.compiled import kernel
from homeward.dispatch.engine.kernels.recreate import draw_order, recreate
from homeward.dispatch.engine.kernels.ruin import ruin_strings
from homeward.dispatch.engine.kernels.state import State, chance, total_cost
from homeward.dispatch.engine.kernels.tables import Tables

_BLINK = 0.01


@kernel
def anneal(t: Tables, s: State, best: int, rounds: int, warmth: float, cooling: float) -> int:
    """`rounds` rounds of ruin and recreate; returns the lowest cost seen, whose routes are kept as the best.

    A round that makes the plan dearer by `d` is kept with the chance `exp(-d / warmth)`; `warmth` is multiplied by
    `cooling` after each round.

    Source: Schrimpf, Schneider, Stamm-Wilbrandt & Dueck (2000), Journal of Computational Physics 159(2), with the
    acceptance of Kirkpatrick, Gelatt & Vecchi (1983), Science 220.
    """
    cost = total_cost(t, s)
    for _ in range(rounds):
        begin_round(s)
        if ruin_strings(t, s):
            recreate(t, s, draw_order(s), _BLINK, False)
            tried = total_cost(t, s)
        else:
            tried = best + (1 << 55)
        # Of the same cost are as a rule the same routes: taken back, they keep what was learned about them.
        if tried != cost and tried < cost - warmth * math.log(chance(s)):
            cost = tried
            if cost < best:
                best = cost
                keep_best(s)
        else:
            undo_round(t, s)
        warmth *= cooling
    return best
