"""Many answers at one moment: one courier wins, everybody else is told so at once."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from homeward.dispatch import repository as store
from homeward.dispatch.model import Offer, OfferState
from homeward.dispatch.offer_rows import insert_offer
from homeward.kit.ids import new_id
from homeward.kit.places import LatLon
from tests.dispatch.world import Phone, Town


async def asked_all(town: Town, phones: list[Phone]) -> list[str]:
    """The same delivery is offered to every courier at once, as no planner of ours does; returns the offers."""
    async with town.db.operator() as tx:
        original = (await store.open_offers(tx, "mkt_1"))[0]
        offers = [original]
        for phone in phones:
            if phone.id != original.courier_id:
                copy: Offer = replace(original, id=new_id("ofr", town.clock.now()), courier_id=phone.id)
                assert await insert_offer(tx, copy)
                offers.append(copy)
    by_courier = {offer.courier_id: offer.id for offer in offers}
    return [by_courier[phone.id] for phone in phones]


async def test_when_many_couriers_accept_one_delivery_at_once_exactly_one_gets_it(town: Town) -> None:
    phones = [await town.on_duty(f"Courier {n}", LatLon(47.141 + n / 2_000, 9.52)) for n in range(20)]
    delivery_id = await town.booked()
    await town.tick()
    offers = await asked_all(town, phones)

    async def accept(phone: Phone, offer_id: str) -> tuple[int, str, float]:
        started = time.perf_counter()
        answer = await phone.post(f"/offers/{offer_id}/accept")
        return answer.status_code, answer.json().get("code", ""), time.perf_counter() - started

    answers = await asyncio.gather(*(accept(p, o) for p, o in zip(phones, offers, strict=True)))
    assert sorted(status for status, _, _ in answers) == [200] + [409] * 19
    assert {code for status, code, _ in answers if status == 409} == {"offer-gone"}
    active = await town.rows(
        "SELECT courier_id FROM leg WHERE delivery_id = %(id)s AND ended_at IS NULL", id=delivery_id
    )
    assert len(active) == 1
    states = await town.rows("SELECT state, count(*) AS n FROM offer GROUP BY state")
    assert {row["state"]: row["n"] for row in states} == {"accepted": 1, "withdrawn": 19}


async def test_a_double_tap_on_accept_is_one_acceptance(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    taps = await asyncio.gather(*(ana.post(f"/offers/{offer['id']}/accept") for _ in range(8)))
    assert [tap.status_code for tap in taps] == [200] * 8
    assert len(await town.rows("SELECT id FROM leg WHERE delivery_id = %(id)s", id=delivery_id)) == 1
    assert [stop["kind"] for stop in (await ana.route())["stops"]] == ["pickup", "dropoff"]


async def test_accept_and_decline_at_once_leave_one_answer(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    accepted, declined = await asyncio.gather(
        ana.post(f"/offers/{offer['id']}/accept"), ana.post(f"/offers/{offer['id']}/decline")
    )
    assert (accepted.status_code, declined.status_code) in {(200, 409), (409, 204)}
    row = (await town.rows("SELECT state FROM offer"))[0]
    expected = "accepted" if accepted.status_code == 200 else "declined"
    assert row["state"] == expected
    assert await town.state(delivery_id) == ("assigned" if expected == "accepted" else "searching")


async def test_reassigning_while_the_courier_accepts_leaves_one_courier(town: Town) -> None:
    ana = await town.on_duty("Ana")
    ben = await town.on_duty("Ben", LatLon(47.16, 9.53))
    delivery_id = await town.booked()
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    path = f"/v1/operator/deliveries/{delivery_id}/reassign"
    answers = await asyncio.gather(
        ana.post(f"/offers/{offer['id']}/accept"),
        town.operator.post(path, json={"courier_id": ben.id, "reason": "Ben is at the store"}),
    )
    assert answers[1].status_code == 200, answers[1].text
    active = await town.rows(
        "SELECT courier_id FROM leg WHERE delivery_id = %(id)s AND ended_at IS NULL", id=delivery_id
    )
    assert [leg["courier_id"] for leg in active] == [ben.id]
    assert [stop["kind"] for stop in (await ben.route())["stops"]] == ["pickup", "dropoff"]
    assert (await ana.route())["stops"] == []


@pytest.mark.parametrize("seconds", [59, 60])
async def test_an_offer_can_be_accepted_until_its_time_is_over(town: Town, seconds: int) -> None:
    ana = await town.on_duty(shift=timedelta(hours=1))
    await town.booked()
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    town.clock.advance(seconds)
    answer = await ana.post(f"/offers/{offer['id']}/accept")
    assert answer.status_code == (200 if seconds < 60 else 409)
    rows = await town.rows("SELECT state FROM offer")
    assert rows[0]["state"] == (OfferState.ACCEPTED if seconds < 60 else OfferState.OPEN)


async def accepting_meanwhile(town: Town, phone: Phone, held: str, change: str, **params: str) -> tuple[int, str]:
    """The answer to an accept that arrives while another transaction has looked, and then makes its change."""
    offer = await phone.offer()
    assert offer is not None
    async with town.db.operator() as tx:
        await tx.run(held, **params)
        accepting = asyncio.create_task(phone.post(f"/offers/{offer['id']}/accept"))
        await asyncio.sleep(0.5)
        await tx.run(change, **params)
    answer = await accepting
    return answer.status_code, answer.json().get("code", "")


async def test_who_goes_off_duty_while_accepting_is_left_with_nothing_to_carry(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()
    answer = await accepting_meanwhile(
        town,
        ana,
        "SELECT 1 FROM courier WHERE id = %(id)s FOR NO KEY UPDATE",
        "UPDATE courier SET on_duty = false WHERE id = %(id)s",
        id=ana.id,
    )
    assert answer == (409, "courier-not-on-duty")
    assert await town.state(delivery_id) == "searching"


async def test_who_accepts_while_going_off_duty_stays_until_the_last_stop(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    accepted, off = await asyncio.gather(ana.post(f"/offers/{offer['id']}/accept"), ana.post("/duty", on=False))
    assert off.status_code == 200
    carries = accepted.status_code == 200
    assert await town.state(delivery_id) == ("assigned" if carries else "searching")
    assert (await town.couriers.get(ana.id)).on_duty is carries


async def test_nobody_carries_to_another_door_than_they_said_yes_to(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()
    answer = await accepting_meanwhile(
        town,
        ana,
        "SELECT 1 FROM delivery WHERE id = %(id)s FOR UPDATE",
        "UPDATE delivery SET dropoff = jsonb_set(dropoff, '{place,lat}', '47.19') WHERE id = %(id)s",
        id=delivery_id,
    )
    assert answer == (409, "offer-gone")
    assert await town.state(delivery_id) == "searching"
