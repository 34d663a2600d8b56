"""Everything that needs a person, gathered from whoever knows of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

from homeward.deliveries.model import DeliveryView
from homeward.deliveries.states import BEFORE_PICKUP
from homeward.dispatch.desk.model import (
    FLEET_LOGIN,
    FLEET_SILENT,
    FLEET_TROUBLE,
    LATE,
    MESSAGE_FAILED,
    WEBHOOK_OFF,
    Care,
    Trouble,
)
from homeward.dispatch.desk.policy import SILENT_AFTER, holds
from homeward.fleets.autonomous.model import Fleet, FleetStatus
from homeward.messages.failures import Failure

if TYPE_CHECKING:
    from homeward.web.console.pages import ConsoleDoors

# One reading serves all who look within the same two seconds: every page asks for the count.
_FRESH_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Found:
    """Troubles with what they are about, by subject, and who looks after them."""

    troubles: tuple[Trouble, ...]
    deliveries: Mapping[str, DeliveryView]
    fleets: Mapping[str, Fleet]
    failures: Mapping[str, Failure]
    cares: Mapping[tuple[str, str], Care]

    def care(self, trouble: Trouble, now: datetime) -> Care | None:
        care = self.cares.get((trouble.subject, trouble.code))
        return care if care and holds(care, trouble, now) else None

    def open(self, now: datetime) -> int:
        """Those that nobody has put off."""
        cares = (self.care(trouble, now) for trouble in self.troubles)
        return sum(care is None or care.snoozed_until is None for care in cares)


class Worklist:
    def __init__(self, doors: "ConsoleDoors") -> None:
        self._doors = doors
        self._lock = asyncio.Lock()
        self._count: tuple[float, int] | None = None

    async def count(self) -> int:
        async with self._lock:
            if self._count is None or monotonic() - self._count[0] > _FRESH_S:
                self._count = (monotonic(), (await self.read()).open(self._doors.clock.now()))
            return self._count[1]

    async def read(self) -> Found:
        """As it is now."""
        doors, now = self._doors, self._doors.clock.now()
        deliveries = await doors.deliveries.troubled()
        fleets = {fleet.id: fleet for fleet in await doors.machines.fleets()}
        messages, endpoints = await doors.failures.messages(), await doors.failures.endpoints()
        troubles = [delivery_trouble(view, flagged) for view, flagged in deliveries]
        troubles += [one for fleet in fleets.values() if (one := fleet_trouble(fleet, now))]
        troubles += [Trouble(one.subject, MESSAGE_FAILED, one.since) for one in messages]
        troubles += [Trouble(one.subject, WEBHOOK_OFF, one.since) for one in endpoints]
        return Found(
            troubles=tuple(troubles),
            deliveries={view.delivery.id: view for view, _ in deliveries},
            fleets=fleets,
            failures={one.subject: one for one in (*messages, *endpoints)},
            cares=await doors.desk.cares(),
        )

    def forget(self) -> None:
        """Somebody has just changed something: the next page counts anew."""
        self._count = None


def delivery_trouble(view: DeliveryView, flagged_at: datetime | None) -> Trouble:
    """Of a delivery that is flagged, in rescue or late."""
    delivery, rescue = view.delivery, view.delivery.rescue
    code = "rescue_needed" if rescue else delivery.attention or LATE
    since = rescue.since if rescue else flagged_at if delivery.attention else None
    return Trouble(
        subject=delivery.id,
        code=code,
        since=since,
        promised_by=delivery.promised_by,
        state=delivery.state,
        on_board=delivery.state not in BEFORE_PICKUP,
        in_rescue=rescue is not None,
        someone_comes=rescue is not None and view.leg is not None and view.leg.id != rescue.leg_id,
    )


def fleet_trouble(fleet: Fleet, now: datetime) -> Trouble | None:
    """None of a fleet that is well, or that the operator has paused."""
    if fleet.status is FleetStatus.LOGIN_INVALID:
        return Trouble(fleet.id, FLEET_LOGIN, fleet.heard_at)
    if fleet.status is FleetStatus.PAUSED:
        return None
    heard = fleet.heard_at or fleet.created_at
    if now - heard > SILENT_AFTER:
        return Trouble(fleet.id, FLEET_SILENT, heard)
    return Trouble(fleet.id, FLEET_TROUBLE, None) if fleet.trouble else None
