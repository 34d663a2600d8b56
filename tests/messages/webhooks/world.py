"""Webhooks over the world of deliveries: endpoints of two merchants, workers that send to this machine."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from homeward.infra.auth import Auth
from homeward.infra.db import Database, Row
from homeward.messages.webhooks.api import webhooks_router
from homeward.messages.webhooks.egress import networks
from homeward.messages.webhooks.model import Endpoint, NewEndpoint, RetryPlan
from homeward.messages.webhooks.sending import Sender
from homeward.messages.webhooks.service import WebhooksService
from tests.deliveries.world import World, an_actor, build_world
from tests.messages.webhooks.receivers import Receiver

LOOPBACK = networks("127.0.0.0/8")
QUICK = RetryPlan(pauses_s=(0.05, 0.05, 0.05), give_up_after_s=1, jitter_per_mille=0)
"""Four tries within a fifth of a second and one more after a whole one."""


def a_plan(seconds_for_72_hours: float) -> RetryPlan:
    """The real plan, only faster."""
    real = RetryPlan()
    factor = seconds_for_72_hours / real.give_up_after_s
    return RetryPlan(tuple(pause_s * factor for pause_s in real.pauses_s), give_up_after_s=seconds_for_72_hours)


@dataclass
class Post:
    """Everything a test of webhooks touches."""

    world: World
    webhooks: WebhooksService

    @property
    def db(self) -> Database:
        return self.world.db

    def a_worker(self, plan: RetryPlan = QUICK, timeout_s: float = 5.0) -> WebhooksService:
        """One more process that sends, with what it remembers of its own."""
        return WebhooksService(self.db, self.world.clock, Sender(LOOPBACK, timeout_s=timeout_s), plan)

    async def listens(self, receiver: Receiver, merchant_id: str = "mer_a", *event_types: str) -> Endpoint:
        return await self.webhooks.create(an_actor(merchant_id), NewEndpoint(receiver.url, tuple(event_types)))

    async def told(self, worker: WebhooksService | None = None) -> None:
        """Everything that happened is sent, or waits for its next try."""
        worker = worker or self.webhooks
        while await worker.fan_out():
            pass
        while await worker.send_due() or worker.under_way:
            pass

    async def told_until(self, worker: WebhooksService, done: Callable[[], bool], within_s: float = 30) -> None:
        """The worker's loops turn until `done`."""
        end = monotonic() + within_s
        while not done():
            assert monotonic() < end, "it took too long"
            await worker.fan_out()
            if not await worker.send_due():
                await asyncio.sleep(0.02)

    async def rows(self, sql: str, **params: object) -> list[Row]:
        async with self.db.operator() as tx:
            return await tx.all(sql, **params)

    async def states(self, endpoint: Endpoint) -> list[str]:
        sql = "SELECT state FROM webhook_message WHERE endpoint_id = %(id)s ORDER BY delivery_id, seq"
        return [row["state"] for row in await self.rows(sql, id=endpoint.id)]

    async def seen_again(self, endpoint: Endpoint) -> Endpoint:
        return await self.webhooks.get(an_actor(endpoint.merchant_id, endpoint.mode), endpoint.id)

    async def make_due(self) -> None:
        """As if all pauses were over and all leases had ended."""
        async with self.db.operator() as tx:
            await tx.run(
                """UPDATE webhook_message SET next_try_at = now(), leased_until = now() - interval '1 second'
                   WHERE state = 'pending'"""
            )

    async def seqs(self, delivery_id: str) -> Sequence[int]:
        return [event.seq for event in await self.world.events(delivery_id)]


async def build_post(db: Database) -> Post:
    world = await build_world(db)
    webhooks = WebhooksService(db, world.clock, Sender(LOOPBACK, timeout_s=5), QUICK)
    world.app.include_router(webhooks_router(webhooks, Auth(db)))
    return Post(world, webhooks)
