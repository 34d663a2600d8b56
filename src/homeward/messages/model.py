"""Texts and e-mails. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ChannelKind(StrEnum):
    TEXT = "text"
    EMAIL = "email"


class MessageState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Message:
    """One text or e-mail, as it was or will be sent. `sender_name` is the merchant's: shoppers know no other name."""

    id: str
    merchant_id: str | None
    delivery_id: str | None
    channel: ChannelKind
    recipient: str
    sender_name: str
    subject: str
    body: str
    state: MessageState
    created_at: datetime
    sent_at: datetime | None
