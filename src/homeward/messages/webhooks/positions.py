"""Where couriers are, told to endpoints that asked for it, each at its own pace in business time.

A position is no event: it is not in the log, it waits for nothing and nothing waits for it, and it is sent once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import orjson
import structlog
from psycopg import OperationalError

from homeward.fleets.couriers.model import Whereabouts
from homeward.infra.db import Database, Row, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.problems import jsonable
from homeward.messages.webhooks import repository
from homeward.messages.webhooks.dialects import LOCATION, NATIVE, Rendered, Story, WebhookDialect
from homeward.messages.webhooks.writing import Stories, unwritten_reason

log = structlog.get_logger()

FRESH: Final = timedelta(minutes=2)
"""An older position is not told: it would say something that is no longer so."""
_BATCH: Final = 200
_KEPT: Final = timedelta(days=1)

_DUE: Final = """
    SELECT e.id AS endpoint_id, e.merchant_id, e.dialect, d.id AS delivery_id, d.courier_id, d.external_id
    FROM webhook_endpoint e
    JOIN delivery d ON d.merchant_id = e.merchant_id AND d.mode = e.mode AND d.ended_at IS NULL
        AND d.courier_id IS NOT NULL AND (e.dialect = 'native' OR d.door = e.dialect)
    LEFT JOIN webhook_position p ON p.endpoint_id = e.id AND p.delivery_id = d.id
    WHERE e.location_every_s IS NOT NULL AND e.status = 'active'
      AND (p.sent_at IS NULL OR p.sent_at <= %(now)s::timestamptz - make_interval(secs => e.location_every_s))
      -- Whoever has not taken the last one yet is not sent another on top: a slow receiver gets one, not a queue.
      AND NOT EXISTS (SELECT 1 FROM webhook_message m
                      WHERE m.endpoint_id = e.id AND m.delivery_id = d.id AND m.seq IS NULL AND m.state = 'pending')
    ORDER BY p.sent_at NULLS FIRST, d.id LIMIT %(limit)s
"""
_ADD: Final = """
    INSERT INTO webhook_message (id, merchant_id, endpoint_id, delivery_id, type, body)
    VALUES (%(id)s, %(merchant_id)s, %(endpoint_id)s, %(delivery_id)s, %(type)s, %(body)s)
"""
_TOLD: Final = """
    INSERT INTO webhook_position (merchant_id, endpoint_id, delivery_id, sent_at)
    VALUES (%(merchant_id)s, %(endpoint_id)s, %(delivery_id)s, %(now)s)
    ON CONFLICT (endpoint_id, delivery_id) DO UPDATE SET sent_at = excluded.sent_at
"""


class Lookout(Protocol):
    """Where couriers were last seen; `fleets.couriers.service.CouriersService` is one."""

    async def seen_at(self, tx: Tx, courier_ids: Sequence[str]) -> Mapping[str, Whereabouts]: ...


class PositionsService:
    def __init__(
        self,
        db: Database,
        clock: Clock,
        stories: Stories,
        lookouts: Sequence[Lookout],
        dialects: Mapping[str, WebhookDialect],
    ) -> None:
        self._db = db
        self._clock = clock
        self._stories = stories
        self._lookouts = lookouts
        self._dialects = dialects

    async def tell_due(self) -> int:
        """Loop body: one message for each endpoint and delivery whose turn it is. How many."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            # Workers take turns, so that none of them tells what another has just told.
            if not await tx.value("SELECT pg_try_advisory_xact_lock(hashtext('webhook positions'))"):
                return 0
            due = await tx.all(_DUE, now=now, limit=_BATCH)
            seen = await self._seen(tx, {row["courier_id"] for row in due}, now)
            written = await self._write(
                tx, [(row, seen[row["courier_id"]]) for row in due if row["courier_id"] in seen]
            )
            if due:
                await tx.many(_TOLD, [{**_whose(row), "now": now} for row in due])
        return written

    async def _write(self, tx: Tx, sightings: Sequence[tuple[Row, Whereabouts]]) -> int:
        """How many messages. What cannot be written is in the endpoint's log as such, and keeps back no other."""
        now, written, unwritten = self._clock.now(), [], []
        for row, fix in sightings:
            common = {**_whose(row), "id": new_id("whm", now), "seq": None, "type": LOCATION}
            try:
                message = await self._message(tx, row, fix, common["id"])
            except OperationalError:
                raise
            except Exception as fault:
                log.exception("position not written", endpoint=row["endpoint_id"], delivery_id=row["delivery_id"])
                unwritten.append({**common, "reason": unwritten_reason(fault, row["dialect"])})
                continue
            if message is not None:
                written.append({**common, **message})
        if written:
            await tx.many(_ADD, written)
        if unwritten:
            await repository.add_unwritten(tx, unwritten)
        return len(written)

    async def forget_old(self) -> int:
        """Loop body: a courier's way is not kept longer than it is of use."""
        async with self._db.operator() as tx:
            await tx.run(
                """DELETE FROM webhook_position p USING delivery d
                   WHERE d.merchant_id = p.merchant_id AND d.id = p.delivery_id AND d.ended_at IS NOT NULL"""
            )
            return await tx.run(
                "DELETE FROM webhook_message WHERE seq IS NULL AND created_at < now() - %(kept)s::interval", kept=_KEPT
            )

    async def _seen(self, tx: Tx, courier_ids: set[str], now: datetime) -> dict[str, Whereabouts]:
        seen: dict[str, Whereabouts] = {}
        for lookout in self._lookouts:
            seen |= await lookout.seen_at(tx, sorted(courier_ids))
        return {courier_id: fix for courier_id, fix in seen.items() if now - fix.at <= FRESH}

    async def _message(self, tx: Tx, row: Row, fix: Whereabouts, message_id: str) -> dict[str, Any] | None:
        if row["dialect"] == NATIVE:
            rendered: Rendered | None = _native(row, fix)
        else:
            rendered = await self._in_dialect(tx, row, fix, message_id)
        return {"type": rendered.type, "body": orjson.dumps(rendered.body).decode()} if rendered else None

    async def _in_dialect(self, tx: Tx, row: Row, fix: Whereabouts, message_id: str) -> Rendered | None:
        dialect = self._dialects.get(row["dialect"])
        if dialect is None:
            return None
        async with tx.savepoint():  # a query that fails would take everybody's positions with it
            story: Story = await self._stories.story_in(tx, row["delivery_id"])
        return dialect.location(story, fix, message_id)


def _native(row: Row, fix: Whereabouts) -> Rendered:
    data = {
        "delivery_id": row["delivery_id"],
        "external_id": row["external_id"],
        "place": jsonable(fix.place),
        "heading": fix.heading,
    }
    return Rendered(LOCATION, {"type": LOCATION, "timestamp": jsonable(fix.at), "data": data})


def _whose(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("merchant_id", "endpoint_id", "delivery_id")}
