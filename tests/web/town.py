"""The real platform on a real database, in a town of three streets with roads as the crow flies."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import orjson
import uvicorn

from homeward.app import create_app
from homeward.bootstrap import Platform, build
from homeward.dispatch.errors import LeaseLost
from homeward.fleets.couriers.model import Courier, Fix, NewCourier, VehicleKind
from homeward.infra.db import Database, json_param
from homeward.infra.passwords import Passwords
from homeward.infra.settings import Settings
from homeward.kit.clock import ManualClock
from homeward.kit.hours_json import hours_to_json
from homeward.kit.places import Box, LatLon
from homeward.kit.windows import always_open
from homeward.merchants.model import NewMerchant, NewStore, Store
from homeward.quotes.seeding import seed_market_defaults
from homeward.routing.client import Roads
from homeward.routing.geocoding.index import load_addresses
from homeward.routing.model import SnappedPlace
from tests.builders import TUESDAY_NOON
from tests.dispatch.world import CrowRoads

TOWN = Box(43.95, -73.08, 44.06, -72.94)
MARKET_ID = "mkt_1"
BAKERY = LatLon(44.0, -73.0)
STREETS = {"Main Street": 44.0, "Elm Street": 44.008, "Mill Lane": 43.992}
OPERATOR = ("ida@example.org", "a long password")
OWNER = ("petra@example.org", "another long password")


class TownRoads(CrowRoads):
    """Every place lies on a road."""

    async def snap(self, place: LatLon, *, limit_m: float) -> SnappedPlace:
        return SnappedPlace(place, 3, "Main Street")


@dataclass
class Town:
    """What tests of pages reach for."""

    platform: Platform
    clock: ManualClock
    merchant: NewMerchant
    store: Store
    base_url: str

    async def courier(self, name: str, place: LatLon = BAKERY) -> Courier:
        """On duty at `place`, by bicycle."""
        number = len(await self.platform.couriers.list())
        new = NewCourier(MARKET_ID, name, f"+1802555{number:04d}", VehicleKind.BICYCLE)
        courier = await self.platform.couriers.create(new, "operator:test")
        return await self.platform.couriers.set_duty(courier.id, True, self.clock.now() + timedelta(hours=6), place)

    async def plan(self, after_s: float = 5) -> None:
        """Some seconds pass, the couriers are heard of, the planner looks once."""
        self.clock.advance(after_s)
        for courier in await self.platform.couriers.list(on_duty=True):
            if courier.place:
                await self.platform.couriers.record_positions(courier.id, [Fix(self.clock.now(), courier.place)])
        try:
            await self.platform.dispatch.plan_market(MARKET_ID)
        except LeaseLost:
            # A machine that is busy with other things may stall for longer than a lease lasts; as in the real loop,
            # the next round does what this one could not.
            await self.platform.dispatch.plan_market(MARKET_ID)

    def client(self, **cookies: str) -> httpx.AsyncClient:
        """A browser without scripts: it keeps cookies and says where its forms come from."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(self.platform)),
            base_url=self.base_url,
            headers={"Origin": self.base_url},
            cookies=cookies,
        )

    async def signed_in(self, face: str) -> httpx.AsyncClient:
        """Through the door of `console` or `portal`."""
        email, password = OPERATOR if face == "console" else OWNER
        client = self.client()
        await client.post(f"/{face}/sign-in", data={"email": email, "password": password})
        return client


@asynccontextmanager
async def a_town(
    database_url: str,
    folder: Path,
    *,
    port: int = 8080,
    demo: bool = True,
    carriers_http: httpx.AsyncClient | None = None,
    fleets_http: httpx.AsyncClient | None = None,
) -> AsyncIterator[Town]:
    """Market, merchant with an owner, a bakery, an administrator; nobody on duty."""
    # On a busy machine a new connection may take seconds; what is tested here is the town, not the hurry.
    db = Database(database_url, min_size=1, max_size=8, wait_s=30)
    await db.open()
    clock = ManualClock(TUESDAY_NOON)
    settings = Settings(data_dir=folder, port=port, demo=demo)
    roads = cast("Roads", TownRoads())
    platform = build(
        settings,
        db,
        clock,
        roads=roads,
        passwords=Passwords(cheap=True),
        carriers_http=carriers_http,
        fleets_http=fleets_http,
    )
    await _add_market(db, folder)
    await platform.operators.create(OPERATOR[0], "Ida Berger", "admin", OPERATOR[1])
    merchant = await platform.merchants.create_merchant(
        "Petra's Bakery", owner_email=OWNER[0], owner_name="Petra Miller", owner_password=OWNER[1]
    )
    new = NewStore("Bakery Main Street", "2 Main Street, Springfield", BAKERY, hours=always_open("America/New_York"))
    store = await platform.merchants.create_store(merchant.merchant.id, new)
    yield Town(platform, clock, merchant, store, settings.base_url)
    await db.close()


async def _add_market(db: Database, folder: Path) -> None:
    async with db.operator() as tx:
        await tx.run(
            """
            INSERT INTO market (id, slug, name, currency, time_zone, units, locale, south, west, north, east,
                                graph_version, hours)
            VALUES (%(id)s, 'springfield', 'Springfield', 'USD', 'America/New_York', 'imperial', 'en_US', %(south)s,
                    %(west)s, %(north)s, %(east)s, 'g1', %(hours)s)
            """,
            id=MARKET_ID,
            south=TOWN.south,
            west=TOWN.west,
            north=TOWN.north,
            east=TOWN.east,
            hours=json_param(hours_to_json(always_open("America/New_York"))),
        )
        doors = [door for street, lat in STREETS.items() for door in _doors(street, lat)]
        await load_addresses(tx, MARKET_ID, _packed(folder / "doors.gz", doors), _packed(folder / "streets.gz", []))
        await seed_market_defaults(
            tx, market_id=MARKET_ID, currency="USD", box=TOWN, addresses=[BAKERY], now=TUESDAY_NOON
        )


def _doors(street: str, lat: float) -> list[Mapping[str, Any]]:
    return [
        {
            "number": str(number),
            "street": street,
            "city": "Springfield",
            "postcode": "05156",
            "unit": "",
            "lat": lat,
            "lon": round(-73.0 + number * 0.000125, 6),
        }
        for number in (range(1, 60) if street != "Mill Lane" else (2, 20, 40, 58))
    ]


def _packed(path: Path, rows: list[Mapping[str, Any]]) -> Path:
    with gzip.open(path, "wb") as file:
        file.writelines(orjson.dumps(row) + b"\n" for row in rows)
    return path


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def served(town: Town) -> AsyncIterator[str]:
    """The town's pages on its port, for a real browser; the event log's tail runs with it."""
    config = uvicorn.Config(
        create_app(town.platform), port=town.platform.settings.port, log_level="warning", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # signals are pytest's
    tail = asyncio.create_task(town.platform.tail.run())
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn offers a flag and no event
        await asyncio.sleep(0.02)
    yield town.base_url
    server.should_exit = True
    await serving
    tail.cancel()
    await asyncio.gather(tail, return_exceptions=True)
