"""Answers a telephone provider: who is behind a code."""

from homeward.deliveries.service import DeliveriesService
from homeward.fleets.couriers.service import CouriersService
from homeward.infra import audit
from homeward.infra.db import Database
from homeward.kit.problems import NotFound
from homeward.messages.relay import policy
from homeward.messages.relay.policy import Answer


class RelayService:
    """Reads only, and keeps a record of who asked: every answer names a person's number."""

    def __init__(self, db: Database, deliveries: DeliveriesService, couriers: CouriersService) -> None:
        self._db = db
        self._deliveries = deliveries
        self._couriers = couriers

    async def look_up(self, code: str, caller: str | None, *, by: str) -> Answer:
        """Raises NotFound for a code that leads nowhere, or no longer."""
        async with self._db.operator() as tx:
            view = await self._deliveries.behind_relay_code(tx, code)
            if view is None:
                await audit.record(tx, actor=by, action="relay.not_found", subject=code)
        contact = self._deliveries.contact(view) if view else None
        if view is None or view.leg is None or contact is None:
            raise NotFound("relay code", code)
        courier = await self._couriers.find(view.leg.courier_id)
        connected = policy.connection(view.delivery, courier.phone if courier else None, caller)
        async with self._db.operator() as tx:
            parties = {"caller": connected.caller, "connected": connected.party} if connected else {}
            # The numbers themselves are nobody's business here: the delivery knows them.
            await audit.record(tx, actor=by, action="relay.looked_up", subject=view.delivery.id, data=parties)
        name = view.merchant_name
        return Answer(
            delivery_id=view.delivery.id,
            connect=connected,
            to_caller=policy.to_caller(name, connected),
            to_called=policy.to_called(name, connected),
            until=contact.expires_at,
        )
