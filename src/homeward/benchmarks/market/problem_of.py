"""A drawn market as the engine's problem. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.benchmarks.market.model import AGE_CHECK, KINDS, Courier, Kind, Parcel, Point, Snapshot
from homeward.dispatch import engine

# Thousandths of a minor unit, as in the platform. One second of a courier is 400.
LATE: Final = engine.LatenessCurve(((0, 800), (600, 2_400)))
OVERTIME: Final = engine.LatenessCurve(((0, 1_000),))
OPEN_PENALTY: Final = 4_320_000
OVERTIME_AT_MOST_S: Final = 20 * 60

STORE_SETUP_S: Final = 60
STORE_SERVICE_S: Final = 30
DOOR_SETUP_S: Final = 40
DOOR_SERVICE_S: Final = 50

_ROWS_AT_ONCE: Final = 256
_Table = npt.NDArray[np.int32]


def problem_of(snapshot: Snapshot) -> engine.Problem:
    """Times are seconds from the snapshot; requests and vehicles keep the snapshot's order."""
    places = _places(snapshot)
    place_of = {point: number for number, point in enumerate(places)}
    parcel_of = {parcel.id: number for number, parcel in enumerate(snapshot.parcels)}
    travel_s, distance_m = travel_tables(places, snapshot.town.side_m)
    return engine.Problem(
        tuple(_request(parcel, snapshot, place_of) for parcel in snapshot.parcels),
        tuple(_vehicle(courier, snapshot, place_of, parcel_of) for courier in snapshot.couriers),
        travel_s,
        distance_m,
        dimensions=("weight_g", "volume_ml"),
    )


def travel_tables(places: Sequence[Point], side_m: int) -> tuple[_Table, _Table]:
    """Seconds and metres between all places for every kind of carrier, in the order of `KINDS`.

    Ways are straight lines made longer; the nearer a way's end is to the centre, the slower a car gets there, so that
    ways in and out differ. Filled in strips, for at thousands of places one table of floats would be all the memory.
    """
    count = len(places)
    points = np.array(places, dtype=np.float64)
    travel_s = np.empty((len(KINDS), count, count), dtype=np.int32)
    distance_m = np.empty_like(travel_s)
    middle = side_m / 2
    off_centre = np.sqrt(((points - middle) ** 2).sum(axis=1)) / middle
    density = np.maximum(0.0, 1.0 - off_centre)
    slower = [(1.0 + traits.rush * density)[None, :] / traits.speed_mps for traits in KINDS.values()]
    for first in range(0, count, _ROWS_AT_ONCE):
        strip = slice(first, min(count, first + _ROWS_AT_ONCE))
        straight_m = np.sqrt(sum((axis[strip, None] - axis[None, :]) ** 2 for axis in points.T))
        for profile, traits in enumerate(KINDS.values()):
            metres = straight_m * traits.detour
            # Written into whole numbers, both are cut; so nobody is faster than their speed by more than a second.
            distance_m[profile, strip] = metres
            travel_s[profile, strip] = np.multiply(metres, slower[profile], out=metres)
    for table in (travel_s, distance_m):
        table.setflags(write=False)  # so that the problem need not hold a copy of its own
    return travel_s, distance_m


def _places(snapshot: Snapshot) -> list[Point]:
    """Every point once, doors of what is on board included, their stores not: nobody goes there for them any more."""
    points: dict[Point, None] = {}
    for courier in snapshot.couriers:
        points.setdefault(courier.point)
    for parcel in snapshot.parcels:
        points.setdefault(parcel.door)
        if parcel.carried_by is None:
            points.setdefault(parcel.store)
    return list(points)


def _request(parcel: Parcel, snapshot: Snapshot, place_of: dict[Point, int]) -> engine.Request:
    now = snapshot.now
    pickup = None
    if parcel.carried_by is None:
        pickup = engine.Stop(place_of[parcel.store], service_s=STORE_SERVICE_S, setup_s=STORE_SETUP_S)
    dropoff = engine.Stop(
        place_of[parcel.door],
        service_s=DOOR_SERVICE_S,
        setup_s=DOOR_SETUP_S,
        earliest=None if parcel.earliest is None else parcel.earliest - now,
        latest=parcel.promised_by - now,
        lateness=LATE,
    )
    return engine.Request(
        parcel.id,
        dropoff=dropoff,
        pickup=pickup,
        load=(parcel.weight_g, parcel.volume_ml),
        ready_at=parcel.ready_at - now if pickup else None,
        bound_to=parcel.carried_by,
        required_skills=frozenset({AGE_CHECK}) if parcel.age_check else frozenset(),
        traits=frozenset(
            _outside(number)
            for number, area in enumerate(snapshot.town.areas)
            if not (area.holds(parcel.store) and area.holds(parcel.door))
        ),
        excluded_vehicles=parcel.declined_by,
        priority=parcel.priority,
        open_penalty=OPEN_PENALTY,
        max_on_board_s=parcel.on_board_at_most_s,
        picked_up_at=None if parcel.picked_up_at is None else parcel.picked_up_at - now,
    )


def _vehicle(
    courier: Courier, snapshot: Snapshot, place_of: dict[Point, int], parcel_of: dict[str, int]
) -> engine.Vehicle:
    traits, now = KINDS[courier.kind], snapshot.now
    heading = courier.heading_to
    return engine.Vehicle(
        courier.id,
        start_place=place_of[courier.point],
        start_at=max(0, courier.free_at - now),
        parked=courier.parked,
        prefix=() if heading is None else (engine.StopKey(parcel_of[heading.parcel], heading.kind),),
        shift_end=courier.shift_ends - now,
        overtime=OVERTIME,
        hard_shift_end=courier.shift_ends - now + OVERTIME_AT_MOST_S,
        capacity=(traits.capacity_g, traits.capacity_ml),
        skills=frozenset({AGE_CHECK}) if courier.certified else frozenset(),
        refuses=frozenset() if courier.area is None else frozenset({_outside(courier.area)}),
        profile=list(Kind).index(courier.kind),
        cost_per_s=traits.cost_per_s,
        cost_per_m=traits.cost_per_m,
        max_parcels_on_board=traits.parcels_at_most,
        parking_s=traits.parking_s,
    )


def _outside(area: int) -> str:
    """The trait of a parcel that a robot of this area refuses: one of its ends lies beyond its paths."""
    return f"outside-area-{area}"
