"""The demo's fleets: reference fleets that serve on this machine and join the town as any maker's fleet would.

At a second start they come back with the vehicles that they had and a log that goes on where it was read to; what was
on board when the town was stopped is stranded, as after any fleet's bad day, and couriers are sent for it.
"""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn

from homeward.fleets.contract.facts import Place
from homeward.fleets.contract.sandbox import Mishap
from homeward.fleets.contract.words import IncidentKind, LegState, Mode
from homeward.kit.clock import Clock
from homeward.kit.places import LatLon
from homeward.simulator.doors import Doors, Json
from homeward.simulator.fleets.engine import ReferenceFleet
from homeward.simulator.fleets.serve import FleetOptions, app_inside

KINDS: Final = ("sidewalk", "drone", "road")
NAMES: Final = {"sidewalk": "Kerbside robots", "drone": "Swift drones", "road": "Carriage cars"}
FAULTS_SHARE: Final = 0.02
_LOOKS_EVERY_REAL_S: Final = 0.5


@asynccontextmanager
async def fleets_at_work(
    operator: Doors, clock: Clock, *, market_id: str, centre: LatLon, time_zone: str, currency: str, seed: int
) -> AsyncIterator[Sequence[Json]]:
    """They serve until this ends; yields them as the operator sees them."""
    known = {fleet["name"]: fleet for fleet in (await operator.get("/v1/operator/fleets"))["items"]}
    servers, joined = [], []
    try:
        for number, kind in enumerate(KINDS):
            before, door = known.get(NAMES[kind]), _open_door()
            options = FleetOptions(
                kind=kind,
                token=secrets.token_urlsafe(18),
                port=int(door.getsockname()[1]),
                seed=seed * len(KINDS) + number,
                centre=Place(lat=centre.lat, lon=centre.lon),
                time_zone=time_zone,
                currency=currency,
                people=True,
                faults_share=FAULTS_SHARE,
                log_from=before["read_to"] if before else 0,
            )
            servers.append(_serving(options, clock, door))
            joined.append(await _joined(operator, options, market_id, before))
        yield joined
    finally:
        for server, _ in servers:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in servers), return_exceptions=True)


async def _joined(operator: Doors, options: FleetOptions, market_id: str, before: Json | None) -> Json:
    address = {"base_url": f"http://127.0.0.1:{options.port}", "token": options.token}
    if before is not None:
        return await operator.patch(f"/v1/operator/fleets/{before['id']}", {**address, "status": "active"})
    body = {**address, "market_id": market_id, "name": NAMES[options.kind]}
    return await operator.post("/v1/operator/fleets", body)


class _Guest(uvicorn.Server):
    """Leaves Ctrl-C to its host."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _serving(options: FleetOptions, clock: Clock, door: socket.socket) -> "tuple[_Guest, asyncio.Task[None]]":
    """Whoever knocks before it is up waits at the open door."""
    app, fleet = app_inside(options, clock)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
    server = _Guest(config)
    serving = asyncio.create_task(server.serve(sockets=[door]), name=f"fleet {options.kind}")
    tips_over = asyncio.create_task(_one_tips_over(fleet), name=f"mishap {options.kind}")
    serving.add_done_callback(lambda _: tips_over.cancel())
    return server, serving


async def _one_tips_over(fleet: ReferenceFleet) -> None:
    """The first vehicle that is on its way to a door falls over, so that every visitor sees a rescue.

    Only of what drives: a drone that falls is no sight for a first look.
    """
    if fleet.world.facts.models[0].mode is not Mode.SIDEWALK_ROBOT:
        return
    while True:
        await asyncio.sleep(_LOOKS_EVERY_REAL_S)
        for leg in fleet.world.legs.values():
            if leg.state is LegState.TO_DROPOFF and leg.car.hold is None:
                await fleet.mishap(Mishap(vehicle_id=leg.car.id, kind=IncidentKind.TIPPED))
                return


def _open_door() -> socket.socket:
    """On a free port of this machine alone."""
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    door.listen()
    return door
