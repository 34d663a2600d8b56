"""The live policy at work on the benchmark: view → problem → plan → what is told now.

Operating environment: updates yes, prepositioning yes, no mixed routes. Narrow: neither of the first two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.benchmarks.mdrp.encode import Encoded, Weights, encode
from homeward.benchmarks.mdrp.instance import Order, Rules, Setting
from homeward.benchmarks.mdrp.memory import Memory
from homeward.benchmarks.mdrp.world import Answer, CourierState, Go, Instruction, Take, View
from homeward.dispatch import engine
from homeward.dispatch.commitment import CommitmentSettings, Trip, commit
from homeward.dispatch.positioning import PositionSettings, where_to_wait

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """How the benchmark's dispatcher decides.

    Parameters
    ----------
    iterations
        Rounds of improvement of each plan.
    horizon_min
        Couriers who will be free within it, and whose shift begins within it, are planned with.
    nearest
        For each restaurant with orders, the couriers who could be there first are planned with: so many and
        one more for each order.
    refresh_min
        A plan is made anew for new orders, and at the latest after so many minutes.
    memory_min, spread
        How fast the memory of demand fades, and the share of demand expected anywhere.
    rest_min
        A courier who was sent to wait somewhere stays so long.
    updates, prepositioning
        The operating environment: what is taken may change until it is picked up; idle couriers may be moved.
    """

    weights: Weights = field(default_factory=Weights)
    commitment: CommitmentSettings = field(default_factory=lambda: CommitmentSettings(lead_s=60, most_per_trip=6))
    position: PositionSettings = field(default_factory=PositionSettings)
    iterations: int = 400
    horizon_min: int = 40
    nearest: int = 8
    refresh_min: int = 10
    memory_min: int = 90
    spread: float = 0.3
    rest_min: int = 5
    seed: int = 0
    updates: bool = True
    prepositioning: bool = True


NARROW: Final = Settings(updates=False, prepositioning=False)


@dataclass(frozen=True, slots=True)
class _Current:
    """The plan in force; it stays right until something new is known, for everything in it is certain."""

    encoded: Encoded
    plan: engine.Plan
    made_at: int

    def warm_start(self, fresh: Encoded) -> tuple[tuple[engine.StopKey, ...], ...]:
        """Its orders of stops in the terms of a fresh problem."""
        requests = {order.id: number for number, order in enumerate(fresh.orders)}
        keys = {s.courier.id: k for s, k in zip(self.encoded.couriers, self.plan.keys(), strict=True)}
        names = [order.id for order in self.encoded.orders]
        return tuple(
            tuple(
                engine.StopKey(requests[names[key.request]], key.kind)
                for key in keys.get(state.courier.id, ())
                if names[key.request] in requests
            )
            for state in fresh.couriers
        )


@dataclass(frozen=True, slots=True)
class _Errand:
    """The narrow environment: told for good."""

    take: tuple[str, ...]
    restaurant: str
    pickup_at: int
    after: CourierState


class PolicyDispatcher:
    """Remembers the plan in force and what demand was like."""

    def __init__(self, setting: Setting, settings: Settings) -> None:
        self._setting, self._settings = setting, settings
        self._memory = Memory(setting, settings.memory_min, settings.spread)
        self._restaurant_at = {restaurant.id: restaurant.at for restaurant in setting.restaurants}
        self._stores = np.array([restaurant.at for restaurant in setting.restaurants]).reshape(-1, 2)
        self._between_s = _ways_s(self._stores, self._stores, setting.rules)
        self._current: _Current | None = None
        self._moved_at: dict[str, int] = {}
        self._errands: dict[str, _Errand] = {}
        # Couriers who were sent somewhere for orders and have not picked up yet.
        self._sent: set[str] = set()

    def decide(self, view: View) -> Answer:
        news = self._memory.learn(view.now, view.waiting)
        # Before errands are finished: whoever picks up in this minute is already on the way, for the rest of it.
        view = self._without_errands(view)
        done = self._finish_errands(view.now)
        if self._stale(view, news):
            self._current = self._plan(view)
        told, wake = self._execute(view)
        moves = self._reposition(view) if self._settings.prepositioning else ()
        wake += [errand.pickup_at for errand in self._errands.values()]
        return Answer((*done, *told, *moves), min(wake, default=None))

    # ── the plan ──

    def _stale(self, view: View, news: bool) -> bool:
        if not view.waiting:
            self._current = None
            return False
        return news or self._current is None or view.now - self._current.made_at >= self._settings.refresh_min

    def _plan(self, view: View) -> _Current | None:
        couriers = self._who_counts(view)
        if not couriers:
            return None
        settings = self._settings
        back_s = _ways_s(np.array([order.at for order in view.waiting]), self._stores, self._setting.rules).min(axis=1)
        fresh = encode(
            self._setting,
            view.now,
            view.waiting,
            couriers,
            self._restaurant_at,
            back_s.tolist(),
            self._sent,
            settings.weights,
        )
        warm = self._current.warm_start(fresh) if self._current is not None else None
        plan = engine.plan(fresh.problem, seed=settings.seed, iterations=settings.iterations, warm_start=warm)
        return _Current(fresh, plan, view.now)

    def _who_counts(self, view: View) -> list[CourierState]:
        """Of all couriers free soon, those who could be first at one of the restaurants with orders."""
        until = view.now + self._settings.horizon_min
        soon = [s for s in view.couriers if s.free_at <= min(until, s.courier.off)]
        if not soon:
            return []
        names = sorted({order.restaurant for order in view.waiting})
        places = np.array([self._restaurant_at[name] for name in names])
        free_s = np.array([max(view.now, s.free_at) * _MINUTE for s in soon])
        arrival = free_s[:, None] + _ways_s(np.array([s.at for s in soon]), places, self._setting.rules)
        chosen: set[int] = set()
        for column, name in enumerate(names):
            count = self._settings.nearest + sum(order.restaurant == name for order in view.waiting)
            chosen.update(np.argsort(arrival[:, column], kind="stable")[:count].tolist())
        return [soon[number] for number in sorted(chosen)]

    # ── what is told ──

    def _execute(self, view: View) -> tuple[list[Instruction], list[int]]:
        """Trips of the plan in force that are due, and when to look again."""
        current = self._current
        if current is None:
            return [], []
        states = {state.courier.id: state for state in view.couriers}
        waiting = {order.id for order in view.waiting}
        free = [number for number, order in enumerate(current.encoded.orders) if order.id in waiting]
        # Time 0 of the plan is when it was made; what is due by now is told.
        passed_s = (view.now - current.made_at) * _MINUTE
        rules = self._settings.commitment
        due = replace(rules, lead_s=rules.lead_s + passed_s)
        answer = commit(current.encoded.problem, current.plan, free=free, settings=due)
        told: list[Instruction] = []
        wake = [] if answer.look_again_s is None else [view.now + _minutes(answer.look_again_s)]
        for trip in answer.trips:
            state = states.get(current.encoded.couriers[trip.vehicle].courier.id)
            if state is None:
                continue
            bundle = _bundle(current, trip)
            said = self._tell(view.now, state, bundle)
            if isinstance(said, int):
                wake.append(max(view.now + 1, said))
            else:
                told.append(said)
        return told, wake

    def _tell(self, now: int, state: CourierState, bundle: "_Bundle") -> Instruction | int:
        """The instruction that is due, or the minute when one will be."""
        if state.free_at > now:
            return state.free_at
        name = state.courier.id
        if state.restaurant != bundle.restaurant or state.arrived is None:
            if not self._settings.updates:
                self._errands[name] = self._errand(now, state, bundle)
            self._sent.add(name)
            return Go(now, name, bundle.restaurant, tuple(order.id for order in bundle.orders))
        pickup_at = self._pickup_at(state.arrived, bundle.orders)
        if pickup_at > now:
            return pickup_at
        if now > state.courier.off:
            return now + self._settings.refresh_min
        self._sent.discard(name)
        return Take(now, name, tuple(order.id for order in bundle.orders))

    def _pickup_at(self, arrived: int, orders: Sequence[Order]) -> int:
        return max(arrived + self._setting.rules.pickup_min // 2, *(order.ready for order in orders))

    # ── the narrow environment: once sent, nothing changes ──

    def _errand(self, now: int, state: CourierState, bundle: "_Bundle") -> _Errand:
        rules, place = self._setting.rules, self._restaurant_at[bundle.restaurant]
        pickup_at = self._pickup_at(now + rules.travel_min(state.at, place), bundle.orders)
        clock = pickup_at + rules.pickup_min // 2
        for order in bundle.orders:
            clock += rules.travel_min(place, order.at) + rules.dropoff_min
            place = order.at
        take = tuple(order.id for order in bundle.orders)
        return _Errand(take, bundle.restaurant, pickup_at, CourierState(state.courier, place, clock))

    def _finish_errands(self, now: int) -> list[Instruction]:
        due = [name for name, errand in self._errands.items() if errand.pickup_at == now]
        return [Take(now, name, self._errands.pop(name).take) for name in due]

    def _without_errands(self, view: View) -> View:
        if self._settings.updates:
            return view
        meant = {order for errand in self._errands.values() for order in errand.take}
        states = tuple(self._errands[s.courier.id].after if s.courier.id in self._errands else s for s in view.couriers)
        return View(view.now, tuple(order for order in view.waiting if order.id not in meant), states)

    # ── idle couriers ──

    def _reposition(self, view: View) -> tuple[Go, ...]:
        """Couriers without a trip in the plan wait where the next orders are likely to need them."""
        position = self._settings.position
        until = view.now + position.look_ahead_s // _MINUTE
        planned = self._planned(view)
        supply = [
            s for s in view.couriers if s.courier.id not in planned and s.free_at <= until and s.courier.off >= until
        ]
        movers = [number for number, state in enumerate(supply) if self._may_move(state, view.now)]
        if not movers or not self._memory.notice_s:
            return ()
        busy_s = np.array([max(0, s.free_at - view.now) * _MINUTE for s in supply])
        ways_s = _ways_s(np.array([s.at for s in supply]), self._stores, self._setting.rules)
        expected = self._memory.expected(position.look_ahead_s)
        moves = where_to_wait(ways_s, busy_s, self._between_s, expected, self._memory.notice_s, movers, position)
        told = []
        for move in moves:
            state, restaurant = supply[move.courier], self._setting.restaurants[move.store].id
            self._moved_at[state.courier.id] = view.now
            self._sent.discard(state.courier.id)
            told.append(Go(view.now, state.courier.id, restaurant))
        return tuple(told)

    def _may_move(self, state: CourierState, now: int) -> bool:
        moved_at = self._moved_at.get(state.courier.id)
        return state.free_at <= now and (moved_at is None or now - moved_at >= self._settings.rest_min)

    def _planned(self, view: View) -> set[str]:
        """Couriers who are to fetch something that still waits."""
        if self._current is None:
            return set()
        encoded, waiting = self._current.encoded, {order.id for order in view.waiting}
        left = {number for number, order in enumerate(encoded.orders) if order.id in waiting}
        routes = zip(encoded.couriers, self._current.plan.routes, strict=True)
        return {state.courier.id for state, route in routes if any(stop.key.request in left for stop in route.stops)}


@dataclass(frozen=True, slots=True)
class _Bundle:
    """What is picked up together at one restaurant, in the order in which it is delivered."""

    restaurant: str
    orders: tuple[Order, ...]


def _bundle(current: _Current, trip: Trip) -> _Bundle:
    """The first restaurant's part of a trip: a trip over two restaurants is told one restaurant at a time."""
    orders = current.encoded.orders
    restaurant = orders[trip.requests[0]].restaurant
    together = set()
    for request in trip.requests:
        if orders[request].restaurant != restaurant:
            break
        together.add(request)
    stops = current.plan.routes[trip.vehicle].stops
    sequence = [s.key.request for s in stops if s.key.kind is engine.StopKind.DROPOFF and s.key.request in together]
    return _Bundle(restaurant, tuple(orders[request] for request in sequence))


def _ways_s(
    origins: npt.NDArray[np.float64], destinations: npt.NDArray[np.float64], rules: Rules
) -> npt.NDArray[np.int64]:
    """Travel seconds between all origins and all destinations, shape (origins, destinations)."""
    apart = np.sqrt(((origins[:, None, :] - destinations[None, :, :]) ** 2).sum(axis=2))
    return np.asarray(np.ceil(apart / rules.metres_per_minute).astype(np.int64) * _MINUTE)


def _minutes(seconds: int) -> int:
    """Whole minutes, rounded up, at least one."""
    return max(1, -(-seconds // _MINUTE))
