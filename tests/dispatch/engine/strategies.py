"""Random small worlds in which every rule of the engine can bite."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from homeward.dispatch.engine import (
    UNREACHABLE,
    LatenessCurve,
    PayModel,
    Problem,
    Request,
    Stop,
    StopKey,
    StopKind,
    Vehicle,
)

PLACES = 7
SKILLS = st.frozensets(st.sampled_from(["age-check", "cold-chain"]), max_size=1)
ABLE = st.frozensets(st.sampled_from(["age-check", "cold-chain"]), min_size=1)


def maybe(strategy: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.none() | strategy


CURVES = st.builds(
    lambda first, rest, more: LatenessCurve(((0, first), (rest, more))),
    st.integers(0, 9),
    st.integers(1, 300),
    st.integers(0, 30),
)
STOPS = st.builds(
    Stop,
    place=st.integers(0, PLACES - 1),
    service_s=st.integers(0, 60),
    setup_s=st.integers(0, 60),
    earliest=maybe(st.integers(0, 900)),
    latest=maybe(st.integers(0, 900)),
    hard_latest=maybe(st.integers(200, 2_000)),
    lateness=CURVES,
)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Up to 3 vehicles and 7 requests: free, bound, on board and promised; 7 places, 2 profiles."""
    vehicles = draw(st.lists(_vehicles(), min_size=1, max_size=3))
    count = len(vehicles)
    requests = [draw(_requests(count)) for _ in range(draw(st.integers(0, 7)))]
    seed = draw(st.integers(0, 1_000))
    holes = draw(st.booleans())
    vehicles = _with_prefixes(draw, vehicles, requests)
    # Where a road is missing, what is stacked below cannot come off either: a plan could not keep its word.
    plain = not any(vehicle.prefix or vehicle.lifo for vehicle in vehicles)
    periods = tuple(sorted(draw(st.frozensets(st.integers(0, 900), max_size=2))))
    travel_s, distance_m = _matrices(seed, holes and plain, len(periods) + 1)
    return Problem(
        tuple(requests),
        tuple(vehicles),
        travel_s if periods else travel_s[0],
        distance_m,
        dimensions=("weight_g", "items"),
        periods=periods,
        overrun_per_s=7,
    )


def _matrices(seed: int, holes: bool, periods: int) -> tuple[np.ndarray, np.ndarray]:
    # Not a metric on purpose: detours may be shorter than the direct way, and one-way streets differ.
    rng = np.random.default_rng(seed)
    travel_s = rng.integers(0, 240, size=(periods, 2, PLACES, PLACES))
    distance_m = rng.integers(0, 2_000, size=(2, PLACES, PLACES))
    if holes:
        travel_s[rng.random(travel_s.shape) < 0.15] = UNREACHABLE
    for matrix in (travel_s, distance_m):
        matrix[..., np.arange(PLACES), np.arange(PLACES)] = 0
    return travel_s, distance_m


def _vehicles() -> st.SearchStrategy[Vehicle]:
    return st.builds(
        Vehicle,
        id=st.just("c"),
        start_place=st.integers(0, PLACES - 1),
        capacity=st.tuples(st.integers(0, 12), st.integers(1, 5)),
        start_at=st.integers(-60, 300),
        parked=st.booleans(),
        end_place=maybe(st.integers(0, PLACES - 1)),
        shift_end=maybe(st.integers(300, 1_500)),
        overtime=CURVES,
        hard_shift_end=maybe(st.integers(600, 3_000)),
        skills=ABLE,
        refuses=st.frozensets(st.just("alcohol")),
        profile=st.integers(0, 1),
        cost_fixed=st.integers(0, 500),
        cost_per_s=st.integers(0, 3),
        cost_per_m=st.integers(0, 3),
        max_parcels_on_board=maybe(st.integers(1, 4)),
        max_stops=maybe(st.integers(2, 9)),
        parking_s=st.integers(0, 30),
        last_pickup_at=maybe(st.integers(100, 1_500)),
        lifo=st.integers(0, 3).map(lambda drawn: drawn == 0),
        pay=st.none() | st.builds(PayModel, st.integers(0, 300), st.integers(0, 600)),
    )


@st.composite
def _requests(draw: st.DrawFn, vehicles: int) -> Request:
    on_board = draw(st.integers(0, 4)) == 0
    index = st.integers(0, vehicles - 1)
    bound = draw(index) if on_board or draw(st.integers(0, 5)) == 0 else None
    longest = draw(maybe(st.integers(60, 900)))
    return Request(
        id=f"d{draw(st.integers(0, 10**9))}",
        dropoff=draw(STOPS),
        pickup=None if on_board else draw(STOPS),
        load=(draw(st.integers(0, 6)), 1),
        ready_at=draw(maybe(st.integers(0, 600))),
        bound_to=bound,
        required_skills=draw(SKILLS),
        traits=draw(st.frozensets(st.just("alcohol"))),
        excluded_vehicles=draw(st.frozensets(index, max_size=1)),
        priority=draw(st.integers(1, 3)),
        open_penalty=draw(st.sampled_from([500, 5_000, 1_000_000])),
        max_on_board_s=longest,
        picked_up_at=draw(st.integers(-300, 0)) if on_board and longest is not None else None,
        vehicle_costs=draw(st.dictionaries(index, st.integers(-200, 200), max_size=2)),
    )


def _with_prefixes(draw: Callable, vehicles: list[Vehicle], requests: list[Request]) -> list[Vehicle]:  # type: ignore[type-arg]
    """Promise some stops: a parcel on board comes off, or a pickup, now and then with its drop-off."""
    prefixes: dict[int, list[StopKey]] = {v: [] for v in range(len(vehicles))}
    for r, request in enumerate(requests):
        if draw(st.integers(0, 4)):
            continue
        v = draw(st.integers(0, len(vehicles) - 1)) if request.bound_to is None else request.bound_to
        if vehicles[v].lifo:
            continue  # a promise to hand over what lies under another parcel would be none
        if not request.on_board:
            prefixes[v].append(StopKey(r, StopKind.PICKUP))
        if request.on_board or draw(st.booleans()):
            prefixes[v].append(StopKey(r, StopKind.DROPOFF))
    return [_with_prefix(vehicle, tuple(prefixes[v])) for v, vehicle in enumerate(vehicles)]


def _with_prefix(vehicle: Vehicle, prefix: tuple[StopKey, ...]) -> Vehicle:
    from dataclasses import replace

    return replace(vehicle, prefix=prefix)
