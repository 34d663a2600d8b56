"""Every webhook that one delivery caused, over all endpoints of its merchant; for the operator's support."""

from dataclasses import dataclass
from datetime import datetime

from homeward.infra.db import Database

# A delivery has some twenty events; with a handful of endpoints this is all of them.
_MOST = 200


@dataclass(frozen=True, slots=True)
class DeliveryWebhook:
    """One message with the outcome of its last try; `status` is None while nobody answered."""

    type: str
    url: str
    state: str
    tries: int
    created_at: datetime
    status: int | None
    answer: str


class DeliveryLog:
    """Reads only."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, delivery_id: str) -> list[DeliveryWebhook]:
        """Newest first."""
        async with self._db.operator() as tx:
            rows = await tx.all(
                """SELECT m.type, e.url, m.state, m.tries, m.created_at, last.status, coalesce(last.answer, '') answer
                   FROM delivery d
                   JOIN webhook_endpoint e ON e.merchant_id = d.merchant_id
                   JOIN webhook_message m ON m.endpoint_id = e.id AND m.delivery_id = d.id
                   LEFT JOIN LATERAL (SELECT a.status, a.answer FROM webhook_attempt a
                                      WHERE a.merchant_id = m.merchant_id AND a.message_id = m.id
                                      ORDER BY a.id DESC LIMIT 1) last ON true
                   WHERE d.id = %(delivery_id)s ORDER BY m.id DESC LIMIT %(most)s""",
                delivery_id=delivery_id,
                most=_MOST,
            )
        return [DeliveryWebhook(**row) for row in rows]
