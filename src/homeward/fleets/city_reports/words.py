"""MDS 2.0, mode `delivery-robots`: its words, its state machine, and what ours are called in it. Pure data.

Source: Open Mobility Foundation, mobility-data-specification: data-types.md (commit 00c05fb) and
modes/delivery-robots.md (commit 0023ddf). Where that page's list of event types and its table of transitions spell one
thing in two ways (`reservation_start` and `reserve`), the list's spelling is used.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from homeward.fleets.contract.words import LegState, Mode, VehicleState

MDS_VERSION: Final = "2.0.0"
CONTENT_TYPE: Final = "application/vnd.mds+json;version=2.0"


class EventType(StrEnum):
    """Those of the mode's event types that a fleet's log can tell."""

    COMMS_LOST = "comms_lost"
    COMMS_RESTORED = "comms_restored"
    CUSTOMER_CANCELLATION = "customer_cancellation"
    DECOMMISSIONED = "decommissioned"
    ORDER_DROP_OFF = "order_drop_off"
    PROVIDER_CANCELLATION = "provider_cancellation"
    RECOMMISSION = "recommission"
    RESERVATION_START = "reservation_start"
    SERVICE_END = "service_end"
    SERVICE_START = "service_start"
    TRIP_END = "trip_end"
    TRIP_RESUME = "trip_resume"
    TRIP_START = "trip_start"
    TRIP_STOP = "trip_stop"
    UNSPECIFIED = "unspecified"


class TripType(StrEnum):
    DELIVERY = "delivery"
    RETURN = "return"


_S = VehicleState
_E = EventType

LEGAL: Final[Mapping[tuple[VehicleState, VehicleState], tuple[EventType, ...]]] = {
    (_S.AVAILABLE, _S.RESERVED): (_E.RESERVATION_START,),
    (_S.AVAILABLE, _S.NON_OPERATIONAL): (_E.SERVICE_END,),
    (_S.NON_OPERATIONAL, _S.AVAILABLE): (_E.SERVICE_START,),
    (_S.NON_OPERATIONAL, _S.REMOVED): (_E.DECOMMISSIONED,),
    (_S.REMOVED, _S.NON_OPERATIONAL): (_E.RECOMMISSION,),
    (_S.RESERVED, _S.AVAILABLE): (_E.PROVIDER_CANCELLATION, _E.CUSTOMER_CANCELLATION),
    (_S.RESERVED, _S.STOPPED): (_E.TRIP_STOP,),
    (_S.STOPPED, _S.ON_TRIP): (_E.TRIP_START, _E.TRIP_RESUME),
    (_S.STOPPED, _S.AVAILABLE): (_E.TRIP_END, _E.PROVIDER_CANCELLATION, _E.CUSTOMER_CANCELLATION),
    (_S.ON_TRIP, _S.STOPPED): (_E.TRIP_STOP, _E.ORDER_DROP_OFF),
    **{(known, _S.UNKNOWN): (_E.COMMS_LOST,) for known in _S if known is not _S.UNKNOWN},
    **{(_S.UNKNOWN, known): (_E.COMMS_RESTORED,) for known in _S if known is not _S.UNKNOWN},
}
"""Every transition that is used, with what may cause it; the first is told when the log does not say which."""

STATE_OF_LEG: Final[Mapping[LegState, VehicleState]] = {
    LegState.COMMITTED: _S.RESERVED,
    LegState.TO_PICKUP: _S.RESERVED,
    LegState.AT_PICKUP: _S.STOPPED,
    LegState.LOADING: _S.STOPPED,
    LegState.LOADED: _S.STOPPED,
    LegState.TO_DROPOFF: _S.ON_TRIP,
    LegState.AT_DROPOFF: _S.STOPPED,
    LegState.HANDING_OVER: _S.STOPPED,
    LegState.DONE: _S.AVAILABLE,
    LegState.RETURNING: _S.ON_TRIP,
    LegState.AT_RETURN: _S.STOPPED,
    LegState.RETURNED: _S.AVAILABLE,
    LegState.RESCUE_NEEDED: _S.STOPPED,
    LegState.RESCUED: _S.AVAILABLE,
    LegState.REFUSED: _S.AVAILABLE,
    LegState.CANCELLED: _S.AVAILABLE,
    LegState.WRITTEN_OFF: _S.AVAILABLE,
}
"""Where a leg's step takes the vehicle."""

CAUSE_OF_LEG: Final[Mapping[LegState, EventType]] = {
    LegState.COMMITTED: _E.RESERVATION_START,
    LegState.TO_PICKUP: _E.RESERVATION_START,
    LegState.AT_DROPOFF: _E.ORDER_DROP_OFF,
    LegState.CANCELLED: _E.CUSTOMER_CANCELLATION,
    LegState.REFUSED: _E.PROVIDER_CANCELLATION,
}
"""What caused it, where that is not the usual cause of the transition."""

TRIP_OF_LEG: Final[Mapping[LegState, TripType]] = {
    LegState.TO_DROPOFF: TripType.DELIVERY,
    LegState.RETURNING: TripType.RETURN,
}
AT_STORE: Final = frozenset(
    {LegState.AT_PICKUP, LegState.LOADING, LegState.LOADED, LegState.AT_RETURN, LegState.RETURNED}
)
AT_DOOR: Final = frozenset({LegState.AT_DROPOFF, LegState.HANDING_OVER, LegState.DONE})

VEHICLE_TYPES: Final[Mapping[Mode, str]] = {
    Mode.SIDEWALK_ROBOT: "delivery_robot",
    Mode.ROAD_VEHICLE: "car",
    Mode.DRONE: "other",
}
"""What moves without a driver on board. People who carry are no part of this mode, and of no report."""
