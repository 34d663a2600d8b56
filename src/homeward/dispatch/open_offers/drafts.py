"""Who could carry an openly offered delivery, and how: every courier by the same limits as in the plan. Pure."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from homeward.dispatch import engine
from homeward.dispatch.model import Inputs, RouteStop, StopKind, StopRef
from homeward.dispatch.open_offers.model import Draft
from homeward.dispatch.problem_of import Built, build

_Orders = list[tuple[engine.StopKey, ...]]


def drafts(inputs: Inputs, delivery_ids: Collection[str]) -> dict[str, tuple[Draft, ...]]:
    """By delivery, one draft for each courier who can; who said no to it before is asked again like all others."""
    if not delivery_ids:
        return {}
    opened = tuple(
        replace(d, offered_to=None, refused_by=()) if d.id in delivery_ids else d for d in inputs.snapshot.deliveries
    )
    built = build(replace(inputs, snapshot=replace(inputs.snapshot, deliveries=opened)))
    promised = list(built.promised())
    asked = [number for number in built.free if built.deliveries[number].id in delivery_ids]
    answers = engine.candidates_of_each(built.problem, asked, promised)
    return {built.deliveries[n].id: _of_one(built, inputs, n, answers[n], promised) for n in asked}


def _of_one(
    built: Built, inputs: Inputs, request: int, candidates: tuple[engine.Candidate, ...], promised: _Orders
) -> tuple[Draft, ...]:
    """All couriers' ways at once: each gets a copy of the delivery, so that one evaluation tells all of them."""
    able = [(one.vehicle, one.insertion) for one in candidates if one.insertion is not None]
    if not able:
        return ()
    first = len(built.problem.requests)
    copies = tuple(
        replace(built.problem.requests[request], id=f"{built.deliveries[request].id}/{v}", vehicle_costs={})
        for v, _ in able
    )
    problem = replace(built.problem, requests=(*built.problem.requests, *copies))
    orders = list(promised)
    for number, (vehicle, insertion) in enumerate(able):
        orders[vehicle] = _with(orders[vehicle], first + number, insertion)
    before, after = engine.evaluate(built.problem, promised), engine.evaluate(problem, orders)
    return tuple(
        _draft(built, inputs, request, first + number, before.routes[vehicle], after.routes[vehicle])
        for number, (vehicle, _) in enumerate(able)
    )


def _with(order: tuple[engine.StopKey, ...], copy: int, insertion: engine.Insertion) -> tuple[engine.StopKey, ...]:
    """Positions count the stops of the finished route, so the pickup goes in first."""
    stops = list(order)
    assert insertion.pickup_position is not None, "a searching delivery is on board of nobody"
    stops.insert(insertion.pickup_position, engine.StopKey(copy, engine.StopKind.PICKUP))
    stops.insert(insertion.dropoff_position, engine.StopKey(copy, engine.StopKind.DROPOFF))
    return tuple(stops)


def _draft(
    built: Built, inputs: Inputs, request: int, copy: int, before: engine.PlannedRoute, after: engine.PlannedRoute
) -> Draft:
    now, delivery, courier = inputs.snapshot.now, built.deliveries[request], built.couriers[after.vehicle]
    new = [stop for stop in after.stops if stop.key.request == copy]
    driven_m, driven_s = built.driven_anyway(before)
    at_stops_s = sum(stop.departure - stop.arrival for stop in new)
    return Draft(
        delivery_id=delivery.id,
        courier_id=courier.id,
        distance_m=max(0, after.distance_m - driven_m),
        work_s=max(0, after.driving_s - driven_s) + at_stops_s,
        arrives_s=max(0, new[0].arrival),
        route=tuple(_ref(built, delivery.id, copy, stop.key) for stop in after.stops),
        stops=tuple(RouteStop(_ref(built, delivery.id, copy, s.key), now + timedelta(seconds=s.start)) for s in new),
        carries=tuple(sorted({ref.delivery_id for ref in courier.route})),
    )


def _ref(built: Built, delivery_id: str, copy: int, key: engine.StopKey) -> StopRef:
    if key.request != copy:
        return built.ref(key)
    return StopRef(delivery_id, StopKind.PICKUP if key.kind is engine.StopKind.PICKUP else StopKind.DROPOFF)
