"""The quote's HTTP door on a real database, with roads as the crow flies and a geocoder that knows five addresses."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from homeward.coverage import api as coverage_api
from homeward.coverage.service import CoverageService
from homeward.infra.auth import Auth
from homeward.infra.db import Database, json_param
from homeward.infra.http import install_shell
from homeward.infra.operators import OperatorsService
from homeward.infra.passwords import Passwords
from homeward.kit.clock import ManualClock
from homeward.kit.hours_json import hours_to_json
from homeward.kit.places import Box, LatLon, great_circle_m
from homeward.kit.windows import always_open
from homeward.merchants import api as merchants_api
from homeward.merchants.model import NewMerchant, NewStore, Store
from homeward.merchants.service import MerchantsService
from homeward.quotes import api as quotes_api
from homeward.quotes.seeding import seed_market_defaults
from homeward.quotes.service import QuotesService
from homeward.routing.errors import TooFarFromRoad
from homeward.routing.geocoding import AddressQuery, Match, Suggestion
from homeward.routing.model import UNREACHABLE, SnappedPlace, TravelTable
from tests.builders import TUESDAY_NOON
from tests.conftest import DatabaseUrls

ZURICH = Box(47.30, 8.40, 47.45, 8.70)
BAKERY = LatLon(47.3769, 8.5417)
NEAR = LatLon(47.3900, 8.5500)
"""About 1.6 km from the bakery as the crow flies."""
FAR = LatLon(47.3100, 8.6900)
"""About 13 km away, in the corner of the map."""
ISLAND = LatLon(47.3200, 8.5500)
MARSH = LatLon(47.4000, 8.4500)
OUTSIDE = LatLon(47.5000, 8.5500)


@dataclass
class CrowRoads:
    """Roads as straight lines at 36 km/h; no road leads to ISLAND, the nearest one to MARSH is 900 m away."""

    def market(self, market_id: str) -> "CrowRoads":
        return self

    async def table(self, places: Sequence[LatLon], sources: Sequence[int], destinations: Sequence[int]) -> TravelTable:
        metres = np.array(
            [[great_circle_m(places[source], places[door]) for door in destinations] for source in sources]
        ).astype(np.int32)
        seconds = (metres / 10).astype(np.int32)
        for column, door in enumerate(destinations):
            if places[door] == ISLAND:
                metres[:, column] = seconds[:, column] = UNREACHABLE
        return TravelTable(seconds, metres)

    async def snap(self, place: LatLon, *, limit_m: float) -> SnappedPlace:
        distance_m = 900 if place == MARSH else 5
        if distance_m > limit_m:
            raise TooFarFromRoad(distance_m=distance_m, limit_m=round(limit_m))
        return SnappedPlace(place, distance_m, "Mill Lane")


@dataclass
class FiveAddresses:
    """`text` decides about the match: certain, doubtful, unclear, outside; anything else is unknown."""

    asked: list[AddressQuery] = field(default_factory=list)

    async def find(
        self, market_id: str | None, query: AddressQuery, near: LatLon | None = None, limit: int = 5
    ) -> list[Match]:
        self.asked.append(query)
        known = {
            "1 Mill Lane": [_match(NEAR, 0.97)],
            "1 Bakery Square": [_match(BAKERY, 0.99)],
            "1 Mil Laan": [_match(NEAR, 0.7)],
            "Main Street": [_match(NEAR, 0.4), _match(FAR, 0.35)],
            "9 Faraway": [_match(OUTSIDE, 0.95)],
        }
        return known.get(query.text, [])

    async def suggest(
        self, market_id: str | None, text: str, near: LatLon | None = None, limit: int = 8
    ) -> list[Suggestion]:
        return []

    async def reverse(self, market_id: str, place: LatLon) -> Match | None:
        return None


def _match(place: LatLon, confidence: float) -> Match:
    return Match(place, "Mill Lane 1, Zurich", "Mill Lane", "1", "", "Zurich", "8000", confidence, "exact", "mkt_1")


@dataclass
class World:
    """A market, a merchant with a bakery, and a client with its test key."""

    http: httpx.AsyncClient
    clock: ManualClock
    db: Database
    auth: Auth
    coverage: CoverageService
    merchants: MerchantsService
    quotes: QuotesService
    operators: OperatorsService
    merchant: NewMerchant
    store: Store

    async def ask(self, **changes: Any) -> httpx.Response:
        """A quote for two kilograms to a door nearby, with changes."""
        body: dict[str, Any] = {
            "store_id": self.store.id,
            "dropoff": {"address": "1 Mill Lane"},
            "parcel": {"weight_g": 2_000},
        }
        return await self.http.post("/v1/quotes", json={**body, **changes})

    async def set(self, **settings: Any) -> None:
        await self.coverage.update_market("mkt_1", settings=settings, by="operator:test")

    async def as_operator(self) -> dict[str, str]:
        """Headers of a signed-in administrator."""
        await self.operators.create("ada@example.org", "Ada", "admin", "a long password")
        token = await self.operators.sign_in("ada@example.org", "a long password")
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def world(database_urls: DatabaseUrls) -> AsyncIterator[World]:
    db = Database(database_urls.app, min_size=1, max_size=4)
    await db.open()
    await add_market(db, "mkt_1")
    clock, auth, passwords = ManualClock(TUESDAY_NOON), Auth(db), Passwords(cheap=True)
    coverage = CoverageService(db, clock)
    geocoder = FiveAddresses()
    merchants = MerchantsService(db, clock, auth, geocoder, coverage, passwords)
    quotes = QuotesService(db, clock, CrowRoads(), geocoder, coverage, merchants)
    merchant = await merchants.create_merchant("Bakery Zurich")
    store = await merchants.create_store(merchant.merchant.id, NewStore("Bakery", place=BAKERY))
    app = FastAPI()
    install_shell(app, db)
    for module, service in ((merchants_api, merchants), (coverage_api, coverage), (quotes_api, quotes)):
        app.include_router(module.router(service, auth))
        app.include_router(module.operator_router(service, auth))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://test",
        headers={"Authorization": f"Bearer {merchant.live_key.secret}"},
    ) as http:
        yield World(
            http,
            clock,
            db,
            auth,
            coverage,
            merchants,
            quotes,
            OperatorsService(db, clock, auth, passwords),
            merchant,
            store,
        )
    await db.close()


async def add_market(db: Database, market_id: str, box: Box = ZURICH, slug: str = "zurich") -> None:
    """A market as an import leaves it: open round the clock, one area, one tariff."""
    async with db.operator() as tx:
        await tx.run(
            """
            INSERT INTO market (id, slug, name, currency, time_zone, south, west, north, east, graph_version, hours)
            VALUES (%(id)s, %(slug)s, %(slug)s, 'CHF', 'Europe/Zurich', %(south)s, %(west)s, %(north)s, %(east)s, 'g1',
                    %(hours)s)
            """,
            id=market_id,
            slug=slug,
            south=box.south,
            west=box.west,
            north=box.north,
            east=box.east,
            hours=json_param(hours_to_json(always_open("Europe/Zurich"))),
        )
        await seed_market_defaults(
            tx, market_id=market_id, currency="CHF", box=box, addresses=[], now=datetime(2026, 1, 1, tzinfo=UTC)
        )
