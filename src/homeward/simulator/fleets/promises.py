"""The four steps of a promise: feasible, quote, reserve, commit. Each holds for as long as it says, and no longer."""

from datetime import datetime, timedelta
from typing import Final

from homeward.fleets.contract.facts import Place, Refusal
from homeward.fleets.contract.legs import Feasibility, LegOrder, Price, Quote, Reservation
from homeward.fleets.contract.server import Refused, refuse
from homeward.fleets.contract.words import LegState, Limit
from homeward.simulator.fleets.mischief import draw
from homeward.simulator.fleets.records import Car, Carried, Quoted, Reserved, Role, Room, Visit, World
from homeward.simulator.fleets.rules import Trip, apart_m, handing, limits_of, of_weather, range_needed_m, rooms_for
from homeward.simulator.fleets.telling import HANDLING_S, foresee, way_s

_SAME_PLACE_M: Final = 50.0
_SPREAD: Final = 1.25
"""Nine of ten ways take at most this much longer than usual."""


def feasible(world: World, order: LegOrder) -> Feasibility:
    """By a vehicle that stands at home with a full battery: whether one is free does not matter here."""
    if order.vehicle_id is not None and order.vehicle_id not in world.cars:
        return Feasibility(feasible=False, limits=[Refusal(limit=Limit.UNKNOWN, said="no such vehicle")])
    car = world.cars[order.vehicle_id] if order.vehicle_id else next(iter(world.cars.values()))
    trip = _trip(world, car, order, from_home=True)
    limits = limits_of(order, car.model, world.domain, trip, world.weather)
    return Feasibility(feasible=not limits, limits=limits)


def _trip(world: World, car: Car, order: LegOrder, *, from_home: bool) -> Trip:
    """From home, or from wherever the vehicle will be after what it has to do."""
    detour, speed = world.kind.detour, car.model.speed_m_s
    free_at, free_place = (world.now, car.home) if from_home else _free(world, car, order)
    to_pickup_m = apart_m(free_place, order.pickup.place) * detour
    leg_m = apart_m(order.pickup.place, order.dropoff.place) * detour
    pickup_at = max(free_at + timedelta(seconds=to_pickup_m / speed), order.ready_at)
    dropoff_at = pickup_at + timedelta(seconds=HANDLING_S + leg_m / speed)
    return Trip(
        from_home_m=to_pickup_m,
        leg_m=leg_m,
        back_home_m=apart_m(order.dropoff.place, car.home) * detour,
        pickup_at=_whole(pickup_at),
        dropoff_at=_whole(max(dropoff_at, order.earliest or dropoff_at)),
    )


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0) + timedelta(seconds=bool(moment.microsecond))


def _free(world: World, car: Car, order: LegOrder) -> tuple[datetime, Place]:
    at, place = world.now, car.place
    visits = car.visits[:1] if _joins(world, car, order) else car.visits
    for visit in visits:
        at += timedelta(seconds=way_s(world, car, place, visit.place) + HANDLING_S)
        place = visit.place
    return at, place


def _joins(world: World, car: Car, order: LegOrder) -> bool:
    """Whether the vehicle is about to be at this store anyway, for another leg."""
    if not car.visits or car.visits[0].role is not Role.PICKUP:
        return False
    return apart_m(car.visits[0].place, order.pickup.place) <= _SAME_PLACE_M


def _room_of(car: Car, order: LegOrder) -> Room | None:
    """A free compartment of a vehicle that may take this load besides what it has."""
    fits = {room.id for room in rooms_for(order, car.model)}
    free = (room for room in car.rooms if not (room.leg_id or room.reservation_id or room.loaded or room.open))
    return next((room for room in free if room.spec.id in fits), None)


def _weight_g(order: LegOrder) -> int:
    return sum(parcel.weight_g for parcel in order.parcels)


def _candidates(world: World, order: LegOrder) -> list[tuple[Trip, Car, Room]]:
    """Vehicles with a compartment for it, the earliest at the door first. Raises Refused if there is none."""
    found: list[tuple[Trip, Car, Room]] = []
    tired = False
    for car in world.cars.values():
        room = _room_of(car, order)
        wanted = order.vehicle_id in (None, car.id)
        on_board_g = sum(_weight_g(leg.order) for leg in world.legs_of(car))
        too_full = on_board_g + _weight_g(order) > car.model.load_limit_g
        unfit = car.broken or car.hold is not None or car.silent_until is not None
        if room is None or not wanted or too_full or unfit:
            continue
        trip = _trip(world, car, order, from_home=False)
        if car.model.range_m is not None and range_needed_m(trip) > car.range_left_m:
            tired = True
            continue
        found.append((trip, car, room))
    if not found:
        limit, wait_s = (Limit.RANGE, 1_800) if tired else (Limit.NO_VEHICLE, 600)
        raise refuse(limit, "None is free.", retry_after=world.now + timedelta(seconds=wait_s))
    return sorted(found, key=lambda each: (each[0].dropoff_at, each[1].id))


def quote(world: World, order: LegOrder) -> Quote:
    """Raises Refused with the first limit that says no."""
    answer = feasible(world, order)
    if answer.limits:
        raise Refused(answer.limits[0])
    trip, car, _ = _candidates(world, order)[0]
    limits = limits_of(order, car.model, world.domain, trip, world.weather)
    if limits:
        raise Refused(limits[0])
    at_pickup, at_dropoff = handing(order.pickup, car.model.at_pickup), handing(order.dropoff, car.model.at_dropoff)
    assert at_pickup is not None  # or a limit had said so
    assert at_dropoff is not None
    minor = world.kind.base_minor + round(world.kind.per_km_minor * trip.leg_m / 1_000)
    made = Quote(
        id=world.name("quote"),
        price=Price(minor=minor, currency=world.facts.currency),
        pickup_eta=trip.pickup_at,
        dropoff_eta=trip.dropoff_at,
        dropoff_latest=_whole(world.now + (trip.dropoff_at - world.now) * _SPREAD),
        held_until=world.now + timedelta(seconds=world.facts.quote_held_s),
        at_pickup=at_pickup,
        at_dropoff=at_dropoff,
    )
    world.quotes[made.id] = Quoted(made, order)
    return made


def reserve(world: World, quote_id: str) -> Reservation:
    """The vehicle may be another one than the quote was reckoned with."""
    quoted = world.quotes.get(quote_id)
    if quoted is None:
        raise refuse(Limit.UNKNOWN, "No such quote.")
    if world.now > quoted.quote.held_until:
        raise refuse(Limit.EXPIRED, "The quote is not held any more.")
    _, car, room = _candidates(world, quoted.order)[0]
    made = Reservation(
        id=world.name("reservation"),
        quote_id=quote_id,
        vehicle_id=car.id,
        compartment_id=room.spec.id,
        held_until=world.now + timedelta(seconds=world.facts.reservation_held_s),
    )
    room.reservation_id = made.id
    world.reservations[made.id] = Reserved(made, quoted)
    return made


def release(world: World, reservation_id: str) -> None:
    """Raises Refused if there never was such a reservation; a leg that came of it is not touched."""
    kept = world.reservations.get(reservation_id)
    if kept is None:
        raise refuse(Limit.UNKNOWN, "No such reservation.")
    if kept.leg_id is None:
        kept.released = True
        _let_go(world, kept)


def _let_go(world: World, kept: Reserved) -> None:
    for room in world.cars[kept.reservation.vehicle_id].rooms:
        if room.reservation_id == kept.reservation.id:
            room.reservation_id = None


def let_go_of_expired(world: World) -> None:
    """Compartments that nobody committed to in time are free again."""
    for car in world.cars.values():
        for room in car.rooms:
            kept = world.reservations[room.reservation_id] if room.reservation_id else None
            if kept is not None and world.now > kept.reservation.held_until:
                room.reservation_id = None


def commit(world: World, reservation_id: str) -> Carried:
    """The leg of this reservation, made once. Raises Refused."""
    kept = world.reservations.get(reservation_id)
    if kept is None:
        raise refuse(Limit.UNKNOWN, "No such reservation.")
    if kept.leg_id is not None:
        return world.legs[kept.leg_id]
    if kept.released or world.now > kept.reservation.held_until:
        raise refuse(Limit.EXPIRED, "The compartment is not kept any more.")
    car = world.cars[kept.reservation.vehicle_id]
    if car.broken or car.silent_until is not None:
        raise refuse(Limit.NO_VEHICLE, "The vehicle is not to be had.", retry_after=world.now + timedelta(minutes=1))
    beyond = next(of_weather(world.domain, world.weather, world.now), None)
    if beyond is not None:
        raise Refused(beyond)
    return _begin(world, kept, car)


def _begin(world: World, kept: Reserved, car: Car) -> Carried:
    order, room = kept.quoted.order, car.room(kept.reservation.compartment_id)
    assert room is not None
    leg = Carried(world.name("leg"), order, kept.quoted.quote, car, room, order.dropoff)
    assert leg.state is LegState.COMMITTED
    leg.planned = draw(world.habits.seed, world.habits.faults_share, leg.id)
    kept.leg_id, room.reservation_id, room.leg_id = leg.id, None, leg.id
    world.legs[leg.id] = leg
    pickup, dropoff = Visit(leg.id, Role.PICKUP, order.pickup.place), Visit(leg.id, Role.DROPOFF, _door(order))
    at = 1 if _joins(world, car, order) else len(car.visits)
    car.visits = [*car.visits[:at], pickup, *car.visits[at:], dropoff]
    foresee(world, car)
    return leg


def _door(order: LegOrder) -> Place:
    return order.dropoff.spot or order.dropoff.place
