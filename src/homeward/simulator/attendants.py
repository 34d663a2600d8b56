"""Whoever stands at a machine: the shop's staff who open it and load, the shopper who opens it and takes out.

They follow what merchants hear anyway, the event feed, and use the doors that staff and shoppers have. Putting in and
taking out is done at the vehicle, by the people of the fleet's own world.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import structlog

from homeward.kit.clock import Clock
from homeward.simulator.cast import Cast
from homeward.simulator.day import fate_of
from homeward.simulator.doors import Doors, GivenUp, Json, Refused

log = structlog.get_logger()

LOCKED: Final = frozenset({"robot", "robot_car"})
"""What opens only for somebody; a drone sets down what it brings."""
_TRIES: Final = 8
_AGAIN_S: Final = 30.0
_LOOKS_EVERY_REAL_S: Final = 1.0
_PAGE: Final = 200


class Attendants:
    """Those of all shops of the town, and their shoppers."""

    def __init__(self, cast: Cast, doors: Doors, clock: Clock) -> None:
        self._seed = cast.seed
        self._clock = clock
        self._public = doors
        self._shops = [doors.with_key(shop.live_key) for shop in cast.shops]

    async def attend(self, people: asyncio.TaskGroup) -> None:
        """Until cancelled."""
        cursors: list[str | None] = [await _newest(shop) for shop in self._shops]
        while True:
            await asyncio.sleep(_LOOKS_EVERY_REAL_S)
            for number, shop in enumerate(self._shops):
                try:
                    page = await shop.get("/v1/events", after=cursors[number], limit=_PAGE)
                except (Refused, GivenUp) as trouble:
                    log.debug("event feed does not answer", why=str(trouble))
                    continue
                cursors[number] = page["next_cursor"] or cursors[number]
                for event in page["items"]:
                    self._heard(shop, event, people)

    def _heard(self, shop: Doors, event: Json, people: asyncio.TaskGroup) -> None:
        vehicle = (event["data"].get("courier") or {}).get("vehicle")
        if vehicle not in LOCKED:
            return
        delivery_id = event["delivery_id"]
        if event["type"] in ("delivery.at_pickup", "delivery.at_return"):
            path = f"/v1/deliveries/{delivery_id}/compartment/open"
            people.create_task(self._opens(delivery_id, 20, lambda: shop.post(path)))
        elif event["type"] == "delivery.at_dropoff":
            people.create_task(self._shopper_opens(shop, delivery_id))

    async def _shopper_opens(self, shop: Doors, delivery_id: str) -> None:
        delivery = await shop.get(f"/v1/deliveries/{delivery_id}")
        if fate_of(self._seed, delivery["external_id"] or delivery_id).nobody_home:
            return
        path = f"{urlsplit(delivery['tracking_url']).path}/open"
        await self._opens(delivery_id, 40, lambda: self._public.submit(path, {}))

    async def _opens(self, delivery_id: str, usual_s: float, opens: Callable[[], Awaitable[object]]) -> None:
        """After a while, and again while it does not open: a machine may stand on a dead spot for a minute."""
        rng = random.Random(f"{self._seed}/attends/{delivery_id}")
        await self._clock.sleep(rng.uniform(0.5, 2.0) * usual_s)
        gives_up = self._clock.now() + timedelta(seconds=_TRIES * _AGAIN_S)
        while self._clock.now() < gives_up:
            try:
                await opens()
            except (Refused, GivenUp) as trouble:
                log.debug("does not open", delivery=delivery_id, why=str(trouble))
                await self._clock.sleep(_AGAIN_S)
            else:
                return


async def _newest(shop: Doors) -> str | None:
    """Where the feed ends now: what happened before is nobody's errand any more."""
    cursor: str | None = None
    while True:
        page = await shop.get("/v1/events", after=cursor, limit=_PAGE)
        cursor = page["next_cursor"] or cursor
        if len(page["items"]) < _PAGE:
            return cursor
