"""What a minute does to a market whose couriers follow a plan. Pure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from homeward.benchmarks.market.draw import MINUTE, new_parcel
from homeward.benchmarks.market.model import Courier, NextStop, Parcel, Point, Snapshot
from homeward.dispatch.engine import Plan, PlannedRoute, PlannedStop, Problem, StopKey, StopKind

Keys = tuple[tuple[StopKey, ...], ...]


def a_minute_later(snapshot: Snapshot, problem: Problem, plan: Plan, *, seed: int) -> tuple[Snapshot, Keys]:
    """The market one minute on, and what is left of the plan in the words of the new problem.

    Stops begun within the minute are done, and their courier is free when they end; whoever is on the road has the
    next stop fixed; meanwhile shoppers book.
    """
    now = snapshot.now + MINUTE
    parcels = {parcel.id: parcel for parcel in snapshot.parcels}
    couriers = []
    left_by_courier: list[list[NextStop]] = []
    for number, (courier, route) in enumerate(zip(snapshot.couriers, plan.routes, strict=True)):
        done = [stop for stop in route.stops if stop.start < MINUTE]
        for stop in done:
            _carry_out(parcels, snapshot, stop, number)
        moved = _moved(courier, snapshot, problem, route, len(done))
        couriers.append(moved)
        left_by_courier.append([_named(snapshot, stop) for stop in route.stops[len(done) :]])
    rng = np.random.default_rng([seed, now])
    first_free = 1 + max(int(parcel.id[1:]) for parcel in snapshot.parcels)
    for number in range(first_free, first_free + booked_in_a_minute(len(snapshot.parcels))):
        parcel = new_parcel(
            rng, snapshot.town, now=now, load=snapshot.load, number=number, couriers=len(couriers), just_now=True
        )
        parcels[parcel.id] = parcel
    later = Snapshot(now, snapshot.load, snapshot.town, tuple(couriers), tuple(parcels.values()))
    index = {parcel.id: number for number, parcel in enumerate(later.parcels)}
    keys = tuple(tuple(StopKey(index[stop.parcel], stop.kind) for stop in left) for left in left_by_courier)
    return later, keys


def booked_in_a_minute(deliveries: int) -> int:
    """A delivery is open for about an hour; so many new ones keep their number."""
    return max(1, deliveries // 60)


def _named(snapshot: Snapshot, stop: PlannedStop) -> NextStop:
    return NextStop(snapshot.parcels[stop.key.request].id, stop.key.kind)


def _carry_out(parcels: dict[str, Parcel], snapshot: Snapshot, stop: PlannedStop, courier: int) -> None:
    parcel = snapshot.parcels[stop.key.request]
    if stop.key.kind is StopKind.DROPOFF:
        del parcels[parcel.id]
    else:
        picked_up_at = snapshot.now + stop.departure
        parcels[parcel.id] = replace(parcel, carried_by=courier, picked_up_at=picked_up_at)


def _moved(courier: Courier, snapshot: Snapshot, problem: Problem, route: PlannedRoute, done: int) -> Courier:
    """Where the courier is after the minute: at a door, on the road to the next one, or where they were."""
    now = snapshot.now + MINUTE
    here, free_at, parked = courier.point, courier.free_at, courier.parked
    if done:
        last = route.stops[done - 1]
        here, free_at, parked = _point(snapshot, last.key), snapshot.now + last.departure, True
    free_at = max(now, free_at)
    rest = route.stops[done:]
    if not rest or free_at > now:
        still = None if done else courier.heading_to
        return replace(courier, point=here, free_at=free_at, parked=parked, heading_to=still)
    following = rest[0]
    there = _point(snapshot, following.key)
    heading = _named(snapshot, following)
    if following.arrival <= MINUTE:
        # At the door, setting up or waiting for the parcel; what is begun there is finished.
        asked = problem.stop(following.key)
        setup_s = 0 if parked and here == there else asked.setup_s + problem.vehicles[route.vehicle].parking_s
        ready_at = snapshot.now + following.arrival + setup_s
        return replace(courier, point=there, free_at=max(now, ready_at), parked=True, heading_to=heading)
    left_at = route.stops[done - 1].departure if done else problem.vehicles[route.vehicle].start_at
    share = (MINUTE - left_at) / (following.arrival - left_at)
    return replace(courier, point=_between(here, there, share), free_at=now, parked=False, heading_to=heading)


def _point(snapshot: Snapshot, key: StopKey) -> Point:
    parcel = snapshot.parcels[key.request]
    return parcel.store if key.kind is StopKind.PICKUP else parcel.door


def _between(a: Point, b: Point, share: float) -> Point:
    return Point(round(a.x_m + (b.x_m - a.x_m) * share), round(a.y_m + (b.y_m - a.y_m) * share))
