"""Codes of legs: no two that lead somewhere are the same."""

from dataclasses import replace
from datetime import timedelta

import pytest

from homeward.deliveries import repository
from homeward.deliveries.states import State
from tests.deliveries.world import World

SEVEN, EIGHT = "000007", "000008"


@pytest.fixture
def drawn(world: World) -> list[str]:
    """What chance gives next."""
    codes: list[str] = []
    world.service.draw_code = lambda: codes.pop(0)
    return codes


async def test_a_code_that_leads_to_another_courier_is_drawn_again(world: World, drawn: list[str]) -> None:
    drawn += [SEVEN, SEVEN, EIGHT]
    first = await world.assigned(await world.booked())
    other = await world.assigned(await world.booked())
    assert (first.relay_code, other.relay_code) == (SEVEN, EIGHT)


async def test_a_code_is_given_again_only_after_its_time(world: World, drawn: list[str]) -> None:
    drawn += [SEVEN]
    await world.brought_to(State.DELIVERED)
    drawn += [SEVEN, EIGHT]
    assert (await world.assigned(await world.booked())).relay_code == EIGHT
    world.clock.advance(timedelta(minutes=31).total_seconds())
    drawn += [SEVEN]
    assert (await world.assigned(await world.booked())).relay_code == SEVEN


async def test_the_database_keeps_two_legs_under_way_from_one_code(world: World, drawn: list[str]) -> None:
    drawn += [SEVEN, EIGHT]
    leg = await world.assigned(await world.booked())
    other = await world.booked()
    async with world.db.operator() as tx:
        double = replace(leg, id="leg_other", delivery_id=other)
        assert await repository.insert_leg(tx, double) is False


async def test_the_way_back_keeps_the_code(world: World, drawn: list[str]) -> None:
    drawn += [SEVEN]
    _, back = await world.turned_back()
    assert back.relay_code == SEVEN
