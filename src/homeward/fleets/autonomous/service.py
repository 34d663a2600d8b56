"""The operator's fleets of machines: who they are, what the planner may fill, what became of what they carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homeward.coverage.service import CoverageService
from homeward.deliveries.service import DeliveriesService
from homeward.fleets.autonomous import policy, repository
from homeward.fleets.autonomous.acting import Acting
from homeward.fleets.autonomous.asking import Asking
from homeward.fleets.autonomous.carrying import Carrying
from homeward.fleets.autonomous.connections import FleetConnections
from homeward.fleets.autonomous.errors import (
    FleetCurrencyDiffers,
    FleetTokenRefused,
    FleetUnreachable,
    MachineSaysNo,
)
from homeward.fleets.autonomous.model import (
    Asked,
    Booking,
    Fleet,
    FleetStatus,
    Logged,
    Machine,
    MachineLeg,
    NewFleet,
    Seat,
    Stage,
)
from homeward.fleets.autonomous.reading import Reading
from homeward.fleets.autonomous.telling import Telling
from homeward.fleets.carriers.contract import CarrierFailure, CarrierLoginInvalid
from homeward.fleets.carriers.errors import CarrierAddressRefused
from homeward.fleets.carriers.policy import hint_of, is_base_url
from homeward.fleets.conditions.service import Conditions
from homeward.fleets.contract.facts import FactSheet
from homeward.fleets.contract.legs import Holder
from homeward.fleets.contract.news import Event
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import Action, VehicleState
from homeward.fleets.couriers.model import Whereabouts
from homeward.infra import audit
from homeward.infra.db import Database, Row, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.problems import NotFound


@dataclass(frozen=True, slots=True)
class FleetChange:
    """What the operator changes; None leaves it as it is."""

    name: str | None = None
    base_url: str | None = None
    token: str | None = field(default=None, repr=False)
    status: FleetStatus | None = None


class AutonomousService:
    """One for the process."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        coverage: CoverageService,
        deliveries: DeliveriesService,
        connections: FleetConnections,
        conditions: Conditions | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._coverage = coverage
        self._deliveries = deliveries
        self._connections = connections
        self._acting = Acting(db, clock, deliveries, connections)
        telling = Telling(db, clock, deliveries)
        self._asking = Asking(db, clock, deliveries, connections, conditions or Conditions(clock))
        self._reading = Reading(db, clock, connections, telling, self._asking)
        self._carrying = Carrying(db, clock, deliveries, connections, self._acting, telling)

    # ── loops ──

    async def read_due(self) -> int:
        """See Reading."""
        return await self._reading.read_due()

    async def ask_due(self) -> int:
        """See Asking."""
        return await self._asking.ask_due()

    async def carry_due(self) -> int:
        """See Carrying."""
        return await self._carrying.carry_due()

    async def forget_old(self) -> int:
        """A loop body."""
        async with self._db.operator() as tx:
            return await repository.forget_answers(tx)

    async def close(self) -> None:
        await self._connections.close()

    # ── fleets ──

    async def fleets(self, market_id: str | None = None) -> Sequence[Fleet]:
        async with self._db.operator() as tx:
            return await repository.fleets(tx, market_id)

    async def fleet(self, fleet_id: str) -> Fleet:
        async with self._db.operator() as tx:
            return await _fleet(tx, fleet_id)

    async def join(self, new: NewFleet, *, by: str) -> Fleet:
        """Reads its fact sheet first: what does not answer does not join. Its token is never shown again.

        Raises FleetUnreachable, FleetTokenRefused, FleetCurrencyDiffers, CarrierAddressRefused, NotFound.
        """
        market, base_url = await self._coverage.market(new.market_id), _checked_address(new.base_url)
        client = self._connections.made(base_url, new.token)
        facts, newest = await _introduced(base_url, client)
        if facts.currency != market.currency:
            raise FleetCurrencyDiffers(facts.currency, market.currency)
        now = self._clock.now()
        fleet = Fleet(
            id=new_id("flt", now),
            market_id=market.id,
            name=new.name.strip() or facts.name,
            base_url=base_url,
            hint=hint_of(new.token),
            status=FleetStatus.ACTIVE,
            facts=facts,
            read_to=newest,  # what happened before it joined is nobody's business here
            created_at=now,
        )
        async with self._db.operator() as tx:
            await repository.insert_fleet(tx, fleet, new.token)
            await audit.record(tx, actor=by, action="fleet.joined", subject=fleet.id, data={"name": fleet.name})
        return fleet

    async def change(self, fleet_id: str, change: FleetChange, *, by: str) -> Fleet:
        """A new token or address is tried first, and makes a fleet active again that had refused the old one."""
        fleet = await self.fleet(fleet_id)
        changes = await self._changes(fleet, change)
        async with self._db.operator() as tx:
            if changes:
                await repository.change_fleet(tx, fleet_id, **changes)
                told = {"changed": sorted(changes)}
                await audit.record(tx, actor=by, action="fleet.changed", subject=fleet_id, data=told)
            return await _fleet(tx, fleet_id)

    async def _changes(self, fleet: Fleet, change: FleetChange) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if change.name:
            changes["name"] = change.name
        if change.status is not None:
            changes["status"] = str(change.status)
        if change.token is not None or change.base_url is not None:
            base_url = _checked_address(change.base_url or fleet.base_url)
            async with self._db.operator() as tx:
                known = await repository.access(tx, fleet.id)
            assert known, "the fleet was just read"
            token = change.token or known[1]
            facts, _ = await _introduced(base_url, self._connections.made(base_url, token))
            status = change.status or FleetStatus.ACTIVE
            changes |= {"base_url": base_url, "token": token, "hint": hint_of(token), "trouble": None}
            changes |= {"facts": facts.model_dump(mode="json"), "status": str(status)}
        return changes

    # ── for the planner ──

    async def seats(self, tx: Tx, market_id: str) -> list[Seat]:
        """Every vehicle that could be filled, or why not, inside the caller's transaction."""
        fleets = {one.id: one for one in await repository.fleets(tx, market_id)}
        if not fleets:
            return []
        now = self._clock.now()
        found = [
            policy.seat_of(one, fleets[one.fleet_id], now) for one in await repository.machines(tx, market_id=market_id)
        ]
        return [seat for seat in found if seat is not None]

    async def answers(self, tx: Tx, delivery_ids: Sequence[str]) -> list[Asked]:
        return await repository.answers(tx, delivery_ids)

    async def book(self, tx: Tx, booking: Booking) -> bool:
        """The planner has chosen a machine. False if the delivery is in a machine's hands, or changed, meanwhile."""
        answers = {one.fleet_id: one for one in await repository.answers(tx, [booking.delivery_id])}
        asked, machine = answers.get(booking.fleet_id), await repository.machine(tx, booking.machine_id)
        if asked is None or asked.price is None or machine is None or machine.legs:
            return False
        now = self._clock.now()
        leg = MachineLeg(
            id=new_id("mlg", now),
            fleet_id=booking.fleet_id,
            machine_id=booking.machine_id,
            delivery_id=booking.delivery_id,
            market_id=machine.market_id,
            decision_id=booking.decision_id,
            stage=Stage.ASKING,
            price=booking.price,
            basis=asked.basis,
            created_at=now,
        )
        return await repository.insert_leg(tx, leg)

    # ── for pages, and whoever watches ──

    async def machines(self, market_id: str | None = None) -> Sequence[Machine]:
        async with self._db.operator() as tx:
            return await repository.machines(tx, market_id=market_id)

    async def machine(self, machine_id: str) -> Machine | None:
        async with self._db.operator() as tx:
            return await repository.machine(tx, machine_id)

    async def seen_at(self, tx: Tx, courier_ids: Sequence[str]) -> Mapping[str, Whereabouts]:
        """Where those of these that are machines were last seen."""
        found: dict[str, Whereabouts] = {}
        for machine_id in filter(self.is_machine, courier_ids):
            machine = await repository.machine(tx, machine_id)
            if machine is not None and machine.place is not None:
                found[machine_id] = Whereabouts(machine.place, machine.now.heading_deg, machine.seen_at)
        return found

    @staticmethod
    def is_machine(courier_id: str) -> bool:
        """Whether who has a delivery is a machine: by its name, without asking the database."""
        return courier_id.startswith("mac_")

    async def leg_of(self, delivery_id: str) -> MachineLeg | None:
        """What a machine carries of this delivery now."""
        async with self._db.operator() as tx:
            return await repository.active_leg(tx, delivery_id)

    async def legs_of(self, delivery_id: str) -> Sequence[MachineLeg]:
        async with self._db.operator() as tx:
            return await repository.legs_of(tx, delivery_id)

    async def under_way(self, market_id: str | None = None) -> Sequence[MachineLeg]:
        async with self._db.operator() as tx:
            return await repository.active_legs(tx, market_id=market_id)

    async def could_bring(self, delivery_id: str) -> bool:
        """Whether some fleet said yes: then it makes sense to ask the shopper."""
        async with self._db.operator() as tx:
            return any(one.price is not None for one in await repository.answers(tx, [delivery_id]))

    async def answers_about(self, delivery_id: str) -> Sequence[Asked]:
        async with self._db.operator() as tx:
            return await repository.answers(tx, [delivery_id])

    async def log(
        self, *, fleet_id: str | None = None, since: datetime, until: datetime, kinds: Sequence[str] = (), limit: int
    ) -> Sequence[tuple[str, Event]]:
        """Events with the id of their fleet, the newest first."""
        async with self._db.operator() as tx:
            return await repository.events_since(
                tx, fleet_id=fleet_id, since=since, until=until, kinds=kinds, limit=limit
            )

    async def history(self, market_id: str, since: datetime, until: datetime) -> Sequence[Logged]:
        """Of all machines of a market, by machine and then in the order in which things happened."""
        async with self._db.operator() as tx:
            return await repository.history(tx, market_id, since, until)

    async def states_before(self, market_id: str, moment: datetime) -> Mapping[str, VehicleState]:
        """What each machine had last said of itself; those that had said nothing are missing."""
        async with self._db.operator() as tx:
            return await repository.states_before(tx, market_id, moment)

    async def machines_since(self, market_id: str, gone_after: datetime) -> Sequence[Machine]:
        """Also those that their fleet stopped listing after a moment."""
        async with self._db.operator() as tx:
            return await repository.machines_since(tx, market_id, gone_after)

    async def carried_by(self, references: Sequence[str]) -> Mapping[str, str]:
        """The deliveries that machine legs carried, by the legs' ids."""
        async with self._db.operator() as tx:
            return await repository.carried_by(tx, references)

    async def acts_of(self, machine_leg_id: str) -> Sequence[Row]:
        async with self._db.operator() as tx:
            return await repository.acts_of(tx, machine_leg_id)

    # ── for people at the machine, and from afar ──

    async def open_for(self, delivery_id: str, holder: Holder, *, by: str) -> MachineLeg:
        """Raises NoMachineThere, MachineSaysNo, Unavailable."""
        return await self._acting.open_for(delivery_id, holder, by=by)

    async def act(self, delivery_id: str, action: Action, *, by: str, reason: str = "") -> None:
        """What a person at the operator asks of a machine. Raises NoMachineThere, MachineSaysNo, Unavailable."""
        refusal = await self._acting.act(delivery_id, action, by=by, reason=reason)
        if refusal is not None:
            raise MachineSaysNo.of(refusal)


async def _introduced(base_url: str, client: Any) -> tuple[FactSheet, int]:
    """Its fact sheet, and the number of its newest event."""
    try:
        facts = await client.facts()
        newest = (await client.events(0, 1)).last
    except CarrierLoginInvalid as failure:
        raise FleetTokenRefused(base_url) from failure
    except (CarrierFailure, Refused) as failure:
        raise FleetUnreachable(base_url, str(failure)[:300]) from failure
    return facts, newest


def _checked_address(base_url: str) -> str:
    if not is_base_url(base_url):
        raise CarrierAddressRefused(base_url)
    return base_url.rstrip("/")


async def _fleet(tx: Tx, fleet_id: str) -> Fleet:
    fleet = await repository.fleet(tx, fleet_id)
    if fleet is None:
        raise NotFound("fleet", fleet_id)
    return fleet
