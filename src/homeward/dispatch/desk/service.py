"""Who looks after which exception, and each operator's saved filters."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from homeward.dispatch.desk.model import Care, SavedFilter
from homeward.infra import audit
from homeward.infra.db import Database
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id

# No exception is open for so long; what was noted beside it goes.
_KEPT: Final = timedelta(days=30)


class DeskService:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    # ── who looks after what ──

    async def cares(self) -> Mapping[tuple[str, str], Care]:
        """By subject and code."""
        async with self._db.operator() as tx:
            rows = await tx.all(
                """SELECT c.subject, c.code, c.operator_id, o.name AS operator_name, c.at, c.snoozed_until, c.reason
                   FROM exception_care c JOIN operator_user o ON o.id = c.operator_id"""
            )
        return {(row["subject"], row["code"]): Care(**row) for row in rows}

    async def take(self, subject: str, code: str, operator_id: str) -> None:
        """Seen, and theirs; whoever had it before is replaced, as when a shift ends."""
        await self._care(subject, code, operator_id, None, "")

    async def snooze(self, subject: str, code: str, operator_id: str, until: datetime, reason: str) -> None:
        """Put off: it comes back at `until`, or as soon as its trouble begins anew."""
        await self._care(subject, code, operator_id, until, reason)

    async def release(self, subject: str, code: str, operator_id: str) -> None:
        """Nobody's again."""
        async with self._db.operator() as tx:
            await tx.run(
                "DELETE FROM exception_care WHERE subject = %(subject)s AND code = %(code)s", subject=subject, code=code
            )
            await audit.record(
                tx, actor=f"operator:{operator_id}", action="exception.released", subject=subject, data={"code": code}
            )

    async def _care(self, subject: str, code: str, operator_id: str, until: datetime | None, reason: str) -> None:
        now = self._clock.now()
        async with self._db.operator() as tx:
            await tx.run("DELETE FROM exception_care WHERE at < %(before)s", before=now - _KEPT)
            await tx.run(
                """INSERT INTO exception_care (subject, code, operator_id, at, snoozed_until, reason)
                   VALUES (%(subject)s, %(code)s, %(operator_id)s, %(at)s, %(until)s, %(reason)s)
                   ON CONFLICT (subject, code) DO UPDATE SET operator_id = excluded.operator_id, at = excluded.at,
                       snoozed_until = excluded.snoozed_until, reason = excluded.reason""",
                subject=subject,
                code=code,
                operator_id=operator_id,
                at=now,
                until=until,
                reason=reason,
            )
            await audit.record(
                tx,
                actor=f"operator:{operator_id}",
                action="exception.snoozed" if until else "exception.taken",
                subject=subject,
                reason=reason,
                data={"code": code},
            )

    # ── saved filters ──

    async def filters(self, operator_id: str) -> Sequence[SavedFilter]:
        async with self._db.operator() as tx:
            rows = await tx.all(
                "SELECT id, name, query FROM saved_filter WHERE operator_id = %(operator_id)s ORDER BY lower(name), id",
                operator_id=operator_id,
            )
        return [SavedFilter(**row) for row in rows]

    async def save_filter(self, operator_id: str, name: str, query: str) -> None:
        """Under a name that exists already, it takes that one's place."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            await tx.run(
                """INSERT INTO saved_filter (id, operator_id, name, query, created_at)
                   VALUES (%(id)s, %(operator_id)s, %(name)s, %(query)s, %(now)s)
                   ON CONFLICT (operator_id, name) DO UPDATE SET query = excluded.query""",
                id=new_id("flr", now),
                operator_id=operator_id,
                name=name,
                query=query,
                now=now,
            )

    async def forget_filter(self, operator_id: str, filter_id: str) -> None:
        """Only one's own."""
        async with self._db.operator() as tx:
            await tx.run(
                "DELETE FROM saved_filter WHERE id = %(id)s AND operator_id = %(operator_id)s",
                id=filter_id,
                operator_id=operator_id,
            )
