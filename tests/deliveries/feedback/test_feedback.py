"""Shoppers' words, once a delivery has ended."""

import pytest

from homeward.deliveries.feedback.errors import NotEndedYet
from homeward.deliveries.feedback.service import FeedbackService
from homeward.deliveries.model import Actor, State, Who
from homeward.kit.problems import NotFound
from tests.deliveries.world import World

SHOP = Actor(Who.MERCHANT, "key_mer_a_live")


async def test_each_call_adds_one_and_the_event_keeps_the_comment_out(world: World) -> None:
    service = FeedbackService(world.db, world.clock, world.service)
    delivery_id, _ = await world.brought_to(State.DELIVERED)
    for rating, comment in ((5, "Ana was kind"), (2, "")):
        await service.add("mer_a", delivery_id, rating, comment, SHOP)
        world.clock.advance(1)
    assert [(one.rating, one.comment) for one in await service.all("mer_a", delivery_id)] == [
        (5, "Ana was kind"),
        (2, ""),
    ]
    told = [event.data for event in await world.events(delivery_id) if event.type == "delivery.feedback_given"]
    assert told == [{"rating": 5}, {"rating": 2}]


async def test_nobody_judges_what_has_not_ended(world: World) -> None:
    service = FeedbackService(world.db, world.clock, world.service)
    delivery_id = await world.booked()
    with pytest.raises(NotEndedYet):
        await service.add("mer_a", delivery_id, 5, "", SHOP)


async def test_nobody_reads_what_others_got(world: World) -> None:
    service = FeedbackService(world.db, world.clock, world.service)
    delivery_id, _ = await world.brought_to(State.DELIVERED)
    with pytest.raises(NotFound):
        await service.all("mer_b", delivery_id)
