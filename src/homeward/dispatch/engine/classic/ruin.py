"""Which requests a round takes out."""

from __future__ import annotations

from homeward.dispatch.engine.classic.route import take_out
from homeward.dispatch.engine.classic.state import ABSENT, USED, State, chance, draw
from homeward.dispatch.engine.classic.tables import Tables
from homeward.dispatch.engine.kernels.compiled import kernel

# How often a string leaves some of its middle in place, and the chance that this middle grows by one more.
_SPLIT_SHARE = 0.5
_SPLIT_GROWTH = 0.5


@kernel
def where_to_ruin(t: Tables, s: State) -> int:
    """A stop at random; half of the time one of a request on no route, if there is any: there room is needed."""
    seed = draw(s, 2 * t.requests)
    absent = s.counts[ABSENT]
    if absent > 0 and chance(s) < 0.5:
        seed = 2 * s.request[draw(s, absent)].absent + seed % 2
    return seed


@kernel
def ruin_strings(t: Tables, s: State, seed: int, mean_stops: float, longest: float) -> None:
    """Take strings of neighbouring stops out of a few routes that come near each other, around the stop `seed`.

    A stop never goes without its partner, so about twice as many leave as `mean_stops` says.

    Source: Christiaens & Vanden Berghe (2020), Transportation Science 54(2), section 5.2 (slack induction by string
    removals, with split strings).
    """
    longest = min(longest, _mean_length(s))
    strings = int(1.0 + chance(s) * (4.0 * mean_stops / (1.0 + longest) - 1.0))
    for i in range(-1, t.near.shape[1]):
        if strings == 0:
            break
        stop = seed if i < 0 else t.near[seed, i]
        v = s.request[stop // 2].vehicle
        if v < 0 or s.route[v].touched == 1:
            continue
        size = min(s.route[v].length, int(1.0 + chance(s) * min(longest, float(s.route[v].length))))
        _mark_string(s, v, stop, size)
        take_out(t, s, v)
        strings -= 1


@kernel
def _mean_length(s: State) -> float:
    stops, busy = 0, 0
    for i in range(s.counts[USED]):
        length = s.route[s.route[i].used].length
        stops += length
        busy += 1 if length > 0 else 0
    return stops / busy if busy else 1.0


@kernel
def _mark_string(s: State, v: int, stop: int, size: int) -> None:
    """Mark `size` stops in a row that includes `stop`, or a longer row with a middle that stays."""
    n = s.route[v].length
    position = 1
    while s.at[v, position].stop != stop:
        position += 1
    spared = 0
    if 1 < size < n and chance(s) < _SPLIT_SHARE:
        spared = 1
        while size + spared < n and chance(s) < _SPLIT_GROWTH:
            spared += 1
    row = size + spared
    lowest, highest = max(1, position - row + 1), min(position, n - row + 1)
    begin = lowest + draw(s, highest - lowest + 1)
    spare_from = begin + draw(s, size + 1) if spared > 0 else begin + row
    for k in range(begin, begin + row):
        if not spare_from <= k < spare_from + spared:
            s.request[s.at[v, k].stop // 2].gone = 1
