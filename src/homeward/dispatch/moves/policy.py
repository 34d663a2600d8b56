"""What moving deliveries by hand does to every promise, by the planner's own account of routes. Pure."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from homeward.dispatch import engine, own_limits
from homeward.dispatch.decide import refused
from homeward.dispatch.model import CourierSeen, Inputs, OpenDelivery, Ruling, Snapshot, StopRef
from homeward.dispatch.moves.model import Effect, Lane, Move, PromiseEffect, Visit
from homeward.dispatch.policy import fingerprint
from homeward.dispatch.problem_of import Built, build

# The odds of a no and what stays open weigh on whom to ask. Here nobody is asked.
_NOT_DRIVEN: Final = ("preference", "left_open")

_Order = tuple[engine.StopKey, ...]


def touched(snapshot: Snapshot, move: Move) -> Snapshot:
    """Only whom a move concerns: the moved deliveries, who has them, who would, and all that these carry."""
    moved = [delivery for delivery in snapshot.deliveries if delivery.id in move.delivery_ids]
    concerned = {delivery.courier_id for delivery in moved} | {move.courier_id}
    return only(snapshot, {one for one in concerned if one is not None}, move.delivery_ids)


def only(snapshot: Snapshot, couriers: Collection[str], more: Collection[str] = ()) -> Snapshot:
    """These couriers with what they carry, and `more` deliveries."""
    return replace(
        snapshot,
        couriers=tuple(courier for courier in snapshot.couriers if courier.id in couriers),
        deliveries=tuple(d for d in snapshot.deliveries if d.id in more or d.courier_id in couriers),
        machines=(),
        fleet_answers=(),
        demand=(),
        earlier={},
        said={},
    )


def lanes(inputs: Inputs) -> dict[str, Lane]:
    """Every courier's promised stops in their order, with the times that the planner expects."""
    built = build(inputs)
    plan = engine.evaluate(built.problem, built.promised())
    return {lane.courier_id: lane for lane in _lanes(built, inputs.snapshot, plan)}


def effect(inputs: Inputs, move: Move) -> Effect:
    """What the move does to every promise on the routes it touches; nothing is decided by it.

    Parameters
    ----------
    inputs
        Of `touched(snapshot, move)`, with the travel tables for it.
    move
        Its deliveries and its target are in the snapshot.
    """
    now_built = build(inputs)
    before = engine.evaluate(now_built.problem, now_built.promised())
    then = replace(inputs, snapshot=_given_up(inputs.snapshot, move))
    built = build(then)
    routes = list(built.promised())
    target = next((n for n, courier in enumerate(built.couriers) if courier.id == move.courier_id), None)
    if target is not None:
        for number, delivery_id in enumerate(move.delivery_ids):
            at = None if move.at is None else move.at + number
            routes[target] = _placed(built, routes, target, delivery_id, at)
    after = engine.evaluate(built.problem, routes)
    order = built.refs(routes[target]) if target is not None else ()
    costs = _costs(after)
    for name, cost in _costs(before).items():
        costs[name] = costs.get(name, 0) - cost
    lanes_before = _lanes(now_built, inputs.snapshot, before)
    lanes_after = _lanes(built, then.snapshot, after)
    return Effect(
        move=move,
        order=order,
        basis=basis(inputs.snapshot, move, order),
        promises=_promises(inputs.snapshot, move, lanes_before, lanes_after),
        limits=() if target is None else _limits(built, move, target, before, after),
        before=lanes_before,
        after=lanes_after,
        distance_m=sum(r.distance_m for r in after.routes) - sum(r.distance_m for r in before.routes),
        driving_s=sum(r.driving_s for r in after.routes) - sum(r.driving_s for r in before.routes),
        costs={name: cost for name, cost in costs.items() if cost},
    )


def basis(snapshot: Snapshot, move: Move, order: Iterable[StopRef]) -> str:
    """A fingerprint of what an effect rests on: the order shown, and who has what in which order.

    Places and the clock are not in it: they move all the time, and the promises with them only a little.
    """
    facts = (
        sorted(move.delivery_ids),
        move.courier_id,
        [ref.id for ref in order],
        sorted((courier.id, [ref.id for ref in courier.route]) for courier in snapshot.couriers),
        sorted((d.id, d.state, d.courier_id or "", fingerprint(d)) for d in snapshot.deliveries),
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]


def changes_hands(delivery: OpenDelivery, move: Move) -> bool:
    """Whether it gets another courier by the move, and not only another place on a route."""
    return delivery.searching or delivery.courier_id != move.courier_id


def _given_up(snapshot: Snapshot, move: Move) -> Snapshot:
    """As if what changes hands had been given back already."""
    moved = [d for d in snapshot.deliveries if d.id in move.delivery_ids and changes_hands(d, move)]
    free = {
        d.id: replace(d, state="searching", courier_id=None, leg_id=None, offered_to=None, at_store_since=None)
        for d in moved
    }
    # Who was being asked about this very delivery is not busy with another.
    asked = {d.offered_to for d in moved if d.offered_to}
    return replace(
        snapshot,
        deliveries=tuple(free.get(d.id, d) for d in snapshot.deliveries),
        couriers=tuple(_without(courier, free, asked) for courier in snapshot.couriers),
    )


def _without(courier: CourierSeen, gone: Mapping[str, OpenDelivery], asked: Collection[str]) -> CourierSeen:
    route = tuple(ref for ref in courier.route if ref.delivery_id not in gone)
    own_offer = courier.closed == "asked_about_another" and courier.id in asked
    return replace(courier, route=route, closed=None if own_offer else courier.closed)


def _placed(built: Built, routes: Sequence[_Order], vehicle: int, delivery_id: str, at: int | None) -> _Order:
    """The vehicle's route with this delivery's stops where they cost least, the first of them at `at` if that is given.

    The next stop is fixed, whoever's it is.
    """
    delivery = next(d for d in built.deliveries if d.id == delivery_id)
    fixed = built.problem.vehicles[vehicle].prefix
    new = [key for key in built.keys(delivery.stops_left()) if key not in fixed]
    rest = [key for key in routes[vehicle] if key not in new]
    if not new:
        return tuple(rest)
    first, last = len(fixed), len(rest)
    places = range(first, last + 1) if at is None else [min(max(at, first), last)]
    orders = [(*rest[:place], new[0], *rest[place:]) for place in places]
    if len(new) > 1:
        orders = [
            (*order[:place], new[1], *order[place:])
            for order in orders
            for place in range(order.index(new[0]) + 1, len(order) + 1)
        ]
    return min(orders, key=lambda order: _cost_of(built, routes, vehicle, order))


def _cost_of(built: Built, routes: Sequence[_Order], vehicle: int, order: _Order) -> int:
    tried = [order if number == vehicle else route for number, route in enumerate(routes)]
    return engine.evaluate(built.problem, tried).routes[vehicle].costs.total


def _costs(plan: engine.Plan) -> dict[str, int]:
    total = sum((route.costs for route in plan.routes), engine.CostTerms())
    return {name: cost for name, cost in total.by_name().items() if name not in _NOT_DRIVEN}


def _limits(built: Built, move: Move, target: int, before: engine.Plan, after: engine.Plan) -> tuple[Ruling, ...]:
    """What the target would break by the move, in the words of an explanation. What they break anyway is no news."""
    known = {(one.limit, one.subject) for one in before.broken if one.vehicle == target}
    found: list[Ruling] = []
    for refusal in after.broken:
        if refusal.vehicle != target or (refusal.limit, refusal.subject) in known:
            continue
        if refusal.limit is not engine.Limit.EXCLUDED:
            found.append(refused(built, target, built.deliveries[0], refusal))
            continue
        excluded = [n for n, q in enumerate(built.problem.requests) if target in q.excluded_vehicles]
        theirs = [built.deliveries[n] for n in excluded if built.deliveries[n].id in move.delivery_ids]
        found += [own_limits.excluded(built.couriers[target], delivery) for delivery in theirs]
    told = {(ruling.limit, ruling.subject): ruling for ruling in found}
    return tuple(told.values())


def _promises(
    snapshot: Snapshot, move: Move, before: Sequence[Lane], after: Sequence[Lane]
) -> tuple[PromiseEffect, ...]:
    """Of every delivery on the touched routes, the moved ones first, then by promise."""
    was, will = _handed_over(before), _handed_over(after)
    found = [
        PromiseEffect(
            delivery_id=d.id,
            moved=d.id in move.delivery_ids,
            earliest=d.window_earliest,
            promised_by=d.promised_by,
            before=was.get(d.id, d.eta if d.searching else None),
            after=will.get(d.id),
        )
        for d in snapshot.deliveries
        if not d.going_back
    ]
    return tuple(sorted(found, key=lambda one: (not one.moved, one.promised_by, one.delivery_id)))


def _handed_over(lanes: Sequence[Lane]) -> dict[str, datetime]:
    return {visit.ref.delivery_id: visit.start for lane in lanes for visit in lane.visits}


def _lanes(built: Built, snapshot: Snapshot, plan: engine.Plan) -> tuple[Lane, ...]:
    def at(seconds: int) -> datetime:
        return snapshot.now + timedelta(seconds=seconds)

    return tuple(
        Lane(
            built.couriers[route.vehicle].id,
            tuple(Visit(built.ref(s.key), at(s.arrival), at(s.start), at(s.departure)) for s in route.stops),
        )
        for route in plan.routes
        if built.machine(route.vehicle) is None
    )
