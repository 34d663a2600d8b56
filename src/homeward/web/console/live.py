"""The console's live feed: couriers' positions and "something changed", as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.responses import Response

from homeward.deliveries.model import DeliveryFilter
from homeward.deliveries.states import OPEN
from homeward.infra.auth import OperatorActor
from homeward.infra.event_log import LoggedEvent
from homeward.web.console.pages import Console
from homeward.web.console.views import live_snapshot
from homeward.web.stories import formats_of

# People see movement at this pace; twice as fast would cost twice the reads and look the same.
_EVERY_S: Final = 2.0
# A burst of events refreshes a list once.
_CALM_S: Final = 0.7
SSE_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}


class Snapshots:
    """One reading of a market serves all who look at it within the same two seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(self, market_id: str) -> dict[str, Any]:
        async with self._locks.setdefault(market_id, asyncio.Lock()):
            kept = self._kept.get(market_id)
            if kept and monotonic() - kept[0] < _EVERY_S / 2:
                return kept[1]
            snapshot = await self._read(market_id)
            self._kept[market_id] = (monotonic(), snapshot)
            return snapshot

    async def _read(self, market_id: str) -> dict[str, Any]:
        doors = self._console.doors
        market = await doors.coverage.market(market_id)
        couriers = await doors.couriers.list(market_id, on_duty=True)
        deliveries = await self._console.open_deliveries(DeliveryFilter(states=sorted(OPEN), market_id=market_id))
        return live_snapshot(couriers, deliveries, formats_of(market), doors.clock.now())


def sse(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


class Feeds:
    """What one open page hears."""

    def __init__(self, console: Console) -> None:
        self._doors = console.doors
        self.snapshots = Snapshots(console)

    async def market(self, market_id: str) -> AsyncIterator[str]:
        """The snapshot every two seconds, and `changed` soon after events."""
        async with self._doors.tail.subscribe(lambda event: True) as queue:
            while True:
                yield sse("snapshot", await self.snapshots.of(market_id))
                if await _next(queue, _EVERY_S):
                    await asyncio.sleep(_CALM_S)
                    while not queue.empty():
                        queue.get_nowait()
                    yield sse("changed", {})

    async def delivery(self, delivery_id: str) -> AsyncIterator[str]:
        """`delivery` after each of its events, and where its courier is."""
        async with self._doors.tail.subscribe(lambda event: event.delivery_id == delivery_id) as queue:
            while True:
                yield await self._courier_of(delivery_id)
                event = await _next(queue, _EVERY_S)
                if event:
                    yield sse("delivery", {"seq": event.seq, "type": event.type})

    async def _courier_of(self, delivery_id: str) -> str:
        view = await self._doors.deliveries.get(None, delivery_id)
        courier = await self._doors.couriers.find(view.delivery.courier_id)
        if courier is not None and courier.place:
            return sse("courier", {"lat": courier.place.lat, "lon": courier.place.lon})
        return ": nobody\n\n"  # also tells us when the reader has gone


def router(console: Console) -> APIRouter:
    routes = console.new_router()
    doors, feeds = console.doors, Feeds(console)
    signed_in = Annotated[OperatorActor, Depends(doors.auth.operator())]

    @routes.get("/live")
    async def live(actor: signed_in, market: str = "", delivery: str = "") -> Response:
        if delivery:
            await doors.deliveries.get(None, delivery)  # a 404 now, not a stream that never says anything
            feed = feeds.delivery(delivery)
        else:
            await doors.coverage.market(market)
            feed = feeds.market(market)
        return StreamingResponse(feed, media_type="text/event-stream", headers=SSE_HEADERS)

    @routes.get("/live.json")
    async def live_json(request: Request, actor: signed_in, market: str) -> Response:
        """The same snapshot for a page whose stream is down."""
        return JSONResponse(await feeds.snapshots.of(market), headers={"Cache-Control": "no-store"})

    return routes


async def _next(queue: "asyncio.Queue[LoggedEvent]", within_s: float) -> LoggedEvent | None:
    try:
        return await asyncio.wait_for(queue.get(), within_s)
    except TimeoutError:
        return None
