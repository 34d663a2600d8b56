"""Reading fleets' logs and vehicles, one worker at a time for each fleet.

The log is numbered without gaps. What comes twice is passed over; what is missing is asked for again a few times, and
then gone without: the fleet's account says so, and its legs are compared with what the fleet says of them now.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from homeward.fleets.autonomous import policy, repository
from homeward.fleets.autonomous.asking import Asking
from homeward.fleets.autonomous.connections import FleetConnections
from homeward.fleets.autonomous.model import Fleet, FleetStatus
from homeward.fleets.autonomous.telling import Telling
from homeward.fleets.carriers.contract import CarrierFailure, CarrierLoginInvalid
from homeward.fleets.contract.client import HttpFleet
from homeward.fleets.contract.news import MOST_EVENTS, Event, problem_with
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import EventKind
from homeward.infra.db import Database
from homeward.kit.clock import Clock

log = structlog.get_logger()

_EVERY_S: Final = 1.0
_TROUBLED_EVERY_S: Final = 5.0
_AT_ONCE: Final = 10
_GAP_TRIES: Final = 5
_MOST_PAGES: Final = 20


class Reading:
    """A loop body."""

    def __init__(
        self, db: Database, clock: Clock, connections: FleetConnections, telling: Telling, asking: Asking
    ) -> None:
        self._db = db
        self._clock = clock
        self._connections = connections
        self._telling = telling
        self._asking = asking
        self._asked_for_gap: dict[str, int] = {}

    async def read_due(self) -> int:
        """How many fleets were looked at."""
        async with self._db.operator() as tx:
            due = await repository.lease_to_read(tx, _AT_ONCE)
        await asyncio.gather(*(self._safely(fleet) for fleet in due))
        return len(due)

    async def _safely(self, fleet: Fleet) -> None:
        try:
            trouble = await self._read(fleet)
            await self._again(fleet, trouble, heard=True)
        except CarrierLoginInvalid as failure:
            await self._asking.suspend(fleet.id, failure)
        except (CarrierFailure, Refused) as failure:
            await self._again(fleet, str(failure)[:300], heard=False)
        except Exception:
            # One fleet's strange log must not keep the others from being read.
            log.exception("fleet not read", fleet=fleet.id)
            await self._again(fleet, "its log could not be read here; see our own log", heard=False)

    async def _again(self, fleet: Fleet, trouble: str | None, *, heard: bool) -> None:
        every_s = _EVERY_S if trouble is None else _TROUBLED_EVERY_S
        async with self._db.operator() as tx:
            heard_at = self._clock.now() if heard else None
            await repository.read_again(tx, fleet.id, every_s, heard_at=heard_at, trouble=trouble)

    async def _read(self, fleet: Fleet) -> str | None:
        client = await self._connections.to(fleet.id)
        trouble = await self._read_log(fleet, client)
        vehicles = await client.vehicles()
        async with self._db.operator() as tx:
            await repository.keep_vehicles(tx, fleet, vehicles.items, self._clock.now())
            legs = await repository.active_legs(tx, fleet_id=fleet.id)
        for leg in legs:
            await self._telling.tell(leg)
        return trouble or policy.clock_trouble(vehicles.items, fleet.facts.heartbeat_s, self._clock.now())

    async def _read_log(self, fleet: Fleet, client: HttpFleet) -> str | None:
        """What is wrong with it, in words; None for a sound one."""
        known = fleet.read_to
        for _ in range(_MOST_PAGES):
            page = await client.events(known, MOST_EVENTS)
            fresh = _in_order(page.items, known)
            whole = _unbroken(fresh, known)
            if len(whole) < len(fresh) and self._waits_for_gap(fleet.id):
                fresh = whole
            trouble = _trouble(fresh, known)
            if not fresh:
                return "events are missing in its log, and are asked for again" if page.last > known else trouble
            await self._keep(fleet, client, fresh)
            known = fresh[-1].number
            if trouble is not None or page.last <= known:
                return trouble
        return None

    def _waits_for_gap(self, fleet_id: str) -> bool:
        """Whether what is missing is asked for once more before it is given up."""
        tries = self._asked_for_gap.get(fleet_id, 0) + 1
        self._asked_for_gap[fleet_id] = 0 if tries > _GAP_TRIES else tries
        return tries <= _GAP_TRIES

    async def _keep(self, fleet: Fleet, client: HttpFleet, events: Sequence[Event]) -> None:
        facts = await client.facts() if any(one.kind is EventKind.FACTS_CHANGED for one in events) else None
        async with self._db.operator() as tx:
            await repository.keep_events(tx, fleet.id, events, self._clock.now())
            await repository.read_to(tx, fleet.id, events[-1].number)
            if facts is not None and fleet.status is FleetStatus.ACTIVE:
                await repository.change_fleet(tx, fleet.id, facts=facts.model_dump(mode="json"))


def _in_order(events: Sequence[Event], known: int) -> list[Event]:
    """New and whole ones by number, each once; of two with one number the first that came."""
    by_number: dict[int, Event] = {}
    for event in events:
        if event.number > known and problem_with(event) is None:
            by_number.setdefault(event.number, event)
    return [by_number[number] for number in sorted(by_number)]


def _unbroken(events: Sequence[Event], known: int) -> list[Event]:
    """As far as no number is missing."""
    return [event for expected, event in enumerate(events, known + 1) if event.number == expected]


def _trouble(events: Sequence[Event], known: int) -> str | None:
    missing = (
        [number for number in range(known + 1, events[-1].number) if number not in {e.number for e in events}]
        if events
        else []
    )
    return f"events {missing[0]} to {missing[-1]} of its log are missing" if missing else None
