"""Clocks that are handed in."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from homeward.kit.clock import ManualClock, ScaledClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_two_processes_with_the_same_anchor_agree_on_fast_time() -> None:
    anchor = time.time() - 10
    one, other = ScaledClock(anchor, NOON, 60), ScaledClock(anchor, NOON, 60)
    assert abs(one.now() - other.now()) < timedelta(seconds=5)
    assert one.now() - NOON >= timedelta(seconds=600)


async def test_a_sleeper_on_a_manual_clock_wakes_when_its_time_has_come() -> None:
    clock = ManualClock(NOON)
    sleeper = asyncio.create_task(clock.sleep(60))
    await asyncio.sleep(0)
    clock.advance(59)
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.advance(1)
    await asyncio.wait_for(sleeper, timeout=5)
