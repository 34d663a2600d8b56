"""Sends that go on beside the loop that started them, so that a slow receiver holds up nobody else."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final

import structlog

log = structlog.get_logger()

_WAIT_S: Final = 0.1
_GATHER_S: Final = 0.01


class UnderWay:
    """Tasks by label. What they do is safe to lose: rows whose lease ends are claimed again."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._finished = 0

    def start(self, work: Coroutine[Any, Any, None], label: str) -> None:
        task = asyncio.create_task(work, name=f"send {label}")
        self._tasks[task] = label
        task.add_done_callback(self._done)

    def count(self, label: str | None = None) -> int:
        return len(self._tasks) if label is None else Counter(self._tasks.values())[label]

    async def progress(self) -> int:
        """Wait a moment for something to finish; how many have since the last call."""
        if self._tasks and not self._finished:
            await asyncio.wait(self._tasks, timeout=_WAIT_S, return_when=asyncio.FIRST_COMPLETED)
            # Answers come in bursts: one claim for all of a burst, not one for each.
            await asyncio.sleep(_GATHER_S)
        finished, self._finished = self._finished, 0
        return finished

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._finished += 1
        if not task.cancelled() and task.exception() is not None:
            log.error("sending failed", exc_info=task.exception())
