"""A replay from end to end: read a day, ask the roads for what it does not tell, compare, go on to the next day."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from zoneinfo import ZoneInfo

from homeward.coverage.model import Market, Served
from homeward.coverage.policy import AreaIndex
from homeward.coverage.service import CoverageService
from homeward.dispatch import policy
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.dispatch.travel import Travel
from homeward.dispatch.whatif import asked, measure, record, repository
from homeward.dispatch.whatif.asked import TextFile
from homeward.dispatch.whatif.book import DayBook
from homeward.dispatch.whatif.day import live
from homeward.dispatch.whatif.decisions import compare
from homeward.dispatch.whatif.errors import NothingRecorded, NothingToCompare, RangeForgotten, WhichMarket
from homeward.dispatch.whatif.model import (
    DayCompared,
    DecisionCompared,
    DecisionTally,
    Report,
    TariffCompared,
)
from homeward.dispatch.whatif.pricing import Till
from homeward.infra.db import Database
from homeward.kit.places import LatLon
from homeward.kit.problems import Problem
from homeward.kit.windows import Window
from homeward.quotes.tariff import TariffRules

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to know. `market` may be left out where there is only one."""

    since: str
    until: str
    market: str | None = None
    policy: TextFile | None = None
    tariff: TextFile | None = None
    days: bool = True  # also live whole days again, which takes longer


@dataclass(frozen=True, slots=True)
class _Ask:
    """A wish, understood."""

    market: Market
    within: Window
    policy: DispatchPolicy | None
    tariff: TariffRules | None
    days: bool


class WhatIf:
    """Reads only: a replay changes nothing and may run beside the platform."""

    def __init__(self, db: Database, roads: Travel, coverage: CoverageService) -> None:
        self._db = db
        self._roads = roads
        self._coverage = coverage
        self._roads_answer = True

    async def replay(self, wish: Wish, progress: Progress = lambda what, done, of: None) -> Report:
        """Raises WhichMarket, RangeNotUnderstood, FileNotUsable, NothingToCompare, NothingRecorded, RangeForgotten."""
        ask = await self._understood(wish)
        tally: DecisionTally | None = None
        changed: list[DecisionCompared] = []
        days: list[DayCompared] = []
        if ask.policy is not None:
            tally = await self._require_decisions(ask)
            kept = tally.decisions
            tally = replace(tally, decisions=0)
            for within in asked.local_days(ask.within, ask.market.time_zone):
                book = await self._book(ask, within)
                tally = await self._decisions(ask, within, book, tally, changed, kept, progress)
                if ask.days and book.records and book.decisions:
                    days.append(await self._lived(ask, book, progress))
        tariff = await self._tariff(ask, progress) if ask.tariff is not None else None
        async with self._db.operator() as tx:
            merchants = await repository.merchant_names(tx)
        return Report(
            market=ask.market.slug,
            time_zone=ask.market.time_zone,
            currency=ask.market.currency,
            since=ask.within.earliest,
            until=ask.within.latest,
            policy_changes=ask.policy.changes() if ask.policy is not None else None,
            decisions=tally,
            changed=tuple(changed),
            days=tuple(days),
            tariff=tariff,
            merchants=merchants,
        )

    # ── what is asked ──

    async def _understood(self, wish: Wish) -> _Ask:
        if wish.policy is None and wish.tariff is None:
            raise NothingToCompare
        market = await self._market(wish.market)
        return _Ask(
            market,
            asked.range_of(wish.since, wish.until, market.time_zone),
            asked.policy_from(wish.policy) if wish.policy else None,
            asked.tariff_from(wish.tariff, market.currency) if wish.tariff else None,
            wish.days,
        )

    async def _market(self, slug: str | None) -> Market:
        markets = await self._coverage.markets()
        named = [market for market in markets if slug is None or market.slug == slug]
        if len(named) != 1:
            raise WhichMarket(sorted(market.slug for market in markets))
        return named[0]

    async def _require_decisions(self, ask: _Ask) -> DecisionTally:
        async with self._db.operator() as tx:
            found = await repository.counted(tx, ask.market.id, ask.within)
        if not found["decisions"]:
            raise NothingRecorded(
                ask.market.slug, "decision", ask.within.earliest, ask.within.latest, found["first"], found["last"]
            )
        if not found["kept"]:
            raise RangeForgotten(ask.market.slug, found["decisions"], policy.INPUTS_KEPT.days, found["kept_since"])
        return DecisionTally(decisions=found["kept"], forgotten=found["decisions"] - found["kept"])

    # ── one day ──

    async def _book(self, ask: _Ask, within: Window) -> DayBook:
        async with self._db.operator() as tx:
            records = await repository.deliveries(tx, ask.market.id, within)
            offers = await repository.offers(tx, ask.market.id, within)
            traces = await repository.traces(tx, ask.market.id, within)
        return DayBook(within.earliest, within.latest, ask.market.id, records, offers, traces)

    async def _decisions(
        self,
        ask: _Ask,
        within: Window,
        book: DayBook,
        tally: DecisionTally,
        changed: list[DecisionCompared],
        kept: int,
        progress: Progress,
    ) -> DecisionTally:
        assert ask.policy is not None
        async for stored in repository.decisions(self._db, ask.market.id, within):
            book.look(stored.inputs)
            compared = await asyncio.to_thread(compare, stored, ask.policy)
            tally = tally.plus(compared)
            if compared.changed:
                changed.append(compared)
            progress("decisions", tally.decisions, kept)
        return tally

    async def _lived(self, ask: _Ask, book: DayBook, progress: Progress) -> DayCompared:
        """The day twice in the model, and once as it was."""
        book.close()
        await self._fill_gaps(ask, book)
        day = book.day(ask.market.settings.planner_every_s)
        whole_s = int((day.ends - day.begins).total_seconds())
        name = f"day of {day.begins.astimezone(ZoneInfo(ask.market.time_zone)):%Y-%m-%d}"
        stopped = Event()

        def seen(t: int, so_far: int) -> None:
            # A thread cannot be cancelled: without this, Ctrl-C would wait for the end of the day.
            if stopped.is_set():
                raise asyncio.CancelledError
            progress(name, so_far + min(t, whole_s), 2 * whole_s)

        try:
            before = await asyncio.to_thread(live, day, book.ways, None, partial(seen, so_far=0))
            after = await asyncio.to_thread(live, day, book.ways, ask.policy, partial(seen, so_far=whole_s))
        finally:
            stopped.set()
        recorded = record.lived(book)
        changes = measure.life_changes(recorded, before, after)
        return DayCompared(book.begins, book.ends, recorded, before, after, changes, record.notes(book))

    async def _fill_gaps(self, ask: _Ask, book: DayBook) -> None:
        """From the roads of today if they answer; nobody waits for them twice."""
        for profile in book.ways.profiles:
            rows, columns = book.ways.gaps(profile)
            if not rows or not self._roads_answer:
                continue
            places = list(dict.fromkeys((*rows, *columns)))
            number = {place: at for at, place in enumerate(places)}
            try:
                table = await self._roads.market(ask.market.id).table(
                    places, [number[place] for place in rows], [number[place] for place in columns], profile
                )
            except Problem:
                # The report counts what was bridged as the crow flies, so nobody takes it for roads.
                self._roads_answer = False
                continue
            book.ways.fill(profile, rows, columns, table)
        book.ways.bridge()

    # ── another tariff ──

    async def _tariff(self, ask: _Ask, progress: Progress) -> TariffCompared:
        assert ask.tariff is not None
        async with self._db.operator() as tx:
            found = await repository.count_quotes(tx, ask.market.id, ask.within)
            recorded = await repository.tariffs(tx, ask.market.id)
        if not found["quotes"]:
            raise NothingRecorded(
                ask.market.slug, "quote", ask.within.earliest, ask.within.latest, found["first"], found["last"]
            )
        areas = await self._coverage.areas(ask.market.id)
        index, names = AreaIndex(ask.market.id, areas), {area.id: area.name for area in areas}
        till = Till(ask.tariff, recorded)
        async for quote in repository.quotes(self._db, ask.market.id, ask.within):
            till.add(replace(quote, zone=_zone(index, names, quote.door)))
            progress("quotes", till.quotes, found["quotes"])
        return till.total()


def _zone(index: AreaIndex, names: Mapping[str, str], door: LatLon) -> str:
    found = index.find(door)
    return names[found.area_id] if isinstance(found, Served) else "outside of all areas"
