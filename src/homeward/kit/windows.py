"""Windows of time and weekly opening hours. Moments are aware UTC; a local day exists only inside `OpeningHours`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Both ends inclusive. Raises ValueError if it ends before it begins or a moment is naive."""

    earliest: datetime
    latest: datetime

    def __post_init__(self) -> None:
        if self.earliest.tzinfo is None or self.latest.tzinfo is None:
            raise ValueError("a window needs aware moments")
        if self.latest < self.earliest:
            raise ValueError(f"the window ends ({self.latest}) before it begins ({self.earliest})")

    def holds(self, moment: datetime) -> bool:
        return self.earliest <= moment <= self.latest


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """One opening on a local day; an `until` at or before `since` closes after midnight."""

    since: time
    until: time


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Weekly local hours with exceptions.

    `weekly` maps 0 (Monday) to 6 (Sunday) to spans; a missing day is closed. `exceptions` replaces a date's
    spans (empty = closed that day). Spans of a day where clocks jump are cut at the jump, as the wall clock is.
    """

    time_zone: str
    weekly: Mapping[int, Sequence[OpenSpan]] = field(default_factory=dict)
    exceptions: Mapping[date, Sequence[OpenSpan]] = field(default_factory=dict)

    def is_open(self, moment: datetime) -> bool:
        return any(window.holds(moment) for window in self._near(moment))

    def next_opening(self, moment: datetime, within: timedelta = timedelta(days=15)) -> Window | None:
        """The opening that holds `moment`, else the next one that begins within `within`; None if none does."""
        for window in self.openings(moment, moment + within):
            if window.latest > moment:
                return window
        return None

    def openings(self, since: datetime, until: datetime) -> Iterator[Window]:
        """All openings that touch [since, until], in order."""
        zone = ZoneInfo(self.time_zone)
        day = since.astimezone(zone).date() - timedelta(days=1)  # yesterday's opening may pass midnight
        last = until.astimezone(zone).date()
        while day <= last:
            for window in self._on(day, zone):
                if window.latest >= since and window.earliest <= until:
                    yield window
            day += timedelta(days=1)

    def _near(self, moment: datetime) -> Iterator[Window]:
        return self.openings(moment, moment)

    def _on(self, day: date, zone: ZoneInfo) -> Iterator[Window]:
        spans = self.exceptions.get(day, self.weekly.get(day.weekday(), ()))
        for span in sorted(spans, key=lambda s: s.since):
            closes = day if span.until > span.since else day + timedelta(days=1)
            opens_at = datetime.combine(day, span.since, zone).astimezone(UTC)
            closes_at = datetime.combine(closes, span.until, zone).astimezone(UTC)
            if closes_at > opens_at:
                yield Window(opens_at, closes_at)


def always_open(time_zone: str) -> OpeningHours:
    """Round the clock, every day."""
    midnight = OpenSpan(time(0), time(0))
    return OpeningHours(time_zone, dict.fromkeys(range(7), (midnight,)))
