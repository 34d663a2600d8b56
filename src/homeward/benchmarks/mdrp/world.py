"""The day as it happens: reveals an order when it is placed, obeys instructions, logs them with their time.

Whoever dispatches sees a `View` and nothing else; the list of orders to come stays in here.
"""

import heapq
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from homeward.benchmarks.mdrp.instance import Courier, Instance, Order, Point


@dataclass(frozen=True, slots=True)
class Go:
    """Leave for a restaurant now. `orders` are meant to be taken there; none: wait there for what may come."""

    at: int
    courier: str
    restaurant: str
    orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Take:
    """Pick these up now, at the restaurant where the courier stands, and deliver them in this sequence."""

    at: int
    courier: str
    orders: tuple[str, ...]


Instruction = Go | Take


@dataclass(frozen=True, slots=True)
class CourierState:
    """Where a courier can be told something next, and when.

    `restaurant` is where they stand or are going to, `arrived` when they came or will come there.
    """

    courier: Courier
    at: Point
    free_at: int
    restaurant: str | None = None
    arrived: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """All that is known now: orders placed and not picked up, and every courier whose shift has not ended."""

    now: int
    waiting: tuple[Order, ...]
    couriers: tuple[CourierState, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Instructions for this minute, and when to be asked again if nothing happens until then."""

    instructions: tuple[Instruction, ...] = ()
    wake_at: int | None = None


class Dispatcher(Protocol):
    """Who tells couriers what to do. Made from a `Setting`; told the rest by views."""

    def decide(self, view: View) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Day:
    """What was told, and how long each decision took, in seconds of processor time of the deciding thread."""

    log: tuple[Instruction, ...]
    decision_s: tuple[float, ...]


class IllegalInstruction(AssertionError):
    """A dispatcher told a courier what cannot be done: a bug of the dispatcher."""


def run_day(instance: Instance, dispatcher: Dispatcher) -> Day:
    """Simulate from the first event to the last; ask the dispatcher in every minute in which something happened."""
    world = _World(instance)
    log: list[Instruction] = []
    took: list[float] = []
    while (now := world.next_event()) is not None:
        view = world.view(now)
        began = time.thread_time()
        answer = dispatcher.decide(view)
        took.append(time.thread_time() - began)
        for instruction in answer.instructions:
            world.obey(now, instruction)
        log.extend(answer.instructions)
        if answer.wake_at is not None and answer.wake_at <= now:
            raise IllegalInstruction(f"asked at {now} to be woken at {answer.wake_at}")
        world.wake_at(answer.wake_at)
    return Day(tuple(log), tuple(took))


class _World:
    def __init__(self, instance: Instance) -> None:
        self._rules = instance.setting.rules
        self._restaurants = {restaurant.id: restaurant.at for restaurant in instance.setting.restaurants}
        self._to_come: list[Order] = sorted(instance.orders, key=lambda o: (o.placed, o.id), reverse=True)
        self._waiting: dict[str, Order] = {}
        self._states = {c.id: CourierState(c, c.at, c.on) for c in instance.setting.couriers}
        self._events: list[int] = [courier.on for courier in instance.setting.couriers]
        heapq.heapify(self._events)

    def next_event(self) -> int | None:
        """The next minute in which anything happens; None when the day is over."""
        soonest = self._events[:1] + [order.placed for order in self._to_come[-1:]]
        return min(soonest, default=None)

    def wake_at(self, moment: int | None) -> None:
        # After the last shift nothing can be done about what still waits; the day must end.
        if moment is not None and moment <= max((s.courier.off for s in self._states.values()), default=moment):
            heapq.heappush(self._events, moment)

    def view(self, now: int) -> View:
        while self._events and self._events[0] <= now:
            heapq.heappop(self._events)
        while self._to_come and self._to_come[-1].placed <= now:
            order = self._to_come.pop()
            self._waiting[order.id] = order
        couriers = tuple(state for state in self._states.values() if now <= state.courier.off)
        return View(now, tuple(self._waiting.values()), couriers)

    def obey(self, now: int, instruction: Instruction) -> None:
        if instruction.at != now:
            raise IllegalInstruction(f"{instruction} given at {now}")
        state = self._states[instruction.courier]
        if now < state.free_at:
            raise IllegalInstruction(f"{instruction}, but the courier is busy until {state.free_at}")
        if isinstance(instruction, Go):
            self._go(state, instruction)
        else:
            self._take(state, instruction)

    def _go(self, state: CourierState, go: Go) -> None:
        place = self._restaurants[go.restaurant]
        if any(order not in self._waiting for order in go.orders):
            raise IllegalInstruction(f"{go}: not all of its orders wait")
        arrived = go.at + self._rules.travel_min(state.at, place)
        self._settle(replace(state, at=place, free_at=arrived, restaurant=go.restaurant, arrived=arrived))

    def _take(self, state: CourierState, take: Take) -> None:
        orders = self._taken(take.orders)
        half_pickup, half_dropoff = self._rules.pickup_min // 2, self._rules.dropoff_min // 2
        if state.arrived is None or {order.restaurant for order in orders} != {state.restaurant}:
            raise IllegalInstruction(f"{take}, but the courier does not stand there")
        if take.at < max(state.arrived + half_pickup, *(order.ready for order in orders)):
            raise IllegalInstruction(f"{take} is too early")
        if take.at > state.courier.off:
            raise IllegalInstruction(f"{take} is after the shift")
        place, clock = state.at, take.at + half_pickup
        for order in orders:
            clock += self._rules.travel_min(place, order.at) + 2 * half_dropoff
            place = order.at
        self._settle(CourierState(state.courier, place, clock))

    def _taken(self, ids: Iterable[str]) -> Sequence[Order]:
        orders = [self._waiting.pop(one, None) for one in ids]
        found = [order for order in orders if order is not None]
        if not found or len(found) != len(orders):
            raise IllegalInstruction(f"{ids}: not all of them wait to be picked up")
        return found

    def _settle(self, state: CourierState) -> None:
        self._states[state.courier.id] = state
        heapq.heappush(self._events, state.free_at)
