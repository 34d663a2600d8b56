"""Reading the committed event log: nothing skipped, nothing out of order per delivery, at least once.

A row's identity number is drawn when it is written, not when it is committed, so "everything after number n" can skip a
row whose transaction was slow. Readers therefore order by (transaction id, number) and stop before the oldest
transaction that is still running: what lies behind that line can no longer change.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from homeward.infra.db import Database, Row, Tx
from homeward.kit.problems import Unavailable

log = structlog.get_logger()

_AFTER_FAILURE_S: Final = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the log; `START` is before the first event."""

    xid: int
    id: int


START: Final = Position(0, 0)


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One committed event of one delivery."""

    position: Position
    merchant_id: str
    delivery_id: str
    seq: int
    mode: str
    type: str
    at: datetime
    recorded_at: datetime
    actor: str
    leg_id: str | None
    data: dict[str, Any]


_COLUMNS: Final = (
    "xid::text AS xid, id, merchant_id, delivery_id, seq, mode, type, at, recorded_at, actor, leg_id, data"
)
_SETTLED: Final = "(xid, id) > (%(xid)s::xid8, %(id)s) AND xid < event_horizon()"


async def read_after(
    tx: Tx, after: Position, limit: int, *, mode: str | None = None, max_age_days: int | None = None
) -> list[LoggedEvent]:
    """Up to `limit` settled events after a position. A merchant's transaction reads only its own."""
    only_mode = "AND mode = %(mode)s" if mode else ""
    only_recent = "AND recorded_at > now() - make_interval(days => %(max_age_days)s)" if max_age_days else ""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM delivery_event WHERE {_SETTLED} {only_mode} {only_recent}
            ORDER BY delivery_event.xid, delivery_event.id LIMIT %(limit)s""",
        xid=str(after.xid),
        id=after.id,
        limit=limit,
        mode=mode,
        max_age_days=max_age_days,
    )
    return [_event(row) for row in rows]


async def settled_end(tx: Tx) -> Position:
    """Where a reader that wants only the future begins."""
    row = await tx.one("SELECT event_horizon()::text AS xmin")
    assert row
    return Position(int(row["xmin"]) - 1, 2**62)


async def consume(
    db: Database, name: str, handle: Callable[[Tx, list[LoggedEvent]], Awaitable[None]], limit: int = 500
) -> int:
    """Hand the next events to `handle` and move the named cursor, both in one transaction. Returns how many there were.

    Two processes with the same name take turns: the cursor's row lock is held while the events are handled.
    """
    async with db.operator() as tx:
        await tx.run(
            "INSERT INTO event_consumer (name, xid, id) VALUES (%(name)s, '0', 0) ON CONFLICT DO NOTHING", name=name
        )
        row = await tx.one(
            "SELECT xid::text AS xid, id FROM event_consumer WHERE name = %(name)s FOR UPDATE SKIP LOCKED", name=name
        )
        if row is None:  # another process is at it
            return 0
        events = await read_after(tx, Position(int(row["xid"]), row["id"]), limit)
        if not events:
            return 0
        await handle(tx, events)
        last = events[-1].position
        await tx.run(
            "UPDATE event_consumer SET xid = %(xid)s::xid8, id = %(id)s WHERE name = %(name)s",
            name=name,
            xid=str(last.xid),
            id=last.id,
        )
        return len(events)


class Tail:
    """Follows the log once per process and fans it out to live pages."""

    def __init__(self, db: Database, *, every_s: float = 0.25) -> None:
        self._db = db
        self._every_s = every_s
        self._subscribers: dict[asyncio.Queue[LoggedEvent], Callable[[LoggedEvent], bool]] = {}

    async def run(self) -> None:
        """Poll for ever; start it with the process and cancel it to stop."""
        position: Position | None = None
        while True:
            pause_s = self._every_s
            try:
                position = await self._step(position)
            except Unavailable:
                log.warning("event tail waits for the database")
            except Exception:
                # Whatever it is: without this loop every live page stands still until the process is restarted.
                log.exception("event tail failed")
                pause_s = _AFTER_FAILURE_S
            await asyncio.sleep(pause_s)

    @asynccontextmanager
    async def subscribe(self, wanted: Callable[[LoggedEvent], bool]) -> AsyncIterator["asyncio.Queue[LoggedEvent]"]:
        """A queue of events as they are committed.

        A reader that falls 1,000 behind loses the oldest: live pages show state, not history.
        """
        queue: asyncio.Queue[LoggedEvent] = asyncio.Queue(maxsize=1000)
        self._subscribers[queue] = wanted
        try:
            yield queue
        finally:
            del self._subscribers[queue]

    async def _step(self, position: Position | None) -> Position:
        async with self._db.operator() as tx:
            if position is None:
                return await settled_end(tx)
            events = await read_after(tx, position, 1000)
        for event in events:
            for queue, wanted in self._subscribers.items():
                if wanted(event):
                    if queue.full():
                        queue.get_nowait()
                    queue.put_nowait(event)
        return events[-1].position if events else position


def _event(row: Row) -> LoggedEvent:
    position = Position(int(row.pop("xid")), row.pop("id"))
    return LoggedEvent(position=position, **row)
