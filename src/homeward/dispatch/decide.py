"""One decision: from a snapshot and its travel tables to offers, orders of stops and estimates.

Pure and repeatable: no clock, no randomness but the seed in the snapshot. Replay calls the same function.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median_low

from homeward.dispatch import engine, policy
from homeward.dispatch.model import (
    Considered,
    Inputs,
    OfferDraft,
    OpenDelivery,
    Outcome,
    RouteStop,
    Ruling,
    Snapshot,
    StopRef,
)
from homeward.dispatch.pay import offer_pay
from homeward.dispatch.problem_of import Built, build
from homeward.fleets.couriers.model import VEHICLES

Orders = list[tuple[engine.StopKey, ...]]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What one courier is to be offered, and the rule for each delivery planned onto them but not offered."""

    offered: tuple[int, ...]
    waits: Mapping[int, str]


def decide(inputs: Inputs) -> Outcome:
    """The whole decision: plan, offers, what waits and why, better orders, estimates."""
    built = build(inputs)
    snapshot = inputs.snapshot
    effort = inputs.policy.search
    iterations = min(effort.rounds, effort.stops // max(1, len(built.deliveries)))
    plan = engine.plan(
        built.problem, seed=snapshot.seed, iterations=iterations, warm_start=_warm_start(built, snapshot)
    )
    orders, resequenced = _better_orders(built, plan)
    promised = engine.evaluate(built.problem, orders)
    choices = [_choose(built, route) for route in plan.routes]
    offers = _drafts(built, snapshot, plan, promised, choices)
    return Outcome(
        offers=offers,
        considered=_considered(built, snapshot, plan, choices),
        resequenced=resequenced,
        etas=_etas(built, snapshot.now, promised),
        arrivals=_arrivals(built, snapshot.now, promised),
        planned={c.id: built.refs(keys) for c, keys in zip(built.couriers, plan.keys(), strict=True) if keys},
        approach_s=approach_s(inputs, built),
    )


def look(inputs: Inputs) -> Outcome:
    """Estimates only, from what is promised: nothing to decide has changed since the last plan."""
    built = build(inputs)
    now = inputs.snapshot.now
    promised = engine.evaluate(built.problem, built.promised())
    return Outcome(
        offers=(),
        considered=(),
        resequenced={},
        etas=_etas(built, now, promised),
        arrivals=_arrivals(built, now, promised),
        planned=inputs.snapshot.earlier,
        approach_s=approach_s(inputs, built),
    )


def _warm_start(built: Built, snapshot: Snapshot) -> Orders:
    """The last plan where it still speaks of the same stops, else what is promised."""
    starts: Orders = []
    for courier, promised in zip(built.couriers, built.promised(), strict=True):
        earlier = built.keys(ref for ref in snapshot.earlier.get(courier.id, ()))
        kept = tuple(key for key in earlier if key in promised or key.request in built.free)
        starts.append(kept if set(promised) <= set(kept) and kept[:1] == promised[:1] else promised)
    return starts


# ── the order of promised stops ──


def _better_orders(built: Built, plan: engine.Plan) -> tuple[Orders, dict[str, tuple[StopRef, ...]]]:
    """Each courier's promised stops, in the plan's order where that is clearly better than the stored one."""
    stored = list(built.promised())
    wanted = list(stored)
    for number, route in enumerate(plan.routes):
        promised = set(stored[number])
        order = tuple(stop.key for stop in route.stops if stop.key in promised)
        if order != stored[number] and policy.same_order_after_next(built.refs(order), built.refs(stored[number])):
            wanted[number] = order
    changed = [number for number in range(len(stored)) if wanted[number] != stored[number]]
    if not changed:
        return stored, {}
    before, after = engine.evaluate(built.problem, stored), engine.evaluate(built.problem, wanted)
    resequenced: dict[str, tuple[StopRef, ...]] = {}
    for number in changed:
        gain = before.routes[number].costs.total - after.routes[number].costs.total
        if gain >= built.rules.offers.reorder_gain:
            resequenced[built.couriers[number].id] = built.refs(wanted[number])
        else:
            wanted[number] = stored[number]
    return wanted, resequenced


# ── what to offer now ──


def _choose(built: Built, route: engine.PlannedRoute) -> _Choice:
    """The first new trip of a route, if the courier must leave for it soon; everything else waits."""
    courier = built.couriers[route.vehicle]
    free = set(built.free)
    new = [at for at, stop in enumerate(route.stops) if stop.key.request in free and _is_pickup(stop.key)]
    if not new:
        return _Choice((), {})
    first = new[0]
    # A parcel more at a door they are going to anyway: they leave for it when they leave for that door.
    before = first
    while before and route.stops[before - 1].place == route.stops[first].place:
        before -= 1
    leaves_s = route.stops[before - 1].departure if before else built.problem.vehicles[route.vehicle].start_at
    lead_s = policy.lead_s(built.settings, built.rules)
    if leaves_s + holdable_s(built.problem, route, first, free) > lead_s:
        rule = "not_yet" if leaves_s <= lead_s else "courier_busy"
        return _Choice((), {route.stops[at].key.request: rule for at in new})
    room = courier.max_deliveries - len({ref.delivery_id for ref in courier.route})
    if room <= 0:
        return _Choice((), {route.stops[at].key.request: "courier_full" for at in new})
    offered = _one_trip(route.stops, new, min(room, built.rules.offers.most_together))
    later = [route.stops[at].key.request for at in new if route.stops[at].key.request not in offered]
    return _Choice(tuple(offered), dict.fromkeys(later, "after_this_trip"))


def _one_trip(stops: Sequence[engine.PlannedStop], new: Sequence[int], most: int) -> list[int]:
    """The first new delivery and those picked up before it is empty-handed again."""
    handed_over = {stop.key.request: at for at, stop in enumerate(stops) if not _is_pickup(stop.key)}
    trip = [stops[new[0]].key.request]
    for at in new[1:]:
        on_the_way = any(handed_over[request] > at for request in trip)
        if not on_the_way or len(trip) == most:
            break
        trip.append(stops[at].key.request)
    return trip


def holdable_s(problem: engine.Problem, route: engine.PlannedRoute, first: int, free: set[int]) -> int:
    """How much later the courier could leave for stop `first` without anything that matters becoming later.

    Waiting at a stop swallows a delay. What matters are drop-offs and stops already promised; a new pickup may be
    later as long as nothing after it is.
    """
    swallowed = 0
    least: int | None = None
    for at in range(first, len(route.stops)):
        swallowed += _waits_s(problem, route, at)
        key = route.stops[at].key
        if not _is_pickup(key) or key.request not in free:
            least = swallowed if least is None else min(least, swallowed)
    return least or 0


def _waits_s(problem: engine.Problem, route: engine.PlannedRoute, at: int) -> int:
    """Standing at the door before service may start; coming to the door is no waiting."""
    vehicle, stop = problem.vehicles[route.vehicle], route.stops[at]
    if at:
        same_door = route.stops[at - 1].place == stop.place
    else:
        same_door = vehicle.parked and vehicle.start_place == stop.place
    setup_s = 0 if same_door else problem.stop(stop.key).setup_s + vehicle.parking_s
    return max(0, stop.start - stop.arrival - setup_s)


def _is_pickup(key: engine.StopKey) -> bool:
    return key.kind is engine.StopKind.PICKUP


def _drafts(
    built: Built, snapshot: Snapshot, plan: engine.Plan, promised: engine.Plan, choices: Sequence[_Choice]
) -> tuple[OfferDraft, ...]:
    orders: Orders = []
    for number, (route, choice) in enumerate(zip(plan.routes, choices, strict=True)):
        keep = {stop.key for stop in promised.routes[number].stops}
        taken = set(choice.offered)
        order = tuple(stop.key for stop in route.stops if stop.key in keep or stop.key.request in taken)
        orders.append(order if choice.offered else tuple(stop.key for stop in promised.routes[number].stops))
    if not any(choice.offered for choice in choices):
        return ()
    offered = engine.evaluate(built.problem, orders)
    return tuple(
        _draft(built, snapshot, promised.routes[number], offered.routes[number], choice.offered)
        for number, choice in enumerate(choices)
        if choice.offered
    )


def _draft(
    built: Built,
    snapshot: Snapshot,
    before: engine.PlannedRoute,
    after: engine.PlannedRoute,
    requests: Sequence[int],
) -> OfferDraft:
    new = [stop for stop in after.stops if stop.key.request in requests]
    at_stops_s = sum(stop.departure - stop.arrival for stop in new)
    distance_m = max(0, after.distance_m - before.distance_m)
    work_s = max(0, after.driving_s - before.driving_s) + at_stops_s
    return OfferDraft(
        courier_id=built.couriers[after.vehicle].id,
        delivery_ids=tuple(built.deliveries[request].id for request in requests),
        pay=offer_pay(built.settings, deliveries=len(requests), distance_m=distance_m, work_s=work_s),
        distance_m=distance_m,
        duration_s=work_s,
        stops=tuple(RouteStop(built.ref(stop.key), _moment(snapshot.now, stop.start)) for stop in new),
        route=built.refs(stop.key for stop in after.stops),
    )


# ── who was considered ──


def _considered(
    built: Built, snapshot: Snapshot, plan: engine.Plan, choices: Sequence[_Choice]
) -> tuple[Considered, ...]:
    """What is offered, and as many of the news about waiting ones as this round has time to look into."""
    waiting = [_waits(built, plan, choices, request) for request in built.free]
    news = [one for one in waiting if one is not None and snapshot.said.get(one.delivery_id) != one.key]
    news = news[: built.rules.search.news]
    numbers = {delivery.id: number for number, delivery in enumerate(built.deliveries)}
    offered = [request for choice in choices for request in choice.offered]
    asked = [*offered, *(numbers[one.delivery_id] for one in news)]
    answers = engine.candidates_of_each(built.problem, asked, plan.keys())
    rulings = {request: _rulings(built, snapshot, request, answers[request]) for request in asked}
    considered = [
        Considered(
            built.deliveries[request].id,
            "offered",
            _why_offered(rulings[request], built.couriers[number].id, len(choice.offered)),
            built.couriers[number].id,
            rulings[request],
        )
        for number, choice in enumerate(choices)
        for request in choice.offered
    ]
    told = [replace(one, rulings=rulings[numbers[one.delivery_id]]) for one in news]
    return (*considered, *told)


def _waits(built: Built, plan: engine.Plan, choices: Sequence[_Choice], request: int) -> Considered | None:
    """Why a delivery is not offered now; None if it is."""
    delivery_id, vehicle = built.deliveries[request].id, plan.vehicle_of(request)
    if vehicle is None:
        return Considered(delivery_id, "waits", "nobody_can" if built.couriers else "nobody_on_duty", None, ())
    if request in choices[vehicle].offered:
        return None
    return Considered(delivery_id, "waits", choices[vehicle].waits[request], built.couriers[vehicle].id, ())


def _why_offered(rulings: Sequence[Ruling], courier_id: str, together: int) -> str:
    able = [ruling for ruling in rulings if ruling.limit is None]
    if together > 1:
        return "one_trip"
    if len(able) == 1:
        return "only_one"
    # Beside the plan, this delivery alone would be cheapest with `able[0]`; the plan weighs all deliveries together.
    return "cheapest" if able and able[0].courier_id == courier_id else "best_plan"


def _rulings(
    built: Built, snapshot: Snapshot, request: int, candidates: Sequence[engine.Candidate]
) -> tuple[Ruling, ...]:
    delivery = built.deliveries[request]
    rulings = []
    for candidate in candidates:
        courier = built.couriers[candidate.vehicle]
        if candidate.insertion is not None:
            insertion = candidate.insertion
            dropoff_at = _moment(snapshot.now, insertion.dropoff_eta)
            rulings.append(
                Ruling(
                    courier.id,
                    courier.name,
                    total=insertion.added.total,
                    terms={name: cost for name, cost in insertion.added.by_name().items() if cost},
                    pickup_eta=_moment(snapshot.now, insertion.pickup_eta)
                    if insertion.pickup_eta is not None
                    else None,
                    dropoff_eta=dropoff_at,
                    late_s=max(0, int((dropoff_at - delivery.promised_by).total_seconds())),
                )
            )
        elif candidate.refusal is not None:
            rulings.append(_refused(courier.id, courier.name, courier.closed, delivery, candidate.refusal, built))
    return tuple(rulings)


def _refused(
    courier_id: str, name: str, closed: str | None, delivery: OpenDelivery, refusal: engine.Refusal, built: Built
) -> Ruling:
    if refusal.limit is engine.Limit.EXCLUDED:
        return Ruling(courier_id, name, limit=closed or "said_no", subject=delivery.id)
    return Ruling(
        courier_id,
        name,
        limit=refusal.limit.value.replace("-", "_"),
        subject=refusal.subject,
        needed=refusal.needed,
        allowed=refusal.allowed,
    )


# ── estimates ──


def _etas(built: Built, now: datetime, promised: engine.Plan) -> dict[str, datetime]:
    """When each parcel that a courier has will be at its door."""
    return {
        built.deliveries[stop.key.request].id: _moment(now, stop.start)
        for route in promised.routes
        for stop in route.stops
        if not _is_pickup(stop.key) and not built.deliveries[stop.key.request].going_back
    }


def _arrivals(built: Built, now: datetime, promised: engine.Plan) -> dict[str, tuple[RouteStop, ...]]:
    return {
        built.couriers[route.vehicle].id: tuple(
            RouteStop(built.ref(stop.key), _moment(now, stop.start)) for stop in route.stops
        )
        for route in promised.routes
        if route.stops
    }


def approach_s(inputs: Inputs, built: Built) -> int | None:
    """Of the stores with work: the middle one's travel from its nearest free courier. None: none is free."""
    place_of = {place: number for number, place in enumerate(inputs.tables.places)}
    table_of = {table.profile: table.durations_s for table in inputs.tables.profiles}
    free = [c for c in inputs.snapshot.couriers if c.closed is None and not c.route]
    nearest = []
    for store in sorted({d.pickup for d in built.deliveries}):
        ways = [table_of[VEHICLES[c.vehicle].profile.value][place_of[c.place]][place_of[store]] for c in free]
        reachable = [way for way in ways if way >= 0]
        if reachable:
            nearest.append(min(reachable))
    return median_low(nearest) if nearest else None


def _moment(now: datetime, seconds: int) -> datetime:
    return now + timedelta(seconds=seconds)
