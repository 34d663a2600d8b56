"""Roles and transactions: the second wall around a merchant's data."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from homeward.infra.db import Database
from homeward.kit.problems import Unavailable
from tests.conftest import DatabaseUrls


@pytest.fixture
async def db(database_urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(database_urls.app, min_size=1, max_size=4)
    await database.open()
    async with database.operator() as tx:
        await tx.run("INSERT INTO merchant (id, slug, name) VALUES ('mer_a', 'a', 'A'), ('mer_b', 'b', 'B')")
        await tx.run("""INSERT INTO api_key (id, merchant_id, mode, hint, secret_hash)
                        VALUES ('key_a', 'mer_a', 'live', '', 'a'), ('key_b', 'mer_b', 'live', '', 'b')""")
    yield database
    await database.close()


async def test_a_merchants_transaction_sees_its_own_rows_only(db: Database) -> None:
    async with db.merchant("mer_a") as tx:
        assert await tx.all("SELECT id FROM merchant") == [{"id": "mer_a"}]
        assert await tx.all("SELECT id FROM api_key") == [{"id": "key_a"}]


async def test_a_merchant_cannot_write_a_row_for_another(db: Database) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with db.merchant("mer_a") as tx:
            await tx.run("""INSERT INTO api_key (id, merchant_id, mode, hint, secret_hash)
                            VALUES ('key_c', 'mer_b', 'live', '', 'c')""")


async def test_a_merchant_cannot_change_another_merchants_row(db: Database) -> None:
    async with db.merchant("mer_a") as tx:
        assert await tx.run("UPDATE api_key SET name = 'mine' WHERE id = 'key_b'") == 0


async def test_the_role_does_not_stay_on_the_connection(db: Database) -> None:
    async with db.merchant("mer_a") as tx:
        await tx.value("SELECT 1")
    async with db.merchant("mer_b") as tx:
        assert await tx.all("SELECT id FROM merchant") == [{"id": "mer_b"}]


async def test_a_login_without_a_role_sees_nothing(db: Database, database_urls: DatabaseUrls) -> None:
    async with await psycopg.AsyncConnection.connect(database_urls.app) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("SELECT * FROM merchant")


async def test_an_error_rolls_the_whole_transaction_back(db: Database) -> None:
    async def write_and_fail() -> None:
        async with db.operator() as tx:
            await tx.run("INSERT INTO merchant (id, slug, name) VALUES ('mer_c', 'c', 'C')")
            raise RuntimeError("after the write")

    with pytest.raises(RuntimeError):
        await write_and_fail()
    async with db.operator() as tx:
        assert await tx.value("SELECT count(*) FROM merchant WHERE id = 'mer_c'") == 0


async def test_a_database_that_does_not_answer_is_unavailable_not_a_crash() -> None:
    database = Database("host=127.0.0.1 port=1 dbname=none", min_size=1, max_size=1)
    await database.open()
    with pytest.raises(Unavailable):
        async with database.operator() as tx:
            await tx.value("SELECT 1")
    await database.close()


async def test_a_cut_connection_is_unavailable_and_the_next_transaction_works(
    db: Database, database_urls: DatabaseUrls
) -> None:
    async def lose_the_connection() -> None:
        async with db.operator() as tx:
            backend = await tx.value("SELECT pg_backend_pid()")
            with psycopg.connect(database_urls.owner) as owner:
                owner.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
            await tx.value("SELECT 1")

    with pytest.raises(Unavailable):
        await lose_the_connection()
    await asyncio.sleep(0)
    async with db.operator() as tx:
        assert await tx.value("SELECT 1") == 1


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_moment_that_could_not_be_read_back_is_not_written(db: Database, moment: str) -> None:
    with pytest.raises(psycopg.DataError, match="outside the calendar"):
        async with db.operator() as tx:
            await tx.value("SELECT %(at)s::timestamptz", at=datetime.fromisoformat(moment))


async def test_moments_come_back_as_they_were(db: Database) -> None:
    at = datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    async with db.operator() as tx:
        assert await tx.value("SELECT %(at)s::timestamptz", at=at) == at
        assert await tx.value("SELECT (%(all)s::timestamptz[])[1]", all=[at]) == at
