"""Believable positions: honest ones score low, each planted fraud is found by its rule, nothing follows by itself."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.fleets.couriers.model import Fix, Heard
from homeward.fleets.couriers.traces import policy
from homeward.fleets.couriers.traces.errors import ReviewedAlready
from homeward.fleets.couriers.traces.model import SENTENCES, Claim, Claimed, Picture, Rule, Trace
from homeward.kit.places import LatLon
from homeward.simulator.motion import claimed_accuracy_m, noisy, walked
from tests.builders import TUESDAY_NOON
from tests.fleets.couriers.office import Office

STORE, DOOR = LatLon(44.0, -73.0), LatLon(44.02, -72.97)
CORNERS = [STORE, LatLon(44.006, -73.0), LatLon(44.006, -72.985), LatLon(44.02, -72.985), DOOR]


def a_ride(seed: int, *, speed_mps: float = 8.0, every_s: float = 10.0, shift: float = 0.0) -> list[Fix]:
    """From the store to the door, three minutes there, and on: as the simulator's couriers move and report."""
    rng, at, fixes = random.Random(seed), TUESDAY_NOON, list[Fix]()
    way = [LatLon(place.lat + shift, place.lon) for place in [*CORNERS, *reversed(CORNERS[:-1])]]
    stood_s, door = 0.0, way[len(CORNERS) - 1]
    while len(way) > 1:
        fixes.append(_seen(at, way[0], rng))
        step_s = every_s + rng.uniform(0.0, 0.4)
        at += timedelta(seconds=step_s)
        ahead = walked(way, speed_mps * step_s)
        if door in way and door not in ahead and stood_s < 180:
            way, stood_s = way[way.index(door) :], stood_s + step_s
        else:
            way = ahead
    return fixes


def _seen(at: datetime, place: LatLon, rng: random.Random) -> Fix:
    said = noisy(place, rng)
    return Fix(at, said, claimed_accuracy_m(place, said))


def at_the_door(fixes: Sequence[Fix]) -> datetime:
    near = [
        fix.at for fix in fixes if abs(fix.place.lat - DOOR.lat) < 0.0004 and abs(fix.place.lon - DOOR.lon) < 0.0006
    ]
    return near[len(near) // 2]


def a_trace(fixes: Sequence[Fix], **changes: object) -> Trace:
    """With an honest arrival, hand-over and picture; reported in order, some at a time."""
    heard = tuple(Heard(fix, TUESDAY_NOON + timedelta(seconds=number // 3)) for number, fix in enumerate(fixes))
    there = at_the_door(fixes)
    claims = (
        Claimed(Claim.ARRIVED, fixes[0].at, STORE, "dlv_1"),
        Claimed(Claim.ARRIVED, there, DOOR, "dlv_1"),
        Claimed(Claim.HANDED_OVER, there + timedelta(seconds=20), DOOR, "dlv_1"),
    )
    pictures = (Picture(there, DOOR, DOOR, "dlv_1"),)
    return replace(Trace(heard, claims, pictures), **changes)  # type: ignore[arg-type]


def rules_of(trace: Trace) -> set[Rule]:
    return {finding.rule for finding in policy.judge(trace)[1]}


# ── honest couriers ──


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([1.4, 4.5, 9.0, 14.0, 25.0]),
    st.sampled_from([3.0, 10.0, 15.0, 30.0]),
)
def test_the_simulators_honest_couriers_score_nothing(seed: int, speed_mps: float, every_s: float) -> None:
    assert policy.judge(a_trace(a_ride(seed, speed_mps=speed_mps, every_s=every_s))) == (0, ())


def test_two_honest_couriers_who_wait_at_one_store_share_no_trace() -> None:
    mine, theirs = a_ride(1), a_ride(2, shift=0.003)
    waiting = [Fix(TUESDAY_NOON + timedelta(seconds=10 * n), noisy(STORE, random.Random(n)), 8) for n in range(60)]
    assert policy.judge(a_trace(mine, others={"cou_2": tuple(theirs), "cou_3": tuple(waiting)}))[0] == 0


def test_a_phone_that_was_offline_or_repeats_itself_is_not_found() -> None:
    fixes = a_ride(3)
    gap = [fix for fix in fixes if not 200 < (fix.at - TUESDAY_NOON).total_seconds() < 330]
    again = [*a_trace(gap).heard, *(Heard(fix, TUESDAY_NOON + timedelta(hours=1)) for fix in gap[:40])]
    assert policy.judge(a_trace(gap, heard=tuple(again)))[0] == 0


def test_a_receiver_that_always_claims_the_same_accuracy_is_no_reason_to_look() -> None:
    fixes = [replace(fix, accuracy_m=65) for fix in a_ride(4)]
    score, findings = policy.judge(a_trace(fixes))
    assert [finding.rule for finding in findings] == [Rule.SAME_ACCURACY]
    assert score < policy.WORTH_A_LOOK


def test_nobody_without_positions_is_found() -> None:
    claims = (Claimed(Claim.ARRIVED, TUESDAY_NOON, DOOR, "dlv_1"), Claimed(Claim.HANDED_OVER, TUESDAY_NOON, DOOR, "d"))
    assert policy.judge(Trace((), claims)) == (0, ())


# ── planted frauds ──


def teleported(fixes: list[Fix]) -> Trace:
    there = fixes[20]
    return a_trace([*fixes[:20], replace(there, place=LatLon(45.0, -73.0)), *fixes[21:]])


def ruled(fixes: list[Fix]) -> Trace:
    """An app that moves a pin along a line, a little every second."""
    pin = [
        Fix(
            TUESDAY_NOON + timedelta(seconds=n + 0.1 * (n % 3)),
            LatLon(44.0 + 0.0001 * (n + 0.1 * (n % 3)), -73.0),
            n % 7,
        )
        for n in range(90)
    ]
    return Trace(tuple(Heard(fix, TUESDAY_NOON) for fix in pin))


def same_accuracy(fixes: list[Fix]) -> Trace:
    return a_trace([replace(fix, accuracy_m=5) for fix in fixes])


def backwards(fixes: list[Fix]) -> Trace:
    heard = list(a_trace(fixes).heard)
    old = Fix(fixes[10].at + timedelta(seconds=3), fixes[10].place, 7)
    return a_trace(fixes, heard=(*heard, Heard(old, heard[-1].recorded_at + timedelta(seconds=9))))


def even(fixes: list[Fix]) -> Trace:
    every = [replace(fix, at=TUESDAY_NOON + timedelta(seconds=10 * n)) for n, fix in enumerate(fixes)]
    return a_trace(every)


def arrived_elsewhere(fixes: list[Fix]) -> Trace:
    return a_trace(fixes, claims=(Claimed(Claim.ARRIVED, fixes[12].at, DOOR, "dlv_1"),))


def copied(fixes: list[Fix]) -> Trace:
    other = [replace(fix, at=fix.at + timedelta(seconds=1), accuracy_m=9) for fix in fixes]
    return a_trace(fixes, others={"cou_2": tuple(other)})


def driven_past(fixes: list[Fix]) -> Trace:
    """A door on the way, handed over at without slowing down."""
    past = a_ride(5, speed_mps=30.0, every_s=2.0)
    return a_trace(past, claims=(Claimed(Claim.HANDED_OVER, past[12].at, past[12].place, "dlv_1"),))


def photographed_elsewhere(fixes: list[Fix]) -> Trace:
    return a_trace(fixes, pictures=(Picture(TUESDAY_NOON, STORE, DOOR, "dlv_1"),))


FRAUDS = {
    Rule.TOO_FAST: teleported,
    Rule.NO_JITTER: ruled,
    Rule.SAME_ACCURACY: same_accuracy,
    Rule.TIMES_BACKWARDS: backwards,
    Rule.TIMES_TOO_EVEN: even,
    Rule.ARRIVED_FAR_AWAY: arrived_elsewhere,
    Rule.SHARED_TRACE: copied,
    Rule.NO_DWELL: driven_past,
    Rule.PHOTO_FAR_AWAY: photographed_elsewhere,
}


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("seed", range(5))
def test_each_planted_fraud_is_found_by_its_own_rule_and_by_no_other(rule: Rule, seed: int) -> None:
    score, findings = policy.judge(FRAUDS[rule](a_ride(seed)))
    assert {finding.rule for finding in findings} == {rule}
    assert score > 0
    assert findings[0].sentence
    assert rule in SENTENCES


@given(st.lists(st.sampled_from(Rule), unique=True))
@settings(max_examples=20, deadline=None)
def test_a_score_lies_between_0_and_100_and_is_the_sum_of_its_findings(rules: list[Rule]) -> None:
    frauds = [FRAUDS[rule](a_ride(1)) for rule in rules]
    heard = tuple(sorted((h for trace in frauds for h in trace.heard), key=lambda h: h.recorded_at))
    both = Trace(heard, tuple(c for t in frauds for c in t.claims), tuple(p for t in frauds for p in t.pictures))
    score, findings = policy.judge(both)
    assert score == min(100, sum(finding.points for finding in findings))
    assert all(a.points >= b.points for a, b in pairwise(findings))


# ── over HTTP ──


async def ridden(office: Office, fixes: Sequence[Fix]) -> None:
    """The courier's phone reports a ride of today; then the day ends and settles."""
    world, now = office.world, office.world.clock.now()
    moved = [
        {
            "at": (now - timedelta(hours=1) + (fix.at - fixes[0].at)).isoformat(),
            "lat": fix.place.lat,
            "lon": fix.place.lon,
            "accuracy_m": fix.accuracy_m,
        }
        for fix in fixes
    ]
    sent = await world.done(office.phone, "POST", "/v1/courier/positions", {"fixes": moved})
    assert sent["accepted"] == len(fixes)
    world.clock.advance(24 * 3600)


async def test_yesterdays_positions_are_scored_once_reviewed_by_a_person_and_restrict_nobody(office: Office) -> None:
    world = office.world
    line = [Fix(TUESDAY_NOON + timedelta(seconds=n), LatLon(44.0 + 0.0003 * n, -73.0), 5) for n in range(100)]
    await ridden(office, line)
    assert await world.platform.traces.score_due() == 1
    assert await world.platform.traces.score_due() == 0
    (score,) = (await world.done(office.otto, "GET", "/v1/operator/position-scores"))["items"]
    assert (score["courier_id"], score["fixes"]) == (office.courier, 100)
    assert {one["rule"] for one in score["findings"]} >= {"no_jitter", "same_accuracy"}
    mine = (await world.done(office.phone, "GET", "/v1/courier/position-scores"))["items"]
    assert mine == [score]
    await world.platform.couriers.set_duty(office.courier, True, world.clock.now() + timedelta(hours=4))
    async with world.platform.db.operator() as tx:
        assert [c.closed for c in await world.platform.couriers.on_duty(tx, "mkt_1")] == [None, None]
    path, body = f"/v1/operator/position-scores/{score['id']}/review", {"verdict": "explained", "note": "A test phone."}
    reviewed = await world.done(office.otto, "POST", path, body)
    assert reviewed["review"]["by"] == "Otto Frei"
    assert (await world.ask(office.ida, "POST", path, body)).json()["code"] == ReviewedAlready.slug
    assert (await world.done(office.otto, "GET", "/v1/operator/position-scores"))["items"] == []
    assert (await office.mine()) == []
    by_courier = f"/v1/operator/couriers/{office.courier}/position-scores"
    assert (await world.done(office.ida, "GET", by_courier))["items"] == [reviewed]


async def test_an_honest_ride_is_on_nobodys_list_and_unreviewed_scores_are_forgotten(office: Office) -> None:
    world = office.world
    await ridden(office, a_ride(7))
    assert await world.platform.traces.score_due() == 1
    assert (await world.done(office.otto, "GET", "/v1/operator/position-scores"))["items"] == []
    (mine,) = (await world.done(office.phone, "GET", "/v1/courier/position-scores"))["items"]
    assert (mine["score"], mine["findings"]) == (0, [])
    assert await world.platform.traces.forget_old() == 0
    world.clock.advance(91 * 86_400)
    assert await world.platform.traces.forget_old() == 1
