"""The courier's own record: complete, theirs alone, to take along, and no tip ever in the pay."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.deliveries.carried.model import CarriedLeg, LegEvent, TipLine
from homeward.deliveries.model import CourierCard, Leg, LegKind
from homeward.deliveries.states import LegState
from homeward.dispatch.model import OfferState, PayTerm
from homeward.dispatch.record import policy
from homeward.dispatch.record.csv_file import COLUMNS, as_csv
from homeward.dispatch.record.errors import PeriodNotPossible
from homeward.dispatch.record.model import Record, ShownOffer, Way
from homeward.fleets.couriers.model import Fix
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.simulator.motion import noisy, walked
from tests.acceptance.world import World, a_world
from tests.builders import TUESDAY_NOON
from tests.conftest import DatabaseUrls

BAKERY, HOME = LatLon(44.0, -73.0), LatLon(44.01, -73.0)


@pytest.fixture
async def world(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(database_urls.app, tmp_path) as found:
        yield found


async def record_of(world: World, courier_id: str) -> dict[str, Any]:
    world.clock.advance(1)
    return await world.done(world.courier_tokens[courier_id], "GET", "/v1/courier/record")


# ── over HTTP ──


async def test_a_trip_stands_in_the_record_with_its_offer_moments_pay_and_tip(world: World) -> None:
    booked = await world.booked(world.bakery)
    courier_id, offer = await world.offered()
    world.clock.advance(20)
    token = world.courier_tokens[courier_id]
    await world.done(token, "POST", f"/v1/courier/offers/{offer['id']}/accept")
    await world.carried(courier_id)
    currency = offer["pay"]["currency"]
    tip = {"amount": {"minor": 250, "currency": currency}}
    await world.done(world.bakery.live_key, "POST", f"/v1/deliveries/{booked['id']}/tip", tip)
    record = await record_of(world, courier_id)
    (trip,) = record["trips"]
    shown, (leg,) = trip["offer"], trip["legs"]
    assert (shown["id"], shown["decision"], shown["took_s"]) == (offer["id"], "accepted", 20)
    assert shown["pay"] == offer["pay"]
    assert sum(line["minor"] for line in shown["pay_lines"]) == offer["pay"]["minor"]
    assert (shown["distance_m"], shown["duration_s"]) == (offer["distance_m"], offer["duration_s"])
    moments = [leg[name] for name in ("accepted_at", "at_store_at", "left_store_at", "at_door_at", "ended_at")]
    assert moments == sorted(moments)
    assert (leg["delivery_id"], leg["state"], leg["ended_by"]) == (booked["id"], "done", "courier")
    assert leg["pay"] == offer["pay"]
    assert [one["amount"]["minor"] for one in leg["tips"]] == [250]
    assert leg["engaged_s"] == record["totals"]["engaged_s"] > 0
    assert record["totals"]["pay"] == [offer["pay"]]
    assert record["totals"]["tips"] == [{"minor": 250, "currency": currency}]
    assert record["kept_days"] == 1095
    assert "Elm Street" not in str(record), "where shoppers live is not the courier's to keep"


async def test_a_declined_offer_is_told_as_plainly_as_an_accepted_one(world: World) -> None:
    await world.booked(world.bakery)
    courier_id, offer = await world.offered()
    world.clock.advance(7)
    token = world.courier_tokens[courier_id]
    await world.done(token, "POST", f"/v1/courier/offers/{offer['id']}/decline", {"reason": "too far"})
    record = await record_of(world, courier_id)
    assert [(one["id"], one["decision"], one["took_s"]) for one in record["other_offers"]] == [
        (offer["id"], "declined", 7)
    ]
    offers = {"shown": 1, "accepted": 0, "declined": 1, "unanswered": 0, "withdrawn": 0}
    assert record["totals"]["offers"] == offers


async def test_the_record_is_the_couriers_own_and_the_operator_sees_the_same(world: World) -> None:
    await world.booked(world.bakery)
    courier_id = await world.accepted()
    await world.carried(courier_id)
    (other,) = set(world.couriers) - {courier_id}
    assert (await record_of(world, other))["trips"] == []
    mine = await record_of(world, courier_id)
    path = f"/v1/operator/couriers/{courier_id}/record"
    theirs = await world.done(world.operator_token, "GET", path)
    assert theirs["trips"] == mine["trips"]
    assert (await world.ask(world.operator_token, "GET", "/v1/operator/couriers/cou_0/record")).status_code == 404


async def test_the_record_can_be_taken_along_as_a_table(world: World) -> None:
    await world.booked(world.bakery)
    courier_id = await world.accepted()
    await world.carried(courier_id)
    record = await record_of(world, courier_id)
    answer = await world.ask(world.courier_tokens[courier_id], "GET", "/v1/courier/record.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text))
    leg = record["trips"][0]["legs"][0]
    assert (row["leg_id"], row["offer_id"]) == (leg["leg_id"], record["trips"][0]["offer"]["id"])
    assert round(float(row["pay"]) * 100) == leg["pay"]["minor"]


@pytest.mark.parametrize(
    ("since", "until"),
    [("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"), ("2024-01-01T00:00:00Z", "2026-01-01T00:00:00Z")],
)
async def test_a_period_must_be_one(world: World, since: str, until: str) -> None:
    token = world.courier_tokens[world.couriers[0]]
    for path in ("/v1/courier/record", "/v1/courier/record.csv"):
        answer = await world.ask(token, "GET", path, since=since, until=until)
        assert (answer.status_code, answer.json()["code"]) == (422, PeriodNotPossible.slug)


async def test_metres_are_kept_before_the_positions_are_forgotten(world: World) -> None:
    await world.booked(world.bakery)
    courier_id = await world.accepted()
    for metres in range(0, 900, 100):
        world.clock.advance(10)
        place = {"lat": 44.0 + metres / 111_195, "lon": -73.0}
        fix = {"at": world.clock.now().isoformat(), "accuracy_m": 5, **place}
        await world.done(world.courier_tokens[courier_id], "POST", "/v1/courier/positions", {"fixes": [fix]})
    await world.carried(courier_id)
    assert await world.platform.record.measure_due() == 0
    world.clock.advance(7 * 3600)
    assert await world.platform.record.measure_due() == 1
    assert await world.platform.record.measure_due() == 0
    (trip,) = (await record_of(world, courier_id))["trips"]
    assert 780 < trip["legs"][0]["way"]["to_store_m"] < 820


# ── the pure rules ──


def an_offer(number: int = 1, **changes: Any) -> ShownOffer:
    lines = (PayTerm("base", "Base", 300), PayTerm("distance", "2 km", 120))
    offer = ShownOffer(
        f"ofr_{number}",
        TUESDAY_NOON,
        TUESDAY_NOON + timedelta(seconds=60),
        OfferState.ACCEPTED,
        TUESDAY_NOON + timedelta(seconds=9),
        ("dlv_1",),
        Money(420, "USD"),
        lines,
        2_000,
        600,
    )
    return replace(offer, **changes)


def a_leg(number: int = 1, begin_s: int = 10, length_s: int = 900, **changes: Any) -> CarriedLeg:
    begin = TUESDAY_NOON + timedelta(seconds=begin_s)
    at = [begin + timedelta(seconds=length_s * share / 10) for share in (3, 5, 9, 10)]
    leg = Leg(
        id=f"leg_{number}",
        merchant_id="mer_1",
        delivery_id=f"dlv_{number}",
        market_id="mkt_1",
        number=1,
        kind=LegKind.CARRY,
        courier_id="cou_1",
        courier=CourierCard("Ana", "bicycle"),
        offer_id="ofr_1",
        state=LegState.DONE,
        reason=None,
        pay=Money(210, "USD"),
        created_at=begin,
        picked_up_at=at[1],
        ended_at=at[3],
    )
    names = ("at_pickup", "picked_up", "at_dropoff", "delivered")
    events = tuple(LegEvent(name, when, "courier:cou_1") for name, when in zip(names, at, strict=True))
    carried = CarriedLeg(leg, "Bakery", BAKERY, HOME, begin, events, (), ())
    return replace(carried, **changes)


def built(*legs: CarriedLeg, offers: tuple[ShownOffer, ...] = (an_offer(),), **ways: Way) -> Record:
    until = TUESDAY_NOON + timedelta(days=1)
    return policy.build("cou_1", TUESDAY_NOON, until, legs, offers, ways, until)


amounts = st.integers(0, 10_000_000)


@given(st.lists(st.tuples(amounts, st.integers(0, 100_000)), max_size=5), st.integers(1, 4), amounts)
def test_tips_change_no_pay_line_and_no_other_figure(tips: list[tuple[int, int]], count: int, pay: int) -> None:
    bare = [a_leg(number) for number in range(count)]
    bare = [replace(one, leg=replace(one.leg, pay=Money(pay, "USD"))) for one in bare]
    lines = tuple(TipLine(TUESDAY_NOON + timedelta(seconds=s), Money(minor, "USD")) for minor, s in tips)
    without, with_tips = built(*bare), built(*(replace(one, tips=lines) for one in bare))
    tipless = [replace(trip, legs=tuple(replace(leg, tips=()) for leg in trip.legs)) for trip in with_tips.trips]
    assert tuple(tipless) == without.trips
    assert replace(with_tips.totals, tips=()) == replace(without.totals, tips=())
    assert sum(one.minor for one in with_tips.totals.tips) == count * sum(minor for minor, _ in tips)
    columns = [name for name in COLUMNS if name != "tips"]
    for a, b in zip(*(csv.DictReader(io.StringIO(as_csv(one))) for one in (without, with_tips)), strict=True):
        assert [a[name] for name in columns] == [b[name] for name in columns]


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 2_000)), max_size=8))
def test_time_that_two_legs_share_is_worked_once(spans: list[tuple[int, int]]) -> None:
    legs = [a_leg(number, begin, length) for number, (begin, length) in enumerate(spans)]
    seconds = {second for begin, length in spans for second in range(begin, begin + length)}
    assert built(*legs).totals.engaged_s == len(seconds)


def test_waiting_counts_from_when_both_the_courier_and_the_promised_moment_had_come() -> None:
    early, late = TUESDAY_NOON, TUESDAY_NOON + timedelta(seconds=10 + 360)
    assert built(a_leg(ready_at=early)).trips[0].legs[0].waited_s == 180
    assert built(a_leg(ready_at=late)).trips[0].legs[0].waited_s == 90
    assert built(a_leg(ready_at=late + timedelta(hours=1))).trips[0].legs[0].waited_s == 0


def test_deliveries_taken_with_one_answer_are_one_trip_and_an_assignment_without_an_offer_is_its_own() -> None:
    alone = a_leg(3)
    record = built(a_leg(1), a_leg(2), replace(alone, leg=replace(alone.leg, offer_id=None)))
    assert [(trip.offer.id if trip.offer else None, len(trip.legs)) for trip in record.trips] == [
        ("ofr_1", 2),
        (None, 1),
    ]


def test_the_way_back_belongs_to_the_trip_of_the_way_there() -> None:
    back = a_leg(1)
    back = replace(back, leg=replace(back.leg, id="leg_9", kind=LegKind.RETURN, offer_id=None, picked_up_at=None))
    (trip,) = built(back, a_leg(1)).trips
    assert [leg.kind for leg in trip.legs] == ["return", "carry"]


def test_pay_of_what_was_taken_away_before_it_was_picked_up_is_shown_and_not_added_up() -> None:
    gone = a_leg(1)
    gone = replace(gone, leg=replace(gone.leg, picked_up_at=None, state=LegState.CANCELLED))
    record = built(gone)
    assert (record.trips[0].legs[0].pay, record.totals.pay) == (Money(210, "USD"), ())


def test_a_store_whose_name_is_a_formula_does_nothing_to_a_spreadsheet() -> None:
    (row,) = csv.DictReader(io.StringIO(as_csv(built(a_leg(store_name="=HYPERLINK(1)")))))
    assert row["store"] == "'=HYPERLINK(1)"


def test_a_receiver_that_trembles_at_a_door_walks_no_metre() -> None:
    rng, fixes, way = Random(4), list[Fix](), [BAKERY, HOME]
    for number in range(200):
        at = TUESDAY_NOON + timedelta(seconds=10 * number)
        fixes.append(Fix(at, noisy(way[0], rng), 8))
        way = walked(way, 80) if number < 60 else way
    found = policy.way_of(fixes, TUESDAY_NOON, fixes[20].at, fixes[-1].at)
    assert found.to_store_m is not None
    assert found.to_door_m is not None
    assert abs(found.to_store_m + found.to_door_m - 1_112) < 70
    assert policy.way_of(fixes[:2], TUESDAY_NOON, None, fixes[-1].at) == Way(None, None)
