"""The words of the fleet contract. Modes differ in the values of their facts, never in their calls. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Mode(StrEnum):
    """What moves. Nothing is decided by it: it is what people read and cities count."""

    COURIER = "courier"
    OWN_DRIVER = "own_driver"
    CARRIER = "carrier"
    SIDEWALK_ROBOT = "sidewalk_robot"
    ROAD_VEHICLE = "road_vehicle"
    DRONE = "drone"


class Handoff(StrEnum):
    """How goods change hands at a stop."""

    HAND = "hand"  # from person to person
    DOORSTEP = "doorstep"  # set down, nobody takes it
    HATCH = "hatch"  # somebody comes to the vehicle and a compartment opens
    TETHER = "tether"  # lowered onto a marked spot
    PAD = "pad"  # set down or taken up on a prepared place
    STATION = "station"  # from machine to machine


class Temperature(StrEnum):
    AMBIENT = "ambient"
    CHILLED = "chilled"
    FROZEN = "frozen"
    HEATED = "heated"


class Limit(StrEnum):
    """Why a fleet says no, at whatever stage."""

    TOO_HEAVY = "too_heavy"
    TOO_BIG = "too_big"
    GOODS = "goods"  # of a class that it does not carry
    TEMPERATURE = "temperature"
    OUT_OF_AREA = "out_of_area"
    NO_WAY = "no_way"  # inside the area, but nothing leads there
    CLOSED = "closed"
    WEATHER = "weather"
    DAYLIGHT = "daylight"
    RANGE = "range"
    NO_VEHICLE = "no_vehicle"
    TOO_LATE = "too_late"  # it could not be there in time
    HANDOFF = "handoff"  # not in the way asked for
    UNSAFE_SPOT = "unsafe_spot"
    PERMIT = "permit"
    OPERATOR = "operator"  # a person at the fleet said no
    EXPIRED = "expired"  # the quote or the reservation is no longer held
    STATE = "state"  # not while the leg stands where it stands
    SECRET = "secret"  # noqa: S105 - wrong, spent, revoked or out of time
    UNSUPPORTED = "unsupported"  # the fact sheet does not list it
    UNKNOWN = "unknown"  # no such quote, reservation, leg, vehicle or compartment


class LegState(StrEnum):
    """Where the goods are on their way. Why a vehicle does not move is told beside it, by a `Hold`."""

    COMMITTED = "committed"
    TO_PICKUP = "to_pickup"
    AT_PICKUP = "at_pickup"
    LOADING = "loading"
    LOADED = "loaded"
    TO_DROPOFF = "to_dropoff"
    AT_DROPOFF = "at_dropoff"
    HANDING_OVER = "handing_over"
    DONE = "done"
    RETURNING = "returning"
    AT_RETURN = "at_return"
    RETURNED = "returned"
    RESCUE_NEEDED = "rescue_needed"  # it will not go on by itself, and the goods are on board
    RESCUED = "rescued"  # somebody else has taken the goods on
    REFUSED = "refused"  # taken back by the fleet after it had agreed; the goods never left
    CANCELLED = "cancelled"  # called off by us; the goods never left
    WRITTEN_OFF = "written_off"  # the goods are gone


_S = LegState
_BEFORE: Final = frozenset({_S.REFUSED, _S.CANCELLED})
_ASTRAY: Final = frozenset({_S.RESCUE_NEEDED, _S.WRITTEN_OFF})

LEADS_TO: Final[Mapping[LegState, frozenset[LegState]]] = {
    _S.COMMITTED: _BEFORE | {_S.TO_PICKUP},
    _S.TO_PICKUP: _BEFORE | {_S.AT_PICKUP},
    _S.AT_PICKUP: _BEFORE | {_S.LOADING},
    # A compartment that was opened and closed again with nothing in it.
    _S.LOADING: _BEFORE | {_S.LOADED, _S.AT_PICKUP},
    _S.LOADED: _ASTRAY | {_S.TO_DROPOFF, _S.RETURNING},
    _S.TO_DROPOFF: _ASTRAY | {_S.AT_DROPOFF, _S.RETURNING},
    _S.AT_DROPOFF: _ASTRAY | {_S.HANDING_OVER, _S.TO_DROPOFF, _S.RETURNING},
    _S.HANDING_OVER: _ASTRAY | {_S.DONE, _S.AT_DROPOFF},
    _S.RETURNING: _ASTRAY | {_S.AT_RETURN},
    _S.AT_RETURN: _ASTRAY | {_S.RETURNED},
    _S.RESCUE_NEEDED: frozenset({_S.RESCUED, _S.TO_DROPOFF, _S.RETURNING, _S.WRITTEN_OFF}),
    **{ended: frozenset() for ended in (_S.DONE, _S.RETURNED, _S.RESCUED, _S.REFUSED, _S.CANCELLED, _S.WRITTEN_OFF)},
}
"""Every step that a leg may take. A log that tells another one is wrong, and the kit says so."""

ENDED: Final = frozenset(state for state, onward in LEADS_TO.items() if not onward)
ON_BOARD: Final = frozenset(
    {
        _S.LOADED,
        _S.TO_DROPOFF,
        _S.AT_DROPOFF,
        _S.HANDING_OVER,
        _S.RETURNING,
        _S.AT_RETURN,
        _S.RESCUE_NEEDED,
    }
)
"""The vehicle has custody of the goods."""


class HoldKind(StrEnum):
    """Why a leg does not go on, though it has not ended."""

    PAUSED = "paused"  # asked for, at the next good place
    STOPPED = "stopped"  # a safe stop, at once
    HELD = "held"  # by a thing that passes: a gate, a crossing, weather, a battery
    CONTACT_LOST = "contact_lost"


class Action(StrEnum):
    """What we may ask of a leg under way. The fleet carries it out and answers for it."""

    OPEN = "open"
    CLOSE = "close"
    PAUSE = "pause"
    SAFE_STOP = "safe_stop"
    RESUME = "resume"
    DIVERT = "divert"  # to another door
    RETURN = "return"
    CANCEL = "cancel"  # only while the goods are not on board
    HAND_TO_RESCUE = "hand_to_rescue"  # open for whoever carries on, and let go of the goods


class ActionOutcome(StrEnum):
    ACCEPTED = "accepted"  # it will be done; an event tells when
    DONE = "done"
    REFUSED = "refused"


class CompartmentState(StrEnum):
    FREE = "free"
    RESERVED = "reserved"
    LOADED = "loaded"
    OPEN = "open"
    JAMMED = "jammed"


class VehicleState(StrEnum):
    """As a city counts them. Source: MDS 2.0, vehicle states."""

    AVAILABLE = "available"
    RESERVED = "reserved"
    ON_TRIP = "on_trip"
    STOPPED = "stopped"
    NON_OPERATIONAL = "non_operational"
    REMOVED = "removed"
    UNKNOWN = "unknown"


class Driving(StrEnum):
    """Who drives now."""

    PERSON = "person"
    AUTONOMOUS = "autonomous"
    REMOTE = "remote"


class IncidentKind(StrEnum):
    """What goes wrong on the way; each ends in going on, or in a rescue by somebody else."""

    STUCK = "stuck"
    BLOCKED = "blocked"
    BATTERY = "battery"
    LID_JAM = "lid_jam"
    TIPPED = "tipped"
    CRASH = "crash"
    TAMPERING = "tampering"
    NOBODY_CAME = "nobody_came"
    SPOT_NOT_CLEAR = "spot_not_clear"
    WRONG_GOODS = "wrong_goods"
    OTHER = "other"


class EventKind(StrEnum):
    LEG_MOVED = "leg.moved"
    LEG_HELD = "leg.held"
    LEG_FREED = "leg.freed"
    LEG_ETA = "leg.eta"
    OPENED = "compartment.opened"
    CLOSED = "compartment.closed"
    GOODS_IN = "goods.in"
    GOODS_OUT = "goods.out"
    INCIDENT = "incident"
    VEHICLE_CHANGED = "vehicle.changed"
    FACTS_CHANGED = "facts.changed"
