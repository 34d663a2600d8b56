"""Whether a problem is of the classic kind, and its arrays if it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.dispatch.engine.classic.tables import HOP, STOP, Records, Tables
from homeward.dispatch.engine.problem import NO_CURVE, UNREACHABLE, Problem, Request, Stop, Vehicle

# How many neighbours of a stop a ruin may look at.
_NEIGHBOURS: Final = 400
_NEVER: Final = 1 << 50
_MOST_SECONDS: Final = 2**31 - 1


def is_classic(problem: Problem) -> bool:
    """Like vehicles from a place and back, hard windows, whole pairs, and vehicles dearer than any way they save.

    Everything else that the model can say must be absent: then the faster lane leaves nothing out.
    """
    if not problem.requests or not problem.vehicles or problem.periods or len(problem.dimensions) != 1:
        return False
    first = replace(problem.vehicles[0], id="")
    if any(replace(vehicle, id="") != first for vehicle in problem.vehicles[1:]):
        return False
    if not (_is_plain_vehicle(first) and all(_is_plain_request(first, request) for request in problem.requests)):
        return False
    places = [first.start_place, *(stop.place for request in problem.requests for stop in _stops_of(request))]
    ways = problem.travel_s[first.profile][np.ix_(places, places)]
    metres = problem.distance_m[first.profile][np.ix_(places, places)]
    longest_service = max(stop.service_s for request in problem.requests for stop in _stops_of(request))
    if ways.max() >= UNREACHABLE or int(ways.max()) + longest_service > _MOST_SECONDS:
        return False
    # A plan drives from each place at most once, the hub once for each vehicle.
    at_most = first.cost_per_m * (int(metres.max(axis=1).sum()) + int(metres[0].max()) * len(problem.requests))
    return first.cost_fixed > at_most and min(q.priority * q.open_penalty for q in problem.requests) > (
        first.cost_fixed + at_most
    )


def _is_plain_vehicle(vehicle: Vehicle) -> bool:
    """Only place, capacity, hours, and a fixed cost and one by distance are set."""
    plain = Vehicle(
        id="",
        start_place=vehicle.start_place,
        end_place=vehicle.start_place,
        start_at=vehicle.start_at,
        parked=vehicle.parked,
        hard_shift_end=vehicle.hard_shift_end,
        skills=vehicle.skills,
        refuses=vehicle.refuses,
        capacity=vehicle.capacity,
        profile=vehicle.profile,
        cost_fixed=vehicle.cost_fixed,
        cost_per_m=vehicle.cost_per_m,
    )
    return vehicle == plain and vehicle.cost_per_m > 0


def _is_plain_request(vehicle: Vehicle, request: Request) -> bool:
    """A pair with hard windows that every vehicle may carry."""
    plain = Request(
        id=request.id,
        pickup=request.pickup,
        dropoff=request.dropoff,
        load=request.load,
        ready_at=request.ready_at,
        required_skills=request.required_skills,
        traits=request.traits,
        priority=request.priority,
        open_penalty=request.open_penalty,
    )
    return (
        request == plain
        and request.pickup is not None
        and request.required_skills <= vehicle.skills
        and not request.traits & vehicle.refuses
        and all(_is_plain_stop(stop) for stop in _stops_of(request))
    )


def _is_plain_stop(stop: Stop) -> bool:
    return stop.setup_s == 0 and (stop.latest is None or stop.lateness == NO_CURVE)


def _stops_of(request: Request) -> Sequence[Stop]:
    return [stop for stop in (request.pickup, request.dropoff) if stop is not None]


def tables_of(problem: Problem) -> Tables:
    """The arrays of a problem that `is_classic`."""
    vehicle = problem.vehicles[0]
    stops = [stop for request in problem.requests for stop in _stops_of(request)]
    count = len(stops)
    facts = np.zeros(count + 1, dtype=STOP).view(np.recarray)
    for number, stop in enumerate(stops):
        request = problem.requests[number // 2]
        ready_at = request.ready_at if number % 2 == 0 else None
        opens = max(-_NEVER, *(moment for moment in (stop.earliest, ready_at, -_NEVER) if moment is not None))
        closes = _NEVER if stop.hard_latest is None else stop.hard_latest
        facts[number] = (opens, closes, request.load[0] * (1 - 2 * (number % 2)))
    ends = _NEVER if vehicle.hard_shift_end is None else vehicle.hard_shift_end
    facts[count] = (vehicle.start_at, ends, 0)
    places = np.array([*(stop.place for stop in stops), vehicle.start_place])
    service = np.array([*(stop.service_s for stop in stops), 0], dtype=np.int64)
    out = np.zeros((count + 1, count + 1), dtype=HOP).view(np.recarray)
    out["seconds"] = problem.travel_s[vehicle.profile][np.ix_(places, places)] + service[:, np.newaxis]
    out["metres"] = problem.distance_m[vehicle.profile][np.ix_(places, places)]
    into = np.ascontiguousarray(out.T).view(np.recarray)
    return Tables(facts, out, into, _near(out), vehicle.capacity[0], len(problem.requests))


def _near(out: Records) -> npt.NDArray[np.int32]:
    """By the way there and back, nearest first; the stop's number breaks ties, so that it is the same everywhere."""
    ways = out["metres"][:-1, :-1].astype(np.int64)
    both = ways + ways.T
    np.fill_diagonal(both, np.iinfo(np.int64).max)
    return np.argsort(both, axis=1, kind="stable")[:, : min(_NEIGHBOURS, len(both) - 1)].astype(np.int32)
