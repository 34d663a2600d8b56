"""Where a request fits best into a route, and into which route."""

from __future__ import annotations

from homeward.dispatch.engine.classic.state import FORBIDDEN, USED, State, chance
from homeward.dispatch.engine.classic.tables import Tables
from homeward.dispatch.engine.kernels.compiled import kernel


@kernel
def scan(t: Tables, s: State, row: int, r: int) -> tuple[int, int, int]:
    """Least metres added by putting `r` into a row, and the positions behind which its two stops go.

    One pass forward over pickup positions; behind each, the delay that the pickup causes is carried along until it
    meets a latest start. `least[k]`, the cheapest drop-off behind `k` or later on the route as it is, ends most of
    these walks at once, so that the whole is nearly linear in the length of the route.
    """
    at = s.at[row]
    n = s.route[row].length
    pickup, dropoff = 2 * r, 2 * r + 1
    opens, closes, room = t.stop[pickup].opens, t.stop[pickup].closes, t.capacity - t.stop[pickup].load
    to_pickup, from_pickup = t.into[pickup], t.out[pickup]
    first = _cheapest_dropoffs(t, s, row, dropoff)
    best, best_i, best_j = FORBIDDEN, -1, -1
    for i in range(n + 1):
        here = at[i]
        if here.start > closes:
            break
        after = at[i + 1]
        if here.load > room or after.latest < opens:
            continue
        arrival = here.start + to_pickup[here.stop].seconds
        if arrival > closes:
            continue
        start = max(arrival, opens)
        there = to_pickup[here.stop].metres - here.metres
        direct = _directly(t, pickup, dropoff, start, after.stop, after.latest)
        if direct < FORBIDDEN and there + direct < best:
            best, best_i, best_j = there + direct, i, i
        there += from_pickup[after.stop].metres
        if i == n:
            break
        arrival = start + from_pickup[after.stop].seconds
        below = min(best - there, FORBIDDEN)
        added, j = _walk(t, s, row, dropoff, first, i + 1, arrival, room, below)
        if j >= 0:
            best, best_i, best_j = there + added, i, j
    return best, best_i, best_j


@kernel
def _cheapest_dropoffs(t: Tables, s: State, row: int, dropoff: int) -> int:
    """Fill `least`; the first position that has an entry: before it, it stays the same."""
    at, least = s.at[row], s.least
    opens, closes = t.stop[dropoff].opens, t.stop[dropoff].closes
    to_dropoff, from_dropoff = t.into[dropoff], t.out[dropoff]
    lowest = FORBIDDEN
    n = s.route[row].length
    least[n + 1] = lowest
    for k in range(n, -1, -1):
        after = at[k + 1]
        # Latest starts rise along a route: nothing before this place leaves room for the window either.
        if after.latest < opens:
            return k + 1
        here = at[k]
        arrival = here.start + to_dropoff[here.stop].seconds
        if arrival <= closes and max(arrival, opens) + from_dropoff[after.stop].seconds <= after.latest:
            lowest = min(lowest, to_dropoff[here.stop].metres + from_dropoff[after.stop].metres - here.metres)
        least[k] = lowest
    return 0


@kernel
def _directly(t: Tables, pickup: int, dropoff: int, start: int, after: int, latest: int) -> int:
    """Metres from the pickup by way of its own drop-off to the stop after, if that can be in time."""
    way, on = t.out[pickup, dropoff], t.out[dropoff, after]
    arrival = start + way.seconds
    if arrival > t.stop[dropoff].closes or max(arrival, t.stop[dropoff].opens) + on.seconds > latest:
        return FORBIDDEN
    added: int = way.metres + on.metres
    return added


@kernel
def _walk(
    t: Tables, s: State, row: int, dropoff: int, first: int, k: int, arrival: int, room: int, below: int
) -> tuple[int, int]:
    """Best drop-off behind position `k` or later when the vehicle reaches `k` at `arrival`: added metres, position.

    Only what adds less than `below` is worth finding; position -1 if nothing does. `least` is known from `first` on.
    """
    at, least = s.at[row], s.least
    n = s.route[row].length
    opens, closes = t.stop[dropoff].opens, t.stop[dropoff].closes
    to_dropoff, from_dropoff = t.into[dropoff], t.out[dropoff]
    best, best_k = below, -1
    while k <= n and least[max(k, first)] < best:
        here = at[k]
        if arrival > here.latest or here.load > room:
            break
        # A stop that the vehicle waited for anyhow is no later than it was.
        start = max(arrival, here.start)
        after = at[k + 1]
        there = start + to_dropoff[here.stop].seconds
        if there <= closes:
            if max(there, opens) + from_dropoff[after.stop].seconds <= after.latest:
                added = to_dropoff[here.stop].metres + from_dropoff[after.stop].metres - here.metres
                if added < best:
                    best, best_k = added, k
        elif start > closes:
            break
        arrival = start + here.seconds
        k += 1
    return best, best_k


@kernel
def cheapest(t: Tables, s: State, r: int, blink: float) -> tuple[int, int]:
    """The used vehicle that takes `r` for the fewest added metres, and these; `(-1, FORBIDDEN)` if none can.

    Each vehicle is overlooked with the chance `blink`.
    """
    best, best_v = FORBIDDEN, -1
    for i in range(s.counts[USED]):
        v = s.route[i].used
        if blink > 0.0 and chance(s) < blink:
            continue
        route = s.route[v]
        known = s.learned[r, v, route.side ^ route.touched]
        if known.known != route.version:
            known.added, known.pickup_after, known.dropoff_after = scan(t, s, v, r)
            known.known = route.version
        if known.added < best:
            best, best_v = known.added, v
    return best_v, best
