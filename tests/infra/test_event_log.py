"""Readers of the log skip nothing, also when a slow transaction commits late."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from homeward.infra.db import Database, Tx
from homeward.infra.event_log import START, LoggedEvent, Position, Tail, consume, read_after, settled_end
from homeward.infra.migrate import migrate
from tests.conftest import DatabaseUrls

APPEND = """INSERT INTO delivery_event (merchant_id, delivery_id, seq, mode, type, at, actor, data)
            VALUES (%s, %s, %s, 'live', 'delivery.booked', now(), 'system:test', '{}')"""


@pytest.fixture
async def db(database_urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(database_urls.app, min_size=1, max_size=4)
    await database.open()
    yield database
    await database.close()


def a_writer(urls: DatabaseUrls) -> "psycopg.Connection[tuple[object, ...]]":
    """Writes events alone: without the foreign keys that would ask for whole deliveries."""
    writer = psycopg.connect(urls.owner)
    writer.execute("SET session_replication_role = replica")
    writer.commit()
    return writer


async def deliveries_after_start(db: Database) -> list[str]:
    async with db.operator() as tx:
        return [event.delivery_id for event in await read_after(tx, START, 100)]


async def test_a_reader_waits_for_a_transaction_that_began_earlier(db: Database, database_urls: DatabaseUrls) -> None:
    with a_writer(database_urls) as slow, a_writer(database_urls) as quick:
        slow.execute(APPEND, ("mer_a", "dlv_slow", 1))
        quick.execute(APPEND, ("mer_a", "dlv_quick", 1))
        quick.commit()
        assert await deliveries_after_start(db) == [], "the slow one could still come before the quick one"
        slow.commit()
    assert await deliveries_after_start(db) == ["dlv_slow", "dlv_quick"]


async def test_a_merchant_reads_only_its_own_events(db: Database, database_urls: DatabaseUrls) -> None:
    with a_writer(database_urls) as writer:
        writer.execute(APPEND, ("mer_a", "dlv_a", 1))
        writer.execute(APPEND, ("mer_b", "dlv_b", 1))
    async with db.merchant("mer_b") as tx:
        assert [event.delivery_id for event in await read_after(tx, START, 100)] == ["dlv_b"]


async def test_the_end_of_the_log_has_nothing_after_it_until_something_happens(
    db: Database, database_urls: DatabaseUrls
) -> None:
    with a_writer(database_urls) as writer:
        writer.execute(APPEND, ("mer_a", "dlv_old", 1))
    async with db.operator() as tx:
        end = await settled_end(tx)
    with a_writer(database_urls) as writer:
        writer.execute(APPEND, ("mer_a", "dlv_new", 1))
    async with db.operator() as tx:
        assert [event.delivery_id for event in await read_after(tx, end, 100)] == ["dlv_new"]


async def test_a_consumer_gets_each_event_once_and_again_only_if_it_failed(
    db: Database, database_urls: DatabaseUrls
) -> None:
    seen: list[str] = []
    fail_next = True

    async def handle(tx: Tx, events: list[LoggedEvent]) -> None:
        nonlocal fail_next
        if fail_next:
            fail_next = False
            raise RuntimeError("the first try fails")
        seen.extend(event.delivery_id for event in events)

    with a_writer(database_urls) as writer:
        for number in range(5):
            writer.execute(APPEND, ("mer_a", f"dlv_{number}", 1))
    with pytest.raises(RuntimeError):
        await consume(db, "test", handle)
    while await consume(db, "test", handle, limit=2):
        pass
    assert seen == [f"dlv_{number}" for number in range(5)]


async def test_the_truth_cannot_be_edited(db: Database, database_urls: DatabaseUrls) -> None:
    with a_writer(database_urls) as writer:
        writer.execute(APPEND, ("mer_a", "dlv_a", 1))
    for statement in ("UPDATE delivery_event SET type = 'x'", "DELETE FROM delivery_event"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with db.operator() as tx:
                await tx.run(statement)


class FailsOnce(Tail):
    """Stands for whatever nobody thought of."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, every_s=0.05)
        self.failed = asyncio.Event()

    async def _step(self, position: Position | None) -> Position:
        if position is not None and not self.failed.is_set():
            self.failed.set()
            raise RuntimeError("nobody thought of this")
        return await super()._step(position)


async def test_live_pages_hear_again_after_a_failure_that_nobody_thought_of(
    db: Database, database_urls: DatabaseUrls
) -> None:
    tail = FailsOnce(db)
    async with tail.subscribe(lambda event: True) as queue:
        running = asyncio.create_task(tail.run())
        await tail.failed.wait()
        with a_writer(database_urls) as writer:
            writer.execute(APPEND, ("mer_a", "dlv_a", 1))
        heard = await asyncio.wait_for(queue.get(), 20)
        running.cancel()
    assert heard.delivery_id == "dlv_a"


async def test_after_a_restore_into_a_new_server_readers_go_on_where_they_were(
    db: Database, database_urls: DatabaseUrls, app_password: str
) -> None:
    seen: list[str] = []

    async def handle(tx: Tx, events: list[LoggedEvent]) -> None:
        seen.extend(event.delivery_id for event in events)

    with a_writer(database_urls) as writer:
        writer.execute(APPEND, ("mer_a", "dlv_before", 1))
    await consume(db, "test", handle)
    with psycopg.connect(database_urls.owner) as owner:  # as if the old server had counted a million further
        owner.execute("UPDATE delivery_event SET xid = (xid::text::bigint + 1000000)::text::xid8")
        owner.execute("UPDATE event_consumer SET xid = (xid::text::bigint + 1000000)::text::xid8")
    migrate(database_urls.owner, app_password)
    migrate(database_urls.owner, app_password)
    with a_writer(database_urls) as writer:
        writer.execute(APPEND, ("mer_a", "dlv_after", 1))
    await consume(db, "test", handle)
    assert seen == ["dlv_before", "dlv_after"]
    assert await deliveries_after_start(db) == ["dlv_before", "dlv_after"]
