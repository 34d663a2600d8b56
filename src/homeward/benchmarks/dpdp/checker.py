"""Recomputes a day from its instruction log and names every rule that it breaks.

Shares nothing with the simulator but the instance: it walks minute marks and lists instead of events and heaps, and
believes no time, no stack and no dock that the simulator worked out.
"""

from dataclasses import dataclass, field

from homeward.benchmarks.dpdp.model import (
    DECIDE_EVERY_S,
    DOCKING_S,
    HANDLING_S_PER_QUARTER,
    Decision,
    Instance,
    Order,
    Route,
    Visit,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the log amounts to. `broken` is empty for a day that kept every rule."""

    broken: tuple[str, ...]
    metres: int
    late_s: int

    @property
    def feasible(self) -> bool:
        return not self.broken


@dataclass(slots=True)
class _Truck:
    """`left` is when it left or will leave `at`; `todo` is what it was told and has not reached."""

    name: str
    room: int
    at: int
    left: int = 0
    reaches: int | None = None
    todo: list[Visit] = field(default_factory=list)
    cargo: list[int] = field(default_factory=list)


class _Books:
    """The day as the checker knows it."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.trucks = [_Truck(truck.name, truck.quarters, truck.start) for truck in instance.trucks]
        # For each factory (start, end) of every visit at a dock so far.
        self.at_docks: dict[int, list[tuple[int, int]]] = {}
        self.loaded: dict[int, tuple[int, int]] = {}
        self.arrived: dict[int, int] = {}
        self.metres = 0
        self.visits = 0
        self.broken: list[str] = []

    def order_of(self, item: int) -> Order:
        return self.instance.orders[self.instance.items[item].order]


def check(instance: Instance, log: tuple[Decision, ...]) -> Verdict:
    """Replay the instructions by the rules; all that is wrong is told, first things first."""
    books = _Books(instance)
    before = 0
    for decision in log:
        if decision.at <= before or decision.at % DECIDE_EVERY_S:
            books.broken.append(f"decided at {decision.at}, which is not the next round ten minutes")
        before = decision.at
        _play(books, decision.at)
        if len(decision.routes) != len(books.trucks):
            books.broken.append(f"{decision.at}: {len(decision.routes)} routes for {len(books.trucks)} trucks")
            continue
        _look_at(books, decision)
        for truck, route in zip(books.trucks, decision.routes, strict=True):
            _instruct(books, truck, route, decision.at)
    _play(books, None)
    return _verdict(books)


def _play(books: _Books, until: int | None) -> None:
    """Let trucks arrive one after the other, the earliest first, of two at once the one listed first."""
    while True:
        coming = [truck for truck in books.trucks if truck.reaches is not None]
        first = min(coming, key=lambda truck: truck.reaches or 0, default=None)
        if first is None or first.reaches is None or (until is not None and first.reaches > until):
            return
        _visit(books, first, first.reaches)


def _visit(books: _Books, truck: _Truck, now: int) -> None:
    visit = truck.todo.pop(0)
    books.visits += 1
    books.metres += int(books.instance.roads.metres[truck.at, visit.factory])
    for item in visit.unload:
        if not truck.cargo or truck.cargo[-1] != item:
            books.broken.append(f"{now}: {truck.name} unloads item {item}, which is not the last loaded")
        if item in truck.cargo:
            truck.cargo.remove(item)
            books.arrived[item] = now
        if books.order_of(item).dropoff != visit.factory:
            books.broken.append(f"{now}: {truck.name} unloads item {item} at the wrong factory")
    for item in visit.load:
        if item in books.loaded:
            books.broken.append(f"{now}: {truck.name} loads item {item}, which was loaded before")
        if books.order_of(item).pickup != visit.factory:
            books.broken.append(f"{now}: {truck.name} loads item {item} at the wrong factory")
        if books.order_of(item).created_at > now:
            books.broken.append(f"{now}: {truck.name} loads item {item} before it exists")
        truck.cargo.append(item)
        books.loaded[item] = (books.visits, now)
        if sum(books.instance.items[aboard].quarters for aboard in truck.cargo) > truck.room:
            books.broken.append(f"{now}: {truck.name} is overloaded with item {item}")
    truck.at, truck.left = visit.factory, _leave_dock(books, visit, now)
    truck.reaches = None
    _set_off(books, truck, truck.left)


def _leave_dock(books: _Books, visit: Visit, now: int) -> int:
    """First come first served: it starts as soon as fewer trucks than docks are there or were there before it."""
    others = books.at_docks.setdefault(visit.factory, [])
    docks = books.instance.roads.docks[visit.factory]
    starts = now
    while sum(begin <= starts < end or begin > starts for begin, end in others) >= docks:
        starts = min(end for begin, end in others if end > starts)
    handled = sum(books.instance.items[item].quarters for item in visit.unload + visit.load)
    leaves = starts + DOCKING_S + HANDLING_S_PER_QUARTER * handled
    others.append((starts, leaves))
    books.at_docks[visit.factory] = [stay for stay in others if stay[1] > now]
    return leaves


def _set_off(books: _Books, truck: _Truck, leaves: int) -> None:
    if truck.todo:
        truck.reaches = leaves + int(books.instance.roads.travel_s[truck.at, truck.todo[0].factory])


def _instruct(books: _Books, truck: _Truck, route: Route, now: int) -> None:
    heading_to = truck.todo[0].factory if truck.todo else None
    if heading_to is not None and (not route or route[0].factory != heading_to):
        books.broken.append(f"{now}: {truck.name} was turned round on its way to factory {heading_to}")
        return
    truck.todo = list(route)
    if heading_to is None:
        _set_off(books, truck, max(now, truck.left))


def _look_at(books: _Books, decision: Decision) -> None:
    """What is wrong with a plan before anybody drives it: competition rules on plans, not on deeds."""
    told: dict[int, tuple[int, int]] = {}
    for number, (truck, route) in enumerate(zip(books.trucks, decision.routes, strict=True)):
        cargo = list(truck.cargo)
        for place, visit in enumerate(route):
            for item in visit.unload:
                if not cargo or cargo.pop() != item:
                    books.broken.append(f"{decision.at}: the plan of {truck.name} unloads item {item} out of turn")
            for item in visit.load:
                if item in told or item in books.loaded:
                    books.broken.append(f"{decision.at}: item {item} is given out twice")
                if books.order_of(item).created_at > decision.at:
                    books.broken.append(f"{decision.at}: item {item} is planned before its order appeared")
                told[item] = (number, place)
                cargo.append(item)
            if sum(books.instance.items[aboard].quarters for aboard in cargo) > truck.room:
                books.broken.append(f"{decision.at}: the plan of {truck.name} overloads it")
        if cargo:
            books.broken.append(f"{decision.at}: the plan of {truck.name} ends with cargo on board")
    _look_for_forgotten(books, told, decision.at)


def _look_for_forgotten(books: _Books, told: dict[int, tuple[int, int]], now: int) -> None:
    room = min(truck.room for truck in books.trucks)
    for order in books.instance.orders:
        if order.created_at > now:
            continue
        visits = {told.get(item.id) for item in order.items if item.id not in books.loaded}
        if order.promised_by < now and None in visits:
            books.broken.append(f"{now}: order {order.name} is overdue and in nobody's plan")
        if order.quarters <= room and len(visits) > 1:
            books.broken.append(f"{now}: order {order.name} fits into a truck but is split")


def _verdict(books: _Books) -> Verdict:
    room = min(truck.room for truck in books.trucks)
    late_s = 0
    for order in books.instance.orders:
        if any(item.id not in books.arrived for item in order.items):
            books.broken.append(f"order {order.name} was never delivered")
            continue
        if order.quarters <= room and len({books.loaded[item.id] for item in order.items}) > 1:
            books.broken.append(f"order {order.name} fits into a truck but was split")
        late_s += max(0, max(books.arrived[item.id] for item in order.items) - order.promised_by)
    return Verdict(tuple(books.broken), books.metres, late_s)
