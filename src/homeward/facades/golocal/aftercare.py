"""Tips and feedback, by the merchant's own number of the order."""

from typing import Any

from homeward.deliveries.feedback.service import FeedbackService
from homeward.deliveries.service import DeliveriesService
from homeward.facades.golocal import render, wire
from homeward.facades.golocal.callers import BookedHere, Caller, require_client
from homeward.facades.golocal.errors import refuse
from homeward.facades.golocal.ids import to_uuid
from homeward.facades.golocal.names import NAMES
from homeward.facades.golocal.reading import read
from homeward.facades.golocal.translate import remembered, tip_of


class GoLocalAftercare:
    def __init__(self, deliveries: DeliveriesService, feedback: FeedbackService) -> None:
        self._deliveries = deliveries
        self._feedback = feedback
        self._booked_here = BookedHere(deliveries)

    async def add_tip(self, caller: Caller, body: Any) -> None:
        """Once, and for good."""
        said = read(body, "tip")
        require_client(caller, said)
        view = await self._booked_here.by_order(caller, said["external_order_id"])
        if view.delivery.tip_minor:
            raise refuse("tip_invalid", "tip_amount", "This order has a tip already.", "A tip is given once.")
        tip = tip_of(said, view.delivery.total.currency)
        if tip is None:
            raise refuse("tip_invalid", "tip_amount", "The amount has parts of the smallest coin.", "Round it.")
        actor = caller.actor
        await self._deliveries.tip(actor.merchant_id, view.delivery.id, tip, caller.by, mode=actor.mode)

    async def tip(self, caller: Caller, client_id: str, external_order_id: str) -> wire.TipOut:
        require_client(caller, {"client_id": client_id})
        delivery = (await self._booked_here.by_order(caller, external_order_id)).delivery
        if not delivery.tip_minor:
            raise refuse("no_tip", "", "This order has no tip.", "Add one first.")
        return wire.TipOut(
            client_id=caller.client_id,
            external_order_id=external_order_id,
            pickup_point_id=remembered(delivery.door.data).get("pickup_point", delivery.store_id),
            tip=render.amount(delivery.tip),
            status=NAMES.tip_statuses["paid" if delivery.ended_at else "open"],
        )

    async def add_feedback(self, caller: Caller, body: Any) -> wire.FeedbackMade:
        """After the end; each one more is kept."""
        said = read(body, "feedback")
        require_client(caller, said)
        view = await self._booked_here.by_order(caller, said["external_order_id"])
        actor, comment = caller.actor, said.get("comment", "")
        made = await self._feedback.add(
            actor.merchant_id, view.delivery.id, said["rating"], comment, caller.by, mode=actor.mode
        )
        return wire.FeedbackMade(id=to_uuid(made.id))

    async def feedback(self, caller: Caller, client_id: str, external_order_id: str) -> wire.FeedbackOut:
        require_client(caller, {"client_id": client_id})
        delivery = (await self._booked_here.by_order(caller, external_order_id)).delivery
        actor = caller.actor
        given = await self._feedback.all(actor.merchant_id, delivery.id, mode=actor.mode)
        infos = [
            wire.FeedbackInfo(
                feedback_id=to_uuid(each.id),
                rating=each.rating,
                comment=each.comment or None,
                received_time=each.received_at,
            )
            for each in given
        ]
        return wire.FeedbackOut(client_id=caller.client_id, external_order_id=external_order_id, feedback_infos=infos)
