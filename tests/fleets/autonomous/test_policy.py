"""The rules of fleets and machines, without anybody's server."""

from datetime import UTC, datetime, timedelta

import pytest

from homeward.deliveries.requirements import AgeCheck, Requirements
from homeward.dispatch.explain import LIMITS
from homeward.dispatch.machines import SAYS
from homeward.fleets.autonomous import policy
from homeward.fleets.autonomous.model import Asked
from homeward.fleets.contract.facts import Refusal, Vehicle
from homeward.fleets.contract.words import Driving, LegState, Limit, VehicleState
from homeward.kit.money import Money

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
S = LegState


def test_every_limit_of_a_fleet_or_machine_has_its_words() -> None:
    asked_for = set(Limit) - {Limit.SECRET, Limit.UNKNOWN}
    assert {f"fleet_{limit}" for limit in asked_for} <= set(SAYS)
    assert {f"machine_{state}" for state in set(VehicleState) - {VehicleState.AVAILABLE}} <= set(SAYS)
    assert not set(SAYS) & set(LIMITS)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Requirements(signature=True), "take a signature"),
        (Requirements(age=AgeCheck(18)), "look at a document"),
        (Requirements(round_trip=("bag",)), "bring something back"),
    ],
)
def test_what_needs_a_person_at_the_door_goes_to_no_machine(wanted: Requirements, said: str) -> None:
    refusal = policy.beyond_machines(wanted)
    assert refusal is not None
    assert said in refusal.said
    assert refusal.retry_after is None


def test_a_photo_and_a_pin_are_no_hindrance() -> None:
    assert policy.beyond_machines(Requirements(photo=True, pin="1234")) is None


@pytest.mark.parametrize(
    ("limits", "again"),
    [
        ([Refusal(limit=Limit.WEATHER, retry_after=NOON + timedelta(minutes=5))], NOON + timedelta(minutes=5)),
        ([Refusal(limit=Limit.TOO_HEAVY)], None),
        ([Refusal(limit=Limit.WEATHER, retry_after=NOON + timedelta(hours=1)), Refusal(limit=Limit.GOODS)], None),
        ([Refusal(limit=Limit.NO_VEHICLE, retry_after=NOON - timedelta(hours=1))], NOON + timedelta(seconds=10)),
    ],
)
def test_a_no_is_asked_again_when_all_of_its_limits_may_have_passed(
    limits: list[Refusal], again: datetime | None
) -> None:
    assert policy.no("dlv_1", "flt_1", "b", limits, NOON).again_at == again


def test_another_delivery_than_was_asked_about_is_asked_about_anew() -> None:
    never = Asked("dlv_1", "flt_1", "b", NOON, None, (Refusal(limit=Limit.TOO_HEAVY),))
    assert not policy.to_be_asked(never, "b", NOON + timedelta(days=1))
    assert policy.to_be_asked(never, "lighter", NOON)


@pytest.mark.parametrize(
    ("ours", "theirs", "missing"),
    [
        (S.COMMITTED, S.TO_PICKUP, (S.TO_PICKUP,)),
        (S.COMMITTED, S.LOADED, (S.TO_PICKUP, S.AT_PICKUP, S.LOADED)),
        (S.TO_PICKUP, S.DONE, (S.AT_PICKUP, S.LOADED, S.TO_DROPOFF, S.AT_DROPOFF, S.DONE)),
        (S.AT_DROPOFF, S.DONE, (S.DONE,)),
        (S.HANDING_OVER, S.DONE, (S.DONE,)),
        (S.TO_DROPOFF, S.RETURNING, (S.RETURNING,)),
        (S.AT_DROPOFF, S.RETURNED, (S.RETURNING, S.AT_RETURN, S.RETURNED)),
        (S.LOADED, S.RETURNED, (S.RETURNING, S.AT_RETURN, S.RETURNED)),
        (S.TO_DROPOFF, S.RESCUE_NEEDED, (S.RESCUE_NEEDED,)),
        (S.TO_PICKUP, S.REFUSED, (S.REFUSED,)),
        (S.AT_PICKUP, S.LOADING, ()),
    ],
)
def test_what_a_log_has_lost_is_made_up_for_step_by_step(
    ours: LegState, theirs: LegState, missing: tuple[LegState, ...]
) -> None:
    assert policy.steps_between(ours, theirs) == missing


@pytest.mark.parametrize(("asks", "dearer"), [(1_000, False), (1_100, False), (1_101, True), (0, False)])
def test_a_tenth_more_than_planned_is_another_plan(asks: int, dearer: bool) -> None:
    from homeward.fleets.contract.legs import Price, Quote
    from homeward.fleets.contract.words import Handoff

    quote = Quote(
        id="q",
        price=Price(minor=asks, currency="EUR"),
        pickup_eta=NOON,
        dropoff_eta=NOON,
        dropoff_latest=NOON,
        held_until=NOON,
        at_pickup=Handoff.HATCH,
        at_dropoff=Handoff.HATCH,
    )
    assert policy.dearer(quote, Money(1_000, "EUR")) is dearer


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def a_vehicle(seen_s_ago: int) -> Vehicle:
    return Vehicle(
        id="barrow-1",
        model="barrow",
        state=VehicleState.AVAILABLE,
        driving=Driving.AUTONOMOUS,
        seen_at=NOW - timedelta(seconds=seen_s_ago),
        compartments=[],
    )


@pytest.mark.parametrize(
    ("seen_s_ago", "said"),
    [
        ((), None),
        ((0,), None),
        ((140, 9_000), None),  # one that is silent for long says nothing of the fleet's clock
        ((9_000,), "none of its vehicles has been heard of for 150 min, or its clock is behind ours"),
        ((-100,), None),
        ((0, -600), "its clock is 10 min ahead of ours"),
    ],
)
def test_a_fleet_whose_clock_is_not_ours_is_told_so(seen_s_ago: tuple[int, ...], said: str | None) -> None:
    vehicles = [a_vehicle(seconds) for seconds in seen_s_ago]
    assert policy.clock_trouble(vehicles, 30, NOW) == said
