"""Messages in Postgres."""

from typing import Any, Final

from homeward.infra.db import Row, Tx
from homeward.messages.model import ChannelKind, Message, MessageState

_COLUMNS: Final = """id, merchant_id, delivery_id, channel, recipient, sender_name, subject, body, state,
                     created_at, sent_at"""


async def add(tx: Tx, **values: Any) -> bool:
    """Queue a message; False if one with the same `dedupe_key` was queued before."""
    return bool(
        await tx.run(
            """INSERT INTO message (id, merchant_id, delivery_id, channel, recipient, sender_name, subject, body,
                                    dedupe_key)
               VALUES (%(id)s, %(merchant_id)s, %(delivery_id)s, %(channel)s, %(recipient)s, %(sender_name)s,
                       %(subject)s, %(body)s, %(dedupe_key)s)
               ON CONFLICT (dedupe_key) DO NOTHING""",
            **{"merchant_id": None, "delivery_id": None, "subject": "", "dedupe_key": None, **values},
        )
    )


async def recent(tx: Tx, *, recipient: str | None, delivery_id: str | None, limit: int) -> list[Message]:
    """Newest first."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM message
            WHERE (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
              AND (%(delivery_id)s::text IS NULL OR delivery_id = %(delivery_id)s)
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        recipient=recipient,
        delivery_id=delivery_id,
        limit=limit,
    )
    return [_message(row) for row in rows]


def _message(row: Row) -> Message:
    return Message(**{**row, "channel": ChannelKind(row["channel"]), "state": MessageState(row["state"])})
