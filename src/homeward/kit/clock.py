"""The time, handed in. Nothing else in the house asks the machine for it."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Business time. Leases and other fencing use the database's own clock instead."""

    @property
    def speed(self) -> float:
        """Business seconds per real second."""

    def now(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of business time."""


class SystemClock:
    """Real time."""

    speed = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """Business time that runs `speed` times as fast as real time since a shared anchor.

    Processes that are given the same anchor agree on the time, so a fast town needs no time server.
    """

    anchor_real_s: float
    anchor_business: datetime
    speed: float

    def now(self) -> datetime:
        elapsed_s = (time.time() - self.anchor_real_s) * self.speed
        return self.anchor_business + timedelta(seconds=elapsed_s)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self.speed))


@dataclass(slots=True)
class ManualClock:
    """Stands still until a test moves it."""

    moment: datetime
    speed: float = 1.0
    _sleepers: list[tuple[datetime, asyncio.Event]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        for due, waker in self._sleepers:
            if due <= self.moment:
                waker.set()

    async def sleep(self, seconds: float) -> None:
        waker = asyncio.Event()
        sleeper = (self.moment + timedelta(seconds=seconds), waker)
        self._sleepers.append(sleeper)
        if seconds <= 0:
            waker.set()
        try:
            await waker.wait()
        finally:
            self._sleepers.remove(sleeper)
