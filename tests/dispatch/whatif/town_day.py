"""A short day in a small town on a real database: bookings come in, couriers say yes or no, drive and hand over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from homeward.coverage.service import CoverageService
from homeward.deliveries.model import DropoffRequest
from homeward.dispatch.whatif.service import WhatIf
from homeward.infra.db import Database
from homeward.kit.places import LatLon, great_circle_m
from tests.dispatch.world import CrowRoads, Phone, Town

# As the town's roads are: straight lines, a fifth longer, 9 m/s for cars.
_SECONDS_PER_M = 1.2 / 9
_AT_STOP = timedelta(seconds=90)

Answers = Callable[[str, dict[str, Any]], bool]
"""Whether the courier of this name takes this offer."""


EAST, FARTHER_EAST = LatLon(47.140, 9.545), LatLon(47.1405, 9.546)
WEST = LatLon(47.138, 9.500)


@dataclass(frozen=True)
class Lived:
    """A copy of the day: its database, and what was booked, in order."""

    db: Database
    ids: tuple[str, ...]
    roads: CrowRoads
    coverage: CoverageService

    @property
    def whatif(self) -> WhatIf:
        return WhatIf(self.db, self.roads, self.coverage)

    async def run(self, sql: str) -> None:
        async with self.db.operator() as tx:
            await tx.run(sql)


@dataclass(frozen=True)
class Booking:
    """At `minute` somebody books a delivery from the bakery to `door`."""

    minute: float
    door: LatLon
    ready_in_s: float = 0


@dataclass
class _OnTheRoad:
    """What a courier is doing, and until when."""

    phone: Phone
    place: LatLon
    free_at: datetime
    busy: bool = False


@dataclass
class TownDay:
    """What was booked, in order."""

    ids: list[str] = field(default_factory=list)


async def live_a_day(
    town: Town, bookings: Sequence[Booking], *, minutes: float, says_yes: Answers = lambda name, offer: True
) -> TownDay:
    """Everybody acts as they would, a third of a minute at a time."""
    day, start = TownDay(), town.clock.now()
    waiting = sorted(bookings, key=lambda booking: booking.minute)
    crew = []
    for phone in town.phones.values():
        place = (await town.couriers.get(phone.id)).place
        assert place is not None
        crew.append(_OnTheRoad(phone, place, start))
    names = {phone.id: name for name, phone in town.phones.items()}
    while (now := town.clock.now()) < start + timedelta(minutes=minutes):
        while waiting and start + timedelta(minutes=waiting[0].minute) <= now:
            booking = waiting.pop(0)
            dropoff = DropoffRequest(place=booking.door)
            day.ids.append(await town.booked(ready_in_s=booking.ready_in_s, dropoff=dropoff))
        town.clock.advance(20)
        for one in crew:
            await town.heard(one.phone, one.place)
        report = await town.dispatch.plan_market("mkt_1")
        for one in crew:
            if report.offers:
                await _answer(one, names[one.phone.id], says_yes)
            await _act(town, one)
    return day


async def _answer(one: _OnTheRoad, name: str, says_yes: Answers) -> None:
    offer = await one.phone.offer()
    if offer is not None:
        yes = says_yes(name, offer)
        answer = await one.phone.post(f"/offers/{offer['id']}/{'accept' if yes else 'decline'}")
        assert answer.status_code < 300
        one.busy = one.busy or yes


async def _act(town: Town, one: _OnTheRoad) -> None:
    """Whatever is due at the next stop."""
    while one.busy and one.free_at <= town.clock.now():
        stop = await one.phone.next_stop()
        if stop is None:
            one.busy = False
            return
        act = stop["acts"][0]
        place = LatLon(stop["place"]["lat"], stop["place"]["lon"])
        if act.startswith("head"):
            drive_s = great_circle_m(one.place, place) * _SECONDS_PER_M
            one.free_at = town.clock.now() + timedelta(seconds=drive_s)
        elif act.startswith("arrive"):
            ready = datetime.fromisoformat(stop["ready_at"]) if stop["ready_at"] else town.clock.now()
            one.place, one.free_at = place, max(town.clock.now(), ready) + _AT_STOP
        await one.phone.do_next()
