"""One second in the life of a vehicle: on its way, at a stop, at home."""

from datetime import timedelta
from math import atan2, cos, degrees, radians
from typing import Final

from homeward.fleets.contract.facts import Place, Refusal
from homeward.fleets.contract.legs import Hold, Holder
from homeward.fleets.contract.words import (
    ENDED,
    ON_BOARD,
    EventKind,
    HoldKind,
    IncidentKind,
    LegState,
    Limit,
)
from homeward.simulator.fleets.records import Car, Carried, Role, Trouble, Visit, World
from homeward.simulator.fleets.rules import BY_ITSELF, apart_m, of_weather
from homeward.simulator.fleets.telling import foresee, goods, hold_changed, move, see_again, tell

_S = LegState
_LID_PATIENCE: Final = timedelta(seconds=120)
LID_CLOSES: Final = timedelta(seconds=20)
BY_HAND: Final = timedelta(seconds=5)
CREW_NEEDS: Final = timedelta(hours=1)
"""To fetch an empty vehicle that broke down, mend it and charge it."""
GOODS_LEFT_FOR: Final = timedelta(hours=4)
"""How long the goods of a vehicle that broke down wait for a rescuer."""
_ARRIVING: Final = {Role.PICKUP: _S.AT_PICKUP, Role.DROPOFF: _S.AT_DROPOFF, Role.RETURN: _S.AT_RETURN}


def second(world: World, car: Car) -> None:
    """What it does until the next full second."""
    if car.silent_until is not None and world.now >= car.silent_until:
        see_again(world, car)
    if car.broken:
        _recover(world, car)
    elif car.pauses_at is not None and world.now >= car.pauses_at:
        begin_hold(world, car, HoldKind.PAUSED)
    if car.hold is None and not car.broken:
        if car.visits:
            _serve(world, car, car.visits[0])
        else:
            _idle(world, car)


def begin_hold(world: World, car: Car, kind: HoldKind, reason: str = "") -> None:
    """Because it was asked for."""
    before, car.pauses_at = car.hold, None
    car.asked_hold = Hold(kind=kind, since=world.now, reason=reason)
    hold_changed(world, car, before)


def _serve(world: World, car: Car, visit: Visit) -> None:
    leg = world.legs[visit.leg_id]
    if visit.arrived:
        _stand(world, car, visit, leg)
        return
    if not visit.set_out and not _set_out(world, car, visit, leg):
        return
    if _drive(world, car, visit.place):
        _arrive(world, visit, leg)


def _set_out(world: World, car: Car, visit: Visit, leg: Carried) -> bool:
    beyond = next(of_weather(world.domain, world.weather, world.now), None)
    if beyond is not None and visit.role is not Role.RETURN:
        before = car.hold
        hold = Hold(kind=HoldKind.HELD, since=world.now, reason="weather")
        car.trouble = Trouble(kind=None, hold=hold, ends_at=None, gives_up_at=None)
        hold_changed(world, car, before)
        return False
    visit.set_out = True
    if visit.role is not Role.RETURN:
        move(world, leg, _S.TO_PICKUP if visit.role is Role.PICKUP else _S.TO_DROPOFF)
    return True


def _drive(world: World, car: Car, goal: Place) -> bool:
    """One second nearer, in a straight line that the detour makes longer. True on arrival."""
    left_m = apart_m(car.place, goal)
    step_m = car.model.speed_m_s / world.kind.detour
    car.range_left_m -= min(left_m * world.kind.detour, car.model.speed_m_s)
    if left_m <= step_m:
        car.place = goal
        return True
    north, east = goal.lat - car.place.lat, goal.lon - car.place.lon
    car.heading_deg = round(degrees(atan2(east * cos(radians(goal.lat)), north))) % 360
    share = step_m / left_m
    car.place = Place(lat=car.place.lat + north * share, lon=car.place.lon + east * share)
    return False


def _arrive(world: World, visit: Visit, leg: Carried) -> None:
    """It waits from when somebody could come at all."""
    visit.arrived = True
    waits, order = world.facts.waits, leg.order
    if visit.role is Role.DROPOFF:
        since, wait_s = max(world.now, order.earliest or world.now), waits.at_dropoff_s
    else:
        since = max(world.now, order.ready_at) if visit.role is Role.PICKUP else world.now
        wait_s = waits.at_pickup_s
    visit.gives_up_at = since + timedelta(seconds=wait_s)
    move(world, leg, _ARRIVING[visit.role])


def _stand(world: World, car: Car, visit: Visit, leg: Carried) -> None:
    if leg.room.open:
        if leg.room.closes_at is not None and world.now >= leg.room.closes_at:
            close_lid(world, leg)
    elif visit.finishes_at is not None:
        if world.now >= visit.finishes_at:
            visit.finishes_at = None
            passed(world, leg)
    elif visit.role is Role.DROPOFF and leg.quote.at_dropoff in BY_ITSELF:
        if world.now >= (leg.order.earliest or world.now):
            move(world, leg, _S.HANDING_OVER)
            visit.finishes_at = world.now + timedelta(seconds=world.kind.sets_down_s)
    elif visit.gives_up_at is not None and world.now >= visit.gives_up_at:
        give_up(world, car, visit, leg)


def open_lid(world: World, leg: Carried, holder: Holder, secret_id: str | None) -> None:
    """Without a secret's id it was nobody's hand but its own."""
    leg.room.open, leg.room.closes_at = True, world.now + _LID_PATIENCE
    tell(
        world,
        leg.car,
        EventKind.OPENED,
        leg_id=leg.id,
        reference=leg.order.reference,
        compartment_id=leg.room.spec.id,
        opened_for=holder,
        secret_id=secret_id,
    )


def close_lid(world: World, leg: Carried) -> None:
    leg.room.open, leg.room.closes_at = False, None
    more = {"leg_id": leg.id, "reference": leg.order.reference}
    tell(world, leg.car, EventKind.CLOSED, compartment_id=leg.room.spec.id, **more)
    passed(world, leg)


def passed(world: World, leg: Carried) -> None:
    """Whoever was there has finished: on with the leg, or back to waiting if the goods are where they were."""
    if leg.state is _S.LOADING:
        if not leg.room.loaded:
            move(world, leg, _S.AT_PICKUP)
            return
        move(world, leg, _S.LOADED)
        leg.car.visits = [v for v in leg.car.visits if not (v.leg_id == leg.id and v.role is Role.PICKUP)]
    elif leg.state is _S.HANDING_OVER:
        if leg.room.loaded and leg.quote.at_dropoff not in BY_ITSELF:
            move(world, leg, _S.AT_DROPOFF)
            return
        if leg.room.loaded:
            goods(world, leg, EventKind.GOODS_OUT)
        end(world, leg, _S.DONE)
    elif leg.state is _S.AT_RETURN and not leg.room.loaded:
        end(world, leg, _S.RETURNED)


def end(world: World, leg: Carried, state: LegState, why: Refusal | None = None) -> None:
    """Over: the compartment is free, and the vehicle goes on with what it has."""
    assert state in ENDED
    move(world, leg, state, why)
    leg.room.leg_id = None
    leg.car.visits = [visit for visit in leg.car.visits if visit.leg_id != leg.id]
    for kept in leg.secrets:
        kept.spent = True
    foresee(world, leg.car)


def give_up(world: World, car: Car, visit: Visit, leg: Carried) -> None:
    """Nobody came."""
    tell(
        world,
        car,
        EventKind.INCIDENT,
        leg_id=leg.id,
        reference=leg.order.reference,
        incident=IncidentKind.NOBODY_CAME,
    )
    why = Refusal(limit=Limit.TOO_LATE, said="Nobody came while it waited.")
    if visit.role is Role.PICKUP:
        end(world, leg, _S.REFUSED, why)
    elif visit.role is Role.DROPOFF:
        turn_around(world, leg, why)
    else:
        break_down(world, car, why)


def turn_around(world: World, leg: Carried, why: Refusal | None = None) -> None:
    """Back to the store, before anything else that it was going to do."""
    move(world, leg, _S.RETURNING, why)
    leg.dropoff_eta = None
    others = [visit for visit in leg.car.visits if visit.leg_id != leg.id]
    back = Visit(leg.id, Role.RETURN, leg.order.pickup.place)
    leg.car.visits = [*others[:1], back, *others[1:]] if others and others[0].set_out else [back, *others]
    foresee(world, leg.car)


def settle(world: World, leg: Carried) -> None:
    """Bring to its end what somebody has begun at the vehicle."""
    half_done = leg.room.loaded if leg.state is _S.LOADING else not leg.room.loaded
    if leg.room.open:
        close_lid(world, leg)
    elif half_done and leg.state in (_S.LOADING, _S.HANDING_OVER, _S.AT_RETURN):
        passed(world, leg)


def break_down(world: World, car: Car, why: Refusal) -> None:
    """It stays where it is until somebody has taken what is on board; what is not will not be fetched."""
    car.broken, car.broken_since, car.back_at, car.asked_hold, car.pauses_at = True, world.now, None, None, None
    for leg in world.legs_of(car):
        settle(world, leg)
        if leg.state in ON_BOARD - {_S.RESCUE_NEEDED}:
            move(world, leg, _S.RESCUE_NEEDED, why)
        elif not leg.ended and leg.state is not _S.RESCUE_NEEDED:
            end(world, leg, _S.REFUSED, why)
    car.visits = []


def _recover(world: World, car: Car) -> None:
    """A crew fetches it when nothing is on board any more; later it is whole and charged at home.

    Goods that nobody came for in all that time are written off, or the fleet would die out by what is forgotten.
    """
    assert car.broken_since is not None
    if any(room.loaded for room in car.rooms):
        if world.now - car.broken_since < GOODS_LEFT_FOR:
            return
        _write_off(world, car)
    if car.back_at is None:
        car.back_at = world.now + CREW_NEEDS
    elif world.now >= car.back_at:
        car.broken, car.broken_since, car.back_at = False, None, None
        car.place, car.range_left_m = car.home, float(car.model.range_m or 0)
        for room in car.rooms:
            room.jammed = False


def _write_off(world: World, car: Car) -> None:
    why = Refusal(limit=Limit.TOO_LATE, said="Nobody came for the goods.")
    for leg in world.legs_of(car):
        leg.room.loaded = False
        end(world, leg, _S.WRITTEN_OFF, why)


def _idle(world: World, car: Car) -> None:
    if car.place != car.home:
        _drive(world, car, car.home)
    elif car.model.range_m is not None:
        car.range_left_m = min(float(car.model.range_m), car.range_left_m + world.kind.charges_m_per_s)
