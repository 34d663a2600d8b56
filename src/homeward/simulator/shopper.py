"""Shoppers order in the merchants' web shops; the shops ask for a quote, book, and sometimes change their mind."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from homeward.kit.clock import Clock
from homeward.simulator.cast import Cast, CastShop
from homeward.simulator.day import Order
from homeward.simulator.doors import Doors, GivenUp, Json, Refused

log = structlog.get_logger()


@dataclass(slots=True)
class Ledger:
    """What the shops believe they have bought; the audit at the end compares it with the platform."""

    booked: dict[str, str] = field(default_factory=dict)  # delivery id -> external id
    refused: dict[str, int] = field(default_factory=dict)  # reason -> how often
    unanswered: list[str] = field(default_factory=list)  # external ids: the platform never said yes or no
    tracking_url: str | None = None  # of the first express delivery of this start


class Shops:
    """Turns orders into deliveries through the API, one task an order."""

    def __init__(self, cast: Cast, doors: Doors, clock: Clock, ledger: Ledger) -> None:
        self._cast = cast
        self._clock = clock
        self._ledger = ledger
        self._doors = {shop.merchant_id: doors.with_key(shop.live_key) for shop in cast.shops}

    async def place(self, order: Order) -> None:
        """One order from the basket to the booking, and to the cancellation if fate wants that."""
        shop = self._cast.shops[order.shop]
        doors = self._doors[shop.merchant_id]
        try:
            delivery = await self._book(doors, shop, order)
        except Refused as refusal:
            self._ledger.refused[refusal.code] = self._ledger.refused.get(refusal.code, 0) + 1
            log.debug("order refused", external_id=order.external_id, why=str(refusal))
            return
        except GivenUp:
            self._ledger.unanswered.append(order.external_id)
            return
        self._ledger.booked[delivery["id"]] = order.external_id
        if delivery["service_class"] == "express":  # there is something to see on its page soon
            self._ledger.tracking_url = self._ledger.tracking_url or delivery["tracking_url"]
        if order.fate.machines == "ask":
            await self._agrees(delivery)
        if order.fate.cancels_after_s is not None:
            await self._clock.sleep(order.fate.cancels_after_s)
            await _whatever(
                lambda: doors.post(
                    f"/v1/deliveries/{delivery['id']}/cancel",
                    {"reason": "changed my mind"},
                    key=f"cancel-{order.external_id}",
                )
            )

    async def _agrees(self, delivery: Json) -> None:
        """The shopper reads the tracking page, and a robot is welcome."""
        await self._clock.sleep(60)
        path = f"{urlsplit(delivery['tracking_url']).path}/machines"
        doors = next(iter(self._doors.values()))
        await _whatever(lambda: doors.submit(path, {"allowed": "true"}))

    async def _book(self, doors: Doors, shop: CastShop, order: Order) -> Json:
        parcel = {"weight_g": order.weight_g, "size": order.size}
        asked = {"store_id": shop.store_id, "dropoff": {"address": order.typed_address}, "parcel": parcel}
        quote = await doors.post("/v1/quotes", asked, key=f"quote-{order.external_id}")
        if quote["attention"]:  # the shop asks its shopper to put the pin right, and asks again
            place = {"lat": order.home.place.lat, "lon": order.home.place.lon}
            pinned = {**asked, "dropoff": {"address": order.typed_address, "place": place}}
            quote = await doors.post("/v1/quotes", pinned, key=f"quote-pin-{order.external_id}")
        option = _choose(quote["options"], order)
        body = {
            "quote_id": quote["id"],
            "option_id": option["id"],
            "external_id": order.external_id,
            "dropoff": {
                "contact": {"name": order.shopper, "phone": order.phone},
                "instructions": order.instructions,
            },
            "contents": {"description": order.goods},
            "proof": dict(order.proof),
            "machines": order.fate.machines,
        }
        return await doors.post("/v1/deliveries", body, key=f"book-{order.external_id}")


def _choose(options: list[Json], order: Order) -> Json:
    """The class the shopper likes, else whatever there is."""
    liked = [option for option in options if option["service_class"] == order.service_class] or options
    return liked[order.option % len(liked)]


async def _whatever(act: Callable[[], Awaitable[object]]) -> None:
    """A wish may come too late; that is an answer too."""
    try:
        await act()
    except (Refused, GivenUp) as answer:
        log.debug("too late", why=str(answer))


async def wait_until(clock: Clock, moment: datetime) -> None:
    await clock.sleep(max(0.0, (moment - clock.now()).total_seconds()))
    await asyncio.sleep(0)
