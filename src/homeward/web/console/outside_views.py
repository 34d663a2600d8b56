"""What left the house because of a delivery: messages and webhooks. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from homeward.messages.model import Message
from homeward.messages.webhooks.delivery_log import DeliveryWebhook
from homeward.web import words
from homeward.web.console.people_views import Letter, MailboxView
from homeward.web.console.story_views import MessageItem, WebhookItem
from homeward.web.format import Formats

_CHANNEL: Final = {"text": ("Text", "message-2"), "email": ("E-mail", "mail")}


def message_items(messages: Iterable[Message], formats: Formats, now: datetime) -> tuple[MessageItem, ...]:
    return tuple(_message(message, formats, now) for message in messages)


def _message(message: Message, formats: Formats, now: datetime) -> MessageItem:
    channel, icon = _CHANNEL[message.channel.value]
    return MessageItem(
        channel=channel,
        icon=icon,
        recipient=message.recipient,
        text=message.body,
        state=words.word(words.SENT, message.state.value),
        at=formats.moment(message.sent_at or message.created_at, now),
        failure="",
    )


def mailbox(messages: Iterable[Message], formats: Formats, now: datetime) -> MailboxView:
    return MailboxView(tuple(_letter(message, formats, now) for message in messages))


def _letter(message: Message, formats: Formats, now: datetime) -> Letter:
    channel, icon = _CHANNEL[message.channel.value]
    return Letter(
        icon=icon,
        channel=channel,
        recipient=message.recipient,
        sender=message.sender_name,
        subject=message.subject,
        body=message.body,
        at=formats.moment(message.sent_at or message.created_at, now),
        state=words.word(words.SENT, message.state.value),
    )


def webhook_items(sent: Iterable[DeliveryWebhook], formats: Formats, now: datetime) -> tuple[WebhookItem, ...]:
    return tuple(
        WebhookItem(
            type=one.type,
            url=one.url,
            state=words.word(words.SENT, one.state),
            tries=one.tries,
            at=formats.moment(one.created_at, now),
            last=_answer(one),
        )
        for one in sent
    )


def _answer(sent: DeliveryWebhook) -> str:
    if sent.status is not None:
        return str(sent.status)
    return sent.answer[:80] if sent.tries else "–"
