"""How the fleet of the town answers: its vehicles, quotes and legs in the words of the contract."""

from datetime import datetime, timedelta

from homeward.fleets.contract.facts import CompartmentNow, FactSheet, Vehicle
from homeward.fleets.contract.legs import Leg, LegOrder, Price, Purpose, Quote
from homeward.fleets.contract.words import ON_BOARD, CompartmentState, Driving, Handoff, LegState, VehicleState
from tests.fleets.conformance.town_facts import TRIP_S, Job, Robot


def vehicle_view(robot: Robot, job: Job | None, *, free: bool, looks_free: bool) -> Vehicle:
    room = CompartmentState.FREE if free else CompartmentState.RESERVED
    if job is not None and job.state in ON_BOARD and not looks_free:
        room = CompartmentState.LOADED
    return Vehicle(
        id=robot.id,
        model=robot.model,
        state=VehicleState.AVAILABLE if job is None else VehicleState.ON_TRIP,
        driving=Driving.AUTONOMOUS,
        seen_at=robot.seen_at,
        place=robot.place,
        compartments=[CompartmentNow(id="lid", state=room)],
    )


def never_quoted(order: LegOrder, robots: list[Robot], sheet: FactSheet, faults: set[str]) -> bool:
    """By what was planted."""
    second = [robot.id for robot in robots if robot.model != sheet.models[0].id]
    if "second_model_is_never_quoted" in faults and order.vehicle_id in second:
        return True
    return "quotes_deliveries_only" in faults and order.purpose is not Purpose.DELIVERY


def quoted(name: str, order: LegOrder, sheet: FactSheet, now: datetime) -> Quote:
    pickup = now + timedelta(seconds=TRIP_S + 30)
    dropoff = max(pickup + timedelta(seconds=TRIP_S + 60), order.earliest or pickup)
    return Quote(
        id=name,
        price=Price(minor=490, currency="CHF"),
        pickup_eta=pickup,
        dropoff_eta=dropoff,
        dropoff_latest=dropoff + timedelta(minutes=10),
        held_until=now + timedelta(seconds=sheet.quote_held_s),
        at_pickup=Handoff.HATCH,
        at_dropoff=Handoff.HATCH,
    )


def leg_view(job: Job, now: datetime) -> Leg:
    return Leg(
        id=job.id,
        reference=job.order.reference,
        state=job.shown,
        hold=job.hold,
        vehicle_id=job.robot.id,
        compartment_id="lid",
        pickup_eta=now + timedelta(seconds=job.left_s) if job.shown is LegState.TO_PICKUP else None,
        why=job.why,
        price=job.price,
    )
