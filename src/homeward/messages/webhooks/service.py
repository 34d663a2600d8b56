"""Endpoints, fan-out from the event log, and the sender. The loops may run in as many workers as one likes."""

import asyncio
import base64
import random
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import orjson
import structlog
from prometheus_client import Counter, Histogram

from homeward.infra.auth import MerchantActor
from homeward.infra.db import Database, Tx
from homeward.infra.event_log import LoggedEvent, consume
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.problems import NotFound
from homeward.messages import repository as messages
from homeward.messages.model import ChannelKind
from homeward.messages.webhooks import repository
from homeward.messages.webhooks.errors import TooManyEndpoints, UrlRefused
from homeward.messages.webhooks.model import (
    GIVE_UP_AFTER,
    Endpoint,
    Leased,
    LoggedMessage,
    next_pause_s,
    thin_body,
)
from homeward.messages.webhooks.sending import Attempt, Sender

log = structlog.get_logger()

MOST_ENDPOINTS: Final = 20
_BATCH: Final = 200
IN_FLIGHT: Final = 4
_GONE: Final = 410
_SLOW_DOWN: Final = frozenset({429, 500, 502, 503, 504})

_ATTEMPTS: Final = Counter("homeward_webhook_attempts", "Tries by outcome", ["outcome"])
_DELAY: Final = Histogram("homeward_webhook_seconds", "Seconds one try took")


class WebhooksService:
    """One for the process. Remembers only how fast each endpoint may be asked."""

    def __init__(self, db: Database, clock: Clock, sender: Sender) -> None:
        self._db = db
        self._clock = clock
        self._sender = sender
        self._pace: dict[str, int] = defaultdict(lambda: IN_FLIGHT)

    # ── endpoints ──

    async def create(self, actor: MerchantActor, url: str, event_types: Sequence[str] = ()) -> Endpoint:
        """A new endpoint with its secret. Raises UrlRefused, TooManyEndpoints."""
        await self._check(url)
        endpoint_id = new_id("whe", self._clock.now())
        async with self._db.merchant(actor.merchant_id) as tx:
            if len(await repository.endpoints(tx, actor.mode)) >= MOST_ENDPOINTS:
                raise TooManyEndpoints(MOST_ENDPOINTS)
            await repository.add_endpoint(
                tx, endpoint_id, actor.merchant_id, actor.mode, url, event_types, new_secret()
            )
            return await _found(tx, endpoint_id, actor.mode)

    async def all(self, actor: MerchantActor) -> list[Endpoint]:
        async with self._db.merchant(actor.merchant_id) as tx:
            return await repository.endpoints(tx, actor.mode)

    async def get(self, actor: MerchantActor, endpoint_id: str) -> Endpoint:
        async with self._db.merchant(actor.merchant_id) as tx:
            return await _found(tx, endpoint_id, actor.mode)

    async def change(
        self,
        actor: MerchantActor,
        endpoint_id: str,
        *,
        url: str | None = None,
        event_types: Sequence[str] | None = None,
        active: bool | None = None,
    ) -> Endpoint:
        """Change what is given. Raises UrlRefused, NotFound."""
        if url is not None:
            await self._check(url)
        async with self._db.merchant(actor.merchant_id) as tx:
            known = await _found(tx, endpoint_id, actor.mode)
            changed = replace(
                known,
                url=url or known.url,
                event_types=known.event_types if event_types is None else tuple(event_types),
            )
            if active is not None:
                changed = replace(
                    changed,
                    status="active" if active else "disabled",
                    disabled_reason=None if active else "switched off by the merchant",
                    failing_since=None,
                )
            await repository.change_endpoint(tx, changed)
            return changed

    async def rotate_secret(self, actor: MerchantActor, endpoint_id: str) -> Endpoint:
        """A new secret in front. The one before goes on signing beside it until the next rotation."""
        async with self._db.merchant(actor.merchant_id) as tx:
            known = await _found(tx, endpoint_id, actor.mode)
            changed = replace(known, secrets=(new_secret(), *known.secrets[:1]))
            await repository.change_endpoint(tx, changed)
            return changed

    async def remove(self, actor: MerchantActor, endpoint_id: str) -> None:
        async with self._db.merchant(actor.merchant_id) as tx:
            if not await repository.remove_endpoint(tx, endpoint_id, actor.mode):
                raise NotFound("webhook endpoint", endpoint_id)

    async def log(
        self,
        actor: MerchantActor,
        endpoint_id: str,
        *,
        before: str | None = None,
        state: str | None = None,
        limit: int = 50,
    ) -> list[LoggedMessage]:
        """An endpoint's messages with their tries, newest first; `before` is the last id of the page before."""
        async with self._db.merchant(actor.merchant_id) as tx:
            await _found(tx, endpoint_id, actor.mode)
            return await repository.log_page(tx, endpoint_id, before, state, limit)

    async def replay(
        self,
        actor: MerchantActor,
        endpoint_id: str,
        *,
        message_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        failed_only: bool = False,
    ) -> int:
        """Send again: one message, a range of time, or all that failed. The webhook-id stays, so receivers can tell."""
        async with self._db.merchant(actor.merchant_id) as tx:
            await _found(tx, endpoint_id, actor.mode)
            count = await repository.replay(
                tx, endpoint_id, message_id=message_id, since=since, until=until, failed_only=failed_only
            )
            if message_id and not count:
                raise NotFound("webhook message", message_id)
            return count

    async def _check(self, url: str) -> None:
        refused = await self._sender.check(url)
        if refused:
            raise UrlRefused(refused)

    # ── loops ──

    async def fan_out(self) -> int:
        """Loop body: from the event log to one message for each endpoint that listens."""
        return await consume(self._db, "webhooks", self._write_messages)

    async def send_due(self) -> int:
        """Loop body: claim what is due, send it side by side, write down what became of it. How many were claimed."""
        async with self._db.operator() as tx:
            due = await repository.lease_due(tx, _BATCH, IN_FLIGHT)
        by_endpoint: dict[str, list[Leased]] = defaultdict(list)
        for message in due:
            by_endpoint[message.endpoint_id].append(message)
        await asyncio.gather(*(self._send_to(endpoint_id, batch) for endpoint_id, batch in by_endpoint.items()))
        return len(due)

    async def _write_messages(self, tx: Tx, events: list[LoggedEvent]) -> None:
        listening = await repository.listening(tx, list({event.merchant_id for event in events}))
        if not listening:
            return
        external_ids = await repository.external_ids(tx, list({event.delivery_id for event in events}))
        rows = [
            self._message(event, endpoint, external_ids.get(event.delivery_id))
            for event in events
            for endpoint in listening
            if _wants(endpoint, event)
        ]
        if rows:
            await repository.add_messages(tx, rows)

    def _message(self, event: LoggedEvent, endpoint: Endpoint, external_id: str | None) -> dict[str, Any]:
        body = thin_body(event.type, event.at, event.delivery_id, event.seq, external_id, event.data)
        return {
            "id": new_id("whm", self._clock.now()),
            "merchant_id": event.merchant_id,
            "endpoint_id": endpoint.id,
            "delivery_id": event.delivery_id,
            "seq": event.seq,
            "type": event.type,
            "body": orjson.dumps(body).decode(),
        }

    async def _send_to(self, endpoint_id: str, batch: Sequence[Leased]) -> None:
        """One endpoint's share. What its pace does not allow now is given back and comes again with the next round."""
        allowed = self._pace[endpoint_id]
        await asyncio.gather(*(self._send(message) for message in batch[:allowed]))
        for message in batch[allowed:]:
            async with self._db.operator() as tx:
                await repository.give_back(tx, message)

    async def _send(self, message: Leased) -> None:
        now = int(datetime.now(UTC).timestamp())  # receivers check it against real time, also while ours runs fast
        attempt = await self._sender.send(message.url, message.id, now, message.body, message.secrets)
        _DELAY.observe(attempt.took_ms / 1000)
        _ATTEMPTS.labels("accepted" if attempt.accepted else "failed").inc()
        self._adjust_pace(message.endpoint_id, attempt)
        async with self._db.operator() as tx:
            await repository.record_attempt(tx, message, attempt.status, attempt.took_ms, attempt.answer)
            if attempt.accepted:
                await repository.finish(tx, message, "sent", None)
                await repository.mark_endpoint(tx, message.endpoint_id, well=True)
            else:
                await self._failed(tx, message, attempt)

    async def _failed(self, tx: Tx, message: Leased, attempt: Attempt) -> None:
        pause_s = next_pause_s(message.tries, random.random(), attempt.retry_after_s)  # noqa: S311 - jitter, no secret
        await repository.finish(tx, message, "failed" if pause_s is None else "pending", pause_s)
        since = await repository.mark_endpoint(tx, message.endpoint_id, well=False)
        if attempt.status == _GONE:
            await self._disable(tx, message.endpoint_id, "the receiver answered 410 Gone")
        elif since is not None and datetime.now(UTC) - since > GIVE_UP_AFTER:
            await self._disable(tx, message.endpoint_id, "every try failed for 72 hours")

    async def _disable(self, tx: Tx, endpoint_id: str, reason: str) -> None:
        row = await repository.disable(tx, endpoint_id, reason)
        if row is None:
            return
        log.warning("webhook endpoint disabled", endpoint=endpoint_id, reason=reason)
        if row["owner_email"]:
            await messages.add(
                tx,
                id=new_id("msg", self._clock.now()),
                merchant_id=row["merchant_id"],
                channel=ChannelKind.EMAIL,
                recipient=row["owner_email"],
                sender_name="Delivery service",
                subject="Your webhook endpoint was switched off",
                body=f"We stopped sending to {row['url']} because {reason}. Mend it, switch it on again in the portal "
                "under Webhooks, and use Replay there: nothing is lost.",
                dedupe_key=f"{endpoint_id}:disabled:{int(self._clock.now().timestamp())}",
            )

    def _adjust_pace(self, endpoint_id: str, attempt: Attempt) -> None:
        """Half as many at once after a sign of overload, one more after each success."""
        if attempt.status in _SLOW_DOWN or attempt.status is None:
            self._pace[endpoint_id] = max(1, self._pace[endpoint_id] // 2)
        elif attempt.accepted:
            self._pace[endpoint_id] = min(IN_FLIGHT, self._pace[endpoint_id] + 1)


def new_secret() -> str:
    """`whsec_` and 32 random bytes, as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _wants(endpoint: Endpoint, event: LoggedEvent) -> bool:
    return (
        endpoint.merchant_id == event.merchant_id
        and endpoint.mode == event.mode
        and (not endpoint.event_types or event.type in endpoint.event_types)
    )


async def _found(tx: Tx, endpoint_id: str, mode: str) -> Endpoint:
    endpoint = await repository.endpoint(tx, endpoint_id, mode)
    if endpoint is None:
        raise NotFound("webhook endpoint", endpoint_id)
    return endpoint
