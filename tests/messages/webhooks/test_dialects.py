"""Webhooks in other words: only of what was booked in them, as it was then; and where couriers are, to who asks."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from homeward.deliveries.model import Act, Door, State
from homeward.fleets.couriers.model import Whereabouts
from homeward.infra.db import Tx
from homeward.infra.event_log import LoggedEvent
from homeward.kit.places import LatLon
from homeward.messages.webhooks.dialects import Rendered, Signing, Story
from homeward.messages.webhooks.errors import DialectUnknown
from homeward.messages.webhooks.model import POSITION_STALE_S, NewEndpoint, RetryPlan
from homeward.messages.webhooks.positions import PositionsService
from homeward.messages.webhooks.sending import without_secrets
from homeward.messages.webhooks.stories import DeliveryStories
from homeward.messages.webhooks.writing import UNWRITTEN
from tests.deliveries.world import an_actor
from tests.messages.webhooks.receivers import Receiver, a_receiver, answers
from tests.messages.webhooks.world import Post

PLACE = LatLon(47.15, 9.52)
CURSED = "cursed"
"""No dialect can tell of this one."""


class Pirate:
    """Tells of states, one word each."""

    plan = RetryPlan(pauses_s=(0.01, 0.01), give_up_after_s=0)

    def event(self, event: LoggedEvent, story: Story) -> Rendered | None:
        if "state" not in event.data:
            return None
        if story.view.delivery.external_id == CURSED:
            raise ValueError("the curse")
        return Rendered("SAIL", {"ship": story.view.delivery.external_id, "sails": story.view.delivery.state})

    def location(self, story: Story, seen: Whereabouts, message_id: str) -> Rendered | None:
        if story.view.delivery.external_id == CURSED:
            raise ValueError("the curse")
        return Rendered("BUOY", {"ship": story.view.delivery.external_id, "lat": seen.place.lat, "id": message_id})

    def headers(self, signing: Signing) -> dict[str, str]:
        return {"Authorization": signing.auth.value, "x-uber-signature": f"signed {len(signing.body)}"}


class Sunk(Pirate):
    """Has no words left."""

    def event(self, event: LoggedEvent, story: Story) -> Rendered | None:
        raise KeyError(event.type)

    def location(self, story: Story, seen: Whereabouts, message_id: str) -> Rendered | None:
        raise KeyError(message_id)


class Unspeakable(Pirate):
    """Says what no JSON can hold."""

    def event(self, event: LoggedEvent, story: Story) -> Rendered | None:
        return Rendered("SAIL", {"ship": object()})

    def location(self, story: Story, seen: Whereabouts, message_id: str) -> Rendered | None:
        return Rendered("BUOY", {"ship": "\ud800"})


class Speechless(Pirate):
    """Cannot sign."""

    def headers(self, signing: Signing) -> dict[str, str]:
        raise ValueError("the pen")


class LostStories(DeliveryStories):
    """Finds none, by a query that fails."""

    async def story_in(self, tx: Tx, delivery_id: str) -> Story:
        await tx.run("SELECT 1 / 0")
        return await super().story_in(tx, delivery_id)


class Crow:
    """Sees every courier, at the moment it is asked."""

    def __init__(self, post: Post) -> None:
        self._post = post

    async def seen_at(self, tx: Tx, courier_ids: Any) -> Mapping[str, Whereabouts]:
        return {courier_id: Whereabouts(PLACE, 90, self._post.world.clock.now()) for courier_id in courier_ids}


def speaking(post: Post) -> Post:
    post.webhooks._dialects = {"pirate": Pirate()}
    post.webhooks._stories = DeliveryStories(post.world.service)
    return post


def pirate(receiver: Receiver, **more: Any) -> NewEndpoint:
    return NewEndpoint(receiver.url, dialect="pirate", auth={"header": "Authorization", "value": "Parrot"}, **more)


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in receiver.received]


async def test_only_what_was_booked_in_a_dialect_is_told_in_it(post: Post) -> None:
    speaking(post)
    async with a_receiver() as receiver:
        await post.webhooks.create(an_actor(), pirate(receiver))
        await post.world.booked(external_id="native")
        await post.world.booked(external_id="theirs", door=Door("pirate"))
        await post.world.booked("mer_b", external_id="anothers", door=Door("pirate"))
        await post.told()
    assert bodies(receiver) == [{"ship": "theirs", "sails": "searching"}]
    headers = receiver.received[0].headers
    assert (headers["authorization"], "webhook-id" in headers) == ("Parrot", False)


async def test_what_a_dialect_cannot_tell_keeps_nobody_elses_news_from_leaving(post: Post) -> None:
    speaking(post)
    async with a_receiver() as cursed, a_receiver() as native:
        await post.webhooks.create(an_actor(), pirate(cursed))
        await post.listens(native, "mer_a", "delivery.booked")
        told = [await post.world.booked(external_id=name, door=Door("pirate")) for name in (CURSED, "next")]
        await post.told()
    assert [body["ship"] for body in bodies(cursed)] == ["next"]
    # As a set: two deliveries are told side by side, and order is promised within a delivery only.
    assert {request.data["delivery_id"] for request in native.received} == set(told)


@pytest.mark.parametrize("way", ["no words", "no JSON", "no story"])
async def test_what_cannot_be_written_is_in_the_log_as_failed_and_is_not_sent_again(post: Post, way: str) -> None:
    speaking(post)
    post.webhooks._dialects = {"pirate": {"no words": Sunk(), "no JSON": Unspeakable()}.get(way, Pirate())}
    if way == "no story":
        post.webhooks._stories = LostStories(post.world.service)
    before = UNWRITTEN.labels("pirate")._value.get()
    async with a_receiver() as theirs, a_receiver() as natives:
        endpoint = await post.webhooks.create(an_actor(), pirate(theirs))
        await post.listens(natives)
        delivery_id = await post.world.booked(door=Door("pirate"))
        await post.told()
        assert await post.webhooks.replay(an_actor(), endpoint.id) == 0, "there is nothing to send"
    messages = await post.webhooks.log(an_actor(), endpoint.id)
    assert {(message.state, message.body) for message in messages} == {("failed", "")}
    assert {message.attempts[0].answer.split(":")[0] for message in messages} == {"not written"}
    assert natives.of(delivery_id) == await post.seqs(delivery_id)
    assert UNWRITTEN.labels("pirate")._value.get() == before + len(messages)


async def test_a_message_that_cannot_be_signed_is_a_try_that_failed(post: Post) -> None:
    speaking(post)
    post.webhooks._dialects = {"pirate": Speechless()}
    async with a_receiver() as theirs:
        endpoint = await post.webhooks.create(an_actor(), pirate(theirs))
        await post.world.booked(door=Door("pirate"))
        await post.told()
    [message] = await post.webhooks.log(an_actor(), endpoint.id)
    assert [attempt.answer for attempt in message.attempts][:1] == ["not written: ValueError"]
    assert theirs.hits == 0


async def test_a_message_that_is_written_late_tells_how_it_was_then(post: Post) -> None:
    speaking(post)
    async with a_receiver() as receiver:
        await post.webhooks.create(an_actor(), pirate(receiver))
        await post.world.brought_to(State.DELIVERED, external_id="x", door=Door("pirate"))
        await post.told()
    sails = [body["sails"] for body in bodies(receiver)]
    assert sails == [
        "searching",
        "assigned",
        "to_pickup",
        "at_pickup",
        "picked_up",
        "to_dropoff",
        "at_dropoff",
        "delivered",
    ]


async def test_a_dialect_tries_as_often_as_it_says_and_the_log_keeps_no_secret(post: Post) -> None:
    speaking(post)
    async with a_receiver(answers(500, body=b"no wind")) as receiver:
        endpoint = await post.webhooks.create(an_actor(), pirate(receiver, event_types=("SAIL",)))
        await post.world.booked(door=Door("pirate"))
        for _ in range(6):
            await post.told()
            await post.make_due()
    [message] = await post.webhooks.log(an_actor(), endpoint.id)
    assert (message.type, message.state, message.tries) == ("SAIL", "failed", 3)
    sent = message.attempts[0].sent_headers
    assert (sent["Authorization"], sent["x-uber-signature"][:6]) == ("(not kept)", "signed")
    assert "Parrot" not in str(message)


async def test_a_dialect_that_breaks_keeps_nobody_elses_messages_back(post: Post) -> None:
    speaking(post)
    post.webhooks._dialects = {"pirate": Sunk()}
    async with a_receiver() as theirs, a_receiver() as natives:
        await post.webhooks.create(an_actor(), pirate(theirs))
        await post.webhooks.create(an_actor(), NewEndpoint(natives.url))
        await post.world.booked(external_id="x", door=Door("pirate"))
        await post.told()
    assert (theirs.hits, natives.hits > 0) == (0, True)


def test_the_log_keeps_no_password_whatever_the_merchant_calls_its_header() -> None:
    sent = without_secrets({"webhook-password": "Parrot", "Webhook-Id": "whm_1"})
    assert sent == {"webhook-password": "(not kept)", "Webhook-Id": "whm_1"}


async def test_nobody_listens_in_a_dialect_that_is_none(post: Post) -> None:
    async with a_receiver() as receiver:
        with pytest.raises(DialectUnknown) as refusal:
            await post.webhooks.create(an_actor(), replace(pirate(receiver), dialect="klingon"))
    assert refusal.value.slug == "webhook-dialect-unknown"


class TestPositions:
    def positions(self, post: Post) -> PositionsService:
        stories = DeliveryStories(post.world.service)
        return PositionsService(post.db, post.world.clock, stories, [Crow(post)], {"pirate": Pirate()})

    async def test_who_asks_hears_at_its_own_pace_while_a_courier_is_under_way(self, post: Post) -> None:
        positions = self.positions(post)
        async with a_receiver() as often, a_receiver() as seldom, a_receiver() as never:
            for receiver, every_s in ((often, 20), (seldom, 60), (never, None)):
                wanted = NewEndpoint(receiver.url, ("courier.location",), location_every_s=every_s)
                await post.webhooks.create(an_actor(), wanted)
            delivery_id = await post.world.booked()
            assert await positions.tell_due() == 0, "nobody has it yet"
            leg = await post.world.assigned(delivery_id)
            for _ in range(60):
                if await positions.tell_due():
                    await post.told()
                post.world.clock.advance(1)
            await post.world.report(leg, Act.PROBLEM, reason="cannot_continue")
            post.world.clock.advance(60)
            assert await positions.tell_due() == 0
        assert (len(often.received), len(seldom.received), len(never.received)) == (3, 1, 0)
        assert often.received[0].data == {
            "delivery_id": delivery_id,
            "external_id": None,
            "place": {"lat": 47.15, "lon": 9.52},
            "heading": 90,
        }

    async def test_a_position_is_old_news_after_one_try_and_holds_nothing_up(self, post: Post) -> None:
        positions = self.positions(post)
        async with a_receiver(answers(500)) as receiver:
            endpoint = await post.webhooks.create(
                an_actor(), NewEndpoint(receiver.url, ("no.such",), location_every_s=20)
            )
            await post.world.assigned(await post.world.booked())
            await positions.tell_due()
            await post.told()
        [message] = await post.webhooks.log(an_actor(), endpoint.id)
        assert (message.seq, message.state, message.tries) == (None, "failed", 1)
        assert await post.webhooks.replay(an_actor(), endpoint.id) == 0, "nobody wants it a second time"

    async def test_what_could_not_leave_in_time_is_given_up_unsent(self, post: Post) -> None:
        async with a_receiver() as receiver:
            endpoint = await post.webhooks.create(
                an_actor(), NewEndpoint(receiver.url, ("courier.location",), location_every_s=20)
            )
            await post.world.assigned(await post.world.booked())
            await self.positions(post).tell_due()
            async with post.db.operator() as tx:
                await tx.run(
                    "UPDATE webhook_message SET created_at = now() - make_interval(secs => %(s)s)",
                    s=POSITION_STALE_S + 1,
                )
            await post.told()
            assert receiver.hits == 0
        [message] = await post.webhooks.log(an_actor(), endpoint.id)
        assert (message.state, list(message.attempts)) == ("failed", [])

    async def test_nobody_is_sent_another_while_the_first_waits(self, post: Post) -> None:
        positions = self.positions(post)
        async with a_receiver() as receiver:
            await post.webhooks.create(an_actor(), NewEndpoint(receiver.url, location_every_s=20))
            await post.world.assigned(await post.world.booked())
            for _ in range(3):
                await positions.tell_due()
                post.world.clock.advance(30)
        assert len(await post.rows("SELECT 1 FROM webhook_message WHERE seq IS NULL")) == 1

    async def test_a_dialect_tells_them_in_its_words(self, post: Post) -> None:
        speaking(post)
        async with a_receiver() as receiver:
            await post.webhooks.create(an_actor(), pirate(receiver, event_types=("BUOY",), location_every_s=20))
            await post.world.assigned(await post.world.booked(external_id="x", door=Door("pirate")))
            await self.positions(post).tell_due()
            await post.told()
        assert [(body["ship"], body["lat"]) for body in bodies(receiver)] == [("x", 47.15)]

    @pytest.mark.parametrize("way", ["no JSON", "no story"])
    async def test_a_position_that_cannot_be_written_keeps_no_other_back_and_is_in_the_log(
        self, post: Post, way: str
    ) -> None:
        stories = (LostStories if way == "no story" else DeliveryStories)(post.world.service)
        positions = PositionsService(post.db, post.world.clock, stories, [Crow(post)], {"pirate": Unspeakable()})
        speaking(post)
        async with a_receiver() as theirs, a_receiver() as natives:
            endpoint = await post.webhooks.create(an_actor(), pirate(theirs, location_every_s=20))
            await post.webhooks.create(an_actor(), NewEndpoint(natives.url, location_every_s=20))
            await post.world.assigned(await post.world.booked(external_id="x", door=Door("pirate")))
            assert await positions.tell_due() == 1
        [message] = await post.webhooks.log(an_actor(), endpoint.id)
        assert (message.type, message.state, message.seq) == ("courier.location", "failed", None)

    async def test_a_dialect_that_breaks_keeps_nobody_elses_positions_back(self, post: Post) -> None:
        stories = DeliveryStories(post.world.service)
        positions = PositionsService(post.db, post.world.clock, stories, [Crow(post)], {"pirate": Sunk()})
        speaking(post)
        async with a_receiver() as theirs, a_receiver() as natives:
            await post.webhooks.create(an_actor(), pirate(theirs, location_every_s=20))
            await post.webhooks.create(an_actor(), NewEndpoint(natives.url, location_every_s=20))
            await post.world.assigned(await post.world.booked(external_id="x", door=Door("pirate")))
            assert await positions.tell_due() == 1
