"""E-mails over SMTP and texts over a gateway, against small servers on this machine."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from homeward.messages.channels import Mailbox, NotSent, Smtp, TextGateway, channels_from
from homeward.messages.model import ChannelKind, Message, MessageState
from tests.messages.servers import a_mail_server
from tests.messages.webhooks.receivers import a_receiver, answers, hangs_up

SENDER = "notes@mail.example"


def a_message(**changes: Any) -> Message:
    values: dict[str, Any] = {
        "id": "msg_1",
        "merchant_id": "mer_a",
        "delivery_id": "dlv_1",
        "channel": ChannelKind.EMAIL,
        "recipient": "sam@example.org",
        "sender_name": "Bäckerei am Fluss",
        "subject": "Ihre Lieferung kommt",
        "body": "Hallo Sam,\n\nsie kommt.\n.\nBäckerei",
        "state": MessageState.PENDING,
        "created_at": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "sent_at": None,
    }
    return Message(**{**values, **changes})


async def test_an_email_arrives_in_the_merchants_name_and_names_nobody_else() -> None:
    async with a_mail_server() as server:
        await Smtp(server.url, SENDER).send(a_message())
        [mail] = server.mails
    assert mail["From"] == "Bäckerei am Fluss <notes@mail.example>"
    assert mail["To"] == "sam@example.org"
    assert mail["Subject"] == "Ihre Lieferung kommt"
    assert mail["Message-ID"] == "<msg_1@mail.example>", "the same on every try"
    assert mail["Date"] == "Sun, 22 Nov 2026 12:00:00 +0000"
    assert mail.get_content().replace("\r\n", "\n").strip() == a_message().body
    assert server.greetings == ["mail.example"], "not the machine's name: shoppers can read it in the headers"
    assert "homeward" not in mail.as_string().lower()


@pytest.mark.parametrize("field", ["sender_name", "subject"])
async def test_a_name_cannot_add_headers_or_recipients(field: str) -> None:
    async with a_mail_server() as server:
        nasty = "Sam\r\nBcc: victim@example.org\r\n\r\nBuy now"
        await Smtp(server.url, SENDER).send(a_message(**{field: nasty}))
        [mail] = server.mails
    assert mail["Bcc"] is None
    assert server.recipients == ["sam@example.org"]
    assert mail.get_content().startswith("Hallo Sam")


@pytest.mark.parametrize(
    "recipient",
    ["sam@example.org, victim@example.org", "sam@example.org\r\nBcc: victim@example.org", "sam", "", "@", "<>"],
)
async def test_what_is_no_single_address_is_never_sent_to(recipient: str) -> None:
    async with a_mail_server() as server:
        with pytest.raises(NotSent) as refusal:
            await Smtp(server.url, SENDER).send(a_message(recipient=recipient))
        assert refusal.value.final
        assert server.recipients == []


@pytest.mark.parametrize(("answer", "final"), [("450 come back later", False), ("550 no such user", True)])
async def test_greylisting_is_tried_again_and_an_unknown_address_is_not(answer: str, final: bool) -> None:
    async with a_mail_server() as server:
        server.refusals.append(answer)
        with pytest.raises(NotSent) as refusal:
            await Smtp(server.url, SENDER).send(a_message())
        assert refusal.value.final is final
        await Smtp(server.url, SENDER).send(a_message())
        assert len(server.mails) == 1


async def test_a_mail_server_that_is_away_is_tried_again() -> None:
    with pytest.raises(NotSent) as refusal:
        await Smtp("smtp://127.0.0.1:9", SENDER).send(a_message())
    assert not refusal.value.final


async def test_a_text_goes_to_the_gateway_with_a_key_that_makes_it_harmless_to_repeat() -> None:
    async with a_receiver() as gateway:
        text = a_message(channel=ChannelKind.TEXT, recipient="+41791234567", body="sie kommt")
        await TextGateway(gateway.url, "secret").send(text)
        [request] = gateway.received
    assert orjson.loads(request.body) == {"to": "+41791234567", "from": "Bäckerei am Fluss", "body": "sie kommt"}
    assert request.headers["authorization"] == "Bearer secret"
    assert request.headers["idempotency-key"] == "msg_1"


@pytest.mark.parametrize(
    ("status", "final"), [(400, True), (404, True), (408, False), (429, False), (500, False), (302, True)]
)
async def test_the_gateways_refusals_are_of_the_moment_or_for_good(status: int, final: bool) -> None:
    async with a_receiver(answers(status)) as gateway:
        with pytest.raises(NotSent) as refusal:
            await TextGateway(gateway.url, None).send(a_message())
        assert refusal.value.final is final


async def test_a_gateway_that_hangs_up_is_tried_again() -> None:
    async with a_receiver(hangs_up) as gateway:
        with pytest.raises(NotSent) as refusal:
            await TextGateway(gateway.url, None).send(a_message())
        assert not refusal.value.final


def test_what_the_operator_did_not_set_up_stays_in_the_mailbox() -> None:
    nothing = channels_from(None, SENDER, None, None)
    assert all(isinstance(channel, Mailbox) for channel in nothing.values())
    both = channels_from("smtp://mail.example", SENDER, "https://gateway.example", None)
    assert isinstance(both[ChannelKind.EMAIL], Smtp)
    assert isinstance(both[ChannelKind.TEXT], TextGateway)
