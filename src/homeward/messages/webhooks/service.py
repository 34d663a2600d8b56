"""Endpoints, fan-out from the event log, and the sender. The loops may run in as many workers as one likes."""

import asyncio
import base64
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

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
from homeward.messages.under_way import UnderWay
from homeward.messages.webhooks import repository
from homeward.messages.webhooks.dialects import NATIVE, ReceiverAuth, Signing, WebhookDialect
from homeward.messages.webhooks.errors import DialectUnknown, HeaderRefused, TooManyEndpoints, UrlRefused
from homeward.messages.webhooks.model import (
    ONCE,
    Endpoint,
    Leased,
    LoggedMessage,
    NewEndpoint,
    RetryPlan,
)
from homeward.messages.webhooks.sending import Attempt, Sender, native_headers
from homeward.messages.webhooks.writing import Stories, Writer, unwritten_reason

log = structlog.get_logger()

MOST_ENDPOINTS: Final = 20
MOST_UNDER_WAY: Final = 256
# Receivers that do not answer hold their places for the whole timeout: the other half stays free for those that do.
MOST_FAILING: Final = MOST_UNDER_WAY // 2
IN_FLIGHT: Final = 4
_FORGET_AT_ONCE: Final = 5_000
# Outcomes come in bursts; more connections at once would take them from the API.
_WRITERS: Final = 4
_GONE: Final = 410
_WELL: Final = "to those that accept"
_FAILING: Final = "to those that fail"
_SLOW_DOWN: Final = frozenset({429, 500, 502, 503, 504})

_ATTEMPTS: Final = Counter("homeward_webhook_attempts", "Tries by outcome", ["outcome"])
_DELAY: Final = Histogram("homeward_webhook_seconds", "Seconds one try took")


class WebhooksService:
    """One for the process. Remembers what it is sending now, and which endpoints are to be asked more slowly."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        sender: Sender,
        plan: RetryPlan | None = None,
        *,
        stories: Stories | None = None,
        dialects: Mapping[str, WebhookDialect] | None = None,
        kept: timedelta = timedelta(days=30),
    ) -> None:
        self._db = db
        self._clock = clock
        self._sender = sender
        self._plan = plan or RetryPlan()
        self._stories = stories
        self._dialects = dict(dialects or {})
        self._kept = kept
        self._slower: dict[str, int] = {}
        self._under_way = UnderWay()
        self._writers = asyncio.Semaphore(_WRITERS)

    @property
    def under_way(self) -> int:
        """Tries that have not ended yet."""
        return self._under_way.count()

    # ── endpoints ──

    async def create(self, actor: MerchantActor, wanted: NewEndpoint) -> Endpoint:
        """A new endpoint with its secret. Raises UrlRefused, HeaderRefused, TooManyEndpoints, DialectUnknown."""
        if wanted.dialect != NATIVE and wanted.dialect not in self._dialects:
            raise DialectUnknown(wanted.dialect, [NATIVE, *sorted(self._dialects)])
        _require_own_header(wanted.auth)
        await self._check(wanted.url)
        endpoint_id = new_id("whe", self._clock.now())
        async with self._db.merchant(actor.merchant_id) as tx:
            if len(await repository.endpoints(tx, actor.mode)) >= MOST_ENDPOINTS:
                raise TooManyEndpoints(MOST_ENDPOINTS)
            await repository.add_endpoint(tx, endpoint_id, actor.merchant_id, actor.mode, wanted, new_secret())
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
        auth: Mapping[str, str] | None = None,
        location_every_s: int | None = None,
    ) -> Endpoint:
        """Change what is given. Raises UrlRefused, HeaderRefused, NotFound."""
        _require_own_header(auth or {})
        if url is not None:
            await self._check(url)
        async with self._db.merchant(actor.merchant_id) as tx:
            known = await _found(tx, endpoint_id, actor.mode, to_change=True)
            changed = replace(
                known,
                url=url or known.url,
                event_types=known.event_types if event_types is None else tuple(event_types),
                failing_since=known.failing_since if url in (None, known.url) else None,
                auth=known.auth if auth is None else auth,
                # 0 switches them off, which nothing else could say.
                location_every_s=known.location_every_s if location_every_s is None else location_every_s or None,
            )
            if active is not None:
                changed = replace(
                    changed,
                    status="active" if active else "disabled",
                    disabled_reason=None if active else "switched off by the merchant",
                    failing_since=None,
                )
            await repository.change_endpoint(tx, changed)
            if active is False:
                await repository.give_up_pending(tx, endpoint_id)
            return changed

    async def rotate_secret(self, actor: MerchantActor, endpoint_id: str) -> Endpoint:
        """A new secret in front. The one before goes on signing beside it until the next rotation."""
        async with self._db.merchant(actor.merchant_id) as tx:
            known = await _found(tx, endpoint_id, actor.mode, to_change=True)
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
            await _found(tx, endpoint_id, actor.mode, to_change=True)
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

    async def forget_old(self) -> int:
        """Loop body: what was settled longer ago than the log is kept; a part at a time."""
        first_kept = new_id("whm", self._clock.now() - self._kept)
        async with self._db.operator() as tx:
            return await repository.forget_before(tx, first_kept, _FORGET_AT_ONCE)

    async def fan_out(self) -> int:
        """Loop body: from the event log to one message for each endpoint that listens."""
        return await consume(self._db, "webhooks", self._write_messages)

    async def send_due(self) -> int:
        """Loop body: claim what is due and start sending it. How many were claimed or have ended since.

        A slow receiver is not waited for: its tries go on beside the next rounds.
        """
        claimed = await self._claim()
        for message in claimed:
            self._under_way.start(self._send(message, monotonic()), _FAILING if message.failing else _WELL)
        return len(claimed) + await self._under_way.progress()

    async def _claim(self) -> list[Leased]:
        """First for endpoints that are well, then for the others with the places that are theirs."""
        room = MOST_UNDER_WAY - self._under_way.count()
        if room <= 0:
            return []
        async with self._db.operator() as tx:
            well = await repository.lease_due(tx, room, IN_FLIGHT, slower=self._slower, failing=False)
            room = min(room - len(well), MOST_FAILING - self._under_way.count(_FAILING))
            if room <= 0:
                return well
            return well + await repository.lease_due(tx, room, IN_FLIGHT, slower=self._slower, failing=True)

    async def _write_messages(self, tx: Tx, events: list[LoggedEvent]) -> None:
        listening = await repository.listening(tx, list({event.merchant_id for event in events}))
        if not listening:
            return
        wanted = [(event, endpoint) for event in events for endpoint in listening if _wants(endpoint, event)]
        await Writer(tx, self._stories, self._dialects).write(wanted, self._clock.now())

    async def _send(self, message: Leased, claimed_at: float) -> None:
        if monotonic() - claimed_at > repository.LEASE_S - self._sender.timeout_s:
            return  # the process stood still for so long that somebody else will have claimed it, or may any moment
        if message.stale:
            async with self._writers, self._db.operator() as tx:
                await repository.finish_failed(tx, message, None)
            return
        now = int(datetime.now(UTC).timestamp())  # receivers check it against real time, also while ours runs fast
        attempt = await self._try(message, now)
        _DELAY.observe(attempt.took_ms / 1000)
        _ATTEMPTS.labels("accepted" if attempt.accepted else "failed").inc()
        self._adjust_pace(message.endpoint_id, attempt)
        async with self._writers, self._db.operator() as tx:
            await repository.hold(tx, message.endpoint_id)
            await repository.record_attempt(tx, message, attempt)
            await (self._accepted(tx, message) if attempt.accepted else self._failed(tx, message, attempt))

    async def _try(self, message: Leased, timestamp: int) -> Attempt:
        try:
            headers = self._headers(message, timestamp)
        except Exception as fault:
            # As any other try that failed: it is told in the log, repeated by the plan, and given up one day.
            log.exception("webhook not signed", endpoint=message.endpoint_id, delivery_id=message.delivery_id)
            return Attempt(None, 0, unwritten_reason(fault, message.dialect))
        return await self._sender.send(message.url, message.body, headers)

    def _headers(self, message: Leased, timestamp: int) -> dict[str, str]:
        dialect = self._dialects.get(message.dialect)
        if dialect is None:
            return native_headers(message.id, timestamp, message.body, message.secrets)
        auth = ReceiverAuth.from_json(message.auth)
        return dialect.headers(Signing(message.id, timestamp, message.body, auth, message.secrets))

    def _plan_of(self, message: Leased) -> RetryPlan:
        if message.seq is None:
            return ONCE
        dialect = self._dialects.get(message.dialect)
        return dialect.plan if dialect else self._plan

    async def _accepted(self, tx: Tx, message: Leased) -> None:
        await repository.finish_sent(tx, message)
        if await repository.mark_well(tx, message.endpoint_id) > self._plan.worth_telling_s:
            await repository.hurry(tx, message.endpoint_id)

    async def _failed(self, tx: Tx, message: Leased, attempt: Attempt) -> None:
        draw = random.random()  # noqa: S311 - jitter, no secret
        pause_s = self._plan_of(message).next_pause_s(message.tries, message.age_s, draw, attempt.retry_after_s)
        if not await repository.finish_failed(tx, message, pause_s):
            return  # a try of the past; what became of the message is known better by whoever has it now
        failed_s = await repository.mark_failing(tx, message.endpoint_id)
        if attempt.status == _GONE:
            await self._disable(tx, message.endpoint_id, "the receiver answered 410 Gone")
        elif failed_s >= self._plan.give_up_after_s:
            await self._disable(tx, message.endpoint_id, "every try failed for 72 hours")

    async def _disable(self, tx: Tx, endpoint_id: str, reason: str) -> None:
        row = await repository.disable(tx, endpoint_id, reason)
        if row is None:
            return
        await repository.give_up_pending(tx, endpoint_id)
        log.warning("webhook endpoint disabled", endpoint=endpoint_id, reason=reason)
        if row["owner_email"]:
            await messages.add(
                tx,
                id=new_id("msg", self._clock.now()),
                at=self._clock.now(),
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
        pace = self._slower.pop(endpoint_id, IN_FLIGHT)
        if attempt.status in _SLOW_DOWN or attempt.status is None:
            pace = max(1, pace // 2)
        elif attempt.accepted:
            pace += 1
        if pace < IN_FLIGHT:
            self._slower[endpoint_id] = pace


def _require_own_header(auth: Mapping[str, str]) -> None:
    receiver = ReceiverAuth.from_json(auth)
    if receiver.takes_ours:
        raise HeaderRefused(receiver.header)


def new_secret() -> str:
    """`whsec_` and 32 random bytes, as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _wants(endpoint: Endpoint, event: LoggedEvent) -> bool:
    return (
        endpoint.merchant_id == event.merchant_id
        and endpoint.mode == event.mode
        and event.recorded_at >= endpoint.created_at  # a new endpoint begins with what happens from now on
        # Another dialect has names of its own for events; it is asked for them when they are written.
        and (endpoint.dialect != NATIVE or not endpoint.event_types or event.type in endpoint.event_types)
    )


async def _found(tx: Tx, endpoint_id: str, mode: str, *, to_change: bool = False) -> Endpoint:
    endpoint = await repository.endpoint(tx, endpoint_id, mode, to_change=to_change)
    if endpoint is None:
        raise NotFound("webhook endpoint", endpoint_id)
    return endpoint
