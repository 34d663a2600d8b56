"""Deliveries on the real platform, as far as a shopper's page shows them."""

from dataclasses import dataclass
from typing import Any

import httpx

from homeward.deliveries.model import Act, State
from homeward.dispatch.model import Offer
from homeward.fleets.couriers.model import Courier, Fix
from homeward.kit.places import LatLon
from tests.deliveries.world import PHOTO
from tests.web.booking import a_booked_delivery
from tests.web.town import Town

TRACKING_HOST = "track.petras.example"
WAY = (
    (State.TO_PICKUP, Act.HEAD_TO_PICKUP),
    (State.AT_PICKUP, Act.ARRIVE_PICKUP),
    (State.PICKED_UP, Act.PICK_UP),
    (State.TO_DROPOFF, Act.HEAD_TO_DROPOFF),
    (State.AT_DROPOFF, Act.ARRIVE_DROPOFF),
    (State.DELIVERED, Act.HAND_OVER),
)


@dataclass
class Parcel:
    """A delivery that a courier accepted, and what a test does with it."""

    town: Town
    courier: Courier
    delivery_id: str
    token: str

    async def report(self, act: Act, **more: Any) -> None:
        self.town.clock.advance(2)
        view = await self.town.platform.deliveries.get(None, self.delivery_id)
        assert view.leg
        evidence = [PHOTO] if act is Act.HAND_OVER else []
        report = {"act": act, "at": self.town.clock.now(), "evidence": evidence, **more}
        await self.town.platform.dispatch.report(self.courier.id, view.leg.id, **report)

    async def brought_to(self, state: State) -> None:
        for reached, act in WAY:
            now = (await self.town.platform.deliveries.get(None, self.delivery_id)).delivery.state
            if now is state:
                return
            if [s for s, _ in WAY].index(reached) > ([s for s, _ in WAY].index(now) if now in dict(WAY) else -1):
                await self.report(act)

    async def courier_at(self, place: LatLon) -> None:
        await self.town.platform.couriers.record_positions(self.courier.id, [Fix(self.town.clock.now(), place)])


async def a_token(town: Town, delivery_id: str) -> str:
    return (await town.platform.deliveries.get(None, delivery_id)).delivery.tracking_token


async def an_offer(town: Town, courier_id: str) -> Offer:
    """Plans every few minutes until the courier is asked: nobody is sent to a store where nothing is ready."""
    for _ in range(8):
        town.clock.advance(240)
        await town.plan()
        offer = await town.platform.dispatch.open_offer(courier_id)
        if offer:
            return offer
    raise AssertionError("no offer within half an hour")


async def a_carried_parcel(town: Town, **booking: str) -> Parcel:
    """Booked, offered, accepted."""
    courier = await town.courier("Bo Lindqvist")
    delivery_id = await a_booked_delivery(town, **booking)
    offer = await an_offer(town, courier.id)
    await town.platform.dispatch.accept_offer(courier.id, offer.id)
    return Parcel(town, courier, delivery_id, await a_token(town, delivery_id))


def shopper(town: Town, host: str | None = None, lang: str = "en") -> httpx.AsyncClient:
    """A shopper's browser: no cookies of anybody."""
    client = town.client()
    client.headers["Accept-Language"] = lang
    if host:
        client.base_url = httpx.URL(f"http://{host}")
        client.headers["Origin"] = f"http://{host}"
    return client
