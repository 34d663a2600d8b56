"""Looks at routes and at what a move would do, and moves what a person has confirmed."""

import asyncio
from collections.abc import Sequence

from homeward.coverage.model import Market
from homeward.coverage.service import CoverageService
from homeward.deliveries.model import Actor
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.states import WITH_COURIER_BEFORE_PICKUP, State
from homeward.dispatch import travel
from homeward.dispatch.errors import CourierNotOnDuty, NotReassignable
from homeward.dispatch.housekeeping import MarketState, as_it_stands
from homeward.dispatch.model import CourierSeen, Inputs, Snapshot, StopRef, StoredRoute
from homeward.dispatch.moves import policy
from homeward.dispatch.moves.errors import PlanChanged
from homeward.dispatch.moves.model import Carried, Effect, Lane, Move, RouteBoard, Visit
from homeward.dispatch.overrides import Overrides
from homeward.dispatch.park import MachinePark
from homeward.dispatch.snapshots import Machinery, Memory, market_policy, snapshot_of
from homeward.dispatch.travel import Travel
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.problems import Problem


class _Stale(Exception):  # ends a transaction; nobody outside sees it
    """What was shown is not so any more."""


class Moves:
    """The route board, a move's effect, and the move itself."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        roads: Travel,
        coverage: CoverageService,
        deliveries: DeliveriesService,
        couriers: CouriersService,
        machines: MachinePark,
        overrides: Overrides,
    ) -> None:
        self._db = db
        self._clock = clock
        self._roads = roads
        self._coverage = coverage
        self._deliveries = deliveries
        self._couriers = couriers
        self._machines = machines
        self._overrides = overrides

    async def board(self, market_id: str, *, text: str = "", first: int = 0, most: int = 40) -> RouteBoard:
        """The routes of some couriers on duty, those with stops first; `text` finds by name."""
        market = await self._coverage.market(market_id)
        async with self._db.operator() as tx:
            state, snapshot = await self._seen(tx, market)
        asked = [courier for courier in snapshot.couriers if text.casefold() in courier.name.casefold()]
        asked.sort(key=lambda courier: (not courier.route, courier.name, courier.id))
        shown = tuple(asked[first : first + most])
        lanes, on_roads = await self._lanes(market, snapshot, state, shown)
        return RouteBoard(
            now=snapshot.now,
            couriers=shown,
            machines=snapshot.machines,
            lanes=lanes,
            deliveries=_carried(state),
            everybody=tuple(sorted(snapshot.couriers, key=lambda courier: (courier.name, courier.id))),
            found=len(asked),
            on_roads=on_roads,
        )

    async def effect(self, move: Move) -> Effect:
        """What the move would do now. Raises NotFound, NotReassignable, CourierNotOnDuty, RoadsUnavailable."""
        view = await self._deliveries.get(None, move.delivery_ids[0])
        market = await self._coverage.market(view.delivery.market_id)
        async with self._db.operator() as tx:
            _, snapshot = await self._seen(tx, market)
            await self._check(tx, snapshot, move)
        inputs = await self._inputs(market, policy.touched(snapshot, move))
        return await asyncio.to_thread(policy.effect, inputs, move)

    async def confirm(self, move: Move, order: Sequence[StopRef], basis: str, by: Actor, reason: str) -> None:
        """Moves as it was shown, or not at all.

        Raises PlanChanged with the new effect, and what `effect` and `Overrides.reassign` raise.
        """
        view = await self._deliveries.get(None, move.delivery_ids[0])
        market = await self._coverage.market(view.delivery.market_id)

        async def still_true(tx: Tx) -> None:
            _, snapshot = await self._seen(tx, market)
            if policy.basis(policy.touched(snapshot, move), move, order) != basis:
                raise _Stale

        try:
            if move.courier_id is not None and await self._has_all(market, move):
                await self._overrides.reorder(move.courier_id, tuple(order), by, reason, still_true=still_true)
            else:
                await self._overrides.move(
                    move.delivery_ids, move.courier_id, by, reason, order=tuple(order), still_true=still_true
                )
        except (_Stale, NotReassignable) as stale:
            raise PlanChanged(await self.effect(move)) from stale

    # ── reading ──

    async def _seen(self, tx: Tx, market: Market) -> tuple[MarketState, Snapshot]:
        now, rules = self._clock.now(), market_policy(market)
        state = await as_it_stands(tx, self._deliveries, self._couriers, market.id, now, rules)
        seats = await self._machines.seats(tx, market.id)
        return state, snapshot_of(market, state, Memory(), now, Machinery(seats))

    async def _inputs(self, market: Market, snapshot: Snapshot) -> Inputs:
        tables = await travel.tables(self._roads.market(market.id), snapshot, most_stores=0)
        return Inputs(snapshot, tables, market_policy(market))

    async def _lanes(
        self, market: Market, snapshot: Snapshot, state: MarketState, shown: Sequence[CourierSeen]
    ) -> tuple[dict[str, Lane], bool]:
        busy = {courier.id for courier in shown if courier.route}
        try:
            inputs = await self._inputs(market, policy.only(snapshot, busy))
        except Problem:
            # A board without roads still says who has what; the times are those that were last stored.
            return {one: _stored(state, one) for one in busy}, False
        return await asyncio.to_thread(policy.lanes, inputs), True

    async def _has_all(self, market: Market, move: Move) -> bool:
        async with self._db.operator() as tx:
            _, snapshot = await self._seen(tx, market)
        moved = [delivery for delivery in snapshot.deliveries if delivery.id in move.delivery_ids]
        return bool(moved) and not any(policy.changes_hands(delivery, move) for delivery in moved)

    async def _check(self, tx: Tx, snapshot: Snapshot, move: Move) -> None:
        """That every delivery can still be moved so, and that the target is there to take it."""
        if move.courier_id is not None and move.courier_id not in {courier.id for courier in snapshot.couriers}:
            raise CourierNotOnDuty(move.courier_id)
        open_ones = {delivery.id: delivery for delivery in snapshot.deliveries}
        before_pickup = {state.value for state in WITH_COURIER_BEFORE_PICKUP} | {State.SEARCHING.value}
        for delivery_id in move.delivery_ids:
            found = open_ones.get(delivery_id)
            if found is None:
                view = await self._deliveries.view_in(tx, delivery_id)
                raise NotReassignable(delivery_id, view.delivery.state.value)
            if policy.changes_hands(found, move) and found.state not in before_pickup and not found.rescue:
                raise NotReassignable(delivery_id, found.state)


def _stored(state: MarketState, courier_id: str) -> Lane:
    stored = state.routes.get(courier_id, StoredRoute(courier_id, 0, ()))
    times = {stop.ref: stop.eta for stop in stored.stops}
    visits = ((ref, times.get(ref)) for ref in state.left.get(courier_id, ()))
    return Lane(courier_id, tuple(Visit(ref, eta, eta, eta) for ref, eta in visits if eta is not None))


def _carried(state: MarketState) -> dict[str, Carried]:
    rows = {row.id: row for row in state.rows}
    return {
        seen.id: Carried(
            seen,
            rows[seen.id].pickup_address,
            rows[seen.id].dropoff_address,
            rows[seen.id].pickup_eta,
            batch.id if (batch := rows[seen.id].batch) else None,
        )
        for seen in state.deliveries
    }
