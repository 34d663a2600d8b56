"""Who drives somewhere anyway takes parcels along: only what lies on the way, and only the detour counts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.dispatch.decide import decide
from homeward.dispatch.model import Inputs
from homeward.dispatch.packing import pack_inputs, unpack_inputs
from homeward.fleets.couriers.journeys.errors import JourneysOverlap
from homeward.fleets.couriers.journeys.model import Announced, Journey
from homeward.fleets.couriers.journeys.policy import require_free
from homeward.fleets.couriers.model import Engagement
from homeward.kit.places import LatLon
from tests.deliveries.world import BAKERY, HOME
from tests.dispatch.test_decide import HOMES, STORE, a_car, an_order, inputs_for, ruling
from tests.dispatch.test_policy import NOON
from tests.dispatch.world import Phone, Town

SOUTH, NORTH = LatLon(46.99, 9.0), LatLon(47.08, 9.0)  # the store and all homes lie between them


def a_journey(leaves_in_s: int = 0, detour_s: int = 900, to: LatLon = NORTH, start: LatLon = SOUTH) -> Journey:
    leaves_at = NOON + timedelta(seconds=leaves_in_s)
    return Journey(start, to, leaves_at, leaves_at + timedelta(seconds=1_112 + detour_s))


def going(journey: Journey, **changes: Any) -> Any:
    return a_car("jo", journey.start, journey=journey, shift_ends=journey.arrives_by, **changes)


# ── the plan ──


def test_a_parcel_on_the_way_is_offered_to_who_drives_it_anyway() -> None:
    outcome = decide(inputs_for([an_order("c")], [a_car("ana", STORE), going(a_journey())]))
    assert [offer.courier_id for offer in outcome.offers] == ["jo"]
    assert ruling(outcome, "c") == ("offered", "cheapest")


def test_what_lies_the_other_way_stays_with_others() -> None:
    away = a_journey(to=LatLon(46.91, 9.0))
    outcome = decide(inputs_for([an_order("d")], [a_car("ana", STORE), going(away)]))
    assert [offer.courier_id for offer in outcome.offers] == ["ana"]


def test_no_detour_is_longer_than_allowed_and_the_explanation_says_so() -> None:
    outcome = decide(inputs_for([an_order("c")], [going(a_journey(detour_s=300))]))
    assert outcome.offers == ()
    assert [one.limit for one in outcome.considered[0].rulings] == ["detour"]


def test_only_the_detour_is_paid() -> None:
    (along,) = decide(inputs_for([an_order("c")], [going(a_journey())])).offers
    (alone,) = decide(inputs_for([an_order("c")], [a_car("ana", SOUTH)])).offers
    assert along.distance_m == 0
    assert alone.distance_m > 4_000
    assert along.duration_s < alone.duration_s
    assert along.pay.total.minor < alone.pay.total.minor


def test_an_hour_before_leaving_the_parcel_is_offered_already() -> None:
    ready = an_order("c", ready_at=NOON + timedelta(minutes=55), promised_by=NOON + timedelta(hours=2))
    outcome = decide(inputs_for([ready], [going(a_journey(leaves_in_s=3_500))]))
    assert [offer.courier_id for offer in outcome.offers] == ["jo"]
    assert outcome.offers[0].stops[0].eta >= NOON + timedelta(seconds=3_500)  # type: ignore[operator]


def test_a_decision_with_a_journey_is_made_again_from_what_was_stored() -> None:
    inputs = inputs_for([an_order("c")], [going(a_journey())])
    again: Inputs = unpack_inputs(pack_inputs(inputs))
    assert again == inputs
    assert decide(again) == decide(inputs)


@given(st.sampled_from(sorted(HOMES)), st.integers(0, 3_000), st.integers(0, 3_600))
def test_nobody_arrives_later_than_they_said(name: str, leaves_in_s: int, detour_s: int) -> None:
    journey = a_journey(leaves_in_s, detour_s)
    late = an_order(name, promised_by=NOON + timedelta(hours=4))
    for offer in decide(inputs_for([late], [going(journey)])).offers:
        brought = offer.stops[-1].eta
        assert brought is not None
        assert brought <= journey.arrives_by


# ── announcing ──


def _announced(begins_s: int, lasts_s: int, **changes: Any) -> Announced:
    leaves_at = NOON + timedelta(seconds=begins_s)
    journey = Journey(SOUTH, NORTH, leaves_at, leaves_at + timedelta(seconds=lasts_s))
    one = Announced("jny_1", "cou_1", journey, "", "", 600, 9_000, begun=False, cancelled=False)
    return replace(one, **changes)


@given(st.integers(0, 10_000), st.integers(1, 5_000), st.integers(0, 10_000), st.integers(1, 5_000))
def test_nobody_makes_two_journeys_at_one_time(a: int, a_lasts: int, b: int, b_lasts: int) -> None:
    at_once = max(a, b) < min(a + a_lasts, b + b_lasts)
    one, other = _announced(a, a_lasts), _announced(b, b_lasts)
    if at_once:
        with pytest.raises(JourneysOverlap):
            require_free(one.journey, [other])
        require_free(one.journey, [replace(other, cancelled=True)])
    else:
        require_free(one.journey, [other])


async def announced(town: Town, phone: Phone, **changes: Any) -> Any:
    body = {
        "start": {"lat": BAKERY.lat - 0.01, "lon": BAKERY.lon},
        "to": {"lat": HOME.lat + 0.01, "lon": HOME.lon},
        "leaves_at": (town.clock.now() + timedelta(minutes=50)).isoformat(),
        "detour_s": 1_800,
        **changes,
    }
    return await phone.post("/journeys", **body)


async def jo(town: Town, **more: Any) -> Phone:
    """At home, off duty."""
    phone = await town.on_duty("Jo Neighbour", **more)
    await town.couriers.set_duty(phone.id, False)
    town.phones.clear()  # nobody hears of them until they leave
    return phone


async def test_a_journey_becomes_duty_an_hour_before_and_carries_a_parcel(town: Town) -> None:
    phone = await jo(town, engagement=Engagement.VOLUNTEER)
    answer = await announced(town, phone)
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "announced"
    assert answer.json()["drive_s"] > 0
    delivery_id = await town.booked(ready_in_s=3_000)
    assert await town.journeys.begin_due() == 1
    assert await town.journeys.begin_due() == 0
    assert (await phone.get("/journeys")).json()["items"][0]["state"] == "open"
    for _ in range(2):
        await town.tick(600)  # silent all the time, as who is at home may be
    offer = await phone.offer()
    assert offer is not None
    assert offer["pay"]["minor"] == 0
    await phone.accept()
    await town.tick(1_900)
    town.phones["Jo Neighbour"] = phone
    while await phone.next_stop():
        await phone.do_next()
    assert await town.state(delivery_id) == "delivered"
    for _ in range(4):
        await town.tick(1_000)
    assert not (await town.couriers.get(phone.id)).on_duty
    assert (await phone.get("/journeys")).json()["items"] == []


async def test_there_is_a_quarter_of_an_hour_to_answer_before_leaving(town: Town) -> None:
    phone = await jo(town)
    await announced(town, phone)
    await town.booked(ready_in_s=3_000)
    await town.journeys.begin_due()
    await town.tick()
    offer = await phone.offer()
    assert offer is not None
    await town.tick(800)
    assert await phone.offer() == offer
    await town.tick(200)
    assert await phone.offer() != offer


async def test_a_cancelled_journey_brings_no_offers(town: Town) -> None:
    phone = await jo(town)
    first = (await announced(town, phone)).json()
    assert (await phone.http.delete(f"/v1/courier/journeys/{first['id']}")).status_code == 204
    assert await town.journeys.begin_due() == 0
    second = (await announced(town, phone)).json()
    assert await town.journeys.begin_due() == 1
    assert (await phone.http.delete(f"/v1/courier/journeys/{second['id']}")).status_code == 204
    assert not (await town.couriers.get(phone.id)).on_duty
    assert (await phone.http.delete("/v1/courier/journeys/jny_0")).status_code == 404


async def test_somebody_at_work_is_not_taken_from_it(town: Town) -> None:
    phone = await town.on_duty("Ana Meier")
    await announced(town, phone)
    assert await town.journeys.begin_due() == 0
    assert (await town.couriers.get(phone.id)).journey is None
    town.clock.advance(3_600)
    await town.journeys.begin_due()
    assert (await phone.get("/journeys")).json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"leaves_at": "2020-01-01T00:00:00Z"}, "journey-not-ahead"),
        ({"leaves_at": "2046-01-01T00:00:00Z"}, "journey-not-ahead"),
        ({"detour_s": 100_000}, "malformed-request"),
    ],
)
async def test_what_cannot_be_announced_is_refused(town: Town, changes: dict[str, Any], code: str) -> None:
    phone = await jo(town)
    answer = await announced(town, phone, **changes)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_two_journeys_at_one_time_are_refused(town: Town) -> None:
    phone = await jo(town)
    await announced(town, phone)
    answer = await announced(town, phone)
    assert (answer.status_code, answer.json()["code"]) == (409, "journeys-overlap")


async def test_old_journeys_are_forgotten(town: Town) -> None:
    phone = await jo(town)
    await announced(town, phone)
    assert await town.journeys.forget_old() == 0
    town.clock.advance(40 * 86_400)
    assert await town.journeys.forget_old() == 1


async def test_quotes_count_nobody_who_only_drives_by(town: Town) -> None:
    phone = await jo(town)
    await announced(town, phone)
    await town.journeys.begin_due()
    await town.tick()
    (supply,) = await town.rows("SELECT couriers_on_duty, couriers_free FROM market_supply")
    assert (supply["couriers_on_duty"], supply["couriers_free"]) == (0, 0)
