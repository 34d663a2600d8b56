"""Work in the background: loops over rows that are due.

There is no job queue. Business time runs fast in simulation, so "due" is asked of the clock that is handed in, and the
rows themselves (a scheduled delivery, an open offer, a pending webhook) are the queue. A crash loses nothing: the row
is still there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import structlog
from prometheus_client import Counter, Histogram

log = structlog.get_logger()

_DONE: Final = Counter("homeward_loop_items", "Things a background loop has done", ["loop"])
_FAILED: Final = Counter("homeward_loop_failures", "Rounds of a background loop that failed", ["loop"])
_TOOK: Final = Histogram("homeward_loop_seconds", "Seconds of one round", ["loop"])

_LONGEST_PAUSE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Loop:
    """`run` does what is due and returns how many things that were; it is called again after `every_s` real seconds.

    After a round that did something it is called again at once, so that a backlog drains at full speed.
    """

    name: str
    every_s: float
    run: Callable[[], Awaitable[int]]


async def run_loops(loops: Sequence[Loop]) -> None:
    """All loops side by side until cancelled. One that fails is tried again with a growing pause and harms no other."""
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(_for_ever(loop), name=loop.name)


async def _for_ever(loop: Loop) -> None:
    failures = 0
    while True:
        started = perf_counter()
        try:
            done = await loop.run()
            failures = 0
        except Exception:
            # Whatever it was, the rows that caused it are still there: say so loudly and go on.
            failures += 1
            done = 0
            _FAILED.labels(loop.name).inc()
            log.exception("loop failed", loop=loop.name, failures=failures)
        _TOOK.labels(loop.name).observe(perf_counter() - started)
        _DONE.labels(loop.name).inc(done)
        if failures:
            await asyncio.sleep(min(_LONGEST_PAUSE_S, loop.every_s * 2**failures))
        elif not done:
            await asyncio.sleep(loop.every_s)
        else:
            await asyncio.sleep(0)
