"""The numbered log: a number for each event when it is told, and none before."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homeward.fleets.contract.news import Event, Events, problem_with
from homeward.fleets.contract.words import EventKind


@dataclass(frozen=True, slots=True)
class Kept:
    """What a vehicle without contact will tell later."""

    kind: EventKind
    at: datetime
    members: dict[str, Any]


@dataclass(slots=True)
class Journal:
    """`first`: how many events were told in an earlier life of the fleet, and are no longer kept."""

    first: int = 0
    events: list[Event] = field(default_factory=list)

    def tell(self, kind: EventKind, at: datetime, recorded_at: datetime, **members: Any) -> None:
        event = Event(number=self.first + len(self.events) + 1, kind=kind, at=at, recorded_at=recorded_at, **members)
        assert problem_with(event) is None, problem_with(event)
        self.events.append(event)

    def page(self, after: int, limit: int) -> Events:
        begin = max(0, after - self.first)
        return Events(items=self.events[begin : begin + limit], last=self.first + len(self.events))
