"""A day at the factories, event by event, with a decision every ten minutes.

Rules of the ICAPS 2021 competition, as far as they decide anything: a truck that arrives joins the queue at the
factory's docks, first come first served; with the dock it spends half an hour of docking and a minute for each
quarter of a pallet, out and in. From its arrival on, what it does there stands fixed, and so does the factory it
heads for next. Cargo counts as delivered when its truck arrives. Source: the competition's public readme and
description (MIT, Huawei Technologies); written anew from the rules.
"""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from homeward.benchmarks.dpdp.model import (
    DECIDE_EVERY_S,
    DOCKING_S,
    HANDLING_S_PER_QUARTER,
    Decision,
    Instance,
    Item,
    Order,
    Policy,
    Result,
    Route,
    Truck,
    TruckView,
    View,
    Visit,
)

# A policy that has not moved the cargo of one day within so many never will.
DAYS_AT_MOST: Final = 21


@dataclass(slots=True)
class _Running:
    """One truck as it is. `arrives_at` is when it reaches the first visit of `ahead`, which then starts."""

    truck: Truck
    place: int
    free_at: int = 0
    arrives_at: int | None = None
    ahead: deque[Visit] = field(default_factory=deque)
    stack: list[int] = field(default_factory=list)


class Day:
    """The state of one instance between two decisions."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._running = [_Running(truck, truck.start) for truck in instance.trucks]
        self._arrivals: list[tuple[int, int]] = []
        self._docks: dict[int, list[int]] = {}
        self._created: dict[int, Order] = {}
        self._to_come = deque(sorted(enumerate(instance.orders), key=lambda numbered: numbered[1].created_at))
        self._waiting: set[int] = set()
        self._still_to_arrive = [len(order.items) for order in instance.orders]
        self._arrived_at = [0] * len(instance.orders)
        self._metres = 0
        self._visits = 0

    def advance(self, until: int) -> None:
        """Let everything happen up to and including `until`."""
        while self._arrivals and self._arrivals[0][0] <= until:
            at, number = heapq.heappop(self._arrivals)
            self._arrive(self._running[number], at)
            self._head_on(number, at)
        while self._to_come and self._to_come[0][1].created_at <= until:
            number, order = self._to_come.popleft()
            self._created[number] = order
            self._waiting.update(item.id for item in order.items)

    def obey(self, now: int, routes: tuple[Route, ...]) -> None:
        """Give every truck its new route."""
        for number, (running, route) in enumerate(zip(self._running, routes, strict=True)):
            fixed = running.ahead[0].factory if running.ahead else None
            assert fixed is None or (route and route[0].factory == fixed), f"{running.truck.name} must not turn round"
            running.ahead = deque(route)
            if fixed is None:
                self._head_on(number, now)

    def view(self, now: int) -> View:
        return View(
            now=now,
            orders=dict(self._created),
            waiting=frozenset(self._waiting),
            trucks=tuple(self._view_of(running, now) for running in self._running),
            docks_free_at={factory: tuple(sorted(docks)) for factory, docks in self._docks.items()},
        )

    @property
    def all_loaded(self) -> bool:
        return not self._to_come and not self._waiting

    def run_out(self) -> None:
        """Let the trucks finish what they were told last."""
        while self._arrivals:
            self.advance(self._arrivals[0][0])

    def result(self) -> Result | None:
        """What the day came to, or None while an order has not wholly arrived."""
        if any(self._still_to_arrive):
            return None
        arrivals = zip(self._arrived_at, self._instance.orders, strict=True)
        late = [max(0, at - order.promised_by) for at, order in arrivals]
        return Result(
            metres=self._metres,
            late_s=sum(late),
            late_orders=sum(seconds > 0 for seconds in late),
            trucks=len(self._running),
            visits=self._visits,
            ends_at=max(running.free_at for running in self._running),
        )

    def _head_on(self, number: int, now: int) -> None:
        running = self._running[number]
        running.arrives_at = None
        if running.ahead:
            leaves_at = max(running.free_at, now)
            travel_s = int(self._instance.roads.travel_s[running.place, running.ahead[0].factory])
            running.arrives_at = leaves_at + travel_s
            heapq.heappush(self._arrivals, (running.arrives_at, number))

    def _arrive(self, running: _Running, at: int) -> None:
        visit = running.ahead.popleft()
        self._metres += int(self._instance.roads.metres[running.place, visit.factory])
        self._visits += 1
        docks = self._docks.setdefault(visit.factory, [0] * self._instance.roads.docks[visit.factory])
        starts_at = max(at, docks[0])
        quarters = sum(self._instance.items[item].quarters for item in (*visit.unload, *visit.load))
        running.place, running.free_at = visit.factory, starts_at + DOCKING_S + HANDLING_S_PER_QUARTER * quarters
        heapq.heapreplace(docks, running.free_at)
        for number in visit.unload:
            assert running.stack.pop() == number, f"{running.truck.name} unloads what is not on top"
            self._deliver(self._instance.items[number], at)
        assert self._waiting.issuperset(visit.load), f"{running.truck.name} loads what is not there"
        running.stack.extend(visit.load)
        self._waiting.difference_update(visit.load)

    def _deliver(self, item: Item, at: int) -> None:
        self._arrived_at[item.order] = at
        self._still_to_arrive[item.order] -= 1
        if not self._still_to_arrive[item.order]:
            del self._created[item.order]

    @staticmethod
    def _view_of(running: _Running, now: int) -> TruckView:
        heading_to = running.ahead[0].factory if running.ahead else None
        under_way = running.arrives_at is not None and running.free_at <= now
        if running.arrives_at is not None and heading_to is not None and under_way:
            place, free_at = heading_to, running.arrives_at
        else:
            place, free_at = running.place, max(now, running.free_at)
        return TruckView(place, free_at, heading_to, under_way, tuple(running.stack), tuple(running.ahead))


def simulate(
    instance: Instance, policy: Policy, on_decision: Callable[[int], None] = lambda _: None
) -> tuple[Result | None, tuple[Decision, ...]]:
    """One day under a policy: what it came to (None: cargo stayed behind) and every instruction that was given.

    `on_decision` hears the moment of each decision, after it.
    """
    day = Day(instance)
    log: list[Decision] = []
    now = 0
    while not day.all_loaded and now < DAYS_AT_MOST * 86_400:
        now += DECIDE_EVERY_S
        day.advance(now)
        decision = Decision(now, tuple(policy.decide(day.view(now))))
        day.obey(now, decision.routes)
        log.append(decision)
        on_decision(now)
    day.run_out()
    return day.result(), tuple(log)
