"""A town that lives: its shoppers and couriers as tasks, against a running platform."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

import structlog

from homeward.kit.clock import Clock
from homeward.simulator.attendants import Attendants
from homeward.simulator.audit import ENDED, Audit, audit
from homeward.simulator.cast import Cast, Phones
from homeward.simulator.courier import Courier
from homeward.simulator.day import Home, couriers_of, orders_from
from homeward.simulator.doors import Doors, GivenUp, Json, Refused, open_doors
from homeward.simulator.shopper import Ledger, Shops, wait_until

log = structlog.get_logger()

_COUNT_EVERY_REAL_S: Final = 2.0
_PAGE: Final = 200
# Couriers wake up one after another: two hundred sign-ins in one second are a test of their own.
_WAKE_EVERY_REAL_S: Final = 0.1

Told = Callable[["Score"], None]


@dataclass(frozen=True, slots=True)
class Score:
    """How far the town has come since this start."""

    booked: int
    ended: int
    tracking_url: str | None = None


async def run_town(
    cast: Cast,
    homes: Sequence[Home],
    base_url: str,
    clock: Clock,
    *,
    phones: Phones | None = None,
    until_ended: int | None = None,
    told: Told = lambda score: None,
) -> Audit:
    """Let the town live until so many of its deliveries have ended (for ever without a number), then audit it."""
    ledger = Ledger()
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(open_doors(base_url))
        doors = Doors(http)
        town = asyncio.create_task(live(cast, homes, doors, clock, ledger, phones or Phones()))
        try:
            await _count(cast, doors, town, ledger, until_ended, told)
        finally:
            town.cancel()
            await asyncio.gather(town, return_exceptions=True)
        return await audit(cast, doors, ledger.booked)


async def live(cast: Cast, homes: Sequence[Home], doors: Doors, clock: Clock, ledger: Ledger, phones: Phones) -> None:
    """Everybody at once, until cancelled: shoppers order, couriers drive."""
    shopper = Shopper(cast, doors)
    async with asyncio.TaskGroup() as people:
        people.create_task(Attendants(cast, doors, clock).attend(people))
        people.create_task(_order(cast, homes, Shops(cast, doors, clock, ledger), clock, people))
        # The last one is left to the visitor, who may take the telephone and drive.
        for person in couriers_of(cast.seed, len(cast.couriers), homes)[:-1]:
            courier = Courier(
                person,
                cast.seed,
                cast.time_zone,
                doors,
                clock,
                lambda phone: login_code(doors, phone),
                shopper.knows,
                phones,
            )
            people.create_task(courier.live())
            await asyncio.sleep(_WAKE_EVERY_REAL_S)


async def _order(cast: Cast, homes: Sequence[Home], shops: Shops, clock: Clock, people: asyncio.TaskGroup) -> None:
    for order in orders_from(cast.demand(homes), clock.now()):
        await wait_until(clock, order.at)
        people.create_task(shops.place(order))


async def _count(
    cast: Cast, doors: Doors, town: "asyncio.Task[None]", ledger: Ledger, until_ended: int | None, told: Told
) -> None:
    """Follow the event feed as a merchant's system would, until enough deliveries have ended or the town breaks."""
    feeds = {shop.merchant_id: doors.with_key(shop.live_key) for shop in cast.shops}
    # What ended in earlier runs is history: it neither counts nor stops this one.
    cursors = {merchant_id: await _end_of(feed) for merchant_id, feed in feeds.items()}
    booked = ended = 0
    while until_ended is None or ended < until_ended:
        for merchant_id, feed in feeds.items():
            page = await _page(feed, cursors[merchant_id])
            cursors[merchant_id] = page["next_cursor"] or cursors[merchant_id]
            booked += sum(event["type"] == "delivery.booked" for event in page["items"])
            ended += sum(event["type"].removeprefix("delivery.") in ENDED for event in page["items"])
        told(Score(booked, ended, ledger.tracking_url))
        if town.done():
            town.result()  # raises what broke it
        await asyncio.sleep(_COUNT_EVERY_REAL_S)


async def _end_of(feed: Doors) -> str | None:
    cursor: str | None = None
    while True:
        page = await _page(feed, cursor)
        if not page["items"]:
            return cursor
        cursor = page["next_cursor"] or cursor
        if len(page["items"]) < _PAGE:
            return cursor


async def _page(feed: Doors, cursor: str | None) -> Json:
    try:
        return await feed.get("/v1/events", after=cursor, limit=_PAGE)
    except (Refused, GivenUp) as trouble:
        log.warning("event feed does not answer", why=str(trouble))
        return {"items": [], "next_cursor": None}


class Shopper:
    """What shoppers and shops know of their own deliveries: the order's number, the PIN, what the label says."""

    def __init__(self, cast: Cast, doors: Doors) -> None:
        self._doors = [doors.with_key(shop.live_key) for shop in cast.shops]
        self._known: dict[str, Json] = {}

    async def knows(self, delivery_id: str) -> Json:
        """`external_id`, `pin`, `label`; all None for the delivery of a merchant who is not of this town."""
        if delivery_id not in self._known:
            self._known[delivery_id] = await self._look_up(delivery_id)
        return self._known[delivery_id]

    async def _look_up(self, delivery_id: str) -> Json:
        for doors in self._doors:
            try:
                delivery = await doors.get(f"/v1/deliveries/{delivery_id}")
            except Refused:
                continue  # another shop's
            return {
                "external_id": delivery["external_id"],
                "pin": delivery["proof"]["pin"],
                "label": delivery["pickup"]["code"] or delivery["external_id"],
            }
        return {"external_id": None, "pin": None, "label": None}


async def login_code(doors: Doors, phone: str) -> str:
    """The code that was just texted, read from the demo's mailbox."""
    for _ in range(50):
        for message in (await doors.get("/demo/mailbox", recipient=phone, limit=1))["items"]:
            digits = "".join(ch if ch.isdigit() else " " for ch in message["body"]).split()
            code = next((word for word in digits if len(word) == 6), None)
            if code:
                return code
        await asyncio.sleep(0.2)
    raise GivenUp(f"no code arrived for {phone}")
