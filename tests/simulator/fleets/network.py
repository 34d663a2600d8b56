"""A small network that lets a reference fleet carry for hours: it orders, reads the log, and asks for secrets."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from homeward.fleets.contract.client import HttpFleet
from homeward.fleets.contract.legs import AskAction, AskSecret, Holder, LegOrder
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import ENDED, Action, EventKind, LegState
from homeward.kit.clock import ManualClock
from homeward.simulator.fleets.engine import ReferenceFleet
from homeward.simulator.fleets.serve import NOON, FleetOptions, inside
from tests.simulator.fleets.world import LOCKING, TOKEN, an_order, north_of

FOR_WHOM = {
    LegState.AT_PICKUP: Holder.STORE,
    LegState.AT_DROPOFF: Holder.SHOPPER,
    LegState.AT_RETURN: Holder.STORE,
    LegState.RESCUE_NEEDED: Holder.RESCUER,
}


@dataclass
class Run:
    """What is left of it: the fleet, the log as it was sorted out, and each leg's last state that the log told."""

    fleet: ReferenceFleet
    log: list[Event] = field(default_factory=list)
    state: dict[str, LegState] = field(default_factory=dict)
    pages_told_wrongly: int = 0

    def kinds(self) -> set[str]:
        return {leg.planned.kind for leg in self.fleet.world.legs.values() if leg.planned is not None}


async def a_run(
    kind: str, hours: int, share: float, every_s: int = 600, *, seed: int = 1, asks_secrets: bool = True
) -> Run:
    """A leg every so often from noon on, none in the last three hours; people act by themselves."""
    clock = ManualClock(NOON)
    transport, fleet = inside(FleetOptions(kind, TOKEN, seed=seed, people=True, faults_share=share), clock)
    run = Run(fleet)
    async with httpx.AsyncClient(transport=transport) as http:
        client = HttpFleet(http, "http://fleet.test", TOKEN, pause_s=0)
        for passed_s in range(0, hours * 3_600, 60):
            clock.advance(60)
            if passed_s % every_s == 0 and passed_s < (hours - 3) * 3_600:
                await _ordered(client, kind, passed_s, clock.now())
            await _read(client, run)
            if kind in LOCKING and asks_secrets:
                await _secrets(client, run, passed_s)
            elif kind not in LOCKING:
                await _rescue(client, run, passed_s)
    return run


async def _ordered(client: HttpFleet, kind: str, passed_s: int, now: datetime) -> None:
    place = north_of(200 + passed_s % 1_100)
    order = an_order(kind, reference=f"run-{passed_s}", ready_at=now, latest=now + timedelta(hours=3))
    order["dropoff"] |= {"place": place, "spot": place}
    with suppress(Refused):  # all are busy, or it is night
        quote = await client.quote(LegOrder.model_validate(order), f"q-{passed_s}")
        reservation = await client.reserve(quote.id, f"r-{passed_s}")
        await client.commit(reservation.id, f"c-{passed_s}")


async def _read(client: HttpFleet, run: Run) -> None:
    """Pages may tell twice and out of order: what counts is the number, and that none is missing."""
    while True:
        known = len(run.log)
        page = await client.events(known, 50)
        numbers = [event.number for event in page.items]
        run.pages_told_wrongly += numbers != list(range(known + 1, known + 1 + len(numbers)))
        for event in sorted(page.items, key=lambda event: event.number):
            if event.number == len(run.log) + 1:
                run.log.append(event)
                if event.kind is EventKind.LEG_MOVED and event.leg_id and event.state:
                    run.state[event.leg_id] = event.state
        if len(run.log) == page.last:
            return


async def _secrets(client: HttpFleet, run: Run, passed_s: int) -> None:
    """Every five minutes anew, while somebody is waited for."""
    for leg_id, state in run.state.items():
        if state in FOR_WHOM:
            slot = f"{leg_id} {state} {passed_s // 300}"
            secret = await client.secret(leg_id, AskSecret(holder=FOR_WHOM[state], valid_s=600), f"s {slot}")
            if state is LegState.RESCUE_NEEDED:
                asked = AskAction(
                    action=Action.HAND_TO_RESCUE, compartment_id=secret.compartment_id, secret=secret.secret
                )
                await client.act(leg_id, asked, f"a {slot}")


async def _rescue(client: HttpFleet, run: Run, passed_s: int) -> None:
    for leg_id, state in run.state.items():
        if state is LegState.RESCUE_NEEDED:
            await client.act(leg_id, AskAction(action=Action.HAND_TO_RESCUE), f"a {leg_id} {passed_s // 300}")


def not_ended(run: Run) -> dict[str, LegState]:
    return {leg_id: state for leg_id, state in run.state.items() if state not in ENDED}
