"""One planner for a market at a time; a crash loses nothing, a late one writes nothing."""

import asyncio

import pytest

from homeward.dispatch import repository as store
from homeward.dispatch.errors import LeaseHeld, LeaseLost
from homeward.kit.places import LatLon
from tests.dispatch.world import MARKET, Town


async def end_lease(town: Town) -> None:
    """As if its time had passed: leases live by the database's clock."""
    async with town.db.operator() as tx:
        await tx.run("UPDATE planner_lease SET expires_at = now() - interval '1 second'")


async def test_a_second_planner_finds_the_market_taken(town: Town) -> None:
    await town.tick()
    with pytest.raises(LeaseHeld):
        await town.another_planner().plan_market(MARKET)


async def test_of_two_planners_started_at_once_one_plans_and_each_delivery_is_offered_once(town: Town) -> None:
    await town.on_duty("Ana")
    await town.on_duty("Ben", LatLon(47.142, 9.522))
    await town.booked()
    planners = [town.another_planner() for _ in range(4)]
    answers = await asyncio.gather(*(p.plan_market(MARKET) for p in planners), return_exceptions=True)
    assert sum(isinstance(answer, LeaseHeld) for answer in answers) == 3
    assert len(await town.rows("SELECT id FROM offer WHERE state = 'open'")) == 1


async def test_after_a_killed_planner_another_takes_over_with_a_higher_token(town: Town) -> None:
    await town.on_duty()
    await town.booked()
    first = await town.tick()
    await end_lease(town)  # the process is gone and nobody prolongs it
    other = town.another_planner()
    taken = await other.plan_market(MARKET)
    assert taken.token == first.token + 1
    # Nothing is lost or done twice: the offer of the dead planner still stands.
    assert len(await town.rows("SELECT id FROM offer")) == 1


async def test_a_planner_that_lost_its_lease_while_thinking_writes_nothing(town: Town) -> None:
    await town.on_duty()
    delivery_id = await town.booked()
    other = town.another_planner()

    async def somebody_takes_over() -> None:
        town.roads.before_answer = None
        await end_lease(town)
        async with town.db.operator() as tx:
            assert await store.take_lease(tx, MARKET, "somebody else", 60) is not None

    town.roads.before_answer = somebody_takes_over
    with pytest.raises(LeaseLost):
        await other.plan_market(MARKET)
    assert await town.rows("SELECT id FROM offer") == []
    assert await town.rows("SELECT id FROM dispatch_decision") == []
    assert await town.rows("SELECT market_id FROM market_supply") == []
    assert await town.state(delivery_id) == "searching"


async def test_a_planner_that_thinks_long_keeps_its_lease(town: Town) -> None:
    await town.on_duty()
    await town.booked()
    slow = town.another_planner(lease_s=0.6)

    async def think() -> None:
        await asyncio.sleep(1.2)

    town.roads.before_answer = think
    assert (await slow.plan_market(MARKET)).offers == 1


async def test_a_released_lease_is_free_at_once(town: Town) -> None:
    await town.tick()
    await town.dispatch.release_all()
    assert (await town.another_planner().plan_market(MARKET)).token == 2


async def test_a_round_in_which_nothing_changed_plans_nothing(town: Town) -> None:
    await town.on_duty()
    await town.booked()
    assert (await town.tick()).planned
    await town.tick()  # sees the offer that it made
    quiet = await town.tick()
    assert not quiet.planned
    assert quiet.decision_id is None


async def test_what_happens_while_a_planner_thinks_is_not_overwritten(town: Town) -> None:
    await town.on_duty()
    delivery_id = await town.booked()

    async def the_merchant_cancels() -> None:
        town.roads.before_answer = None
        async with town.world.client() as merchant:
            path = f"/v1/deliveries/{delivery_id}/cancel"
            answer = await merchant.post(path, json={}, headers={"Idempotency-Key": "c"})
            assert answer.status_code == 200, answer.text

    town.roads.before_answer = the_merchant_cancels
    report = await town.tick()
    assert report.offers == 0
    assert await town.state(delivery_id) == "cancelled"
