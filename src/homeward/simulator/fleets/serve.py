"""A reference fleet as a server: `homeward fleet sidewalk --port 9100 --token …`, or inside another process."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import uvicorn
from fastapi import FastAPI

from homeward.fleets.contract.facts import Place
from homeward.fleets.contract.server import fleet_app
from homeward.kit.clock import Clock, SystemClock
from homeward.simulator.fleets.engine import ReferenceFleet
from homeward.simulator.fleets.faults import FAULTS
from homeward.simulator.fleets.kinds import KINDS
from homeward.simulator.fleets.records import Habits

NOON: Final = datetime(2026, 6, 15, 12, tzinfo=UTC)
"""When the time of a sandbox begins: a Monday in summer, at noon in Greenwich."""
GREENWICH: Final = Place(lat=51.4779, lon=-0.0015)
_PULSE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """What can be chosen about one. `speed` None: time stands still unless the sandbox moves it.

    `vehicles` None: as many as the kind has.
    """

    kind: str
    token: str = field(repr=False)
    port: int = 0
    host: str = "127.0.0.1"
    fault: str | None = None
    seed: int = 1
    speed: float | None = None
    centre: Place = GREENWICH
    time_zone: str = "UTC"
    currency: str = "EUR"
    people: bool = False
    faults_share: float = 0.0
    log_from: int = 0
    vehicles: int | None = None


def built(options: FleetOptions, start: datetime = NOON) -> tuple[FastAPI, ReferenceFleet]:
    """The server of a fleet, and the fleet behind it, which its sandbox reaches past any fault."""
    habits = Habits(options.seed, options.people, options.faults_share, options.log_from)
    kind = KINDS[options.kind]
    if options.vehicles is not None:
        kind = replace(kind, vehicles=options.vehicles)
    fleet = ReferenceFleet(kind, options.centre, start, habits, options.time_zone, options.currency)
    front = FAULTS[options.fault](fleet) if options.fault else fleet
    return fleet_app(front, options.token, fleet), fleet


def app_inside(options: FleetOptions, clock: Clock) -> tuple[Any, ReferenceFleet]:
    """The fleet's server as an ASGI application that is up to date with a clock whenever it is asked."""
    app, fleet = built(options, clock.now())

    async def up_to_date(scope: Any, receive: Any, send: Any) -> None:
        fleet.catch_up(clock.now())
        await app(scope, receive, send)

    return up_to_date, fleet


def inside(options: FleetOptions, clock: Clock) -> tuple[httpx.ASGITransport, ReferenceFleet]:
    """For an `httpx.AsyncClient` in the same process: the wire form without a port, and the fleet to look into.

    Its time is the clock's, brought up to date before each call and not between calls: the same calls at the same
    moments get the same log, and nothing has to be stopped. Whoever also calls `POST /sandbox/advance` puts it ahead,
    and it waits there for the clock.
    """
    app, fleet = app_inside(options, clock)
    return httpx.ASGITransport(app), fleet


async def serve_fleet(options: FleetOptions, clock: Clock | None = None) -> None:
    """Until it is stopped. In a town its time is everybody's, from now on, at the given speed."""
    clock = clock or SystemClock()
    app, fleet = built(options, NOON if options.speed is None else clock.now())
    passing = asyncio.create_task(_let_time_pass(fleet, clock, options.speed)) if options.speed else None
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        log_config=None,
        access_log=False,
        lifespan="off",  # nothing is begun or ended with it
        timeout_graceful_shutdown=1,
    )
    try:
        await uvicorn.Server(config).serve()
    finally:
        if passing is not None:
            passing.cancel()
            with suppress(asyncio.CancelledError):
                await passing


async def _let_time_pass(fleet: ReferenceFleet, clock: Clock, speed: float) -> None:
    """Whole seconds as they become due: reckoned from the beginning, so that nothing adds up."""
    began, passed = clock.now(), 0
    while True:
        await clock.sleep(_PULSE_S)
        due = int((clock.now() - began).total_seconds() * speed)
        fleet.let_pass(due - passed)
        passed = due
