"""Messages in Postgres. Retry times and leases are the database's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from homeward.infra.db import Row, Tx
from homeward.messages.model import ChannelKind, Message, MessageState

LEASE_S: Final = 60

_COLUMNS: Final = """id, merchant_id, delivery_id, channel, recipient, sender_name, subject, body, state,
                     created_at, sent_at"""


@dataclass(frozen=True, slots=True)
class LeasedMessage:
    """One message that this worker, and no other, may send until the lease ends."""

    message: Message
    tries: int
    lease_token: int


async def add(tx: Tx, **values: Any) -> bool:
    """Queue a message of business time `at`; False if one with the same `dedupe_key` was queued before."""
    return bool(
        await tx.run(
            """INSERT INTO message (id, merchant_id, delivery_id, channel, recipient, sender_name, subject, body,
                                    dedupe_key, created_at)
               VALUES (%(id)s, %(merchant_id)s, %(delivery_id)s, %(channel)s, %(recipient)s, %(sender_name)s,
                       %(subject)s, %(body)s, %(dedupe_key)s, %(at)s)
               ON CONFLICT (dedupe_key) DO NOTHING""",
            **{"merchant_id": None, "delivery_id": None, "subject": "", "dedupe_key": None, **values},
        )
    )


async def forget_before(tx: Tx, first_kept_id: str, most: int) -> int:
    """What was sent or given up; by id, which begins with the moment. At most `most` at once."""
    return await tx.run(
        """DELETE FROM message WHERE id IN (
               SELECT id FROM message WHERE id < %(first_kept)s AND state <> 'pending' ORDER BY id LIMIT %(most)s)""",
        first_kept=first_kept_id,
        most=most,
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


async def shoppers(tx: Tx, delivery_ids: Sequence[str]) -> dict[str, Row]:
    """All that messages may mention, by delivery; without those whose shopper wants none."""
    rows = await tx.all(
        """SELECT d.id, d.merchant_id, d.dropoff, d.requirements ->> 'pin' AS pin, d.window_earliest, d.promised_by,
                  d.eta, d.tracking_token, s.name AS store, m.name AS merchant_name, m.brand, m.tracking_domain,
                  k.locale, k.time_zone
           FROM delivery d
           JOIN store s ON s.merchant_id = d.merchant_id AND s.id = d.store_id
           JOIN merchant m ON m.id = d.merchant_id
           JOIN market k ON k.id = d.market_id
           WHERE d.id = ANY(%(ids)s) AND d.mode = 'live' AND d.notify""",
        ids=list(delivery_ids),
    )
    return {row["id"]: row for row in rows}


async def lease_due(tx: Tx, channel: ChannelKind, limit: int) -> list[LeasedMessage]:
    """Claim what is due. Of one delivery only the oldest: nobody wants to read "on its way" after "delivered"."""
    rows = await tx.all(
        f"""WITH picked AS (
                SELECT id AS picked_id FROM message m
                WHERE state = 'pending' AND channel = %(channel)s AND next_try_at <= now()
                  AND (leased_until IS NULL OR leased_until < now())
                  AND NOT EXISTS (SELECT 1 FROM message earlier
                                  WHERE earlier.delivery_id = m.delivery_id AND earlier.channel = m.channel
                                    AND earlier.state = 'pending' AND earlier.id < m.id)
                ORDER BY next_try_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
            )
            UPDATE message SET leased_until = now() + make_interval(secs => %(lease_s)s), lease_token = lease_token + 1,
                               tries = tries + 1
            FROM picked WHERE id = picked_id
            RETURNING {_COLUMNS}, tries, lease_token""",
        channel=channel.value,
        limit=limit,
        lease_s=LEASE_S,
    )
    return [
        LeasedMessage(tries=row.pop("tries"), lease_token=row.pop("lease_token"), message=_message(row)) for row in rows
    ]


async def finish(
    tx: Tx,
    leased: LeasedMessage,
    state: MessageState,
    *,
    at: datetime,
    pause_s: float = 0,
    failure: str | None = None,
) -> None:
    """Write the outcome of business time `at`, unless the lease ended and somebody else took over."""
    await tx.run(
        """UPDATE message SET state = %(state)s, leased_until = NULL, failure = %(failure)s,
                  next_try_at = now() + make_interval(secs => %(pause_s)s),
                  sent_at = CASE WHEN %(state)s = 'sent' THEN %(at)s::timestamptz END
           WHERE id = %(id)s AND lease_token = %(token)s AND state = 'pending'""",
        id=leased.message.id,
        token=leased.lease_token,
        state=state.value,
        at=at,
        pause_s=pause_s,
        failure=failure,
    )


def _message(row: Row) -> Message:
    return Message(**{**row, "channel": ChannelKind(row["channel"]), "state": MessageState(row["state"])})
