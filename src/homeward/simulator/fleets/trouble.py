"""What comes from outside: mishaps and weather. Each ends in going on, in going back, or in a rescue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from homeward.fleets.contract.facts import Refusal
from homeward.fleets.contract.legs import Hold
from homeward.fleets.contract.words import ON_BOARD, EventKind, HoldKind, IncidentKind, LegState, Limit
from homeward.simulator.fleets.life import break_down, end, settle, turn_around
from homeward.simulator.fleets.records import Car, Trouble, World
from homeward.simulator.fleets.rules import of_weather
from homeward.simulator.fleets.telling import hold_changed, see_again, tell

_K = IncidentKind


@dataclass(frozen=True, slots=True)
class Course:
    """How long the fleet hopes that it passes, and whether its vehicle can still go back by itself then."""

    patience_s: int
    goes_back: bool = False


COURSES: Final[Mapping[IncidentKind, Course]] = {
    _K.STUCK: Course(300),
    _K.BLOCKED: Course(600),
    _K.BATTERY: Course(60),
    _K.LID_JAM: Course(180),
    _K.TIPPED: Course(30),
    _K.CRASH: Course(10),
    _K.TAMPERING: Course(60),
    _K.OTHER: Course(300),
    _K.NOBODY_CAME: Course(1, goes_back=True),
    _K.SPOT_NOT_CLEAR: Course(120, goes_back=True),
    _K.WRONG_GOODS: Course(60, goes_back=True),
}
_CAN_TURN: Final = frozenset({LegState.LOADED, LegState.TO_DROPOFF, LegState.AT_DROPOFF})
_NOT_YET: Final = frozenset({LegState.COMMITTED, LegState.TO_PICKUP, LegState.AT_PICKUP})


def befall(world: World, car: Car, kind: IncidentKind, ends_after_s: int | None) -> None:
    """From now on, until it ends by itself or patience does. A second mishap takes the place of the first."""
    before, patience = car.hold, timedelta(seconds=COURSES[kind].patience_s)
    ends_at = None if ends_after_s is None else world.now + timedelta(seconds=ends_after_s)
    hold = Hold(kind=HoldKind.HELD, since=world.now, until=ends_at, reason=kind)
    car.trouble = Trouble(kind, hold, ends_at, None if ends_at else world.now + patience)
    for room in car.rooms:
        room.jammed = kind is _K.LID_JAM
    first = next((visit.leg_id for visit in car.visits), None)
    of_leg = {"leg_id": first, "reference": world.legs[first].order.reference} if first else {}
    tell(world, car, EventKind.INCIDENT, incident=kind, **of_leg)
    hold_changed(world, car, before)


def pass_or_end(world: World, car: Car) -> None:
    """Whether what keeps the vehicle is over by now, one way or the other."""
    trouble = car.trouble
    if trouble is None:
        return
    if trouble.kind is None:
        if next(of_weather(world.domain, world.weather, world.now), None) is None:
            _over(world, car)
    elif trouble.ends_at is not None and world.now >= trouble.ends_at:
        _over(world, car)
    elif trouble.gives_up_at is not None and world.now >= trouble.gives_up_at:
        _over(world, car)
        _give_in(world, car, trouble.kind)


def _over(world: World, car: Car) -> None:
    before, car.trouble = car.hold, None
    for room in car.rooms:
        room.jammed = False
    hold_changed(world, car, before)


def _give_in(world: World, car: Car, kind: IncidentKind) -> None:
    """What is on board goes back or waits for a rescuer; what is not will not be fetched."""
    why = Refusal(limit=Limit.OPERATOR, said=f"It cannot go on: {kind}.")
    if not COURSES[kind].goes_back:
        break_down(world, car, why)
        return
    for leg in world.legs_of(car):
        settle(world, leg)
        if leg.state in _CAN_TURN:
            turn_around(world, leg, why)
        elif leg.state in _NOT_YET:
            end(world, leg, LegState.REFUSED, why)


def repair(world: World, car: Car) -> None:
    """As new, at home: whatever it was doing is over."""
    if car.silent_until is not None:
        see_again(world, car)
    before, car.trouble, car.asked_hold, car.pauses_at = car.hold, None, None, None
    car.broken, car.broken_since, car.back_at = False, None, None
    hold_changed(world, car, before)
    why = Refusal(limit=Limit.OPERATOR, said="The sandbox repaired its vehicle.")
    for leg in world.legs_of(car):
        settle(world, leg)
        if leg.state in ON_BOARD:
            leg.room.loaded = False
            end(world, leg, LegState.WRITTEN_OFF, why)
        elif not leg.ended:
            end(world, leg, LegState.REFUSED, why)
    for room in car.rooms:
        room.jammed = False
        if room.reservation_id is not None:
            world.reservations[room.reservation_id].released, room.reservation_id = True, None
    car.visits, car.place, car.range_left_m = [], car.home, float(car.model.range_m or 0)
