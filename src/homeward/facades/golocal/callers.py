"""Who calls, and the deliveries that were booked through this door: no others are seen here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeward.deliveries.model import Actor, DeliveryView, Who
from homeward.deliveries.service import DeliveriesService
from homeward.facades.golocal.errors import Refused, Wrong, wire_name
from homeward.facades.golocal.ids import from_uuid
from homeward.facades.golocal.translate import DIALECT
from homeward.infra.auth import MerchantActor
from homeward.kit.problems import NotFound


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the merchant behind the credential, and the account number that its requests must name."""

    actor: MerchantActor
    client_id: str

    @property
    def by(self) -> Actor:
        return Actor(Who.MERCHANT, self.actor.actor_id)


class BookedHere:
    """Look-ups; what another door or another merchant booked is not found."""

    def __init__(self, deliveries: DeliveriesService) -> None:
        self._deliveries = deliveries

    async def by_id(self, caller: Caller, uuid: str) -> DeliveryView:
        delivery_id = from_uuid(uuid)
        if delivery_id is None:
            raise NotFound("delivery", uuid)
        return _of_this_door(await self._deliveries.get(caller.actor.merchant_id, delivery_id, mode=caller.actor.mode))

    async def by_order(self, caller: Caller, external_order_id: str) -> DeliveryView:
        actor = caller.actor
        return _of_this_door(await self._deliveries.by_external_id(actor.merchant_id, actor.mode, external_order_id))


def require_client(caller: Caller, said: Mapping[str, Any]) -> None:
    wrongs = wrong_client(caller, said)
    if wrongs:
        raise Refused(wrongs)


def wrong_client(caller: Caller, said: Mapping[str, Any]) -> list[Wrong]:
    if said.get("client_id", caller.client_id) == caller.client_id:
        return []
    return [Wrong("wrong_client", wire_name("client_id"), "This is not the account of the credential.", "Check it.")]


def _of_this_door(view: DeliveryView) -> DeliveryView:
    if view.delivery.door.name != DIALECT:
        raise NotFound("delivery", view.delivery.id)
    return view
