"""A snapshot as the engine's problem, and the engine's stops as ours again. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from homeward.coverage.model import ServiceClass
from homeward.dispatch import engine, machines, own_limits, policy
from homeward.dispatch.machines import Answers, MachineSeen
from homeward.dispatch.model import (
    CourierSeen,
    Inputs,
    OpenDelivery,
    PlanSettings,
    Snapshot,
    StopKind,
    StopRef,
    TravelTables,
)
from homeward.dispatch.pay import with_rates
from homeward.dispatch.policy_values import DispatchPolicy, Waiting
from homeward.dispatch.preferences import Preference, Preferences
from homeward.fleets.couriers.model import VEHICLES, Engagement
from homeward.kit.places import LatLon, great_circle_m

# Roads bend: for a promised stop that no road seems to lead to, a guess beats giving it up.
_DETOUR: Final = 1.4

_Array = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
_Table = npt.NDArray[np.integer[Any]]
_DIMENSIONS: Final = ("weight_g", "volume_l")


@dataclass(frozen=True, slots=True)
class Built:
    """The problem and who is who in it: requests as `deliveries`, vehicles as `couriers` and then `machines`."""

    problem: engine.Problem
    deliveries: tuple[OpenDelivery, ...]
    couriers: tuple[CourierSeen, ...]
    machines: tuple[MachineSeen, ...]
    answers: Answers
    free: tuple[int, ...]  # requests that nobody carries or is asked about
    rules: DispatchPolicy
    settings: PlanSettings  # the market's, with the rates of its policy
    arrivals_per_h: Mapping[int, float]  # new deliveries to expect, by the place of their store
    asking: Preferences
    preferences: Mapping[int, Preference]  # of free requests
    late_s: Mapping[str, int]  # how late each store runs

    def machine(self, vehicle: int) -> MachineSeen | None:
        """None for a courier."""
        return self.machines[vehicle - len(self.couriers)] if vehicle >= len(self.couriers) else None

    def carrier(self, vehicle: int) -> CourierSeen | MachineSeen:
        return self.machine(vehicle) or self.couriers[vehicle]

    def ref(self, key: engine.StopKey) -> StopRef:
        delivery = self.deliveries[key.request]
        if key.kind is engine.StopKind.PICKUP:
            return StopRef(delivery.id, StopKind.PICKUP)
        return StopRef(delivery.id, StopKind.RETURN if delivery.going_back else StopKind.DROPOFF)

    def driven_anyway(self, route: engine.PlannedRoute) -> tuple[int, int]:
        """Metres and seconds of a courier's promised route; of a journey's direct way while nothing is promised."""
        vehicle = self.problem.vehicles[route.vehicle]
        if route.stops or vehicle.end_place is None:
            return route.distance_m, route.driving_s
        return _direct(vehicle, self.problem.travel_s, self.problem.distance_m) or (0, 0)

    def refs(self, keys: Iterable[engine.StopKey]) -> tuple[StopRef, ...]:
        return tuple(self.ref(key) for key in keys)

    def keys(self, refs: Iterable[StopRef]) -> tuple[engine.StopKey, ...]:
        """Stops the problem does not know are left out."""
        index = {delivery.id: number for number, delivery in enumerate(self.deliveries)}
        return tuple(
            engine.StopKey(index[ref.delivery_id], _engine_kind(ref.kind)) for ref in refs if ref.delivery_id in index
        )

    def promised(self) -> tuple[tuple[engine.StopKey, ...], ...]:
        """What every courier has promised, in the stored order. What machines have is not the planner's any more."""
        return (*(self.keys(courier.route) for courier in self.couriers), *(() for _ in self.machines))


def snapshot_places(deliveries: Iterable[OpenDelivery]) -> tuple[LatLon, ...]:
    """Each stop's place once. The same place is the same door, so that pickups at one store merge."""
    places: dict[LatLon, None] = {}
    for delivery in deliveries:
        places.setdefault(delivery.pickup)
        places.setdefault(delivery.dropoff)
    return tuple(places)


def build(inputs: Inputs) -> Built:
    """The engine's problem for a snapshot."""
    snapshot, now, rules = inputs.snapshot, inputs.snapshot.now, inputs.policy
    couriers = snapshot.couriers
    vehicle_of = {courier.id: number for number, courier in enumerate(couriers)}
    deliveries = tuple(d for d in snapshot.deliveries if policy.to_plan(d, vehicle_of))
    place_of = {place: number for number, place in enumerate(inputs.tables.places)}
    profiles = [table.profile for table in inputs.tables.profiles]
    settings = with_rates(snapshot.settings, rules.pay)
    free = tuple(n for n, d in enumerate(deliveries) if d.searching and d.offered_to not in vehicle_of)
    late_s = policy.late_stores(deliveries, settings, rules.preparation, now)
    answers = Answers(snapshot.fleet_answers)
    plain = [_request(d, snapshot, rules, place_of, vehicle_of, late_s.get(d.store_id, 0)) for d in deliveries]
    plain = [_with_machines(r, d, snapshot, answers) for r, d in zip(plain, deliveries, strict=True)]
    asking = Preferences(inputs, settings)
    preferences = {n: asking.of(deliveries[n], plain[n].dropoff.lateness, plain[n].priority) for n in free}
    requests = tuple(_preferring(request, preferences.get(n)) for n, request in enumerate(plain))
    numbers = {delivery.id: number for number, delivery in enumerate(deliveries)}
    people = tuple(_vehicle(c, rules, deliveries, numbers, now, place_of, profiles) for c in couriers)
    others = (machines.vehicle(m, place_of[m.place], profiles.index(m.profile)) for m in snapshot.machines)
    vehicles = (*people, *others)
    travel_s, distance_m = _matrices(inputs.tables)
    vehicles = tuple(_paid_for_detours(vehicle, travel_s, distance_m) for vehicle in vehicles)
    _bridge_gaps(inputs.tables.places, people, requests, couriers, travel_s, distance_m)
    problem = engine.Problem(requests, vehicles, travel_s, distance_m, dimensions=_DIMENSIONS)
    arrivals_per_h = _arrivals(snapshot, place_of)
    return Built(
        problem=problem,
        deliveries=deliveries,
        couriers=couriers,
        machines=snapshot.machines,
        answers=answers,
        free=free,
        rules=rules,
        settings=settings,
        arrivals_per_h=arrivals_per_h,
        asking=asking,
        preferences=preferences,
        late_s=late_s,
    )


def _arrivals(snapshot: Snapshot, place_of: dict[LatLon, int]) -> dict[int, float]:
    """Of the stores that this problem knows; two at one door count together."""
    found: dict[int, float] = {}
    for store in snapshot.demand:
        if store.place in place_of:
            found[place_of[store.place]] = found.get(place_of[store.place], 0.0) + store.per_h
    return found


def seconds_until(moment: datetime, now: datetime) -> int:
    return int((moment - now).total_seconds() // 1)


def _request(
    delivery: OpenDelivery,
    snapshot: Snapshot,
    rules: DispatchPolicy,
    place_of: dict[LatLon, int],
    vehicle_of: dict[str, int],
    store_late_s: int,
) -> engine.Request:
    now = snapshot.now
    at_store = _at_store(place_of[delivery.pickup], snapshot.settings)
    lateness = _waiting_curve(delivery, rules.waiting)
    at_door = _at_door(delivery, place_of[delivery.dropoff], snapshot.settings, now, lateness)
    holder = vehicle_of.get((delivery.offered_to if delivery.searching else delivery.courier_id) or "")
    excluded = frozenset[int]()
    if delivery.searching and holder is None:
        excluded = frozenset(
            n
            for n, c in enumerate(snapshot.couriers)
            if c.closed or c.id in delivery.refused_by or own_limits.broken(c, delivery)
        )
    return engine.Request(
        id=delivery.id,
        pickup=None if delivery.on_board else at_store,
        dropoff=at_store if delivery.going_back else at_door,
        load=(delivery.weight_g, delivery.volume_l),
        # The shopper's wait still counts from when it should have been ready; only who fetches it comes later.
        ready_at=None if delivery.on_board else seconds_until(delivery.ready_at, now) + store_late_s,
        bound_to=holder,
        required_skills=frozenset(delivery.skills),
        excluded_vehicles=excluded,
        priority=rules.priority.of(delivery.service_class, delivery.merchant_id),
        # What lateness has cost already is lost either way: counted on one side only, the longest wait would lose.
        open_penalty=rules.costs.left_open + _lost_already(at_door),
        picked_up_at=seconds_until(delivery.picked_up_at, now) if delivery.picked_up_at else None,
    )


def _with_machines(
    request: engine.Request, delivery: OpenDelivery, snapshot: Snapshot, answers: Answers
) -> engine.Request:
    """Which machines may have it, and what their fleets ask for it."""
    if request.bound_to is not None or not snapshot.machines:
        return request
    first = len(snapshot.couriers)
    unable = frozenset(
        number
        for number, machine in enumerate(snapshot.machines, first)
        if answers.refusal(delivery.id, delivery.machines, machine) is not None
    )
    excluded = request.excluded_vehicles | unable
    asked = machines.costs(delivery.id, snapshot.machines, first, answers, excluded)
    return replace(request, excluded_vehicles=excluded, vehicle_costs=asked)


def _preferring(request: engine.Request, preference: Preference | None) -> engine.Request:
    """With what it costs beyond the way that this courier and no other is asked."""
    if preference is None:
        return request
    couriers = (v for v in range(len(preference.refusal)) if v not in request.excluded_vehicles)
    costs = {v: preference.total(v) for v in couriers}
    return replace(request, vehicle_costs={**request.vehicle_costs, **{v: cost for v, cost in costs.items() if cost}})


def _at_store(place: int, settings: PlanSettings) -> engine.Stop:
    # Two thirds of the time at a store are finding it and waiting for the counter; that is paid once for all parcels.
    setup_s = settings.pickup_s * 2 // 3
    return engine.Stop(place, service_s=settings.pickup_s - setup_s, setup_s=setup_s)


def _at_door(
    delivery: OpenDelivery, place: int, settings: PlanSettings, now: datetime, lateness: engine.LatenessCurve
) -> engine.Stop:
    setup_s = settings.door_s // 2
    return engine.Stop(
        place,
        service_s=settings.door_s - setup_s,
        setup_s=setup_s,
        earliest=seconds_until(delivery.window_earliest, now),
        latest=seconds_until(max(delivery.window_earliest, delivery.ready_at), now),
        lateness=lateness,
    )


def _waiting_curve(delivery: OpenDelivery, costs: Waiting) -> engine.LatenessCurve:
    """Counted from when the parcel could be at the door at the soonest."""
    soonest = max(delivery.window_earliest, delivery.ready_at)
    room_s = max(0, int((delivery.promised_by - soonest).total_seconds()))
    pieces = {0: costs.express_per_s if delivery.service_class == ServiceClass.EXPRESS else costs.window_per_s}
    pieces[max(0, room_s - costs.near_promise_s)] = costs.near_promise_per_s
    pieces[room_s] = costs.late_per_s
    pieces[room_s + costs.very_late_s] = costs.very_late_per_s
    return engine.LatenessCurve(tuple(sorted(pieces.items())))


def _lost_already(at_door: engine.Stop) -> int:
    """What its lateness would cost were it handed over this moment."""
    return 0 if at_door.latest is None else at_door.lateness.cost(max(0, -at_door.latest))


def _vehicle(
    courier: CourierSeen,
    rules: DispatchPolicy,
    deliveries: Sequence[OpenDelivery],
    numbers: dict[str, int],
    now: datetime,
    place_of: dict[LatLon, int],
    profiles: Sequence[str],
) -> engine.Vehicle:
    traits = VEHICLES[courier.vehicle]
    following = [ref for ref in courier.route if ref.delivery_id in numbers][:1]
    prefix = tuple(engine.StopKey(numbers[ref.delivery_id], _engine_kind(ref.kind)) for ref in following)
    at_door = any(deliveries[key.request].state.startswith("at_") for key in prefix)
    shift_end = seconds_until(courier.shift_ends, now) if courier.shift_ends else None
    journey = courier.journey
    allowance_s = rules.costs.overtime_s if journey is None else 0
    share = rules.costs.own_driver_pct if courier.engagement is Engagement.EMPLOYED else 100
    return engine.Vehicle(
        id=courier.id,
        start_place=place_of[courier.place],
        start_at=max(0, seconds_until(journey.leaves_at, now)) if journey else 0,
        end_place=place_of[journey.to] if journey else None,
        parked=at_door,
        prefix=prefix,
        shift_end=shift_end,
        overtime=engine.LatenessCurve(((0, rules.costs.overtime_per_s),)),
        hard_shift_end=shift_end + allowance_s if shift_end is not None else None,
        capacity=(courier.capacity_g, courier.capacity_l),
        skills=frozenset(courier.skills),
        profile=profiles.index(traits.profile.value),
        cost_per_s=rules.costs.per_s * share // 100,
        cost_per_m=rules.costs.per_m(courier.vehicle) * share // 100,
        max_parcels_on_board=courier.max_deliveries,
        parking_s=traits.parking_s,
    )


def _direct(vehicle: engine.Vehicle, travel_s: _Table, distance_m: _Table) -> tuple[int, int] | None:
    """Metres and seconds from its start to its end; None without an end, or without a road there."""
    if vehicle.end_place is None:
        return None
    cell = (vehicle.profile, vehicle.start_place, vehicle.end_place)
    seconds = int(travel_s[cell])
    return None if seconds >= engine.UNREACHABLE else (int(distance_m[cell]), seconds)


def _paid_for_detours(vehicle: engine.Vehicle, travel_s: _Array, distance_m: _Array) -> engine.Vehicle:
    """A way that is made anyway costs nobody anything: of a journey only the detour counts."""
    direct = _direct(vehicle, travel_s, distance_m)
    if direct is None:
        return vehicle
    metres, seconds = direct
    return replace(vehicle, cost_fixed=-(metres * vehicle.cost_per_m + seconds * vehicle.cost_per_s))


def _engine_kind(kind: StopKind) -> engine.StopKind:
    # A parcel on its way back is on board; its only stop is where it is handed over.
    return engine.StopKind.PICKUP if kind is StopKind.PICKUP else engine.StopKind.DROPOFF


def _matrices(tables: TravelTables) -> tuple[_Array, _Array]:
    durations: _Array = np.array([table.durations_s for table in tables.profiles], dtype=np.int64)
    distances: _Array = np.array([table.distances_m for table in tables.profiles], dtype=np.int64)
    if not tables.profiles:
        size = len(tables.places)
        durations = distances = np.zeros((0, size, size), dtype=np.int64)
    no_road = durations < 0
    return np.where(no_road, engine.UNREACHABLE, durations), np.where(no_road, 0, distances)


def _bridge_gaps(
    places: Sequence[LatLon],
    vehicles: Sequence[engine.Vehicle],
    requests: Sequence[engine.Request],
    couriers: Sequence[CourierSeen],
    travel_s: _Array,
    distance_m: _Array,
) -> None:
    """A courier heading to a stop gets there somehow, whatever the map says."""
    for vehicle, courier in zip(vehicles, couriers, strict=True):
        for key in vehicle.prefix:
            request = requests[key.request]
            stop = request.pickup if key.kind is engine.StopKind.PICKUP else request.dropoff
            assert stop is not None
            cell = (vehicle.profile, vehicle.start_place, stop.place)
            if travel_s[cell] >= engine.UNREACHABLE:
                metres = _DETOUR * great_circle_m(places[vehicle.start_place], places[stop.place])
                distance_m[cell] = round(metres)
                travel_s[cell] = round(metres / VEHICLES[courier.vehicle].speed_mps)
