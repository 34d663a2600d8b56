"""Somebody announces a way that they make anyway; shortly before, it becomes duty with a start, an end and a detour."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from homeward.fleets.couriers.journeys import policy
from homeward.fleets.couriers.journeys import repository as journeys
from homeward.fleets.couriers.journeys.model import BEGINS_AHEAD, KEPT, Announced, NewJourney
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.places import LatLon
from homeward.kit.problems import NotFound
from homeward.routing.model import Profile, Route


class MarketWays(Protocol):
    async def route(self, places: Sequence[LatLon], profile: Profile = Profile.CAR) -> Route: ...


class Ways(Protocol):
    """All markets' roads (`routing.client.Roads`)."""

    def market(self, market_id: str) -> MarketWays: ...


class JourneysService:
    """One for the process."""

    def __init__(self, db: Database, clock: Clock, roads: Ways, couriers: CouriersService) -> None:
        self._db = db
        self._clock = clock
        self._roads = roads
        self._couriers = couriers

    async def announce(self, courier_id: str, new: NewJourney) -> Announced:
        """Raises JourneyNotAhead, JourneysOverlap, and what the roads refuse (no way there, too far from any road)."""
        now = self._clock.now()
        policy.require_ahead(new.leaves_at, now)
        courier = await self._couriers.get(courier_id)
        way = await self._roads.market(courier.market_id).route([new.start, new.to], courier.profile)
        journey = policy.journey_of(new, way.duration_s)
        async with self._db.operator() as tx:
            await self._couriers.held(tx, courier_id)
            policy.require_free(journey, await journeys.of_courier(tx, courier_id, now))
            one = Announced(
                id=new_id("jny", now),
                courier_id=courier_id,
                journey=journey,
                start_name=new.start_name,
                to_name=new.to_name,
                drive_s=way.duration_s,
                distance_m=way.distance_m,
                begun=False,
                cancelled=False,
            )
            await journeys.insert(tx, one, now)
        return one

    async def of_courier(self, courier_id: str) -> list[Announced]:
        """Those to come and the one under way, the next one first."""
        async with self._db.operator() as tx:
            found = await journeys.of_courier(tx, courier_id, self._clock.now())
        return [one for one in found if not one.cancelled]

    async def cancel(self, courier_id: str, journey_id: str) -> None:
        """Nothing more is offered for it; what was promised already is still to be brought. Raises NotFound."""
        async with self._db.operator() as tx:
            one = await journeys.get(tx, courier_id, journey_id)
            if one is None:
                raise NotFound("journey", journey_id)
            await journeys.cancel(tx, journey_id, self._clock.now())
        if one.begun and (await self._couriers.get(courier_id)).journey == one.journey:
            await self._couriers.set_duty(courier_id, False)

    async def begin_due(self) -> int:
        """A loop body: couriers whose journey is near go on duty for it.

        Who is on duty otherwise stays so; their journey begins when they are free, or not at all.
        """
        now = self._clock.now()
        begun = 0
        async with self._db.operator() as tx:
            for one in await journeys.due(tx, now + BEGINS_AHEAD):
                begun += await self._begin(tx, one, now)
        return begun

    async def forget_old(self) -> int:
        """A loop body."""
        async with self._db.operator() as tx:
            return await journeys.forget(tx, self._clock.now() - KEPT)

    async def _begin(self, tx: Tx, one: Announced, now: datetime) -> bool:
        courier = await self._couriers.held(tx, one.courier_id)
        if courier.status != "active" or not one.journey.to_come(now):
            await journeys.cancel(tx, one.id, now)
            return False
        if courier.on_duty:
            return False
        await self._couriers.begin_journey(tx, courier.id, one.journey, now)
        await journeys.keep_on_courier(tx, courier.id, one.journey)
        await journeys.begin(tx, one.id, now)
        return True
