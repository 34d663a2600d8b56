"""What did not reach anybody: messages that failed for good, and webhook endpoints that were switched off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeward.infra.db import Database

_LATELY: Final = timedelta(hours=24)
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Failure:
    """`subject` is the message (msg_…) or the endpoint (whe_…); `to` is who should have heard."""

    subject: str
    to: str
    why: str
    since: datetime
    merchant_id: str | None
    delivery_id: str | None


class Failures:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def messages(self) -> list[Failure]:
        """Of the last day, about deliveries that are still open: an old text that failed helps nobody any more."""
        async with self._db.operator() as tx:
            rows = await tx.all(
                """SELECT m.id AS subject, m.recipient AS to, coalesce(m.failure, '') AS why, m.created_at AS since,
                          m.merchant_id, m.delivery_id
                   FROM message m JOIN delivery d ON d.id = m.delivery_id AND d.ended_at IS NULL AND d.mode = 'live'
                   WHERE m.state = 'failed' AND m.created_at > now() - %(lately)s
                   ORDER BY m.created_at LIMIT %(most)s""",
                lately=_LATELY,
                most=_MOST,
            )
        return [Failure(**row) for row in rows]

    async def endpoints(self) -> list[Failure]:
        """Switched off because they failed for too long, not by the merchant's own wish."""
        async with self._db.operator() as tx:
            rows = await tx.all(
                """SELECT e.id AS subject, m.name AS to, coalesce(e.disabled_reason, '') AS why,
                          coalesce(e.failing_since, e.created_at) AS since, e.merchant_id, NULL::text AS delivery_id
                   FROM webhook_endpoint e JOIN merchant m ON m.id = e.merchant_id
                   WHERE e.status = 'disabled' AND e.failing_since IS NOT NULL AND e.mode = 'live'
                   ORDER BY since LIMIT %(most)s""",
                most=_MOST,
            )
        return [Failure(**row) for row in rows]
