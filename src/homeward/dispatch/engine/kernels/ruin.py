"""Which requests a round takes out. Each ruin marks them and takes them out of their routes."""

from __future__ import annotations

from homeward.dispatch.engine.kernels.change import mark_gone, movable, take_out
from homeward.dispatch.engine.kernels.compiled import kernel
from homeward.dispatch.engine.kernels.state import ABSENT, MARKS, State, chance, draw
from homeward.dispatch.engine.kernels.tables import Tables

# Stops taken out in a round on average, and the longest string.
_MEAN_STOPS = 10
_LONGEST_STRING = 10
# How often a string leaves some of its middle in place, and how often that middle grows by one more.
_SPLIT_SHARE = 0.5
_SPLIT_GROWTH = 0.5


@kernel
def ruin_strings(t: Tables, s: State) -> bool:
    """Takes strings of neighbouring stops out of a few routes that come near each other.

    A stop never goes without its partner. False if a route breaks, then the caller takes the round back.

    Source: Christiaens & Vanden Berghe (2020), Transportation Science 54(2), section 5.2 (slack induction by string
    removals); for pairs, as in Curtois, Landa-Silva, Qu & Laesanklang (2018), "Large neighbourhood search with
    adaptive guided ejection search for the pickup and delivery problem with time windows", EURO Journal on
    Transportation and Logistics 7(2), only the partner follows.
    """
    seed = _seed(t, s)
    longest = min(float(_LONGEST_STRING), _mean_length(s))
    strings = 1 + draw(s, max(1, int(4.0 * _MEAN_STOPS / (1.0 + longest)) - 1))
    s.counts[MARKS] += 1
    mark = s.counts[MARKS]
    whole = True
    for at in range(-1, t.near.shape[1]):
        stop = seed if at < 0 else t.near[seed, at]
        if stop < 0 or strings == 0:
            break
        v = s.request[stop // 2].vehicle
        if v < 0 or s.route[v].mark == mark or s.position[stop] < t.vehicle[v].prefix:
            continue
        s.route[v].mark = mark
        size = 1 + draw(s, max(1, int(min(longest, float(s.route[v].length - t.vehicle[v].prefix)))))
        _mark_string(t, s, v, s.position[stop], size)
        whole &= take_out(t, s, v)
        strings -= 1
    return whole


@kernel
def _seed(t: Tables, s: State) -> int:
    """A stop to ruin around: half of the time one of an absent request, so that room is made where it is needed."""
    absent = s.counts[ABSENT]
    if absent > 0 and chance(s) < 0.5:
        r = s.request[draw(s, absent)].absent
    else:
        r = draw(s, s.request.size)
    if t.request[r].single:
        return 2 * r + 1
    return 2 * r + draw(s, 2)


@kernel
def _mean_length(s: State) -> float:
    used, stops = 0, 0
    for v in range(s.route.size - 1):
        if s.route[v].length > 0:
            used += 1
            stops += s.route[v].length
    return stops / used if used else 1.0


@kernel
def _mark_string(t: Tables, s: State, v: int, position: int, size: int) -> None:
    """Mark `size` stops in a row that include `position`, or a longer row with a middle that stays."""
    first, n = t.vehicle[v].prefix, s.route[v].length
    spared = 0
    if size > 1 and chance(s) < _SPLIT_SHARE:
        spared = 1
        while size + spared < n - first and chance(s) < _SPLIT_GROWTH:
            spared += 1
    row = min(size + spared, n - first)
    lowest = max(first, position - row + 1)
    highest = min(position, n - row)
    begin = lowest + draw(s, highest - lowest + 1)
    spared = row - min(size, row)
    spare_from = begin + (draw(s, row - spared + 1) if spared > 0 else row)
    for k in range(begin, begin + row):
        if spare_from <= k < spare_from + spared and k != position:
            continue
        r = s.at[v, k].stop // 2
        if movable(t, s, r, k, v):
            mark_gone(s, r)
