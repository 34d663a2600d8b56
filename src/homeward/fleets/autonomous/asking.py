"""Asking fleets about deliveries that search: who could carry it, for how much, and if not, which limits say so.

The answers lie ready when the planner looks, so that no plan waits for somebody else's server.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from homeward.deliveries.model import DeliveryView, State
from homeward.deliveries.requirements import Machines
from homeward.deliveries.service import DeliveriesService
from homeward.fleets.autonomous import policy, repository
from homeward.fleets.autonomous.connections import FleetConnections
from homeward.fleets.autonomous.model import NO_ANSWER, Asked, Fleet, FleetStatus
from homeward.fleets.carriers.contract import CarrierFailure, CarrierLoginInvalid
from homeward.fleets.contract.facts import Refusal
from homeward.fleets.contract.server import Refused
from homeward.infra.db import Database
from homeward.kit.clock import Clock

log = structlog.get_logger()

_AT_ONCE: Final = 8
_UNANSWERED_AGAIN: Final = timedelta(seconds=60)


class Asking:
    """A loop body."""

    def __init__(
        self, db: Database, clock: Clock, deliveries: DeliveriesService, connections: FleetConnections
    ) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries
        self._connections = connections

    async def ask_due(self) -> int:
        """How many questions were asked."""
        async with self._db.operator() as tx:
            fleets = [one for one in await repository.fleets(tx) if one.status is FleetStatus.ACTIVE]
        by_market: dict[str, list[Fleet]] = {}
        for one in fleets:
            by_market.setdefault(one.market_id, []).append(one)
        return sum([await self._ask_in(market_id, there) for market_id, there in by_market.items()])

    async def _ask_in(self, market_id: str, fleets: list[Fleet]) -> int:
        async with self._db.operator() as tx:
            rows = await self._deliveries.open_for_dispatch(tx, market_id)
            searching = [row.id for row in rows if row.state is State.SEARCHING and row.mode == "live"]
            known = {(one.delivery_id, one.fleet_id): one for one in await repository.answers(tx, searching)}
        room = asyncio.Semaphore(_AT_ONCE)

        async def ask(delivery_id: str) -> int:
            async with room:
                return await self._ask_about(delivery_id, fleets, known)

        return sum(await asyncio.gather(*(ask(delivery_id) for delivery_id in searching)))

    async def _ask_about(self, delivery_id: str, fleets: list[Fleet], known: dict[tuple[str, str], Asked]) -> int:
        view, now = await self._deliveries.get(None, delivery_id), self._clock.now()
        if view.delivery.requirements.machines is Machines.NEVER or view.delivery.state is not State.SEARCHING:
            return 0
        basis = policy.basis_of(policy.order_of(view.delivery, view.store_name, delivery_id, now))
        due = [one for one in fleets if policy.to_be_asked(known.get((delivery_id, one.id)), basis, now)]
        for fleet in due:
            asked = await self._answer(view, fleet, basis, now)
            async with self._db.operator() as tx:
                await repository.keep_answer(tx, asked)
        return len(due)

    async def _answer(self, view: DeliveryView, fleet: Fleet, basis: str, now: datetime) -> Asked:
        delivery = view.delivery
        beyond = policy.beyond_machines(delivery.requirements)
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
