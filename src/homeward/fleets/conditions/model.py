"""Weather by the hour and notices of a city, and who tells of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from homeward.fleets.contract.facts import Weather
from homeward.fleets.contract.words import Mode
from homeward.kit.places import LatLon


@dataclass(frozen=True, slots=True)
class Notice:
    """Where machines may not go for a while. `modes`: none means all. `area`: GeoJSON geometry, [lon, lat]."""

    name: str
    area: Mapping[str, Any]
    modes: frozenset[Mode] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        begun = self.since is None or self.since <= moment
        return begun and (self.until is None or moment < self.until)


class WeatherSource(Protocol):
    """One forecast; `at` of each hour is when it begins. Raises SourceFailed."""

    async def hours(self, place: LatLon) -> Sequence[Weather]: ...


class NoticeSource(Protocol):
    """All notices of the city. Raises SourceFailed."""

    async def notices(self) -> Sequence[Notice]: ...


class SourceFailed(Exception):
    """A source did not answer, or with something that nobody can read. What is not known limits nothing."""
