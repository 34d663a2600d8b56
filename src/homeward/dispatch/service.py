"""The doors of dispatch: planning, couriers' answers, the operator's overrides, explanations."""

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any, Final

import structlog

from homeward.coverage.service import CoverageService
from homeward.deliveries.custody import Report
from homeward.deliveries.model import Actor, DeliveryView
from homeward.deliveries.service import DeliveriesService
from homeward.dispatch import explain, packing, policy
from homeward.dispatch import repository as store
from homeward.dispatch.acceptance import AcceptanceModel
from homeward.dispatch.acceptance_fit import fit
from homeward.dispatch.decide import decide
from homeward.dispatch.errors import InputsForgotten, LeaseHeld
from homeward.dispatch.model import Explanation, Offer, Replay, Round, TickReport
from homeward.dispatch.moves.service import Moves
from homeward.dispatch.offers import Answers
from homeward.dispatch.open_offers.standing import open_to_all
from homeward.dispatch.overrides import Overrides
from homeward.dispatch.park import NO_MACHINES, MachinePark
from homeward.dispatch.planner import LEASE_S, MOST_ANSWERS, Planner
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.dispatch.route_view import CourierRoute
from homeward.dispatch.routes import Routes
from homeward.dispatch.seal_keys import is_ours
from homeward.dispatch.snapshots import market_policy
from homeward.dispatch.travel import Travel
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.db import Database, Row, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_secret
from homeward.kit.problems import NotFound, Problem, jsonable

log = structlog.get_logger()

# However fast business time runs, a market is not planned more often than this.
_SHORTEST_PAUSE_S: Final = 1.0
_POLL_S: Final = 0.4


def new_holder() -> str:
    """Names this planner in the lease: machine, process, and a word of its own, since process ids come again."""
    return f"{socket.gethostname()}:{os.getpid()}:{new_secret(40)}"


class DispatchService:
    """One for the process. Only what it remembers between plans is lost when it dies."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        roads: Travel,
        coverage: CoverageService,
        deliveries: DeliveriesService,
        couriers: CouriersService,
        *,
        machines: MachinePark = NO_MACHINES,
        planner_id: str | None = None,
        lease_s: float = LEASE_S,
    ) -> None:
        self._db = db
        self._clock = clock
        self._coverage = coverage
        self._deliveries = deliveries
        self._couriers = couriers
        holder = planner_id or new_holder()
        self._planner = Planner(
            db, clock, roads, coverage, deliveries, couriers, machines, holder=holder, lease_s=lease_s
        )
        self._answers = Answers(db, clock, deliveries)
        self._overrides = Overrides(db, clock, roads, coverage, deliveries, couriers)
        self.moves = Moves(db, clock, roads, coverage, deliveries, couriers, machines, self._overrides)
        self._routes = Routes(db, clock, roads, deliveries)
        self._planned_at: dict[str, float] = {}

    # ── planning ──

    async def plan_market(self, market_id: str) -> TickReport:
        """One round. Raises LeaseHeld, LeaseLost, RoadsUnavailable."""
        return await self._planner.plan_market(market_id)

    async def plan_all(self) -> int:
        """Loop body: every market that is due and that we can lease. Never asks to be called again at once."""
        for market in await self._coverage.markets():
            pause_s = max(_SHORTEST_PAUSE_S, market.settings.planner_every_s / self._clock.speed)
            if monotonic() - self._planned_at.get(market.id, -pause_s) < pause_s:
                continue
            self._planned_at[market.id] = monotonic()
            try:
                await self._planner.plan_market(market.id)
            except LeaseHeld:
                continue
            except Problem as refusal:
                # One market's roads or lease must not keep the others from being planned.
                log.warning("market not planned", market=market.slug, code=refusal.slug, detail=refusal.detail())
        return 0

    async def release_all(self) -> None:
        """For an orderly end: another planner may begin at once."""
        for market in await self._coverage.markets():
            await self._planner.release(market.id)

    # ── couriers ──

    async def open_offer(self, courier_id: str, wait_s: float = 0) -> Offer | None:
        """The offer to be answered now; waits up to `wait_s` real seconds for one."""
        until = monotonic() + wait_s
        while True:
            async with self._db.operator() as tx:
                offer = await store.open_offer_of(tx, courier_id, self._clock.now())
            if offer is not None or monotonic() >= until:
                return offer
            await asyncio.sleep(min(_POLL_S, max(0.0, until - monotonic())))

    async def accept_offer(self, courier_id: str, offer_id: str) -> CourierRoute:
        """See Answers.accept."""
        await self._answers.accept(await self._couriers.get(courier_id), offer_id)
        return await self.route(courier_id)

    async def decline_offer(self, courier_id: str, offer_id: str, reason: str = "") -> None:
        """See Answers.decline."""
        await self._answers.decline(courier_id, offer_id, reason)

    async def is_ours(self, key_id: str, text: str, signature: str) -> bool:
        """Whether this installation once showed a courier this text, by its signature."""
        async with self._db.operator() as tx:
            return await is_ours(tx, key_id, text, signature)

    async def offered(self, tx: Tx, delivery_ids: Sequence[str]) -> frozenset[str]:
        """Those of these deliveries that a courier is being asked about; others must not be asked meanwhile."""
        return await store.offered(tx, delivery_ids) | await open_to_all(tx, delivery_ids)

    async def route(self, courier_id: str) -> CourierRoute:
        courier = await self._couriers.get(courier_id)
        market = await self._coverage.market(courier.market_id)
        return await self._routes.of(courier, market.currency)

    async def report(self, courier_id: str, leg_id: str, **report: Any) -> Report:
        """A courier's report about a leg; see deliveries.Custody.report.

        A report that does not say where is taken to come from where the courier was last seen.
        """
        if report.get("place") is None:
            report["place"] = (await self._couriers.get(courier_id)).place
        return await self._deliveries.report(leg_id, courier_id=courier_id, **report)

    # ── the operator ──

    async def reassign(self, delivery_id: str, courier_id: str | None, by: Actor, reason: str) -> DeliveryView:
        """See Overrides.reassign."""
        return await self._overrides.reassign(delivery_id, courier_id, by, reason)

    async def goes_on(self, delivery_id: str, by: Actor, reason: str) -> DeliveryView:
        """See Overrides.goes_on."""
        return await self._overrides.goes_on(delivery_id, by, reason)

    async def cancel(self, delivery_id: str, by: Actor, reason: str) -> DeliveryView:
        """See Overrides.cancel."""
        return await self._overrides.cancel(delivery_id, by, reason)

    async def fail(self, delivery_id: str, by: Actor, reason: str) -> DeliveryView:
        """See Overrides.fail."""
        return await self._overrides.fail(delivery_id, by, reason)

    async def withdraw(self, tx: Tx, delivery_id: str, reason: str) -> int:
        """See Overrides.withdraw."""
        return await self._overrides.withdraw(tx, delivery_id, reason)

    async def policy(self, market_id: str) -> DispatchPolicy:
        """The numbers that this market is planned by."""
        return market_policy(await self._coverage.market(market_id))

    async def set_policy(self, market_id: str, rules: DispatchPolicy, *, by: str) -> None:
        """In force from the next round on; what equals the default follows the default of later releases."""
        await self._coverage.update_market(market_id, settings={"dispatch_policy": rules.changes()}, by=by)

    async def acceptance(self, market_id: str) -> AcceptanceModel:
        """What is known of couriers' answers in this market: what a planner that learns now would plan by."""
        rules = await self.policy(market_id)
        since = self._clock.now() - timedelta(days=rules.acceptance.learn_days)
        async with self._db.operator() as tx:
            answers = await store.answers(tx, market_id, since=since, limit=MOST_ANSWERS)
        return await asyncio.to_thread(fit, answers)

    # ── why ──

    async def explain(self, delivery_id: str) -> Explanation:
        """Everything that was decided about a delivery, from the stored decisions alone."""
        view = await self._deliveries.get(None, delivery_id)
        market = await self._coverage.market(view.delivery.market_id)
        async with self._db.operator() as tx:
            found = await store.rounds(tx, delivery_id)
            offers = await store.offers_for(tx, delivery_id)
        names = {courier.id: courier.name for courier in await self._couriers.list(market.id)}
        rounds = tuple(_with_sentence(one, courier_id, names) for one, courier_id in found)
        text = explain.as_text(
            delivery_id,
            rounds,
            offers,
            names,
            market.time_zone,
            state=view.delivery.state.value,
            attention=view.delivery.attention,
        )
        return Explanation(delivery_id, rounds, tuple(offers), names, text)

    async def explain_text(self, delivery_id: str) -> str:
        """For the command line."""
        return (await self.explain(delivery_id)).text

    async def decision(self, decision_id: str) -> dict[str, Any]:
        """A stored decision with its inputs, unpacked."""
        row = await self._decision(decision_id)
        inputs = packing.unpack_inputs(row["inputs"])
        async with self._db.operator() as tx:
            considered = await store.considered_in(tx, decision_id)
        return {
            "id": row["id"],
            "market_id": row["market_id"],
            "token": row["token"],
            "made_at": jsonable(row["made_at"]),
            "seed": row["seed"],
            "policy_version": row["policy_version"],
            "policy": inputs.policy.changes(),
            "took_ms": row["took_ms"],
            "outcome": row["outcome"],
            "considered": considered,
            "snapshot": jsonable(inputs.snapshot),
        }

    async def replay(self, decision_id: str) -> Replay:
        """Makes a stored decision again from its inputs alone. With the rules it was made by, both are equal."""
        row = await self._decision(decision_id)
        stored: Mapping[str, Any] = row["outcome"]
        again = await asyncio.to_thread(lambda: packing.outcome_json(decide(packing.unpack_inputs(row["inputs"]))))
        return Replay(decision_id, stored, again)

    async def forget_old_inputs(self) -> int:
        """Loop body: where everybody was is not kept for ever."""
        async with self._db.operator() as tx:
            return await store.forget_inputs(tx, self._clock.now() - policy.INPUTS_KEPT)

    async def _decision(self, decision_id: str) -> Row:
        async with self._db.operator() as tx:
            row = await store.decision(tx, decision_id)
        if row is None:
            raise NotFound("decision", decision_id)
        if not row["inputs"]:
            raise InputsForgotten(decision_id)
        return row


def _with_sentence(one: Round, courier_id: str | None, names: Mapping[str, str]) -> Round:
    machines = {ruling.courier_id: ruling.name for ruling in one.rulings}
    named = names.get(courier_id) or machines.get(courier_id, courier_id) if courier_id else None
    sentence = explain.round_sentence(one.rule, named, one.timing, one.numbers, booked=one.outcome == "booked")
    return replace(one, sentence=sentence)
