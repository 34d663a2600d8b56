"""What the planner asks of machines, and the answer of an installation that has none."""

from collections.abc import Sequence
from typing import Final, Protocol

from homeward.fleets.autonomous.model import Asked, Booking, Seat
from homeward.infra.db import Tx


class MachinePark(Protocol):
    """A market's machines (`fleets.autonomous.service.AutonomousService`), inside the caller's transaction."""

    async def seats(self, tx: Tx, market_id: str) -> Sequence[Seat]: ...

    async def answers(self, tx: Tx, delivery_ids: Sequence[str]) -> Sequence[Asked]: ...

    async def book(self, tx: Tx, booking: Booking) -> bool: ...


class _NoMachines:
    async def seats(self, tx: Tx, market_id: str) -> Sequence[Seat]:
        return ()

    async def answers(self, tx: Tx, delivery_ids: Sequence[str]) -> Sequence[Asked]:
        return ()

    async def book(self, tx: Tx, booking: Booking) -> bool:
        return False


NO_MACHINES: Final = _NoMachines()
