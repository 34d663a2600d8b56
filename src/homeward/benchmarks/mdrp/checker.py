"""Independent judge of a log of instructions: recomputes every time from the definitions, shares no code.

Definitions: the benchmark's own (Reyes et al. 2018, section 2), under whole-minute travel and full half-services.
It reads only the instance's values and the log; the simulator's and the dispatcher's code is not used.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from homeward.benchmarks.mdrp.instance import Instance, Order
from homeward.benchmarks.mdrp.world import Go, Instruction, Take


@dataclass(frozen=True, slots=True)
class Served:
    order: str
    courier: str
    pickup: int
    dropoff: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What really happened. `violations` must be empty, else nothing else in it means anything.

    `work_min` is driving plus services by courier; `pickups` is the number of bundles.
    """

    served: tuple[Served, ...]
    violations: tuple[str, ...]
    work_min: dict[str, int]
    pickups: int


@dataclass(slots=True)
class _Courier:
    x: float
    y: float
    on: int
    off: int
    free: int
    restaurant: str | None = None
    arrival: int = 0
    meant: tuple[str, ...] = ()
    work: int = 0


@dataclass(slots=True)
class _Audit:
    instance: Instance
    fixed: bool
    orders: dict[str, Order] = field(default_factory=dict)
    couriers: dict[str, _Courier] = field(default_factory=dict)
    served: list[Served] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    pickups: int = 0

    def minutes(self, ax: float, ay: float, bx: float, by: float) -> int:
        return math.ceil(math.sqrt((ax - bx) ** 2 + (ay - by) ** 2) / self.instance.setting.rules.metres_per_minute)


def check(instance: Instance, log: Sequence[Instruction], *, fixed_assignments: bool = False) -> Verdict:
    """Replay a log and name every rule that it breaks.

    Parameters
    ----------
    instance
        The whole day, orders included.
    log
        Instructions in the order in which they were given.
    fixed_assignments
        The narrow operating environment: nobody is sent anywhere without an order (no prepositioning), and
        exactly the orders somebody was sent for are taken (no updates).
    """
    audit = _Audit(instance, fixed_assignments)
    audit.orders = {order.id: order for order in instance.orders}
    audit.couriers = {c.id: _Courier(c.at[0], c.at[1], c.on, c.off, c.on) for c in instance.setting.couriers}
    clock = None
    for said in log:
        if clock is not None and said.at < clock:
            audit.wrong.append(f"told out of order: {said}")
        clock = said.at
        courier = audit.couriers.get(said.courier)
        if courier is None:
            audit.wrong.append(f"no such courier: {said}")
        elif isinstance(said, Go):
            _check_go(audit, courier, said)
        else:
            _check_take(audit, courier, said)
    _check_identity(audit)
    work = {name: courier.work for name, courier in audit.couriers.items()}
    return Verdict(tuple(audit.served), tuple(audit.wrong), work, audit.pickups)


def _check_go(audit: _Audit, courier: _Courier, go: Go) -> None:
    _check_free(audit, courier, go)
    place = next((r for r in audit.instance.setting.restaurants if r.id == go.restaurant), None)
    if place is None:
        audit.wrong.append(f"no such restaurant: {go}")
        return
    for name in go.orders:
        order = audit.orders.get(name)
        if order is None or order.restaurant != go.restaurant:
            audit.wrong.append(f"{name} is no order of this restaurant: {go}")
        elif order.placed > go.at:
            audit.wrong.append(f"{name} assigned before its placement at {order.placed}: {go}")
    if audit.fixed and not go.orders:
        audit.wrong.append(f"sent without an order: {go}")
    if audit.fixed and courier.meant:
        audit.wrong.append(f"sent on without the orders of the last errand: {go}")
    drive = audit.minutes(courier.x, courier.y, place.at[0], place.at[1])
    courier.x, courier.y = place.at
    courier.restaurant, courier.arrival, courier.meant = go.restaurant, go.at + drive, go.orders
    courier.free = courier.arrival
    courier.work += drive


def _check_take(audit: _Audit, courier: _Courier, take: Take) -> None:
    _check_free(audit, courier, take)
    rules = audit.instance.setting.rules
    if courier.restaurant is None:
        audit.wrong.append(f"not at a restaurant: {take}")
    if take.at < courier.arrival + rules.pickup_min // 2:
        audit.wrong.append(f"pickup before half the service after arrival at {courier.arrival}: {take}")
    if take.at > courier.off:
        audit.wrong.append(f"pickup after the shift's end at {courier.off}: {take}")
    if not take.orders:
        audit.wrong.append(f"nothing picked up: {take}")
    if audit.fixed and sorted(take.orders) != sorted(courier.meant):
        audit.wrong.append(f"other orders than those sent for: {take}")
    courier.work += rules.pickup_min
    audit.pickups += 1
    clock = take.at + rules.pickup_min - rules.pickup_min // 2
    for name in take.orders:
        order = audit.orders.get(name)
        if order is None:
            audit.wrong.append(f"no such order {name}: {take}")
            continue
        _check_order(audit, courier, take, order)
        drive = audit.minutes(courier.x, courier.y, order.at[0], order.at[1])
        dropoff = clock + drive + rules.dropoff_min // 2
        audit.served.append(Served(name, take.courier, take.at, dropoff))
        clock = dropoff + rules.dropoff_min - rules.dropoff_min // 2
        courier.x, courier.y = order.at
        courier.work += drive + rules.dropoff_min
    courier.restaurant, courier.meant, courier.free = None, (), clock


def _check_order(audit: _Audit, courier: _Courier, take: Take, order: Order) -> None:
    if order.id in audit.taken:
        audit.wrong.append(f"{order.id} taken twice: {take}")
    audit.taken.add(order.id)
    if order.restaurant != courier.restaurant:
        audit.wrong.append(f"{order.id} is at {order.restaurant}, the courier is not: {take}")
    if take.at < order.placed:
        audit.wrong.append(f"{order.id} taken before its placement at {order.placed}: {take}")
    if take.at < order.ready:
        audit.wrong.append(f"{order.id} picked up before it is ready at {order.ready}: {take}")


def _check_free(audit: _Audit, courier: _Courier, said: Instruction) -> None:
    if said.at < courier.on:
        audit.wrong.append(f"before the shift: {said}")
    elif said.at < courier.free:
        # Also what turns somebody round on the way to a restaurant, or calls them from two places at once.
        audit.wrong.append(f"on the way until {courier.free}: {said}")


def _check_identity(audit: _Audit) -> None:
    """Click-to-door less ready-to-pickup can never be below the order's floor: a test that needs no replay."""
    rules = audit.instance.setting.rules
    halves = rules.pickup_min - rules.pickup_min // 2 + rules.dropoff_min // 2
    places = {restaurant.id: restaurant.at for restaurant in audit.instance.setting.restaurants}
    for one in audit.served:
        order = audit.orders[one.order]
        at = places[order.restaurant]
        floor = order.ready - order.placed + halves + audit.minutes(at[0], at[1], order.at[0], order.at[1])
        if (one.dropoff - order.placed) - (one.pickup - order.ready) < floor:
            audit.wrong.append(f"{one.order} was faster than the direct way: {one}")
