"""A parcel that is stranded: whatever happens around it, one carrier has custody, and no story breaks."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import pytest

from homeward.deliveries.errors import ActNotPossible
from homeward.deliveries.model import Act, Actor, CourierCard, Leg, LegState, State, Who
from homeward.deliveries.states import GOING_BACK, ON_THE_WAY, TERMINAL
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import Problem
from tests.deliveries.world import World

WHERE = LatLon(47.15, 9.52)
FLEET = Actor(Who.COURIER, "mac_1")
OPERATOR = Actor(Who.OPERATOR, "opr_1")


async def stranded(world: World, state: State = State.TO_DROPOFF) -> tuple[str, Leg]:
    delivery_id, leg = await world.brought_to(state)
    await strand(world, delivery_id)
    return delivery_id, leg


async def strand(world: World, delivery_id: str) -> bool:
    async with world.db.operator() as tx:
        return await world.service.need_rescue(
            tx,
            delivery_id,
            place=WHERE,
            address="at the bridge",
            note="open it",
            reason="tipped",
            by=FLEET,
            at=world.clock.now(),
        )


async def send(world: World, delivery_id: str, courier_id: str) -> Leg:
    async with world.db.operator() as tx:
        return await world.service.assign(
            tx,
            delivery_id,
            courier_id=courier_id,
            card=CourierCard("Rita", "bicycle"),
            offer_id=None,
            pay=Money(900, "EUR"),
            at=world.clock.now(),
        )


async def goes_on(world: World, delivery_id: str) -> bool:
    async with world.db.operator() as tx:
        return await world.service.rescue_over(tx, delivery_id, by=FLEET, at=world.clock.now(), reason="goes_on")


async def legs(world: World, delivery_id: str) -> list[tuple[str, str]]:
    found = await world.service.legs(None, delivery_id)
    return [(leg.courier_id, str(leg.state)) for leg in found]


async def test_the_delivery_stays_on_its_way_and_the_stranded_one_keeps_custody(world: World) -> None:
    delivery_id, _ = await stranded(world)
    view = await world.view(delivery_id)
    assert (view.delivery.state, view.delivery.attention) == (State.TO_DROPOFF, "rescue_needed")
    assert view.delivery.courier_id is None
    assert await legs(world, delivery_id) == [("cou_1", "rescue_needed")]


async def test_custody_passes_at_the_take_over_and_clocks_stay(world: World) -> None:
    delivery_id, _ = await stranded(world, State.AT_DROPOFF)
    before = (await world.view(delivery_id)).delivery
    leg = await send(world, delivery_id, "cou_2")
    world.clock.advance(300)
    await world.report(leg, Act.HEAD_TO_PICKUP, courier_id="cou_2")
    await world.report(leg, Act.ARRIVE_PICKUP, courier_id="cou_2")
    assert (await world.view(delivery_id)).delivery.state is State.AT_DROPOFF
    await world.report(leg, Act.PICK_UP, courier_id="cou_2")
    after = (await world.view(delivery_id)).delivery
    assert (after.state, after.attention, after.rescue) == (State.PICKED_UP, None, None)
    assert (after.promised_by, after.times[State.PICKED_UP]) == (before.promised_by, before.times[State.PICKED_UP])
    assert await legs(world, delivery_id) == [("cou_1", "rescued"), ("cou_2", "loaded")]


async def test_what_was_going_back_goes_on_going_back(world: World) -> None:
    delivery_id, _ = await world.turned_back()
    await strand(world, delivery_id)
    leg = await send(world, delivery_id, "cou_2")
    await world.report(leg, Act.PICK_UP, courier_id="cou_2")
    assert (await world.view(delivery_id)).delivery.state is State.RETURNING
    await world.report(leg, Act.RETURN_HANDED, courier_id="cou_2")
    assert (await world.view(delivery_id)).delivery.state is State.RETURNED


async def test_only_one_rescuer_is_sent(world: World) -> None:
    delivery_id, _ = await stranded(world)
    await send(world, delivery_id, "cou_2")
    with pytest.raises(ActNotPossible):
        await send(world, delivery_id, "cou_3")


async def test_what_is_not_on_board_cannot_be_stranded(world: World) -> None:
    delivery_id, _ = await world.brought_to(State.AT_PICKUP)
    assert not await strand(world, delivery_id)


async def test_a_late_hand_over_of_the_stranded_one_ends_it_and_lets_the_rescuer_go(world: World) -> None:
    delivery_id, first = await stranded(world, State.AT_DROPOFF)
    await send(world, delivery_id, "cou_2")
    await world.report(first, Act.HAND_OVER, proven_elsewhere={"photo"})
    assert (await world.view(delivery_id)).delivery.state is State.DELIVERED
    assert await legs(world, delivery_id) == [("cou_1", "done"), ("cou_2", "cancelled")]


async def test_who_gives_it_up_ends_every_leg(world: World) -> None:
    delivery_id, _ = await stranded(world)
    await send(world, delivery_id, "cou_2")
    async with world.db.operator() as tx:
        await world.service.fail_in(tx, delivery_id, OPERATOR, "lost")
    assert {state for _, state in await legs(world, delivery_id)} <= {"written_off", "cancelled"}
    assert (await world.view(delivery_id)).delivery.rescue is None


Step = Callable[[], Awaitable[object]]


@pytest.mark.parametrize("seed", range(12))
async def test_in_any_story_one_carrier_has_custody(world: World, seed: int) -> None:
    """Steps in any order, most of them out of turn: refused or kept as late, never two carriers and never none."""
    rng = random.Random(seed)
    delivery_id, _ = await world.brought_to(State.TO_DROPOFF)
    for number in range(25):
        world.clock.advance(timedelta(seconds=20).total_seconds())
        known = await world.service.legs(None, delivery_id)
        some = rng.choice(known)

        def reports(act: Act, leg: Leg = some) -> Step:
            reason = "cannot_continue" if act is Act.PROBLEM else None
            return lambda: world.report(
                leg, act, courier_id=leg.courier_id, reason=reason, place=WHERE, proven_elsewhere={"photo"}
            )

        acts = [Act.HEAD_TO_PICKUP, Act.ARRIVE_PICKUP, Act.PICK_UP, Act.PROBLEM, Act.ARRIVE_DROPOFF]
        steps: list[Step] = [
            lambda: strand(world, delivery_id),
            lambda: goes_on(world, delivery_id),
            partial(send, world, delivery_id, f"cou_{number + 2}"),
            *(reports(act) for act in acts),
        ]
        try:
            await rng.choice(steps)()
        except Problem:
            continue  # refused, and nothing has changed
        await _one_custodian(world, delivery_id)
    types = await world.event_types(delivery_id)
    assert [event.seq for event in await world.events(delivery_id)] == list(range(1, len(types) + 1))


async def _one_custodian(world: World, delivery_id: str) -> None:
    delivery = (await world.view(delivery_id)).delivery
    under_way = [leg for leg in await world.service.legs(None, delivery_id) if leg.ended_at is None]
    having = [leg for leg in under_way if leg.picked_up_at is not None]
    assert delivery.state in ON_THE_WAY | GOING_BACK | TERMINAL
    assert len(having) == 1, having
    if delivery.rescue is None:
        assert delivery.courier_id == having[0].courier_id
        assert len(under_way) == 1
    else:
        assert having[0].id == delivery.rescue.leg_id
        assert having[0].state in (LegState.RESCUE_NEEDED, LegState.LOST_CONTACT)
