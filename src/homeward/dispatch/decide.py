"""One decision: from a snapshot and its travel tables to offers, orders of stops and estimates.

Pure and repeatable: no clock, no randomness but the seed in the snapshot. Replay calls the same function.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median_low
from typing import Final

from homeward.dispatch import engine, idle, machines, own_limits, policy
from homeward.dispatch.commitment import Commitment, CommitmentSettings, Outlook, Rule, Trip, Waiting, commit
from homeward.dispatch.machines import MachineBooking
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
from homeward.dispatch.open_offers import policy as open_offers
from homeward.dispatch.pay import due, offer_pay
from homeward.dispatch.preferences import Preference
from homeward.dispatch.problem_of import Built, build, seconds_until
from homeward.fleets.couriers.journeys.model import BEGINS_AHEAD
from homeward.fleets.couriers.model import VEHICLES

JOURNEY_LEAD_S: Final = int(BEGINS_AHEAD.total_seconds())
"""Who announced a journey is told as soon as a parcel lies on the way: they are at home, and not looking."""

Orders = list[tuple[engine.StopKey, ...]]


def decide(inputs: Inputs) -> Outcome:
    """The whole decision: plan, offers, what waits and why, better orders, estimates."""
    openings = open_offers.openings(inputs.snapshot, inputs.policy.open_offers)
    inputs = replace(inputs, snapshot=open_offers.without(inputs.snapshot, openings))
    built = build(inputs)
    snapshot = inputs.snapshot
    effort = inputs.policy.search
    # By size, never by a clock: a plan for 50 couriers and 200 deliveries takes well below a second on one core.
    iterations = min(effort.rounds, effort.stops // max(1, len(built.deliveries)))
    plan = engine.plan(
        built.problem, seed=snapshot.seed, iterations=iterations, warm_start=_warm_start(built, snapshot)
    )
    orders, resequenced = _better_orders(built, plan)
    promised = engine.evaluate(built.problem, orders)
    committed = _committed(built, snapshot, plan)
    return Outcome(
        offers=_drafts(built, snapshot, plan, promised, committed.trips),
        considered=(*_considered(built, snapshot, plan, committed), *_opened(openings)),
        resequenced=resequenced,
        etas=_etas(built, snapshot.now, promised),
        arrivals=_arrivals(built, snapshot.now, promised),
        planned={built.carrier(v).id: built.refs(keys) for v, keys in enumerate(plan.keys()) if keys},
        approach_s=approach_s(inputs, built),
        wait_at=idle.wait_at(inputs, promised),
        bookings=_bookings(built, committed.trips),
        openings=openings,
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
    for vehicle, promised in enumerate(built.promised()):
        earlier = built.keys(ref for ref in snapshot.earlier.get(built.carrier(vehicle).id, ()))
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


def _committed(built: Built, snapshot: Snapshot, plan: engine.Plan) -> Commitment:
    """What couriers are asked now, and by which rule the rest waits; see `commitment`."""
    rules = built.rules
    wanted = CommitmentSettings(
        lead_s=policy.lead_s(built.settings, rules),
        most_per_trip=rules.offers.most_together,
        hold_s=rules.holding.step_s,
        companion_share=rules.holding.companion_pct / 100,
        promise_margin_s=rules.holding.promise_margin_s,
    )
    room = {
        number: courier.max_deliveries - len({ref.delivery_id for ref in courier.route})
        for number, courier in enumerate(built.couriers)
    } | {number: machine.rooms for number, machine in enumerate(built.machines, len(built.couriers))}
    promised_s = {
        number: seconds_until(delivery.promised_by, snapshot.now)
        for number, delivery in enumerate(built.deliveries)
        # What is not named here is never held: it has lain ready for long enough.
        if policy.may_lie(delivery, rules.holding, snapshot.now)
    }
    leads_s = {number: JOURNEY_LEAD_S for number, courier in enumerate(built.couriers) if courier.journey is not None}
    outlook = Outlook(room=room, arrivals_per_h=built.arrivals_per_h, promised_s=promised_s, leads_s=leads_s)
    return commit(built.problem, plan, free=built.free, settings=wanted, outlook=outlook)


def _is_pickup(key: engine.StopKey) -> bool:
    return key.kind is engine.StopKind.PICKUP


def _drafts(
    built: Built, snapshot: Snapshot, plan: engine.Plan, promised: engine.Plan, trips: Sequence[Trip]
) -> tuple[OfferDraft, ...]:
    """One offer for each courier's trip: their promised stops, in their order, and those of the trip as planned."""
    trips = [trip for trip in trips if built.machine(trip.vehicle) is None]
    if not trips:
        return ()
    orders: Orders = [tuple(stop.key for stop in route.stops) for route in promised.routes]
    for trip in trips:
        keep, taken = set(orders[trip.vehicle]), set(trip.requests)
        planned = plan.routes[trip.vehicle].stops
        orders[trip.vehicle] = tuple(s.key for s in planned if s.key in keep or s.key.request in taken)
    offered = engine.evaluate(built.problem, orders)
    return tuple(
        _draft(built, snapshot, promised.routes[trip.vehicle], offered.routes[trip.vehicle], trip.requests)
        for trip in trips
    )


def _bookings(built: Built, trips: Sequence[Trip]) -> tuple[MachineBooking, ...]:
    """What machines are given. They are not asked: their fleets have answered already."""
    found: list[MachineBooking] = []
    for trip in trips:
        machine = built.machine(trip.vehicle)
        if machine is not None:
            ids = (built.deliveries[request].id for request in trip.requests)
            found.extend(machines.bookings(machine, ids, built.answers))
    return tuple(found)


def _draft(
    built: Built,
    snapshot: Snapshot,
    before: engine.PlannedRoute,
    after: engine.PlannedRoute,
    requests: Sequence[int],
) -> OfferDraft:
    new = [stop for stop in after.stops if stop.key.request in requests]
    at_stops_s = sum(stop.departure - stop.arrival for stop in new)
    driven_m, driven_s = built.driven_anyway(before)
    distance_m = max(0, after.distance_m - driven_m)
    work_s = max(0, after.driving_s - driven_s) + at_stops_s
    usual = offer_pay(built.settings, deliveries=len(requests), distance_m=distance_m, work_s=work_s)
    courier = built.couriers[after.vehicle]
    first = built.deliveries[new[0].key.request].pickup
    chance, features = built.asking.offered(
        after.vehicle,
        first,
        pay_minor=usual.total.minor,
        distance_m=distance_m,
        work_s=work_s,
        deliveries=len(requests),
    )
    return OfferDraft(
        courier_id=courier.id,
        delivery_ids=tuple(built.deliveries[request].id for request in requests),
        pay=due(courier.engagement, usual),
        distance_m=distance_m,
        duration_s=work_s,
        stops=tuple(RouteStop(built.ref(stop.key), _moment(snapshot.now, stop.start)) for stop in new),
        route=built.refs(stop.key for stop in after.stops),
        chance=chance,
        features=features,
    )


# ── who was considered ──


def _considered(built: Built, snapshot: Snapshot, plan: engine.Plan, committed: Commitment) -> tuple[Considered, ...]:
    """What is offered, and as many of the news about waiting ones as this round has time to look into."""
    waiting = [(wait.request, _waits(built, wait)) for wait in committed.waits]
    news = [(request, one) for request, one in waiting if snapshot.said.get(one.delivery_id) != one.key]
    news = news[: built.rules.search.news]
    asked = [*(request for trip in committed.trips for request in trip.requests), *(request for request, _ in news)]
    answers = engine.candidates_of_each(built.problem, asked, plan.keys())
    rulings = {request: _rulings(built, snapshot, request, answers[request]) for request in asked}
    considered = [
        Considered(
            built.deliveries[request].id,
            "booked" if built.machine(trip.vehicle) else "offered",
            _why_offered(rulings[request], built.carrier(trip.vehicle).id, len(trip.requests)),
            built.carrier(trip.vehicle).id,
            rulings[request],
            trip.rule.value,
            dict(trip.numbers),
        )
        for trip in committed.trips
        for request in trip.requests
    ]
    return (*considered, *(replace(one, rulings=rulings[request]) for request, one in news))


def _opened(openings: Mapping[str, str]) -> tuple[Considered, ...]:
    return tuple(Considered(delivery_id, "opened", why, None, ()) for delivery_id, why in openings.items())


def _waits(built: Built, wait: Waiting) -> Considered:
    """Why a delivery is not offered now, with the courier the plan has in mind."""
    courier = built.carrier(wait.vehicle).id if wait.vehicle is not None else None
    rule = wait.rule.value if built.problem.vehicles else "nobody_on_duty"
    delivery, numbers = built.deliveries[wait.request], dict(wait.numbers)
    if rule == Rule.NOT_YET and delivery.store_id in built.late_s:
        numbers["store_late_s"] = built.late_s[delivery.store_id]
    limits = {built.answers.refusal(delivery.id, delivery.machines, one) for one in built.machines}
    said = ",".join(sorted({why.limit for why in limits if why is not None}))
    return Considered(delivery.id, "waits", rule, courier, (), numbers=numbers, machines=said)


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
        carrier, asked = built.carrier(candidate.vehicle), built.preferences[request]
        if candidate.insertion is not None:
            insertion = candidate.insertion
            dropoff_at = _moment(snapshot.now, insertion.dropoff_eta)
            rulings.append(
                Ruling(
                    carrier.id,
                    carrier.name,
                    total=insertion.added.total,
                    terms=_terms(built, request, insertion.added, candidate.vehicle),
                    pickup_eta=_moment(snapshot.now, insertion.pickup_eta)
                    if insertion.pickup_eta is not None
                    else None,
                    dropoff_eta=dropoff_at,
                    late_s=max(0, int((dropoff_at - delivery.promised_by).total_seconds())),
                    chance=None if built.machine(candidate.vehicle) else asked.chance(candidate.vehicle),
                )
            )
        elif candidate.refusal is not None:
            rulings.append(refused(built, candidate.vehicle, delivery, candidate.refusal))
    return tuple(rulings)


def _terms(built: Built, request: int, added: engine.CostTerms, vehicle: int) -> dict[str, int]:
    """What a carrier would cost, by name. The engine's one term of preference is told by what it is made of."""
    terms = added.by_name()
    if built.machine(vehicle) is None:
        asked: Preference = built.preferences[request]
        terms["refusal"], terms["fairness"] = int(asked.refusal[vehicle]), int(asked.fairness[vehicle])
        # What is left of it belongs to other deliveries that change hands with this one.
        terms["preference"] -= terms["refusal"] + terms["fairness"]
    else:
        terms["price"] = built.problem.requests[request].vehicle_costs.get(vehicle, 0)
        terms["preference"] -= terms["price"]
    return {name: cost for name, cost in terms.items() if cost}


def refused(built: Built, vehicle: int, delivery: OpenDelivery, refusal: engine.Refusal) -> Ruling:
    """Why a carrier cannot have a delivery, in the words of an explanation."""
    carrier, machine = built.carrier(vehicle), built.machine(vehicle)
    if refusal.limit is engine.Limit.SHIFT_END and machine is None and built.couriers[vehicle].journey is not None:
        return Ruling(carrier.id, carrier.name, limit="detour")
    if refusal.limit is not engine.Limit.EXCLUDED:
        return Ruling(
            carrier.id,
            carrier.name,
            limit=refusal.limit.value.replace("-", "_"),
            subject=refusal.subject,
            needed=refusal.needed,
            allowed=refusal.allowed,
        )
    if machine is None:
        return own_limits.excluded(built.couriers[vehicle], delivery)
    why = built.answers.refusal(delivery.id, delivery.machines, machine)
    assert why is not None, "a machine is excluded for a reason"
    return Ruling(carrier.id, carrier.name, limit=why.limit, subject=why.subject)


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
    free = [c for c in inputs.snapshot.couriers if c.closed is None and not c.route and c.journey is None]
    nearest = []
    for store in sorted({d.pickup for d in built.deliveries}):
        ways = [table_of[VEHICLES[c.vehicle].profile.value][place_of[c.place]][place_of[store]] for c in free]
        reachable = [way for way in ways if way >= 0]
        if reachable:
            nearest.append(min(reachable))
    return median_low(nearest) if nearest else None


def _moment(now: datetime, seconds: int) -> datetime:
    return now + timedelta(seconds=seconds)
