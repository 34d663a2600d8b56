"""A merchant adds and removes its own drivers. They use the courier app and carry for this merchant alone."""

from collections.abc import Sequence

from homeward.fleets.couriers import policy
from homeward.fleets.couriers.drivers import repository as drivers
from homeward.fleets.couriers.drivers.errors import StillCarrying
from homeward.fleets.couriers.model import Courier, Engagement, NewCourier, VehicleKind
from homeward.fleets.couriers.service import CouriersService, OpenDeliveries
from homeward.infra import audit
from homeward.infra.db import Database
from homeward.kit.problems import NotFound
from homeward.merchants.service import MerchantsService


class DriversService:
    """One for the process.

    The merchant answers for these people as their employer: there is no onboarding, no pay by the offer and no
    standing of ours, and they may be let go at once.
    """

    def __init__(
        self, db: Database, merchants: MerchantsService, couriers: CouriersService, deliveries: OpenDeliveries
    ) -> None:
        self._db = db
        self._merchants = merchants
        self._couriers = couriers
        self._deliveries = deliveries

    async def all(self, merchant_id: str) -> Sequence[Courier]:
        """Those who drive for this merchant now, by name."""
        async with self._db.operator() as tx:
            ids = await drivers.ids_of(tx, merchant_id)
        return [await self._couriers.get(courier_id) for courier_id in ids]

    async def add(
        self, merchant_id: str, *, name: str, phone: str, vehicle: VehicleKind, store_id: str, by: str
    ) -> Courier:
        """Whoever left is taken back under their old number. The store decides the market.

        Raises BadPhone, PhoneTaken, NotFound for a store of somebody else.
        """
        store = await self._merchants.get_store(merchant_id, store_id)
        new = NewCourier(store.market_id, name, phone, vehicle, engagement=Engagement.EMPLOYED, employer_id=merchant_id)
        async with self._db.operator() as tx:
            courier_id = await drivers.gone(tx, merchant_id, policy.e164(phone))
            if courier_id is None:
                courier_id = await self._couriers.add(tx, new, by)
            else:
                await drivers.take_back(
                    tx, courier_id, name=name.strip(), market_id=store.market_id, vehicle=vehicle.value
                )
            await audit.record(tx, actor=by, action="driver.added", subject=courier_id, data={"merchant": merchant_id})
        return await self._couriers.get(courier_id)

    async def remove(self, merchant_id: str, courier_id: str, by: str) -> None:
        """They are signed out and off duty. Raises NotFound, StillCarrying."""
        async with self._db.operator() as tx:
            if not await drivers.is_driver(tx, merchant_id, courier_id):
                raise NotFound("driver", courier_id)
            # Held first, so that nothing is accepted between our look at their work and the end of it.
            courier = await self._couriers.held(tx, courier_id)
            left = await self._deliveries.open_for_dispatch(tx, courier.market_id, courier_id=courier_id)
            if left:
                raise StillCarrying(len(left))
            await self._couriers.end_duty(tx, [courier_id])
            await drivers.let_go(tx, courier_id)
            await audit.record(
                tx, actor=by, action="driver.removed", subject=courier_id, data={"merchant": merchant_id}
            )
