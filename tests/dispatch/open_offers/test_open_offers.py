"""Open offers through the doors: who is shown what, who gets it, what is told to the others."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from homeward.dispatch.errors import CourierNotOnDuty, OfferExpired, OfferGone
from homeward.dispatch.open_offers import policy
from homeward.kit.places import LatLon
from tests.dispatch.world import MARKET, Phone, Town


async def couriers(town: Town, count: int, apart: float = 1 / 2_000) -> list[Phone]:
    return [await town.on_duty(f"Courier {n}", LatLon(47.141 + n * apart, 9.52)) for n in range(count)]


async def opened(town: Town, phones: list[Phone], delivery_id: str) -> None:
    """Three say no; then everybody is asked."""
    noes = 0
    for _ in range(40):
        await town.tick()
        if [seen for phone in phones for seen in await seen_by(phone)]:
            return
        for phone in phones:
            offer = await phone.offer()
            if offer is not None and noes < 3 and offer["delivery_ids"] == [delivery_id]:
                assert (await phone.post(f"/offers/{offer['id']}/decline")).status_code == 204
                noes += 1
    raise AssertionError("nobody was invited")


async def seen_by(phone: Phone) -> list[dict[str, Any]]:
    answer = await phone.get("/open-offers")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def interested(phone: Phone) -> httpx.Response:
    seen = (await seen_by(phone))[0]
    return await phone.post(f"/open-offers/{seen['id']}/interest")


async def chosen(town: Town, seconds: float = 60) -> int:
    town.clock.advance(seconds)
    made = 0
    while await town.open_offers.draw_due():
        made += 1
    return made


async def test_all_who_can_are_shown_it_with_pay_for_their_own_way_and_one_of_the_interested_gets_it(
    town: Town,
) -> None:
    phones = await couriers(town, 5, apart=0.002)
    delivery_id = await town.booked()
    await opened(town, phones, delivery_id)
    seen = {phone.id: (await seen_by(phone))[0] for phone in phones}
    assert len({one["id"] for one in seen.values()}) == 1
    assert {one["state"] for one in seen.values()} == {"gathering"}
    assert len({one["offer"]["distance_m"] for one in seen.values()}) == 5
    assert all(one["seed"] is None and one["offer"]["seal"] for one in seen.values())
    for phone in phones[1:4]:
        assert (await interested(phone)).json()["interested"] is True
    assert await chosen(town) == 1
    results = {phone.id: [one["state"] for one in await seen_by(phone)] for phone in phones}
    assert sorted(results.values()) == [[], [], ["lost"], ["lost"], ["won"]]
    winner = next(phone for phone in phones if results[phone.id] == ["won"])
    assert await town.state(delivery_id) == "assigned"
    assert (await winner.route())["pay"] == seen[winner.id]["offer"]["pay"]


async def test_the_choice_can_be_made_again_by_anybody(town: Town) -> None:
    phones = await couriers(town, 4)
    await opened(town, phones, await town.booked())
    told = (await seen_by(phones[0]))[0]
    for phone in phones:
        await interested(phone)
    await chosen(town)
    mine = (await seen_by(phones[0]))[0]
    assert policy.seed_hash(mine["seed"]) == told["seed_hash"]
    assert mine["yours"]["lot"] == policy.lot(mine["seed"], phones[0].id)
    audit = (await town.operator.get(f"/v1/operator/open-offers/{told['id']}")).json()
    choice = audit["choices"][0]
    assert choice["same_again"] is True
    assert choice["ranking"][0]["courier_id"] == audit["winner_id"]
    assert {entry["courier_id"] for entry in choice["entries"]} == {phone.id for phone in phones}
    assert (await town.operator.get("/v1/operator/open-offers/oof_none")).status_code == 404


async def test_the_first_interest_starts_a_window_that_is_the_same_for_all(town: Town) -> None:
    phones = await couriers(town, 3)
    await opened(town, phones, await town.booked())
    first = (await interested(phones[0])).json()
    left = datetime.fromisoformat(first["ends_at"]) - town.clock.now()
    assert left == timedelta(seconds=20)
    town.clock.advance(15)
    assert (await interested(phones[1])).json()["ends_at"] == first["ends_at"]
    assert await chosen(town, 4) == 0
    assert await chosen(town, 1) == 1


async def test_where_the_law_gives_a_minute_no_choice_is_made_sooner(town: Town) -> None:
    await town.coverage.update_market(MARKET, settings={"jurisdiction": "US-CO"}, by="operator:opr_1")
    phones = await couriers(town, 3)
    await opened(town, phones, await town.booked())
    begun = town.clock.now()
    seen = (await interested(phones[0])).json()
    assert datetime.fromisoformat(seen["ends_at"]) >= begun + timedelta(seconds=60)


async def test_the_pay_rises_with_every_round_that_nobody_wants_up_to_the_cap_and_then_a_person_is_called(
    town: Town,
) -> None:
    phones = await couriers(town, 3)
    delivery_id = await town.booked()
    await opened(town, phones, delivery_id)
    pays = []
    for _ in range(30):
        seen = await seen_by(phones[0])
        if not seen:
            break
        pays.append((seen[0]["raised_pct"], seen[0]["offer"]["pay"]["minor"]))
        await chosen(town)
        await town.tick()
    assert [pct for pct, _ in pays] == [0, 10, 20, 30, 40, 50]
    assert [pay for _, pay in pays] == sorted({pay for _, pay in pays})
    await town.tick()
    assert (await town.rows("SELECT state FROM open_offer"))[0]["state"] == "nobody"
    assert (await town.world.view(delivery_id)).delivery.attention == "no_courier"


async def test_what_was_shown_in_a_round_is_the_least_of_every_later_offer(town: Town) -> None:
    phones = await couriers(town, 3)
    delivery_id = await town.booked()
    await opened(town, phones, delivery_id)
    await chosen(town)
    await town.tick()
    raised = (await seen_by(phones[0]))[0]["offer"]["pay"]["minor"]
    async with town.db.operator() as tx:
        assert await town.dispatch.withdraw(tx, delivery_id, "for the test") == 1
        await tx.run("UPDATE offer SET state = 'withdrawn' WHERE state = 'declined'")
    for phone in phones[1:]:
        await town.couriers.set_duty(phone.id, False)
    await town.tick()
    offer = await phones[0].offer()
    assert offer is not None
    assert offer["pay"]["minor"] >= raised


async def test_declining_counts_for_nothing_in_the_choice(town: Town) -> None:
    """The entries are all that is chosen by, and tell of way and waiting only."""
    phones = await couriers(town, 4)
    await opened(town, phones, await town.booked())
    refused = {row["courier_id"] for row in await town.rows("SELECT courier_id FROM offer WHERE state = 'declined'")}
    assert len(refused) == 3
    for phone in phones:
        await interested(phone)
    await chosen(town)
    entries = (await town.rows("SELECT entries FROM open_offer_draw"))[0]["entries"]
    assert {entry["courier_id"] for entry in entries} >= refused
    assert {key for entry in entries for key in entry} == {"courier_id", "arrives_s", "waited_s"}


async def test_interest_can_be_taken_back_and_told_again(town: Town) -> None:
    phones = await couriers(town, 3)
    delivery_id = await town.booked()
    await opened(town, phones, delivery_id)
    offer_id = (await interested(phones[0])).json()["id"]
    back = await phones[0].http.delete(f"/v1/courier/open-offers/{offer_id}/interest")
    assert back.json()["interested"] is False
    await chosen(town)
    assert await town.state(delivery_id) == "searching"


@pytest.mark.parametrize(
    "change",
    [
        "papers_valid_until = %(now)s",
        "consent_due_at = %(now)s",
        "offers_paused_until = %(now)s + interval '1 hour'",
        "shift_ends = %(now)s",
        "status = 'suspended'",
    ],
)
async def test_who_may_not_be_asked_any_more_when_the_choice_is_made_is_passed_over(town: Town, change: str) -> None:
    phones = await couriers(town, 3)
    await opened(town, phones, await town.booked())
    for phone in phones[:2]:
        await interested(phone)
    town.clock.advance(30)
    async with town.db.operator() as tx:
        await tx.run(f"UPDATE courier SET {change} WHERE id = %(id)s", id=phones[0].id, now=town.clock.now())
    await chosen(town, 30)
    assert (await town.rows("SELECT winner_id FROM open_offer"))[0]["winner_id"] == phones[1].id


async def test_expired_papers_close_the_usual_offers_too_and_the_explanation_names_them(town: Town) -> None:
    ana = await town.on_duty()
    async with town.db.operator() as tx:
        await tx.run("UPDATE courier SET papers_valid_until = %(now)s", now=town.clock.now())
    delivery_id = await town.booked()
    await town.tick()
    assert await ana.offer() is None
    assert "has a document that has expired" in (await town.dispatch.explain(delivery_id)).text


async def test_who_took_other_work_or_went_home_is_passed_over_for_the_next(town: Town) -> None:
    phones = await couriers(town, 3)
    delivery_id = await town.booked()
    await opened(town, phones, delivery_id)
    for phone in phones:
        await interested(phone)
    await town.couriers.set_duty(phones[0].id, False)
    await chosen(town)
    row = (await town.rows("SELECT winner_id FROM open_offer"))[0]
    assert row["winner_id"] in {phones[1].id, phones[2].id}
    assert await town.state(delivery_id) == "assigned"


async def test_a_delivery_that_is_cancelled_is_withdrawn_from_all(town: Town) -> None:
    phones = await couriers(town, 3)
    delivery_id = await town.booked()
    await opened(town, phones, delivery_id)
    await interested(phones[0])
    offer_id = (await seen_by(phones[0]))[0]["id"]
    body = {"reason": "The shop is closed."}
    assert (await town.operator.post(f"/v1/operator/deliveries/{delivery_id}/cancel", json=body)).status_code == 200
    assert [one["state"] for one in await seen_by(phones[0])] == ["withdrawn"]
    late = await phones[1].post(f"/open-offers/{offer_id}/interest")
    assert (late.status_code, late.json()["code"]) == (409, OfferGone.slug)


async def test_interest_comes_in_time_from_who_is_invited_and_on_duty_or_is_refused(town: Town) -> None:
    phones = await couriers(town, 3)
    await opened(town, phones, await town.booked())
    offer_id = (await seen_by(phones[0]))[0]["id"]
    stranger = await town.on_duty("Somebody new")
    assert (await stranger.post(f"/open-offers/{offer_id}/interest")).status_code == 404
    await town.couriers.set_duty(phones[1].id, False)
    home = await phones[1].post(f"/open-offers/{offer_id}/interest")
    assert (home.status_code, home.json()["code"]) == (409, CourierNotOnDuty.slug)
    town.clock.advance(61)
    late = await phones[0].post(f"/open-offers/{offer_id}/interest")
    assert (late.status_code, late.json()["code"]) == (409, OfferExpired.slug)


async def test_nobody_else_is_asked_while_all_are(town: Town) -> None:
    phones = await couriers(town, 3)
    delivery_id = await town.booked()
    await opened(town, phones, delivery_id)
    for _ in range(3):
        await town.tick(1)
    assert [await phone.offer() for phone in phones] == [None] * 3
    async with town.db.operator() as tx:
        assert await town.dispatch.offered(tx, [delivery_id]) == {delivery_id}


async def test_the_explanation_says_that_all_were_asked_and_the_decision_can_be_made_again(town: Town) -> None:
    phones = await couriers(town, 3)
    delivery_id = await town.booked()
    await opened(town, phones, delivery_id)
    why = await town.dispatch.explain(delivery_id)
    assert "Offered to all who can carry it" in why.text
    opening = next(one for one in why.rounds if one.outcome == "opened")
    assert (await town.dispatch.replay(opening.decision_id)).equal


async def test_who_waits_for_news_gets_it_when_the_choice_is_made(town: Town) -> None:
    phones = await couriers(town, 3)
    await opened(town, phones, await town.booked())
    for phone in phones:
        await interested(phone)
    known = (await phones[0].get("/open-offers")).json()["version"]
    waiting = asyncio.create_task(phones[0].get(f"/open-offers?known={known}&wait_s=25"))
    await asyncio.sleep(0)
    await chosen(town)
    told = (await waiting).json()
    assert told["version"] != known
    assert told["items"][0]["state"] in {"won", "lost"}
