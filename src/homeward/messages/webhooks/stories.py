"""Deliveries with all that was recorded of them, for webhooks in dialects that put the delivery into the message."""

from typing import cast

from homeward.deliveries.service import DeliveriesService
from homeward.infra.db import Tx
from homeward.merchants.credentials.model import Dialect, account_of
from homeward.merchants.model import Mode
from homeward.messages.webhooks.dialects import Story


class DeliveryStories:
    """Read inside the transaction that writes the messages, so that a message never tells of what was rolled back."""

    def __init__(self, deliveries: DeliveriesService) -> None:
        self._deliveries = deliveries

    async def story_in(self, tx: Tx, delivery_id: str) -> Story:
        view = await self._deliveries.view_in(tx, delivery_id)
        delivery = view.delivery
        known = delivery.door.name in set(Dialect)
        return Story(
            view=view,
            legs=await self._deliveries.legs_in(tx, delivery),
            proofs=await self._deliveries.proofs_in(tx, delivery_id),
            base_url=self._deliveries.base_url,
            account=account_of(delivery.merchant_id, cast("Mode", delivery.mode), Dialect(delivery.door.name))
            if known
            else "",
        )
