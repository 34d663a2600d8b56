"""Asking fleets about deliveries that search: who could carry it, for how much, and if not, which limits say so.

The answers lie ready when the planner looks, so that no plan waits for somebody else's server.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from homeward.deliveries.model import DeliveryView, DispatchDelivery, State
from homeward.deliveries.requirements import Machines
from homeward.deliveries.service import DeliveriesService
from homeward.fleets.autonomous import policy, repository
from homeward.fleets.autonomous.connections import FleetConnections
from homeward.fleets.autonomous.model import NO_ANSWER, Asked, Fleet, FleetStatus
from homeward.fleets.carriers.contract import CarrierFailure, CarrierLoginInvalid
from homeward.fleets.conditions.service import Conditions
from homeward.fleets.contract.facts import Refusal
from homeward.fleets.contract.server import Refused
from homeward.infra.db import Database
from homeward.kit.clock import Clock

log = structlog.get_logger()

_MOST_AT_A_TIME: Final = 20
_UNANSWERED_AGAIN: Final = timedelta(seconds=60)


class Asking:
    """A loop body."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        deliveries: DeliveriesService,
        connections: FleetConnections,
        conditions: Conditions,
    ) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries
        self._connections = connections
        self._conditions = conditions
        self._views: dict[str, tuple[int, DeliveryView]] = {}

    async def ask_due(self) -> int:
        """How many questions were asked. A fleet is asked one thing at a time; fleets do not wait for each other."""
        async with self._db.operator() as tx:
            fleets = [one for one in await repository.fleets(tx) if one.status is FleetStatus.ACTIVE]
        by_market: dict[str, list[Fleet]] = {}
        for one in fleets:
            by_market.setdefault(one.market_id, []).append(one)
        return sum([await self._ask_in(market_id, there) for market_id, there in by_market.items()])

    async def _ask_in(self, market_id: str, fleets: list[Fleet]) -> int:
        async with self._db.operator() as tx:
            rows = await self._deliveries.open_for_dispatch(tx, market_id)
            rows = [row for row in rows if _to_be_had(row)]
            known = {(one.delivery_id, one.fleet_id): one for one in await repository.answers(tx, [r.id for r in rows])}
        views = [await self._view(row) for row in rows]
        self._views = {view.delivery.id: self._views[view.delivery.id] for view in views}
        asked = await asyncio.gather(*(self._ask_fleet(fleet, views, known) for fleet in fleets))
        return sum(asked)

    async def _view(self, row: DispatchDelivery) -> DeliveryView:
        """As long as nothing has happened to it, a delivery is not read again."""
        kept = self._views.get(row.id)
        if kept is None or kept[0] != row.seq:
            kept = (row.seq, await self._deliveries.get(None, row.id))
            self._views[row.id] = kept
        return kept[1]

    async def _ask_fleet(
        self, fleet: Fleet, views: Sequence[DeliveryView], known: Mapping[tuple[str, str], Asked]
    ) -> int:
        asked = 0
        for view in views:
            delivery, now = view.delivery, self._clock.now()
            basis = policy.basis_of(policy.order_of(delivery, view.store_name, delivery.id, now))
            if asked < _MOST_AT_A_TIME and policy.to_be_asked(known.get((delivery.id, fleet.id)), basis, now):
                answer = await self._answer(view, fleet, basis, now)
                async with self._db.operator() as tx:
                    await repository.keep_answer(tx, answer)
                asked += 1
        return asked

    async def _answer(self, view: DeliveryView, fleet: Fleet, basis: str, now: datetime) -> Asked:
        delivery = view.delivery
        beyond = policy.beyond_machines(delivery.requirements)
        if beyond is None:
            places, when = (delivery.pickup.place, delivery.dropoff.place), max(now, delivery.ready_at)
            beyond = await self._conditions.against(fleet.facts, *places, when)
        if beyond is not None:
            return policy.no(delivery.id, fleet.id, basis, [beyond], now)
        # A name of its own for each question: no answer of an earlier one comes back for it.
        name = f"ask:{delivery.id}:{int(now.timestamp())}"
        order = policy.order_of(delivery, view.store_name, name, now)
        try:
            client = await self._connections.to(fleet.id)
            return policy.yes(delivery.id, fleet, basis, await client.quote(order, name), now)
        except Refused as refused:
            return policy.no(delivery.id, fleet.id, basis, [refused.refusal], now)
        except CarrierLoginInvalid as failure:
            await self.suspend(fleet.id, failure)
            return _unanswered(delivery.id, fleet.id, basis, str(failure), now)
        except CarrierFailure as failure:
            return _unanswered(delivery.id, fleet.id, basis, str(failure), now)

    async def suspend(self, fleet_id: str, failure: CarrierLoginInvalid) -> None:
        """It does not know our token: nothing is asked there until the operator has given a good one."""
        log.warning("fleet token refused", fleet=fleet_id, code=failure.code)
        async with self._db.operator() as tx:
            await repository.change_fleet(
                tx, fleet_id, status=str(FleetStatus.LOGIN_INVALID), trouble=str(failure)[:300]
            )


def _unanswered(delivery_id: str, fleet_id: str, basis: str, said: str, now: datetime) -> Asked:
    silent = Refusal(
        limit=NO_ANSWER.limit, said=f"{NO_ANSWER.said} ({said[:300]})", retry_after=now + _UNANSWERED_AGAIN
    )
    return policy.no(delivery_id, fleet_id, basis, [silent], now)


def _to_be_had(row: DispatchDelivery) -> bool:
    """Whether it makes sense to ask: it searches, in earnest, and nobody has said no to machines."""
    wanted = row.machines is not Machines.NEVER and row.rescue is None
    return wanted and row.state is State.SEARCHING and row.mode == "live"
