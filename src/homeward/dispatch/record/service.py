"""Puts a courier's record together from the log, and keeps the metres of legs before positions are forgotten."""

from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.carried.service import CarriedService
from homeward.dispatch.record import policy
from homeward.dispatch.record import repository as store
from homeward.dispatch.record.errors import PeriodNotPossible
from homeward.dispatch.record.model import Record
from homeward.fleets.couriers.service import POSITIONS_KEPT_DAYS, CouriersService
from homeward.infra.db import Database
from homeward.kit.clock import Clock

# A phone that was offline may send what it kept for six hours.
_SETTLES_IN: Final = timedelta(hours=6)
_AT_ONCE: Final = 50


class RecordService:
    """The record is the courier's. It is computed from events each time, so that nothing can be left out of it."""

    def __init__(self, db: Database, clock: Clock, work: CarriedService, couriers: CouriersService) -> None:
        self._db = db
        self._clock = clock
        self._work = work
        self._couriers = couriers

    async def of_courier(self, courier_id: str, since: datetime | None = None, until: datetime | None = None) -> Record:
        """Of the last month if no period is named. Raises NotFound, PeriodNotPossible."""
        now = self._clock.now()
        await self._couriers.get(courier_id)
        until = until or now
        since = since or until - policy.USUAL
        if not timedelta() < until - since <= policy.LONGEST:
            raise PeriodNotPossible(policy.LONGEST.days)
        legs = await self._work.legs(courier_id, since, until)
        taken = [leg.leg.offer_id for leg in legs if leg.leg.offer_id]
        async with self._db.operator() as tx:
            offers = await store.offers_of_courier(tx, courier_id, since, until, taken)
            ways = await store.ways(tx, [leg.leg.id for leg in legs])
        return policy.build(courier_id, since, until, legs, offers, ways, now)

    async def measure_due(self) -> int:
        """Loop body: some legs that ended long enough ago for late positions to have come in."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            due = await store.unmeasured(
                tx, now - timedelta(days=POSITIONS_KEPT_DAYS), now - _SETTLES_IN, limit=_AT_ONCE
            )
        for leg in due:
            heard = await self._couriers.heard([leg.courier_id], leg.accepted_at, leg.ended_at)
            fixes = sorted((one.fix for one in heard[leg.courier_id]), key=lambda fix: fix.at)
            way = policy.way_of(fixes, leg.accepted_at, leg.left_store_at, leg.ended_at)
            async with self._db.operator() as tx:
                await store.keep_way(tx, leg.leg_id, way, now)
        return len(due)
