"""Which doors are served from which stores: many at once, before there is an order. One road table for each market."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from homeward.coverage.model import NotServed
from homeward.infra.db import Database
from homeward.kit.clock import Clock
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest, Problem
from homeward.kit.units import Grams
from homeward.quotes.errors import MarketPaused, OutsideArea
from homeward.quotes.model import AddressAsked, Dropoff, Parcel, QuoteRequest
from homeward.quotes.policy import RoadToDoor, require_road
from homeward.quotes.service import Asker, Context, QuotesService, Ways
from homeward.routing.errors import TooFarFromRoad
from homeward.routing.model import UNREACHABLE, TravelTable

MOST_STORES = 10
MOST_DOORS = 10


@dataclass(frozen=True, slots=True)
class DoorAsked:
    """An address or a pin; the pin wins."""

    address: AddressAsked | None = None
    place: LatLon | None = None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether one store serves one door (by its number in the request), how far that is by road, else why not."""

    store_id: str
    door: int
    found: Dropoff | None
    distance_m: int | None = None
    duration_s: int | None = None
    refusal: Problem | None = None

    @property
    def eligible(self) -> bool:
        return self.refusal is None


class EligibilityService:
    """The same checks as a quote makes up to the road; hours, prices and promises are the quote's."""

    def __init__(self, db: Database, clock: Clock, roads: Ways, quotes: QuotesService) -> None:
        self._db = db
        self._clock = clock
        self._roads = roads
        self._quotes = quotes

    async def check(self, actor: Asker, store_ids: Sequence[str], doors: Sequence[DoorAsked]) -> list[Eligibility]:
        """Every store with every door, in the order asked. Raises NotFound for a store of somebody else."""
        if len(store_ids) > MOST_STORES or len(doors) > MOST_DOORS:
            told = f"ask for at most {MOST_STORES} stores and {MOST_DOORS} doors at once"
            raise MalformedRequest([FieldError("/", "too-many", told)])
        now = self._clock.now().astimezone(UTC)
        async with self._db.merchant(actor.merchant_id) as tx:
            contexts = {
                store_id: await self._quotes.context(tx, actor.merchant_id, store_id, now) for store_id in store_ids
            }
        by_market: dict[str, list[Context]] = {}
        for context in contexts.values():
            by_market.setdefault(context.market.id, []).append(context)
        found: dict[tuple[str, int], Eligibility] = {}
        for served in by_market.values():
            for answer in await self._in_market(served, doors):
                found[answer.store_id, answer.door] = answer
        return [found[store_id, door] for store_id in store_ids for door in range(len(doors))]

    async def _in_market(self, contexts: Sequence[Context], doors: Sequence[DoorAsked]) -> list[Eligibility]:
        first = contexts[0]
        if first.market.paused:
            refusal = MarketPaused(first.market.id)
            return _all_refused(contexts, range(len(doors)), None, refusal)
        places = await asyncio.gather(*(self._door(first, asked) for asked in doors))
        answers: list[Eligibility] = []
        known: dict[int, Dropoff] = {}
        for number, door in enumerate(places):
            if isinstance(door, Problem):
                answers += _all_refused(contexts, [number], None, door)
            else:
                known[number] = door
        return answers + await self._by_road(contexts, known)

    async def _door(self, context: Context, asked: DoorAsked) -> Dropoff | Problem:
        """The door as found and served, or why it is not."""
        request = QuoteRequest(context.store.id, Parcel(Grams(1)), asked.address, asked.place)
        try:
            door = await self._quotes.find_door(request, context)
        except MalformedRequest:
            raise
        except Problem as refusal:
            return refusal
        served = context.covered.areas.find(door.place)
        return OutsideArea(served.nearest_m) if isinstance(served, NotServed) else door

    async def _by_road(self, contexts: Sequence[Context], doors: Mapping[int, Dropoff]) -> list[Eligibility]:
        if not doors:
            return []
        market = contexts[0].market
        roads = self._roads.market(market.id)
        places = [*(context.store.place for context in contexts), *(door.place for door in doors.values())]
        stores = range(len(contexts))
        table, snaps = await asyncio.gather(
            roads.table(places, list(stores), list(range(len(contexts), len(places)))),
            asyncio.gather(*(self._snap_m(market.id, door.place, contexts[0]) for door in doors.values())),
        )
        return [
            _by_road(context, number, door, RoadToDoor(*_way(table, row, column), snaps[column]))
            for row, context in enumerate(contexts)
            for column, (number, door) in enumerate(doors.items())
        ]

    async def _snap_m(self, market_id: str, place: LatLon, context: Context) -> int:
        try:
            snapped = await self._roads.market(market_id).snap(place, limit_m=context.settings.snap_limit_m)
        except TooFarFromRoad as far:
            return far.distance_m
        return round(snapped.distance_m)


def _way(table: TravelTable, row: int, column: int) -> tuple[int | None, int | None]:
    drive_s = int(table.durations_s[row, column])
    return (None, None) if drive_s == UNREACHABLE else (int(table.distances_m[row, column]), drive_s)


def _by_road(context: Context, number: int, door: Dropoff, road: RoadToDoor) -> Eligibility:
    try:
        require_road(road, door.place, context.settings)
    except Problem as refusal:
        return Eligibility(context.store.id, number, door, road.distance_m, road.drive_s, refusal)
    return Eligibility(context.store.id, number, door, road.distance_m, road.drive_s)


def _all_refused(
    contexts: Sequence[Context], numbers: Sequence[int] | range, found: Dropoff | None, refusal: Problem
) -> list[Eligibility]:
    return [Eligibility(context.store.id, number, found, refusal=refusal) for context in contexts for number in numbers]
