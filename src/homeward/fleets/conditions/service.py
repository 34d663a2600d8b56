"""Conditions as they are known now: each source is asked seldom, and what it said is kept for a while."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import structlog

from homeward.fleets.conditions import policy
from homeward.fleets.conditions.model import Notice, NoticeSource, SourceFailed, WeatherSource
from homeward.fleets.contract.facts import FactSheet, Refusal, Weather
from homeward.kit.clock import Clock
from homeward.kit.places import LatLon

log = structlog.get_logger()

FRESH: Final = timedelta(minutes=10)
GOOD_FOR: Final = timedelta(hours=1)
"""While a source is silent, what it said last counts for so long."""
_CELL_DEG: Final = 0.1
"""One forecast for about ten kilometres."""
_Told = TypeVar("_Told")


@dataclass(slots=True)
class _Kept(Generic[_Told]):
    value: _Told
    asked_at: datetime
    said_at: datetime | None


class Conditions:
    """One for the process. Without sources it knows nothing, and limits nothing."""

    def __init__(self, clock: Clock, weather: WeatherSource | None = None, notices: NoticeSource | None = None) -> None:
        self._clock = clock
        self._weather = weather
        self._notices = notices
        self._hours: dict[tuple[int, int], _Kept[Sequence[Weather]]] = {}
        self._known: dict[str, _Kept[Sequence[Notice]]] = {}

    async def against(self, facts: FactSheet, pickup: LatLon, dropoff: LatLon, at: datetime) -> Refusal | None:
        """What keeps the whole fleet from this leg, as far as is known now; None if it may be asked."""
        weather = policy.hour_of(await self._hours_at(pickup), at)
        refusal = policy.against(facts, weather, await self._standing(), (pickup, dropoff), at)
        # Forecasts change and notices end: what is known next may say otherwise.
        return refusal and refusal.model_copy(update={"retry_after": self._clock.now() + FRESH})

    async def _hours_at(self, place: LatLon) -> Sequence[Weather]:
        source = self._weather
        if source is None:
            return ()
        cell = (round(place.lat / _CELL_DEG), round(place.lon / _CELL_DEG))
        middle = LatLon(cell[0] * _CELL_DEG, cell[1] * _CELL_DEG)
        kept = self._hours[cell] = await self._renewed(self._hours.get(cell), lambda: source.hours(middle), "weather")
        return kept.value

    async def _standing(self) -> Sequence[Notice]:
        source = self._notices
        if source is None:
            return ()
        kept = self._known["all"] = await self._renewed(self._known.get("all"), source.notices, "city notices")
        return kept.value

    async def _renewed(
        self, kept: _Kept[Sequence[_Told]] | None, ask: Callable[[], Awaitable[Sequence[_Told]]], name: str
    ) -> _Kept[Sequence[_Told]]:
        now = self._clock.now()
        if kept is not None and kept.asked_at <= now < kept.asked_at + FRESH:
            return kept
        try:
            return _Kept(await ask(), now, now)
        except SourceFailed as failure:
            log.warning("no conditions", source=name, why=str(failure))
        if kept is not None and kept.said_at is not None and now < kept.said_at + GOOD_FOR:
            return _Kept(kept.value, now, kept.said_at)
        return _Kept((), now, None)
