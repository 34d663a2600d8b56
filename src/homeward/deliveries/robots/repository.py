"""When robots look at their deliveries again."""

from datetime import datetime

from homeward.infra.db import Tx


async def to_look_at(tx: Tx, now: datetime, limit: int) -> list[str]:
    """Open test deliveries that have moved since their robot looked, or whose next step is due.

    What was booked before there were robots has no times, and stays as it is.
    """
    rows = await tx.all(
        """SELECT d.id FROM delivery d LEFT JOIN robot r ON r.delivery_id = d.id
           WHERE d.mode = 'test' AND d.ended_at IS NULL AND d.times <> '{}'
             AND (r.delivery_id IS NULL OR r.seq <> d.seq OR r.due_at <= %(now)s)
           ORDER BY r.due_at NULLS FIRST, d.id LIMIT %(limit)s""",
        now=now,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def remember(tx: Tx, merchant_id: str, delivery_id: str, seq: int, due_at: datetime | None) -> None:
    """Nothing to do before `due_at` unless the delivery moves on from `seq`."""
    await tx.run(
        """INSERT INTO robot (delivery_id, merchant_id, seq, due_at)
           VALUES (%(delivery_id)s, %(merchant_id)s, %(seq)s, %(due_at)s)
           ON CONFLICT (delivery_id) DO UPDATE SET seq = excluded.seq, due_at = excluded.due_at""",
        delivery_id=delivery_id,
        merchant_id=merchant_id,
        seq=seq,
        due_at=due_at,
    )
