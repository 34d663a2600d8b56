"""Routes to begin with: the prefixes, or routes that were good a moment ago."""

from __future__ import annotations

from homeward.dispatch.engine.kernels.change import begin_round, mark_gone, take_out
from homeward.dispatch.engine.kernels.compiled import kernel
from homeward.dispatch.engine.kernels.route import renew, walk
from homeward.dispatch.engine.kernels.state import ABSENT, FORBIDDEN, State
from homeward.dispatch.engine.kernels.tables import Tables


@kernel
def settle(t: Tables, s: State) -> None:
    """Work out all routes whose stops were just written, and who is on none of them."""
    for r in range(s.request.size):
        s.request[r].vehicle = -1
    for v in range(s.route.size - 1):
        renew(t, s, v)
    s.counts[ABSENT] = 0
    for r in range(s.request.size):
        if s.request[r].vehicle < 0:
            s.request[s.counts[ABSENT]].absent = r
            s.counts[ABSENT] += 1


@kernel
def mend(t: Tables, s: State) -> None:
    """While a route breaks a limit, take out the request whose leaving helps most."""
    for v in range(s.route.size - 1):
        while s.route[v].broken != 0 and s.route[v].length > t.vehicle[v].prefix:
            begin_round(s)
            mark_gone(s, _worst(t, s, v))
            take_out(t, s, v)


@kernel
def _worst(t: Tables, s: State, v: int) -> int:
    """The request without which the route breaks least, then costs least."""
    trial = s.route.size - 1
    worst, least_bits, least_cost = s.at[v, s.route[v].length - 1].stop // 2, 1 << 40, FORBIDDEN
    for k in range(t.vehicle[v].prefix, s.route[v].length):
        r = s.at[v, k].stop // 2
        if s.at[v, k].stop % 2 == 0:
            continue
        _without(t, s, v, r)
        bits = s.route[trial].broken
        if bits < least_bits or (bits == least_bits and s.route[trial].cost < least_cost):
            worst, least_bits, least_cost = r, bits, s.route[trial].cost
    return worst


@kernel
def _without(t: Tables, s: State, v: int, r: int) -> None:
    """The route of `v` without `r`, as trial row."""
    trial = s.route.size - 1
    at = 0
    for k in range(s.route[v].length):
        if k < t.vehicle[v].prefix or s.at[v, k].stop // 2 != r:
            s.at[trial, at].stop = s.at[v, k].stop
            at += 1
    s.route[trial].length = at
    walk(t, s, v, trial)
