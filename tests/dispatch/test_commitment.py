from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from homeward.dispatch import engine
from homeward.dispatch.commitment import Commitment, CommitmentSettings, Outlook, Rule, commit
from homeward.dispatch.engine import LatenessCurve, Problem, Request, Stop, StopKey, StopKind, Vehicle

# Places on a line, five minutes apart: the hub, two stores, three doors.
HUB, BAKERY, GROCER, NEAR_DOOR, FAR_DOOR, NEXT_DOOR = range(6)
FIVE = 300
WAYS = np.array([[[abs(a - b) * FIVE for b in range(6)] for a in range(6)]], dtype=np.int64)
CHEAP_WAIT = LatenessCurve(((0, 1),))


def a_request(name: str, door: int = NEAR_DOOR, store: int = BAKERY, **changes: Any) -> Request:
    values: dict[str, Any] = {
        "id": name,
        "pickup": Stop(store),
        "dropoff": Stop(door, latest=0, lateness=CHEAP_WAIT),
        "load": (1,),
    }
    return Request(**{**values, **changes})


def a_courier(name: str = "ann", **changes: Any) -> Vehicle:
    values: dict[str, Any] = {"id": name, "start_place": HUB, "capacity": (10,), "cost_per_s": 2}
    return Vehicle(**{**values, **changes})


def decided(
    requests: list[Request],
    stops: list[list[tuple[int, StopKind]]],
    couriers: list[Vehicle] | None = None,
    *,
    free: set[int] | None = None,
    settings: CommitmentSettings | None = None,
    **outlook: Mapping[int, Any],
) -> Commitment:
    problem = Problem(tuple(requests), tuple(couriers or [a_courier()]), WAYS, WAYS, dimensions=("parcels",))
    plan = engine.evaluate(problem, [[StopKey(*stop) for stop in route] for route in stops])
    wanted = set(range(len(requests))) if free is None else free
    return commit(problem, plan, free=wanted, settings=settings or CommitmentSettings(), outlook=Outlook(**outlook))


def bring(*requests: int) -> list[tuple[int, StopKind]]:
    return [*((r, StopKind.PICKUP) for r in requests), *((r, StopKind.DROPOFF) for r in requests)]


def test_a_trip_is_told_when_leaving_later_would_bring_it_later() -> None:
    answer = decided([a_request("bread")], [bring(0)])

    assert [(trip.vehicle, trip.requests, trip.rule) for trip in answer.trips] == [(0, (0,), Rule.MUST_LEAVE)]
    assert answer.waits == ()


@pytest.mark.parametrize(("ready_s", "told"), [(FIVE, True), (FIVE + 120, True), (FIVE + 121, False)])
def test_a_parcel_that_is_not_ready_waits_until_just_before_the_courier_must_leave(ready_s: int, told: bool) -> None:
    answer = decided([a_request("cake", ready_at=ready_s)], [bring(0)], settings=CommitmentSettings(lead_s=120))

    assert bool(answer.trips) is told
    if not told:
        assert [(w.rule, w.numbers["holdable_s"], w.look_again_s) for w in answer.waits] == [(Rule.NOT_YET, 121, 1)]


def test_a_courier_who_will_be_free_later_is_looked_ahead_to_and_not_yet_told() -> None:
    answer = decided([a_request("bread")], [bring(0)], [a_courier(start_at=400)])

    assert [(w.rule, w.vehicle, w.numbers["free_in_s"]) for w in answer.waits] == [(Rule.COURIER_BUSY, 0, 400)]
    assert answer.look_again_s == 400


def test_only_the_first_trip_of_a_route_is_told() -> None:
    answer = decided([a_request("bread"), a_request("milk", store=GROCER)], [[*bring(0), *bring(1)]])

    assert [trip.requests for trip in answer.trips] == [(0,)]
    assert [(w.request, w.rule) for w in answer.waits] == [(1, Rule.AFTER_THIS_TRIP)]


def test_what_is_picked_up_before_the_courier_is_empty_handed_is_one_trip() -> None:
    answer = decided([a_request("bread"), a_request("milk", FAR_DOOR, GROCER)], [bring(0, 1)])

    assert [trip.requests for trip in answer.trips] == [(0, 1)]


def test_no_more_is_told_at_once_than_a_courier_has_room_for() -> None:
    three = [a_request(name) for name in ("bread", "rolls", "cake")]
    answer = decided(three, [bring(0, 1, 2)], room={0: 2})

    assert answer.trips[0].requests == (0, 1)
    assert [(w.request, w.rule) for w in answer.waits] == [(2, Rule.AFTER_THIS_TRIP)]


def test_a_courier_without_room_is_told_nothing() -> None:
    answer = decided([a_request("bread")], [bring(0)], room={0: 0})

    assert (answer.trips, [w.rule for w in answer.waits]) == ((), [Rule.COURIER_FULL])


def test_a_parcel_more_at_a_door_they_are_going_to_is_told_with_that_reason() -> None:
    ann = a_courier(prefix=(StopKey(0, StopKind.PICKUP),))
    answer = decided([a_request("bread"), a_request("rolls")], [bring(0, 1)], [ann], free={1})

    assert [(trip.requests, trip.rule) for trip in answer.trips] == [((1,), Rule.SAME_DOOR)]


def test_what_nobody_can_carry_waits_and_says_so() -> None:
    answer = decided([a_request("bread")], [[]])

    assert [(w.request, w.vehicle, w.rule) for w in answer.waits] == [(0, None, Rule.NOBODY_CAN)]


# ── holding for a companion ──

HOLDING = CommitmentSettings(hold_s=300, companion_share=0.5, promise_margin_s=600)
BUSY_BAKERY = {BAKERY: 60.0}
# At the door after fifteen minutes.
FAR_PROMISE = {0: 3_600}


def test_a_trip_is_held_while_a_companion_is_likely_and_the_promise_far() -> None:
    answer = decided(
        [a_request("bread")], [bring(0)], settings=HOLDING, arrivals_per_h=BUSY_BAKERY, promised_s=FAR_PROMISE
    )

    assert answer.trips == ()
    assert [(w.rule, w.look_again_s) for w in answer.waits] == [(Rule.BATCH_LIKELY, 300)]
    numbers = answer.waits[0].numbers
    assert numbers["chance_pct"] == 92  # two and a half expected on the same way within five minutes
    assert numbers["cost"] == 300


@pytest.mark.parametrize(
    ("promised_s", "rate", "lateness", "why"),
    [
        (1_799, BUSY_BAKERY, CHEAP_WAIT, "the promise would come closer than its margin"),
        (3_600, {}, CHEAP_WAIT, "no companion is expected"),
        (3_600, BUSY_BAKERY, LatenessCurve(((0, 100),)), "the shopper's wait costs more than a second way"),
    ],
)
def test_a_trip_is_not_held_if(promised_s: int, rate: dict[int, float], lateness: LatenessCurve, why: str) -> None:
    bread = a_request("bread", dropoff=Stop(NEAR_DOOR, latest=0, lateness=lateness))
    answer = decided([bread], [bring(0)], settings=HOLDING, arrivals_per_h=rate, promised_s={0: promised_s})

    assert [trip.rule for trip in answer.trips] == [Rule.MUST_LEAVE], why


@pytest.mark.parametrize("ann", [a_courier(last_pickup_at=599), a_courier(hard_shift_end=1_199)])
def test_a_trip_is_never_held_until_its_courier_could_not_make_it(ann: Vehicle) -> None:
    answer = decided(
        [a_request("bread")], [bring(0)], [ann], settings=HOLDING, arrivals_per_h=BUSY_BAKERY, promised_s=FAR_PROMISE
    )

    assert [trip.rule for trip in answer.trips] == [Rule.MUST_LEAVE]


def test_every_free_request_is_told_once_or_waits_once() -> None:
    requests = [a_request(f"r{n}", door=NEAR_DOOR + n % 3, ready_at=200 * n) for n in range(6)]
    answer = decided(requests, [[*bring(0), *bring(1, 2)], bring(3), []], [a_courier(name) for name in "abc"])
    told = [request for trip in answer.trips for request in trip.requests]

    assert sorted([*told, *(w.request for w in answer.waits)]) == list(range(6))
