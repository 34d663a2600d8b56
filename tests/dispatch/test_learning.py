"""Couriers' answers, from the offer log to the next plan and its explanation."""

from datetime import timedelta

from homeward.dispatch import repository as store
from homeward.dispatch.acceptance import FEATURES, PRIOR
from homeward.dispatch.acceptance_fit import fit
from homeward.kit.places import LatLon
from tests.dispatch.world import MARKET, Phone, Town


async def answered(town: Town) -> list[bool]:
    async with town.db.operator() as tx:
        since = town.clock.now() - timedelta(days=1)
        return [answer.accepted for answer in await store.answers(tx, MARKET, since=since, limit=100)]


async def said_no(town: Town, phone: Phone) -> None:
    """A delivery is offered, refused and taken back by the shop."""
    delivery_id = await town.booked()
    await town.tick()
    offer = await phone.offer()
    assert offer is not None
    assert (await phone.post(f"/offers/{offer['id']}/decline", reason="too far")).status_code == 204
    await town.operator.post(f"/v1/operator/deliveries/{delivery_id}/cancel", json={"reason": "nobody wants it"})


async def test_yes_no_and_silence_are_learned_from_and_a_withdrawn_offer_is_not(town: Town) -> None:
    ana = await town.on_duty("Ana")
    first = await town.booked()
    await town.tick()
    await town.operator.post(f"/v1/operator/deliveries/{first}/cancel", json={"reason": "the shop asked for it"})
    assert await answered(town) == []
    await said_no(town, ana)
    assert await answered(town) == [False]
    await town.booked()
    await town.tick()
    await ana.accept()
    assert await answered(town) == [True, False]
    await town.booked()
    for _ in range(5):
        await town.tick(61)
    assert False in (await answered(town))[: -len([True, False])]


async def test_an_offer_keeps_what_its_chance_rests_on_and_the_courier_is_not_told(town: Town) -> None:
    ana = await town.on_duty("Ana")
    delivery_id = await town.booked()
    await town.tick()
    shown = await ana.offer()
    assert shown is not None
    assert not {"chance", "features"} & set(shown)
    offer = (await town.dispatch.explain(delivery_id)).offers[0]
    assert set(offer.features) == FEATURES
    assert offer.chance is not None


async def test_a_no_makes_the_same_courier_less_likely_to_be_asked_first_for_an_hour(town: Town) -> None:
    ana = await town.on_duty("Ana")
    await said_no(town, ana)
    delivery_id = await town.booked()
    await town.tick()
    ruling = (await town.dispatch.explain(delivery_id)).rounds[-1].rulings[0]
    assert ruling.chance is not None
    assert ruling.chance.terms["noes"] < 0
    assert "rest" not in ruling.chance.terms or ruling.chance.terms["rest"] < 0.1


async def test_what_was_learned_is_used_stored_with_the_decision_and_replayed(town: Town) -> None:
    ana = await town.on_duty("Ana")
    for _ in range(6):
        await said_no(town, ana)
        await town.tick(60)
    await town.on_duty("Ben", LatLon(47.142, 9.522))
    await town.dispatch.release_all()
    another = town.another_planner()
    town.clock.advance(20)
    for phone in town.phones.values():
        await town.heard(phone)
    await town.booked()
    report = await another.plan_market(MARKET)
    assert report.decision_id is not None
    async with town.db.operator() as tx:
        since = town.clock.now() - timedelta(days=1)
        model = fit(await store.answers(tx, MARKET, since=since, limit=100))
    assert model != PRIOR
    assert model.couriers[ana.id] < 0
    assert (await another.replay(report.decision_id)).equal
    assert (await another.acceptance(MARKET)) == model


async def test_an_explanation_tells_how_likely_each_yes_was_in_every_form(town: Town) -> None:
    await town.on_duty("Ana")
    delivery_id = await town.booked()
    await town.tick()
    why = (await town.operator.get(f"/v1/operator/deliveries/{delivery_id}/explanation")).json()
    chance = why["rounds"][-1]["candidates"][0]["chance"]
    assert 500 < chance["per_mille"] < 990
    assert "couriers here +2.20" in chance["sentence"]
    assert why["offers"][0]["chance"]["terms"]["usual"] == 2.2
    assert ", yes 9" in why["text"] or ", yes 8" in why["text"]
    assert "a yes was" in why["text"]


async def test_earnings_of_this_duty_count_and_of_an_earlier_one_do_not(town: Town) -> None:
    ana = await town.on_duty("Ana")
    await town.booked()
    await town.tick()
    await ana.accept()

    async def shift(began_s_ago: float) -> tuple[int, int]:
        now = town.clock.now()
        async with town.db.operator() as tx:
            found = await store.shifts(
                tx,
                MARKET,
                {ana.id: now - timedelta(seconds=began_s_ago)},
                noes_since=now - timedelta(hours=1),
                asked_since=now - timedelta(hours=1),
            )
        return found[ana.id].earned_minor > 0, found[ana.id].carried

    assert await shift(600) == (True, 1)
    town.clock.advance(30)
    assert await shift(10) == (False, 0)
