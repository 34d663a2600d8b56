"""Quotes at a fixed rate over HTTP, road distance included, against the very same SQL run bare, on one machine.

The whole platform runs: embedded Postgres, road servers, web, worker and planner, on a real map. Requests come at the
given rate whatever the answers take (open loop), over keep-alive connections, to another door each time. Two kinds are
measured: the door as a pin, and as an address that has to be found first.

The SQL is not copied here: one quote is made through the service on a database that takes notes, and the notes are
played back with other ids. The bare run leaves out HTTP, validation, the road server, price, promise and JSON.
"""

import argparse
import asyncio
import itertools
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import uvloop
from rich.console import Console
from rich.table import Table

from bench.book import Notes, NotingDatabase
from bench.http_load import Load, hammer, post
from homeward.bootstrap import build
from homeward.infra.db import Database
from homeward.infra.postgres import free_port
from homeward.infra.settings import Settings
from homeward.infra.telemetry import configure_logs
from homeward.kit.clock import SystemClock
from homeward.kit.hours_json import hours_to_json
from homeward.kit.ids import new_id
from homeward.kit.places import LatLon
from homeward.kit.units import Grams
from homeward.kit.windows import always_open
from homeward.launcher import launched, running_database
from homeward.markets import import_and_register
from homeward.merchants.model import NewMerchant, NewStore, Store
from homeward.quotes.model import AddressAsked, Parcel, QuoteRequest

ROOT: Final = Path(__file__).resolve().parent.parent
DATA: Final = Path(os.environ.get("HOMEWARD_SHARED_DATA", ROOT.parent / "shared" / "data"))
AIM_P99_MS: Final = 50.0

console = Console()


@dataclass(frozen=True)
class Door:
    place: LatLon
    address: str


@dataclass(frozen=True)
class Row:
    """One kind of request: at the rate, as fast as it goes, and the bare SQL as fast as it goes."""

    kind: str
    asked_per_s: float
    answered_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    quoted: int
    refused: int
    most_per_s: float
    bare_p50_ms: float
    bare_p99_ms: float
    bare_most_per_s: float
    ratio: float
    statements: int


@dataclass(frozen=True)
class World:
    """Who asks, and the doors that are asked for."""

    url: str
    port: int
    merchant: NewMerchant
    store: Store
    doors: Sequence[Door]


# ── the world ──


async def prepare(url: str, settings: Settings, osm: Path) -> World:
    """A market with all its addresses, a store in the middle of them, and doors all over."""
    db = Database(url, min_size=1, max_size=4)
    await db.open()
    market_id, _ = await import_and_register(
        db, SystemClock(), settings.data_dir, "Bench", osm, currency="CHF", progress=_told
    )
    async with db.operator() as tx:
        rows = await tx.all(
            """
            SELECT p.lat, p.lon, p.number, s.street, s.city, s.postcode
            FROM address_point p JOIN address_street s ON s.id = p.street_id
            WHERE s.market_id = %(market)s AND p.number <> '' ORDER BY md5(p.lat::text || p.lon::text) LIMIT 5000
            """,
            market=market_id,
        )
    doors = [
        Door(LatLon(r["lat"], r["lon"]), f"{r['street']} {r['number']}, {r['postcode']} {r['city']}") for r in rows
    ]
    platform = build(settings, db, SystemClock())
    # Every door of the map is to be quoted, whatever its distance and hour.
    await platform.coverage.update_market(market_id, settings={"max_distance_m": 100_000}, by="operator:bench")
    merchant = await platform.merchants.create_merchant("Bench")
    middle = sorted(doors, key=lambda door: door.place.lat)[len(doors) // 2].place
    hours = always_open((await platform.coverage.market(market_id)).time_zone)
    store = await platform.merchants.create_store(
        merchant.merchant.id, NewStore("Store", place=middle, hours=hours, holiday_calendar="LI")
    )
    assert hours_to_json(store.hours) == hours_to_json(hours)
    await platform.roads.close()
    await db.close()
    return World(url, settings.port, merchant, store, doors)


def requests(world: World, kind: str, doors: Iterator[Door]) -> Iterator[bytes]:
    for door in doors:
        pin = {"place": {"lat": door.place.lat, "lon": door.place.lon}}
        dropoff = {"address": door.address, **pin} if kind == "pin" else {"address": door.address}
        body = {"store_id": world.store.id, "dropoff": dropoff, "parcel": {"weight_g": 2_000}}
        yield post("/v1/quotes", world.merchant.live_key.secret, json.dumps(body).encode())


# ── the bare SQL ──


async def take_notes(world: World, settings: Settings, kind: str) -> Notes:
    """What one quote sends to Postgres, from the look-up of its key to its commit, when the process is warm."""
    db = NotingDatabase(world.url, min_size=1, max_size=2)
    await db.open()
    platform = build(settings, db, SystemClock())
    for door in world.doors[:2]:  # the first one fills the memory, the second one is noted
        db.notes = Notes()
        actor = await platform.auth.find_merchant(world.merchant.live_key.secret, None)
        assert actor is not None
        place = door.place if kind == "pin" else None
        await platform.quotes.quote(
            actor, QuoteRequest(world.store.id, Parcel(Grams(2_000)), AddressAsked(text=door.address), place)
        )
    await platform.roads.close()
    await db.close()
    return db.notes


async def run_bare(db: Database, notes: Notes, *, clients: int, seconds: float) -> Load:
    """The noted statements again and again, with fresh ids, as fast as they go."""
    latencies: list[float] = []
    began = perf_counter()
    until = began + seconds
    now = SystemClock().now()

    async def client() -> None:
        while (start := perf_counter()) < until:
            fresh = new_id("quo", now)
            for merchant_id, statements in notes.transactions:
                async with db.merchant(merchant_id) if merchant_id else db.operator() as tx:
                    for statement in statements:
                        params: dict[str, Any] = dict(statement.params)
                        if "INSERT INTO quote" in statement.sql:
                            params["id"] = fresh
                        cursor = await tx.connection.execute(statement.sql.encode(), params or None)
                        if cursor.description:
                            await cursor.fetchall()
            latencies.append(perf_counter() - start)

    await asyncio.gather(*(client() for _ in range(clients)))
    return Load(perf_counter() - began, latencies, {})


# ── the run ──


async def measure(folder: Path, osm: Path, rate: float, seconds: float) -> list[Row]:
    settings = Settings(data_dir=folder, port=free_port(), log_level="warning")
    # First the map: the launcher starts road servers for the markets it finds.
    async with running_database(settings) as url:
        world = await prepare(url, settings, osm)
    return await measure_running(world, settings, rate, seconds)


async def measure_running(world: World, settings: Settings, rate: float, seconds: float) -> list[Row]:
    found: list[Row] = []
    async with launched(settings, lambda part: _told("start", part)) as platform:
        world = replace(world, url=platform.app_database_url)
        db = Database(world.url, min_size=8, max_size=8)
        await db.open()
        for kind in ("pin", "address"):
            notes = await take_notes(world, settings, kind)
            doors = itertools.cycle(world.doors)
            asked = requests(world, kind, doors)
            # Warm up: connections, prepared statements, the planner's statistics of new tables.
            await hammer("127.0.0.1", world.port, asked, clients=8, seconds=3, rate=rate / 2)
            _told(kind, f"{rate:g} requests/s for {seconds:g} s")
            at_rate = await hammer("127.0.0.1", world.port, asked, clients=64, seconds=seconds, rate=rate)
            _told(kind, "as fast as it goes, over HTTP and bare")
            most = await hammer("127.0.0.1", world.port, asked, clients=8, seconds=seconds / 3)
            bare = await run_bare(db, notes, clients=8, seconds=seconds / 3)
            alone = await run_bare(db, notes, clients=1, seconds=3)
            found.append(_row(kind, rate, notes, at_rate, most, bare, alone))
        await db.close()
    return found


def _row(kind: str, rate: float, notes: Notes, at_rate: Load, most: Load, bare: Load, alone: Load) -> Row:
    quoted = at_rate.statuses.get(201, 0)
    return Row(
        kind=kind,
        asked_per_s=rate,
        answered_per_s=round(at_rate.per_second, 1),
        p50_ms=round(at_rate.percentile_ms(50), 2),
        p95_ms=round(at_rate.percentile_ms(95), 2),
        p99_ms=round(at_rate.percentile_ms(99), 2),
        quoted=quoted,
        refused=sum(at_rate.statuses.values()) - quoted,
        most_per_s=round(most.per_second, 1),
        bare_p50_ms=round(alone.percentile_ms(50), 2),
        bare_p99_ms=round(alone.percentile_ms(99), 2),
        bare_most_per_s=round(bare.per_second, 1),
        ratio=round(most.per_second / bare.per_second, 3),
        statements=sum(len(statements) for _, statements in notes.transactions),
    )


def report(rows: Sequence[Row]) -> None:
    cores = os.cpu_count() or 1
    table = Table(title=f"Quotes with road distance at {rows[0].asked_per_s:g} requests/s, {cores} cores")
    names = ("door as", "answered/s", "p50 ms", "p95 ms", "p99 ms", "refused", "most/s", "bare SQL most/s", "ratio")
    for column in names:
        table.add_column(column, justify="right")
    for row in rows:
        latencies = (f"{value:.1f}" for value in (row.p50_ms, row.p95_ms, row.p99_ms))
        rates = (f"{row.most_per_s:.0f}", f"{row.bare_most_per_s:.0f}", f"{row.ratio:.2f}")
        table.add_row(row.kind, f"{row.answered_per_s:.1f}", *latencies, str(row.refused), *rates)
    console.print(table, soft_wrap=True)
    for row in rows:
        verdict = "met" if row.p99_ms < AIM_P99_MS else "missed"
        bare = (
            f"bare SQL of one quote ({row.statements} statements): p50 {row.bare_p50_ms} ms, p99 {row.bare_p99_ms} ms"
        )
        console.print(f"{row.kind}: aim p99 < {AIM_P99_MS:g} ms {verdict} · {bare}")


def _told(step: str, what: str) -> None:
    console.print(f"  {step}: {what}", style="dim")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--osm", type=Path, default=DATA / "osm" / "liechtenstein.osm.pbf", help="the map to run on")
    parser.add_argument("--rate", type=float, default=100.0, help="requests per second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    args = parser.parse_args()
    if not args.osm.is_file():
        raise SystemExit(f"No map at {args.osm}: name one with --osm, or the folder of maps in HOMEWARD_SHARED_DATA.")
    configure_logs("warning", as_json=False, process="bench")
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as folder:
        rows = uvloop.run(measure(Path(folder), args.osm, args.rate, args.seconds))
    report(rows)
    if args.out:
        args.out.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
