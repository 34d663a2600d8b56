"""Loops that go on."""

import asyncio

import pytest

from homeward.infra.jobs import Loop, run_loops


async def test_a_loop_that_fails_harms_no_other_and_is_tried_again() -> None:
    runs = {"bad": 0, "good": 0}

    async def bad() -> int:
        runs["bad"] += 1
        raise RuntimeError("always")

    async def good() -> int:
        runs["good"] += 1
        return 0

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run_loops([Loop("bad", 0.01, bad), Loop("good", 0.01, good)]), timeout=0.5)
    assert runs["bad"] >= 2
    assert runs["good"] > runs["bad"]


async def test_a_backlog_is_drained_without_pausing() -> None:
    backlog = 50

    async def drain() -> int:
        nonlocal backlog
        backlog = max(0, backlog - 1)
        return 1 if backlog else 0

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run_loops([Loop("drain", 60, drain)]), timeout=2)
    assert backlog == 0
