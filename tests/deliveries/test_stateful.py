"""Whatever is done to a delivery in whatever order, what must hold holds."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from homeward.deliveries.custody_policy import REPORTS
from homeward.deliveries.model import Act, Delivery, Leg, ProblemReason, Undeliverable
from homeward.deliveries.states import GOING_BACK, LEG_ENDED, ON_THE_WAY, TERMINAL, TRANSITIONS, State
from homeward.infra.db import Database
from homeward.kit.problems import Problem
from tests.conftest import DatabaseUrls
from tests.deliveries.world import HOME, OPERATOR, PHOTO, PLANNER, World, build_world

T = TypeVar("T")


class LifeOfADelivery(RuleBasedStateMachine):
    """Random acts by random people; refusals are fine, broken promises are not."""

    loop: asyncio.AbstractEventLoop
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.before: Delivery | None = None
        self.couriers = 0

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def attempt(self, work: Coroutine[Any, Any, Any]) -> None:
        with suppress(Problem):  # a refusal is an answer; anything else fails the test
            self.do(work)

    @initialize(undeliverable=st.sampled_from(Undeliverable))
    def book(self, undeliverable: Undeliverable) -> None:
        self.id = self.do(self.world.booked(undeliverable=undeliverable))

    @rule()
    def assign(self) -> None:
        self.couriers += 1
        self.attempt(self.world.assigned(self.id, f"cou_{self.couriers}"))

    # Mostly reports: otherwise nearly every life ends in an early cancellation.
    @rule(act=st.sampled_from(REPORTS), reason=st.sampled_from(ProblemReason), data=st.data())
    def report(self, act: Act, reason: ProblemReason, data: st.DataObject) -> None:
        legs = self.legs()
        if not legs:
            return
        leg = data.draw(st.sampled_from(legs[::-1]), label="leg")
        evidence = [PHOTO] if data.draw(st.booleans(), label="with photo") else []
        self.attempt(self.world.report(leg, act, reason=reason if act is Act.PROBLEM else None, evidence=evidence))

    @rule()
    def go_on(self) -> None:
        """The next usual step, so that lives also reach their natural ends."""
        delivery, legs = self.delivery(), self.legs()
        acts = [act for act, step in TRANSITIONS.items() if act in REPORTS and delivery.state in step.sources]
        if legs and acts:
            self.attempt(self.world.report(legs[-1], acts[0], evidence=[PHOTO]))

    @rule()
    def unassign(self) -> None:
        async def unassign() -> None:
            async with self.world.db.operator() as tx:
                await self.world.service.unassign(tx, self.id, reason="vanished", by=PLANNER, at=self.world.clock.now())

        self.attempt(unassign())

    @rule(
        act=st.sampled_from(["cancel", "return_to_store"]),
        merchant_id=st.sampled_from(["mer_a", None]),
        unlikely=st.integers(0, 3),
    )
    def end_it(self, act: str, merchant_id: str | None, unlikely: int) -> None:
        if unlikely == 0:
            self.attempt(getattr(self.world.service, act)(merchant_id, self.id, OPERATOR, "because"))

    @rule(raise_it=st.booleans())
    def flag(self, raise_it: bool) -> None:
        async def flag() -> None:
            async with self.world.db.operator() as tx:
                now = self.world.clock.now()
                if raise_it:
                    await self.world.service.flag(tx, self.id, "late", now)
                else:
                    await self.world.service.clear_flag(tx, self.id, now)

        self.attempt(flag())

    @rule()
    def fall_silent(self) -> None:
        async def lose(leg: Leg) -> None:
            async with self.world.db.operator() as tx:
                await self.world.service.lose_contact(tx, leg.id, self.world.clock.now())

        if legs := self.legs():
            self.attempt(lose(legs[-1]))

    @rule()
    def strand(self) -> None:
        async def strand() -> None:
            async with self.world.db.operator() as tx:
                where: dict[str, Any] = {"place": HOME, "address": "Main Street", "note": ""}
                now = self.world.clock.now()
                await self.world.service.need_rescue(tx, self.id, **where, reason="stuck", by=PLANNER, at=now)

        self.attempt(strand())

    @rule(unlikely=st.integers(0, 3))
    def free_itself(self, unlikely: int) -> None:
        async def over() -> None:
            async with self.world.db.operator() as tx:
                now = self.world.clock.now()
                await self.world.service.rescue_over(tx, self.id, by=OPERATOR, at=now, reason="moves again")

        if unlikely == 0:
            self.attempt(over())

    @invariant()
    def what_must_hold_holds(self) -> None:
        if not hasattr(self, "id"):
            return
        delivery, legs = self.delivery(), self.legs()
        events = list(self.do(self.world.events(self.id)))
        assert [event.seq for event in events] == list(range(1, delivery.seq + 1)), "the log has a gap"

        told = [event.data["state"] for event in events if "previous" in event.data]
        assert told[-1] == delivery.state, "the log and the state disagree"
        assert all(a.data["state"] == b.data["previous"] for a, b in _pairs(events)), "a step is missing in the log"
        endings = [state for state in told if state in {str(s) for s in TERMINAL}]
        assert len(endings) == (1 if delivery.state in TERMINAL else 0), "it ends exactly once"

        active = [leg for leg in legs if leg.ended_at is None]
        stranded = [leg for leg in active if delivery.rescue and leg.id == delivery.rescue.leg_id]
        assert len(stranded) == (1 if delivery.rescue else 0)
        assert len(active) <= 1 + len(stranded)
        custodians = [leg for leg in active if leg.picked_up_at is not None]
        assert len(custodians) == (1 if delivery.state in ON_THE_WAY | GOING_BACK else 0), "not one has the parcel"
        assert all((leg.state in LEG_ENDED) == (leg.ended_at is not None) for leg in legs)
        assert [leg.number for leg in legs] == list(range(1, len(legs) + 1))
        coming = [leg for leg in active if leg not in stranded]
        assert delivery.courier_id == (coming[0].courier_id if coming else None)
        if delivery.state in TERMINAL:
            assert not active
            assert delivery.ended_at is not None
        if self.before and self.before.state in TERMINAL:
            assert (delivery.state, delivery.ended_at) == (self.before.state, self.before.ended_at), "the end moved"
        if self.before:
            assert delivery.promised_by == self.before.promised_by
        if self.before and State.PICKED_UP in self.before.times:
            first = self.before.times[State.PICKED_UP]
            assert delivery.times[State.PICKED_UP] == first, "on board it is since the first had it"
        self.before = delivery

    def delivery(self) -> Delivery:
        return self.do(self.world.view(self.id)).delivery

    def legs(self) -> list[Leg]:
        return list(self.do(self.world.service.legs(None, self.id)))


def _pairs(events: list[Any]) -> list[tuple[Any, Any]]:
    steps = [event for event in events if "previous" in event.data]
    return list(pairwise(steps))


@pytest.mark.slow
def test_any_order_of_acts_keeps_the_promises(database_urls: DatabaseUrls) -> None:
    loop = asyncio.new_event_loop()
    db = Database(database_urls.app, min_size=1, max_size=2)

    async def prepare() -> World:
        await db.open()
        return await build_world(db)

    try:
        LifeOfADelivery.loop = loop
        LifeOfADelivery.world = loop.run_until_complete(prepare())
        run_state_machine_as_test(
            LifeOfADelivery,
            settings=settings(
                max_examples=40,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop.run_until_complete(db.close())
        loop.close()
