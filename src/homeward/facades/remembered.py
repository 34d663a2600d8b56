"""What a dialect remembers between its quote and its booking: ours names an option, theirs often only a price."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeward.infra.db import Database, Tx, json_param
from homeward.kit.clock import Clock
from homeward.merchants.credentials.service import DialectActor


@dataclass(frozen=True, slots=True)
class RememberedQuote:
    """Our quote and the option that was told, under the dialect's own name for it, with the request as it came."""

    reference: str
    quote_id: str
    option_id: str
    data: Mapping[str, Any]
    expires_at: datetime


class FacadeQuotes:
    """Fenced to one merchant, mode and dialect by each call."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def remember(self, actor: DialectActor, quote: RememberedQuote) -> None:
        """A newer one under the same reference takes its place."""
        async with self._db.merchant(actor.merchant_id) as tx:
            await remember_in(tx, actor, quote)

    async def find(self, actor: DialectActor, reference: str) -> RememberedQuote | None:
        """Also one that has expired: the dialect has its own words for that."""
        async with self._db.merchant(actor.merchant_id) as tx:
            row = await tx.one(
                """SELECT reference, quote_id, option_id, data, expires_at FROM dialect_quote
                   WHERE merchant_id = %(merchant_id)s AND mode = %(mode)s AND dialect = %(dialect)s
                     AND reference = %(reference)s""",
                merchant_id=actor.merchant_id,
                mode=actor.mode,
                dialect=actor.dialect,
                reference=reference,
            )
        return RememberedQuote(**row) if row else None

    async def forget_old(self) -> int:
        """A loop body: nobody books a day after a quote has expired."""
        async with self._db.operator() as tx:
            return await tx.run(
                "DELETE FROM dialect_quote WHERE expires_at < %(now)s::timestamptz - interval '1 day'",
                now=self._clock.now(),
            )


async def remember_in(tx: Tx, actor: DialectActor, quote: RememberedQuote) -> None:
    """`FacadeQuotes.remember`, in the transaction that stores the quote."""
    await tx.run(
        """INSERT INTO dialect_quote (merchant_id, mode, dialect, reference, quote_id, option_id, data, expires_at)
           VALUES (%(merchant_id)s, %(mode)s, %(dialect)s, %(reference)s, %(quote_id)s, %(option_id)s, %(data)s,
                   %(expires_at)s)
           ON CONFLICT (merchant_id, mode, dialect, reference) DO UPDATE
           SET quote_id = excluded.quote_id, option_id = excluded.option_id, data = excluded.data,
               expires_at = excluded.expires_at""",
        merchant_id=actor.merchant_id,
        mode=actor.mode,
        dialect=actor.dialect,
        reference=quote.reference,
        quote_id=quote.quote_id,
        option_id=quote.option_id,
        data=json_param(dict(quote.data)),
        expires_at=quote.expires_at,
    )
