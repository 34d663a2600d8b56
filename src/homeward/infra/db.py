"""One pool, two roles, one transaction per use case.

The login role of the application may see nothing. A transaction takes either the merchant's role, fenced by row-level
security to one merchant, or the operator's. Role and merchant are set by one statement, local to the transaction, so a
pooled connection can never carry them over to the next user.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import AsyncConnection, AsyncCursor, DataError, OperationalError
from psycopg.abc import Buffer
from psycopg.rows import dict_row
from psycopg.types.datetime import DatetimeDumper
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from homeward.kit.problems import Unavailable

Row = dict[str, Any]

_AS_MERCHANT: Final = "SELECT set_config('role', 'homeward_merchant', true), set_config('app.merchant_id', %s, true)"
_AS_OPERATOR: Final = "SELECT set_config('role', 'homeward_operator', true)"

# A checkout must not hang on a sick database: better a clear 503 that says "try again".
_CONNECT_TIMEOUT_S: Final = 2.0

_FIRST_MOMENT: Final = datetime(1, 1, 2, tzinfo=UTC)
_LAST_MOMENT: Final = datetime(9999, 12, 30, tzinfo=UTC)


class _ReadableMoment(DatetimeDumper):
    """Postgres keeps moments before the year 1 and after 9999, and Python cannot read them back: one such row would
    stop whoever reads it next, for ever. Such a moment comes from outside only, by way of its UTC offset."""

    def dump(self, obj: datetime) -> Buffer | None:
        if obj.tzinfo and not _FIRST_MOMENT <= obj <= _LAST_MOMENT:
            raise DataError(f"the moment {obj.isoformat()} lies outside the calendar")
        return super().dump(obj)


async def _configure(connection: AsyncConnection[Row]) -> None:
    connection.adapters.register_dumper(datetime, _ReadableMoment)


def json_param(value: Any) -> Jsonb:
    """A value as a jsonb parameter."""
    return Jsonb(value)


class Tx:
    """An open transaction. Parameters are named: `%(name)s` in the SQL, `name=` in the call."""

    def __init__(self, connection: AsyncConnection[Row]) -> None:
        self.connection = connection

    async def all(self, sql: str, **params: Any) -> list[Row]:
        cursor = await self._execute(sql, params)
        return await cursor.fetchall()

    async def one(self, sql: str, **params: Any) -> Row | None:
        cursor = await self._execute(sql, params)
        return await cursor.fetchone()

    async def value(self, sql: str, **params: Any) -> Any:
        """First column of the first row, or None without a row."""
        row = await self.one(sql, **params)
        return next(iter(row.values())) if row else None

    async def run(self, sql: str, **params: Any) -> int:
        """Rows changed."""
        cursor = await self._execute(sql, params)
        return cursor.rowcount

    async def many(self, sql: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """The same statement for each row, sent without waiting in between."""
        async with self.connection.cursor() as cursor:
            await cursor.executemany(sql.encode(), list(rows))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What is done inside is undone alone if it raises; the transaction itself goes on."""
        async with self.connection.transaction():
            yield

    async def _execute(self, sql: str, params: Mapping[str, Any]) -> AsyncCursor[Row]:
        # Bytes tell psycopg that the text is ours, not user input; without parameters a bare % stays a %.
        return await self.connection.execute(sql.encode(), params or None)


class Database:
    """Everything that leaves the process for Postgres goes through here."""

    def __init__(self, url: str, *, min_size: int = 2, max_size: int = 16, wait_s: float = _CONNECT_TIMEOUT_S) -> None:
        """`wait_s`: seconds a use case waits for a connection before `Unavailable`; only the patient need more."""
        self._pool: AsyncConnectionPool[AsyncConnection[Row]] = AsyncConnectionPool(
            url,
            min_size=min_size,
            max_size=max_size,
            open=False,
            timeout=wait_s,
            kwargs={"row_factory": dict_row},
            configure=_configure,
            check=None,
            reconnect_timeout=30,
            name="homeward",
        )

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def merchant(self, merchant_id: str) -> AsyncIterator[Tx]:
        """A transaction that sees one merchant's rows and no other's."""
        async with self._transaction(_AS_MERCHANT, (merchant_id,)) as tx:
            yield tx

    @asynccontextmanager
    async def operator(self) -> AsyncIterator[Tx]:
        """A transaction that sees everything: planners, workers, the console, look-ups by secret."""
        async with self._transaction(_AS_OPERATOR, None) as tx:
            yield tx

    @asynccontextmanager
    async def _transaction(self, take_role: str, params: tuple[str, ...] | None) -> AsyncIterator[Tx]:
        try:
            # The pool commits on leaving and rolls back on an exception.
            async with self._pool.connection() as connection:
                async with connection.pipeline():  # BEGIN and the role in one round trip
                    await connection.execute(take_role.encode(), params)
                yield Tx(connection)
        except (PoolTimeout, OperationalError) as cause:
            # Also a lost connection or a lock time-out: the transaction is gone, and asking again is safe.
            raise Unavailable("database") from cause
