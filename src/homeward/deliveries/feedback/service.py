"""Taking feedback in and reading it back. An event tells of it, so that webhooks and the console hear of it too."""

from collections.abc import Sequence

from homeward.deliveries.feedback.errors import NotEndedYet
from homeward.deliveries.feedback.model import Feedback
from homeward.deliveries.model import Actor, NewEvent
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.states import TERMINAL
from homeward.infra.db import Database
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id


class FeedbackService:
    def __init__(self, db: Database, clock: Clock, deliveries: DeliveriesService) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries

    async def add(
        self, merchant_id: str, delivery_id: str, rating: int, comment: str, by: Actor, *, mode: str | None = None
    ) -> Feedback:
        """Raises NotFound, NotEndedYet. The comment may be personal and stays out of the event."""
        now = self._clock.now()
        given = Feedback(new_id("fbk", now), delivery_id, rating, comment, now)
        async with self._db.merchant(merchant_id) as tx:
            delivery = await self._deliveries.hold(tx, delivery_id, mode)
            if delivery.state not in TERMINAL:
                raise NotEndedYet(delivery_id, delivery.state)
            await tx.run(
                """INSERT INTO feedback (id, merchant_id, delivery_id, rating, comment, received_at)
                   VALUES (%(id)s, %(merchant_id)s, %(delivery_id)s, %(rating)s, %(comment)s, %(now)s)""",
                id=given.id,
                merchant_id=merchant_id,
                delivery_id=delivery_id,
                rating=rating,
                comment=comment,
                now=now,
            )
            event = NewEvent("delivery.feedback_given", {"rating": rating})
            await self._deliveries.write(tx, delivery, [event], at=now, by=by)
        return given

    async def all(self, merchant_id: str, delivery_id: str, *, mode: str | None = None) -> Sequence[Feedback]:
        """The oldest first."""
        await self._deliveries.get(merchant_id, delivery_id, mode=mode)
        async with self._db.merchant(merchant_id) as tx:
            rows = await tx.all(
                """SELECT id, delivery_id, rating, comment, received_at FROM feedback
                   WHERE merchant_id = %(merchant_id)s AND delivery_id = %(delivery_id)s ORDER BY received_at, id""",
                merchant_id=merchant_id,
                delivery_id=delivery_id,
            )
        return [Feedback(**row) for row in rows]
