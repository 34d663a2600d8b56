"""One round of planning for one market, under a lease.

Read everything in one transaction, ask the roads and plan with none open, write everything in another one that first
checks the lease's token. A planner that was too slow finds its token gone and writes nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Final

import structlog
from prometheus_client import Counter, Histogram

from homeward.coverage.model import Market
from homeward.coverage.service import CoverageService
from homeward.deliveries.model import DispatchDelivery
from homeward.deliveries.service import DeliveriesService
from homeward.dispatch import demand, packing, policy, travel
from homeward.dispatch import repository as store
from homeward.dispatch.acceptance import AcceptanceModel
from homeward.dispatch.acceptance_fit import Answer, fit
from homeward.dispatch.batches import Settling
from homeward.dispatch.decide import decide, look
from homeward.dispatch.errors import LeaseHeld, LeaseLost
from homeward.dispatch.housekeeping import Housekeeping, MarketState, live_deliveries, open_delivery
from homeward.dispatch.model import (
    Inputs,
    OfferDraft,
    OpenDelivery,
    Outcome,
    Snapshot,
    StoredRoute,
    Supply,
    TickReport,
    WaitAt,
)
from homeward.dispatch.offer_rows import insert_offer, shown_pay
from homeward.dispatch.offering import Facts, facts_of, offer_of
from homeward.dispatch.open_offers import rounds
from homeward.dispatch.park import MachinePark
from homeward.dispatch.pay import at_least
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.dispatch.seal_keys import current_key, sealed
from homeward.dispatch.snapshots import Machinery, Memory, market_policy, snapshot_of
from homeward.fleets.autonomous.model import Booking
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id

log = structlog.get_logger()

LEASE_S: Final = 15.0
# While something is open but nothing changes, time alone can change the answer: look again this often.
_REPLAN_EVERY_S: Final = 30
# And while somebody has nothing to do, where they might wait is looked at so often.
_REPLACE_EVERY_S: Final = 300
# What stores are likely to send changes slowly.
_FORESEEN_FOR: Final = timedelta(minutes=5)
# So does whether couriers say yes; more answers than these tell nothing new.
_LEARNED_FOR: Final = timedelta(minutes=15)
MOST_ANSWERS: Final = 5_000

_TICKS: Final = Histogram("homeward_dispatch_tick_seconds", "One round of the planner", ["part"])
_OFFERS: Final = Counter("homeward_dispatch_offers", "Offers by what became of them", ["outcome"])


@dataclass(frozen=True, slots=True)
class _Plan:
    """A finished plan with what is stored of it."""

    inputs: Inputs
    outcome: Outcome
    packed: bytes | None  # None: nothing was decided, only estimates were made
    stored: Mapping[str, Any]
    took_ms: int
    drafts: rounds.Drafts = field(default_factory=dict)  # of what is offered to all and needs a round


class Planner:
    """Plans the markets it can lease. Several may run; for each market one of them does."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        roads: travel.Travel,
        coverage: CoverageService,
        deliveries: DeliveriesService,
        couriers: CouriersService,
        machines: MachinePark,
        *,
        holder: str,
        lease_s: float = LEASE_S,
    ) -> None:
        self._db = db
        self._clock = clock
        self._roads = roads
        self._coverage = coverage
        self._deliveries = deliveries
        self._couriers = couriers
        self._machines = machines
        self._holder = holder
        self._lease_s = lease_s
        self._housekeeping = Housekeeping(deliveries, couriers)
        self._batches = Settling(db, deliveries)
        self._memories: dict[str, Memory] = {}

    async def plan_market(self, market_id: str) -> TickReport:
        """One round. Raises LeaseHeld or LeaseLost."""
        market = await self._coverage.market(market_id)
        memory = self._memories.setdefault(market_id, Memory())
        now, rules = self._clock.now(), market_policy(market)
        with _TICKS.labels("read").time():
            async with self._db.operator() as tx:
                token = await store.take_lease(tx, market_id, self._holder, self._lease_s)
                if token is None:
                    raise LeaseHeld(market_id)
                state = await self._housekeeping.run(tx, market_id, now, rules)
                await self._foresee(tx, market_id, memory, now)
                answers = await self._answers(tx, market_id, memory, rules, now)
                machinery = await self._machinery(tx, market_id, state)
            await self._batches.settle(market_id, state.rows, state.left, now)
        if answers is not None:
            memory.acceptance, memory.learned_at = await asyncio.to_thread(fit, answers), now
        snapshot = snapshot_of(market, state, memory, now, machinery)
        fingerprint = _fingerprint(snapshot)
        wanted = fingerprint != memory.fingerprint
        async with self._kept_lease(market_id, token):
            with _TICKS.labels("plan").time():
                plan = await self._plan(snapshot, rules, memory.acceptance, wanted)
                plan = await self._with_drafts(plan, state)
            facts = await self._facts(plan)
        with _TICKS.labels("write").time():
            report = await self._write(market, state, token, plan, memory, facts)
        memory.fingerprint, memory.earlier = fingerprint, plan.outcome.planned
        _OFFERS.labels("made").inc(report.offers)
        _OFFERS.labels("expired").inc(report.expired)
        _OFFERS.labels("withdrawn").inc(report.withdrawn)
        return report

    async def release(self, market_id: str) -> None:
        """Lets another planner start at once, for an orderly end."""
        async with self._db.operator() as tx:
            token = await store.take_lease(tx, market_id, self._holder, self._lease_s)
            if token is not None:
                await store.release_lease(tx, market_id, token)

    # ── planning ──

    async def _machinery(self, tx: Tx, market_id: str, state: MarketState) -> Machinery:
        seats = await self._machines.seats(tx, market_id)
        searching = [delivery.id for delivery in state.deliveries if delivery.searching]
        return Machinery(seats, await self._machines.answers(tx, searching) if seats else ())

    async def _foresee(self, tx: Tx, market_id: str, memory: Memory, now: datetime) -> None:
        if _older(memory.demand_at, now, _FORESEEN_FOR):
            booked = await self._deliveries.booked_at_stores(tx, market_id, demand.windows(now))
            memory.demand, memory.demand_at = demand.expected(booked), now

    async def _answers(
        self, tx: Tx, market_id: str, memory: Memory, rules: DispatchPolicy, now: datetime
    ) -> list[Answer] | None:
        """What there is to learn from, if it is time to learn again."""
        if not _older(memory.learned_at, now, _LEARNED_FOR):
            return None
        since = now - timedelta(days=rules.acceptance.learn_days)
        return await store.answers(tx, market_id, since=since, limit=MOST_ANSWERS)

    async def _plan(
        self, snapshot: Snapshot, rules: DispatchPolicy, acceptance: AcceptanceModel, wanted: bool
    ) -> _Plan:
        started = perf_counter()
        most_stores = rules.positions.most_stores if rules.positions.use else 0
        tables = await travel.tables(self._roads.market(snapshot.market_id), snapshot, most_stores=most_stores)
        inputs = Inputs(snapshot, tables, rules, acceptance)
        if not wanted:
            outcome = await asyncio.to_thread(look, inputs)
            return _Plan(inputs, outcome, None, {}, _ms_since(started))
        outcome, packed, stored = await asyncio.to_thread(_decide_and_pack, inputs)
        return _Plan(inputs, outcome, packed, stored, _ms_since(started))

    async def _with_drafts(self, plan: _Plan, state: MarketState) -> _Plan:
        opened = plan.outcome.openings
        found = await asyncio.to_thread(rounds.drafts_for, plan.inputs, opened, state.open_offers)
        return replace(plan, drafts=found)

    @asynccontextmanager
    async def _kept_lease(self, market_id: str, token: int) -> AsyncIterator[None]:
        """Prolongs the lease while a long plan runs. If it is lost, the writing finds out."""

        async def keep() -> None:
            while True:
                await asyncio.sleep(self._lease_s / 3)
                async with self._db.operator() as tx:
                    if not await store.hold_lease(tx, market_id, token, self._lease_s):
                        return

        keeper = asyncio.create_task(keep())
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def _facts(self, plan: _Plan) -> dict[str, Facts]:
        """What the courier will read of each delivery beside the way and the pay."""
        asked = {one for draft in plan.outcome.offers for one in draft.delivery_ids}
        return await facts_of(self._deliveries, asked | {one for one, able in plan.drafts.items() if able})

    # ── writing ──

    async def _write(
        self,
        market: Market,
        state: MarketState,
        token: int,
        plan: _Plan,
        memory: Memory,
        facts: Mapping[str, Facts],
    ) -> TickReport:
        outcome, snapshot, rules = plan.outcome, plan.inputs.snapshot, plan.inputs.policy
        async with self._db.operator() as tx:
            if not await store.hold_lease(tx, market.id, token, self._lease_s):
                raise LeaseLost(market.id, token)
            decision_id = await self._keep_decision(tx, token, plan, memory.wait_at)
            rows = {row.id: row for row in await live_deliveries(tx, self._deliveries, market.id)}
            offers = 0
            if decision_id is not None:
                offers = await self._make_offers(tx, snapshot, decision_id, outcome.offers, rows, facts)
                await self._book_machines(tx, snapshot, decision_id, outcome, rows)
            await self._offer_to_all(tx, state, plan, decision_id, rows, facts)
            await self._keep_routes(tx, state, plan)
            etas = await self._tell_estimates(tx, rows, plan)
            await store.save_supply(tx, market.id, _supply(snapshot, rules, outcome), snapshot.now)
        searching = {delivery.id for delivery in snapshot.deliveries if delivery.searching}
        kept = {delivery_id: key for delivery_id, key in memory.said.items() if delivery_id in searching}
        if plan.packed is not None:
            memory.wait_at = outcome.wait_at
        memory.said = {**kept, **{one.delivery_id: one.key for one in outcome.considered}}
        return TickReport(
            market_id=market.id,
            token=token,
            planned=plan.packed is not None,
            decision_id=decision_id,
            offers=offers,
            expired=state.expired,
            withdrawn=state.withdrawn,
            unassigned=state.unassigned,
            etas=etas,
        )

    async def _keep_decision(self, tx: Tx, token: int, plan: _Plan, waiting: Mapping[str, WaitAt]) -> str | None:
        """Stores a decision that decided something; a plan that says the same as the last one is none."""
        snapshot = plan.inputs.snapshot
        outcome = plan.outcome
        news = outcome.considered or outcome.resequenced or dict(outcome.wait_at) != dict(waiting)
        if plan.packed is None or not news:
            return None
        decision_id = new_id("dec", snapshot.now)
        await store.insert_decision(
            tx,
            decision_id=decision_id,
            market_id=snapshot.market_id,
            token=token,
            made_at=snapshot.now,
            seed=snapshot.seed,
            policy_version=policy.version(plan.inputs.policy),
            inputs=plan.packed,
            outcome=plan.stored,
            took_ms=plan.took_ms,
            considered=plan.outcome.considered,
        )
        return decision_id

    async def _make_offers(
        self,
        tx: Tx,
        snapshot: Snapshot,
        decision_id: str,
        drafts: Sequence[OfferDraft],
        rows: Mapping[str, DispatchDelivery],
        facts: Mapping[str, Facts],
    ) -> int:
        """Offers whose deliveries are still as planned with; the world went on while we were thinking."""
        planned = {delivery.id: policy.fingerprint(delivery) for delivery in snapshot.deliveries}
        on_duty = {courier.id for courier in await self._couriers.on_duty(tx, snapshot.market_id)}
        # The decision counts from when the courier can see it, not from when we began to plan.
        at = self._clock.now()
        key = await current_key(tx, at)
        journeys = {courier.id: courier.journey for courier in snapshot.couriers}
        made = 0
        for draft in drafts:
            current = [open_delivery(rows[i], None, ()) for i in draft.delivery_ids if i in rows]
            true = [one for one in current if one.searching and policy.fingerprint(one) == planned[one.id]]
            if draft.courier_id in on_duty and len(true) == len(draft.delivery_ids):
                shown = await shown_pay(tx, draft.delivery_ids)
                paying = replace(draft, pay=at_least(draft.pay, shown.get(draft.courier_id, 0)))
                until = policy.answer_by(journeys.get(draft.courier_id), at, snapshot.settings)
                offer = offer_of(snapshot.market_id, decision_id, paying, rows, facts, planned, (at, until))
                made += await insert_offer(tx, sealed(offer, key))
        return made

    async def _offer_to_all(
        self,
        tx: Tx,
        state: MarketState,
        plan: _Plan,
        decision_id: str | None,
        rows: Mapping[str, DispatchDelivery],
        facts: Mapping[str, Facts],
    ) -> None:
        """What is opened, as far as it is still as planned with; and the rounds that are due."""
        snapshot, at = plan.inputs.snapshot, self._clock.now()
        planned = {delivery.id: policy.fingerprint(delivery) for delivery in snapshot.deliveries}
        now_is = {one: policy.fingerprint(open_delivery(rows[one], None, ())) for one in planned if one in rows}
        basis = {one: now_is[one] for one in now_is if now_is[one] == planned[one]}
        opened = list(state.open_offers)
        if decision_id is not None:
            opened += await rounds.open_to_all(tx, snapshot, decision_id, plan.outcome.openings, basis, at)
        due = rounds.still_open(opened, rows)
        await rounds.begin_rounds(tx, plan.inputs, due, plan.drafts, rows, facts, at)

    async def _book_machines(
        self, tx: Tx, snapshot: Snapshot, decision_id: str, outcome: Outcome, rows: Mapping[str, DispatchDelivery]
    ) -> None:
        """Deliveries that are still as planned with; a machine that is not free any more is passed over."""
        planned = {delivery.id: policy.fingerprint(delivery) for delivery in snapshot.deliveries}
        for one in outcome.bookings:
            row = rows.get(one.delivery_id)
            current = open_delivery(row, None, ()) if row else None
            if current and current.searching and policy.fingerprint(current) == planned[one.delivery_id]:
                await self._machines.book(
                    tx, Booking(one.machine_id, one.fleet_id, one.delivery_id, decision_id, one.price)
                )

    async def _keep_routes(self, tx: Tx, state: MarketState, plan: _Plan) -> None:
        """Better orders, and new times where they moved. A route changed meanwhile keeps what it has."""
        snapshot, outcome = plan.inputs.snapshot, plan.outcome
        retimed = []
        for courier_id, arrivals in outcome.arrivals.items():
            stored = state.routes.get(courier_id, StoredRoute(courier_id, 0, ()))
            left = set(state.left.get(courier_id, ()))
            done = tuple(stop for stop in stored.stops if stop.ref not in left)
            route = StoredRoute(courier_id, stored.version, (*done, *arrivals))
            if courier_id in outcome.resequenced or set(route.refs) != set(stored.refs):
                await store.save_route(tx, snapshot.market_id, route, snapshot.now)
            elif policy.stops_moved(stored.stops, arrivals, plan.inputs.policy.estimates):
                retimed.append(route)
        if retimed:
            await store.save_times(tx, retimed)

    async def _tell_estimates(self, tx: Tx, rows: Mapping[str, DispatchDelivery], plan: _Plan) -> int:
        """New estimates and flags, for deliveries that are still where the snapshot saw them."""
        snapshot, outcome, estimates = plan.inputs.snapshot, plan.outcome, plan.inputs.policy.estimates
        pickups = policy.pickup_etas(outcome.arrivals)
        told = 0
        for delivery in snapshot.deliveries:
            row = rows.get(delivery.id)
            if row is None or row.state.value != delivery.state or row.courier_id != delivery.courier_id:
                continue
            eta, at_store = outcome.etas.get(delivery.id), pickups.get(delivery.id)
            if eta is not None and policy.estimates_moved(row, eta, at_store, estimates):
                await self._deliveries.set_eta(tx, delivery.id, eta, snapshot.now, pickup_eta=at_store)
                told += 1
            wanted = policy.attention_wanted(delivery, eta, snapshot.settings, estimates, snapshot.now)
            if row.attention == delivery.attention and wanted != row.attention:
                if wanted is None:
                    await self._deliveries.clear_flag(tx, delivery.id, snapshot.now)
                else:
                    await self._deliveries.flag(tx, delivery.id, wanted, snapshot.now)
        return told


# ── pure helpers ──


def _older(at: datetime | None, now: datetime, than: timedelta) -> bool:
    return at is None or not at <= now < at + than


def _decide_and_pack(inputs: Inputs) -> tuple[Outcome, bytes, dict[str, Any]]:
    outcome = decide(inputs)
    return outcome, packing.pack_inputs(inputs), packing.outcome_json(outcome)


def _fingerprint(snapshot: Snapshot) -> object:
    """What a new plan could make a difference for. Positions are not in it: they always move a little."""
    searching = any(d.searching and d.offered_to is None for d in snapshot.deliveries)
    idle = any(c.closed is None and not c.route for c in snapshot.couriers)
    return (
        tuple((d.id, d.state, d.offered_to, d.refused_by, policy.fingerprint(d)) for d in snapshot.deliveries),
        tuple((c.id, c.closed, c.route, c.shift_ends, c.own) for c in snapshot.couriers),
        tuple((m.id, m.closed, m.rooms) for m in snapshot.machines) if searching else None,
        tuple((a.delivery_id, a.fleet_id, a.price, a.limits) for a in snapshot.fleet_answers),
        int(snapshot.now.timestamp()) // _REPLAN_EVERY_S if searching else None,
        int(snapshot.now.timestamp()) // _REPLACE_EVERY_S if idle and snapshot.demand else None,
    )


def _supply(snapshot: Snapshot, rules: DispatchPolicy, outcome: Outcome) -> Supply:
    # Who only takes along what lies on their way is nobody to promise a time with.
    working = [c for c in snapshot.couriers if c.closed in (None, "asked_about_another") and c.journey is None]
    free = [c for c in working if c.closed is None and not c.route]
    waiting = [d for d in snapshot.deliveries if d.searching and d.offered_to is None and _due(d, snapshot, rules)]
    return Supply(
        couriers_on_duty=len(working),
        couriers_free=len(free),
        open_deliveries=sum(1 for d in snapshot.deliveries if d.searching),
        expected_wait_s=policy.expected_wait_s(
            on_duty=len(working),
            free=len(free),
            waiting=len(waiting),
            approach_s=outcome.approach_s,
            settings=snapshot.settings,
            estimates=rules.estimates,
        ),
    )


def _due(delivery: OpenDelivery, snapshot: Snapshot, rules: DispatchPolicy) -> bool:
    """Needs a courier about now; one whose parcel is ready later is in nobody's way yet."""
    lead = timedelta(seconds=policy.lead_s(snapshot.settings, rules) + snapshot.settings.default_wait_s)
    return delivery.ready_at <= snapshot.now + lead


def _ms_since(started: float) -> int:
    return round((perf_counter() - started) * 1000)
