"""What a dispatcher sees, as the engine's problem: minutes become seconds from now.

A restaurant stop takes four minutes, and the moment of pickup lies in the middle of it, not before the food is
ready. In the engine's terms: four minutes of set-up, once for all that is taken together, then a service of no
length that may start two minutes after the food is ready. So a stop's `start` is the departure.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from homeward.benchmarks.mdrp.instance import Order, Point, Rules, Setting
from homeward.benchmarks.mdrp.world import CourierState
from homeward.dispatch import engine

IntArray = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Weights:
    """What the plan weighs, per second; only ratios matter.

    Parameters
    ----------
    waiting
        A second between placement and drop-off.
    over_target, near_maximum
        The same beyond the target, and in the last quarter of an hour before the stated maximum and after it.
    work
        A second of a courier's driving or service: what it takes from orders not yet placed.
    homeward
        A second of the way from the last door back to where orders come from.
    sent_on
        Sending somebody on who went to a restaurant for orders and has not picked up: their way was for nothing.
    undelivered
        An order that nobody carries; more than any waiting can cost.
    most_detour_min
        No order rides longer than the direct way and this: bundles must go one way, and a second restaurant
        hardly fits in between.
    """

    waiting: int = 100
    over_target: int = 100
    near_maximum: int = 250
    work: int = 40
    homeward: int = 20
    sent_on: int = 200_000
    undelivered: int = 100_000_000
    most_detour_min: int = 10


@dataclass(frozen=True, slots=True)
class Encoded:
    """The problem with who is who: request and vehicle indices follow `orders` and `couriers`."""

    problem: engine.Problem
    orders: tuple[Order, ...]
    couriers: tuple[CourierState, ...]


def encode(
    setting: Setting,
    now: int,
    orders: Sequence[Order],
    couriers: Sequence[CourierState],
    restaurant_at: dict[str, Point],
    back_s: Sequence[int],
    sent: Collection[str],
    weights: Weights,
) -> Encoded:
    """The moment as a problem; `back_s` is the way from each order's door to where its courier would go next."""
    rules = setting.rules
    names = sorted({order.restaurant for order in orders})
    stores = {name: place for place, name in enumerate(names)}
    first_door, first_start = len(names), len(names) + len(orders)
    market = first_start + len(couriers)
    starts = [_start(now, state, rules) for state in couriers]
    points = [restaurant_at[name] for name in names] + [o.at for o in orders] + [s.at for s in couriers]
    travel_s, work_s = _ways(points, len(names), rules)
    for number, (state, start) in enumerate(zip(couriers, starts, strict=True)):
        # They stand there ready since `start`; whoever goes elsewhere leaves now.
        row = travel_s[first_start + number]
        row += max(0, now * _MINUTE - start) if state.free_at <= now else 0
        if state.restaurant in stores:
            row[stores[state.restaurant]] = 0
        if state.courier.id in sent:
            others = [place for name, place in stores.items() if name != state.restaurant]
            work_s[first_start + number, others] += weights.sent_on // max(1, weights.work)
    work_s[first_door:first_start, market] = np.asarray(back_s) * weights.homeward // max(1, weights.work)
    requests = tuple(
        _request(
            order,
            int(travel_s[stores[order.restaurant], first_door + number]),
            number,
            now,
            stores,
            first_door,
            rules,
            weights,
        )
        for number, order in enumerate(orders)
    )
    vehicles = tuple(
        _vehicle(state, start - now * _MINUTE, first_start + number, market, now, rules, weights)
        for number, (state, start) in enumerate(zip(couriers, starts, strict=True))
    )
    problem = engine.Problem(requests, vehicles, travel_s[None], work_s[None], dimensions=("orders",))
    return Encoded(problem, tuple(orders), tuple(couriers))


def _start(now: int, state: CourierState, rules: Rules) -> int:
    """When their time at a restaurant begins to count: half a service before now at the earliest."""
    if state.arrived is not None and state.restaurant is not None:
        return max(state.arrived, now - rules.pickup_min // 2) * _MINUTE
    return max(now, state.free_at) * _MINUTE


def _ways(points: Sequence[Point], stores: int, rules: Rules) -> tuple[IntArray, IntArray]:
    size = len(points) + 1
    at = np.array(points, dtype=np.float64).reshape(-1, 2)
    apart = np.sqrt(((at[:, None, :] - at[None, :, :]) ** 2).sum(axis=2))
    minutes = np.ceil(apart / rules.metres_per_minute).astype(np.int64)
    travel_s = np.zeros((size, size), dtype=np.int64)
    travel_s[:-1, :-1] = minutes * _MINUTE
    work_s = travel_s.copy()
    work_s[:, :stores] += rules.pickup_min * _MINUTE
    np.fill_diagonal(work_s, 0)
    # No mixed routes: from one restaurant nobody goes to another.
    between = ~np.eye(stores, dtype=bool)
    travel_s[:stores, :stores][between] = engine.UNREACHABLE
    return travel_s, work_s


def _request(
    order: Order,
    direct_s: int,
    number: int,
    now: int,
    stores: dict[str, int],
    first_door: int,
    rules: Rules,
    weights: Weights,
) -> engine.Request:
    half_pickup, half_dropoff = rules.pickup_min // 2 * _MINUTE, rules.dropoff_min // 2 * _MINUTE
    target, near = rules.target_min * _MINUTE, (rules.maximum_min - 15) * _MINUTE
    return engine.Request(
        id=order.id,
        pickup=engine.Stop(
            stores[order.restaurant],
            setup_s=rules.pickup_min * _MINUTE,
            earliest=(order.ready - now) * _MINUTE + half_pickup,
        ),
        dropoff=engine.Stop(
            first_door + number,
            setup_s=half_dropoff,
            service_s=half_dropoff,
            latest=(order.placed - now) * _MINUTE,
            lateness=engine.LatenessCurve(
                ((0, weights.waiting), (target, weights.over_target), (near, weights.near_maximum))
            ),
        ),
        load=(1,),
        open_penalty=weights.undelivered,
        max_on_board_s=direct_s + half_dropoff + weights.most_detour_min * _MINUTE,
    )


def _vehicle(
    state: CourierState, start_s: int, place: int, market: int, now: int, rules: Rules, weights: Weights
) -> engine.Vehicle:
    return engine.Vehicle(
        id=state.courier.id,
        start_place=place,
        capacity=(1_000,),
        start_at=start_s,
        end_place=market,
        cost_per_m=weights.work,
        last_pickup_at=(state.courier.off - now + rules.pickup_min // 2) * _MINUTE,
    )
