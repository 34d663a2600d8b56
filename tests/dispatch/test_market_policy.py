"""A market's own numbers, from the operator's hand to the stored decision."""

import pytest

from homeward.dispatch import policy
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.kit.problems import MalformedRequest
from tests.dispatch.world import MARKET, Town

ONE_AT_A_TIME = DispatchPolicy.from_values({"offers": {"most_together": 1}})


async def test_a_markets_own_numbers_are_in_force_from_the_next_round_on(town: Town) -> None:
    ana = await town.on_duty("Ana")
    await town.booked()
    await town.booked()
    await town.dispatch.set_policy(MARKET, ONE_AT_A_TIME, by="operator:opr_1")
    assert await town.dispatch.policy(MARKET) == ONE_AT_A_TIME
    await town.tick()
    offer = await ana.offer()
    assert offer is not None
    assert len(offer["delivery_ids"]) == 1


async def test_a_decision_is_replayed_by_the_numbers_it_was_made_by(town: Town) -> None:
    await town.on_duty("Ana")
    await town.booked()
    await town.booked()
    await town.dispatch.set_policy(MARKET, ONE_AT_A_TIME, by="operator:opr_1")
    report = await town.tick()
    assert report.decision_id is not None
    await town.dispatch.set_policy(MARKET, DispatchPolicy(), by="operator:opr_1")
    stored = await town.dispatch.decision(report.decision_id)
    assert stored["policy_version"] == policy.version(ONE_AT_A_TIME)
    assert stored["policy"] == {"offers": {"most_together": 1}}
    replay = await town.dispatch.replay(report.decision_id)
    assert replay.equal


async def test_settings_of_a_market_take_a_policy_only_as_sections(town: Town) -> None:
    with pytest.raises(MalformedRequest):
        await town.coverage.update_market(MARKET, settings={"dispatch_policy": 3}, by="operator:opr_1")
