"""Messages follow what happens to a delivery: each once, in the merchant's name, whatever a channel does."""

import asyncio

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from homeward.deliveries.model import Actor, ProofRequest, State, Who
from homeward.messages.api import mailbox_router
from homeward.messages.channels import MOST_AT_ONCE, Channel, Mailbox, NotSent, Smtp
from homeward.messages.model import ChannelKind, Message
from homeward.messages.service import MessagesService
from tests.deliveries.world import BASE_URL, World
from tests.messages.servers import a_mail_server

MERCHANT = Actor(Who.MERCHANT, "key_1")


class Pocket:
    """A channel that keeps what it sends, and fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.sent: list[Message] = []
        self.failures = list(failures)

    async def send(self, message: Message) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)


class Stuck:
    async def send(self, message: Message) -> None:
        await asyncio.sleep(3_600)


def messages_over(world: World, text: Channel | None = None, email: Channel | None = None) -> MessagesService:
    channels = {ChannelKind.TEXT: text or Mailbox(), ChannelKind.EMAIL: email or Mailbox()}
    return MessagesService(world.db, world.clock, channels, BASE_URL)


async def told(messages: MessagesService) -> None:
    while await messages.write_messages():
        pass
    while await messages.send_messages_due() or messages.under_way:
        pass


async def make_due(world: World) -> None:
    async with world.db.operator() as tx:
        await tx.run("UPDATE message SET next_try_at = now(), leased_until = NULL WHERE state = 'pending'")


async def state_of_only_message(world: World) -> tuple[str, int]:
    async with world.db.operator() as tx:
        [row] = await tx.all("SELECT state, tries FROM message")
    return row["state"], row["tries"]


async def test_the_texts_of_a_delivery_tell_its_story_in_the_merchants_name(world: World) -> None:
    phone, inbox = Pocket(), Pocket()
    messages = messages_over(world, phone, inbox)
    delivery_id, _ = await world.brought_to(State.DELIVERED)
    await told(messages)
    texts = phone.sent
    assert ["comes" in texts[0].body, "on its way" in texts[1].body, "delivered at" in texts[2].body] == [True] * 3
    assert len(texts) == len(inbox.sent) == 3
    for message in [*texts, *inbox.sent]:
        assert message.sender_name == "Bakery"
        assert message.delivery_id == delivery_id
        assert "http://bakery.localhost:8080/t/" in message.body
        assert "homeward" not in str(message).lower()
    assert {message.recipient for message in texts} == {"+41791234567"}
    assert {message.recipient for message in inbox.sent} == {"sam@example.org"}
    assert await messages.recent(delivery_id=delivery_id)


async def test_the_code_for_the_door_is_told_where_one_is_asked(world: World) -> None:
    phone = Pocket()
    delivery_id = await world.booked(proof=ProofRequest(pin=True))
    await told(messages_over(world, phone))
    pin = (await world.view(delivery_id)).delivery.requirements.pin
    assert pin
    assert any(pin in message.body for message in phone.sent)


async def test_the_way_back_and_a_cancellation_are_told(world: World) -> None:
    phone = Pocket()
    await world.turned_back()
    cancelled = await world.booked()
    await world.service.cancel("mer_a", cancelled, by=MERCHANT, reason="changed my mind")
    await told(messages_over(world, phone))
    said = [message.body for message in phone.sent]
    assert sum("bring it back to the shop" in text for text in said) == 1
    assert sum("was cancelled" in text for text in said) == 1


async def test_an_uncertain_address_is_asked_for(world: World) -> None:
    phone = Pocket()
    world.quotes.attention = ("confirm_address",)
    await world.booked()
    await told(messages_over(world, phone))
    assert any("show us on the map" in message.body for message in phone.sent)


async def test_each_message_goes_out_once_however_often_the_log_is_read(world: World) -> None:
    phone = Pocket()
    messages = messages_over(world, phone)
    await world.booked()
    await told(messages)
    async with world.db.operator() as tx:
        await tx.run("UPDATE event_consumer SET xid = '0', id = 0 WHERE name = 'messages'")
    await told(messages)
    assert len(phone.sent) == 1


async def test_what_follows_a_message_that_must_be_tried_again_waits_for_it(world: World) -> None:
    phone = Pocket(NotSent("busy"))
    messages = messages_over(world, phone)
    await world.brought_to(State.DELIVERED)
    await told(messages)
    assert phone.sent == [], "nobody wants to read `on its way` after `delivered`"
    await make_due(world)
    await told(messages)
    assert [message.body.split(": ")[1][:9] for message in phone.sent] == ["your deli", "your deli", "delivered"]


async def test_two_workers_send_each_message_once(world: World) -> None:
    phone = Pocket()
    for _ in range(6):
        await world.booked()
    await asyncio.gather(told(messages_over(world, phone)), told(messages_over(world, phone)))
    assert len(phone.sent) == len({message.id for message in phone.sent}) == 6


async def test_a_test_delivery_tells_nobody(world: World) -> None:
    phone, inbox = Pocket(), Pocket()
    await world.booked(mode="test")
    await told(messages_over(world, phone, inbox))
    assert phone.sent == inbox.sent == []


async def test_a_merchants_display_name_goes_before_its_name_and_cannot_break_a_mail(world: World) -> None:
    async with world.db.operator() as tx:
        await tx.run(
            """UPDATE merchant SET brand = '{"display_name": "Good\\r\\nBcc: x@y.example {pin}"}' WHERE id = 'mer_a'"""
        )
    async with a_mail_server() as server:
        await world.booked()
        await told(messages_over(world, email=Smtp(server.url, "notes@mail.example")))
        [mail] = server.mails
    assert mail["From"].addresses[0].display_name == "Good Bcc: x@y.example {pin}"
    assert server.recipients == ["sam@example.org"]


async def test_what_did_not_go_out_is_tried_again_and_given_up_if_that_is_pointless(world: World) -> None:
    phone = Pocket(NotSent("busy"), NotSent("busy"), NotSent("no such number", final=True))
    messages = messages_over(world, phone, Pocket())
    async with world.db.operator() as tx:
        await tx.run("DELETE FROM message")
    await world.booked()
    await messages.write_messages()
    async with world.db.operator() as tx:
        await tx.run("DELETE FROM message WHERE channel = 'email'")
    for tries, state in ((1, "pending"), (2, "pending"), (3, "failed")):
        await make_due(world)
        await told(messages)
        assert await state_of_only_message(world) == (state, tries)
    assert phone.sent == []


async def test_a_channel_with_a_bug_costs_tries_and_nothing_else(world: World) -> None:
    phone = Pocket(RuntimeError("a bug"))
    messages = messages_over(world, phone, Pocket())
    await world.booked()
    await told(messages)
    await make_due(world)
    await told(messages)
    assert len(phone.sent) == 1


async def test_a_mail_server_that_hangs_holds_up_no_texts(world: World) -> None:
    phone = Pocket()
    messages = messages_over(world, phone, Stuck())
    for _ in range(12):
        await world.booked()
    await messages.write_messages()
    for _ in range(40):
        await messages.send_messages_due()
    assert len(phone.sent) == 12
    assert messages.under_way == MOST_AT_ONCE, "so many e-mails hang, and no more"


async def test_a_sign_in_code_waits_in_the_mailbox_and_belongs_to_no_merchant(world: World) -> None:
    messages = messages_over(world)
    async with world.db.operator() as tx:
        await messages.send_login_code(tx, phone="+41790000009", code="123456")
    await told(messages)
    app = FastAPI()
    app.include_router(mailbox_router(messages))
    async with AsyncClient(transport=ASGITransport(app), base_url=BASE_URL) as client:
        [shown] = (await client.get("/demo/mailbox", params={"recipient": "+41790000009"})).json()["items"]
    assert shown["body"].startswith("123456 is your sign-in code.")
    assert (shown["state"], shown["delivery_id"]) == ("sent", None)
    async with world.db.merchant("mer_a") as tx:
        assert await tx.all("SELECT 1 FROM message") == []


async def test_a_sign_in_code_is_not_sent_after_its_ten_minutes(world: World) -> None:
    phone = Pocket(*[NotSent("busy") for _ in range(9)])
    messages = messages_over(world, phone)
    async with world.db.operator() as tx:
        await messages.send_login_code(tx, phone="+41790000009", code="123456")
    for _ in range(5):
        await make_due(world)
        await told(messages)
    assert await state_of_only_message(world) == ("failed", 3)


async def test_an_event_that_has_no_words_keeps_nobody_elses_messages_back(world: World) -> None:
    phone = Pocket()
    await world.brought_to(State.DELIVERED)
    broken = await world.booked()
    fine = await world.booked()
    async with world.db.operator() as tx:
        await tx.run("UPDATE delivery SET dropoff = dropoff - 'address' WHERE id = %(id)s", id=broken)
    await told(messages_over(world, phone))
    assert fine in {message.delivery_id for message in phone.sent}
    assert broken not in {message.delivery_id for message in phone.sent}


async def test_messages_are_kept_for_so_many_days(world: World) -> None:
    messages = messages_over(world, Pocket(), Pocket())
    await world.booked()
    await told(messages)
    world.clock.advance(29 * 86_400)
    assert await messages.forget_old() == 0
    world.clock.advance(2 * 86_400)
    assert await messages.forget_old() > 0
    assert await messages.recent() == []
