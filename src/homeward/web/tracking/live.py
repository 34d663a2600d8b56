"""The page's live feed: "something changed", and where the courier is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from homeward.deliveries.states import TERMINAL
from homeward.infra.event_log import LoggedEvent, Tail
from homeward.infra.pace import Streams
from homeward.kit.places import LatLon
from homeward.web.sse import message

EVERY_S: Final = 3.0

Where = Callable[[bool], Awaitable[LatLon | None]]
"""Asked with whether the delivery may have changed: without an event it is as it was, and need not be read again."""
_ENDINGS: Final = frozenset(f"delivery.{state}" for state in TERMINAL)


class LiveFeed:
    """One stream is one open page."""

    def __init__(self, tail: Tail, streams: Streams, every_s: float = EVERY_S) -> None:
        self._tail = tail
        self._streams = streams
        self._every_s = every_s

    async def of(self, delivery_id: str, where: Where, *, ended: bool) -> AsyncIterator[str]:
        """`changed` after each event, `courier` as they move, `end` when there is nothing more to come."""
        with self._streams.one(delivery_id):
            if ended:
                yield message("end", {})
                return
            async with self._tail.subscribe(lambda event: event.delivery_id == delivery_id) as queue:
                # What happened between the page and this stream must not be missed: the page looks once more.
                yield message("changed", {})
                last: LatLon | None = None
                changed = True
                while True:
                    place = await where(changed)
                    if place != last:
                        yield message("courier", {"lat": place.lat, "lon": place.lon} if place else {})
                        last = place
                    else:
                        yield ":\n\n"  # tells us when the reader has gone
                    types = await _next(queue, self._every_s)
                    changed = bool(types)
                    if changed:
                        yield message("changed", {})
                    if types & _ENDINGS:
                        yield message("end", {})
                        return


async def _next(queue: "asyncio.Queue[LoggedEvent]", within_s: float) -> frozenset[str]:
    """The types of all that is waiting; empty if nothing came in time."""
    try:
        types = {(await asyncio.wait_for(queue.get(), within_s)).type}
    except TimeoutError:
        return frozenset()
    while not queue.empty():
        types.add(queue.get_nowait().type)
    return frozenset(types)
