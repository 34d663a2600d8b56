"""Promises learn from how they end: one loop writes down endings, another learns from them, by market.

Both can be stopped, doubled or run again from the beginning of the event log: an ending is written once, and the same
endings teach the same.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from homeward.coverage.model import Market
from homeward.coverage.service import CoverageService
from homeward.infra.db import Database, Tx
from homeward.infra.event_log import LoggedEvent, consume
from homeward.kit.clock import Clock
from homeward.quotes import outcome_rows
from homeward.quotes.calibration import MEMORY, MIN_SAMPLE, Calibration, learn
from homeward.quotes.outcomes import ENDINGS, HourKept, outcome_of

log = structlog.get_logger()

SHOWN: Final = timedelta(days=28)
"""How far back the console looks at how promises held."""

_CONSUMER: Final = "promises"
# A market learns again after an hour, if a fiftieth more is known by then: figures move slowly, and versions are kept.
_LEARN_AFTER: Final = timedelta(hours=1)
_MORE_BY: Final = 50
_MOST_SEEN: Final = 50_000


@dataclass(frozen=True, slots=True)
class PromisesKept:
    """How a market's promises held lately, and what it has learned."""

    market: Market
    since: datetime
    hours: tuple[HourKept, ...]
    calibration: Calibration | None


class PromiseLearning:
    """Writes to `promise_outcome` and `promise_calibration`; quotes read the latter."""

    def __init__(self, db: Database, clock: Clock, coverage: CoverageService) -> None:
        self._db = db
        self._clock = clock
        self._coverage = coverage

    async def observe(self) -> int:
        """Loop body: write down how the promises of ended deliveries ended."""
        return await consume(self._db, _CONSUMER, _write_outcomes)

    async def learn_all(self) -> int:
        """Loop body: every market that knows enough more than when it last learned. How many learned."""
        return sum([await self._learn(market) for market in await self._coverage.markets()])

    async def kept(self, market_id: str) -> PromisesKept:
        """Raises NotFound."""
        market = await self._coverage.market(market_id)
        since = self._clock.now() - SHOWN
        async with self._db.operator() as tx:
            hours = await outcome_rows.hours_kept(tx, market_id, since)
            newest = await outcome_rows.newest(tx, market_id)
        return PromisesKept(market, since, tuple(hours), newest[0] if newest else None)

    async def _learn(self, market: Market) -> bool:
        now, settings = self._clock.now(), market.settings
        async with self._db.operator() as tx:
            newest = await outcome_rows.newest(tx, market.id)
            if newest and now - newest[0].learned_at < _LEARN_AFTER:
                return False
            known = await outcome_rows.count(tx, market.id)
            before = newest[1] if newest else 0
            if known < before + max(MIN_SAMPLE // 3, before // _MORE_BY):
                return False
            seen = await outcome_rows.seen(tx, market.id, now - MEMORY, _MOST_SEEN)
        # Sorting months of deliveries takes a moment; other loops of this process go on meanwhile.
        learned = await asyncio.to_thread(
            learn,
            seen,
            now,
            version=newest[0].version + 1 if newest else 1,
            share_pct=settings.promise_share_pct,
            fixed_s=settings.buffer_s,
            drive_per_mille=settings.buffer_per_mille,
        )
        if learned is None:
            return False
        async with self._db.operator() as tx:
            added = await outcome_rows.add_calibration(tx, market.id, learned, known)
        if added:
            log.info("promises learned", market=market.slug, version=learned.version, outcomes=known)
        return added


async def _write_outcomes(tx: Tx, events: list[LoggedEvent]) -> None:
    ended = {(event.merchant_id, event.delivery_id) for event in events if event.type in ENDINGS}
    if not ended:
        return
    found = await outcome_rows.endings(tx, sorted(ended))
    outcomes = [outcome_of(booked, happened, time_zone) for booked, happened, time_zone in found]
    await outcome_rows.add(tx, [outcome for outcome in outcomes if outcome is not None])
