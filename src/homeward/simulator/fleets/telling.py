"""How a fleet tells of what changes: events, and the views that its calls answer with."""

from datetime import timedelta
from typing import Any

from homeward.fleets.contract.facts import CompartmentNow, Place, Refusal, Vehicle
from homeward.fleets.contract.legs import Hold, Leg
from homeward.fleets.contract.words import LEADS_TO, CompartmentState, EventKind, HoldKind, LegState, VehicleState
from homeward.simulator.fleets.journal import Kept
from homeward.simulator.fleets.records import Car, Carried, Role, Room, World
from homeward.simulator.fleets.rules import apart_m


def tell(world: World, car: Car, kind: EventKind, **members: Any) -> None:
    """Now, or when contact is back."""
    members |= {"vehicle_id": car.id, "place": car.place}
    if car.silent_until is not None:
        car.backlog.append(Kept(kind, world.now, members))
        return
    world.journal.tell(kind, world.now, world.now, **members)


def tell_of(world: World, leg: Carried, kind: EventKind, **members: Any) -> None:
    tell(world, leg.car, kind, leg_id=leg.id, reference=leg.order.reference, **members)


def move(world: World, leg: Carried, state: LegState, why: Refusal | None = None) -> None:
    """To another state, as the contract's table allows it."""
    assert state in LEADS_TO[leg.state], f"{leg.state} does not lead to {state}"
    previous, leg.state = leg.state, state
    leg.why = why or leg.why
    tell_of(world, leg, EventKind.LEG_MOVED, previous=previous, state=state, why=why)


def goods(world: World, leg: Carried, kind: EventKind) -> None:
    """In or out."""
    leg.room.loaded = kind is EventKind.GOODS_IN
    parcels = [parcel.id for parcel in leg.order.parcels]
    tell_of(world, leg, kind, compartment_id=leg.room.spec.id, parcels=parcels)


def hold_changed(world: World, car: Car, before: Hold | None) -> None:
    """Tell of the hold that begins or ends, and put off what was waited for."""
    after = car.hold
    if after == before:
        return
    if before is None:
        car.held_since = world.now
    elif after is None and car.held_since is not None:
        _put_off(car, world.now - car.held_since)
        car.held_since = None
    for leg in world.legs_of(car):
        if after is not None:
            tell_of(world, leg, EventKind.LEG_HELD, hold=after)
        else:
            tell_of(world, leg, EventKind.LEG_FREED)
    if after is None:
        foresee(world, car)


def _put_off(car: Car, lasted: timedelta) -> None:
    for visit in car.visits:
        visit.gives_up_at = visit.gives_up_at and visit.gives_up_at + lasted
        visit.finishes_at = visit.finishes_at and visit.finishes_at + lasted


HANDLING_S = 90
"""Usual time at a stop."""


def way_s(world: World, car: Car, a: Place, b: Place) -> float:
    return apart_m(a, b) * world.kind.detour / car.model.speed_m_s


def foresee(world: World, car: Car) -> None:
    """When each of its legs will be where; told when a door's time has changed by more than a minute."""
    at, place = world.now, car.place
    for visit in car.visits:
        leg = world.legs[visit.leg_id]
        at += timedelta(seconds=round(way_s(world, car, place, visit.place)))
        if visit.role is Role.PICKUP:
            at = max(at, leg.order.ready_at)
            leg.pickup_eta = at
        elif visit.role is Role.DROPOFF:
            at = max(at, leg.order.earliest or at)
            if leg.dropoff_eta is not None and abs(at - leg.dropoff_eta) > timedelta(minutes=1):
                tell_of(world, leg, EventKind.LEG_ETA, dropoff_eta=at)
            leg.dropoff_eta = at
        at, place = at + timedelta(seconds=HANDLING_S), visit.place


def leg_view(leg: Carried) -> Leg:
    """As far as the fleet knows it."""
    return leg.told or _leg_now(leg, None if leg.ended else leg.car.hold)


def _leg_now(leg: Carried, hold: Hold | None) -> Leg:
    here = next((visit for visit in leg.car.visits if visit.leg_id == leg.id and visit.arrived), None)
    return Leg(
        id=leg.id,
        reference=leg.order.reference,
        state=leg.state,
        hold=hold,
        vehicle_id=leg.car.id,
        compartment_id=leg.room.spec.id,
        pickup_eta=leg.pickup_eta,
        dropoff_eta=leg.dropoff_eta,
        waits_until=here.gives_up_at if here else None,
        why=leg.why,
        price=leg.quote.price,
    )


def vehicle_view(world: World, car: Car) -> Vehicle:
    return car.told or _vehicle_now(world, car, vehicle_state(car))


def _vehicle_now(world: World, car: Car, state: VehicleState) -> Vehicle:
    missing_m = (car.model.range_m or 0) - car.range_left_m
    charging = missing_m > 0 and world.kind.charges_m_per_s > 0 and not car.visits and car.place == car.home
    return Vehicle(
        id=car.id,
        model=car.model.id,
        plate=car.id.upper(),
        state=state,
        driving=world.kind.driving,
        seen_at=world.now,
        place=car.place,
        accuracy_m=3,
        heading_deg=car.heading_deg,
        range_left_m=max(0, int(car.range_left_m)) if car.model.range_m else None,
        charged_at=world.now + timedelta(seconds=missing_m / world.kind.charges_m_per_s) if charging else None,
        compartments=[
            CompartmentNow(id=room.spec.id, state=_room_state(room), leg_id=room.leg_id) for room in car.rooms
        ],
    )


def _room_state(room: Room) -> CompartmentState:
    if room.jammed:
        return CompartmentState.JAMMED
    if room.open:
        return CompartmentState.OPEN
    if room.loaded:
        return CompartmentState.LOADED
    kept = room.leg_id is not None or room.reservation_id is not None
    return CompartmentState.RESERVED if kept else CompartmentState.FREE


def vehicle_state(car: Car) -> VehicleState:
    if car.silent_until is not None:
        return VehicleState.UNKNOWN
    if car.broken or (car.trouble is not None and car.trouble.kind is not None):
        return VehicleState.NON_OPERATIONAL
    if car.visits:
        return VehicleState.STOPPED if car.visits[0].arrived or car.hold else VehicleState.ON_TRIP
    kept = any(room.leg_id or room.reservation_id for room in car.rooms)
    return VehicleState.RESERVED if kept else VehicleState.AVAILABLE


def tell_of_vehicle(world: World, car: Car) -> None:
    """If it is in another state than was told last."""
    state = vehicle_state(car)
    if state is not car.said_state:
        car.said_state = state
        members = {"vehicle_id": car.id, "vehicle_state": state, "driving": world.kind.driving}
        world.journal.tell(EventKind.VEHICLE_CHANGED, world.now, world.now, **members)


def lose_sight(world: World, car: Car, seconds: int) -> None:
    """From now on what it does is told later, and its legs look as they do now."""
    silent = Hold(kind=HoldKind.CONTACT_LOST, since=world.now)
    if car.silent_until is None:
        for leg in world.legs_of(car):
            tell_of(world, leg, EventKind.LEG_HELD, hold=silent)
            leg.told = _leg_now(leg, silent)
        car.told = _vehicle_now(world, car, VehicleState.UNKNOWN)
    car.silent_until = max(car.silent_until or world.now, world.now + timedelta(seconds=seconds))
    tell_of_vehicle(world, car)


def see_again(world: World, car: Car) -> None:
    """Everything that was kept back gets its number now, and keeps its own time."""
    car.silent_until, car.told = None, None
    for leg in world.legs.values():
        if leg.car is car and leg.told is not None:
            leg.told = None
            tell_of(world, leg, EventKind.LEG_FREED)
    for kept in car.backlog:
        world.journal.tell(kept.kind, kept.at, world.now, **kept.members)
    car.backlog.clear()
    tell_of_vehicle(world, car)
